"""Linode interfaces: the newer generation, which belongs to the Linode and carries its own firewall.

Each is one of `public`, `vpc`, `vlan`. A Linode's addresses are those of its interfaces, which change only while the
Linode is off or being made. Source: API pages "Add a Linode interface", "Update a Linode interface", "Update a Linode's
interface settings", "Create a Linode"; recording TestInstance_CreateWithLinodeInterfaces. Texts marked * are a choice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Body, Json, bodies, records
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, json_object, matching, problems_in
from emulators.linode_api.core.errors import Problem, bad_request, problem_if, raise_if
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.records import Kind, Record, all_of, change, find, get
from emulators.linode_api.core.routes import FINDERS, Call
from emulators.linode_api.resources import firewalls, ip_ranges, ips, vpc_parts, vpcs
from emulators.linode_api.resources.linode import linodes
from emulators.linode_api.resources.linode.config_interfaces import IPAM, OF_VLANS, OF_VPCS, VLAN_LABEL
from emulators.linode_api.resources.linode.linodes import Linode, api, find_linode, goes_down, is_up, save

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
        "mac_address": vpc_parts.mac_address(interface.id),
        **interface.dates,
        "default_route": {protocol: chosen == interface.id for protocol, chosen in routes.items()},
        "version": body["version"],
        "vpc": body["vpc"] and {**body["vpc"], "ipv6": body["vpc"].get("ipv6")},
        "public": body["public"] and {**body["public"], "ipv6": public_ipv6(account, linode)},
        "vlan": body["vlan"],
    }


def public_ipv6(account: Account, linode: Linode) -> Json:
    """Its SLAAC address, and the ranges that are routed to it, those apart that others share."""
    address = ip_ranges.slaac(linode)
    own, shared = own_ranges(account, linode), ip_ranges.held_by(account, linode)
    ids = {one.id for one in own}
    slaac = [{"address": address, "prefix": 64}] if address else []
    return {
        "ranges": [range_row(one) for one in own],
        "shared": [range_row(one) for one in shared if one.id not in ids],
        "slaac": slaac,
    }


def range_row(one: Record) -> Json:
    return {"range": in_full(one), **one.parts("route_target")}


def kind_of(entry: Body) -> str | None:
    """Which of the three it is; None when it is none or several."""
    given = [kind for kind in KINDS if entry.get(kind) is not None]
    return given[0] if len(given) == 1 else None


def problems_of(
    account: Account,
    wanted: Sequence[Body],
    region_id: str,
    held: Sequence[Body] = (),
    linode: Linode | None = None,
) -> list[Problem]:
    """Why these are refused beside the ones that a Linode has; fields as `interfaces[0].vpc.subnet_id`."""
    problems: list[Problem] = []
    for number, entry in enumerate(wanted):
        found = entry_problems(account, entry, region_id, linode)
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


def entry_problems(
    account: Account, entry: Body, region_id: str, linode: Linode | None, interface_id: int = 0
) -> list[Problem]:
    """`linode` is None while it is made, `interface_id` 0 for a new interface."""
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
    able = public_addresses(account, region_id, linode, interface_id)
    if kind == "vpc":
        return problems + vpc_problems(account, entry["vpc"], region_id, able)
    return problems + public_problems(account, entry["public"], linode, able)


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


def vpc_problems(account: Account, vpc: Body, region_id: str, able: Collection[str]) -> list[Problem]:
    """Texts *."""
    subnet = vpcs.subnet_in(account, vpc.get("subnet_id"), region_id)
    if subnet is None:
        return [("vpc.subnet_id", "subnet_id is not valid")]
    ours, ipv4 = vpcs.network(subnet), "vpc.ipv4"
    problems: list[Problem] = [
        (f"{ipv4}.addresses[{number}].address", "Must be a usable address of the subnet")
        for number, wanted in asked_addresses(vpc, "address")
        if not vpcs.is_usable(subnet, wanted)
    ]
    problems += [
        (f"{ipv4}.addresses[{number}].nat_1_1_address", "Must be a public IPv4 address of this Linode")
        for number, wanted in asked_addresses(vpc, "nat_1_1_address")
        if wanted not in able
    ]
    problems += [
        (
            f"{ipv4}.ranges[{number}].range",
            "Must be a range within the subnet" if asked else "range is required",
        )
        for number, one in enumerate((vpc.get("ipv4") or {}).get("ranges") or [])
        if not (asked := one.get("range")) or vpc_parts.length_of(asked, ours) is None
    ]
    of_ipv6 = vpc_parts.ipv6_problems(vpc.get("ipv6"), vpcs.ipv6_network(subnet))
    return problems + [(f"vpc.{field}", why) for field, why in of_ipv6]


def public_problems(
    account: Account, public: Body, linode: Linode | None, able: Collection[str]
) -> list[Problem]:
    """Texts *."""
    lengths = {f"/{length}" for length in ip_ranges.LENGTHS}
    known = lengths.union(*map(names_of, own_ranges(account, linode) if linode else ()))
    problems: list[Problem] = [
        (f"public.ipv6.ranges[{number}].range", "Must be /56, /64 or an IPv6 range of this Linode")
        for number, one in enumerate((public.get("ipv6") or {}).get("ranges") or [])
        if one.get("range") not in known
    ]
    return problems + [
        (f"public.ipv4.addresses[{number}].address", "Must provide a valid reserved address")
        for number, wanted in asked_addresses(public, "address")
        if wanted not in able
    ]


def public_addresses(account: Account, region_id: str, linode: Linode | None, interface_id: int) -> set[str]:
    """What an interface may name: reserved ones of no Linode, and the Linode's own that no other interface has."""
    kept = ips.reserved(account).items()
    free = {address for address, one in kept if ips.is_free(one) and one["region"] == region_id}
    return free | (
        {*linode["ipv4"]} - public_of_others(account, linode.id, interface_id) if linode else set()
    )


