"""VPCs and their subnets, and who is attached there by interfaces of either generation.

The first two and the last two addresses of a subnet are nobody's. Source: recordings TestVPC_CreateGet,
TestVPC_Subnet_Update, TestVPC_Create_Invalid, TestVPC_Subnet_WithInstance, TestVPC_ListIPAddresses; API pages
"Create a VPC", "Create a VPC subnet". Texts marked * are a choice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import NamedTuple

from emulators.linode_api.catalogs import catalogs, region_problems
from emulators.linode_api.core import Body, Json, bodies
from emulators.linode_api.core.accounts import ANY_SCOPE, Account
from emulators.linode_api.core.bodies import check, choice, length, matching, problems_in, required
from emulators.linode_api.core.errors import Problem, bad_request, problem_if, raise_if
from emulators.linode_api.core.limits import VPCS
from emulators.linode_api.core.records import (
    Kind,
    Record,
    all_of,
    change,
    find,
    get,
    having,
    next_id,
    remove_within,
    stored,
)
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources import vpc_parts
from emulators.linode_api.resources.linode.linodes import Linode, at_deletion, find_linode, is_up, runs
from emulators.linode_api.resources.vpc_parts import FOR_VPCS, LENGTHS, SUBNET_LENGTH, asked_length, parts_of

api = Routes(
    "vpc", reads=ANY_SCOPE
)  # reading asks for no scope, yet it needs a token: recording TestVPC_CreateGet
VPC = Kind(
    "vpc",
    "/vpcs/{vpc}",
    first_id=590_000,
    columns={"vpc_type": None},
    granted=True,
    among=" among your VPCs",  # linode-cli's suite
)
SUBNET = Kind("subnet", "/vpcs/{vpc}/subnets/{subnet}", first_id=820_000)
RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/17")
FORBIDDEN = ("192.168.128.0/17",)
OWN_RANGES = "Custom VPC IPv4 Ranges"
"""What a region is able to that takes IPv4 ranges for a VPC."""

LONGEST_PREFIX = 29
NO_RANGE = "Must be an IPv4 range in CIDR canonical form"
SET_APART = 2
LABEL = required(  # recording TestVPC_Create_Invalid; linode-cli's suite
    bodies.all_of(
        matching(re.compile(r"[a-zA-Z0-9_-]*"), "Must only use ASCII letters, numbers, and underscores"),
        matching(
            re.compile(r"(?!.*--)[a-zA-Z0-9-]{1,64}"), "Must only use ASCII letters, numbers, and dashes"
        ),
    )
)
FIELDS = {"label": LABEL, "description": length(0, 255), "vpc_type": choice("regular", "rdma")}
IN_A_VPC = """instr(body, '"purpose": "vpc"')"""
ADDRESSES = ("linode_id", "subnet_id", "address", "region", "active", "config_id", "vpc_id")


class Place(NamedTuple):
    """What an interface of either generation has in a subnet; `config_id` is None for one of the Linode itself.

    `nats`: its addresses, with the public one that stands for each, if one does.
    """

    linode_id: int
    subnet_id: int
    config_id: int | None
    interface_id: int
    nats: dict[str, str | None]
    ranges: list[str]
    ipv6: Json | None


def places(account: Account, of: Linode | None = None) -> list[Place]:
    """Those of all Linodes of the account, or of one; legacy interfaces first."""
    parent_id = of.id if of else None
    legacy = [
        Place(
            *(config.parent_id, one["subnet_id"], config.id, one["id"]),
            {one["ipv4"]["vpc"]: one["ipv4"]["nat_1_1"]},
            one["ip_ranges"],
            one.get("ipv6"),
        )
        for config in stored(account, "config", parent_id).but(IN_A_VPC)
        for one in config["interfaces"]
        if one["purpose"] == "vpc"
    ]
    own = [
        Place(
            *(one.parent_id, one["vpc"]["subnet_id"], None, one.id),
            {each["address"]: each["nat_1_1_address"] for each in one["vpc"]["ipv4"]["addresses"]},
            [each["range"] for each in one["vpc"]["ipv4"]["ranges"]],
            one["vpc"].get("ipv6"),
        )
        for one in stored(account, "interface", parent_id).but("json_type(body, '$.vpc') = 'object'")
    ]
    return [*legacy, *own]


def attachments(account: Account, of: Linode | None = None) -> list[Json]:
    """The IPv4 addresses and ranges in all places, as the API lists them."""
    rows: list[Json] = []
    for place, row in shown(account, of):
        rows += [{**row, "address": one, "nat_1_1": nat} for one, nat in place.nats.items()]
        rows += [{**row, "address_range": one} for one in place.ranges]
    return rows


def ipv6_rows(account: Account, of: Linode | None = None) -> list[Json]:
    """The IPv6 ranges in all places, each with the address by SLAAC in it, if there is one."""
    rows: list[Json] = []
    for place, row in shown(account, of):
        for one in vpc_parts.ipv6_rows(place.ipv6):
            prefix = int(one["range"].partition("/")[2])
            blank = {"nat_1_1": "", "gateway": None, "prefix": prefix, "subnet_mask": ""}
            addresses = [{"slaac_address": one["address"]}] if "address" in one else []
            tells = {"ipv6_range": one["range"], "ipv6_is_public": place.ipv6 and place.ipv6["is_public"]}
            rows.append({**row, **blank, **tells, "ipv6_addresses": addresses})
    return rows


def shown(account: Account, of: Linode | None) -> Iterator[tuple[Place, Json]]:
    """Each place with its row, in which what it has is still to be filled in."""
    subnets = {subnet.id: subnet for subnet in all_of(account, "subnet")}
    for place in places(account, of):
        linode, subnet = of or find_linode(account, place.linode_id), subnets[place.subnet_id]
        row = {
            "address": None,
            "address_range": None,
            "vpc_id": subnet.parent_id,
            "subnet_id": subnet.id,
            "region": linode["region"],
            "linode_id": linode.id,
            "config_id": place.config_id,
            "interface_id": place.interface_id,
            "nodebalancer_id": None,
            "database_id": None,
            "active": is_active(account, linode, place),
            "nat_1_1": None,
            **ways(subnet),
        }
        yield place, row


def is_active(account: Account, linode: Linode, place: Place) -> bool:
    """An interface of the Linode itself is while that is up."""
    config_id = place.config_id
    return is_up(account, linode) if config_id is None else runs(account, linode, config_id)


def ways(subnet: Record) -> Json:
    ours = network(subnet)
    return {"gateway": str(ours[1]), "prefix": ours.prefixlen, "subnet_mask": str(ours.netmask)}


def balancer_rows(account: Account) -> list[Json]:
    """The ranges from which NodeBalancers reach their nodes."""
    blank = dict.fromkeys(("address", "linode_id", "config_id", "interface_id", "database_id", "nat_1_1"))
    return [
        {
            **blank,
            "address_range": str(taken),
            "vpc_id": subnet.parent_id,
            "subnet_id": subnet.id,
            "region": find(account, "vpc", subnet.parent_id)["region"],
            "nodebalancer_id": balancer_id,
            "active": True,
            **ways(subnet),
        }
        for subnet in all_of(account, "subnet")
        for balancer_id, taken in ranges_in(account, subnet)
    ]


def ranges_in(account: Account, subnet: Record) -> list[tuple[int, IPv4Network]]:
    """Those of NodeBalancers, with whose they are."""
    held = having(account, "nodebalancer_vpc", subnet_id=subnet.id)
    return [(one.parent_id, IPv4Network(one["ipv4_range"])) for one in held]


def subnet_in(account: Account, subnet_id: object, region_id: str) -> Record | None:
    """The subnet of that id, if it is in the region."""
    subnet = get(account, "subnet", subnet_id)
    vpc = subnet and get(account, "vpc", subnet.parent_id)
    return subnet if vpc and vpc["region"] == region_id else None


def network(subnet: Record) -> IPv4Network:
    return IPv4Network(subnet["ipv4"])


def ipv6_network(subnet: Record) -> IPv6Network | None:
    rows = subnet.body.get("ipv6")
    return IPv6Network(rows[0]["range"]) if rows else None


def is_usable(subnet: Record, address: object) -> bool:
    if not isinstance(address, str):
        return False
    try:
        place = int(IPv4Address(address)) - int(network(subnet).network_address)
    except ValueError:
        return False
    return SET_APART <= place < network(subnet).num_addresses - SET_APART


def others_in(account: Account, subnet: Record, interface_id: int | None = None) -> list[Place]:
    """What other interfaces than this one have in a subnet."""
    held = places(account)
    return [one for one in held if one.subnet_id == subnet.id and one.interface_id != interface_id]


def occupied(account: Account, subnet: Record, others: Iterable[Place]) -> tuple[set[str], list[IPv4Network]]:
    """The addresses and the ranges that are given out."""
    held = list(others)
    ranges = [IPv4Network(range_, strict=False) for one in held for range_ in one.ranges]
    return {address for one in held for address in one.nats}, [
        *ranges,
        *(range_ for _, range_ in ranges_in(account, subnet)),
    ]


def take_address(
    account: Account,
    subnet: Record,
    wanted: str | None,
    had: str | None,
    interface_id: int,
    own: Collection[str] = (),
) -> str:
    """The wanted address, or the one that this interface had there, or the first free one; not one of its `own`.

    Raises ApiError 400.
    """
    theirs, ranges = occupied(account, subnet, others_in(account, subnet, interface_id))
    addresses = theirs.union(own)

    def is_free(address: str) -> bool:
        return address not in addresses and not any(IPv4Address(address) in each for each in ranges)

    if wanted and wanted != "auto":
        if not is_free(wanted):
            raise bad_request("Address is already in use in this subnet", "ipv4.vpc")
        return wanted
    ours = network(subnet)
    if had and is_free(had):
        return had
    able = (str(ours[place]) for place in range(SET_APART, ours.num_addresses - SET_APART))
    found = next(filter(is_free, able), None)
    if found is None:
        raise bad_request("The subnet has no free address", "subnet_id")
    return found


def take_ranges(
    account: Account,
    subnet: Record,
    wanted: Sequence[Body],
    had: Sequence[Body],
    addresses: Iterable[str],
    interface_id: int,
) -> list[Json]:
    """The IPv4 ranges of an interface with these addresses. Raises ApiError 400."""
    if not wanted:
        return []
    ours = network(subnet)
    theirs, ranges = occupied(account, subnet, others_in(account, subnet, interface_id))
    ends = [str(ours[place]) for place in (*range(SET_APART), *range(-SET_APART, 0))]
    held = [*ranges, *map(IPv4Network, (*theirs, *addresses, *ends))]
    also = [found for row in had if (found := vpc_parts.named(row["range"], ours))]
    return [{"range": str(one)} for one in parts_of(ours, wanted, had, held, also, "vpc.ipv4.ranges")]


def take_ipv6(
    account: Account, subnet: Record, wanted: Body | None, had: Json | None, interface_id: int
) -> Json | None:
    """`ipv6` of an interface, None in a subnet without. Raises ApiError 400."""
    own = ipv6_network(subnet)
    if own is None:
        return None
    others = others_in(account, subnet, interface_id)
    held = [part for one in others for part in vpc_parts.ipv6_ranges(one.ipv6)]
    return vpc_parts.ipv6_of(own, wanted or {}, had, held, interface_id)


@at_deletion
def leave(account: Account, linode_id: int) -> None:
    """A Linode that is deleted holds no address in a subnet any more, nor interfaces."""
    for config in all_of(account, "config", linode_id):
        change(account, config, interfaces=[])
    remove_within(account, linode_id, "interface")


def type_of(vpc: Record) -> str:
    return str(vpc.body.get("vpc_type") or "regular")


def range_rows(vpc: Record) -> list[Json]:
    return [{"range": one} for one in ranges_of(vpc)]


@VPC.shows
def vpc_row(account: Account, vpc: Record) -> Json:
    return {
        "id": vpc.id,
        **vpc.parts("label", "description", "region"),
        "ipv4": range_rows(vpc),
        "ipv6": vpc.body.get("ipv6"),
        "subnets": [subnet_row(account, subnet) for subnet in all_of(account, "subnet", vpc.id)],
        "vpc_type": type_of(vpc),
        **vpc.dates,
    }


@SUBNET.shows
def subnet_row(account: Account, subnet: Record) -> Json:
    return {
        "id": subnet.id,
        **subnet.parts("label", "ipv4"),
        "ipv6": subnet.body.get("ipv6"),
        "linodes": linodes_in(account, subnet),
        "databases": [],
        "nodebalancers": [
            {"id": balancer_id, "ipv4_range": str(range_)}
            for balancer_id, range_ in ranges_in(account, subnet)
        ],
        "vpc_type": type_of(find(account, VPC.name, subnet.parent_id)),
        **subnet.dates,
    }


def linodes_in(account: Account, subnet: Record) -> list[Json]:
    """Each with the interfaces that it has there."""
    by_linode: dict[int, list[Json]] = {}
    for one in others_in(account, subnet):
        active = is_active(account, find_linode(account, one.linode_id), one)
        row = {"id": one.interface_id, "config_id": one.config_id, "active": active}
        by_linode.setdefault(one.linode_id, []).append(row)
    return [{"id": linode_id, "interfaces": rows} for linode_id, rows in by_linode.items()]


@api.rows("/vpcs/ips", *ADDRESSES, scope="ips:read_only")
def all_addresses(call: Call) -> list[Json]:
    return [*attachments(call.account), *balancer_rows(call.account)]


@api.rows("/vpcs/ipv6s", *ADDRESSES, scope="ips:read_only")
def all_ipv6(call: Call) -> list[Json]:
    return ipv6_rows(call.account)


@api.rows("/vpcs/{vpc}/ipv6s", *ADDRESSES, scope="ips:read_only")
def ipv6_in(call: Call, vpc: Record) -> list[Json]:
    return [row for row in all_ipv6(call) if row["vpc_id"] == vpc.id]


@api.rows("/vpcs/{vpc}/ips", *ADDRESSES, scope="ips:read_only")
def addresses(call: Call, vpc: Record) -> list[Json]:
    return [row for row in all_addresses(call) if row["vpc_id"] == vpc.id]


api.reads_of(VPC, "id", "label", "region", "vpc_type", "created", "updated")
api.reads_of(SUBNET, "id", "label", "created", "updated")


@api.post("/vpcs", VPCS, grant="add_vpcs")
def create(call: Call) -> Record:
    """With its first subnets."""
    account, body = call.account, call.body
    region = body.get("region")
    problems = problems_in(body, FIELDS) + region_problems(region, "VPCs", "VPCs")
    problems += problem_if(
        body.get("vpc_type") == "rdma" and body.get("ipv6"), "ipv6", "RDMA VPCs cannot have IPv6 ranges"
    )
    plain = body.get("ipv6") and catalogs().lacks(region, "VPC Dual Stack")
    problems += problem_if(plain, "ipv6", "IPv6 is not available in VPCs of this region")  # *
    length = asked_length(body["ipv6"], LENGTHS[-1], LENGTHS) if body.get("ipv6") else None
    problems += problem_if(body.get("ipv6") and not length, "ipv6[0].range", vpc_parts.NOT_A_PART)
    raise_if(problems + own_range_problems(body, region))
    description = body.get("description") or ""
    made = {"label": body["label"], "description": description, "region": body["region"]}
    made |= {"ipv4": asked_ranges(body), "vpc_type": body.get("vpc_type") or "regular"}
    if length:
        apart = FOR_VPCS.network_address + (next_id(account.database, "vpc_ipv6") << (128 - LENGTHS[0]))
        made["ipv6"] = [{"range": f"{apart}/{length}"}]
    vpc = VPC.create(account, made)
    for number, wanted in enumerate(body.get("subnets") or []):
        add_subnet(account, vpc, wanted, f"subnets[{number}].")
    return vpc


@api.put(VPC.url)
def update(call: Call, vpc: Record) -> Record:
    body = {**vpc.body, **{name: value for name, value in call.body.items() if value is not None}}
    check(body, FIELDS)
    if call.body.get("ipv6") not in (None, vpc.body.get("ipv6") or []):
        raise bad_request("The IPv6 ranges of a VPC cannot be changed", "ipv6")  # *
    if body.get("vpc_type", "regular") != type_of(vpc):
        raise bad_request("The type of a VPC cannot be changed", "vpc_type")  # *
    changes = {name: body[name] for name in ("label", "description")}
    if call.body.get("ipv4") not in (None, range_rows(vpc)):
        raise_if(own_range_problems(call.body, vpc["region"]))
        changes["ipv4"] = asked_ranges(call.body)
    return VPC.update(call.account, vpc, changes)


def ranges_of(vpc: Record) -> Sequence[str]:
    own: list[str] = vpc.body.get("ipv4") or []
    return own or RANGES


def asked_ranges(body: Body) -> list[str]:
    return [one["range"] for one in body.get("ipv4") or []]


def own_range_problems(body: Body, region_id: object) -> list[Problem]:
    """`ipv4`: ranges of one's own instead of the usual ones, where the region has that.

    Source of the texts: the API's answers; linode-cli's suite (forbidden ranges); the one marked * is a choice.
    """
    problems: list[Problem] = []
    wanted = body.get("ipv4") or []
    if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
        return [("ipv4", "Must be a list of objects")]  # *
    for number, one in enumerate(wanted):
        range_, why = as_range(one.get("range")), None
        if catalogs().lacks(region_id, OWN_RANGES):
            why = "Customer defined IPv4 ranges are not supported in this region"
        elif range_ is None:
            why = NO_RANGE
        elif taboo := [other for other in FORBIDDEN if range_.overlaps(IPv4Network(other))]:
            why = f"The IPv4 range {range_} overlaps with the forbidden IPv4 range {taboo[0]}"
        problems += problem_if(why, f"ipv4[{number}].range", str(why))
    return problems


def as_range(text: object) -> IPv4Network | None:
    try:
        return IPv4Network(text) if isinstance(text, str) else None
    except ValueError:
        return None


@api.get("/vpcs/default-ranges")
def default_ranges(_: Call) -> Json:
    """Source: linodego's `VPCDefaultRanges`."""
    return {"default_ipv4_ranges": list(RANGES), "forbidden_ipv4_ranges": list(FORBIDDEN)}


