"""How candidates become one: each criterion in turn, what it removed, and which one missed by least."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from providers.linode.catalogs.field import name_key


class HasId(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str: ...


ItemT = TypeVar("ItemT", bound=HasId)


@dataclass(frozen=True)
class Criterion(Generic[ItemT]):
    """One thing that a candidate must have.

    `text` says it (`memory ≥ 2048 MB`); `keeps` decides; `shows` says what a candidate has instead
    (`1024 MB`); `miss` how far off it is, in any unit; `change` what to do about it (`lower min_memory_mb`).
    `implied`: nobody asked for it, so a why does not mention it.
    """

    text: str
    keeps: Callable[[ItemT], bool]
    change: str
    shows: Callable[[ItemT], str] | None = None
    miss: Callable[[ItemT], float] | None = None
    implied: bool = False


@dataclass(frozen=True)
class Step:
    """What one criterion did: `left` candidates stayed, `removed` went; the nearest of those, in words."""

    text: str
    left: int
    removed: int
    nearest_miss: str
    change: str
    implied: bool = False

    def __str__(self) -> str:
        if not self.removed:
            return f"{self.left:>5} with {self.text}"
        nearest = f"; nearest miss {self.nearest_miss}" if self.nearest_miss else ""
        return f"{self.left:>5} with {self.text} (-{self.removed}{nearest})"


@dataclass(frozen=True)
class Funnel:
    """The candidates at the start and what each criterion left of them."""

    noun: str
    start: int
    steps: tuple[Step, ...]

    @property
    def left(self) -> int:
        return self.steps[-1].left if self.steps else self.start

    @property
    def stopped_by(self) -> Step | None:
        """The criterion that removed the last candidates; None when some are left, or none ever was."""
        return next((step for step in self.steps if step.removed and not step.left), None)

    def __str__(self) -> str:
        """Several lines: the start, then one for each criterion."""
        return "\n".join([f"{self.start:>5} {self.noun}s", *(str(step) for step in self.steps)])

    def why_none(self) -> str:
        """In one sentence: which criterion removed the last candidates, and which of them missed by least."""
        step = self.stopped_by
        if step is None:
            return f"the catalog has no {self.noun}"
        those = f"the last {step.removed} of {self.start}"
        nearest = f", nearest miss {step.nearest_miss}" if step.nearest_miss else ""
        return f"`{step.text}` removed {those}{nearest}"


def sieve(
    noun: str, items: Iterable[ItemT], criteria: Iterable[Criterion[ItemT]]
) -> tuple[list[ItemT], Funnel]:
    """The candidates that meet every criterion, sorted by id, and the way there."""
    left = sorted(items, key=lambda item: name_key(item.id))
    start, steps = len(left), []
    for criterion in criteria:
        kept = [item for item in left if criterion.keeps(item)]
        gone = [item for item in left if not criterion.keeps(item)]
        near = _nearest_miss(gone, criterion)
        steps.append(Step(criterion.text, len(kept), len(gone), near, criterion.change, criterion.implied))
        left = kept
    return left, Funnel(noun, start, tuple(steps))


def _nearest_miss(gone: list[ItemT], criterion: Criterion[ItemT]) -> str:
    """The removed candidate that is the least far off, with what it has; equal ones by id."""
    miss, shows = criterion.miss, criterion.shows
    if not gone or shows is None:
        return ""
    best = min(gone, key=miss) if miss is not None else gone[0]
    return f"{best.id} ({shows(best)})"
