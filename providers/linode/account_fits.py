"""What is wrong with an Instance's inputs against what else the account holds. Pure.

What can't be known stays None, and is not judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from providers.linode.holding_records import (
    Backup,
    Firewall,
    ReservedAddress,
    StackScript,
    Subnet,
)
from providers.linode.interface_models import generation_of, kind_of
from providers.linode.nearest import did_you_mean
from providers.linode.problems import Problem
from providers.linode.script_fits import misscripted

Props = Mapping[str, object]

MOST_LISTED = 5


@dataclass(frozen=True)
class Held:
    """What was looked up for one resource; None is what was not asked for, or can't be known."""

    group_regions: Mapping[int, str] | None = None
    firewalls: Mapping[int, Firewall] | None = None
    default_firewalls: Mapping[str, int | None] | None = None
    usernames: Collection[str] | None = None
    addresses: Mapping[str, ReservedAddress] | None = None
    subnets: Mapping[int, Subnet] | None = None
    stackscripts: Mapping[int, StackScript] | None = None
    backups: Mapping[int, Backup] | None = None
    own_linodes: Collection[int] = ()
    """The Linodes that this resource has, or takes over: what they have will be free for it."""


def misheld(inputs: Props, props: Props, held: Held, disk_mb: int | None) -> Iterator[Problem]:
    """Everything wrong with what is named by id. `disk_mb` is the plan's disk."""
    yield from _placement_group(inputs, held)
    yield from _firewalls(inputs, held)
    yield from _unguarded(inputs, held)
    yield from _users(inputs, held)
    yield from _address(inputs, held)
    yield from _subnets(inputs, held)
    yield from misscripted(inputs, props, held.stackscripts)
    yield from _backup(inputs, held, disk_mb)


def doubts(inputs: Props, held: Held) -> Iterator[str]:
    """What the API takes, and what is probably not meant."""
    for firewall_id in firewall_ids(inputs):
        firewall = (held.firewalls or {}).get(firewall_id)
        if firewall is not None and firewall.status != "enabled":
            yield f"firewall {firewall_id} ({firewall.label}) is {firewall.status}: it lets everything through"


def _placement_group(inputs: Props, held: Held) -> Iterator[Problem]:
    group = inputs.get("placement_group")
    if not isinstance(group, int) or held.group_regions is None:
        return
    region = held.group_regions.get(group)
    if region is None:
        yield Problem("placement_group", f"{group} does not exist in this account. Next: correct the number.")
    elif inputs.get("region", region) != region:
        yield Problem(
            "placement_group",
            f"{group} is in {region}, and the Linode in {inputs['region']}. Next: use one of there.",
        )


def _firewalls(inputs: Props, held: Held) -> Iterator[Problem]:
    if held.firewalls is None:
        return
    listed = _listed((firewall.id, firewall.label) for firewall in held.firewalls.values())
    for firewall_id in firewall_ids(inputs):
        if firewall_id not in held.firewalls:
            field = "firewall_id" if inputs.get("firewall_id") == firewall_id else "interfaces"
            yield Problem(
                field, f"firewall {firewall_id} does not exist in this account{listed}. Next: correct it."
            )


def _unguarded(inputs: Props, held: Held) -> Iterator[Problem]:
    """Interfaces that leave their firewall to the account, where the account has no default one for their kind."""
    if held.default_firewalls is None:
        return
    for number, kind in unguarded(inputs):
        if not held.default_firewalls.get(f"{kind}_interface"):
            yield Problem(
                "interfaces",
                f"[{number}] needs firewall_id: the account has no default firewall for {kind} interfaces. "
                "Next: name one, or 0 for none.",
            )


def _users(inputs: Props, held: Held) -> Iterator[Problem]:
    names = inputs.get("authorized_users")
    if held.usernames is None or not isinstance(names, list):
        return
    for name in (str(name) for name in names if name not in held.usernames):
        near = did_you_mean(name, held.usernames) or _listed((each, "") for each in held.usernames)
        yield Problem(
            "authorized_users", f"{name!r} is no user of this account{near}. Next: correct the name."
        )