@api.delete(VPC.url)
def delete(call: Call, vpc: Record) -> None:
    """With all its subnets, or not at all when one of them is in use."""
    for subnet in all_of(call.account, "subnet", vpc.id):
        delete_subnet(call, vpc, subnet)
    VPC.delete(call.account, vpc)


def add_subnet(account: Account, vpc: Record, body: Body, at: str = "") -> Record:
    problems = problems_in(body, {"label": LABEL}) + range_problems(account, vpc, body.get("ipv4"))
    problems += part_problems(account, vpc, body.get("ipv6"))
    raise_if([(at + str(field), why) for field, why in problems])
    part = free_part(account, vpc, body["ipv6"]) if body.get("ipv6") else None
    own = {"ipv6": [{"range": str(part)}]} if part else {}
    return SUBNET.create(account, {"label": body["label"], "ipv4": body["ipv4"], **own}, vpc.id)


def part_problems(account: Account, vpc: Record, wanted: object) -> list[Problem]:
    if wanted and not vpc.body.get("ipv6"):
        return [("ipv6", "The VPC has no IPv6 addresses")]  # *
    lacks = wanted and free_part(account, vpc, wanted) is None
    return problem_if(lacks, "ipv6[0].range", vpc_parts.NOT_A_PART)


def free_part(account: Account, vpc: Record, wanted: object) -> IPv6Network | None:
    """The first part of a VPC's range that no other subnet has, None where there is none of the length asked for."""
    own = IPv6Network(vpc["ipv6"][0]["range"])
    length = asked_length(wanted, SUBNET_LENGTH, range(own.prefixlen, vpc_parts.LONGEST + 1))
    subnets = all_of(account, "subnet", vpc.id)
    taken = [part for part in map(ipv6_network, subnets) if part]
    return vpc_parts.first_free(own, length, taken) if length else None


