"""Linode interfaces: the newer generation, which belongs to the Linode and carries its own firewall.

A Linode's addresses are those of its interfaces. Interfaces change only while the Linode is off or being made.
Source: API pages "Add a Linode interface", "Update a Linode interface", "Update a Linode's interface settings".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from emulators.linode_api import addresses, events, firewalls, interface_checks, ips, records, subnets
from emulators.linode_api.account import Account
from emulators.linode_api.errors import bad_request
from emulators.linode_api.interface_checks import addresses_of, kind_of
from emulators.linode_api.linodes import Linode, find_linode, require_off, save, with_body
from emulators.linode_api.records import Record
from emulators.linode_api.validation import raise_if

Json = dict[str, Any]
Body = Mapping[str, Any]

MUST_BE_OFF = "Linode must be powered off to change its interfaces."


def all_interfaces(account: Account, linode_id: int) -> list[Record]:
    return records.all_of(account, "interface", linode_id)


def interface_row(account: Account, interface: Record) -> Json:
    """`default_route` says for which protocols it is the way out."""
    body = interface.body
    linode = find_linode(account, interface.parent_id or 0)
    return {
        "id": interface.id,
        "mac_address": mac_address(interface.id),
        **interface.dates,
        "default_route": default_route(account, interface),
        "version": body["version"],
        "vpc": body["vpc"],
        "public": body["public"] and {**body["public"], "ipv6": public_ipv6(linode)},
        "vlan": body["vlan"],
    }


def public_ipv6(linode: Linode) -> Json:
    address = (linode.body["ipv6"] or "").partition("/")[0]
    return {"ranges": [], "shared": [], "slaac": [{"address": address, "prefix": 64}] if address else []}


def mac_address(interface_id: int) -> str:
    low = f"{interface_id & 0xFFFFFFFF:08x}".upper()
    return ":".join(["22", "00", low[:2], low[2:4], low[4:6], low[6:]])


def require_generation(linode: Linode) -> None:
    if linode.body["interface_generation"] != "linode":
        raise bad_request("Linode uses legacy configuration interfaces, not Linode interfaces.")


def install(account: Account, linode: Linode, wanted: Sequence[Body]) -> Linode:
    """The interfaces of a new Linode, already checked; gives it their addresses."""
    for entry in wanted:
        add_record(account, linode, entry)
    return with_addresses(account, linode)


def add_record(account: Account, linode: Linode, entry: Body) -> Record:
    kind = str(kind_of(entry))
    body: Json = {"version": 1, "public": None, "vpc": None, "vlan": None}
    body["default_route"] = dict(entry.get("default_route") or {})
    made = records.add(account, "interface", body, linode.id)
    made = records.change(account, made, {kind: placed(account, linode, made, kind, entry[kind])})
    if entry.get("firewall_id"):
        firewall = records.find(account, "firewall", entry["firewall_id"])
        device = {"type": "linode_interface", "entity_id": made.id, "linode_id": linode.id}
        records.add(account, "device", device, firewall.id)
        events.notify(account, "firewall_device_add", firewalls.entity(firewall), linode.entity)
    return made


def placed(account: Account, linode: Linode, interface: Record, kind: str, wanted: Body) -> Json:
    """One kind of interface with its addresses decided; `auto` keeps those it has."""
    if kind == "vlan":
        return {"vlan_label": wanted["vlan_label"], "ipam_address": wanted.get("ipam_address") or None}
    asked = addresses_of(wanted)
    had = (interface.body[kind] or {}).get("ipv4", {}).get("addresses", [])
    main = [number for number, one in enumerate(asked) if one.get("primary")] or [0]
    rows = []
    for number, one in enumerate(asked):
        old = had[number] if number < len(had) else None
        row: Json = {"address": None, "primary": number == main[0]}
        if kind == "public":
            row["address"] = public_address(account, linode, one.get("address", "auto"), old)
        else:
            row |= vpc_address(account, interface, wanted, one, old)
        rows.append(row)
    if kind == "public":
        return {"ipv4": {"addresses": rows, "shared": []}}
    subnet = subnets.find(account, wanted["subnet_id"])
    ranges = [{"range": one["range"]} for one in (wanted.get("ipv4") or {}).get("ranges") or []]
    ipv4 = {"addresses": rows, "ranges": ranges}
    return {"vpc_id": subnet.parent_id, "subnet_id": subnet.id, "ipv4": ipv4}


def public_address(account: Account, linode: Linode, wanted: str, old: Body | None) -> str:
    """An automatic one: the one held so far, the one every Linode starts with, or a new one."""
    if wanted != "auto":
        ips.assign_reserved(account, wanted, linode.id)
        return wanted
    if old:
        return str(old["address"])
    first = addresses.public_ipv4(linode.id)
    return ips.new_public(account) if first in linode.body["ipv4"] else first


def vpc_address(account: Account, interface: Record, vpc: Body, one: Body, old: Body | None) -> Json:
    subnet = subnets.find(account, vpc["subnet_id"])
    address = subnets.take_address(account, subnet, one.get("address", "auto"), interface.id)
    nat = one.get("nat_1_1_address")
    if nat == "auto":
        nat = (old or {}).get("nat_1_1_address") or ips.new_public(account)
    return {"address": address, "nat_1_1_address": nat}


def with_addresses(account: Account, linode: Linode) -> Linode:
    """The Linode's `ipv4` and `ipv6` as its interfaces have them."""
    ipv4: list[str] = []
    has_public = False
    for interface in all_interfaces(account, linode.id):
        public, vpc = interface.body["public"], interface.body["vpc"]
        has_public = has_public or public is not None
        ipv4 += [one["address"] for one in (public or {}).get("ipv4", {}).get("addresses", [])]
        nats = [one["nat_1_1_address"] for one in (vpc or {}).get("ipv4", {}).get("addresses", [])]
        ipv4 += [nat for nat in nats if nat]
    ipv6 = (linode.body["ipv6"] or addresses.ipv6(linode.id)) if has_public else None
    return with_body(linode, {"ipv4": list(dict.fromkeys(ipv4)), "ipv6": ipv6})