def _address(inputs: Props, held: Held) -> Iterator[Problem]:
    wanted = inputs.get("reserved_ipv4")
    if held.addresses is None or wanted is None:
        return
    found, region = held.addresses.get(str(wanted)), inputs.get("region")
    if found is None:
        near = did_you_mean(str(wanted), held.addresses)
        yield Problem(
            "reserved_ipv4",
            f"{wanted} is no reserved address of this account{near}. Next: correct or reserve it.",
        )
        return
    if region is not None and found.region != region:
        yield Problem(
            "reserved_ipv4",
            f"{wanted} is in {found.region}, and the Linode in {region}. Next: use one of there.",
        )
    if found.linode_id is not None and found.linode_id not in held.own_linodes:
        yield Problem(
            "reserved_ipv4", f"{wanted} is assigned to Linode {found.linode_id}. Next: use one that is free."
        )


def _subnets(inputs: Props, held: Held) -> Iterator[Problem]:
    if held.subnets is None:
        return
    region = inputs.get("region")
    for subnet_id in subnet_ids(inputs):
        subnet = held.subnets.get(subnet_id)
        if subnet is None:
            there = [each for each in held.subnets.values() if region in (None, each.region)]
            listed = _listed((each.id, each.label) for each in there)
            yield Problem(
                "interfaces", f"subnet {subnet_id} is in no VPC of this account{listed}. Next: correct it."
            )
        elif region is not None and subnet.region != region:
            yield Problem(
                "interfaces",
                f"subnet {subnet_id} is in {subnet.region}, and the Linode in {region}. Next: use one of there.",
            )


def _backup(inputs: Props, held: Held, disk_mb: int | None) -> Iterator[Problem]:
    wanted, region = inputs.get("backup_id"), inputs.get("region")
    if held.backups is None or not isinstance(wanted, int):
        return
    backup = held.backups.get(wanted)
    if backup is None:
        yield Problem("backup_id", f"{wanted} is no backup of this account's Linodes. Next: correct the id.")
        return
    if backup.status != "successful":
        yield Problem(
            "backup_id", f"{wanted} is {backup.status}, and only a successful one is restored. Next: wait."
        )
    if region is not None and backup.region != region:
        yield Problem(
            "backup_id", f"{wanted} is in {backup.region}, and the Linode in {region}. Next: create it there."
        )
    if disk_mb is not None and backup.size_mb > disk_mb:
        yield Problem(
            "backup_id",
            f"{wanted} has disks of {backup.size_mb} MB, and the plan has {disk_mb} MB. Next: a larger type.",
        )


def firewall_ids(inputs: Props) -> list[int]:
    """The firewalls that the Linode and its interfaces name; 0 is none."""
    own = inputs.get("firewall_id")
    found = [own, *(item.get("firewall_id") for item in _interfaces(inputs))]
    return [each for each in dict.fromkeys(found) if isinstance(each, int) and each]


def unguarded(inputs: Props) -> list[tuple[int, str]]:
    """Number and kind of the Linode interfaces that name no firewall; a VLAN has none."""
    return [
        (number, str(kind_of(item)))
        for number, item in enumerate(_interfaces(inputs))
        if generation_of(item) == "linode"
        and kind_of(item) in ("public", "vpc")
        and "firewall_id" not in item
    ]


def subnet_ids(inputs: Props) -> list[int]:
    """The subnets that interfaces of either generation name."""
    found = []
    for item in _interfaces(inputs):
        inner = item.get("vpc")
        found.append(inner.get("subnet_id") if isinstance(inner, Mapping) else item.get("subnet_id"))
    return [each for each in dict.fromkeys(found) if isinstance(each, int) and each]


def _interfaces(inputs: Props) -> list[Mapping[str, object]]:
    items = inputs.get("interfaces")
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _listed(things: Iterable[tuple[object, str]]) -> str:
    """` (there are 12 web, 13 db)`, to be put behind a sentence."""
    found = sorted(f"{id_} {label}".strip() for id_, label in things)
    more = f" and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
    return f" (there are {', '.join(found[:MOST_LISTED]) or 'none'}{more})"
