"""The hash that an approval is bound to: what is there and what would be done to it, and no prices, dates or runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from fleet.report import names
from fleet.report.judge.paths import as_text
from fleet.report.model import Change, StackReport
from fleet.report.read.steps import Json

LENGTH = 32
"""Hexadecimal digits of a SHA-256 that are kept: 128 bits."""


def plan_hash(stacks: Iterable[StackReport]) -> str:
    """Of every stack in the order of its name; an incomplete plan never equals a complete one."""
    plans = [
        [stack.stack, stack.complete, stack.drift, [_change(item) for item in stack.changes if item.changed]]
        for stack in sorted(stacks, key=lambda item: item.stack)
    ]
    text = json.dumps(plans, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def _change(change: Change) -> list[object]:
    paths = sorted(change.paths, key=lambda path: path.path)
    after = [[path.path, path.kind, [path.after.kind, path.after.text]] for path in paths]
    return [
        change.urn, change.op, change.certainty, sorted(change.reasons), after, change.delete_first is True,
        change.before,
    ]  # fmt: skip


def fingerprint(inputs: Json) -> str:
    """Of what a resource is made of: that is gone, or other than it was, when the plan is done."""
    told = {key: value for key, value in inputs.items() if key not in names.COMPUTED and value is not None}
    return hashlib.sha256(as_text(told).encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]
