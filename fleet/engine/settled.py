"""Whether the program of today is the one that the last update ran.

A preview that changes nothing does not tell all that an update writes: what hangs on what, and the pins. Both follow
from the files of the program.
"""

from __future__ import annotations

import json
from pathlib import Path

from fleet.engine import locks
from fleet.engine.run import Run
from providers.linode.core import state_files
from providers.linode.project import PROJECT

PROGRAM = (
    "Pulumi.yaml",
    "__main__.py",
    "requirements.txt",
    "stacks/*.yaml",
    "stacks/**/*.py",
    "providers/**/*.py",
)
A_SECOND = 1.0
"""Histories have whole seconds."""


def ran_since_changed(run: Run) -> bool:
    """Whether the stack's last command was an update that went well, begun after the last change of a file of its
    program and its settings and ended after that of its pins, and nothing has begun since. False where that can't be
    known.
    """
    from stacks.pinning import pins_file

    folder = state_files.folder(run.env, run.engine.project)
    update = _last_update(run, folder) if folder else None
    if folder is None or update is None or _is_begun(run, folder):
        return False
    began, ended = update
    return max(map(_changed, PROGRAM)) < began and 0 < _changed_at(pins_file(run.stack)) <= ended + A_SECOND


def _is_begun(run: Run, folder: Path) -> bool:
    """Whether a command runs now, or was killed: it leaves its lock, and in the state what it was at."""
    found = locks.of_stack(folder, run.project_name, run.stack)
    return bool(found or run.deployment().get("pending_operations"))


def _changed(pattern: str) -> float:
    """When the newest of these files was written or came here, in seconds since 1970."""
    return max(map(_changed_at, PROJECT.glob(pattern)), default=0.0)


def _changed_at(file: Path) -> float:
    """Not by its own date alone, which a copy or a rename keeps; 0 for none."""
    try:
        found = file.stat()
    except OSError:
        return 0.0
    return max(found.st_mtime, found.st_ctime)


def _last_update(run: Run, folder: Path) -> tuple[float, float] | None:
    """When it began and ended, in seconds since 1970; None if something else came last, or it can't be read.

    Layout: <folder>/history/<project>/<stack>/<stack>-<ns>.history.json (pkg/backend/diy, UpdateInfo).
    """
    newest = max(folder.glob(f"history/{run.project_name}/{run.stack}/*.history.json"), default=None)
    if newest is None:
        return None
    try:
        record = json.loads(newest.read_bytes())
        is_good = (record["kind"], record["result"]) == ("update", "succeeded")
        return (float(record["startTime"]), float(record["endTime"])) if is_good else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
