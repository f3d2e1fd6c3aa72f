"""Whether a replacement is certain, only perhaps, or dragged along by another one; and what it hangs on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fleet.report import names
from fleet.report.judge.paths import at, differs_for_certain
from fleet.report.model import Certainty, Likelihood
from fleet.report.read.steps import Step, has_unknown, texts

SourceChange = Literal["replaced", "new", "in place", "open", ""]
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]{4,}")
_ADDRESSES = ("ipv4", "public_ipv4", "private_ipv4", "ipv6")


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
    by_urn = {step.urn: step for step in steps}
    owners = _address_owners(steps)
    judged: dict[str, Judgement] = {}
    for step in steps:
        _judge_one(step, by_urn, owners, judged, ())
    return judged


def _judge_one(
    step: Step,
    by_urn: Mapping[str, Step],
    owners: Mapping[str, str],
    judged: dict[str, Judgement],
    waiting: tuple[str, ...],
) -> Judgement:
    if step.urn in judged:
        return judged[step.urn]
    if step.urn in waiting:
        return Judgement()
    judgement = Judgement()
    reasons = [reason for reason in step.reasons if names.top_level(reason) not in names.COMPUTED]
    if step.op == "replace":
        judgement = _replacement(step, reasons, by_urn, owners, judged, (*waiting, step.urn))
    elif step.op == "update" and _only_unknown(step):
        sources = sources_of(step, _unknown_inputs(step), by_urn, owners)
        judgement = Judgement("perhaps", "open", sources)
    judged[step.urn] = judgement
    return judgement


def _replacement(
    step: Step,
    reasons: Sequence[str],
    by_urn: Mapping[str, Step],
    owners: Mapping[str, str],
    judged: dict[str, Judgement],
    waiting: tuple[str, ...],
) -> Judgement:
    olds, news = (state.inputs if state else {} for state in (step.old, step.new))
    unknown = [reason for reason in reasons if _hangs_on_unknown(at(olds, reason), at(news, reason))]
    looked_at = unknown or _unknown_inputs(step)
    sources = sources_of(step, looked_at, by_urn, owners)
    if not reasons or _deleted_before_source(step, sources, by_urn):
        return Judgement(sources=sources, dragged_by=_dragger(step, sources, by_urn))
    if len(unknown) < len(reasons):
        return Judgement(sources=sources)
    kinds = {_change_of(by_urn[urn], by_urn, owners, judged, waiting) for urn in sources}
    change = _worst_change(kinds)
    return Judgement("perhaps", _LIKELIHOOD[change], sources, change)


_LIKELIHOOD: Mapping[SourceChange, Likelihood] = {
    "replaced": "likely",
    "new": "likely",
    "in place": "unlikely",
    "open": "open",
}


def _worst_change(kinds: set[SourceChange]) -> SourceChange:
    """One replaced source is enough; "in place" needs all of them."""
    if "replaced" in kinds:
        return "replaced"
    if "new" in kinds:
        return "new"
    return "in place" if kinds == {"in place"} else "open"


def _change_of(
    step: Step,
    by_urn: Mapping[str, Step],
    owners: Mapping[str, str],
    judged: dict[str, Judgement],
    waiting: tuple[str, ...],
) -> SourceChange:
    if step.op == "create":
        return "new"
    if step.op == "replace":
        judgement = _judge_one(step, by_urn, owners, judged, waiting)
        return "in place" if judgement.likely == "unlikely" else "replaced"
    return "in place" if step.op in ("update", "same", "read") else "open"


def sources_of(
    step: Step, properties: Iterable[str], by_urn: Mapping[str, Step], owners: Mapping[str, str]
) -> tuple[str, ...]:
    """The resources that some properties are made from.

    The engine's own dependencies where it tells them; else the servers whose address stands in the old value.
    """
    tops = sorted({names.top_level(name) for name in properties})
    for state in (step.new, step.old):
        if state and (state.property_dependencies or state.dependencies):
            urns = {urn for top in tops for urn in state.property_dependencies.get(top, ())}
            return tuple(sorted((urns or set(state.dependencies)) & by_urn.keys()))
    olds = step.old.inputs if step.old else {}
    found = {
        owners[word]
        for top in tops
        for text in _texts_in(olds.get(top))
        for word in _ADDRESS.findall(text)
        if word in owners
    }
    return tuple(sorted(found - {step.urn}))


def _address_owners(steps: Sequence[Step]) -> Mapping[str, str]:
    """Address to URN, of the addresses that one resource only has."""
    owners: dict[str, str] = {}
    shared: set[str] = set()
    for step in steps:
        outputs = step.old.outputs if step.old else {}
        found = {text for key in _ADDRESSES for text in _texts_in(outputs.get(key))}
        for address in sorted(found):
            if owners.setdefault(address, step.urn) != step.urn:
                shared.add(address)
    return {address: urn for address, urn in owners.items() if address not in shared}


def _texts_in(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else texts(value)


def _unknown_inputs(step: Step) -> list[str]:
    news = step.new.inputs if step.new else {}
    return [key for key, value in news.items() if has_unknown(value) and key not in names.COMPUTED]


def _only_unknown(step: Step) -> bool:
    """Whether every differing input differs in unknown parts alone."""
    olds = step.old.inputs if step.old else {}
    news = step.new.inputs if step.new else {}
    differing = {
        key
        for key in {*olds, *news} - names.COMPUTED
        if olds.get(key) != news.get(key) or key in step.differing
    }
    return bool(differing) and all(_hangs_on_unknown(olds.get(key), news.get(key)) for key in differing)


def _hangs_on_unknown(old: object, new: object) -> bool:
    return has_unknown(new) and not differs_for_certain(old, new)


def _deleted_before_source(step: Step, sources: Iterable[str], by_urn: Mapping[str, Step]) -> bool:
    if step.deleted_at is None or not step.delete_first:
        return False
    deleted = [by_urn[urn].deleted_at for urn in sources if by_urn[urn].op == "replace"]
    return any(at_ is not None and at_ > step.deleted_at for at_ in deleted)


def _dragger(step: Step, sources: Iterable[str], by_urn: Mapping[str, Step]) -> str:
    """The replaced resource behind a replacement without a reason: a source, else one deleted first."""
    replaced = [urn for urn in sources if by_urn[urn].op == "replace"]
    others = [other for other in by_urn.values() if other.op == "replace" and other.urn != step.urn]
    first = [other.urn for other in others if other.delete_first and other.reasons]
    rest = [other.urn for other in others if other.reasons]
    return next(iter([*replaced, *first, *rest]), "")
