"""A stack's servers, as its state has them or the API has them now, what they share, and why they were picked."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from fleet.engine import accounts
from fleet.engine.run import Run, outputs_of
from providers.linode.api.errors import LinodeError
from providers.linode.core import runtime as sessions
from providers.linode.core.state_files import TYPE_TOKENS
from providers.linode.pins import Pin, PinFile
from providers.linode.pins.file import group_of
from stacks.errors import BadSettings
from stacks.pinning import pins_file

Facts = Mapping[str, Any]
"""Of one server: id, label, status, region, type, image, ipv4, monthly_usd, and `running`: what is declared."""

GONE = "gone"
"""The status of what isn't there any more."""

FACTS = ("id", "label", "status", "ipv4", "region", "type", "image", "monthly_usd")


SHARED = {
    "Firewall": "firewall",
    "Subnet": "subnet",
    "PlacementGroup": "placement group",
    "NodeBalancer": "load balancer",
    "ReservedIP": "reserved address",
    "Domain": "zone",
}
"""What servers have in common, or keep, by its kind."""


def with_servers(run: Run, deployment: Mapping[str, Any], *, live: bool = False) -> dict[str, object]:
    """The stack's outputs, its servers as they are now, `shared`, `picks`, and `as_of`: when that was (ISO 8601).

    Outputs are those of the last `up`; a refresh changes the state alone. Raises what calls raise.
    """
    outputs = outputs_of(deployment)
    declared = outputs.get("servers")
    found = of_state(deployment, declared if isinstance(declared, Mapping) else {})
    as_of = str((deployment.get("manifest") or {}).get("time") or "")
    if live:
        found, as_of = _as_the_api_says(run, found), datetime.now(timezone.utc).isoformat()
    told = {"servers": found, "shared": shared(deployment), "picks": picks(run.stack, found), "as_of": as_of}
    return {**outputs, **told}


def picks(stack: str, servers: Collection[str]) -> dict[str, dict[str, str]]:
    """Why the region, type and image of each group of these servers were picked, by its pins; none where they can't be
    read.
    """
    pins: Mapping[str, Pin] = {}
    with contextlib.suppress(BadSettings, LinodeError):
        pins = PinFile.read(pins_file(stack)).pins
    pinned = {*map(group_of, pins)}
    groups = {_called_by(server, pinned) for server in servers}
    found: dict[str, dict[str, str]] = {}
    for key, pin in pins.items():
        if (group := group_of(key)) in groups:
            found.setdefault(group, {})[key.removeprefix(f"{group}/")] = pin.why
    return found


def _called_by(server: str, groups: Collection[str]) -> str:
    """Servers are called by their group, and by a number or by the label or id of one that was there before."""
    return max((group for group in groups if server.startswith(f"{group}-")), key=len, default="")


def shared(deployment: Mapping[str, Any]) -> dict[str, Facts]:
    """By what and which: "firewall web"."""
    found: dict[str, Facts] = {}
    for one in _there(deployment):
        kind, outputs = str(one["type"]).removeprefix(TYPE_TOKENS), one.get("outputs") or {}
        if kind in SHARED:
            own = {
                key: outputs[key] for key in ("ipv4", "monthly_usd") if kind != "Subnet" and key in outputs
            }
            own |= {"ipv4": outputs["address"]} if "address" in outputs else {}
            found[f"{SHARED[kind]} {_name(one)}"] = {"id": one.get("id"), **own}
    return found


def monthly_usd(deployment: Mapping[str, Any]) -> float:
    """What all that the state has costs, as far as its prices are known."""
    ours = (one for one in _there(deployment) if str(one["type"]).startswith(TYPE_TOKENS))
    outputs = (one.get("outputs") or {} for one in ours)
    return sum(usd for each in outputs if isinstance(usd := each.get("monthly_usd"), (int, float)))


def _there(deployment: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The resources that the stack made and has."""
    for one in deployment.get("resources") or ():
        if not one.get("external") and not one.get("delete"):
            yield one


def _name(one: Mapping[str, Any]) -> str:
    return str(one["urn"]).rpartition("::")[2]


def of_state(deployment: Mapping[str, Any], declared: Mapping[str, Facts]) -> dict[str, Facts]:
    """By name. What `up` has declared and the state has no more is gone: a refresh took it out."""
    there = {
        _name(one): {"id": one.get("id"), **(one.get("outputs") or {})}
        for one in _there(deployment)
        if one["type"] == f"{TYPE_TOKENS}Instance"
    }
    found = {name: {key: facts[key] for key in FACTS if key in facts} for name, facts in there.items()}
    return {
        name: {**declared.get(name, {}), **found.get(name, {"status": GONE})}
        for name in sorted({*found, *declared})
    }


def _as_the_api_says(run: Run, servers: Mapping[str, Facts]) -> dict[str, Facts]:
    from providers.linode.resources.instance.spec import SPEC

    accounts.learn(run)
    session = sessions.of_stack(run.stack)
    there = {str(one.id): one for one in SPEC.list(session)}
    found: dict[str, Facts] = {}
    for name, facts in servers.items():
        linode = there.get(str(facts.get("id")))
        now = {"status": GONE} if linode is None else {**linode.model_dump(mode="json"), "id": str(linode.id)}
        found[name] = {**facts, **{key: now[key] for key in FACTS if key in now}}
    return found


def unlike(servers: Mapping[str, Facts]) -> Iterator[str]:
    """A line for each server that is in another power state than declared, and for those that are gone."""
    for name, facts in servers.items():
        status, running = facts.get("status"), facts.get("running")
        if status == GONE:
            yield f"{name} is gone"
        elif running is True and status == "offline":
            yield f"{name} is off, but declared running"
        elif running is False and status == "running":
            yield f"{name} runs, but is declared off"
