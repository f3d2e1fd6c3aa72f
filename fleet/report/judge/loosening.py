"""Guards that a branch loosens: the plan is held against both, and the loosening is a decision of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import get_args

from fleet.report.judge.changes import Facts
from fleet.report.judge.cost import dollars
from fleet.report.model import Finding
from fleet.report.phrases import Phrase, code, phrase
from fleet.report.read.files import DataLoss, Guard, Guards
from fleet.report.read.guard_files import OutsideGuards


def loosened(facts: Facts, outside: Sequence[OutsideGuards]) -> Iterator[Finding]:
    """By the settings before the branch; what an organisation asks for stands in none of the branch's files."""
    own = facts.bundle.guards or Guards()
    for before in (each.guards for each in outside if each.is_base and not facts.drift):
        for name in Guards.model_fields:
            old, new = getattr(before, name), getattr(own, name)
            if old is not None and is_looser(name, old.value, new.value if new else None):
                yield _finding(facts, name, old, new)


def is_looser(name: str, before: object, after: object) -> bool:
    """Whether `after` allows something that `before` does not; None: no guard."""
    if before in (None, False):
        return False
    if after in (None, False):
        return True
    if name == "data_loss":
        from_strict = get_args(DataLoss)
        return from_strict.index(after) > from_strict.index(before)
    if isinstance(before, tuple) and isinstance(after, tuple):
        return not set(after) <= set(before)
    if name == "end_of_life_days":
        before, after = after, before
    return bool(after > before)  # type: ignore[operator]  # numbers, by their guard's type


def _finding(facts: Facts, name: str, old: Guard[object], new: Guard[object] | None) -> Finding:
    to = phrase("to ", code(_shown(new.value))) if new else phrase("to nothing")
    at = new.place if new else old.place
    where: Phrase = phrase(" in ", code(at)) if at else ()
    text = (
        "This plan is held against both; once it is merged, the new one counts alone. To keep the guard: take that "
        "change back."
    )
    title = phrase(", guard ", code(name), " is loosened from ", code(_shown(old.value)), " ", to, where)
    return facts.finding("look", title, text, "a guard is loosened", to_decide=True)


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        return dollars(value)
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
