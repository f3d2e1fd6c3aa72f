"""What a stack's exported state says of its Linodes and its account. Pure.

Source: apitype.DeploymentV3 and ResourceV3 of the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fleet.delivery.reaping import StackFacts

INSTANCE = "linode:Instance"
ACCOUNT = "linode:Account"


def facts_of(name: str, deployment: Mapping[str, object], tags: Mapping[str, str]) -> StackFacts:
    """Every id counts, also of resources that are marked for deletion."""
    resources = list(_maps(deployment.get("resources")))
    pending = [entry.get("resource") for entry in _maps(deployment.get("pending_operations"))]
    accounts = {str(entry["id"]) for entry in resources if _is(entry, ACCOUNT) and entry.get("id")}
    return StackFacts(
        name,
        account=accounts.pop() if len(accounts) == 1 else None,
        ids=frozenset(str(entry["id"]) for entry in resources if _is(entry, INSTANCE) and entry.get("id")),
        creating=frozenset(
            str(entry["urn"]).rpartition("::")[2]
            for entry in pending
            if isinstance(entry, Mapping) and _is(entry, INSTANCE)
        ),
        tags=dict(tags),
    )


def _maps(value: object) -> Iterator[Mapping[str, object]]:
    return (entry for entry in value if isinstance(entry, Mapping)) if isinstance(value, list) else iter(())


def _is(entry: Mapping[str, object], type_: str) -> bool:
    return str(entry.get("type", "")).endswith(type_)
