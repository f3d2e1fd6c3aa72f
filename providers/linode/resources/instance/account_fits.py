"""What is wrong with an Instance's inputs against what else the account holds. Pure.

What can't be known stays None, and is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.linode.core.account_records import Held
from providers.linode.core.problems import Problem
from providers.linode.nearest import did_you_mean, there_are
from providers.linode.resources.instance.network_fits import firewall_ids, misconnected
from providers.linode.resources.instance.script_fits import misscripted

Props = Mapping[str, object]


def misheld(inputs: Props, props: Props, held: Held, disk_mb: int | None) -> Iterator[Problem]:
    """Everything wrong with what is named by id. `disk_mb` is the plan's disk."""
    yield from _placement_group(inputs, held)
    yield from misconnected(inputs, held)
    yield from _users(inputs, held)
    yield from _address(inputs, held)
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


def _users(inputs: Props, held: Held) -> Iterator[Problem]:
    names = inputs.get("authorized_users")
    if held.usernames is None or not isinstance(names, list):
        return
    for name in (str(name) for name in names if name not in held.usernames):
        near = did_you_mean(name, held.usernames) or there_are((each, "") for each in held.usernames)
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
