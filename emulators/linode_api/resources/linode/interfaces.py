"""Linode interfaces: the newer generation, which belongs to the Linode and carries its own firewall.

Each is one of `public`, `vpc`, `vlan`. A Linode's addresses are those of its interfaces, which change only while the
Linode is off or being made. Source: API pages "Add a Linode interface", "Update a Linode interface", "Update a Linode's
interface settings", "Create a Linode"; recording TestInstance_CreateWithLinodeInterfaces. Texts marked * are a choice.
"""

from __future__ import annotations

from collections.abc import Sequence

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Body, Json, bodies, records
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, json_object, matching, problems_in
from emulators.linode_api.core.errors import Problem, bad_request, problem_if, raise_if
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.records import Kind, Record, all_of, change, find, get
from emulators.linode_api.core.routes import FINDERS, Call
from emulators.linode_api.resources import firewalls, ips, vpcs
from emulators.linode_api.resources.linode import linodes
from emulators.linode_api.resources.linode.config_interfaces import IPAM, OF_VLANS, OF_VPCS, VLAN_LABEL
from emulators.linode_api.resources.linode.linodes import Linode, api, find_linode, require_off, save

INTERFACE = Kind("interface", "/linode/instances/{linode}/interfaces/{interface}", first_id=14_000_000)
ALL = "/linode/instances/{linode}/interfaces"
KINDS = ("public", "vpc", "vlan")
MOST = 3
MUST_BE_OFF = "Linode must be powered off to change its interfaces."
VLAN = {  # texts *
    "vlan_label": always(matching(VLAN_LABEL, "Must only use ASCII letters, numbers and dashes")),
    "ipam_address": IPAM,
}


@INTERFACE.shows
def row(account: Account, interface: Record) -> Json:
    """`default_route` says for which protocols it is the way out."""
    body = interface.body
    linode = find_linode(account, interface.parent_id)
    routes = chosen_routes(account, linode.id)
    return {
        "id": interface.id,
        "mac_address": mac_address(interface.id),
        **interface.dates,
        "default_route": {protocol: chosen == interface.id for protocol, chosen in routes.items()},
        "version": body["version"],
        "vpc": body["vpc"],
        "public": body["public"] and {**body["public"], "ipv6": public_ipv6(linode)},
        "vlan": body["vlan"],
    }


def public_ipv6(linode: Linode) -> Json:
    address = (linode["ipv6"] or "").partition("/")[0]
    return {"ranges": [], "shared": [], "slaac": [{"address": address, "prefix": 64}] if address else []}


def mac_address(interface_id: int) -> str:
    low = f"{interface_id & 0xFFFFFFFF:08x}".upper()
    return ":".join(["22", "00", low[:2], low[2:4], low[4:6], low[6:]])


def kind_of(entry: Body) -> str | None:
    """Which of the three it is; None when it is none or several."""
    given = [kind for kind in KINDS if entry.get(kind) is not None]
    return given[0] if len(given) == 1 else None


def problems_of(
    account: Account, wanted: Sequence[Body], region_id: str, held: Sequence[Body] = ()
) -> list[Problem]:
    """Why these are refused beside the ones that are held; fields as `interfaces[0].vpc.subnet_id`."""
    problems: list[Problem] = []
    for number, entry in enumerate(wanted):
        found = entry_problems(account, entry, region_id)
        problems += [(f"interfaces[{number}]" + (f".{name}" if name else ""), why) for name, why in found]
    return problems or together([*held, *wanted])


def together(entries: Sequence[Body]) -> list[Problem]:
    """At most three; one public, one VPC, no VLAN twice. Texts *."""
    problems: list[Problem] = []
    kinds = [kind_of(entry) for entry in entries]
    labels = [entry["vlan"]["vlan_label"] for entry in entries if kind_of(entry) == "vlan"]
    problems += problem_if(len(entries) > MOST, "interfaces", f"A Linode can have up to {MOST} interfaces")
    repeated = [kind for kind in ("public", "vpc") if kinds.count(kind) > 1]
    problems += [("interfaces", f"A Linode can have only one {kind} interface") for kind in repeated]
    if len(labels) != len(set(labels)):
        problems.append(("interfaces", "VLAN interfaces of a Linode must have different labels"))
    return problems


