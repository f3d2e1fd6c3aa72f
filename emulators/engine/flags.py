"""The command line: the names and flags of ``pulumi``, and its sentence for one that it does not know."""

from __future__ import annotations

import argparse
from typing import NoReturn

from emulators.engine.errors import EngineError
from emulators.engine.run_flags import add_run_flags
from emulators.engine.stack_flags import add_config, add_login, add_stack, add_state


class UsageError(EngineError):
    """The command line cannot be understood."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(_sentence(message))


def _sentence(message: str) -> str:
    """Argparse's message in the words of the real command line."""
    if message.startswith("unrecognized arguments: "):
        first = message.removeprefix("unrecognized arguments: ").split()[0]
        if first.startswith("--"):
            return f"unknown flag: {first.partition('=')[0]}"
        return (
            f"unknown shorthand flag: {first}" if first.startswith("-") else f"unexpected argument: {first}"
        )
    if message.startswith("argument ") and "expected one argument" in message:
        return f"flag needs an argument: {message.removeprefix('argument ').split(':')[0].split('/')[-1]}"
    if "invalid choice" in message:
        word = message.partition("'")[2].partition("'")[0]
        return f'unknown command "{word}" for "python -m emulators.engine"'
    return message


def build_parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False, allow_abbrev=False)
    _add_common(common)
    parser = _Parser(
        prog="python -m emulators.engine",
        description="A small Pulumi engine for Python programs with dynamic providers.",
        parents=[common],
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[common], allow_abbrev=False)

    for name, text in (
        ("up", "Create or update the resources in a stack"),
        ("preview", "Show a preview of updates to a stack's resources"),
        ("refresh", "Refresh the resources in a stack"),
        ("destroy", "Destroy all resources in a stack"),
        ("import", "Take existing resources over into a stack"),
    ):
        add_run_flags(add(name, text), name)
    add("cancel", "Free a stack that a dead update left locked").add_argument("name", nargs="?")
    add_stack(add("stack", "Manage stacks"), common)
    add_config(add("config", "Manage configuration"), common)
    add_state(add("state", "Edit a stack's state"), common)
    add_login(add)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    absent = argparse.SUPPRESS  # so that a flag before the command is not forgotten after it
    parser.add_argument("-C", "--cwd", default=absent, help="run as if started in this folder")
    parser.add_argument("-s", "--stack", dest="stack_name", default=absent, help="the stack to work on")
    parser.add_argument("-y", "--yes", action="store_true", default=absent, help="do not ask")
    parser.add_argument("--non-interactive", action="store_true", default=absent, help="never ask")
    parser.add_argument("--config-file", default=absent, help="another file than Pulumi.<stack>.yaml")
    parser.add_argument("--color", default=absent, help="accepted; the output has no color")
    parser.add_argument("--json", action="store_true", default=absent, help="machine-readable output")
    parser.add_argument("--show-secrets", action="store_true", default=absent, help="secrets in the clear")
