"""The Pythons of this machine, for what has to hold under each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST, NEWEST = 10, 14


def interpreters() -> Iterator[str]:
    """Every Python from 3.10 on that is here: on PATH, or kept by pyenv."""
    found = {sys.executable}
    names = [f"python3.{minor}" for minor in range(OLDEST, NEWEST + 1)]
    found |= {path for name in names if (path := shutil.which(name))}
    if shutil.which("pyenv"):
        said = subprocess.run(
            ["pyenv", "root"], capture_output=True, text=True, timeout=60, check=False
        ).stdout
        folders = Path(said.strip()).glob("versions/*/bin") if said.strip() else []
        found |= {str(folder / name) for folder in folders for name in names if (folder / name).exists()}
    for path in sorted(found):
        works = subprocess.run([path, "-c", ""], capture_output=True, timeout=60, check=False).returncode == 0
        if works:  # what pyenv puts on PATH for a version that is not chosen ends with an error
            yield path
