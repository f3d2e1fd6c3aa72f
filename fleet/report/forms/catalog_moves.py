"""Choices from the catalog whose pin moved, or that have a better match today: one row each, one column per stack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fleet.report.model import Choice, StackReport
from fleet.report.phrases import Phrase, code, phrase, said

MOST_STACKS = 8


@dataclass(frozen=True)
class Move:
    """pins: before and after in each stack; None for a stack that has no such choice."""

    choice: Phrase
    pins: tuple[tuple[str | None, str | None] | None, ...]
    newest: str | None


@dataclass(frozen=True)
class Moves:
    stacks: tuple[str, ...]
    rows: tuple[Move, ...]


def moves(stacks: Sequence[StackReport]) -> Moves:
    found = [stack for stack in stacks if stack.choices][:MOST_STACKS]
    keys = sorted({choice.key for stack in found for choice in stack.choices})
    return Moves(tuple(stack.stack for stack in found), tuple(_move(key, found) for key in keys))


def _move(key: str, stacks: Sequence[StackReport]) -> Move:
    choices = [next((item for item in stack.choices if item.key == key), None) for stack in stacks]
    there = [item for item in choices if item]
    what = _criteria(there[0])
    return Move(
        choice=phrase(code(key), ": ", said(what)) if what else phrase(code(key)),
        pins=tuple((item.before, item.after) if item else None for item in choices),
        newest=next((item.newest for item in there if item.newest), None),
    )


def _criteria(choice: Choice) -> str:
    """What was asked for. The pick's own sentence also names the choice, its price and the next one."""
    front = f"{choice.after or choice.before}: "
    return re.split(r"; | \(", choice.what.removeprefix(front), maxsplit=1)[0]
