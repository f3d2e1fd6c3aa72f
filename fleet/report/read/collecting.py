"""All bundles of a report. One that can't be read is a stack that failed: the others stay, and the report is made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fleet.report.errors import BadCall, BundleUnreadable
from fleet.report.read.bundle import Bundle, read_bundle
from fleet.report.read.steps import Reading

PREFIX = "bundle-"
"""What the folder of a stack's bundle is called in our workflows, before the stack's name."""


def collected(folders: Sequence[Path], expected: Sequence[str], secrets: Sequence[str] = ()) -> list[Bundle]:
    """One bundle for each stack. Raises BundleUnreadable: a folder is missing. Raises BadCall: it is given twice."""
    missing = next((folder for folder in folders if not folder.is_dir()), None)
    if missing is not None:
        raise BundleUnreadable(f"{missing.name}: no such folder. Next: pass the folders that previews wrote.")
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise BadCall("a folder is given twice. Next: pass one folder for each stack.")
    found: dict[str, Bundle] = {}
    for folder in folders:
        bundle = _read(folder, expected, secrets)
        twice = bundle.stack in found
        found[bundle.stack] = (
            _broken(bundle.stack, "two bundles say that they are of it") if twice else bundle
        )
    return list(found.values())


def _read(folder: Path, expected: Sequence[str], secrets: Sequence[str]) -> Bundle:
    name = folder.resolve().name.removeprefix(PREFIX)
    try:
        bundle = read_bundle(folder, secrets)
    except BundleUnreadable as error:
        return _broken(name, str(error))
    except RecursionError:
        return _broken(name, "it is nested too deeply")
    if name in expected and bundle.stack != name:
        return _broken(name, f"it says that it is of {bundle.stack}")
    return bundle


def _broken(stack: str, why: str) -> Bundle:
    reading = Reading(steps=(), complete=False, succeeded=False)
    return Bundle(stack=stack, reading=reading, form=None, exit=1, unreadable=why)
