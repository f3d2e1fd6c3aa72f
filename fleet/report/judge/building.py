"""From a bundle to the facts of a stack: what changes, for certain or perhaps, with which effects and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fleet.report import names
from fleet.report.judge import cost, effects, time_off, values
from fleet.report.judge.paths import changed_paths
from fleet.report.judge.replacing import Judgement, judge
from fleet.report.model import Change, Choice, Op, OutputChange, Path, Sum, Value
from fleet.report.read.bundle import Bundle
from fleet.report.read.files import CatalogType, Effects
from fleet.report.read.steps import UNKNOWN, State, Step, has_unknown

_OPS: Mapping[str, Op] = {"create": "create", "update": "update", "replace": "replace", "delete": "delete"}


@dataclass(frozen=True)
class Facts:
    """moved: names of the resources whose provider is stored under another name than it has now."""

    bundle: Bundle
    failed: bool
    changes: tuple[Change, ...]
    now: Sum
    then: Sum
    change_known: bool
    moved: tuple[str, ...] = ()

    @property
    def servers(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.server)

    @property
    def stack(self) -> str:
        return self.bundle.stack

    @property
    def drift(self) -> bool:
        return is_drift(self.bundle)


def is_drift(bundle: Bundle) -> bool:
    """Whether it is a look at what changed outside, not a preview of an update."""
    return bundle.meta.command == "refresh" or (not bundle.meta.command and bundle.reading.is_refresh)


def facts_of(bundle: Bundle) -> Facts:
    reading, drift = bundle.reading, is_drift(bundle)
    types = cost.types_by_id(bundle.catalog)
    judged = judge(reading.steps)
    changes = tuple(
        _change(step, judged[step.urn], types, bundle.effects, drift=drift) for step in reading.steps
    )
    now, then, known = cost.totals(changes, all_known=reading.has_sames)
    return Facts(
        bundle=bundle,
        failed=bundle.form is None
        or bundle.exit not in (0, 7)
        or not reading.complete
        or reading.succeeded is False,
        changes=changes,
        now=now,
        then=then,
        change_known=known,
        moved=tuple(names.resource_name(step.urn) for step in reading.steps if _provider_moved(step)),
    )


def _change(
    step: Step,
    judgement: Judgement,
    types: Mapping[str, CatalogType],
    lines: Mapping[str, Effects],
    *,
    drift: bool,
) -> Change:
    op = _OPS.get(step.op, "same")
    kind = names.resource_type(step.urn)
    server = kind in names.SERVER_TYPES
    paths = created_paths(step) if op == "create" else changed_paths(step)
    after = step.new if step.new and op != "delete" else None
    shown = cost.by_name((after or step.old or State()).inputs)
    stays = after if after or op == "delete" else step.old
    line = None if drift else lines.get(step.urn)
    prices = line.monthly_usd if line and op != "same" else (None, None)
    found, destroys = _effects(step, op, kind, paths, judgement, types, line, drift=drift)
    return Change(
        urn=step.urn,
        name=names.resource_name(step.urn),
        type=kind,
        server=server,
        op=op,
        certainty=judgement.certainty,
        likely=judgement.likely,
        sources=tuple(names.resource_name(urn) for urn in judgement.sources),
        source_changes=judgement.source_changes,
        dragged_by=None if judgement.dragged_by is None else names.resource_name(judgement.dragged_by),
        delete_first=step.delete_first if op == "replace" else None,
        protected=any(state.protect for state in (step.old, step.new) if state),
        reasons=tuple(sorted(reason for reason in step.reasons if reason not in names.COMPUTED)),
        paths=paths,
        effects=found,
        destroys=destroys,
        seconds_off=line.seconds_off if line and op == "update" else None,
        depends_on=_depends_on(step, judgement),
        region=values.shown("region", shown.get("region")),
        plan_type=values.shown("type", shown.get("type")),
        image=values.shown("image", shown.get("image")),
        off_for=time_off.off_for(step.new) if op == "update" and server and not drift and not line else "",
        cost_before=cost.monthly(step.old if op != "create" else None, types, prices[0]) if server else None,
        cost_after=cost.monthly(stays, types, prices[1]) if server else None,
    )


def created_paths(step: Step) -> tuple[Path, ...]:
    """The inputs of a new resource, so that a plan with other inputs is another plan."""
    inputs = step.new.inputs if step.new else {}
    return tuple(
        Path(path=key, kind="add", before=values.ABSENT, after=values.shown(key, inputs[key]))
        for key in sorted(inputs)
        if key not in names.COMPUTED and inputs[key] is not None
    )


def _effects(
    step: Step,
    op: Op,
    kind: str,
    paths: Sequence[Path],
    judgement: Judgement,
    types: Mapping[str, CatalogType],
    line: Effects | None,
    *,
    drift: bool,
) -> effects.Found:
    server = kind in names.SERVER_TYPES
    olds = cost.by_name(step.old.inputs if step.old else {})
    if op != "same" and drift:
        return effects.drifted(op)
    if op == "create":
        return effects.created(line)
    if op == "delete" and server:
        return effects.deleted(backups=olds.get("backups_enabled") is True)
    if op == "replace" and server:
        return effects.replaced(judgement, step.delete_first)
    if op in ("update", "replace") and line:
        return effects.told(line)
    if op != "update" or not server:
        return effects.of_another(op, kind)
    news = cost.by_name(step.new.inputs if step.new else {})
    old_type, new_type = types.get(str(olds.get("type"))), types.get(str(news.get("type")))
    smaller = None
    if old_type and new_type and old_type.disk and new_type.disk and new_type.disk < old_type.disk:
        smaller = new_type.disk
    return effects.updated(paths, news, smaller)


def _depends_on(step: Step, judgement: Judgement) -> tuple[str, ...]:
    found = set(judgement.sources)
    for state in (step.new, step.old):
        if state:
            found |= {urn for urns in state.property_dependencies.values() for urn in urns}
            found |= set(state.dependencies)
    inside = {urn for urn in found if names.resource_type(urn) != names.STACK_TYPE} - {step.urn}
    return tuple(sorted(names.resource_name(urn) for urn in inside))


def _provider_moved(step: Step) -> bool:
    """Whether the state's outputs name another provider than the program: deletes would not find it."""
    if step.old is None or step.new is None:
        return False
    stored, wanted = step.old.outputs.get(names.PROVIDER_KEY), step.new.inputs.get(names.PROVIDER_KEY)
    masks = ("[secret]", UNKNOWN)
    told = all(isinstance(item, str) and item not in masks for item in (stored, wanted))
    return told and stored != wanted


