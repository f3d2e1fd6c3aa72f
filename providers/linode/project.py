"""Which project's folder a process works in: where its settings, pins and local stack are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CODE = Path(__file__).resolve().parents[2]


def _project_around(folder: Path, otherwise: Path) -> Path:
    """The folder or the nearest above it that has a Pulumi.yaml."""
    return next((each for each in (folder, *folder.parents) if (each / "Pulumi.yaml").is_file()), otherwise)


PROJECT = CODE if (CODE / "Pulumi.yaml").is_file() else _project_around(Path.cwd(), Path.cwd())
"""The checkout that this code is in; where it is an installed package, the project that a command is called in."""


def project_here() -> Path:
    """The project whose folder a command was called in: this one, or another that has the provider beside it."""
    return _project_around(Path.cwd(), PROJECT)


def local_folder(env: Mapping[str, str]) -> Path:
    """Everything of stack `local`: the folder .local of this project, or the one that LOCAL_HOME names."""
    return Path(env.get("LOCAL_HOME") or PROJECT / ".local").resolve()
