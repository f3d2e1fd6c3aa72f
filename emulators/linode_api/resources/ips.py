"""IP addresses: those of Linodes, given and taken away, and reserved ones, which outlive a Linode.

They come from ranges that route nowhere, since nothing answers on them: public IPv4 from 198.18.0.0/15 (benchmarking),
private from 192.168.128.0/17 as in the real API, IPv6 from 2001:db8::/32 (documentation). Source: recordings
TestIPAddress_Instance_Allocate, TestIPAddress_Instance_Delete, TestReservedIPAddresses_*, TestInstance_CreateWith…;
API pages "Allocate an IPv4 address", "Delete an IPv4 address", "Reserve an IP address". Texts marked * are a choice.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Collection, Sequence

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Body, Json, records
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import check, flag, that
from emulators.linode_api.core.errors import Problem, bad_request, not_found, raise_if
from emulators.linode_api.core.events import entity, notify
from emulators.linode_api.core.limits import COLLECTION, RESERVED, RESERVED_BURST
from emulators.linode_api.core.lists import row_with
from emulators.linode_api.core.records import Kind, Record, Thing, all_of, change, get, next_id
from emulators.linode_api.core.routes import FINDERS, Call, Routes
from emulators.linode_api.resources import domains, ip_ranges, vpcs
from emulators.linode_api.resources.catalogs import price_row
from emulators.linode_api.resources.linode import linodes
from emulators.linode_api.resources.linode.linodes import Linode, at_deletion, find_linode

api = Routes("ips")
RESERVATION = Kind("reserved", "/networking/reserved/ips/{reserved}")
FILTERABLE = ("address", "region", "reserved", "type", "public", "rdns")
PUBLIC = ipaddress.IPv4Network("198.18.0.0/15")
FIRST, LATER = (
    PUBLIC.subnets()
)  # the address that a Linode is made with; those that come later, or are reserved
PRIVATE = ipaddress.IPv4Network("192.168.128.0/17")
SUBNET_SIZE = 256
HOSTS_IN_SUBNET = 250
MOST_RESERVED = 14
TOO_MANY = (
    "Additional Reserved IPv4 addresses require technical justification."
    "  Please contact support describing your requirement."
)
FEW = (RESERVED, RESERVED_BURST)
"""Of all that has to do with reserved addresses, but making them: recordings of linodego, TestReservedIPAddresses_*."""

OTHER_REGION = "Address must belong to same region as linode."


def host_in(network: ipaddress.IPv4Network, number: int) -> str:
    """The number-th usable address; .0 to .4 and .255 of every /24 stay free. Repeats when all are used."""
    subnets = network.num_addresses // SUBNET_SIZE
    subnet, host = divmod(number % (subnets * HOSTS_IN_SUBNET), HOSTS_IN_SUBNET)
    return str(network[subnet * SUBNET_SIZE + host + 5])


def public_ipv4(linode_id: int) -> str:
    """The one that a Linode is made with."""
    return host_in(FIRST, linode_id)


def private_ipv4(number: int) -> str:
    return host_in(PRIVATE, number)


def new_public(account: Account) -> str:
    """An address that nobody has had before."""
    return host_in(LATER, next_id(account.database, "address"))


def ipv6(linode_id: int, move: int = 0) -> str:
    """With its /128, as the API writes it; another one after each move to a region."""
    low = f"{linode_id & 0xFFFFFF:06x}"
    site = f"{move % 0xFFFF:x}:" if move else ""
    address = ipaddress.IPv6Address(f"2001:db8:{site}:f03c:95ff:fe{low[:2]}:{low[2:]}")
    return f"{address}/128"


def host_uuid(region_id: str, linode_id: int) -> str:
    """40 hex digits: one of eight hosts of the region."""
    return hashlib.sha1(f"{region_id}/{linode_id % 8}".encode(), usedforsecurity=False).hexdigest()


def ipv4_row(
    account: Account,
    address: str,
    region_id: str,
    linode: Linode | None = None,
    interface_id: int | None = None,
    vpc_nat_1_1: Json | None = None,
) -> Json:
    """One IPv4 address; without a Linode it is a reserved one that waits. Only reserved ones have tags."""
    public, kept = ipaddress.IPv4Address(address) in PUBLIC, reserved(account).get(address)
    tags = {"tags": kept["tags"]} if kept else {}
    default = address.replace(".", "-") + ".ip.linodeusercontent.com" if public and linode else None
    return {
        "address": address,
        "gateway": address.rpartition(".")[0] + ".1" if public else None,
        "subnet_mask": "255.255.255.0" if public else "255.255.128.0",
        "prefix": 24 if public else 17,
        "type": "ipv4",
        "public": public,
        "rdns": names_of(kept or linode).get(address, default),
        "linode_id": linode and linode.id,
        "interface_id": interface_id,
        "region": region_id,
        "vpc_nat_1_1": vpc_nat_1_1,
        "reserved": kept is not None,
        "assigned_entity": linode.short_entity if linode else balancer_with(account, kept),
        **tags,
    }


def balancer_with(account: Account, kept: Record | None) -> Json | None:
    """The NodeBalancer that has a reserved address."""
    holder = get(account, "nodebalancer", kept.body.get("nodebalancer_id")) if kept else None
    return holder.short_entity if holder else None


def is_free(kept: Record) -> bool:
    return kept["linode_id"] is None and kept.body.get("nodebalancer_id") is None


def ipv6_row(linode: Linode, address: str, *, public: bool) -> Json:
    return {
        "address": address,
        "gateway": "fe80::1",
        "subnet_mask": "ffff:ffff:ffff:ffff::",
        "prefix": 64,
        "type": "ipv6",
        "rdns": names_of(linode).get(address),
        "linode_id": linode.id,
        "region": linode["region"],
        "public": public,
    }


def range_row(range_: Record, address: str) -> Json:
    """One address of a range, which has a row of its own among the others once it has a name. Source: the Cloud
    Manager's list of such names.
    """
    return {
        "address": address,
        "gateway": "fe80::1",
        "subnet_mask": "ffff:ffff:ffff:ffff::",
        "prefix": range_["prefix"],
        "type": "ipv6/range",
        "rdns": names_of(range_).get(address),
        "linode_id": next(iter(range_["linodes"]), None),
        "region": range_["region"],
        "public": True,
    }


def slaac_rows(linode: Linode) -> list[Json]:
    address = (linode["ipv6"] or "").partition("/")[0]
    return [ipv6_row(linode, address, public=True)] if address else []


def names_of(holder: Thing | None) -> dict[str, str]:
    """The reverse names that were set, by address: a reservation keeps its own, whatever Linode it is on."""
    return dict(holder.body.get("rdns", {})) if holder else {}


def rows_of(account: Account, linode: Linode) -> list[Json]:
    """A Linode's IPv4 addresses, in the order in which they were added."""
    nats, interfaces = {}, {}
    for one in vpcs.attachments(account, linode):
        if one["nat_1_1"]:
            nats[one["nat_1_1"]] = {name: one[name] for name in ("vpc_id", "subnet_id", "address")}
            interfaces[one["nat_1_1"]] = one["interface_id"] if one["config_id"] is None else None
    for interface in all_of(account, "interface", linode.id):
        for entry in (interface["public"] or {}).get("ipv4", {}).get("addresses", []):
            interfaces[entry["address"]] = interface.id
    return [
        ipv4_row(account, address, linode["region"], linode, interfaces.get(address), nats.get(address))
        for address in linode["ipv4"]
    ]


