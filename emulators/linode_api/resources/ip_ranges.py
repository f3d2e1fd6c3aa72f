"""IPv6 ranges: routed to the SLAAC address of one Linode, and shared with others.

Source: linodego's tests of ranges; API pages "Create an IPv6 range", "Share IP addresses". Texts are a choice.
"""

from __future__ import annotations

import ipaddress

from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, that
from emulators.linode_api.core.errors import bad_request, not_found
from emulators.linode_api.core.events import on_effect
from emulators.linode_api.core.records import Kind, Record, add, all_of, change, next_id, remove
from emulators.linode_api.core.routes import FINDERS, Call, Routes
from emulators.linode_api.resources.linode.linodes import Linode, all_linodes, at_deletion, named_linode

api = Routes("ips")
RANGE = Kind("ipv6_range", "/networking/ipv6/ranges/{ipv6_range}")
POOL = ipaddress.IPv6Network("2001:db8:4000::/34")
LENGTHS = (56, 64)
FIELDS = {
    "prefix_length": always(
        that(lambda length: type(length) is int and length in LENGTHS, "Must be 56 or 64")
    )
}


@RANGE.shows
def row(_: Account, one: Record) -> Json:
    return {"is_bgp": len(one["linodes"]) > 1, **one.parts("linodes", "prefix", "range", "region")}


def routed(one: Record) -> Json:
    return one.parts("range", "prefix", "region", "route_target")


def slaac(linode: Linode) -> str:
    return str(linode["ipv6"] or "").partition("/")[0]


def named(account: Account, text: str, _: object = None) -> Record | None:
    """The range of that text, with or without its prefix."""
    try:
        wanted = str(ipaddress.IPv6Interface(text).ip)
    except ValueError:
        return None
    return next((one for one in ranges(account) if one["range"] == wanted), None)


def ranges(account: Account) -> list[Record]:
    return all_of(account, RANGE.name)


def around(account: Account, address: str) -> Record | None:
    """The range that an address lies in."""
    if ":" not in address:
        return None
    wanted = ipaddress.IPv6Address(address)
    return next(
        (one for one in ranges(account) if wanted in ipaddress.ip_network(f"{one['range']}/{one['prefix']}")),
        None,
    )


def find(account: Account, text: str, _: object = None) -> Record:
    found = named(account, text)
    if found is None:
        raise not_found()
    return found


FINDERS["ipv6_range"] = find
api.shows(RANGE.url)


@api.rows("/networking/ipv6/ranges", "prefix", "range", "region")
def listed(call: Call) -> list[Json]:
    return [routed(one) for one in ranges(call.account)]


@api.post("/networking/ipv6/ranges")
def create(call: Call) -> Json:
    account, body = call.account, call.body
    check(body, FIELDS)
    target = body.get("route_target")
    if (target is None) is (body.get("linode_id") is None):
        raise bad_request("Must provide either a linode_id or a route_target", "linode_id")
    if target is None:
        linode: Linode | None = named_linode(account, body, "linode_id")
    else:
        linode = next((one for one in all_linodes(account) if slaac(one) == target), None)
    if linode is None or not slaac(linode):
        raise bad_request(
            "Must be a Linode with an IPv6 address", "linode_id" if target is None else "route_target"
        )
    made = allocate(account, linode, body["prefix_length"])
    return {"range": f"{made['range']}/{made['prefix']}", **made.parts("route_target")}


def allocate(account: Account, linode: Linode, length: int) -> Record:
    place = int(POOL.network_address) + (next_id(account.database, "ipv6 ranges") << (128 - LENGTHS[0]))
    kept = {"range": str(ipaddress.IPv6Address(place)), "prefix": length}
    return add(account, RANGE.name, {**kept, **to(linode)})


def to(linode: Linode) -> Json:
    return {"region": linode["region"], "route_target": slaac(linode), "linodes": [linode.id]}


def reroute(account: Account, one: Record, linode: Linode) -> None:
    change(account, one, **to(linode))


def share(account: Account, linode: Linode, wanted: list[Record]) -> None:
    """These are shared with the Linode, and no others."""
    ids = {one.id for one in wanted}
    for one in ranges(account):
        others = [linode_id for linode_id in one["linodes"] if linode_id != linode.id]
        if one.id in ids or one["route_target"] == slaac(linode):
            others.append(linode.id)
        change(account, one, linodes=others)


def held_by(account: Account, linode: Linode) -> list[Record]:
    """Those that a Linode may use."""
    return [one for one in ranges(account) if linode.id in one["linodes"]]


def of(account: Account, linode: Linode) -> list[Json]:
    return [routed(one) for one in held_by(account, linode)]


@api.delete(RANGE.url)
def delete(call: Call, one: Record) -> None:
    remove(call.account, one)


@on_effect("moved")
def move(account: Account, linode_id: int, _: object, __: float) -> None:
    leave(account, linode_id)


@at_deletion
def leave(account: Account, linode_id: int) -> None:
    """What was routed to it alone is gone."""
    for one in ranges(account):
        if others := [linode for linode in one["linodes"] if linode != linode_id]:
            change(account, one, linodes=others)
        else:
            remove(account, one)
