"""What a firewall's lists name: taken from where it is, told whose it was, and left to one firewall of a program.

Source: POST /networking/firewalls, devices.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import pulumi

from providers.linode.api.client import LinodeClient
from providers.linode.api.refusals import if_allowed
from providers.linode.core.owner import Owner, stems
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Spec, Update
from providers.linode.core.values import is_unknown
from providers.linode.resources import guards, nodebalancer
from providers.linode.resources.account import this_run
from providers.linode.resources.base import GUARDED, called
from providers.linode.resources.instance import firewalls, spec as instance
from providers.linode.resources.instance.interfaces import FIREWALL

SORTS = {each.key: each for each in (guards.LINODE, guards.INTERFACE, guards.BALANCER)}
"""By input."""

WHOLE: Mapping[str, Spec[Any, Any]] = {
    guards.LINODE.key: instance.SPEC,
    guards.BALANCER.key: nodebalancer.SPEC,
}
"""The kinds of what can be guarded as a whole, by input."""

OTHERS = "others"
"""What the program has behind its other firewalls, by input: told with each firewall, for the engine may have it
changed before it asks for the others."""

AGAINST = "against"
"""What it contradicts in the program: told with each firewall, as ids are unknown before the first `up`."""

Named = Mapping[str, Collection[str]]
"""By input, ids and what stands for one in a program: `Instance::web-1`."""

ONE_ENABLED = "one enabled firewall guards it. Next: leave it to one of them."

_in_program: WeakKeyDictionary[object, dict[str, Named]] = WeakKeyDictionary()
"""By run, the firewalls in force, by name."""


def told_of_others(name: str, args: Any, ignored: Collection[str]) -> dict[str, pulumi.Output[str]]:
    """What the other ones name, and what names its firewall itself, once the program has declared it all: an output is
    asked for after that. An id that is made of others is not among it: to wait for it may be to wait for this firewall.
    What is `ignored` stays as it is, and takes nothing. As one text, of JSON: the SDK takes as long for each item of a
    list.
    """
    lists = {key: rows for key in SORTS if (rows := args.value(key)) is not None}
    run = this_run()
    walls = _in_program.setdefault(run, {})
    if not isinstance(args.status, pulumi.Output) and args.status != "disabled":
        walls[name] = {
            key: dict.fromkeys(filter(None, map(called, rows)))
            for key, rows in lists.items()
            if isinstance(rows, (list, tuple)) and key not in ignored
        }
    if not lists:
        return {}

    def of_others(_: object) -> str:
        of_their_own = {
            key: [each for each in GUARDED.get(run, ()) if each.startswith(f"{spec.kind}::")]
            for key, spec in WHOLE.items()
        }
        others = [of_their_own, *(names for other, names in walls.items() if other != name)]
        return json.dumps(
            {key: sorted({each for names in others for each in names.get(key, ())}) for key in lists}
        )

    def against(_: object) -> str:
        return json.dumps([*_contradictions(name, walls, GUARDED.get(run, {}))])

    declared = pulumi.Output.from_input(name)
    return {OTHERS: declared.apply(of_others), AGAINST: declared.apply(against)}


def _contradictions(
    name: str, walls: Mapping[str, Named], guarded: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Inputs of a firewall, and why not both can be: of what the program names by its resource."""
    mine = [(key, each) for key, names in walls.get(name, {}).items() for each in names if "::" in each]
    for key, each in mine:
        shown = "{} '{}'".format(*each.split("::", 1))
        for other, names in walls.items():
            if other != name and each in names.get(key, ()):
                yield key, f"has {shown}, as '{other}' in this program has: {ONE_ENABLED}"
        wall, _, its = guarded.get(each, "").partition("::")
        if wall == "0" or (its in walls and its != name):
            why = f"which declares {FIREWALL} {repr(its) if its else 0} itself"
            yield key, f"has {shown}, {why}: {guards.ONE_GUARD}"