def entry_problems(account: Account, entry: Body, region_id: str) -> list[Problem]:
    kind = kind_of(entry)
    if kind is None or not isinstance(entry[kind], dict):
        return [(None, "Must be one of public, vpc or vlan")]  # *
    legacy = [name for name in ("purpose", "primary", *OF_VPCS, *OF_VLANS) if entry.get(name)]
    problems: list[Problem] = [
        (name, "Only for interfaces of configuration profiles") for name in legacy
    ]  # *
    problems += firewall_problems(account, entry, kind)
    if kind == "vlan":
        problems += problems_in(entry["vlan"], VLAN, "vlan.")
        nowhere = catalogs().lacks(region_id, "Vlans")
        return problems + problem_if(nowhere, "vlan", "VLANs are not available in this region")  # *
    wrong = problems_in(entry[kind], {"ipv4": json_object}, f"{kind}.")
    if wrong:
        return problems + wrong
    check = vpc_problems if kind == "vpc" else public_problems
    return problems + check(account, entry[kind], region_id)


def firewall_problems(account: Account, entry: Body, kind: str) -> list[Problem]:
    """A public or VPC interface must name one, or null for none, where there is no default."""
    wanted = entry.get("firewall_id")
    if kind == "vlan":
        given = wanted is not None
        return problem_if(given, "firewall_id", "Firewalls are not allowed for VLAN interfaces")  # *
    if "firewall_id" not in entry and firewalls.defaults(account)[f"{kind}_interface"] is None:
        return [("firewall_id", "firewall_id is required: there is no default firewall")]  # *
    unknown = wanted is not None and get(account, "firewall", wanted) is None
    return problem_if(unknown, "firewall_id", "firewall_id is not valid")


def vpc_problems(account: Account, vpc: Body, region_id: str) -> list[Problem]:
    subnet = vpcs.subnet_in(account, vpc.get("subnet_id"), region_id)
    if subnet is None:
        return [("vpc.subnet_id", "subnet_id is not valid")]
    ranges = (vpc.get("ipv4") or {}).get("ranges") or []
    problems: list[Problem] = [
        (f"vpc.ipv4.addresses[{number}].address", "Must be a usable address of the subnet")  # *
        for number, wanted in asked_addresses(vpc)
        if not vpcs.is_usable(subnet, wanted)
    ]
    for number, one in enumerate(ranges):
        problems += problems_in(one, {"range": bodies.required()}, f"vpc.ipv4.ranges[{number}].")
    return problems


def public_problems(account: Account, public: Body, region_id: str) -> list[Problem]:
    known, ranges = ips.reserved(account), (public.get("ipv6") or {}).get("ranges") or []
    problems: list[Problem] = [
        (f"public.ipv6.ranges[{number}].range", "IPv6 ranges are not available")  # *
        for number, _ in enumerate(ranges)
    ]
    return problems + [
        (f"public.ipv4.addresses[{number}].address", "Must provide a valid reserved address")  # *
        for number, wanted in asked_addresses(public)
        if str(wanted) not in known or known[str(wanted)]["region"] != region_id
    ]


def addresses_of(kind: Body) -> list[Json]:
    """The IPv4 addresses asked for; one automatic one when nothing is said."""
    asked = (kind.get("ipv4") or {}).get("addresses")
    return [{"address": "auto"}] if asked is None else list(asked)


def asked_addresses(kind: Body) -> list[tuple[int, object]]:
    """Those that are not left to the API, with their place."""
    asked = [one.get("address", "auto") for one in addresses_of(kind)]
    return [(number, address) for number, address in enumerate(asked) if address != "auto"]


def install(account: Account, linode: Linode, wanted: Sequence[Body]) -> Linode:
    """The interfaces of a new Linode, already checked; gives it their addresses."""
    for entry in wanted:
        add(account, linode, entry)
    return save(account, linode.having(**addresses_held(account, linode)))


