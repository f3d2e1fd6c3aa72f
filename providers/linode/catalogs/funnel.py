"""How candidates become one: each criterion in turn, what it removed, which one missed by least, and the choice.

A criterion is a node of the filter's tree with its words, so that what is asked of the API, what is removed here
and what is explained are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs.attributes import Table
from providers.linode.catalogs.filter import All, Filter, Row, name_key
from providers.linode.catalogs.lookup import Catalogs
from providers.linode.nearest import listed


class Named(Protocol):
    """Anything with an id and a label."""

    @property
    def id(self) -> str: ...

    @property
    def label(self) -> str: ...


ItemT = TypeVar("ItemT", bound=Named)


@dataclass(frozen=True)
class Criterion(Generic[ItemT]):
    """One thing that a candidate must have.

    `text` says it (`memory ≥ 2048 MB`); `where` decides; `change` is what to do about it (`lower min_memory_mb`),
    or tells that of all candidates; `shows` says what a candidate has instead (`sold out`); `miss` how far off it is,
    in any unit. With a `unit`, both come from the attribute that is compared: `1024 MB`. `implied`: nobody asked for
    it, so a why does not mention it. `blames`: of all candidates and those that it removed last, the sentence for a
    cause that is none of theirs, "" where there is none.
    """

    text: str
    where: Filter[ItemT]
    change: str | Callable[[Sequence[ItemT]], str]
    shows: Callable[[ItemT], str] | None = None
    miss: Callable[[ItemT], float] | None = None
    implied: bool = False
    unit: str | None = None
    blames: Callable[[Sequence[ItemT], Sequence[ItemT]], str] | None = None

    def todo(self, candidates: Sequence[ItemT]) -> str:
        """What to do where this criterion leaves nothing of these candidates."""
        return self.change if isinstance(self.change, str) else self.change(candidates)

    def nearest_miss(self, gone: Sequence[tuple[Row, ItemT]]) -> str:
        """Of what it removed, the least far off with what it has, equal ones by id; "" where that says nothing."""
        if self.unit is not None and gone:
            compared = next(self.where.comparisons())
            row, item = min(gone, key=lambda each: compared.misses_by(each[0]))
            return f"{item.id} ({compared.field.read(row)}{self.unit})"
        if self.shows is None or not gone:
            return ""
        miss = self.miss
        item = min((each for _, each in gone), key=miss) if miss is not None else gone[0][1]
        return f"{item.id} ({self.shows(item)})"


@dataclass(frozen=True)
class Step:
    """What one criterion did: `left` candidates stayed, `removed` went; the nearest of those, in words.

    `change`: what to do about it; told only where nothing is left, as `cause` is: the sentence for another cause.
    """

    text: str
    left: int
    removed: int
    nearest_miss: str
    change: str = ""
    cause: str = ""

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
        nearest = f", nearest miss {step.nearest_miss}" if step.nearest_miss else ""
        return f"`{step.text}` removed the last {step.removed} of {self.start}{nearest}"

    def no_match(self, where: str) -> NoMatch:
        """The error, in one line, with what to do next; `where` is ` in de-fra-2` or ""."""
        step = self.stopped_by
        todo = step.change if step is not None else "check the address of the API"
        why = (step and step.cause) or f"no {self.noun}{where} fits: {self.why_none()}"
        return NoMatch(f"{why}. Next: {todo}.", str(self), step.text if step else "")


def sieve(
    noun: str, candidates: Iterable[tuple[Row, ItemT]], criteria: Iterable[Criterion[ItemT]]
) -> tuple[list[ItemT], Funnel]:
    """The candidates that meet every criterion, sorted by id, and the way there."""
    left = _each_id_once(candidates)
    start, steps = [item for _, item in left], []
    for criterion in criteria:
        verdicts = [(criterion.where.holds(row, item), (row, item)) for row, item in left]
        kept, gone = ([each for fits, each in verdicts if fits is wanted] for wanted in (True, False))
        near, todo, cause = criterion.nearest_miss(gone), "", ""
        if not kept:
            todo = criterion.todo(start)
            cause = criterion.blames(start, [item for _, item in gone]) if criterion.blames and gone else ""
        steps.append(Step(criterion.text, len(kept), len(gone), near, todo, cause))
        left = kept
    return [item for _, item in left], Funnel(noun, len(start), tuple(steps))


def _each_id_once(candidates: Iterable[tuple[Row, ItemT]]) -> list[tuple[Row, ItemT]]:
    """Sorted by id; of those that stand twice in a list, as two kernels do, the one with the last label."""
    found = sorted(candidates, key=lambda each: (name_key(each[1].id), each[1].label))
    return list({item.id: (row, item) for row, item in found}.values())


@dataclass(frozen=True)
class Pick(Generic[ItemT]):
    """`chosen` is the record, `id` its id, `why` one line; `ranked` all that fit, the best first.

    `monthly_usd` is the plan's price in its region, with backups where they are asked for; None for what
    has no price. `fallback` says why an earlier alternative was passed over, "" if none was; it ends the why.
    `unknown` are lines about ids and classes that the criteria name and the catalog does not have.
    `str()` gives the why, `explain()` several lines.
    """

    chosen: ItemT
    id: str
    why: str
    ranked: tuple[ItemT, ...]
    explained: Callable[[], Funnel] = field(repr=False, compare=False)
    monthly_usd: float | None = None
    fallback: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def funnel(self) -> Funnel:
        """How many candidates each criterion left. Of a mere list, it asks for the whole catalog first."""
        return self.explained()

    @property
    def next_id(self) -> str:
        """The id of the runner-up; "" when there is none."""
        return self.ranked[1].id if len(self.ranked) > 1 else ""

    def after(self, refused: Sequence[NoMatch]) -> Pick[ItemT]:
        """The same pick, known to be a fallback for alternatives that were refused."""
        more = "".join(f"; a fallback, as {without_next(none)}" for none in refused)
        return replace(self, why=self.why + more, fallback=self.fallback + more)

    def __str__(self) -> str:
        return self.why

    def explain(self) -> str:
        """The why, then the funnel: how many candidates each criterion left; then what is unknown."""
        return "\n".join([self.why, str(self.funnel), *self.unknown])


@dataclass(frozen=True)
class Ranking(Generic[ItemT]):
    """How to choose among those that fit.

    By `prefer` first, then by `key`, which must end with the id so that nothing depends on the order in which
    the API lists. `word` names the key (`cheapest`), `shows` is what a reader wants to know of a candidate.
    """

    word: str
    key: Callable[[ItemT], Any]
    shows: Callable[[ItemT], str]
    prefer: Sequence[str] = ()

    def place_of(self, item: ItemT) -> tuple[int, Any]:
        """What to sort by."""
        preferred = self.prefer.index(item.id) if item.id in self.prefer else len(self.prefer)
        return preferred, self.key(item)


@dataclass(frozen=True)
class Question(Generic[ItemT]):
    """What is asked of one catalog: `noun` is what it lists, `where` is ` in de-fra-2` or ""."""

    noun: str
    table: Table
    criteria: Sequence[Criterion[ItemT]]
    ranking: Ranking[ItemT]
    where: str = ""
    monthly_usd: Callable[[ItemT], float | None] = lambda _: None

    def listed(self, catalogs: Catalogs) -> Pick[ItemT] | None:
        """The best of those that fit, by asking with the filter; None where nothing does."""
        asked = All(tuple(criterion.where for criterion in self.criteria))
        fits = [item for _, item in _each_id_once(catalogs.candidates(self.table, asked))]
        return self._pick(fits, lambda: self._sieve(catalogs)[1]) if fits else None

    def explained(self, catalogs: Catalogs) -> Pick[ItemT]:
        """The best of those that fit, out of the whole catalog. Raises NoMatch, and what the client raises."""
        fits, funnel = self._sieve(catalogs)
        if not fits:
            raise funnel.no_match(self.where)
        return self._pick(fits, lambda: funnel)

    def _sieve(self, catalogs: Catalogs) -> tuple[list[ItemT], Funnel]:
        return sieve(self.noun, catalogs.candidates(self.table), self.criteria)

    def _pick(self, fits: list[ItemT], explained: Callable[[], Funnel]) -> Pick[ItemT]:
        ranked, shows = sorted(fits, key=self.ranking.place_of), self.ranking.shows
        first = ranked[0]
        word = "preferred" if first.id in self.ranking.prefer else self.ranking.word
        asked = [criterion.text for criterion in self.criteria if not criterion.implied]
        with_ = f" with {listed(asked)}" if asked else ""
        why = f"{first.id}: {word} of {len(ranked)}{self.where}{with_} ({shows(first)})"
        if len(ranked) > 1:
            why += f"; next {ranked[1].id} ({shows(ranked[1])})"
        return Pick(first, first.id, why, tuple(ranked), explained, self.monthly_usd(first))


def all_refused(refusals: Sequence[NoMatch]) -> NoMatch:
    """One of the refusals of several alternatives; what to do next is that of the last."""
    *earlier, last = refusals
    line = "; ".join([*(without_next(none) for none in earlier), str(last)])
    explained = [none.explanation for none in refusals if none.explanation]
    return NoMatch(line, "\n".join(explained), last.criterion)


def without_next(refusal: NoMatch) -> str:
    return str(refusal).partition(". Next: ")[0]
