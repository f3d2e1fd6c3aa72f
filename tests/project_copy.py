"""Copies of the project for tests that run it: as if nobody had made a stack with it yet."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from providers.linode.project import PROJECT

LEFT_OUT = ("pins.*.json", "*.pyc.*")
"""Pins of the environments, and what another process is just compiling."""

OF_A_STACK = re.compile(r"^encryptionsalt:.*\n|^ +\S+:\n +secure:.*\n", re.MULTILINE)
"""What `stack init` and `config set --secret` write: it goes with a state and a passphrase that tests don't have."""


def copy_project(target: Path, names: Iterable[str]) -> None:
    """Copy these files and folders of the project; the packages are those of the running tests."""
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
        else:
            shutil.copy(source, target / name)
    for file in (target / "stacks").glob("Pulumi.*.yaml"):
        file.write_text(as_new(file.read_text()))
    (target / ".venv").symlink_to(sys.prefix)


def as_new(settings: str) -> str:
    """The text of a stack's settings file as it was before the stack was made."""
    return OF_A_STACK.sub("", settings)
