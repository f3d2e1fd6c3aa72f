"""From a bundle to the facts of a stack: what changes, for certain or perhaps, with which effects and costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.report import names
from fleet.report.judge import cost, effects
from fleet.report.judge.certainty import Judgement, inputs_of, judge
from fleet.report.judge.paths import changed_paths, shown
from fleet.report.judge.plan_hash import fingerprint
from fleet.report.model import Change, Finding, Op, Sum, Verdict
from fleet.report.phrases import Words, code, phrase, trimmed
from fleet.report.read.bundle import Bundle
from fleet.report.read.files import CatalogImage, CatalogType
from fleet.report.read.steps import SECRET, UNKNOWN, Step

_OPS: Mapping[str, Op] = {"create": "create", "update": "update", "replace": "replace", "delete": "delete"}


@dataclass(frozen=True)
class Facts:
    """What the preview of a stack comes to, before it is judged.

    change_known: whether the price of everything that changes is. moved: names of the resources whose provider is
    stored under another name than it has now. images: by id. acknowledged: somebody has accepted the data loss.
    """

    bundle: Bundle
    changes: tuple[Change, ...]
    now: Sum
    then: Sum
    change_known: bool
    moved: tuple[str, ...]
    images: Mapping[str, CatalogImage]
    acknowledged: bool = False

    @property
    def servers(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.server)

    @property
    def stack(self) -> str:
        return self.bundle.stack

    @property
    def drift(self) -> bool:
        return is_drift(self.bundle)

    def finding(
        self,
        verdict: Verdict,
        title: Words,
        text: Words,
        short: Words,
        *,
        in_tables: bool = False,
        to_decide: bool = False,
    ) -> Finding:
        """The title begins with the stack."""
        return Finding(
            verdict=verdict,
            stack=self.stack,
            title=phrase(code(self.stack), title),
            text=trimmed(phrase(text)),
            short=phrase(short),
            in_tables=in_tables,
            to_decide=to_decide,
        )

    @property
    def complete(self) -> bool:
        return not _failed(self.bundle)


def _failed(bundle: Bundle) -> bool:
    """Whether the preview came to no end, or to a bad one."""
    ended = bundle.form is not None and bundle.exit in (0, 7) and bundle.reading.complete
    return not ended or bundle.reading.succeeded is False


def is_drift(bundle: Bundle) -> bool:
    """Whether it is a look for drift, not a preview of an update."""
    return bundle.meta.command == "refresh" or (not bundle.meta.command and bundle.reading.is_refresh)


def facts_of(bundle: Bundle) -> Facts:
    steps, types = bundle.reading.steps, cost.types_by_id(bundle.catalog)
    judged = judge(steps)
    changes = tuple(_change(step, judged[step.urn], types, bundle) for step in steps)
    now, then, known = cost.totals(changes, all_known=bundle.reading.has_sames and not _failed(bundle))
    moved = tuple(names.resource_name(step.urn) for step in steps if _provider_moved(step))
    images = {image.id: image for image in bundle.catalog.images} if bundle.catalog else {}
    return Facts(bundle, changes, now, then, known, moved, images)


def _change(step: Step, judgement: Judgement, types: Mapping[str, CatalogType], bundle: Bundle) -> Change:
    op = _OPS.get(step.op, "same")
    server = names.resource_type(step.urn) in names.SERVER_TYPES
    paths = changed_paths(step)
    drift = is_drift(bundle)
    line = None if drift or op == "same" else bundle.effects.get(step.urn)
    stored = cost.number(step.old.outputs.get("monthly_usd")) if step.old else None
    prices = line.monthly_usd if line else (stored, stored if op == "same" else None)
    if drift and step.new:
        prices = stored, cost.number(step.new.outputs.get("monthly_usd"))
    priced = server or prices != (None, None)
    found = effects.drifted(op) if drift else effects.of(step, op, paths, judgement, types, line)
    adopts = line is not None and line.op == "adopt"
    before = None if op == "create" else step.old
    after = None if op == "delete" else step.new or step.old
    inputs = cost.by_name(inputs_of(after or before))
    costs = (
        prices[0] if adopts else cost.monthly(before, types, prices[0]) if priced else None,
        cost.monthly(after, types, prices[1]) if priced else None,
    )
    return Change(
        urn=step.urn,
        name=names.resource_name(step.urn),
        type=names.resource_type(step.urn),
        server=server,
        op=op,
        drifted=drift,
        certainty=judgement.certainty,
        likely=judgement.likely,
        sources=tuple(names.resource_name(urn) for urn in judgement.sources),
        source_changes=judgement.source_changes,
        dragged_by=None if judgement.dragged_by is None else names.resource_name(judgement.dragged_by),
        delete_first=step.delete_first if op == "replace" else None,
        protected=any(state.protect for state in (step.old, step.new) if state),
        reasons=tuple(sorted(reason for reason in step.reasons if reason not in names.COMPUTED)),
        paths=paths,
        effects=found.effects,
        destroys=found.destroys,
        seconds_off=line.seconds_off if line and (op == "update" or adopts) else None,
        depends_on=_depends_on(step, judgement),
        region=shown("region", inputs.get("region")),
        plan_type=shown("type", inputs.get("type")),
        image=shown("image", inputs.get("image")),
        before=fingerprint(before.inputs) if before and op != "same" else "",
        cost_before=costs[1] if drift else costs[0],  # what was found is what it costs now
        cost_after=costs[0] if drift else costs[1],
    )


def _depends_on(step: Step, judgement: Judgement) -> tuple[str, ...]:
    found = set(judgement.sources)
    for state in (step.new, step.old):
        if state:
            found.update(state.dependencies, *state.property_dependencies.values())
    inside = {urn for urn in found if names.resource_type(urn) != names.STACK_TYPE} - {step.urn}
    return tuple(sorted(names.resource_name(urn) for urn in inside))


def _provider_moved(step: Step) -> bool:
    """Whether the state's outputs name another provider than the program: deletes would not find it."""
    if step.old is None or step.new is None:
        return False
    stored, wanted = step.old.outputs.get(names.PROVIDER_KEY), step.new.inputs.get(names.PROVIDER_KEY)
    masks = (SECRET, UNKNOWN)
    told = all(isinstance(item, str) and item not in masks for item in (stored, wanted))
    return told and stored != wanted
