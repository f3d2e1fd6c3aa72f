"""What a firewall's lists name: taken from where it is, told whose it was, and left to one firewall of a program.

Source: POST /networking/firewalls, devices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from providers.linode.api.client import LinodeClient
from providers.linode.api.refusals import if_allowed
from providers.linode.core.owner import Owner
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Update
from providers.linode.core.values import is_unknown
from providers.linode.resources import guards
from providers.linode.resources.instance import spec as instance

SORTS = {"linodes": guards.LINODE, "interfaces": guards.INTERFACE, "nodebalancers": guards.BALANCER}
"""By input."""


def _ids(args: Any, key: str) -> list[int]:
    found: list[int] | None = args.value(key)
    return found or []


def _new(check: Checking[Any], key: str) -> list[int]:
    """What was not behind it before."""
    old = _ids(check.old, key) if check.old is not None else ()
    return [id_ for id_ in _ids(check.args, key) if id_ not in old]


def _elsewhere(session: Session, owner: Owner, key: str) -> dict[object, str]:
    """What this run's program has behind its other firewalls that are in force, with their names."""
    return {
        id_: each.owner.name
        for (kind, _), each in [*session.planned.items()]
        if kind == "Firewall" and each.owner.name != owner.name and each.args.status != "disabled"
        for id_ in _ids(each.args, key)
    }


def guard(update: Update[Any, Any]) -> None:
    """Have what is declared stand behind it. What another firewall of this run takes is left to that, so that it is
    never without rules. A change of status goes first: a disabled one may stand beside another, an enabled one may not.
    """
    session, wall = update.session, update.record
    if "status" in update.takes:
        session.client.put(f"{guards.WALLS}/{wall.id}", {"status": update.wanted.status})
    devices, is_enabled = session.client.devices(wall.id), (update.wanted.status or wall.status) == "enabled"
    for key, sort in SORTS.items():
        if update.wanted.value(key) is None:
            continue
        there = {device.entity.id: device for device in devices if device.entity.type in sort.types}
        wanted = _ids(update.wanted, key)
        for id_ in there.keys() - {*wanted} - _elsewhere(session, update.owner, key).keys():
            session.client.detach(wall.id, there[id_])
        comes = [id_ for id_ in wanted if id_ not in there]
        guards.put_behind(session.client, wall.id, sort, comes, is_enabled=is_enabled)


def free(client: LinodeClient, devices: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """What a create request may name: the rest is exchanged once the firewall is there."""
    walls = guards.in_force(guards.of_account(client))
    there = {key: guards.held(walls, sort) for key, sort in SORTS.items()}
    return {key: [id_ for id_ in ids if id_ not in there[key]] for key, ids in devices.items()}


def whole(check: Checking[Any]) -> Iterator[Problem]:
    """Linodes that are put behind it as a whole; one with Linode interfaces has a firewall for each of these."""
    for id_ in _new(check, "linodes"):
        linode = if_allowed(partial(check.session.listed, instance.SPEC, str(id_)))
        if linode is not None and linode.interface_generation == "linode":
            yield Problem(
                "linodes",
                f"has {id_}, which has Linode interfaces. Next: name these in interfaces, or this firewall in "
                "each of them as firewall_id.",
            )


def alone(check: Checking[Any]) -> Iterator[Problem]:
    """Two in force would take it from each other in every run, and behind a disabled one comes only what has none."""
    for key in SORTS:
        others = _elsewhere(check.session, check.owner, key)
        named = _new(check, key) if check.args.status == "disabled" else _ids(check.args, key)
        for id_ in (id_ for id_ in named if id_ in others):
            why = f"has {id_}, as '{others[id_]}' in this program has: one enabled firewall guards it"
            yield Problem(key, f"{why}. Next: leave it to one of them.")


def taken(check: Checking[Any]) -> Iterator[str]:
    """Whose firewall loses what comes."""
    own = [check.mine.id if check.mine is not None else None]
    for key, sort in SORTS.items() if check.args.status != "disabled" else ():
        yield from guards.taken(check, sort, _new(check, key), own)


def bare(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    """What the firewall no longer stands before, by inputs in normal form."""
    for key, sort in SORTS.items():
        old, now = before.get(key), after.get(key)
        if isinstance(old, list) and isinstance(now, list) and not is_unknown(now):
            yield from (
                f"{sort.noun} {id_}, unless another firewall takes it" for id_ in old if id_ not in now
            )
