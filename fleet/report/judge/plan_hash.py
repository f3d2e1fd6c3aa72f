"""The hash that an approval is bound to: what is there and what would be done to it, and no prices, dates or runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Protocol

from fleet.report import names
from fleet.report.judge.paths import as_text
from fleet.report.model import Change
from fleet.report.read.steps import Json

LENGTH = 32
"""Hexadecimal digits of a SHA-256 that are kept: 128 bits."""


class Planned(Protocol):
    """What a plan is made of: a stack before or after it is judged."""

    @property
    def stack(self) -> str: ...
    @property
    def complete(self) -> bool: ...
    @property
    def drift(self) -> bool: ...
    @property
    def changes(self) -> Sequence[Change]: ...


def plan_hashes(stacks: Iterable[Planned]) -> tuple[str, dict[str, str]]:
    """Of all stacks together, and of each by its name; an incomplete plan never equals a complete one."""
    texts = {each.stack: _text(each) for each in sorted(stacks, key=lambda item: item.stack)}
    return _hash(",".join(texts.values())), {stack: _hash(text) for stack, text in texts.items()}


def _text(stack: Planned) -> str:
    plan = [
        stack.stack,
        stack.complete,
        stack.drift,
        [_change(item) for item in sorted(stack.changes, key=lambda item: item.urn) if item.changed],
    ]
    return json.dumps(plan, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def _hash(plans: str) -> str:
    return hashlib.sha256(f"[{plans}]".encode()).hexdigest()[:LENGTH]


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
