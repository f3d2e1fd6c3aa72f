"""`python -m stacks COMMAND`: what the make targets run."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.console import Console

from providers.linode.connection import LOCAL_STACK
from providers.linode.errors import LinodeError
from stacks import engine as engines
from stacks import local_stack, settings_commands, table
from stacks.engine import Engine
from stacks.errors import BadSettings, EngineFailed
from stacks.unlock import Unlock


@dataclass(frozen=True)
class Run:
    """One command: the stack, the engine, the environment, and the words for the engine behind its verb."""

    stack: str
    engine: Engine
    env: Mapping[str, str]
    words: tuple[str, ...]

    def verb(self, verb: str, *more: str) -> int:
        return self.engine.run(verb, *more, *self.words, env=self.env)


def main(arguments: list[str]) -> int:
    options, rest = _parser().parse_known_args(arguments)
    if options.locked:
        os.environ["LINODE_LOCKED"] = "1"
    try:
        return COMMANDS[options.command](options.stack, tuple(rest))
    except (BadSettings, EngineFailed, LinodeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"error: {error.filename or ''}: {error.strerror}. Next: check that file or folder.",
            file=sys.stderr,
        )
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stacks", description="Run a stack. Further words go to the engine."
    )
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--stack", default=LOCAL_STACK, help="local (the local API), dev, staging or prod")
    parser.add_argument(
        "--locked", action="store_true", help="stop when a pick is not pinned yet, as CI does"
    )
    return parser


def _run_of(stack: str, rest: tuple[str, ...]) -> Run:
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


def up(stack: str, rest: tuple[str, ...]) -> int:
    """Deploy; `local` at once, other stacks after a preview and a question (or --yes)."""
    run = _run_of(stack, rest)
    code = run.verb("up", "--suppress-outputs", *_unasked(stack))
    if code == 0:
        _show_table(run)
    return code


def pin(stack: str, rest: tuple[str, ...]) -> int:
    """Pin what the settings ask for, without deploying anything."""
    from stacks import pinning  # the other commands don't need the catalogs

    if stack == LOCAL_STACK:
        _run_of(stack, rest)
    for line in pinning.pin(stack, os.environ):
        print(line)
    return 0


def preview(stack: str, rest: tuple[str, ...]) -> int:
    return _run_of(stack, rest).verb("preview")


def refresh(stack: str, rest: tuple[str, ...]) -> int:
    return _run_of(stack, rest).verb("refresh", *_unasked(stack))


def down(stack: str, rest: tuple[str, ...]) -> int:
    return _run_of(stack, rest).verb("destroy", *_unasked(stack))


def show(stack: str, rest: tuple[str, ...]) -> int:
    """The table of what the last `up` made."""
    _show_table(_run_of(stack, rest))
    return 0


def api(_stack: str, _rest: tuple[str, ...]) -> int:
    """Start the local API if it isn't running, and say how to call it."""
    served = local_stack.of_environment(os.environ).api(os.environ)
    served.start()
    print(f"local API: {served.url}/v4, {served.speed:g} times as fast as the real one; `make stop` ends it")
    print(f'try: curl -H "Authorization: Bearer $(cat {served.token_file})" {served.url}/v4/linode/instances')
    return 0


def stop(_stack: str, _rest: tuple[str, ...]) -> int:
    """Stop the local API; its database stays."""
    served = local_stack.of_environment(os.environ).api(os.environ)
    print("local API: stopped" if served.stop() else "local API: was not running")
    return 0


def unlock(stack: str, rest: tuple[str, ...]) -> int:
    """After a crash: free the lock of a dead process and settle what it left open."""
    run = _run_of(stack, rest)
    for line in Unlock(stack, run.engine, run.env, run.words).run():
        print(line)
    return 0


def settings(_stack: str, rest: tuple[str, ...]) -> int:
    """Check, explain or compare settings, without Pulumi or a network."""
    return settings_commands.main(rest)


def env(_stack: str, _rest: tuple[str, ...]) -> int:
    """The variables with which `pulumi` itself works on stack `local`: eval "$(…)"."""
    for key, value in local_stack.of_environment(os.environ).pulumi_variables().items():
        print(f"export {key}='{value}'")
    return 0


def _unasked(stack: str) -> tuple[str, ...]:
    """Stack `local` costs nothing, so it isn't asked about."""
    return ("--yes", "--skip-preview") if stack == LOCAL_STACK else ()


def _show_table(run: Run) -> None:
    outputs = json.loads(run.engine.ask("stack", "output", "--json", "--stack", run.stack, env=run.env))
    table.show(outputs, Console())


COMMANDS: Mapping[str, Callable[[str, tuple[str, ...]], int]] = {
    "api": api,
    "down": down,
    "env": env,
    "pin": pin,
    "preview": preview,
    "refresh": refresh,
    "settings": settings,
    "show": show,
    "stop": stop,
    "unlock": unlock,
    "up": up,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