def create(account: Account, linode: Linode, body: Body) -> Record:
    """POST interfaces: while the Linode is off."""
    require_generation(linode)
    held = [interface.body for interface in all_interfaces(account, linode.id)]
    problems = interface_checks.problems_of(account, [dict(body)], linode.body["region"], held)
    raise_if([((field and field.removeprefix("interfaces[0].").replace("interfaces[0]", "")) or None, why)
              for field, why in problems])  # fmt: skip
    require_off(account, linode, MUST_BE_OFF)
    with account.database.transaction():
        made = add_record(account, linode, body)
        store(account, linode, "interface_create")
    return made


def update(account: Account, linode: Linode, interface: Record, body: Body) -> Record:
    """PUT interfaces/{id}: the kind stays; a VLAN's label cannot be changed."""
    require_off(account, linode, MUST_BE_OFF)
    kind = str(kind_of(interface.body))
    changes: Json = {"version": interface.body["version"] + 1}
    if body.get("default_route") is not None:
        changes["default_route"] = {**interface.body["default_route"], **body["default_route"]}
    if body.get(kind) is not None:
        wanted = {**interface.body[kind], **body[kind]}
        entry = {"firewall_id": None, kind: wanted}
        known = {one["address"] for one in addresses_of(interface.body[kind])} if kind == "public" else set()
        new = [one for one in addresses_of(wanted) if one.get("address") not in known]
        checked = {**entry, kind: {**wanted, "ipv4": {"addresses": new}}} if kind == "public" else entry
        raise_if(interface_checks.entry_problems(account, checked, linode.body["region"]))
        changes[kind] = placed(account, linode, interface, kind, wanted)
    with account.database.transaction():
        changed = records.change(account, interface, changes)
        store(account, linode, "interface_update")
    return changed


def delete(account: Account, linode: Linode, interface: Record) -> None:
    require_off(account, linode, MUST_BE_OFF)
    with account.database.transaction():
        for device in firewalls.devices_of(account, linode.id):
            if device.body["entity_id"] == interface.id:
                records.remove(account, device)
        records.remove(account, interface)
        store(account, linode, "interface_delete")


def store(account: Account, linode: Linode, action: str) -> None:
    changed = with_addresses(account, linode)
    save(account, replace(changed, updated=account.clock.now()))
    events.notify(account, action, linode.entity)


def eligible(account: Account, linode_id: int) -> tuple[list[int], list[int]]:
    """Interfaces that could be the way out: for IPv4 public and VPC ones, for IPv6 public ones."""
    held = all_interfaces(account, linode_id)
    return (
        [one.id for one in held if one.body["public"] or one.body["vpc"]],
        [one.id for one in held if one.body["public"]],
    )


def chosen_routes(account: Account, linode_id: int) -> tuple[int | None, int | None]:
    """The one that says so, else the first eligible one."""
    held = {one.id: one.body["default_route"] for one in all_interfaces(account, linode_id)}
    found = []
    for protocol, able in zip(("ipv4", "ipv6"), eligible(account, linode_id), strict=True):
        said = [one for one in able if held[one].get(protocol)]
        found.append(next(iter([*said[-1:], *able]), None))
    return found[0], found[1]


def default_route(account: Account, interface: Record) -> Json:
    ipv4, ipv6 = chosen_routes(account, interface.parent_id or 0)
    return {"ipv4": interface.id == ipv4, "ipv6": interface.id == ipv6}


def settings(account: Account, linode: Linode) -> Json:
    require_generation(linode)
    ipv4, ipv6 = chosen_routes(account, linode.id)
    able4, able6 = eligible(account, linode.id)
    helper = linode.body.get("network_helper")
    return {
        "network_helper": account.settings["network_helper"] if helper is None else helper,
        "default_route": {
            "ipv4_interface_id": ipv4,
            "ipv4_eligible_interface_ids": able4,
            "ipv6_interface_id": ipv6,
            "ipv6_eligible_interface_ids": able6,
        },
    }


def change_settings(account: Account, linode: Linode, body: Body) -> Json:
    """`network_helper` and the default routes; the Linode must be off."""
    require_generation(linode)
    helper = body.get("network_helper")
    if not isinstance(helper, bool | None):
        raise bad_request("Must be of type Boolean", "network_helper")
    require_off(account, linode, MUST_BE_OFF)
    with account.database.transaction():
        for protocol, able in zip(("ipv4", "ipv6"), eligible(account, linode.id), strict=True):
            wanted = (body.get("default_route") or {}).get(f"{protocol}_interface_id")
            if wanted is not None and wanted not in able:
                field = f"default_route.{protocol}_interface_id"
                raise bad_request(f"{protocol}_interface_id is not valid", field)
            for one in all_interfaces(account, linode.id) if wanted is not None else []:
                route = {**one.body["default_route"], protocol: one.id == wanted}
                records.change(account, one, {"default_route": route})
        changed = linode if helper is None else with_body(linode, {"network_helper": helper})
        save(account, replace(changed, updated=account.clock.now()))
    return settings(account, changed)
