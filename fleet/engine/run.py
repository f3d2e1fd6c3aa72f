"""One command's run: the stack, the engine, the environment. Stack `local` is made and started first."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fleet.engine import local_stack
from fleet.engine.engine import UNLESS_SET, Engine, choose
from fleet.engine.lock_wait import LockWait
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.core import state_files as state_folder
from providers.linode.project import PROJECT, project_here
from stacks.sources import PULL_REQUEST, are_here, environments, no_settings, of_files, project_name


@dataclass(frozen=True)
class Run:
    """One command: the stack, the engine, the environment, the stack's settings if they are not in stacks/, and
    further words for the engine.
    """

    stack: str
    engine: Engine
    env: Mapping[str, str]
    config_file: str = ""
    rest: tuple[str, ...] = ()

    @property
    def project_name(self) -> str:
        return project_name(self.engine.project)

    @property
    def backend_url(self) -> str:
        return state_folder.backend_url(self.env, self.engine.project)

    @property
    def words(self) -> tuple[str, ...]:
        """All that stands behind the verb: which stack, where its settings are, further words."""
        return ("--stack", self.stack, *self._settings, *self.rest)

    @property
    def _settings(self) -> tuple[str, ...]:
        return ("--config-file", self.config_file) if self.config_file else ()

    def verb(self, verb: str, *more: str) -> int:
        """Run one of the engine's verbs, waiting for the lock if that is wanted; its exit code."""
        from stacks.expiry import duration

        wait = LockWait(duration(self.env.get("LOCK_WAIT") or "0s"))
        return wait.run(
            self.stack, self.backend_url, lambda: self.engine.hear(verb, *more, *self.words, env=self.env)
        )

    def ask(self, *arguments: str, stdin: str | None = None) -> str:
        """What the engine answers to a command about this stack. Raises EngineFailed."""
        return self.engine.ask(*arguments, env=self.env, stdin=stdin, stack=self.stack)

    def about(self, stack: str) -> Run:
        """The same for another stack."""
        return replace(self, stack=stack)

    def was_used(self) -> bool:
        """Whether an update of this stack ever ended in this backend."""
        return bool(json.loads(self.ask("stack", "history", "--json")))

    def deployment(self) -> dict[str, Any]:
        """The stack's state as the engine exports it: ciphertexts stay what they are. Raises EngineFailed.

        Read from its file where that lies on this machine, which saves an engine's start.
        """
        project = self.engine.project
        found = state_folder.deployment(self.project_name, self.stack, self.env, project)
        return found or json.loads(self.ask("stack", "export")).get("deployment") or {}

    def tags(self) -> dict[str, str]:
        found = json.loads(self.ask("stack", "tag", "ls", "--json"))
        return {str(key): str(value) for key, value in (found or {}).items()}

    def stacks(self) -> list[str]:
        """Every stack of this project in the backend."""
        listed = json.loads(self.engine.ask("stack", "ls", "--json", env=self.env))
        return sorted(str(entry["name"]).rpartition("/")[2] for entry in listed)

    def config(self) -> dict[str, dict[str, str]]:
        """The stack's configuration with its secrets in the clear. Raises EngineFailed."""
        found: dict[str, dict[str, str]] = json.loads(
            self.ask("config", "--json", "--show-secrets", *self._settings)
        )
        return found

    def outputs(self) -> dict[str, object]:
        """Raises EngineFailed, also where nothing was deployed yet."""
        return outputs_of(self.deployment())


SECRET_KEY = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the engine's signature key, public


def outputs_of(deployment: Mapping[str, Any]) -> dict[str, object]:
    """A stack's outputs by its state; of a secret one no more than that it is one, as the engine shows it."""
    stacks = (each for each in deployment.get("resources") or () if each["type"] == "pulumi:pulumi:Stack")
    found: dict[str, object] = _masked((next(stacks, None) or {}).get("outputs") or {})
    return found


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return "[secret]" if SECRET_KEY in value else {key: _masked(part) for key, part in value.items()}
    return [_masked(part) for part in value] if isinstance(value, list) else value


def run_of(stack: str, rest: tuple[str, ...] = (), config_file: str = "") -> Run:
    """The run of a stack's command. For stack `local` everything it needs is made and started first.

    A stack has its file in stacks/, unless another one is named or it is a pull request's, which gets one.
    Raises BadSettings, EngineFailed.
    """
    engine = choose(os.environ)
    _tell_once(engine)
    if stack == LOCAL_STACK:
        env, settings = local_stack.of_environment(os.environ).made(engine, os.environ)
        return Run(stack, engine, {**UNLESS_SET, **env}, str(settings), rest)
    if not config_file:
        if stack in environments():
            of_files(stack)  # what is no YAML is told better here than by an engine
        elif not PULL_REQUEST.fullmatch(stack):
            raise no_settings(stack)
    return Run(stack, engine, {**UNLESS_SET, **os.environ}, config_file, rest)


@functools.cache
def _tell_once(engine: Engine) -> None:
    """Which engine runs a command; a deployment has several runs of it. The embedded one says so itself."""
    if engine.name == "pulumi":
        print(f"engine: pulumi ({engine.words[0]})", file=sys.stderr)


def run_here(stack: str, rest: tuple[str, ...] = (), config_file: str = "") -> Run:
    """As `run_of`; in the folder of another project the run of that one's stack, of whose program nothing is known."""
    if are_here():
        return run_of(stack, rest, config_file)
    ours = os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**UNLESS_SET, **os.environ, "PYTHONPATH": ours}  # where the embedded engine is
    return Run(stack, replace(choose(os.environ), project=project_here()), env, config_file, rest)
