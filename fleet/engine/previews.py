"""One preview as data: what the engine and the provider say of it.

One run gives both forms: the digest on stdout, the events in a log (`--event-log`, which the command line has
with PULUMI_DEBUG_COMMANDS).
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fleet.engine.messages import explain
from fleet.engine.run import Run
from providers.linode.project import PROJECT

PREVIEW = ("preview", "--json")


@dataclass(frozen=True)
class Seen:
    """How the preview ended: its exit code, and what it wrote.

    engine: its name or version. deployment: the stack's state. Both only where they were asked for.
    """

    code: int
    stdout: str = ""
    stderr: str = ""
    events: str = ""
    effects: str = ""
    engine: str = ""
    deployment: dict[str, Any] = field(default_factory=dict)


def preview(run: Run, words: tuple[str, ...]) -> Seen:
    """Run it; whatever it says is kept, and its failure is not one of ours."""
    with TemporaryDirectory(prefix="preview-") as folder:
        log, effects = Path(folder) / "events.ndjson", Path(folder) / "effects.ndjson"
        done = subprocess.run(
            [*run.engine.words, *words, "--event-log", str(log), *run.words],
            cwd=PROJECT,
            env={**run.env, "PULUMI_DEBUG_COMMANDS": "true", "LINODE_EFFECTS": str(effects)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        events, told = (
            file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
            for file in (log, effects)
        )
    said = done.stderr
    if done.returncode and (line := explain(said + done.stdout, run.stack, run.backend_url)):
        said = f"error: {line}\n"
    return Seen(done.returncode, done.stdout, said, events, told)