def reserved(account: Account) -> dict[str, Record]:
    return {one["address"]: one for one in all_of(account, "reserved")}


def find_reserved(account: Account, address: str, _: object = None) -> Record:
    found = reserved(account).get(address)
    if found is None:
        raise not_found()
    return found


FINDERS["reserved"] = find_reserved


@RESERVATION.shows
def reserved_row(account: Account, one: Record) -> Json:
    if one["linode_id"] is None:
        return ipv4_row(account, one["address"], one["region"])
    return row_with(rows_of(account, find_linode(account, one["linode_id"])), "address", one["address"])


def keep(
    account: Account, address: str, region_id: str, linode_id: int | None, tags: Sequence[str] = ()
) -> Record:
    """Reserves an address. Raises ApiError 400 past the account's limit."""
    if len(reserved(account)) >= MOST_RESERVED:
        raise bad_request(TOO_MANY)
    account.remember_tags(tags)
    body = {"address": address, "region": region_id, "linode_id": linode_id, "tags": list(tags)}
    return records.add(account, "reserved", body)


def assign_reserved(account: Account, address: str, linode_id: int) -> None:
    change(account, find_reserved(account, address), linode_id=linode_id)


@at_deletion
def release(account: Account, linode_id: int, besides: Collection[str] = ()) -> None:
    """A Linode that goes, or moves, leaves its reserved addresses behind, `besides` those that it keeps."""
    for one in all_of(account, "reserved"):
        if one["linode_id"] == linode_id and one["address"] not in besides:
            change(account, one, linode_id=None)


