"""What the repository knows: commits, files of an earlier commit, files that a branch changes."""

from __future__ import annotations

import subprocess
from pathlib import Path

from providers.linode.project import PROJECT


def head(folder: Path = PROJECT) -> str:
    """The full id of the commit that is checked out; empty where there is no repository."""
    return (_ask(folder, "rev-parse", "HEAD") or "").strip()


def text_at(commit: str, file: Path, folder: Path = PROJECT) -> str | None:
    """A file of the project as it was in a commit; None where either is not there."""
    if not commit or commit.startswith("-") or not file.is_relative_to(folder):
        return None
    return _ask(folder, "show", f"{commit}:./{file.relative_to(folder).as_posix()}")


def names_at(commit: str, folder: Path, root: Path = PROJECT) -> list[str]:
    """The names in a folder of the project, as they were in a commit; none where either is not there."""
    words = ("ls-tree", "--name-only", "-z", commit, f"{folder.relative_to(root).as_posix()}/")
    told = None if commit.startswith("-") else _ask(root, *words)
    return [name.rpartition("/")[2] for name in (told or "").split("\0") if name]


def changed_files(base: str, folder: Path = PROJECT, head: str = "HEAD") -> list[str] | None:
    """What differs between a commit and the point where it left `base`, from the project's folder.

    None where git can't tell: no repository, or a commit that is not here.
    """
    if not base or base.startswith("-") or not head:
        return None
    words = ("diff", "--name-only", "--no-renames", "--relative", "-z")
    told = _ask(folder, *words, f"{base}...{head}", "--")
    return None if told is None else [name for name in told.split("\0") if name]


def _ask(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
