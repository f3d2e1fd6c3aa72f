"""One preview as data: what the engine and the provider say of it.

One run gives both forms: the digest on stdout, the events in a log (`--event-log`, which the command line has
with PULUMI_DEBUG_COMMANDS).
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field, replace
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


@dataclass(frozen=True)
class _Logs:
    """A folder for what engine and provider write beside a preview."""

    folder: Path

    @property
    def events(self) -> Path:
        return self.folder / "events.ndjson"

    @property
    def effects(self) -> Path:
        return self.folder / "effects.ndjson"

    def words(self) -> tuple[str, str]:
        return "--event-log", str(self.events)

    def env(self, run: Run) -> dict[str, str]:
        return {**run.env, "PULUMI_DEBUG_COMMANDS": "true", "LINODE_EFFECTS": str(self.effects)}

    def read(self) -> tuple[str, str]:
        """The events, and the effects."""
        events, effects = (
            file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
            for file in (self.events, self.effects)
        )
        return events, effects


def watched(run: Run, *words: str) -> Seen:
    """A preview as people see it, and what was told beside it."""
    with TemporaryDirectory(prefix="preview-") as folder:
        logs = _Logs(Path(folder))
        code = replace(run, env=logs.env(run)).verb("preview", *words, *logs.words())
        events, told = logs.read()
    return Seen(code, events=events, effects=told)


def preview(run: Run, words: tuple[str, ...]) -> Seen:
    """Run it; whatever it says is kept, and its failure is not one of ours."""
    with TemporaryDirectory(prefix="preview-") as folder:
        logs = _Logs(Path(folder))
        done = subprocess.run(
            [*run.engine.words, *words, *logs.words(), *run.words],
            cwd=PROJECT,
            env=logs.env(run),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        events, told = logs.read()
    said = done.stderr
    if done.returncode and (line := explain(said + done.stdout, run.stack, run.backend_url)):
        said = f"error: {line}\n"
    return Seen(done.returncode, done.stdout, said, events, told)
