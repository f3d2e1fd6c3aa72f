"""One guard's answer, as every check gives it."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.report.model import GuardResult, GuardState
from fleet.report.phrases import Phrase


def result(
    name: str,
    place: str,
    state: GuardState,
    what: Phrase,
    short: Phrase,
    *,
    about: Sequence[str] = (),
    next_step: Phrase = (),
) -> GuardResult:
    return GuardResult(
        name=name,
        state=state,
        what=what,
        short=short,
        next_step=next_step,
        place=place,
        about=tuple(about),
    )