def create_problems(account: Account, body: Body) -> list[Problem]:
    """`ipv4` of a create: one reserved address without a Linode, in its region."""
    wanted = body.get("ipv4")
    if wanted is None:
        return []
    known = reserved(account)
    if not isinstance(wanted, list) or len(wanted) != 1 or str(wanted[0]) not in known:
        return [("ipv4", "Must provide a single valid reserved ipv4 address")]
    one = known[wanted[0]]
    if not is_free(one):
        return [("ipv4", "Address must be currently unassigned.")]
    return [] if one["region"] == body.get("region") else [("ipv4", OTHER_REGION)]


def type_problems(body: Body) -> list[Problem]:
    known = body.get("type") == "ipv4"
    return [] if known else [(None, "Only addresses of type ipv4 are currently supported.")]


def address_problems(account: Account, linode: Linode, body: Body) -> list[Problem]:
    if "address" not in body:
        return []
    address = body["address"]
    if body.get("public") is not True:
        return [("address", "Cannot reserve a private address.")]
    if not isinstance(address, str) or address.count(".") != 3:
        return [("address", "Must provide a valid reserved address")]
    one = reserved(account).get(address)
    if one is None or not is_free(one):
        return [("address", "Address must be reserved and must be currently unassigned.")]
    return [] if one["region"] == linode["region"] else [("address", OTHER_REGION)]


def add_private(account: Account, linode: Linode) -> Json:
    if len(linode["ipv4"]) > len(linode.public_ipv4):
        raise bad_request("Linode already has a private IPv4 address.")  # *
    return attach(account, linode, private_ipv4(linode.id))


def attach(account: Account, linode: Linode, address: str) -> Json:
    """Gives the Linode one more address. Raises ApiError 400 for Linode interfaces."""
    if linode["interface_generation"] == "linode":
        raise bad_request("Addresses of a Linode with Linode interfaces belong to its interfaces.")  # *
    changed = linodes.change(account, linode, ipv4=[*linode["ipv4"], address])
    notify(account, "linode_addip", linode.entity)
    return row_with(rows_of(account, changed), "address", address)


@linodes.api.get("/linode/instances/{linode}/ips")
def of_linode(call: Call, linode: Linode) -> Json:
    """An object, not a page; a reserved address of the Linode is one of its public ones."""
    rows = rows_of(call.account, linode)
    slaac = next(iter(slaac_rows(linode)), None)
    local = slaac and "fe80::f03c:" + slaac["address"].partition(":f03c:")[2]
    return {
        "ipv4": {
            "public": [row for row in rows if row["public"]],
            "private": [row for row in rows if not row["public"]],
            "shared": shared_rows(call.account, linode),
            "reserved": [],
            "vpc": vpcs.attachments(call.account, linode),
        },
        "ipv6": {
            "slaac": slaac,
            "link_local": local and ipv6_row(linode, local, public=False),
            "global": ip_ranges.of(call.account, linode),
            "vpc": vpcs.ipv6_rows(call.account, linode),
        },
    }