def public_of_others(account: Account, linode_id: int, interface_id: int) -> set[str]:
    """The public addresses of a Linode's other interfaces."""
    others = [one for one in all_of(account, "interface", linode_id) if one.id != interface_id]
    return {address for one in others for address in public_of(one)}


def public_of(interface: Record) -> list[str]:
    public, vpc = interface["public"] or {}, interface["vpc"] or {}
    own = [one["address"] for one in public.get("ipv4", {}).get("addresses", [])]
    nats = [one["nat_1_1_address"] for one in vpc.get("ipv4", {}).get("addresses", [])]
    return [*own, *filter(None, nats)]


def own_ranges(account: Account, linode: Linode) -> list[Record]:
    """The IPv6 ranges that a Linode has alone."""
    return [one for one in ip_ranges.held_by(account, linode) if len(one["linodes"]) == 1]


def in_full(range_: Record) -> str:
    return f"{range_['range']}/{range_['prefix']}"


def names_of(range_: Record) -> set[str]:
    return {range_["range"], in_full(range_)}


def addresses_of(kind: Body) -> list[Json]:
    """The IPv4 addresses asked for; one automatic one when nothing is said."""
    asked = (kind.get("ipv4") or {}).get("addresses")
    return [{"address": "auto"}] if asked is None else list(asked)


def asked_addresses(kind: Body, name: str) -> list[tuple[int, object]]:
    """Those that are not left to the API, with their place."""
    asked = [one.get(name) for one in addresses_of(kind)]
    return [(number, address) for number, address in enumerate(asked) if address not in (None, "auto")]


def install(account: Account, linode: Linode, wanted: Sequence[Body]) -> Linode:
    """The interfaces of a new Linode, already checked; their addresses are its own, if it has any."""
    for entry in wanted:
        add(account, linode, entry)
    return save(account, linode.having(**addresses_held(account, linode))) if wanted else linode


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
    return (public_placed if kind == "public" else vpc_placed)(account, linode, interface, wanted)


