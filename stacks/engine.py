"""Which Pulumi engine runs, and how it is called."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stacks.errors import BadSettings, EngineFailed

PROJECT = Path(__file__).resolve().parent.parent
CHOICES = ("pulumi", "embedded")


@dataclass(frozen=True)
class Engine:
    """The words that start every command of an engine; both engines take the same ones after them."""

    name: str
    words: tuple[str, ...]

    def run(self, *arguments: str, env: Mapping[str, str]) -> int:
        """Run a command that a person watches; its exit code. Ctrl-C is the engine's to handle."""
        process = subprocess.Popen([*self.words, *arguments], env=env, cwd=PROJECT)
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return process.wait()
        finally:
            signal.signal(signal.SIGINT, before)

    def ask(self, *arguments: str, env: Mapping[str, str], stdin: str | None = None) -> str:
        """The output of a command that a program reads. Raises EngineFailed with the engine's own line."""
        done = subprocess.run(
            [*self.words, *arguments],
            env=env,
            cwd=PROJECT,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise EngineFailed(
                f"{self.name} {' '.join(arguments[:4])}: {said[-1] if said else 'no reason given'}"
            )
        return done.stdout


def choose(env: Mapping[str, str]) -> Engine:
    """The real engine where `pulumi` is on PATH, else ours; ENGINE=pulumi|embedded decides otherwise.

    Raises BadSettings.
    """
    wanted = env.get("ENGINE", "")
    found = shutil.which("pulumi", path=env.get("PATH"))
    if wanted not in ("", *CHOICES):
        raise BadSettings(f"ENGINE={wanted} is no engine. Next: ENGINE=pulumi or ENGINE=embedded.")
    if wanted == "pulumi" and not found:
        raise BadSettings("ENGINE=pulumi, but `pulumi` is not on PATH. Next: install it, or ENGINE=embedded.")
    if found and wanted != "embedded":
        return Engine("pulumi", (found,))
    return Engine("embedded", (sys.executable, "-m", "emulators.engine"))