def holders(account: Account) -> dict[str, Linode]:
    return {address: linode for linode in linodes.all_linodes(account) for address in linode["ipv4"]}


def shared_rows(account: Account, linode: Linode) -> list[Json]:
    """Addresses of other Linodes that it may bring up, as long as those have them."""
    held = holders(account)
    rows = [(address, held.get(address)) for address in linode.body.get("shared", [])]
    return [ipv4_row(account, address, one["region"], one) for address, one in rows if one]


@linodes.api.post("/linode/instances/{linode}/ips")
def add_to_linode(call: Call, linode: Linode) -> Json:
    """A private, a public, or a reserved `address`."""
    account, body = call.account, call.body
    raise_if(type_problems(body) + address_problems(account, linode, body))
    if body.get("public") is not True:
        return add_private(account, linode)
    address = body.get("address")
    if address:
        assign_reserved(account, address, linode.id)
    return attach(account, linode, address or new_public(account))


@linodes.api.get("/linode/instances/{linode}/ips/{address}")
def one_of_linode(call: Call, linode: Linode, address: str) -> Json:
    return row_with(rows_of(call.account, linode), "address", address)


@linodes.api.put("/linode/instances/{linode}/ips/{address}")
def name_of_linode(call: Call, linode: Linode, address: str) -> Json:
    row_with([*rows_of(call.account, linode), *slaac_rows(linode)], "address", address)
    return update(call, address)


@linodes.api.delete("/linode/instances/{linode}/ips/{address}")
def remove_from_linode(call: Call, linode: Linode, address: str) -> None:
    """The last public one stays."""
    account = call.account
    row = row_with(rows_of(account, linode), "address", address)
    if row["interface_id"]:
        raise bad_request("The address belongs to an interface: update the interface.")  # *
    if linode.public_ipv4 == [address]:
        raise bad_request("A Linode must have at least one public IPv4 address.")  # *
    if row["vpc_nat_1_1"]:
        raise bad_request("The address has a 1:1 NAT with a VPC address.")  # *
    linodes.change(account, linode, ipv4=[one for one in linode["ipv4"] if one != address])
    if address in reserved(account):
        change(account, find_reserved(account, address), linode_id=None)
    notify(account, "linode_deleteip", linode.entity)


@api.rows("/networking/ips", *FILTERABLE, ignored=("linode_id",))
def all_rows(call: Call) -> list[Json]:
    """Those of each Linode, its IPv6 address after them; then reserved ones without a Linode, be they a NodeBalancer's,
    and those of ranges that have a name.
    """
    account = call.account
    waiting = [one for one in all_of(account, "reserved") if one["linode_id"] is None]
    free = {one["address"] for one in waiting}
    held = [
        row
        for linode in linodes.all_linodes(account)
        for row in [*rows_of(account, linode), *slaac_rows(linode)]
        if row["address"] not in free  # a Linode that is being deleted has left it already
    ]
    named = [range_row(one, address) for one in ip_ranges.ranges(account) for address in names_of(one)]
    return held + [reserved_row(account, one) for one in waiting] + named


@api.post("/networking/ips")
def allocate(call: Call) -> Json:
    """In the words of recording TestIPAddress_Instance_Allocate."""
    account, body = call.account, call.body
    raise_if(type_problems(body))
    keeps, region, linode_id = (body.get(name) for name in ("reserved", "region", "linode_id"))
    if keeps and body.get("public") is not True:
        raise bad_request("Cannot reserve a private address.", "public")
    if linode_id is None:
        if not keeps:
            raise bad_request("Linode is a required argument when not reserving an IP address.", "linode_id")
        if not region:
            raise bad_request("A datacenter or a Linode must be provided when reserving an address.")
        return reserved_row(account, reserve_in(account, region))
    linode = linodes.get_linode(account, linode_id)
    if linode is None:
        raise bad_request("Linode is not active", "linode_id")
    if region and region != linode["region"]:
        raise bad_request("Region passed in must match Linode's region.", "region")
    if body.get("public") is not True:
        return add_private(account, linode)
    address = new_public(account)
    if keeps:
        keep(account, address, linode["region"], linode.id)
    return attach(account, linode, address)


