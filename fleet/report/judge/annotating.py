"""Places in files of the branch that an error or a guard points at, as they appear beside the lines of a diff."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fleet.report.model import Annotation, GuardResult, StackReport
from fleet.report.phrases import plain

_PLACE = re.compile(r"^\s*([\w][\w./-]*\.(?:ya?ml|json|py)):(\d+):\s*(.+)$", re.MULTILINE)


def places(stacks: Iterable[StackReport]) -> Iterable[Annotation]:
    """Settings errors where they stand, and guards that block where they are set; each once."""
    found: dict[Annotation, None] = {}
    for stack in stacks:
        for message in stack.messages:
            for file, line, text in _PLACE.findall(message.text):
                found[Annotation(level="error", file=file, line=int(line), message=text)] = None
        for guard in stack.guards:
            if guard.state in ("block", "warn") and _line(guard):
                text = f"{stack.stack}, {guard.name}: {plain(guard.what)}"
                file, line = guard.place.rsplit(":", 1)
                level = "error" if guard.state == "block" else "warning"
                found[Annotation(level=level, file=file, line=int(line), message=text)] = None  # type: ignore[arg-type]  # one of the two
    return sorted(found, key=lambda item: (item.file, item.line, item.level, item.message))


def _line(guard: GuardResult) -> bool:
    return re.fullmatch(r"[^:]+:\d+", guard.place) is not None