def noted(session: Session, news: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a firewall without what the program tells besides, which is kept as long as the run lasts."""
    found = dict(news)
    for key in (OTHERS, AGAINST):
        if isinstance(names := found.pop(key, None), str):
            _told(session, key)[Owner.from_props(found).name] = json.loads(names)
    return found


def _told(session: Session, key: str) -> dict[str, Any]:
    """By firewall, what the program told under that key."""
    return session.asked(key, dict[str, Any])


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
        for each in session.planned_of(guards.KIND)
        if each.owner.name != owner.name and each.args.status != "disabled"
        for id_ in _ids(each.args, key)
    }


def _taken_elsewhere(update: Update[Any, Any], key: str) -> Collection[object]:
    """What another firewall of the program takes, or will once the engine has got to it."""
    session, owner = update.session, update.owner
    names = _told(session, OTHERS).get(owner.name, {}).get(key, ())
    found: set[object] = {
        *_elsewhere(session, owner, key),
        *(int(name) for name in names if name.isdecimal()),
    }
    spec = WHOLE.get(key)
    its = [name.partition("::")[2] for name in names if spec and name.startswith(f"{spec.kind}::")]
    if spec and its:
        there = {stem: row.id for row in session.rows(spec) for stem in stems(row.tags)}
        found |= {there.get(replace(owner, name=name).stem()) for name in its}
    return found


def guard(update: Update[Any, Any]) -> None:
    """Have what is declared stand behind it. What another firewall of the program takes is left to that, so that it is
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
        goes = there.keys() - {*wanted}
        for id_ in goes - {*(_taken_elsewhere(update, key) if goes else ())}:
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
                f"each of them as {FIREWALL}.",
            )


def alone(check: Checking[Any]) -> Iterator[Problem]:
    """Two in force would take it from each other in every run, and behind a disabled one comes only what has none."""
    against = _told(check.session, AGAINST).get(check.owner.name, ())
    yield from (Problem(key, why) for key, why in against)
    for key in SORTS if not against else ():
        others = _elsewhere(check.session, check.owner, key)
        named = _new(check, key) if check.args.status == "disabled" else _ids(check.args, key)
        for id_ in (id_ for id_ in named if id_ in others):
            yield Problem(key, f"has {id_}, as '{others[id_]}' in this program has: {ONE_ENABLED}")


def agreed(check: Checking[Any]) -> Iterator[Problem]:
    """Nothing in its lists declares another firewall, or none, itself."""
    own = str(check.mine.id) if check.mine is not None and not check.is_recreated else ""
    for key, sort in SORTS.items() if check.args.status != "disabled" else ():
        named = _ids(check.args, key)
        for name, wanted in _declared(check.session, sort) if named else ():
            for id_ in named:
                firewall = wanted.get(id_)
                if (
                    firewall is not None
                    and str(firewall) != own
                    and not guards.is_disabled(check.session, firewall)
                ):
                    why = f"has {id_}, for which '{name}' in this program declares {FIREWALL} {firewall}"
                    yield Problem(key, f"{why}: {guards.ONE_GUARD}")


def _declared(session: Session, sort: guards.Sort) -> Iterator[tuple[str, Mapping[int, int]]]:
    """By the name of a resource of this program, the firewalls that it declares, by the id of what is guarded."""
    if not sort.kind:
        for each in session.planned_of(instance.SPEC.kind):
            yield each.owner.name, firewalls.declared(each)
        return
    made = {stem: record.id for record in session.made_of(sort.kind) for stem in stems(record.tags)}
    for each in session.planned_of(sort.kind):
        stays = each.mine is not None and not each.is_recreated
        own = each.mine.id if stays else made.get(each.owner.stem())
        firewall = sort.declared(each.args)
        if own is not None and firewall is not None:
            yield each.owner.name, {own: firewall}


def taken(check: Checking[Any]) -> Iterator[str]:
    """Whose firewall loses what comes."""
    own = check.mine.id if check.mine is not None else None
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
