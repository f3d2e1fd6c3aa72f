"""What a killed run left open in a state, brought to what is true. Pure but for the questions that are passed in.

A state names what was under way. What was made and not recorded is put into the state with a reason, so
that the next `up` finishes it, or deletes it if it is declared no more; what was not made is forgotten. What was being
deleted, and is gone, leaves the state, so that it is made again if it is wanted after all.
Source: apitype.DeploymentV3 and ResourceV3 of the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from providers.linode.api.records import Owned
from providers.linode.core.spec import Spec
from providers.linode.core.state_files import TYPE_TOKENS
from providers.linode.provider import SPECS

Json = dict[str, Any]

AnySpec = Spec[Any, Any]

OURS = (
    *(TYPE_TOKENS + name for name in ("Account", "RootPassword")),
    *("linode:index:Fleet", "pulumi:pulumi:Stack", "pulumi:providers:"),
)
"""Types that make nothing in the account: their pending creates are simply done again."""


class Asks(Protocol):
    """What is asked of the account that a resource's inputs name."""

    def made(self, spec: AnySpec, inputs: Mapping[str, object], in_state: frozenset[str]) -> Owned | None:
        """What a create with these inputs made, none of these ids; None if there is none."""

    def stays(self, spec: AnySpec, inputs: Mapping[str, object], id_: str) -> bool:
        """Whether it is there, and not on its way out."""


def settle(deployment: Json, asks: Asks) -> tuple[Json, list[str]]:
    """The deployment without pending operations, and a line for each one that mattered."""
    resources: list[Json] = [dict(entry) for entry in deployment.get("resources") or []]
    said = []
    for operation in deployment.get("pending_operations") or []:
        line = _settle_one(resources, operation["resource"], str(operation["type"]), asks)
        if line:
            said.append(line)
    settled = {key: value for key, value in deployment.items() if key != "pending_operations"}
    return {**settled, "resources": resources}, said


def _settle_one(resources: list[Json], pending: Json, kind: str, asks: Asks) -> str:
    name = str(pending["urn"]).rpartition("::")[2]
    spec = SPECS.get(str(pending["type"]).removeprefix(TYPE_TOKENS))
    if spec is None:
        made = kind == "creating" and not any(part in str(pending["type"]) for part in OURS)
        return f"{name}: its create was cut off; check whether it is there" if made else ""
    spec = spec.within(pending.get("inputs") or {})
    if kind == "creating":
        return _settle_create(spec, resources, pending, name, asks)
    if kind == "updating":
        return _settle_update(resources, pending, name)
    return _settle_delete(spec, resources, pending, name, asks) if kind == "deleting" else ""


def _settle_create(spec: AnySpec, resources: list[Json], pending: Json, name: str, asks: Asks) -> str:
    ids = frozenset(str(entry["id"]) for entry in resources if entry.get("id"))
    record = asks.made(spec, pending.get("inputs") or {}, ids)
    done = "adopted" if _adopts(resources, pending) else "made"
    if record is None:
        live = (old for old in resources if old["urn"] == pending["urn"] and old.get("id"))
        known = next((old for old in live if not (old.get("delete") or old.get("pendingReplacement"))), None)
        if known is not None:
            return f"{name}: the state has {spec.name} {known['id']} already; the next `up` goes on with it"
        return f"{name}: no {spec.name} was {done}; the next `up` does it"
    entry = _entry(spec, pending, record, done)
    for place, old in enumerate(resources):
        if old["urn"] == pending["urn"] and not old.get("delete"):
            kept = [] if old.get("pendingReplacement") else [{**old, "delete": True}]
            resources[place : place + 1] = [entry, *kept]
            break
    else:
        resources.append(entry)
    which = f"{spec.name} {record}"
    return f"{name}: {which} was {done} and is in the state now; the next `up` finishes it"


def _adopts(resources: list[Json], pending: Json) -> bool:
    """What replaces an adopted one still has the input, and is new."""
    replaces = any(old["urn"] == pending["urn"] and not old.get("delete") for old in resources)
    return not replaces and (pending.get("inputs") or {}).get("adopt") is not None


def _settle_update(resources: list[Json], pending: Json, name: str) -> str:
    for entry in resources:
        if entry["urn"] == pending["urn"] and not entry.get("delete"):
            entry["initErrors"] = [f"an update of {name} was cut off; the next `up` does the rest"]
            entry["outputs"] = {**(entry.get("outputs") or {}), "ready": False}
    return f"{name}: its update was cut off; the next `up` does the rest"


def _settle_delete(spec: AnySpec, resources: list[Json], pending: Json, name: str, asks: Asks) -> str:
    id_ = str(pending.get("id"))
    if asks.stays(spec, pending.get("inputs") or {}, id_):
        return f"{name}: the delete of {spec.name} {id_} was cut off before anything was done"
    resources[:] = [
        _without(entry, pending)
        for entry in resources
        if not (entry["urn"] == pending["urn"] and str(entry.get("id")) == id_)
    ]
    return f"{name}: {spec.name} {id_} is deleted; the next `up` makes another one if that is declared"


def _without(entry: Json, gone: Json) -> Json:
    """The entry with no reference to what is gone, as a refresh leaves it."""
    urn, left = gone["urn"], dict(entry)
    if "dependencies" in left:
        left["dependencies"] = [name for name in left["dependencies"] if name != urn]
    if "propertyDependencies" in left:
        kept = {
            key: [name for name in names or () if name != urn]
            for key, names in left["propertyDependencies"].items()
        }
        before = left["propertyDependencies"]
        left["propertyDependencies"] = {key: names for key, names in kept.items() if names or not before[key]}
    if left.get("deletedWith") == urn:
        del left["deletedWith"]
    if left.get("parent") == urn:
        left["parent"] = gone.get("parent", "")
    return left


def _entry(spec: AnySpec, pending: Json, record: Owned, done: str) -> Json:
    reason = f"{spec.name} {record.id} was {done} by a run that was cut off; the next `up` finishes it"
    inputs = pending.get("inputs") or {}
    unfinished = spec.kept_when_made_in_part(spec.args.read(inputs))
    made = {**inputs, **spec.outputs(record), **unfinished, "ready": False}
    outs = {key: value for key, value in made.items() if value is not None}
    return {**pending, "id": str(record.id), "outputs": outs, "initErrors": [reason]}
