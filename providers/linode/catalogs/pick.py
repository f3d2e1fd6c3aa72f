"""A pick: what was chosen, why, and what else there was; or NoMatch, in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs.criteria import Criteria
from providers.linode.catalogs.funnel import Funnel, HasId
from providers.linode.catalogs.lookup import Catalogs
from providers.linode.catalogs.unknown import unknown_names

ItemT = TypeVar("ItemT", bound=HasId)
CriteriaT = TypeVar("CriteriaT", bound=Criteria)


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
    funnel: Funnel
    ranked: tuple[ItemT, ...]
    monthly_usd: float | None = None
    fallback: str = ""
    unknown: tuple[str, ...] = ()

    def after(self, refused: Sequence[NoMatch]) -> Pick[ItemT]:
        """The same pick, known to be a fallback for alternatives that were refused."""
        more = "".join(f"; a fallback, as {_without_next(str(none))}" for none in refused)
        return replace(self, why=self.why + more, fallback=self.fallback + more)

    @property
    def next_id(self) -> str:
        """The id of the runner-up; "" when there is none."""
        return self.ranked[1].id if len(self.ranked) > 1 else ""

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


def decide(
    fits: Sequence[ItemT],
    funnel: Funnel,
    ranking: Ranking[ItemT],
    where: str = "",
    monthly_usd: Callable[[ItemT], float | None] = lambda _: None,
) -> Pick[ItemT]:
    """The first of those that fit; `where` is ` in de-fra-2` or "". Raises NoMatch when there is none."""
    if not fits:
        stopped_by = funnel.stopped_by
        raise NoMatch(none_fits(funnel, where), str(funnel), stopped_by.text if stopped_by else "")
    ranked = sorted(fits, key=ranking.place_of)
    first = ranked[0]
    word = "preferred" if first.id in ranking.prefer else ranking.word
    asked = [step.text for step in funnel.steps if not step.implied]
    why = f"{first.id}: {word} of {len(fits)}{where}{_with(asked)} ({ranking.shows(first)})"
    if len(ranked) > 1:
        why += f"; next {ranked[1].id} ({ranking.shows(ranked[1])})"
    return Pick(first, first.id, why, funnel, tuple(ranked), monthly_usd(first))


def first_that_fits(
    catalogs: Catalogs, criteria: CriteriaT, pick: Callable[[CriteriaT], Pick[ItemT]]
) -> Pick[ItemT]:
    """The pick by the criteria, or by what they say `otherwise`; NoMatch that tells of each when none fits."""
    refused: list[NoMatch] = []
    for wanted in alternatives(criteria):
        try:
            found = pick(wanted)
        except NoMatch as none:
            refused.append(none)
            continue
        return replace(found.after(refused), unknown=unknown_names(catalogs, criteria))
    raise all_refused(refused)


def alternatives(criteria: CriteriaT) -> Iterator[CriteriaT]:
    """The criteria, then what they say `otherwise`, and so on; each on its own."""
    wanted: CriteriaT | None = criteria
    while wanted is not None:
        following: CriteriaT | None = getattr(wanted, "otherwise", None)
        yield wanted.model_copy(update={"otherwise": None}) if following is not None else wanted
        wanted = following


def all_refused(refusals: Sequence[NoMatch]) -> NoMatch:
    """One of the refusals of several alternatives; what to do next is that of the last."""
    *earlier, last = refusals
    line = "; ".join([*(_without_next(str(none)) for none in earlier), str(last)])
    explained = [none.explanation for none in refusals if none.explanation]
    return NoMatch(line, "\n".join(explained), last.criterion)


def none_fits(funnel: Funnel, where: str = "") -> str:
    """The line of NoMatch: which criterion removed the last candidates, the nearest miss, what to do next."""
    step = funnel.stopped_by
    todo = step.change if step is not None else "check the address of the API"
    return f"no {funnel.noun}{where} fits: {funnel.why_none()}. Next: {todo}."


def _without_next(line: str) -> str:
    return line.partition(". Next: ")[0]


def _with(texts: Sequence[str]) -> str:
    if not texts:
        return ""
    *first, last = texts
    return f" with {', '.join(first)} and {last}" if first else f" with {last}"
