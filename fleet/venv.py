"""Make .venv with the pinned packages and the command `fleet`. Standard library only: make runs it with any Python."""

from __future__ import annotations

import importlib.util
import pathlib
import re
import subprocess
import sys
import threading
import time

PROJECT = pathlib.Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
OLDEST, NEWEST = (3, 10), (3, 14)
"""Every pinned package has a wheel for each of them."""

DOT_S, LINE_S = 5, 1
ERASE = "\r\x1b[K"
SCRIPT = """\
#!/bin/sh
'exec' '{python}' "$0" "$@"
import sys

sys.path.insert(0, {project!r})
from fleet.cli.main import main

sys.exit(main())
"""
"""A shell's line first, which Python takes for texts: the line after `#!` may hold no blanks and not be long."""


def main(requirements: list[str]) -> int:
    version = sys.version_info[:2]
    if not OLDEST <= version <= NEWEST:
        oldest, newest = (f"{number[0]}.{number[1]}" for number in (OLDEST, NEWEST))
        return fail(
            f"Python {version[0]}.{version[1]} can't run this, {oldest} to {newest} can. "
            "Next: make PYTHON=python3.12 ..."
        )
    if not (VENV / "bin" / "python").exists() and not make_venv():
        return fail(
            "this Python has neither ensurepip nor virtualenv nor pip, so it can't make .venv. "
            "Next: install python3-venv (Debian, Ubuntu), or make PYTHON=/path/to/another/python3 ..."
        )
    for file in requirements:
        print(f"installing the packages of {file} into .venv", file=sys.stderr)
        command = [
            *pip(),
            "install",
            "--progress-bar=off",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            file,
        ]
        if install(command):
            return fail(f"the packages of {file} could not be installed. Next: see pip's lines above.")
        (VENV / f"{file}.installed").write_bytes((PROJECT / file).read_bytes())
    install_command(VENV / "bin")
    return 0


def install(command: list[str]) -> int:
    """Run pip, which takes a minute and more; its exit code. All that it complains of is shown."""
    with Progress(watched=sys.stderr.isatty()) as told:
        return told.follow(command)


class Progress:
    """That pip is at work: a dot for each package, and where one takes long; at a terminal a line, and the seconds."""

    def __init__(self, *, watched: bool) -> None:
        self.watched, self.packages, self.name = watched, 0, ""
        self.began, self.ended = time.monotonic(), threading.Event()
        self.ticking = threading.Thread(target=self.tick, daemon=True)

    def __enter__(self) -> Progress:
        self.ticking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.ticking.join()
        print(ERASE if self.watched else "", end="" if self.watched else "\n", file=sys.stderr, flush=True)

    def follow(self, command: list[str]) -> int:
        with subprocess.Popen(
            command, cwd=PROJECT, stdout=subprocess.PIPE, encoding="utf-8", errors="replace"
        ) as process:
            for line in process.stdout or ():
                first, _, rest = line.partition(" ")
                if first == "Collecting":
                    self.begin(re.split(r"[=<>; ]", rest.strip())[0])
                elif first == "Installing":
                    self.begin("unpacking", packages=0)
        return process.returncode

    def begin(self, name: str, packages: int = 1) -> None:
        self.name, self.packages = name, self.packages + packages
        self.show()

    def tick(self) -> None:
        while not self.ended.wait(LINE_S if self.watched else DOT_S):
            self.show()

    def show(self) -> None:
        seconds = f"{time.monotonic() - self.began:.0f} s"
        line = f"{ERASE}  {self.packages} packages, {seconds}: {self.name}"
        print(line if self.watched else ".", end="", file=sys.stderr, flush=True)


def install_command(folder: pathlib.Path) -> None:
    """Write `fleet` into a folder with a Python: it runs this project from anywhere."""
    script = folder / "fleet"
    script.write_text(SCRIPT.format(python=folder / "python", project=str(PROJECT)), encoding="utf-8")
    script.chmod(0o755)


def make_venv() -> bool:
    """A virtual environment: with pip if ensurepip is there, else by virtualenv, else served by the outer pip."""
    if importlib.util.find_spec("ensurepip"):
        command = ["-m", "venv", str(VENV)]
    elif importlib.util.find_spec("virtualenv"):
        command = ["-m", "virtualenv", "--quiet", str(VENV)]
    elif importlib.util.find_spec("pip"):
        command = ["-m", "venv", "--without-pip", str(VENV)]
    else:
        return False
    return subprocess.call([sys.executable, *command]) == 0


def pip() -> list[str]:
    """The command that installs into .venv."""
    inside = str(VENV / "bin" / "python")
    if subprocess.call([inside, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0:
        return [inside, "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", inside]


def fail(line: str) -> int:
    print(f"error: {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
