"""The digest of a preview: one JSON object at the end, `preview --json`.

Unchanged resources, policies and stack outputs are not in it, so a report from it says less.
"""

from __future__ import annotations

from collections.abc import Sequence

from fleet.report.read import gathering
from fleet.report.read.diagnosing import read_diagnostic
from fleet.report.read.steps import Json, Reading, Step, as_map, read_detailed, read_state, texts


def read_digest(document: Json, secrets: Sequence[str] = ()) -> Reading:
    """Unknown fields are ignored; a field that is missing is empty."""
    raw = document.get("steps")
    records = [_step(as_map(item), order) for order, item in enumerate(raw if isinstance(raw, list) else [])]
    stack_ops = {step.op for step in records if gathering.is_stack(step.urn)}
    resources = [step for step in records if step.urn and not _outside(step.urn)]
    found = document.get("diagnostics")
    diagnostics = [
        read_diagnostic(row.get("severity"), row.get("message"), row.get("urn"), secrets)
        for row in map(as_map, found if isinstance(found, list) else ())
    ]
    return Reading(
        steps=gathering.one_per_resource(resources),
        stack=gathering.stack_of(records),
        diagnostics=gathering.sorted_diagnostics(item for item in diagnostics if item),
        complete="changeSummary" in document,
        has_sames=_lists_sames(document, resources),
        is_refresh=stack_ops == {"refresh"},
    )


def _step(item: Json, order: int) -> Step:
    return Step(
        op=str(item.get("op") or ""),
        urn=str(item.get("urn") or ""),
        old=read_state(item.get("oldState")),
        new=read_state(item.get("newState")),
        reasons=texts(item.get("replaceReasons")),
        differing=texts(item.get("diffReasons")),
        detailed=read_detailed(item.get("detailedDiff")),
        order=order,
    )


def _outside(urn: str) -> bool:
    return gathering.is_stack(urn) or gathering.is_provider(urn)


def _lists_sames(document: Json, resources: list[Step]) -> bool:
    """The counts include the stack itself: more than it unchanged and none listed means they are left out."""
    same = as_map(document.get("changeSummary")).get("same", 0)
    listed = sum(step.op == "same" for step in resources)
    return isinstance(same, int) and (same <= 1 or listed >= same - 1)
