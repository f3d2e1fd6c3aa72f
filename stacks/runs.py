"""One command's run: the stack, the engine, the environment. Stack `local` is made and started first."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from providers.linode import state_folder
from providers.linode.connection import LOCAL_STACK
from stacks import engine as engines
from stacks import local_stack
from stacks.engine import PROJECT, Engine
from stacks.expiry import duration
from stacks.lock_wait import LockWait


@dataclass(frozen=True)
class Run:
    """One command: the stack, the engine, the environment, and the words for the engine behind its verb."""

    stack: str
    engine: Engine
    env: Mapping[str, str]
    words: tuple[str, ...]

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
        return Run(stack, engine, os.environ, ("--stack", stack, *rest))
    local = local_stack.of_environment(os.environ)
    env, api = local.environment(os.environ), local.api(os.environ)
    if api.start():
        print(
            f"local API: {api.url}, started; {api.speed:g} times as fast as the real one (`make stop` ends it)",
            file=sys.stderr,
        )
    local.prepare(engine, api, env)
    return Run(stack, engine, env, ("--stack", stack, "--config-file", str(local.settings), *rest))
