"""``stack tag set|get|ls|rm``: names and values beside a stack's state.

Source: the real command line's files, ``stacks/<project>/<stack>.pulumi-tags``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from emulators.engine.backend import FileBackend, corrupt, write_atomically
from emulators.engine.errors import EngineError
from emulators.engine.rendering import two_columns
from emulators.engine.workspace import Workspace


def tags_file(backend: FileBackend, project: str, stack: str) -> Path:
    return backend.state_file(project, stack).with_suffix(".pulumi-tags")


def read_tags(backend: FileBackend, project: str, stack: str) -> dict[str, str]:
    """The stack's tags, sorted. Raises StateCorrupt."""
    file = tags_file(backend, project, stack)
    try:
        tags = json.loads(file.read_bytes())["tags"]
        return {str(name): str(value) for name, value in sorted((tags or {}).items())}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise corrupt(file, f"no tags: {error}") from error


def has(backend: FileBackend, project: str, stack: str, wanted: str) -> bool:
    """Whether a stack has a tag: ``name``, or ``name=value``."""
    name, equals, value = wanted.partition("=")
    found = read_tags(backend, project, stack).get(name)
    return found is not None and (not equals or found == value)


def _named(workspace: Workspace) -> tuple[str, dict[str, str]]:
    name = workspace.existing()
    return name, read_tags(workspace.backend, workspace.project.name, name)


def _write(workspace: Workspace, name: str, tags: dict[str, str]) -> None:
    text = json.dumps(
        {"version": 1, "tags": dict(sorted(tags.items()))}, separators=(",", ":"), ensure_ascii=False
    )
    write_atomically(tags_file(workspace.backend, workspace.project.name, name), text.encode())


def _set(workspace: Workspace, args: argparse.Namespace) -> None:
    if not args.name or "=" in args.name:
        raise EngineError(f"invalid stack tag name '{args.name}'")
    name, tags = _named(workspace)
    _write(workspace, name, {**tags, args.name: args.value})


def _get(workspace: Workspace, args: argparse.Namespace) -> None:
    name, tags = _named(workspace)
    if args.name not in tags:
        raise EngineError(f"stack tag '{args.name}' not found for stack '{name}'")
    print(tags[args.name])


def _ls(workspace: Workspace, args: argparse.Namespace) -> None:
    _, tags = _named(workspace)
    if getattr(args, "json", False):
        print(json.dumps(tags, indent=2, ensure_ascii=False))
        return
    for line in two_columns({"NAME": "VALUE", **tags}):
        print(line)


def _rm(workspace: Workspace, args: argparse.Namespace) -> None:
    name, tags = _named(workspace)
    if args.name in tags:
        _write(workspace, name, {key: value for key, value in tags.items() if key != args.name})


COMMANDS: dict[str, Callable[[Workspace, argparse.Namespace], None]] = {
    "stack tag set": _set,
    "stack tag get": _get,
    "stack tag ls": _ls,
    "stack tag rm": _rm,
}
