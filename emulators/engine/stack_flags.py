"""The flags of the commands around a stack: ``stack``, ``config``, ``state``, ``login`` and their like."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Adder = Callable[[str, str], argparse.ArgumentParser]


def _subcommands(
    parser: argparse.ArgumentParser, common: argparse.ArgumentParser, dest: str, *, required: bool
) -> Adder:
    commands = parser.add_subparsers(dest=dest, metavar="COMMAND", required=required)

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[common], allow_abbrev=False)

    return add


def add_stack(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    parser.add_argument("--show-name", action="store_true", help="only the name")
    parser.add_argument("-u", "--show-urns", action="store_true", help="each resource's URN")
    parser.add_argument("-i", "--show-ids", action="store_true", help="each resource's id")
    add = _subcommands(parser, common, "subcommand", required=False)
    init = add("init", "Create an empty stack and select it")
    init.add_argument("name", nargs="?")
    init.add_argument("--no-select", action="store_true", help="do not select it")
    init.add_argument("--secrets-provider", default="passphrase", help="only passphrase")
    ls = add("ls", "List the project's stacks")
    ls.add_argument("-a", "--all", action="store_true", help="of all projects")
    ls.add_argument("-t", "--tag", help="only with this tag: name, or name=value")
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
    history = add("history", "Show the finished updates of a stack")
    history.add_argument("--page-size", type=int, default=10, help="how many")
    history.add_argument("--page", type=int, default=0, help="which of them")
    _add_tags(_subcommands(add("tag", "Manage stack tags"), common, "tag_command", required=True))


def _add_tags(add: Adder) -> None:
    put = add("set", "Set a tag")
    put.add_argument("name")
    put.add_argument("value")
    add("get", "Show a tag").add_argument("name")
    add("ls", "List the tags")
    add("rm", "Remove a tag").add_argument("name")


def add_config(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    add = _subcommands(parser, common, "subcommand", required=False)
    add("get", "Show one value").add_argument("key")
    put = add("set", "Set one value")
    put.add_argument("key")
    put.add_argument("value", nargs="?", help="else standard input")
    put.add_argument("--secret", action="store_true", help="encrypt it")
    put.add_argument("--plaintext", action="store_true", help="do not encrypt it")
    add("rm", "Remove one value").add_argument("key")


def add_state(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    add = _subcommands(parser, common, "subcommand", required=True)
    delete = add("delete", "Take resources out of the state, and leave them where they are")
    delete.add_argument("urn", nargs="+")
    delete.add_argument("--force", action="store_true", help="even if protected")
    delete.add_argument("--target-dependents", action="store_true", help="and what depends on them")
    unprotect = add("unprotect", "Take the protection off resources")
    unprotect.add_argument("urn", nargs="*")
    unprotect.add_argument("--all", action="store_true", help="of all of them")


def add_login(add: Adder) -> None:
    """``login``, ``logout`` and ``whoami``."""
    for name, text in (("login", "Use the backend in a folder from now on"), ("logout", "Forget a backend")):
        command = add(name, text)
        command.add_argument("url", nargs="?", help="file://<folder>")
        command.add_argument("-c", "--cloud-url", help="the same")
        command.add_argument("-l", "--local", action="store_true", help="the backend in the home folder")
        if name == "logout":
            command.add_argument("--all", action="store_true", help="forget all of them")
    add("whoami", "Show the user and the backend").add_argument("-v", "--verbose", action="store_true")
