"""What a preview said, from either form: events (a JSON object a line), or the digest (one object at the end).

Unchanged resources, policies and stack outputs are not in a digest, so a report from it says less. Unknown kinds of
events and unknown fields are ignored; a field that is missing is empty; secrets are masked in messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic_core import from_json

from fleet.report import names
from fleet.report.errors import BundleUnreadable
from fleet.report.read.messages import presentable, read_diagnostic
from fleet.report.read.steps import (
    Dependencies,
    Json,
    Message,
    Policy,
    Reading,
    State,
    Step,
    as_map,
    clean,
    read_dependencies as of_state,
    read_detailed,
    read_state,
    texts,
)

IN_EVENTS = ("old", "new", "keys", "diffs")
IN_DIGEST = ("oldState", "newState", "replaceReasons", "diffReasons")
"""What each form calls the sides of a step, the reasons of a replacement, and the properties that differ."""

RANK = ("replace", "delete", "create", "update", "create-replacement", "import", "same", "read", "refresh")
"""Which record of a resource tells what happens to it, best first; parts of a replacement only add to it."""

TOO_DEEP = "is nested too deeply"
"""For this Python: the limit is another one in each."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(text: str) -> object:
    """The value; half characters, which JSON can hold and no file can, become the replacement character.

    Raises ValueError, also for what is nested too deeply.
    """
    try:
        found: object = from_json(text)
        return found
    except ValueError:  # it takes no half characters and fewer levels, and is twice as fast
        pass
    try:
        value: object = json.loads(text)
        return _whole(value) if _SURROGATE.search(text) else value
    except RecursionError as error:
        raise ValueError(TOO_DEEP) from error


