"""``config``: the list, ``get``, ``set`` and ``rm``."""

from __future__ import annotations

import argparse
import json
import sys

from emulators.engine.commands.workspace import Workspace, show
from emulators.engine.errors import EngineError
from emulators.engine.plan.diffs import parse_path
from emulators.engine.state import config as stack_config
from emulators.engine.values import Json


def ls(args: argparse.Namespace) -> None:
    workspace = Workspace(args)
    config = workspace.open(only_to_read=True).config()
    hidden = set() if args.show_secrets else config.secret_keys
    rows: Json = {}
    for key, value in sorted(config.values.items()):
        if args.json:
            rows[key] = {**({} if key in hidden else {"value": value}), "secret": key in config.secret_keys}
        else:
            rows[key.removeprefix(f"{workspace.project.name}:")] = "[secret]" if key in hidden else value
    show(rows, ("KEY", "VALUE"), as_json=args.json)


def get(args: argparse.Namespace) -> None:
    workspace = Workspace(args)
    stack = workspace.open(only_to_read=True)
    config = stack.config()
    key = stack_config.full_key(args.key, workspace.project.name)
    if key not in config.values:
        raise EngineError(f"configuration key '{args.key}' not found for stack '{stack.name}'")
    if args.json:
        print(json.dumps({"value": config.values[key], "secret": key in config.secret_keys}, indent=2))
    else:
        print(config.values[key])


def put(args: argparse.Namespace) -> None:
    workspace = Workspace(args)
    stack = workspace.open()
    name, *path = _path(args.key) if args.path else [args.key]
    key = stack_config.full_key(str(name), workspace.project.name)
    value = args.value
    if value is None:
        if sys.stdin.isatty():
            raise EngineError("missing value. Next: config set <key> <value>, or give it on standard input")
        value = sys.stdin.read().rstrip("\r\n")
    stack_config.set_value(stack.config_file, key, value, stack.crypter if args.secret else None, path)


def _path(text: str) -> list[str | int]:
    try:
        return parse_path(text)
    except ValueError as error:
        raise EngineError(f"invalid configuration key: {error}") from None


def rm(args: argparse.Namespace) -> None:
    """Nothing happens for a key that is not there, as with the real command line."""
    workspace = Workspace(args)
    file = workspace.config_file or workspace.project.stack_file(workspace.files().name)
    key = stack_config.full_key(args.key, workspace.project.name)
    stack_config.remove_value(file, key, workspace.project.name)