@api.post("/networking/ips/assign")
@api.post("/networking/ipv4/assign")
def assign(call: Call) -> None:
    """Addresses change their Linode, all of them or none. Source of the first text: linodego's recordings."""
    account, region = call.account, call.body.get("region")
    if str(region) not in catalogs().regions:
        raise bad_request("region is not valid", "region")
    if not call.body.get("assignments"):
        raise bad_request("assignments is required", "assignments")  # *
    for number, one in enumerate(call.body["assignments"]):
        target = linodes.get_linode(account, one.get("linode_id"))
        if target is None:
            raise bad_request(f"Invalid Linode ID {one.get('linode_id')}")
        give(account, target, str(one.get("address")), str(region), f"assignments[{number}].address")
    for linode in linodes.all_linodes(account):
        if linode["interface_generation"] != "linode" and not linode.public_ipv4:
            raise bad_request("A Linode must have at least one public IPv4 address.", "assignments")  # *
        if len(linode["ipv4"]) - len(linode.public_ipv4) > 1:
            raise bad_request("A Linode can have only one private IPv4 address.", "assignments")  # *


def give(account: Account, target: Linode, address: str, region_id: str, at: str) -> None:
    """Takes the address from the Linode that has it, or from the reserved ones. Raises ApiError 400. Texts *."""
    range_ = ip_ranges.named(account, address) if ":" in address else None
    if range_ is not None and range_["region"] == target["region"] == region_id:
        ip_ranges.reroute(account, range_, target)
        return
    holder = holders(account).get(address)
    kept = reserved(account).get(address)
    if holder is None and kept is None:
        raise bad_request("Must be an address of this account", at)
    place = holder["region"] if holder else kept and kept["region"]
    if {place, target["region"]} != {region_id}:
        raise bad_request("All addresses and Linodes must be in the region", at)
    if holder and holder.id == target.id:
        return
    if holder:
        if holder["interface_generation"] == "linode":
            raise bad_request("The address belongs to an interface: update the interface.", at)
        linodes.change(account, holder, ipv4=[one for one in holder["ipv4"] if one != address])
    if kept:
        change(account, kept, linode_id=target.id)
    attach(account, target, address)


@api.post("/networking/ips/share")
@api.post("/networking/ipv4/share")
def share(call: Call) -> None:
    """Public addresses and ranges of the region, which the Linode may use, too; the list replaces the one before."""
    account = call.account
    linode = linodes.named_linode(account, call.body, "linode_id")
    if call.body.get("ips") is None:
        raise bad_request("ips is required", "ips")  # *
    held, addresses, ranges = holders(account), [], []
    for address in call.body["ips"]:
        range_, holder = ip_ranges.named(account, address), held.get(address)
        if range_ is not None and range_["region"] == linode["region"]:
            ranges.append(range_)
        elif holder and holder["region"] == linode["region"] and address in holder.public_ipv4:
            addresses += [address] if holder.id != linode.id else []
        else:
            raise bad_request(f"{address} is not a public address of this account and region", "ips")  # *
    linodes.change(account, linode, shared=addresses)
    ip_ranges.share(account, linode, ranges)


@api.get("/networking/ips/{address}")
def read(call: Call, address: str) -> Json:
    """IPv6 addresses in any spelling; of a range all of them*."""
    known = domains.is_address(address)
    address = str(ipaddress.ip_address(address)) if known else address
    range_ = ip_ranges.around(call.account, address) if known else None
    return range_row(range_, address) if range_ else row_with(all_rows(call), "address", address)


@api.put("/networking/ips/{address}")
def update(call: Call, address: str) -> Json:
    """Sets the reverse name, where null brings back the default, and whether the address is reserved.

    The forward look-up stays within the domains here. Source: recording TestIPAddress_Update.
    """
    account, body, row = call.account, call.body, read(call, address)
    address = row["address"]
    check(body, {"reserved": flag, "rdns": that(is_name, "Domain is not valid.")})
    if "rdns" not in body and body.get("reserved") is None:
        raise bad_request("rdns is required", "rdns")  # *
    if "rdns" in body:
        rename(account, row, body["rdns"])
    if body.get("reserved") is not None:
        set_reserved(account, row, wanted=body["reserved"])
    if body.get("reserved") is False and row["linode_id"] is None:  # it is no longer there
        return {name: value for name, value in row.items() if name != "tags"} | {"reserved": False}
    return read(call, address)


