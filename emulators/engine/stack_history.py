"""``stack history``: the finished updates of a stack, newest first.

Source: recorded output of the real command line. Secret values are never shown here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from emulators.engine.config import holds_secure
from emulators.engine.errors import EngineError
from emulators.engine.workspace import Workspace

Json = dict[str, Any]


def _history(workspace: Workspace, args: argparse.Namespace) -> None:
    if args.page_size < 1:
        raise EngineError(f"page-size must be greater than 0, but is {args.page_size}")
    name = workspace.existing()
    entries = workspace.backend.history(workspace.project.name, name)
    page = max(1, args.page)
    shown = entries[(page - 1) * args.page_size : page * args.page_size]
    if getattr(args, "json", False):
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
    counts = "".join(
        f"{mark}{changes.get(op, 0)}" for mark, op in (("+", "create"), ("-", "delete"), ("~", "update"))
    )
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
    if seconds < 1:
        return "now"
    for unit, length in (("year", 31_536_000), ("month", 2_592_000), ("week", 604_800), ("day", 86_400),
                         ("hour", 3600), ("minute", 60), ("second", 1)):  # fmt: skip
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "now"


COMMANDS: dict[str, Callable[[Workspace, argparse.Namespace], None]] = {"stack history": _history}
