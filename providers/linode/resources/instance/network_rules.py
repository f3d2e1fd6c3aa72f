"""What is wrong with an Instance's network: interfaces of either generation, firewalls, and subnets of VPCs.

Source of every rule that names none: POST /linode/instances.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from providers.linode.core.args import NONE
from providers.linode.core.problems import Problem
from providers.linode.core.spec import Checking
from providers.linode.core.values import is_unknown
from providers.linode.nearest import there_are
from providers.linode.resources import guards
from providers.linode.resources.instance import generation
from providers.linode.resources.instance.account_lookups import lookups
from providers.linode.resources.instance.account_records import Firewall, Subnet
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.firewalls import declared, interfaces_of
from providers.linode.resources.instance.interfaces import FIREWALL, Interface, id_of, pairs, parsed
from providers.linode.resources.instance.rules import Check
from providers.linode.resources.places import elsewhere

GUARDS = tuple(name for name, _ in InstanceArgs.naming(guards.KIND))
"""The inputs that name firewalls."""

ONLY_LEGACY = (GUARDS[0], "private_ip", "reserved_ipv4")
MOST_INTERFACES = 3
KEPT_BY_THE_API = 2
"""Addresses at each end of a subnet that no interface gets. Source: POST /linode/instances, interfaces."""


def generations(check: Check) -> Iterator[Problem]:
    """What belongs to one generation of interfaces only, or to none that the account has for new Linodes."""
    args = check.args
    if only := generation.refused(check):
        yield Problem(
            generation.NAME,
            f"is not possible: all new Linodes of this account get {only}. Next: leave it out, or change the "
            "account's setting interfaces_for_new_linodes.",
        )
    for key in (key for key in ONLY_LEGACY if args.value(key) and _may_differ(check, key)):
        found = generation.of(check)
        if found.name == "linode":
            is_theirs = key in InstanceArgs.nested_names()["interfaces"]
            todo = f"put {key} into each of the interfaces" if is_theirs else "leave it out"
            yield Problem(key, f"is for legacy interfaces{_and(found.why)}. Next: {todo}{found.instead}.")
    if args.network_helper is not None and args.interface_generation == "legacy_config":
        yield Problem(
            "network_helper",
            "is for Linode interfaces. Next: leave it out, or interface_generation='linode'.",
        )


def _may_differ(check: Check, key: str) -> bool:
    """Whether an input is new, or not known yet: what a Linode has already is not judged."""
    return (
        not generation.is_there(check) or check.args.value(key) is None or check.is_new(key, generation.NAME)
    )


def _and(why: str) -> str:
    return f", and {why}" if why else ""


def interfaces_together(check: Check) -> Iterator[Problem]:
    """What an API that takes each of the interfaces refuses of all of them."""
    given = check.props.get("interfaces")
    items = parsed(given if isinstance(given, (list, tuple)) else ())
    for reason in (*_of_one_generation(check, items), *_crowded(items), *_without_any(check)):
        yield Problem("interfaces", reason)


def _of_one_generation(check: Check, items: list[Interface]) -> Iterator[str]:
    forms = {item.generation for item in items if item.generation}
    if len(forms) > 1:
        yield "are of both generations. Next: give all a purpose, or all one of public, vlan and vpc."
    elif forms and _may_differ(check, "interfaces"):
        found, form = generation.of(check), next(iter(forms))
        if found.name == "linode" and form != found.name:
            todo = f"give each one of public, vlan and vpc{found.instead}"
            yield f"are legacy ones{_and(found.why)}. Next: {todo}."
        elif found.name and form != found.name:
            yield f"are Linode interfaces{_and(found.why)}. Next: give each a purpose{found.instead}."


def _crowded(items: list[Interface]) -> Iterator[str]:
    """At most 3; one public one, and no VLAN twice. Of Linode interfaces one VPC too, and one default route."""
    kinds = Counter(
        item.kind
        for item in items
        if item.kind == "public" or (item.generation, item.kind) == ("linode", "vpc")
    )
    vlans = Counter(item.vlan for item in items if item.vlan)
    routes = Counter(route for item in items for route in item.routes)
    if len(items) > MOST_INTERFACES:
        yield f"are {len(items)}, and the API takes {MOST_INTERFACES}. Next: drop some."
    for kind in (kind for kind, count in kinds.items() if count > 1):
        yield f"can have only one {kind} interface. Next: drop the others."
    for label in (label for label, count in vlans.items() if count > 1):
        yield f"have the VLAN '{label}' twice. Next: drop one."
    for route in (route for route, count in routes.items() if count > 1):
        yield f"can have only one {route}. Next: leave it to one of them."


def _without_any(check: Check) -> Iterator[str]:
    booted = check.props.get("booted")
    stays_off = booted is False or is_unknown(booted)
    boots = (check.args.image or check.args.backup_id) and not stays_off
    are_left = check.old is not None and not check.replaces and not check.gives("interfaces")
    lacks = not check.props.get("interfaces") and not are_left
    if boots and lacks and (found := generation.of(check)).name == "linode":
        todo = f"give one{found.instead if found.why else ''}"
        yield f"needs at least one, or the Linode can't boot{_and(found.why)}. Next: {todo}."


def first_addresses(check: Check) -> Iterator[Problem]:
    """A new Linode has no public address yet."""
    if check.old is not None and not check.replaces:
        return
    for number, item in enumerate(parsed(check.args.interfaces)):
        if item.nat and item.nat != "any":
            yield Problem(
                "interfaces",
                f"[{number}].ipv4.nat_1_1 can't be an address, as a new Linode has none yet. Next: say 'any'.",
            )


def doubts(check: Check) -> Iterator[str]:
    """What the API takes, and what is probably not meant."""
    if not check.is_new(*GUARDS, "region"):
        return
    wanted = firewalls_of(check.args)
    there = lookups(check.session).holding("firewalls", wanted) if wanted else None
    for id_ in wanted:
        firewall = (there or {}).get(id_)
        if firewall is not None and firewall.status != "enabled":
            yield f"firewall {firewall} is {firewall.status}: it lets everything through"
    yield from guards.LINODE.doubts(check)
    yield from _exchanged(check)


def _exchanged(check: Check) -> Iterator[str]:
    """Whose firewall loses an interface that stays and gets another one, or none."""
    linode = check.mine
    if linode is None or linode.interface_generation != "linode" or check.replaces:
        return
    old = (check.old.interfaces if check.old is not None and not check.adopts else None) or []
    new = check.args.interfaces or []
    if [row.get(FIREWALL) for row in old] == [row.get(FIREWALL) for row in new]:
        return
    there = interfaces_of(check.session, linode.id)
    before = {id_of(match): row.get(FIREWALL) for row, match in pairs(there, old) if match is not None}
    for row, match in pairs(there, new):
        if match is not None and FIREWALL in row:
            id_ = id_of(match)
            yield from guards.taken(check, guards.INTERFACE, [id_], row[FIREWALL], before.get(id_))


def firewalls_of(args: InstanceArgs) -> dict[int, str]:
    """The firewalls that the Linode and its interfaces name, and the input that does so first."""
    found: dict[int, str] = {}
    for name, kind, id_ in args.names():
        if kind == guards.KIND and isinstance(id_, int) and id_ != NONE:
            found.setdefault(id_, name)
    return found


def comes_out(was: InstanceArgs, new: InstanceArgs) -> bool:
    """Whether it had firewalls, and no public interface has one then."""
    faces = parsed(new.interfaces)
    named = [guards.LINODE.declared(new), *(each.firewall for each in faces if each.kind == "public")]
    return NONE in named and not any(named) and bool(firewalls_of(was))


def _firewalls(check: Check) -> Iterator[Problem]:
    wanted = firewalls_of(check.args)
    if not wanted or not check.is_new(*GUARDS, "region"):
        return
    firewalls: Mapping[int, Firewall] | None = lookups(check.session).holding("firewalls", wanted)
    if firewalls is None:
        return
    listed = there_are((firewall.id, firewall.label) for firewall in firewalls.values())
    for id_, name in wanted.items():
        if id_ not in firewalls and check.session.lacks(f"{guards.WALLS}/{id_}"):
            yield Problem(
                name,
                f"firewall {id_} does not exist in this account{listed}. Next: correct it, or 0 for none.",
            )


def _unguarded(check: Check) -> Iterator[Problem]:
    """Interfaces that leave their firewall to the account, where the account has no default one for their kind."""
    bare = unguarded(parsed(check.args.interfaces))
    if not bare or not check.is_new("interfaces", "region"):
        return
    if (defaults := guards.defaults(check.session)) is None:
        return
    for number, kind in bare:
        if not defaults.get(f"{kind}_interface"):
            yield Problem(
                "interfaces",
                f"[{number}] needs {FIREWALL}: the account has no default firewall for {kind} interfaces. "
                "Next: name one, or 0 for none.",
            )


def unguarded(items: list[Interface]) -> list[tuple[int, str]]:
    """Number and kind of the Linode interfaces that name no firewall; a VLAN has none."""
    return [
        (number, str(item.kind))
        for number, item in enumerate(items)
        if item.generation == "linode" and item.kind in ("public", "vpc") and not item.names_firewall
    ]


def _subnets(check: Check) -> Iterator[Problem]:
    if check.is_new("interfaces", "region"):
        wanted = [
            (item.subnet_id, item.addresses) for item in parsed(check.args.interfaces) if item.subnet_id
        ]
        yield from in_subnets(check, "interfaces", wanted, "use another, or leave it to the API")


def in_subnets(
    check: Checking[Any],
    field: str,
    wanted: Sequence[tuple[int, Sequence[str]]],
    todo: str,
    noun: str = "Linode",
) -> Iterator[Problem]:
    """Subnets that an input names, which aren't there or are in another region, and addresses that they can't give."""
    ids = dict.fromkeys(subnet_id for subnet_id, _ in wanted)
    subnets: Mapping[int, Subnet] | None = lookups(check.session).holding("subnets", ids) if ids else None
    if subnets is None:
        return
    region = check.args.region
    for subnet_id in ids:
        if (subnet := subnets.get(subnet_id)) is None:
            there = [each for each in subnets.values() if region in ("", each.region)]
            listed = there_are((each.id, each.label) for each in there)
            yield Problem(
                field, f"subnet {subnet_id} is in no VPC of this account{listed}. Next: correct it."
            )
        else:
            yield from elsewhere(check, field, f"subnet {subnet_id}", subnet.region, noun)
    for subnet_id, addresses in wanted:
        subnet = subnets.get(subnet_id)
        for address in addresses if subnet else ():
            if subnet and not _gives(subnet, address):
                why = f"{address} is no usable address of subnet {subnet.id} ({subnet.ipv4})"
                yield Problem(field, f"{why}. Next: {todo}.")


def _gives(subnet: Subnet, address: str) -> bool:
    """Whether a subnet may give an address; what is no address, or of no known range, is judged elsewhere."""
    try:
        network, wanted = ipaddress.IPv4Network(subnet.ipv4 or ""), ipaddress.IPv4Address(address)
    except ValueError:
        return True
    place = int(wanted) - int(network.network_address)
    return KEPT_BY_THE_API <= place < network.num_addresses - KEPT_BY_THE_API


def attached(check: Check) -> Iterator[Problem]:
    """Against the account: firewalls, and subnets of VPCs."""
    yield from _firewalls(check)
    yield from agreed(check)
    yield from _unguarded(check)
    yield from _subnets(check)


def agreed(check: Check) -> Iterator[Problem]:
    """Nothing of it that declares its firewall is in the list of another one."""
    yield from guards.LINODE.agreed(check)
    yield from guards.listed_otherwise(check, guards.INTERFACE, partial(declared, check))
