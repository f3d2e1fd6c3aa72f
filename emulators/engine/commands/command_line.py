"""The command line: the names and flags of ``pulumi``, and its sentence for one that it does not know.

Every error of ours is one line, never a traceback. A command's module is imported when the command is run.
(argparse: click takes 20 ms more to import, and names every flag twice.)
Source: the real command line's ``pkg/cmd/pulumi``.
"""

from __future__ import annotations

import argparse
import codecs
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from emulators.engine.commands.workspace import Workspace
from emulators.engine.errors import EngineError

Flag = tuple[list[str], dict[str, Any]]


def _flag(names: str, text: str, **options: Any) -> Flag:
    """What argparse's add_argument takes; without options a name with dashes is a switch."""
    if not options and names.startswith("-"):
        options["action"] = "store_true"
    return names.split(), {"help": text, **options}


def _truth(text: str) -> bool:
    if text.lower() not in ("1", "t", "true", "0", "f", "false"):
        raise argparse.ArgumentTypeError(f"invalid argument '{text}': true or false")
    return text.lower() in ("1", "t", "true")


COMMON = [
    _flag("-C --cwd", "run as if started in this folder", metavar="FOLDER"),
    _flag("-s --stack", "the stack to work on", dest="stack_name", metavar="STACK"),
    _flag("-y --yes", "do not ask"),
    _flag("--non-interactive", "never ask"),
    _flag("--config-file", "another file than Pulumi.<stack>.yaml", metavar="FILE"),
    _flag("--color", "never: no colors on a terminal; elsewhere there are none", metavar="WHEN"),
    _flag("--json", "machine-readable output"),
    _flag("--show-secrets", "secrets in the clear"),
]
EVENT_LOG = _flag("--event-log", "write every event to this file", metavar="FILE")
RUN = [
    _flag("--diff", "show every property"),
    _flag("-p --parallel", "steps at once (4 for each core)", type=int, default=0),
    _flag("-m --message", "a note for the history", default=""),
    _flag("--suppress-outputs", "do not show stack outputs"),
    _flag("--suppress-progress", "accepted; there are no dots"),
    EVENT_LOG,
]
PREVIEW_ONLY = _flag("--preview-only", "only the preview")
SKIP_PREVIEW = [_flag("-f --skip-preview", "no preview first"), PREVIEW_ONLY]
NO_CHANGES = _flag("--expect-no-changes", "fail if there are any changes")
REFRESH = _flag("-r --refresh", "refresh first")
GO_ON = _flag("--continue-on-error", "do what does not depend on it")
RUN_PROGRAM = _flag("--run-program", "run the program first, for the providers' configuration")
URNS: dict[str, Any] = {"action": "append", "default": [], "metavar": "URN"}
TARGETS = [
    _flag("-t --target", "only this; may be given again", **URNS),
    _flag("--target-dependents", "what needs a target is one too"),
]
REPLACE = [
    _flag("--replace", "replace this", **URNS),
    _flag("--target-replace", "replace this and do nothing else", **URNS),
]
NAME = _flag("name", "", nargs="?")
TRUTH: dict[str, Any] = {"type": _truth, "nargs": "?", "const": True, "default": True}
LOGIN = [
    _flag("url", "file://<folder>", nargs="?"),
    _flag("-c --cloud-url", "the same", metavar="URL"),
    _flag("-l --local", "the backend in the home folder"),
]


class Command(NamedTuple):
    """What it is for, the function of commands/ that does it ("" for one that only has subcommands), its flags."""

    text: str
    does: str
    flags: Sequence[Flag] = ()


