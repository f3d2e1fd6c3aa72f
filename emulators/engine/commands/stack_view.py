"""``stack``, ``stack output`` and ``stack history``: what a stack consists of, gives, and has been through.

Source: recorded output of the real command line. Secret values are never shown in the history.
"""

from __future__ import annotations

import argparse
import json
import socket
from collections.abc import Callable
from datetime import datetime, timezone

from emulators.engine.commands.workspace import Workspace, show
from emulators.engine.errors import EngineError
from emulators.engine.state.checkpoint import Checkpoint, Resource
from emulators.engine.state.config import holds_secure
from emulators.engine.state.stack import stack_outputs
from emulators.engine.values import Json, Properties, Value, masked, unwrap


def summary(args: argparse.Namespace) -> None:
    workspace = Workspace(args)
    if args.show_name:
        print(workspace.files().name)
        return
    stack = workspace.open(only_to_read=True)
    checkpoint = stack.read()
    print(f"Current stack is {stack.name}:\n    Managed by {socket.gethostname()}")
    _print_last_update(checkpoint)
    live = [resource for resource in checkpoint.resources if not resource.delete]
    print(f"Current stack resources ({len(checkpoint.resources)}):")
    if not live:
        print("    No resources currently in this stack")
    for line in tree_lines(live, urns=bool(args.show_urns), ids=bool(args.show_ids)):
        print(f"    {line}")
    print("")
    _print_outputs(stack_outputs(checkpoint), unwrap if args.show_secrets else masked)
    print("\nUse `stack select` to change stack; `stack ls` lists known ones")


def _print_last_update(checkpoint: Checkpoint) -> None:
    text = str(checkpoint.manifest.get("time") or "")
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
        found = sorted(
            children.get(urn, ()), key=lambda item: (item.urn not in children, item.type, item.name)
        )
        for place, item in enumerate(found):
            last = place == len(found) - 1
            branch, below = ("", "") if not urn else ("└─ ", "   ") if last else ("├─ ", "│  ")
            rows.append((f"{lead}{branch}{item.type}", item.name))
            details = [f"URN: {item.urn}"] * urns + [f"ID: {item.id}"] * (ids and bool(item.id))
            bar = "│  " if item.urn in children else "   "
            rows.extend((f"{lead}{below}{bar}{detail}", "") for detail in details)
            add(item.urn, lead + below)

    add("", "")
    width = max((len(left) for left, name in rows if name), default=0)
    header = [f"{'TYPE':{width}}  NAME"] if rows else []
    return header + [f"{left:{width}}  {name}" if name else left for left, name in rows]


# outputs


def _print_outputs(outputs: Properties, form: Callable[[Value], Value]) -> None:
    print(f"Current stack outputs ({len(outputs)}):")
    if not outputs:
        print("    No output values currently in this stack")
        return
    shown = {key: _plain(form(value)) for key, value in sorted(outputs.items())}
    show(shown, ("OUTPUT", "VALUE"), as_json=False, indent="    ")


def output(args: argparse.Namespace) -> None:
    outputs = stack_outputs(Workspace(args).open(only_to_read=True).read())
    form = unwrap if args.show_secrets else masked
    if args.name and args.name not in outputs:
        raise EngineError(f"current stack does not have output property '{args.name}'")
    if not args.name and not args.json:
        _print_outputs(outputs, form)
        return
    shown = {key: form(value) for key, value in sorted(outputs.items())}
    value = shown[args.name] if args.name else shown
    print(json.dumps(value, indent=2, sort_keys=True) if args.json else _plain(value))


def _plain(value: Value) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


# history


def history(args: argparse.Namespace) -> None:
    """The finished updates, newest first."""
    if args.page_size < 1:
        raise EngineError(f"page-size must be greater than 0, but is {args.page_size}")
    entries = Workspace(args).existing().history()
    page = max(1, args.page)
    shown = entries[(page - 1) * args.page_size : page * args.page_size]
    if args.json:
        print(json.dumps([_as_json(entry) for entry in shown], indent=2, ensure_ascii=False))
    elif not shown:
        print("Stack has never been updated" if not entries else f"No stack updates found on page '{page}'")
    else:
        now = datetime.now(timezone.utc).timestamp()
        print("\n".join(text_of(entry, now) for entry in shown))


def _as_json(entry: Json) -> Json:
    config = {
        key: {"secret": True} if holds_secure(value) else {"value": value, "secret": False}
        for key, value in (entry.get("config") or {}).items()
    }
    times: Json = {key: _time(entry[key]) for key in ("startTime", "endTime") if key in entry}
    return {**entry, "config": config, **times}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def text_of(entry: Json, now: float) -> str:
    """Pure: one update as lines; the time of now is given."""
    changes = entry.get("resourceChanges") or {}
    marks = (("+", "create"), ("-", "delete"), ("~", "update"))
    counts = "".join(f"{mark}{changes.get(op, 0)}" for mark, op in marks)
    started, ended = entry.get("startTime", 0), entry.get("endTime", 0)
    lines = [
        f"Version: {entry.get('version', 0)}",
        f"UpdateKind: {entry.get('kind', '')}",
        f"Status: {entry.get('result', '')}",
        f"Message: {entry.get('message', '')}",
        f"{counts} {changes.get('same', 0)} Updated {ago(now - started)} took {max(0, round(ended - started))}s",
    ]
    environment = sorted((entry.get("environment") or {}).items())
    return "\n".join([*lines, *(f"    {name}: {value}" for name, value in environment), ""])


def ago(seconds: float) -> str:
    """Pure: a span of time for people: ``6 seconds ago``, ``3 days ago``."""
    for unit, length in (("year", 31_536_000), ("month", 2_592_000), ("week", 604_800), ("day", 86_400),
                         ("hour", 3600), ("minute", 60), ("second", 1)):  # fmt: skip
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "now"