def public_placed(account: Account, linode: Linode, interface: Record, wanted: Body) -> Json:
    set_ranges(account, linode, (wanted.get("ipv6") or {}).get("ranges"))
    asked, had = addresses_of(wanted), ((interface["public"] or {}).get("ipv4") or {}).get("addresses", [])
    names = [one.get("address") or "auto" for one in asked]
    chosen = public_chosen(account, linode, interface, names, [one["address"] for one in had])
    rows = zip(chosen, primaries(asked), strict=True)
    return {"ipv4": {"addresses": [{"address": one, "primary": main} for one, main in rows], "shared": []}}


def vpc_placed(account: Account, linode: Linode, interface: Record, wanted: Body) -> Json:
    subnet = find(account, "subnet", wanted["subnet_id"])
    stays = (interface["vpc"] or {}).get("subnet_id") == subnet.id
    old = interface["vpc"] if stays else {"ipv4": {"addresses": [], "ranges": []}}
    asked, had = addresses_of(wanted), old["ipv4"]["addresses"]
    names = [one.get("nat_1_1_address") for one in asked]
    nats = public_chosen(account, linode, interface, names, [one["nat_1_1_address"] for one in had])
    own: list[str] = []
    for number, one in enumerate(asked):
        before = had[number]["address"] if number < len(had) else None
        own.append(vpcs.take_address(account, subnet, one.get("address"), before, interface.id, own))
    rows = zip(own, primaries(asked), nats, strict=True)
    wanted_ranges = (wanted.get("ipv4") or {}).get("ranges") or []
    ranges = vpcs.take_ranges(account, subnet, wanted_ranges, old["ipv4"]["ranges"], own, interface.id)
    addresses = [{"address": one, "primary": main, "nat_1_1_address": nat} for one, main, nat in rows]
    return {
        "vpc_id": subnet.parent_id,
        "subnet_id": subnet.id,
        "ipv4": {"addresses": addresses, "ranges": ranges},
        "ipv6": vpcs.take_ipv6(account, subnet, wanted.get("ipv6"), old.get("ipv6"), interface.id),
    }


def primaries(asked: Sequence[Body]) -> list[bool]:
    """Which of these addresses is the primary one: the first that says so, else the first."""
    main = next((number for number, one in enumerate(asked) if one.get("primary")), 0)
    return [number == main for number in range(len(asked))]


def public_chosen(
    account: Account,
    linode: Linode,
    interface: Record,
    asked: Sequence[str | None],
    had: Sequence[str | None],
) -> list[str | None]:
    """Public addresses as asked for; `auto` is what was in its place, else one of the Linode that is free, else new."""
    taken = public_of_others(account, linode.id, interface.id).union(one for one in asked if one)
    chosen: list[str | None] = []
    for number, one in enumerate(asked):
        able = [*had[number : number + 1], *linode["ipv4"], ips.public_ipv4(linode.id)]
        free = next((address for address in able if address and address not in taken), None)
        address = (free or ips.new_public(account)) if one == "auto" else one
        if one not in (None, "auto", *linode["ipv4"]):
            ips.assign_reserved(account, str(one), linode.id)
        taken.add(str(address))
        chosen.append(address)
    return chosen


def set_ranges(account: Account, linode: Linode, wanted: Sequence[Body] | None) -> None:
    """The IPv6 ranges that it has alone, as asked for: by name, or of a length, which may be there already*."""
    if wanted is None:
        return
    linode = linode.having(ipv6=linode["ipv6"] or ips.ipv6(linode.id))
    asked = [str(one.get("range")) for one in wanted]
    left = [one for one in own_ranges(account, linode) if names_of(one).isdisjoint(asked)]
    for length in ip_ranges.LENGTHS:
        count = asked.count(f"/{length}")
        there = [one for one in left if one["prefix"] == length][:count]
        left = [one for one in left if one not in there]
        for _ in range(count - len(there)):
            ip_ranges.allocate(account, linode, length)
    for one in left:
        records.remove(account, one)


