"""Several records of one resource, as both forms give them for a replacement or a refresh, made one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fleet.report import names
from fleet.report.read.steps import Diagnostic, Json, Step

RANK = ("replace", "delete", "create", "update", "create-replacement", "import", "same", "read", "refresh")
"""Which record of a resource tells what happens to it, best first; parts of a replacement only add to it."""


def one_per_resource(records: Iterable[Step]) -> tuple[Step, ...]:
    """One step per URN, in the order of URNs."""
    by_urn: dict[str, list[Step]] = {}
    for record in records:
        by_urn.setdefault(record.urn, []).append(record)
    return tuple(_merged(by_urn[urn]) for urn in sorted(by_urn))


def _merged(records: Sequence[Step]) -> Step:
    ranked = sorted(records, key=lambda step: (_rank(step.op), step.order))
    main = ranked[0]
    created = [step.order for step in records if step.op == "create-replacement"]
    deleted = [step.order for step in records if step.op == "delete-replaced"]
    if main.op in ("create-replacement", "delete-replaced"):
        main = replace(main, op="replace")
    if main.op != "replace":
        return main
    first = min(deleted) < min(created) if created and deleted else None
    return replace(main, delete_first=first, deleted_at=min(deleted, default=None))


def _rank(op: str) -> int:
    return RANK.index(op) if op in RANK else len(RANK)


def stack_outputs(pairs: Sequence[tuple[Json, Json]]) -> tuple[Json, Json] | None:
    """The outputs before and after, from the stack's own records in their order."""
    return (pairs[0][0], pairs[-1][1]) if pairs else None


def stack_of(records: Sequence[Step]) -> str:
    return next((names.stack_name(step.urn) for step in records if step.urn), "")


def is_stack(urn: str) -> bool:
    return names.resource_type(urn) == names.STACK_TYPE


def is_provider(urn: str) -> bool:
    return names.resource_type(urn).startswith(names.PROVIDER_PREFIX)


def sorted_diagnostics(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each once; errors first, those that name a resource before the others."""
    order = {"error": 0, "warning": 1}
    return tuple(
        sorted(set(found), key=lambda item: (order[item.severity], not item.urn, item.urn, item.message))
    )
