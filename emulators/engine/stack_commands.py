"""``stack init|ls|rm|select|output|export|import``, ``config get|set`` and ``cancel``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulators.engine import config as stack_config
from emulators.engine import lock, project, urns
from emulators.engine.backend import write_atomically
from emulators.engine.errors import EngineError, NotSupported, StackNotFound
from emulators.engine.stack import Stack, create_stack, read_latest, stack_outputs
from emulators.engine.state import (
    Deployment,
    check_integrity,
    check_secrets_provider,
    check_version,
    deployment_from_json,
    resource_to_json,
)
from emulators.engine.values import Value, masked, unwrap
from emulators.engine.workspace import Workspace, asked_yes, has_terminal, open_workspace

Json = dict[str, Any]


def run(args: argparse.Namespace) -> int:
    workspace = open_workspace(args)
    name = args.command if args.command == "cancel" else f"{args.command} {args.subcommand}"
    COMMANDS[name](workspace, args)
    return 0


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


def _output(workspace: Workspace, args: argparse.Namespace) -> None:
    outputs = stack_outputs(workspace.open(only_to_read=True).read())
    show = unwrap if getattr(args, "show_secrets", False) else masked
    if args.name:
        if args.name not in outputs:
            raise EngineError(f"current stack does not have output property '{args.name}'")
        value = show(outputs[args.name])
        print(json.dumps(value, indent=2) if getattr(args, "json", False) else _plain(value))
        return
    if getattr(args, "json", False):
        print(json.dumps({key: show(value) for key, value in sorted(outputs.items())}, indent=2))
        return
    print(f"Current stack outputs ({len(outputs)}):")
    if not outputs:
        print("    No output values currently in this stack")
        return
    width = max(map(len, [*outputs, "OUTPUT"]))
    print(f"    {'OUTPUT':{width}}  VALUE")
    for key, value in sorted(outputs.items()):
        print(f"    {key:{width}}  {_plain(show(value))}")


def _plain(value: Value) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _export(workspace: Workspace, args: argparse.Namespace) -> None:
    """The deployment as ``stack import`` takes it: ciphertexts as they are, or plain texts with a flag."""
    stack = workspace.open(only_to_read=True)
    deployment = stack.read()
    latest = read_latest(workspace.backend, workspace.project.name, stack.name)
    if getattr(args, "show_secrets", False):
        latest = {**latest, **_with_plaintexts(deployment, stack)}
    text = json.dumps({"version": 3, "deployment": latest}, indent=4, ensure_ascii=False)
    if args.file:
        write_atomically(Path(args.file), f"{text}\n".encode())
    else:
        print(text)


def _with_plaintexts(deployment: Deployment, stack: Stack) -> Json:
    def shown(value: Value) -> Value:
        if isinstance(value, dict):
            if "ciphertext" in value and len(value) == 2:
                plain = {**value, "plaintext": stack.crypter.decrypt(value["ciphertext"])}
                del plain["ciphertext"]
                return plain
            return {key: shown(item) for key, item in value.items()}
        return [shown(item) for item in value] if isinstance(value, list) else value

    return {
        "resources": [shown(resource_to_json(resource, stack.crypter)) for resource in deployment.resources]
    }


def _import(workspace: Workspace, args: argparse.Namespace) -> None:
    stack = workspace.open()
    text = Path(args.file).read_text(encoding="utf-8") if args.file else sys.stdin.read()
    try:
        document = json.loads(text)
        inner = document["deployment"]
        check_version(document)
        check_secrets_provider(inner)
        deployment = deployment_from_json(inner, stack.crypter)
        check_integrity(deployment)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(f"could not import: not an exported deployment ({error})") from error
    foreign = {resource.urn for resource in deployment.resources if urns.parts(resource.urn)[0] != stack.name}
    if foreign and not args.force:
        raise EngineError(
            f"resource '{min(foreign)}' is of another stack than '{stack.name}'. Next: import it with --force "
            "if that is meant"
        )
    body = {
        "resources": [resource_to_json(resource, stack.crypter) for resource in deployment.resources],
        "pending_operations": [
            {"resource": resource_to_json(op.resource, stack.crypter), "type": op.type}
            for op in deployment.pending_operations
        ],
        "metadata": deployment.metadata,
    }
    with lock.locked(workspace.backend, workspace.project.name, stack.name):
        members = {key: value for key, value in body.items() if value or key == "metadata"}
        stack.write(json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()[1:-1])
    print("Import complete.")


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
    stack_config.set_value(stack.config_file, key, value, stack.crypter if args.secret else None)


def _cancel(workspace: Workspace, args: argparse.Namespace) -> None:
    name = workspace.stack_name(args.name)
    if not workspace.backend.exists(workspace.project.name, name):
        raise StackNotFound(f"no stack named '{name}' found")
    lock.release_all(workspace.backend, workspace.project.name, name)
    print(f"The currently running update for '{name}' has been canceled!", file=sys.stderr)


COMMANDS: dict[str, Callable[[Workspace, argparse.Namespace], None]] = {
    "cancel": _cancel,
    "stack init": _init,
    "stack ls": _ls,
    "stack rm": _rm,
    "stack select": _select,
    "stack output": _output,
    "stack export": _export,
    "stack import": _import,
    "config get": _config_get,
    "config set": _config_set,
}
