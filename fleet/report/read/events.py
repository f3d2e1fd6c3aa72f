"""The events of a preview: one JSON object a line, as streamed or as written by an event log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fleet.report.errors import BundleUnreadable
from fleet.report.read import gathering, jsontext
from fleet.report.read.diagnosing import presentable, read_diagnostic
from fleet.report.read.steps import (
    Diagnostic,
    Json,
    PolicyResult,
    Reading,
    Step,
    as_map,
    clean,
    read_detailed,
    read_state,
    texts,
)


def parse_lines(text: str) -> tuple[list[Json], bool]:
    """The events in the engine's order, and whether the last line was whole.

    The order is that of `sequence`, not of arrival. Raises BundleUnreadable for a line that is no JSON
    object, unless it is the last one: that is what a killed run leaves.
    """
    events: list[Json] = []
    lines = [line for line in text.split("\n") if line.strip()]
    for number, line in enumerate(lines, 1):
        try:
            event = jsontext.loads(line)
        except ValueError as error:
            if number == len(lines):
                return _in_order(events), False
            raise BundleUnreadable(f"line {number} is not JSON") from error
        if not isinstance(event, Mapping):
            raise BundleUnreadable(f"line {number} is not an event")
        events.append(event)
    return _in_order(events), True


def _in_order(events: list[Json]) -> list[Json]:
    def position(event: Json) -> int:
        number = event.get("sequence")
        return number if isinstance(number, int) else 0

    return sorted(events, key=position)


def read_events(events: Sequence[Json], *, whole: bool = True, secrets: Sequence[str] = ()) -> Reading:
    """Unknown kinds of events and unknown fields are ignored; secrets are masked in messages."""
    records = list(_records(events))
    resources = [step for step in records if not _outside(step.urn)]
    stack = [step for step in records if gathering.is_stack(step.urn)]
    summary = next((as_map(event["summaryEvent"]) for event in events if "summaryEvent" in event), None)
    result = summary.get("result") if summary is not None else None
    return Reading(
        steps=gathering.one_per_resource(resources),
        stack=gathering.stack_of(records),
        diagnostics=gathering.sorted_diagnostics(_diagnostics(events, secrets)),
        policies=tuple(
            sorted(set(_policies(events, secrets)), key=lambda item: (item.level, item.policy, item.urn))
        ),
        policies_passed=_passed(events),
        outputs=gathering.stack_outputs([(_outputs(step, 0), _outputs(step, 1)) for step in stack]),
        complete=whole and summary is not None,
        succeeded=None if result is None else result == "succeeded",
        has_sames=True,
        is_refresh=bool(stack) and {step.op for step in stack} == {"refresh"},
    )


def _records(events: Sequence[Json]) -> Iterator[Step]:
    """Planned steps; of a refresh the end, which alone tells what it found."""
    refreshed = set()
    for order, event in enumerate(events):
        for kind in ("resourcePreEvent", "resOutputsEvent"):
            metadata = as_map(as_map(event.get(kind)).get("metadata"))
            urn, op = str(metadata.get("urn") or ""), str(metadata.get("op") or "")
            if not urn:
                continue
            if kind == "resourcePreEvent" and op == "refresh":
                refreshed.add(urn)
            if kind == "resourcePreEvent" or urn in refreshed or gathering.is_stack(urn):
                yield _step(metadata, op, urn, order)
            if kind == "resOutputsEvent":
                refreshed.discard(urn)


def _step(metadata: Json, op: str, urn: str, order: int) -> Step:
    return Step(
        op=op,
        urn=urn,
        old=read_state(metadata.get("old")),
        new=read_state(metadata.get("new")),
        reasons=texts(metadata.get("keys")),
        differing=texts(metadata.get("diffs")),
        detailed=read_detailed(metadata.get("detailedDiff")),
        order=order,
    )


def _outputs(step: Step, side: int) -> Json:
    state = step.new if side else step.old
    return as_map(clean(state.outputs)) if state else {}


def _outside(urn: str) -> bool:
    return gathering.is_stack(urn) or gathering.is_provider(urn)


def _diagnostics(events: Sequence[Json], secrets: Sequence[str]) -> Iterator[Diagnostic]:
    for event in events:
        body = as_map(event.get("diagnosticEvent"))
        found = read_diagnostic(body.get("severity"), body.get("message"), body.get("urn"), secrets)
        if found:
            yield found


def _policies(events: Sequence[Json], secrets: Sequence[str]) -> Iterator[PolicyResult]:
    for event in events:
        body = as_map(event.get("policyEvent"))
        if body:
            yield PolicyResult(
                policy=str(body.get("policyName") or ""),
                pack=str(body.get("policyPackName") or ""),
                level=str(body.get("enforcementLevel") or ""),
                urn=str(body.get("resourceUrn") or ""),
                message=presentable(str(body.get("message") or ""), secrets),
            )


def _passed(events: Sequence[Json]) -> int:
    """How many checks of a policy on a resource passed."""
    return sum(len(texts(as_map(event.get("policyAnalyzeSummaryEvent")).get("passed"))) for event in events)