def range_problems(account: Account, vpc: Record, wanted: object) -> list[Problem]:
    """Within the VPC's ranges, at most /29, apart from its other subnets. Texts *."""
    asked = as_range(wanted)
    if asked is None or asked.prefixlen > LONGEST_PREFIX or "/" not in str(wanted):
        return [("ipv4", "Must be an IPv4 network")]  # linode_api4's suite
    if not any(asked.subnet_of(IPv4Network(one)) for one in ranges_of(vpc)):
        return [("ipv4", "Must be within a private address space of this VPC")]
    if any(asked.overlaps(network(other)) for other in all_of(account, "subnet", vpc.id)):
        return [("ipv4", "Must not overlap with other subnets of the VPC")]
    return []


@api.post("/vpcs/{vpc}/subnets")
def create_subnet(call: Call, vpc: Record) -> Record:
    return add_subnet(call.account, vpc, call.body)


@api.put(SUBNET.url)
def update_subnet(call: Call, _: Record, subnet: Record) -> Record:
    label = call.body.get("label") or subnet["label"]
    check({"label": label}, {"label": LABEL})
    return SUBNET.update(call.account, subnet, {"label": label})


@api.delete(SUBNET.url)
def delete_subnet(call: Call, _: Record, subnet: Record) -> None:
    if linodes_in(call.account, subnet):
        raise bad_request("The subnet has Linodes: delete their interfaces first")  # *
    if ranges_in(call.account, subnet):
        raise bad_request("The subnet has NodeBalancers: delete them first")  # *
    SUBNET.delete(call.account, subnet)
