"""Whether a replacement is certain, only perhaps, or dragged along by another one; and what it hangs on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fleet.report import names
from fleet.report.judge.paths import at, differs_for_certain
from fleet.report.model import Certainty, Likelihood, SourceChange
from fleet.report.read.steps import Json, State, Step, has_unknown, texts

_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]{4,}")
_LIKELIHOOD: Mapping[SourceChange, Likelihood] = {
    "replaced": "likely",
    "new": "likely",
    "in place": "unlikely",
    "open": "open",
}


@dataclass(frozen=True)
class Judgement:
    """sources are URNs. dragged_by is one, or None; empty when dragged by nobody knows whom."""

    certainty: Certainty = "certain"
    likely: Likelihood | None = None
    sources: tuple[str, ...] = ()
    source_changes: SourceChange = ""
    dragged_by: str | None = None


def judge(steps: Sequence[Step]) -> Mapping[str, Judgement]:
    """A judgement for every resource that changes, by URN."""
    judging = _Judging(steps)
    for step in steps:
        judging.of(step)
    return judging.judged


class _Judging:
    """A replacement's judgement may hang on that of what it is made from; each is made once."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.by_urn = {step.urn: step for step in steps}
        self.judged: dict[str, Judgement] = {}
        self._owners = _address_owners(steps)
        self._replaced = [step for step in steps if step.op == "replace" and step.reasons]
        self._first = [step for step in self._replaced if step.delete_first]
        self._waiting: set[str] = set()

    def of(self, step: Step) -> Judgement:
        if step.urn in self._waiting:  # a circle
            return Judgement()
        if step.urn not in self.judged:
            self._waiting.add(step.urn)
            self.judged[step.urn] = self._judgement(step)
            self._waiting.discard(step.urn)
        return self.judged[step.urn]

    def _judgement(self, step: Step) -> Judgement:
        if step.op not in ("update", "replace"):
            return Judgement()
        olds, news = inputs_of(step.old), inputs_of(step.new)
        unknowns = [key for key, value in news.items() if has_unknown(value) and key not in names.COMPUTED]
        if step.op == "update":
            perhaps = _only_unknown(step, olds, news)
            return Judgement("perhaps", "open", self._sources(step, unknowns)) if perhaps else Judgement()
        reasons = [reason for reason in step.reasons if names.top_level(reason) not in names.COMPUTED]
        hanging = [reason for reason in reasons if _hangs_on_unknown(at(olds, reason), at(news, reason))]
        sources = self._sources(step, hanging or unknowns)
        if not reasons or self._deleted_before_source(step, sources):
            return Judgement(sources=sources, dragged_by=self._dragger(step, sources))
        if len(hanging) < len(reasons):
            return Judgement(sources=sources)
        change = _worst_change({self._change_of(self.by_urn[urn]) for urn in sources})
        return Judgement("perhaps", _LIKELIHOOD[change], sources, change)

    def _change_of(self, step: Step) -> SourceChange:
        if step.op == "create":
            return "new"
        if step.op == "replace":
            return "in place" if self.of(step).likely == "unlikely" else "replaced"
        return "in place" if step.op in ("update", "same", "read") else "open"

    def _sources(self, step: Step, properties: Iterable[str]) -> tuple[str, ...]:
        """The resources that some properties are made from.

        The engine's own dependencies where it tells them; else the servers whose address stands in the old value.
        """
        tops = sorted({names.top_level(name) for name in properties})
        for state in (step.new, step.old):
            if state and (state.property_dependencies or state.dependencies):
                urns = {urn for top in tops for urn in state.property_dependencies.get(top, ())}
                return tuple(sorted((urns or set(state.dependencies)) & self.by_urn.keys()))
        olds = inputs_of(step.old)
        words = (word for top in tops for text in _texts_in(olds.get(top)) for word in _ADDRESS.findall(text))
        return tuple(sorted({self._owners[word] for word in words if word in self._owners} - {step.urn}))

    def _deleted_before_source(self, step: Step, sources: Iterable[str]) -> bool:
        if step.deleted_at is None or not step.delete_first:
            return False
        deleted = [self.by_urn[urn].deleted_at for urn in sources if self.by_urn[urn].op == "replace"]
        return any(at_ is not None and at_ > step.deleted_at for at_ in deleted)

    def _dragger(self, step: Step, sources: Iterable[str]) -> str:
        """The replaced resource behind a replacement without a reason: a source, else one deleted first."""
        replaced = [urn for urn in sources if self.by_urn[urn].op == "replace"]
        others = (other for other in (*self._first, *self._replaced) if other.urn != step.urn)
        return next(iter(replaced), "") or next((other.urn for other in others), "")


def inputs_of(state: State | None) -> Json:
    return state.inputs if state else {}


def _worst_change(kinds: set[SourceChange]) -> SourceChange:
    """One replaced source is enough; "in place" needs all of them."""
    if "replaced" in kinds:
        return "replaced"
    if "new" in kinds:
        return "new"
    return "in place" if kinds == {"in place"} else "open"


def _address_owners(steps: Sequence[Step]) -> Mapping[str, str]:
    """Address to URN, of the addresses that one resource only has."""
    owners: dict[str, set[str]] = {}
    for step in steps:
        outputs = step.old.outputs if step.old else {}
        for address in (text for key in names.ADDRESSES for text in _texts_in(outputs.get(key))):
            owners.setdefault(address, set()).add(step.urn)
    return {address: next(iter(urns)) for address, urns in owners.items() if len(urns) == 1}


def _texts_in(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else texts(value)


def _only_unknown(step: Step, olds: Json, news: Json) -> bool:
    """Whether every differing input differs in unknown parts alone."""
    differing = {
        key
        for key in {*olds, *news} - names.COMPUTED
        if olds.get(key) != news.get(key) or key in step.differing
    }
    return bool(differing) and all(_hangs_on_unknown(olds.get(key), news.get(key)) for key in differing)


def _hangs_on_unknown(old: object, new: object) -> bool:
    return has_unknown(new) and not differs_for_certain(old, new)