def _whole(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {str(_whole(key)): _whole(part) for key, part in value.items()}
    return [_whole(part) for part in value] if isinstance(value, list) else value


def parse_lines(text: str) -> tuple[list[Json], bool]:
    """The JSON objects of the lines, and whether the last was whole: one that is cut off is what a killed run left.

    Raises BundleUnreadable for another line that is no JSON object.
    """
    found: list[Json] = []
    lines = [line for line in text.split("\n") if line.strip()]
    for number, line in enumerate(lines, 1):
        try:
            value = parse_json(line)
        except ValueError as error:
            if number == len(lines):
                return found, False
            why = TOO_DEEP if str(error) == TOO_DEEP else "is not JSON"
            raise BundleUnreadable(f"line {number} {why}") from error
        if not isinstance(value, Mapping):
            raise BundleUnreadable(f"line {number} is not an object")
        found.append(value)
    return found, True


def read_events(found: Sequence[Json], *, whole: bool = True, secrets: Sequence[str] = ()) -> Reading:
    """In the engine's order, which is that of `sequence` and not of arrival."""
    events = sorted(
        found, key=lambda event: number if isinstance(number := event.get("sequence"), int) else 0
    )
    is_refresh = _ops_of_stack(events) == {"refresh"}
    records = list(_records(events, is_refresh=is_refresh))
    stack = [step for step in records if _is_stack(step)]
    summary = next((as_map(event["summaryEvent"]) for event in events if "summaryEvent" in event), None)
    result = summary.get("result") if summary is not None else None
    checks = [as_map(event.get("policyAnalyzeSummaryEvent")).get("passed") for event in events]
    return Reading(
        steps=_one_per_resource(records),
        stack=_stack_name(records),
        messages=_messages((as_map(event.get("diagnosticEvent")) for event in events), secrets),
        policies=_policies((as_map(event.get("policyEvent")) for event in events), secrets),
        policies_passed=sum(len(texts(passed)) for passed in checks),
        outputs=(_outputs(stack[0].old), _outputs(stack[-1].new)) if stack else None,
        complete=whole and summary is not None,
        succeeded=None if result is None else result == "succeeded",
        has_sames=True,
        refreshed=_refreshed(records),
        gone=_gone(events),
        is_refresh=is_refresh,
    )


def read_digest(document: Json, secrets: Sequence[str] = ()) -> Reading:
    raw, told = document.get("steps"), document.get("diagnostics")
    rows = [as_map(item) for item in raw] if isinstance(raw, list) else []
    records = [_step(row, IN_DIGEST, order) for order, row in enumerate(rows)]
    steps = _one_per_resource(records)
    same = as_map(document.get("changeSummary")).get("same", 0)
    listed = sum(step.op == "same" for step in steps)
    return Reading(
        steps=steps,
        stack=_stack_name(records),
        messages=_messages(map(as_map, told if isinstance(told, list) else ()), secrets),
        complete="changeSummary" in document,
        # The counts include the stack itself: more than it unchanged and none listed means they are left out.
        has_sames=isinstance(same, int) and (same <= 1 or listed >= same - 1),
        refreshed=_refreshed(records),
        is_refresh={step.op for step in records if _is_stack(step)} == {"refresh"},
    )


def read_dependencies(document: Json) -> dict[str, tuple[Dependencies, Dependencies]]:
    """What the digest's states are made from, before and after, by URN; of several records that which tells most."""
    raw = document.get("steps")
    told = [as_map(row) for row in reversed(raw)] if isinstance(raw, list) else []
    rows = sorted(told, key=lambda row: -_rank(str(row.get("op"))))
    return {
        str(row.get("urn")): (of_state(row.get("oldState")), of_state(row.get("newState"))) for row in rows
    }


def _rank(op: str) -> int:
    return RANK.index(op) if op in RANK else len(RANK)


def _refreshed(records: Sequence[Step]) -> bool:
    return any(step.op == "refresh" for step in records) or not any(step.old for step in records)


def _metadata(event: Json, kind: str) -> Json:
    return as_map(as_map(event.get(kind)).get("metadata"))


def _ops_of_stack(events: Sequence[Json]) -> set[str]:
    found = (_metadata(event, "resourcePreEvent") for event in events)
    return {
        str(row.get("op")) for row in found if names.resource_type(str(row.get("urn"))) == names.STACK_TYPE
    }


def _gone(events: Sequence[Json]) -> frozenset[str]:
    """The URNs of what the state has and a look at the account did not find."""
    looked: set[str] = set()
    found = set()
    for event in events:
        before, after = _metadata(event, "resourcePreEvent"), _metadata(event, "resOutputsEvent")
        looked |= {str(before.get("urn"))} if before.get("op") == "refresh" else set()
        if after.get("urn") in looked:
            looked.discard(str(after["urn"]))
            found |= set() if after.get("new") and after.get("op") != "delete" else {str(after["urn"])}
    return frozenset(found)


def _records(events: Sequence[Json], *, is_refresh: bool) -> Iterator[Step]:
    """Planned steps; of a look for drift the end, which alone tells what it found.

    What a preview's look at the account found stands in its planned steps: they begin with it.
    """
    refreshed = set()
    for order, event in enumerate(events):
        for kind in ("resourcePreEvent", "resOutputsEvent"):
            step = _step(_metadata(event, kind), IN_EVENTS, order)
            if not step.urn:
                continue
            if kind == "resourcePreEvent" and step.op == "refresh":
                refreshed.add(step.urn)
            found = is_refresh and step.urn in refreshed
            if kind == "resourcePreEvent" or found or _is_stack(step):
                yield step
            if kind == "resOutputsEvent":
                refreshed.discard(step.urn)


def _step(row: Json, keys: tuple[str, str, str, str], order: int) -> Step:
    old, new, reasons, differing = (row.get(key) for key in keys)
    return Step(
        op=str(row.get("op") or ""),
        urn=str(row.get("urn") or ""),
        old=read_state(old),
        new=read_state(new),
        reasons=texts(reasons),
        differing=texts(differing),
        detailed=read_detailed(row.get("detailedDiff")),
        order=order,
    )


def _is_stack(step: Step) -> bool:
    return names.resource_type(step.urn) == names.STACK_TYPE


def _stack_name(records: Iterable[Step]) -> str:
    return next((names.stack_name(step.urn) for step in records if step.urn), "")


def _one_per_resource(records: Iterable[Step]) -> tuple[Step, ...]:
    """One step per URN, in the natural order of URNs; the stack and providers are no resources here."""
    by_urn: dict[str, list[Step]] = {}
    for record in records:
        kind = names.resource_type(record.urn)
        if record.urn and kind != names.STACK_TYPE and not kind.startswith(names.PROVIDER_PREFIX):
            by_urn.setdefault(record.urn, []).append(record)
    return tuple(_merged(by_urn[urn]) for urn in sorted(by_urn, key=names.natural))


def _merged(records: Sequence[Step]) -> Step:
    """Several records of one resource, as both forms give them for a replacement or a refresh, made one."""
    main = min(records, key=lambda step: (_rank(step.op), step.order))
    if main.op not in ("replace", "create-replacement", "delete-replaced"):
        return main
    created = [step.order for step in records if step.op == "create-replacement"]
    deleted = [step.order for step in records if step.op == "delete-replaced"]
    first = min(deleted) < min(created) if created and deleted else None
    return replace(main, op="replace", delete_first=first, deleted_at=min(deleted, default=None))


def _outputs(state: State | None) -> Json:
    return as_map(clean(state.outputs)) if state else {}


def _messages(rows: Iterable[Json], secrets: Sequence[str]) -> tuple[Message, ...]:
    """Each once; errors first, those that name a resource before the others."""
    read = (read_diagnostic(row.get("severity"), row.get("message"), row.get("urn"), secrets) for row in rows)
    found = {item for item in read if item}
    return tuple(sorted(found, key=lambda item: (item.severity, not item.urn, item.urn, item.text)))


def _policies(bodies: Iterable[Json], secrets: Sequence[str]) -> tuple[Policy, ...]:
    found = {
        Policy(
            name=str(body.get("policyName") or ""),
            level=str(body.get("enforcementLevel") or ""),
            urn=str(body.get("resourceUrn") or ""),
            message=presentable(str(body.get("message") or ""), secrets),
        )
        for body in bodies
        if body
    }
    return tuple(sorted(found, key=lambda item: (item.level, item.name, item.urn, item.message)))
