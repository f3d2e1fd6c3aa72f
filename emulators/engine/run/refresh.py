"""Refresh: the state is brought to what the providers find.

Each custom resource is read; one that is gone leaves the state, and what referred to it forgets it. Whether
a change is shown as an update is decided by Diff of the new state against the old inputs. One failed read
does not stop the others, but the command fails.
Source: the real engine's ``deployment_executor.go`` (refresh) and ``step.go`` (RefreshStep).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from emulators.engine import urns
from emulators.engine.errors import InitFailed, StepFailed
from emulators.engine.plan.steps import Op, Step, decide
from emulators.engine.plan.targets import Targets
from emulators.engine.run.events import StepBegun, StepBroke, StepEnded
from emulators.engine.run.executor import Executor
from emulators.engine.run.registry import Registry
from emulators.engine.state.checkpoint import Resource, now
from emulators.engine.values import mark_like_inputs


def refresh(registry: Registry, targets: Targets, clear_pending_creates: bool) -> None:
    """Read the targets and put the new list in the place of the old."""
    executor = registry.executor
    base = executor.snapshot.resources()
    chosen = targets.chosen(base)
    readable = [entry for entry in base if _is_read(entry) and entry.urn in chosen]
    for entry in readable:
        registry.ensure_provider(entry)
    found: dict[int, Resource | None] = {id(entry): entry for entry in base}
    for entry in base:
        if entry.urn in chosen and (not entry.custom or urns.is_provider(entry.type)):
            executor.tell(Step("refresh", entry.urn, entry, entry), "same")
    with ThreadPoolExecutor(max_workers=executor.parallel) as pool:
        there = pool.map(lambda entry: _refresh(executor, entry), readable)
        found.update(zip(map(id, readable), there, strict=True))
    executor.snapshot.replace_base(pruned(base, found), clear_operations=clear_pending_creates)


def _is_read(entry: Resource) -> bool:
    return (
        entry.custom
        and not urns.is_provider(entry.type)
        and not entry.pending_replacement
        and entry.type != urns.STACK_REFERENCE_TYPE
    )


def _refresh(executor: Executor, old: Resource) -> Resource | None:
    """What is there now, None if it is gone; the old entry if that cannot be found out."""
    if executor.stopping.is_set():
        return old
    step = Step("refresh", old.urn, old, old)
    executor.emit(StepBegun(step))
    try:
        new = _read(executor, old)
        ended, result = _compare(executor, old, new)
    except (StepFailed, InitFailed) as error:
        executor.step_error(str(error), old.urn, stop=False)
        executor.emit(StepBroke(step))
        return old
    executor.count(result, old.urn)
    executor.emit(StepEnded(ended, result))
    return new


def _read(executor: Executor, old: Resource) -> Resource | None:
    try:
        answer = executor.providers.get(old.provider).read(old, old.id)
    except InitFailed as error:
        outputs = mark_like_inputs(error.outputs, {}, old.additional_secret_outputs)
        return old.changed(outputs=outputs, init_errors=error.reasons)
    if not answer.id:
        return None
    inputs = old.inputs if answer.inputs is None else answer.inputs
    outputs = mark_like_inputs(answer.outputs, inputs, old.additional_secret_outputs)
    new = old.changed(id=answer.id, inputs=inputs, outputs=outputs, init_errors=[])
    return old if new.same_as(old) else new.changed(modified=now())


def _compare(executor: Executor, old: Resource, new: Resource | None) -> tuple[Step, Op]:
    if new is None:
        return Step("refresh", old.urn, old, None), "delete"
    provider = executor.providers.get(old.provider)
    diff = provider.diff(old, old, new.outputs, old.inputs)
    decision = decide(diff, new, old.inputs, (), None)
    changed = decision.kind != "same" and not (decision.kind == "update" and new.init_errors)
    step = Step("refresh", old.urn, old, new, (), decision.detailed if changed else None)
    return step, "update" if changed else "same"


def pruned(base: list[Resource], found: dict[int, Resource | None]) -> list[Resource]:
    """Pure: the list that is left, with every reference to what is gone taken out of it.

    A property without dependencies loses its entry, as recorded; a child moves to its grandparent.
    """
    left = [entry for old in base if (entry := found[id(old)]) is not None]
    there = {entry.urn for entry in left}
    parents = {old.urn: old.parent for old in base}
    return [_without_gone(entry, there, parents) for entry in left]


def _without_gone(entry: Resource, there: set[str], parents: dict[str, str]) -> Resource:
    parent = entry.parent
    while parent and parent not in there:
        parent = parents.get(parent, "")
    fields = entry.references(lambda name: name if name in there else "")
    by_key = {key: names for key, names in fields["property_dependencies"].items() if names}
    if by_key == entry.property_dependencies and entry.all_dependencies() <= there:
        return entry
    return entry.changed(**{**fields, "parent": parent, "property_dependencies": by_key})