def is_name(name: object) -> bool:
    return isinstance(name, str) and bool(domains.HOST.fullmatch(name))


def rename(account: Account, row: Json, wanted: str | None) -> None:
    if not row["public"]:
        raise bad_request("RDNS can be set for public addresses only.", "rdns")  # *
    address = row["address"]
    if wanted is not None:
        require_forward(account, wanted, address)
    kept_apart = reserved(account).get(address) or ip_ranges.around(account, address)
    holder = kept_apart or find_linode(account, row["linode_id"])
    kept = {**names_of(holder), address: wanted}
    names = {one: name for one, name in kept.items() if name is not None}
    if isinstance(holder, Linode):
        linodes.save(account, holder.having(rdns=names))
    else:
        change(account, holder, rdns=names)
    notify(account, "ipaddress_update", entity("ipaddress", address, address, f"/networking/ips/{address}"))


def set_reserved(account: Account, row: Json, *, wanted: bool) -> None:
    """It keeps its reverse name. Raises ApiError 400 for one that is not a public IPv4 address."""
    address, kept = row["address"], reserved(account).get(row["address"])
    linode = find_linode(account, row["linode_id"]) if row["linode_id"] else None
    if wanted and not kept:
        if not row["public"] or row["type"] != "ipv4":
            raise bad_request("Cannot reserve a private address.", "address")
        made = keep(account, address, row["region"], row["linode_id"])
        change(account, made, rdns={one: name for one, name in names_of(linode).items() if one == address})
    elif kept and not wanted:
        records.remove(account, kept)
        if linode:
            linodes.save(account, linode.having(rdns={**names_of(linode), **names_of(kept)}))


def require_forward(account: Account, name: str, address: str) -> None:
    """Raises ApiError 400 in the words that clients report (linode_api4-python 75 and 78)."""
    found = domains.resolved(account, name)
    if not found:
        raise bad_request(f"We were unable to perform a lookup for '{name}' at this time.", "rdns")
    if address not in found:
        why = f"No match was found for '{name}'. Reverse DNS must have a matching forward entry."
        raise bad_request(why, "rdns")


@api.rows("/networking/reserved/ips", *FILTERABLE, "linode_id", budgets=(*FEW, COLLECTION))
def all_reserved(call: Call) -> list[Record]:
    return all_of(call.account, "reserved")


@api.post("/networking/reserved/ips")
def reserve(call: Call) -> Record:
    return reserve_in(call.account, call.body.get("region"), call.body.get("tags"))


def reserve_in(account: Account, region_id: object, tags: Sequence[str] | None = None) -> Record:
    if str(region_id) not in catalogs().regions:
        raise bad_request("region is not valid", "region")
    return keep(account, new_public(account), str(region_id), None, tags or ())


@api.rows("/networking/reserved/ips/types", budgets=())
def reserved_types(_: Call) -> list[Json]:
    """A flat rate, assigned or not. Source: API page "Get reserved IP pricing"; the amount is a choice."""
    return [price_row("ipv4", "Reserved IPv4", (0.003, 2.0))]


api.shows(RESERVATION.url, *FEW)


@api.put(RESERVATION.url, *FEW)
def tag(call: Call, reserved: Record) -> Record:
    """Tags alone, all of them. Source: API page "Update reserved IP address tags"."""
    tags = call.body.get("tags")
    if not isinstance(tags, list):
        raise bad_request("tags is required", "tags")  # *
    call.account.remember_tags(tags)
    return change(call.account, reserved, tags=tags)


@api.delete(RESERVATION.url, *FEW)
def unreserve(call: Call, reserved: Record) -> None:
    """An address in use stays with its Linode as an ordinary one."""
    records.remove(call.account, reserved)
