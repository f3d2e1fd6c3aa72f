"""One line now and then that tells a person how far the waits of this process are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

SHORT_S = 2.0
"""Waits that end sooner are not worth a line."""

BETWEEN_S = 5.0
BETWEEN_LONG_S = 15.0
LONG_S = 60.0
"""After this time a line comes every 15 s at most, before every 5 s."""


def line(doing: Iterable[tuple[str, str]]) -> str:
    """`37/100 running, 12 booting, 51 provisioning`, from a pair (wanted, what it is at) for each wait.

    Several wanted things are parted by a semicolon.
    """
    by_target: dict[str, Counter[str]] = {}
    for target, now in doing:
        by_target.setdefault(target, Counter())[now] += 1
    return "; ".join(_part(target, counts) for target, counts in sorted(by_target.items()))


def _part(target: str, counts: Counter[str]) -> str:
    others = sorted(
        ((word, count) for word, count in counts.items() if word != target),
        key=lambda item: (item[0] == "failed", item[1], item[0]),
    )
    words = [f"{counts[target]}/{counts.total()} {target}", *(f"{count} {word}" for word, count in others)]
    return ", ".join(words)


class Progress:
    """Has a line when one is due and says something new. Moments are seconds of the caller's clock."""

    def __init__(self) -> None:
        self._begun: float | None = None
        self._said_at: float | None = None
        self._said = ""

    def due(self, now: float, doing: Iterable[tuple[str, str]], *, over: bool) -> str:
        """What to say after a look, or ""; `over` when nobody waits any more, which ends this account of it."""
        self._begun = now if self._begun is None else self._begun
        text = line(doing) if self._is_due(now, over) else ""
        text = "" if text == self._said else text
        if text:
            self._said, self._said_at = text, now
        if over:
            self._begun, self._said_at, self._said = None, None, ""
        return text

    def begin(self, now: float) -> None:
        """Note when the first of the waits began."""
        self._begun = now if self._begun is None else self._begun

    def _is_due(self, now: float, over: bool) -> bool:
        if self._begun is None or now - self._begun < SHORT_S:
            return False
        if self._said_at is None:
            return not over
        between = BETWEEN_LONG_S if now - self._begun > LONG_S else BETWEEN_S
        return over or now - self._said_at >= between