def addresses_held(account: Account, linode: Linode, lost: Collection[str] = ()) -> Json:
    """The Linode's `ipv4` and `ipv6`: what it has, but what it has `lost`, and what its interfaces have."""
    held = all_of(account, "interface", linode.id)
    has_public = any(interface["public"] is not None for interface in held)
    of_interfaces = [address for interface in held for address in public_of(interface)]
    ipv4 = dict.fromkeys([*linode["ipv4"], *of_interfaces])
    ipv6 = linode["ipv6"] or (ips.ipv6(linode.id) if has_public else None)
    return {"ipv4": [one for one in ipv4 if one not in lost], "ipv6": ipv6}


def eligible(account: Account, linode_id: int) -> dict[str, list[int]]:
    """Interfaces that could be the way out: public and VPC ones that have an address of the protocol."""
    able: dict[str, list[int]] = {"ipv4": [], "ipv6": []}
    for one in all_of(account, "interface", linode_id):
        public, vpc = one["public"], one["vpc"]
        if vpc or (public and public["ipv4"]["addresses"]):
            able["ipv4"].append(one.id)
        if public or (vpc and vpc_parts.ipv6_rows(vpc.get("ipv6"))):
            able["ipv6"].append(one.id)
    return able


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


def require_down(account: Account, linode: Linode) -> None:
    if is_up(account, linode) and not goes_down(account, linode):
        raise bad_request(MUST_BE_OFF)


def store(account: Account, linode: Linode, action: str, lost: Collection[str] = ()) -> None:
    """The Linode's addresses after a change of its interfaces; reserved ones that it has lost are free."""
    changed = linodes.change(account, linode, **addresses_held(account, linode, lost))
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
    problems = problems_of(account, [call.body], linode["region"], held, linode)
    start = "interfaces[0]"
    raise_if([(str(field).removeprefix(start).removeprefix(".") or None, why) for field, why in problems])
    require_down(account, linode)
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
    require_down(account, linode)
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
    require_down(account, linode)
    kind = str(kind_of(interface.body))
    others = [name for name in KINDS if name != kind and body.get(name) is not None]
    raise_if([(name, "The kind of an interface cannot be changed") for name in others])  # *
    changes: Json = {"version": interface["version"] + 1}
    if body.get("default_route") is not None:
        changes["default_route"] = {**interface["default_route"], **body["default_route"]}
    if body.get(kind) is not None:
        check(body, {kind: json_object})
        wanted = changed_kind(interface[kind], body[kind])
        entry = {"firewall_id": None, kind: wanted}
        raise_if(entry_problems(account, entry, linode["region"], linode, interface.id))
        changes[kind] = placed(account, linode, interface, kind, wanted)
    changed = change(account, interface, **changes)
    lost = {*public_of(interface)} - {*public_of(changed)}
    store(account, linode, "interface_update", lost)
    return changed


def changed_kind(old: Body, changes: Body) -> Json:
    """What is asked for with what stays; nothing does in another subnet, and of `ipv6` what stays is seen to later."""
    said = {name: value for name, value in changes.items() if value is not None}
    if said.get("subnet_id", old.get("subnet_id")) != old.get("subnet_id"):
        return said
    wanted = {**old, "ipv6": None, **said}
    if isinstance(said.get("ipv4"), dict):
        wanted["ipv4"] = {
            **old["ipv4"],
            **{name: one for name, one in said["ipv4"].items() if one is not None},
        }
    return wanted


@api.delete(INTERFACE.url)
def delete(call: Call, linode: Linode, interface: Record) -> None:
    account = call.account
    require_down(account, linode)
    for device in firewalls.devices_of(account, linode.id):
        if device["entity_id"] == interface.id:
            records.remove(account, device)
    records.remove(account, interface)
    lost = {*public_of(interface)} & ips.reserved(account).keys()
    store(account, linode, "interface_delete", lost)


@api.rows(INTERFACE.url + "/firewalls", *firewalls.FILTERABLE)
def firewalls_of(call: Call, linode: Linode, interface: Record) -> list[Record]:
    return firewalls.of_thing(call.account, linode.id, interface.id)
