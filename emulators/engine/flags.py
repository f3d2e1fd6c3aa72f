"""The command line: the names and flags of ``pulumi``, and its sentence for one that it does not know."""

from __future__ import annotations

import argparse
from typing import NoReturn

from emulators.engine.errors import EngineError
from emulators.engine.run_flags import add_run_flags


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
    _add_stack(add("stack", "Manage stacks"), common)
    _add_config(add("config", "Manage configuration"), common)
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


def _add_stack(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="subcommand", metavar="COMMAND", required=True)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[common], allow_abbrev=False)

    init = add("init", "Create an empty stack and select it")
    init.add_argument("name", nargs="?")
    init.add_argument("--no-select", action="store_true", help="do not select it")
    init.add_argument("--secrets-provider", default="passphrase", help="only passphrase")
    ls = add("ls", "List the project's stacks")
    ls.add_argument("-a", "--all", action="store_true", help="of all projects")
    rm = add("rm", "Remove a stack and its configuration")
    rm.add_argument("name", nargs="?")
    rm.add_argument("-f", "--force", action="store_true", help="even with resources")
    rm.add_argument("--preserve-config", action="store_true", help="keep Pulumi.<stack>.yaml")
    select = add("select", "Select a stack")
    select.add_argument("name", nargs="?")
    select.add_argument("-c", "--create", action="store_true", help="create it if there is none")
    output = add("output", "Show a stack's outputs")
    output.add_argument("name", nargs="?")
    add("export", "Write a stack's deployment as JSON").add_argument("--file", help="else standard output")
    imported = add("import", "Put a deployment in the place of the stack's")
    imported.add_argument("--file", help="else standard input")
    imported.add_argument("-f", "--force", action="store_true", help="even with warnings")


def _add_config(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="subcommand", metavar="COMMAND", required=True)
    get = commands.add_parser("get", parents=[common], allow_abbrev=False, help="Show one value")
    get.add_argument("key")
    put = commands.add_parser("set", parents=[common], allow_abbrev=False, help="Set one value")
    put.add_argument("key")
    put.add_argument("value", nargs="?", help="else standard input")
    put.add_argument("--secret", action="store_true", help="encrypt it")
    put.add_argument("--plaintext", action="store_true", help="do not encrypt it")
