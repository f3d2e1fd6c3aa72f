"""Whether the program of today is the one that the last update ran.

A preview that changes nothing does not tell all that an update writes: what hangs on what, and the pins. Both follow
from the files of the program.
"""

from __future__ import annotations

import json

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


def ran_since_changed(run: Run) -> bool:
    """Whether the stack's last command was an update that went well, begun after the last change of a file of its
    program and its settings; and there are pins. False where that can't be known.
    """
    from stacks.pinning import pins_file

    began = _last_update(run)
    return began is not None and pins_file(run.stack).exists() and max(map(_changed, PROGRAM)) < began


def _changed(pattern: str) -> float:
    """When the newest of these files was written, in seconds since 1970."""
    return max((file.stat().st_mtime for file in PROJECT.glob(pattern)), default=0.0)


def _last_update(run: Run) -> float | None:
    """When it began, in seconds since 1970; None if something else came last, or it can't be read.

    Layout: <folder>/.pulumi/history/<project>/<stack>/<stack>-<ns>.history.json (pkg/backend/diy, UpdateInfo).
    """
    folder = state_files.folder(run.env, run.engine.project)
    records = folder.glob(f"history/{run.project_name}/{run.stack}/*.history.json") if folder else ()
    newest = max(records, default=None)
    if newest is None:
        return None
    try:
        record = json.loads(newest.read_bytes())
        is_good = (record["kind"], record["result"]) == ("update", "succeeded")
        return float(record["startTime"]) if is_good else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