def add(account: Account, linode: Linode, entry: Body) -> Record:
    kind = str(kind_of(entry))
    body: Json = {"version": 1, "public": None, "vpc": None, "vlan": None}
    body["default_route"] = dict(entry.get("default_route") or {})
    made = records.add(account, "interface", body, linode.id)
    made = change(account, made, **{kind: placed(account, linode, made, kind, entry[kind])})
    guard = entry.get("firewall_id", firewalls.defaults(account).get(f"{kind}_interface"))
    if guard is not None:
        firewall = find(account, "firewall", guard)
        firewalls.guard(account, firewall, linode, "linode_interface", made.id)
    return made


def placed(account: Account, linode: Linode, interface: Record, kind: str, wanted: Body) -> Json:
    """One kind of interface with its addresses decided; `auto` keeps those it has."""
    if kind == "vlan":
        return {"vlan_label": wanted["vlan_label"], "ipam_address": wanted.get("ipam_address") or None}
    asked = addresses_of(wanted)
    had = (interface[kind] or {}).get("ipv4", {}).get("addresses", [])
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
    subnet = find(account, "subnet", wanted["subnet_id"])
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
    first = ips.public_ipv4(linode.id)
    return ips.new_public(account) if first in linode["ipv4"] else first


def vpc_address(account: Account, interface: Record, vpc: Body, one: Body, old: Body | None) -> Json:
    _, address = vpcs.take_address(account, vpc["subnet_id"], one.get("address", "auto"), interface.id)
    nat = one.get("nat_1_1_address")
    if nat == "auto":
        nat = (old or {}).get("nat_1_1_address") or ips.new_public(account)
    return {"address": address, "nat_1_1_address": nat}


def addresses_held(account: Account, linode: Linode) -> Json:
    """The Linode's `ipv4` and `ipv6` as its interfaces have them."""
    ipv4: list[str] = []
    has_public = False
    for interface in all_of(account, "interface", linode.id):
        public, vpc = interface["public"], interface["vpc"]
        has_public = has_public or public is not None
        ipv4 += [one["address"] for one in (public or {}).get("ipv4", {}).get("addresses", [])]
        nats = [one["nat_1_1_address"] for one in (vpc or {}).get("ipv4", {}).get("addresses", [])]
        ipv4 += [nat for nat in nats if nat]
    ipv6 = (linode["ipv6"] or ips.ipv6(linode.id)) if has_public else None
    return {"ipv4": list(dict.fromkeys(ipv4)), "ipv6": ipv6}


def eligible(account: Account, linode_id: int) -> dict[str, list[int]]:
    """Interfaces that could be the way out: for IPv4 public and VPC ones, for IPv6 public ones."""
    held = all_of(account, "interface", linode_id)
    return {
        "ipv4": [one.id for one in held if one["public"] or one["vpc"]],
        "ipv6": [one.id for one in held if one["public"]],
    }


def chosen_routes(account: Account, linode_id: int) -> dict[str, int | None]:
    """The one that says so, else the first eligible one."""
    held = {one.id: one["default_route"] for one in all_of(account, "interface", linode_id)}
    return {
        protocol: next(iter([*[one for one in able if held[one].get(protocol)][-1:], *able]), None)
        for protocol, able in eligible(account, linode_id).items()
    }


def require_generation(linode: Linode) -> None:
    if linode["interface_generation"] != "linode":
        raise bad_request("Linode uses legacy configuration interfaces, not Linode interfaces.")


def found(account: Account, interface_id: int, linode: Linode) -> Record:
    require_generation(linode)
    return find(account, "interface", interface_id, linode.id)


FINDERS["interface"] = found
api.shows(INTERFACE.url)


def store(account: Account, linode: Linode, action: str) -> None:
    """The Linode's addresses after a change of its interfaces; reserved ones that it has lost are free."""
    changed = linodes.change(account, linode, **addresses_held(account, linode))
    ips.release(account, linode.id, besides=changed["ipv4"])
    notify(account, action, linode.entity)


@api.get(ALL)
def listed(call: Call, linode: Linode) -> Json:
    """An object with one key, without pages (API page "List Linode interfaces")."""
    require_generation(linode)
    held = all_of(call.account, "interface", linode.id)
    return {"interfaces": [row(call.account, one) for one in held]}


