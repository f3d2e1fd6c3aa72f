"""Which Pulumi engine runs, and how it is called."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fleet.engine import hearing
from fleet.engine.hearing import LastWords
from fleet.engine.messages import explain
from providers.linode.core import state_files as state_folder
from providers.linode.core.engine import WIDE_THREADS
from providers.linode.project import PROJECT
from stacks.errors import BadSettings, EngineFailed

CHOICES = ("pulumi", "embedded")

UNLESS_SET = {"PULUMI_PARALLEL": str(WIDE_THREADS), "no_grpc_proxy": "127.0.0.1,localhost"}
"""Of an engine's environment. Steps at once (also by --parallel): the limiter and the one poller make that safe, and
what waits for a boot costs nothing. Engine, program and provider talk on this machine, past any http_proxy."""


@dataclass(frozen=True)
class Engine:
    """The words that start every command of an engine, and where; both engines take the same ones after them."""

    name: str
    words: tuple[str, ...]
    project: Path = PROJECT

    def hear(self, *arguments: str, env: Mapping[str, str]) -> tuple[int, LastWords]:
        """Run a command that a person watches; its exit code, and the errors it ended with, not shown yet."""
        return hearing.run([*self.words, *arguments], env, self.project)

    def ask(self, *arguments: str, env: Mapping[str, str], stdin: str | None = None, stack: str = "") -> str:
        """The output of a command that a program reads. Raises EngineFailed with a line that says why."""
        about = ("--stack", stack) if stack else ()
        done = self._run((*arguments, *about), env, stdin)
        if done.returncode:
            line = explain(done.stderr, stack or arguments[-1], state_folder.backend_url(env, self.project))
            said = done.stderr.strip() or done.stdout.strip()
            last = said.splitlines()[-1].removeprefix("error: ") if said else "no reason given"
            named = "" if "Next: " in last else f"{self.name} {' '.join(arguments[:2])}: "
            raise EngineFailed(line or f"{named}{last}")
        return done.stdout

    def complaint(self, *arguments: str, env: Mapping[str, str]) -> str:
        """What a command says on standard error."""
        return self._run(arguments, env, None).stderr

    def _run(
        self, arguments: tuple[str, ...], env: Mapping[str, str], stdin: str | None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.words, *arguments], env={**env, "PYTHONIOENCODING": "utf-8"}, cwd=self.project, input=stdin,
            capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip


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