def choices_of(bundle: Bundle) -> tuple[Choice, ...]:
    """The pinned choices that moved, or that have a better match today."""
    before, after = bundle.pins_before.pins, bundle.pins_after.pins
    found = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        pin = new or old
        newest = pin.newest if pin else None
        chosen_before, chosen_after = (item.chosen if item else None for item in (old, new))
        if chosen_before != chosen_after or (newest and newest != chosen_after):
            what = pin.what if pin else ""
            found.append(Choice(key=key, what=what, before=chosen_before, after=chosen_after, newest=newest))
    return tuple(found)


def output_changes(bundle: Bundle) -> tuple[OutputChange, ...]:
    """The stack's outputs that change, by name; their values are not for showing."""
    if bundle.reading.outputs is None or is_drift(bundle):
        return ()
    before, after = bundle.reading.outputs
    found = []
    for name in sorted({*before, *after}):
        if name not in after:
            found.append(OutputChange(name=name, state="removed"))
        elif has_unknown(after[name]):
            found.append(OutputChange(name=name, state="unknown"))
        elif name not in before:
            found.append(OutputChange(name=name, state="added"))
        elif before[name] != after[name]:
            found.append(OutputChange(name=name, state="changed"))
    return tuple(found)


def value_text(value: Value) -> str:
    """For sentences: the text, or a word for what has none."""
    words = {"unknown": "known after apply", "secret": "[secret]", "absent": "none", "hidden": "not shown"}
    return value.text if value.kind == "text" else words[value.kind]
