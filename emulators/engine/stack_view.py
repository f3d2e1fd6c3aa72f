"""``stack`` and ``stack output``: what a stack consists of and gives.

Source: recorded output of the real command line.
"""

from __future__ import annotations

import argparse
import json
import socket
from collections.abc import Callable
from datetime import datetime, timezone

from emulators.engine.errors import EngineError
from emulators.engine.rendering import two_columns
from emulators.engine.stack import stack_outputs
from emulators.engine.stack_history import ago
from emulators.engine.state import Deployment, Resource
from emulators.engine.values import Properties, Value, masked, unwrap
from emulators.engine.workspace import Workspace


def _summary(workspace: Workspace, args: argparse.Namespace) -> None:
    if args.show_name:
        print(workspace.stack_name())
        return
    stack = workspace.open(only_to_read=True)
    deployment = stack.read()
    print(f"Current stack is {stack.name}:\n    Managed by {socket.gethostname()}")
    _print_last_update(deployment)
    live = [resource for resource in deployment.resources if not resource.delete]
    print(f"Current stack resources ({len(deployment.resources)}):")
    if not live:
        print("    No resources currently in this stack")
    for line in tree_lines(live, urns=args.show_urns, ids=args.show_ids):
        print(f"    {line}")
    print("")
    _print_outputs(stack_outputs(deployment), unwrap if getattr(args, "show_secrets", False) else masked)
    print("\nUse `stack select` to change stack; `stack ls` lists known ones")


def _print_last_update(deployment: Deployment) -> None:
    text = str(deployment.manifest.get("time") or "")
    try:
        moment = datetime.fromisoformat(text[:19] + "+00:00")
    except ValueError:
        return
    print(f"    Last updated: {ago((datetime.now(timezone.utc) - moment).total_seconds())} ({text})")


def tree_lines(resources: list[Resource], *, urns: bool = False, ids: bool = False) -> list[str]:
    """Pure: types and names as a tree of parents and children, components first, then by name."""
    there = {resource.urn for resource in resources}
    children: dict[str, list[Resource]] = {}
    for resource in resources:
        children.setdefault(resource.parent if resource.parent in there else "", []).append(resource)
    roots = children.get("", [])
    stack = [root for root in roots if root.urn in children][:1]
    if stack:  # providers hang on the stack, for people
        children[stack[0].urn] += [root for root in roots if root is not stack[0]]
        children[""] = stack
    rows: list[tuple[str, str]] = []

    def add(urn: str, lead: str) -> None:
        found = sorted(children.get(urn, ()), key=lambda item: (item.type, item.name))
        found.sort(key=lambda item: item.urn not in children)
        for place, item in enumerate(found):
            last = place == len(found) - 1
            branch, below = ("", "") if not urn else ("└─ " if last else "├─ ", "   " if last else "│  ")
            rows.append((f"{lead}{branch}{item.type}", item.name))
            details = [f"URN: {item.urn}"] * urns + [f"ID: {item.id}"] * (ids and bool(item.id))
            bar = "│  " if item.urn in children else "   "
            rows.extend((f"{lead}{below}{bar}{detail}", "") for detail in details)
            add(item.urn, lead + below)

    add("", "")
    width = max((len(left) for left, name in rows if name), default=0)
    header = [f"{'TYPE':{width}}  NAME"] if rows else []
    return header + [f"{left:{width}}  {name}" if name else left for left, name in rows]


def _print_outputs(outputs: Properties, show: Callable[[Value], Value]) -> None:
    print(f"Current stack outputs ({len(outputs)}):")
    if not outputs:
        print("    No output values currently in this stack")
        return
    shown = {key: _plain(show(value)) for key, value in sorted(outputs.items())}
    for line in two_columns({"OUTPUT": "VALUE", **shown}):
        print(f"    {line}")


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
    _print_outputs(outputs, show)


def _plain(value: Value) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


COMMANDS: dict[str, Callable[[Workspace, argparse.Namespace], None]] = {
    "stack": _summary,
    "stack output": _output,
}
