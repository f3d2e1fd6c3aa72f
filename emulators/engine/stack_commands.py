"""``stack init|ls|rm|select`` and ``cancel``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from emulators.engine import lock, project, stack_tags
from emulators.engine.errors import EngineError, NotSupported, StackNotFound
from emulators.engine.stack import create_stack, read_latest
from emulators.engine.workspace import Workspace, asked_yes, has_terminal


def _init(workspace: Workspace, args: argparse.Namespace) -> None:
    if args.secrets_provider not in ("passphrase", "default"):
        raise NotSupported(
            f"secrets provider '{args.secrets_provider}' is not supported by the embedded engine "
            "(only passphrase). Next: use pulumi"
        )
    given = args.name or getattr(args, "stack_name", None)
    if not given:
        raise EngineError("missing stack name. Next: stack init <name>")
    stack = create_stack(
        workspace.project,
        workspace.backend,
        project.plain_name(given, workspace.project),
        workspace.config_file,
        workspace.interactive,
    )
    if not args.no_select:
        project.select_stack(workspace.project, workspace.url, stack.name)
    print(f"Created stack '{stack.name}'")


def _ls(workspace: Workspace, args: argparse.Namespace) -> None:
    selected = project.selected_stack(workspace.project, workspace.url)
    rows = []
    for of_project, name in workspace.backend.stacks(None if args.all else workspace.project.name):
        if args.tag and not stack_tags.has(workspace.backend, of_project, name, args.tag):
            continue
        latest = read_latest(workspace.backend, of_project, name)
        current = of_project == workspace.project.name and name == selected
        shown = f"organization/{of_project}/{name}" if args.all else name
        rows.append(
            (shown, current, (latest.get("manifest") or {}).get("time"), latest.get("resources") or [])
        )
    if getattr(args, "json", False):
        listed = [
            {"name": name, "current": current, "lastUpdate": time, "resourceCount": len(resources)}
            for name, current, time, resources in rows
        ]
        print(json.dumps(listed, indent=2))
        return
    width = max([len("NAME"), *(len(row[0]) + 1 for row in rows)])
    print(f"{'NAME':{width}}  {'LAST UPDATE':30}  RESOURCE COUNT")
    for name, current, time, resources in rows:
        print(f"{name + ('*' if current else ''):{width}}  {time or 'n/a':30}  {len(resources)}")


def _select(workspace: Workspace, args: argparse.Namespace) -> None:
    name = workspace.stack_name(args.name)
    if not workspace.backend.exists(workspace.project.name, name):
        if not args.create:
            raise StackNotFound(f"no stack named '{name}' found")
        args.secrets_provider, args.no_select = "passphrase", False
        _init(workspace, args)
        return
    project.select_stack(workspace.project, workspace.url, name)


def _rm(workspace: Workspace, args: argparse.Namespace) -> None:
    name = workspace.stack_name(args.name)
    latest = read_latest(workspace.backend, workspace.project.name, name)
    if latest.get("resources") and not args.force:
        raise EngineError(
            f"'{name}' still has resources; removal rejected. Possible actions:\n"
            f"- Make sure that '{name}' is the stack that you want to destroy\n"
            "- Run `destroy` to delete the resources, then run `stack rm`\n"
            "- Run `stack rm --force` to override this error"
        )
    if not getattr(args, "yes", False):
        if not (workspace.interactive and has_terminal()):
            raise EngineError("--yes must be passed in to proceed when running in non-interactive mode")
        if not asked_yes(f"This will permanently remove the '{name}' stack. Proceed?"):
            raise EngineError("confirmation declined; nothing was done")
    with lock.locked(workspace.backend, workspace.project.name, name):
        workspace.backend.remove(workspace.project.name, name)
    if not args.preserve_config:
        (workspace.config_file or workspace.project.stack_file(name)).unlink(missing_ok=True)
    if project.selected_stack(workspace.project, workspace.url) == name:
        project.select_stack(workspace.project, workspace.url, None)
    print(f"Stack '{name}' has been removed!")


def _cancel(workspace: Workspace, args: argparse.Namespace) -> None:
    name = workspace.existing(args.name)
    lock.release_all(workspace.backend, workspace.project.name, name)
    print(f"The currently running update for '{name}' has been canceled!", file=sys.stderr)


COMMANDS: dict[str, Callable[[Workspace, argparse.Namespace], None]] = {
    "cancel": _cancel,
    "stack init": _init,
    "stack ls": _ls,
    "stack rm": _rm,
    "stack select": _select,
}
