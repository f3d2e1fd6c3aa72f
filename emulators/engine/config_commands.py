"""``config``: the list, ``get``, ``set`` and ``rm``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from emulators.engine import config as stack_config
from emulators.engine import config_file
from emulators.engine.errors import EngineError
from emulators.engine.rendering import two_columns
from emulators.engine.workspace import Workspace


def _list(workspace: Workspace, args: argparse.Namespace) -> None:
    config = workspace.open(only_to_read=True).config()
    show = getattr(args, "show_secrets", False)
    if getattr(args, "json", False):
        rows: dict[str, Any] = {}
        for key, value in sorted(config.values.items()):
            secret = key in config.secret_keys
            rows[key] = {**({} if secret and not show else {"value": value}), "secret": secret}
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    own = f"{workspace.project.name}:"
    shown = {
        key.removeprefix(own): "[secret]" if key in config.secret_keys and not show else value
        for key, value in sorted(config.values.items())
    }
    for line in two_columns({"KEY": "VALUE", **shown}):
        print(line)


def _config_get(workspace: Workspace, args: argparse.Namespace) -> None:
    stack = workspace.open(only_to_read=True)
    config = stack.config()
    key = stack_config.full_key(args.key, workspace.project.name)
    if key not in config.values:
        raise EngineError(f"configuration key '{args.key}' not found for stack '{stack.name}'")
    if getattr(args, "json", False):
        print(json.dumps({"value": config.values[key], "secret": key in config.secret_keys}, indent=2))
    else:
        print(config.values[key])


def _config_set(workspace: Workspace, args: argparse.Namespace) -> None:
    stack = workspace.open()
    key = stack_config.full_key(args.key, workspace.project.name)
    value = args.value
    if value is None:
        if sys.stdin.isatty():
            raise EngineError("missing value. Next: config set <key> <value>, or give it on standard input")
        value = sys.stdin.read().rstrip("\r\n")
    config_file.set_value(stack.config_file, key, value, stack.crypter if args.secret else None)


def _config_rm(workspace: Workspace, args: argparse.Namespace) -> None:
    """Nothing happens for a key that is not there, as with the real command line."""
    name = workspace.stack_name()
    file = workspace.config_file or workspace.project.stack_file(name)
    key = stack_config.full_key(args.key, workspace.project.name)
    config_file.remove_value(file, key, workspace.project.name)


COMMANDS: dict[str, Callable[[Workspace, argparse.Namespace], None]] = {
    "config": _list,
    "config get": _config_get,
    "config set": _config_set,
    "config rm": _config_rm,
}