COMMANDS = {
    "up": Command("Create or update the resources in a stack", "run:run",
                  [*RUN, NO_CHANGES, REFRESH, *SKIP_PREVIEW, GO_ON, *TARGETS, *REPLACE]),
    "preview": Command("Show a preview of updates to a stack's resources", "run:run",
                       [*RUN, NO_CHANGES, REFRESH, *TARGETS, *REPLACE]),
    "refresh": Command("Refresh the resources in a stack", "run:run", [
        *RUN, NO_CHANGES, *SKIP_PREVIEW, _flag("--clear-pending-creates", "forget pending creates"), RUN_PROGRAM,
        *TARGETS]),
    "destroy": Command("Destroy all resources in a stack", "run:run", [
        *RUN, NO_CHANGES, REFRESH, *SKIP_PREVIEW, GO_ON, RUN_PROGRAM, *TARGETS,
        _flag("--exclude-protected", "leave what is protected, and what that needs"),
        _flag("--remove", "then remove the stack; Pulumi.<stack>.yaml stays where it has settings"),
        _flag("--preserve-config", "with --remove: it stays in any case")]),
    "import": Command("Take existing resources over into a stack", "run:run", [
        *RUN, PREVIEW_ONLY, _flag("--skip-preview", "no preview first"),
        _flag("resource", "type, name and id: refused, use --file", nargs="*"),
        _flag("-f --file", "a JSON file of resources with inputs and outputs", metavar="FILE"),
        _flag("--protect", "protect what is imported", **TRUTH),
        _flag("--generate-code", "only =false is possible", **TRUTH)]),
    "cancel": Command("Free a stack that a dead update left locked", "stack:cancel", [NAME]),
    "stack": Command("Manage stacks", "stack_view:summary", [
        _flag("--show-name", "only the name"), _flag("-u --show-urns", "each resource's URN"),
        _flag("-i --show-ids", "each resource's id")]),
    "stack init": Command("Create an empty stack and select it", "stack:init", [
        NAME, _flag("--no-select", "do not select it"),
        _flag("--secrets-provider", "only passphrase", default="passphrase")]),
    "stack ls": Command("List the project's stacks", "stack:ls", [
        _flag("-a --all", "of all projects"),
        _flag("-t --tag", "only with this tag: name, or name=value", metavar="TAG")]),
    "stack rm": Command("Remove a stack and its configuration", "stack:rm", [
        NAME, _flag("-f --force", "even with resources"),
        _flag("--preserve-config", "keep Pulumi.<stack>.yaml")]),
    "stack select": Command("Select a stack", "stack:select",
                            [NAME, _flag("-c --create", "create it if there is none")]),
    "stack output": Command("Show a stack's outputs", "stack_view:output", [NAME]),
    "stack export": Command("Write a stack's deployment as JSON", "stack:export",
                            [_flag("--file", "else standard output", metavar="FILE")]),
    "stack import": Command("Put a deployment in the place of the stack's", "stack:import_", [
        _flag("--file", "else standard input", metavar="FILE"), _flag("-f --force", "even with warnings")]),
    "stack history": Command("Show the finished updates of a stack", "stack_view:history", [
        _flag("--page-size", "how many", type=int, default=10),
        _flag("--page", "which of them", type=int, default=0)]),
    "stack tag": Command("Manage stack tags", ""),
    "stack tag set": Command("Set a tag", "stack:tag_set", [_flag("name", ""), _flag("value", "")]),
    "stack tag get": Command("Show a tag", "stack:tag_get", [_flag("name", "")]),
    "stack tag ls": Command("List the tags", "stack:tag_ls"),
    "stack tag rm": Command("Remove a tag", "stack:tag_rm", [_flag("name", "")]),
    "config": Command("Manage configuration", "config:ls"),
    "config get": Command("Show one value", "config:get", [_flag("key", "")]),
    "config set": Command("Set one value", "config:put", [
        _flag("key", ""), _flag("value", "else standard input", nargs="?"), _flag("--secret", "encrypt it"),
        _flag("--plaintext", "do not encrypt it"),
        _flag("--path", "the key is a path into a map or list: servers.web.count, names[0]")]),
    "config rm": Command("Remove one value", "config:rm", [_flag("key", "")]),
    "state": Command("Edit a stack's state", ""),
    "state delete": Command("Take resources out of the state, and leave them where they are", "state:delete", [
        _flag("urn", "", nargs="+"), _flag("--force", "even if protected"),
        _flag("--target-dependents", "and what depends on them")]),
    "state unprotect": Command("Take the protection off resources", "state:unprotect",
                               [_flag("urn", "", nargs="*"), _flag("--all", "of all of them")]),
    "login": Command("Use the backend in a folder from now on", "login:login", LOGIN),
    "logout": Command("Forget a backend", "login:logout", [*LOGIN, _flag("--all", "forget all of them")]),
    "whoami": Command("Show the user and the backend", "login:whoami",
                      [_flag("-v --verbose", "the backend too")]),
}  # fmt: skip


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


def _parsed(arguments: list[str]) -> argparse.Namespace:
    """The arguments, with a value for every flag of any command."""
    everything: dict[str, Any] = {"event_log": None}
    common = _Parser(add_help=False, allow_abbrev=False)
    for names, options in COMMON:  # absent unless given: one before the command is not forgotten after it
        everything[common.add_argument(*names, **{**options, "default": argparse.SUPPRESS}).dest] = None
    root = _Parser(
        prog="python -m emulators.engine",
        description="A small Pulumi engine for Python programs with dynamic providers.",
        parents=[common],
        allow_abbrev=False,
    )
    below = {"": root.add_subparsers(metavar="COMMAND", required=True)}
    debug = os.environ.get("PULUMI_DEBUG_COMMANDS", "").lower() in ("1", "true")  # as the real one has it
    for words, command in COMMANDS.items():
        group, _, name = words.rpartition(" ")
        parser = below[group].add_parser(
            name, help=command.text, description=command.text, parents=[common], allow_abbrev=False
        )
        parser.set_defaults(command=words, does=command.does)
        for names, options in command.flags:
            if names != EVENT_LOG[0] or debug:
                everything.setdefault(parser.add_argument(*names, **options).dest, None)
        if any(other.startswith(f"{words} ") for other in COMMANDS):
            below[words] = parser.add_subparsers(metavar="COMMAND", required=not command.does)
    return root.parse_args(arguments, argparse.Namespace(**everything))


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Others for the characters that a terminal's encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from anyascii import anyascii

    return anyascii(error.object[error.start : error.end]), error.end


codecs.register_error("plainly", _plainly)


def main(arguments: list[str]) -> int:
    """The exit code of one command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plainly")
    try:
        args = _parsed(arguments)
        if args.cwd:
            try:
                os.chdir(args.cwd)
            except OSError as error:
                raise EngineError(f"cannot change to {args.cwd}: {error.strerror}") from error
        if args.does == "run:run":
            Workspace(args).derive_key_early()  # while the modules that a run needs are loaded
        module, _, function = args.does.partition(":")
        return getattr(importlib.import_module(f"emulators.engine.commands.{module}"), function)(args) or 0
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"error: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 1
