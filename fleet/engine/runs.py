"""One command's run: the stack, the engine, the environment. Stack `local` is made and started first."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from fleet.engine import engine as engines
from fleet.engine import local_stack
from fleet.engine.engine import Engine
from fleet.engine.lock_wait import LockWait
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.core import state_files as state_folder
from providers.linode.nearest import did_you_mean
from stacks.errors import BadSettings
from stacks.expiry import duration
from stacks.sources import PROJECT, PULL_REQUEST, environments, of_files


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
    def which(self) -> tuple[str, ...]:
        """The words that tell an engine which stack, and where its settings are."""
        return ("--stack", self.stack, *(("--config-file", self.config_file) if self.config_file else ()))

    @property
    def words(self) -> tuple[str, ...]:
        """All that stands behind the verb."""
        return (*self.which, *self.rest)

    def verb(self, verb: str, *more: str) -> int:
        """Run one of the engine's verbs, waiting for the lock if that is wanted; its exit code."""
        wait = LockWait(duration(self.env.get("LOCK_WAIT") or "0s"))
        url = state_folder.backend_url(self.env, PROJECT)
        return wait.run(self.stack, url, lambda: self.engine.hear(verb, *more, *self.words, env=self.env))


def run_of(stack: str, rest: tuple[str, ...]) -> Run:
    """The run of a stack's command. For stack `local` everything it needs is made and started first."""
    engine = engines.choose(os.environ)
    if engine.name == "pulumi":
        print(f"engine: pulumi ({engine.words[0]})", file=sys.stderr)
    if stack != LOCAL_STACK:
        _require_settings(stack, rest)
        named, others = _config_file(rest)
        return Run(stack, engine, os.environ, named, others)
    local = local_stack.of_environment(os.environ)
    env, api = local.environment(os.environ), local.api(os.environ)
    if api.start():
        print(
            f"local API: {api.url}, started; {api.speed:g} times as fast as the real one (`make stop` ends it)",
            file=sys.stderr,
        )
    local.prepare(engine, api, env)
    return Run(stack, engine, env, str(local.settings), rest)


def _config_file(rest: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The settings file that the words name ("" if none), and the other words."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--config-file", default="")
    options, others = parser.parse_known_args(list(rest))
    return options.config_file, tuple(others)


def _require_settings(stack: str, rest: tuple[str, ...]) -> None:
    """A stack has its file in stacks/, unless another one is named or it is a pull request's, which gets one.

    Raises BadSettings with the nearest name.
    """
    known = environments()
    if stack not in known and "--config-file" not in rest and not PULL_REQUEST.fullmatch(stack):
        raise BadSettings(
            f"there is no stack '{stack}': stacks/ has no Pulumi.{stack}.yaml{did_you_mean(stack, known)}. "
            f"Next: STACK= one of {', '.join(known)}."
        )
    if stack in known and "--config-file" not in rest:
        of_files(stack)  # what is no YAML is told better here than by an engine