@api.post(ALL)
def create(call: Call, linode: Linode) -> Record:
    account = call.account
    require_generation(linode)
    held = [interface.body for interface in all_of(account, "interface", linode.id)]
    problems = problems_of(account, [call.body], linode["region"], held)
    start = "interfaces[0]"
    raise_if([(str(field).removeprefix(start).removeprefix(".") or None, why) for field, why in problems])
    require_off(account, linode, MUST_BE_OFF)
    made = add(account, linode, call.body)
    store(account, linode, "interface_create")
    return made


@api.get(ALL + "/settings")
def settings(call: Call, linode: Linode) -> Json:
    require_generation(linode)
    chosen, able = chosen_routes(call.account, linode.id), eligible(call.account, linode.id)
    helper = linode.body.get("network_helper")
    return {
        "network_helper": call.account.settings["network_helper"] if helper is None else helper,
        "default_route": {
            "ipv4_interface_id": chosen["ipv4"],
            "ipv4_eligible_interface_ids": able["ipv4"],
            "ipv6_interface_id": chosen["ipv6"],
            "ipv6_eligible_interface_ids": able["ipv6"],
        },
    }


@api.put(ALL + "/settings")
def change_settings(call: Call, linode: Linode) -> Json:
    """`network_helper` and the default routes."""
    account, body = call.account, call.body
    require_generation(linode)
    check(body, {"network_helper": bodies.flag})
    require_off(account, linode, MUST_BE_OFF)
    for protocol, able in eligible(account, linode.id).items():
        name = f"{protocol}_interface_id"
        wanted = (body.get("default_route") or {}).get(name)
        if wanted is not None and wanted not in able:
            raise bad_request(f"{name} is not valid", f"default_route.{name}")
        for one in all_of(account, "interface", linode.id) if wanted is not None else []:
            change(account, one, default_route={**one["default_route"], protocol: one.id == wanted})
    changes = {} if body.get("network_helper") is None else {"network_helper": body["network_helper"]}
    return settings(call, linodes.change(account, linode, **changes))


@api.put(INTERFACE.url)
def update(call: Call, linode: Linode, interface: Record) -> Record:
    """The kind stays; a VLAN's label cannot be changed."""
    account, body = call.account, call.body
    require_off(account, linode, MUST_BE_OFF)
    kind = str(kind_of(interface.body))
    others = [name for name in KINDS if name != kind and body.get(name) is not None]
    raise_if([(name, "The kind of an interface cannot be changed") for name in others])  # *
    changes: Json = {"version": interface["version"] + 1}
    if body.get("default_route") is not None:
        changes["default_route"] = {**interface["default_route"], **body["default_route"]}
    if body.get(kind) is not None:
        check(body, {kind: json_object})
        wanted = {**interface[kind], **body[kind]}
        checked = wanted
        if kind == "public" and isinstance(wanted["ipv4"], dict):
            known = {one["address"] for one in addresses_of(interface["public"])}
            new = [one for one in addresses_of(wanted) if one.get("address") not in known]
            checked = {**wanted, "ipv4": {"addresses": new}}
        raise_if(entry_problems(account, {"firewall_id": None, kind: checked}, linode["region"]))
        changes[kind] = placed(account, linode, interface, kind, wanted)
    changed = change(account, interface, **changes)
    store(account, linode, "interface_update")
    return changed


@api.delete(INTERFACE.url)
def delete(call: Call, linode: Linode, interface: Record) -> None:
    account = call.account
    require_off(account, linode, MUST_BE_OFF)
    for device in firewalls.devices_of(account, linode.id):
        if device["entity_id"] == interface.id:
            records.remove(account, device)
    records.remove(account, interface)
    store(account, linode, "interface_delete")


@api.rows(INTERFACE.url + "/firewalls", *firewalls.FILTERABLE)
def firewalls_of(call: Call, linode: Linode, interface: Record) -> list[Record]:
    return firewalls.of_thing(call.account, linode.id, interface.id)
