"""NodeBalancers, their configs (one for each port) and the nodes of these, with the health that checks would find.

Nothing is balanced here: a node is UP while a running Linode has its address. Source: recordings TestNodeBalancer_Get,
TestNodeBalancerNode_Create; API pages "Create a NodeBalancer", "Create a config", "Rebuild a config", "Create a node".
Texts are those that linode-cli's suite expects, and clients report (linode-cli 32, linode-cloud-controller-manager
160); those marked * are a choice.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from emulators.linode_api.catalogs import region_problems
from emulators.linode_api.core import Body, Json, bodies
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import between, check, choice, matching, problems_in, required, that
from emulators.linode_api.core.errors import Problem, bad_request, problem_if, raise_if
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.limits import STATS
from emulators.linode_api.core.lists import Attributes
from emulators.linode_api.core.records import (
    Kind,
    Record,
    add,
    all_of,
    change,
    find,
    get,
    given,
    having,
    next_id,
    remove,
    remove_within,
)
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources import firewalls, ips, vpcs
from emulators.linode_api.resources.catalogs import price_row, public
from emulators.linode_api.resources.linode import linodes
from emulators.linode_api.resources.linode.linodes import Linode, all_linodes, is_running

api = Routes("nodebalancers")
BALANCER = Kind("nodebalancer", "/nodebalancers/{nodebalancer}", first_id=1_774_000, granted=True)
CONFIG = Kind("nodebalancer_config", BALANCER.url + "/configs/{nodebalancer_config}", first_id=2_706_000)
NODE = Kind("nodebalancer_node", CONFIG.url + "/nodes/{nodebalancer_node}", first_id=2_114_000)
PLACE = Kind("nodebalancer_vpc", BALANCER.url + "/vpcs/{nodebalancer_vpc}", first_id=8_000)
CHECKED_S = 10.0  # after which a node's status is known; a choice
SMALLEST_RANGE = 30
STATS_S = 300.0
PRIVATE = "192.168."
INBOUND = ipaddress.IPv6Network("2001:db8:1::/96")

throttle = between(0, 20)
label = matching(
    re.compile(r"[a-zA-Z0-9_-]{3,32}"), "Must be 3-32 letters, numbers, dashes or underscores"
)  # *
FIELDS = {
    "label": label,
    "client_conn_throttle": throttle,
    "client_udp_sess_throttle": throttle,
    "tags": bodies.tags,
}
TYPE = {"type": choice("common", "premium", "premium_40gb")}
CHECKS = ("none", "connection", "http", "http_body")
ALGORITHMS = {"udp": ("roundrobin", "leastconn", "ring_hash")}
STICKINESS = {"tcp": ("none", "table"), "udp": ("none", "session", "source_ip")}
CONFIG_FIELDS = {
    "port": between(1, 65_535),
    "protocol": choice("http", "https", "tcp", "udp"),
    "algorithm": bodies.text,
    "stickiness": bodies.text,
    "check": choice(*CHECKS),
    "check_interval": between(2, 3600),
    "check_timeout": between(1, 30),
    "check_attempts": between(1, 30),
    "check_path": matching(re.compile(r"[a-zA-Z0-9/\-%?&=.]*"), "Must be a URL path"),  # *
    "check_body": bodies.text,
    "check_passive": bodies.flag,
    "proxy_protocol": choice("none", "v1", "v2"),
    "cipher_suite": choice("recommended", "legacy", "none"),
    "udp_check_port": between(1, 65_535),
    "ssl_cert": bodies.text,
    "ssl_key": bodies.text,
}
DEFAULTS: Json = {
    "port": 80, "protocol": "http", "algorithm": "roundrobin", "stickiness": "none", "check": "none",
    "check_interval": 5, "check_timeout": 30, "check_attempts": 3, "check_path": "", "check_body": "",
    "check_passive": True, "proxy_protocol": "none", "cipher_suite": "recommended", "udp_check_port": 80,
    "ssl_cert": None, "ssl_key": None,
}  # fmt: skip
OF_UDP: Json = {"stickiness": "session", "check_passive": False, "cipher_suite": "none"}
NODE_LABEL = matching(re.compile(r"[a-zA-Z0-9_.-]{3,32}"), "Length must be 3-32 characters")  # *
NODE_FIELDS = {
    "label": NODE_LABEL,
    "weight": between(1, 255),
    "mode": choice("accept", "reject", "drain", "backup", "none"),
}
NODE_DEFAULTS: Json = {"weight": 100, "mode": "accept"}


@BALANCER.shows
def row(_: Account, balancer: Record) -> Json:
    return {
        "id": balancer.id,
        **balancer.parts("label", "region", "type", "hostname", "ipv4", "ipv6"),
        "frontend_address_type": "public",
        "frontend_vpc_subnet_id": None,
        **balancer.dates,
        **balancer.parts("client_conn_throttle", "client_udp_sess_throttle"),
        "lke_cluster": None,
        **balancer.parts("tags"),
        "locks": balancer.body.get("locks", []),
        "transfer": {"in": None, "out": None, "total": None},
    }


@CONFIG.shows
def config_row(account: Account, config: Record) -> Json:
    is_udp = config["protocol"] == "udp"
    found = [status_of(account, node) for node in all_of(account, NODE.name, config.id)]
    cert, key = config["ssl_cert"], config["ssl_key"]
    return {
        "id": config.id,
        **config.parts(*(name for name in CONFIG_FIELDS if not name.startswith("ssl_"))),
        "cipher_suite": "none" if is_udp else config["cipher_suite"],
        "nodebalancer_id": config.parent_id,
        "ssl_commonname": cert["name"] if cert else "",
        "ssl_fingerprint": cert["fingerprint"] if cert else "",
        "ssl_cert": cert and "<REDACTED>",
        "ssl_key": "<REDACTED>" if key else None,
        "nodes_status": {"up": found.count("UP"), "down": found.count("DOWN")},
        "udp_session_timeout": 2 if is_udp else 16,
    }


@NODE.shows
def node_row(account: Account, node: Record) -> Json:
    config = find(account, CONFIG.name, node.parent_id)
    return {
        "id": node.id,
        **node.parts("address", "label"),
        "status": status_of(account, node),
        "weight": node["weight"],
        "mode": "none" if config["protocol"] == "udp" else node["mode"],
        "config_id": config.id,
        "nodebalancer_id": config.parent_id,
        "vpc_config_id": node["vpc_config_id"],
    }


@PLACE.shows
def place_row(account: Account, place: Record) -> Json:
    return {
        "id": place.id,
        **place.parts("ipv4_range", "subnet_id"),
        "ipv6_range": place.body.get("ipv6_range"),
        "nodebalancer_id": place.parent_id,
        "vpc_id": find(account, "subnet", place["subnet_id"]).parent_id,
    }


def status_of(account: Account, node: Record) -> str:
    if account.now < node["since"] + account.clock.shrink(CHECKED_S):
        return "Unknown"
    linode = backends(account).get(backend(node))
    return "UP" if linode and is_running(account, linode) else "DOWN"


def backends(account: Account) -> dict[tuple[int | None, str], Linode]:
    """Whose an address is, in a subnet or outside of all."""
    linodes = {linode.id: linode for linode in all_linodes(account)}
    found: dict[tuple[int | None, str], Linode] = {
        (None, address): linode
        for linode in linodes.values()
        for address in (*linode["ipv4"], (linode["ipv6"] or "").partition("/")[0])
    }
    for place in vpcs.places(account):
        found |= {(place.subnet_id, address): linodes[place.linode_id] for address in place.nats}
    return found


def backend(node: Record) -> tuple[int | None, str]:
    return node["subnet_id"], split(node["address"])[0]


def split(address: str) -> tuple[str, int]:
    """Host and port of 192.168.0.1:80 or [2001:db8::1]:80. Raises ValueError."""
    host, _, port = address.rpartition(":")
    is_v6 = host.startswith("[") and host.endswith("]")
    found = ipaddress.IPv6Address(host[1:-1]) if is_v6 else ipaddress.IPv4Address(host)
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65_535:
        raise ValueError
    return str(found), int(port)


@public.rows("/nodebalancers/types", budgets=())
def types(_: Call) -> list[Json]:
    """Source: API page "List NodeBalancer types"."""
    dearer = {"id-cgk": (0.018, 12.0), "br-gru": (0.021, 14.0)}
    return [price_row("nodebalancer", "NodeBalancer", (0.015, 10.0), dearer)]


api.reads_of(BALANCER, "id", "ipv4", "label", "region", "tags")
api.reads_of(CONFIG)
api.reads_of(NODE)
api.reads_of(PLACE)


@api.post("/nodebalancers", grant="add_nodebalancers")
def create(call: Call) -> Record:
    """With its firewall, its place in a VPC, its configs and their nodes; `ipv4` is a reserved address."""
    account, body = call.account, call.body
    check(body, {"region": required(), **FIELDS, **TYPE})
    raise_if(region_problems(body["region"], "NodeBalancers", "NodeBalancers"))
    guard = body.get("firewall_id") or firewalls.defaults(account)["nodebalancer"]
    firewall = get(account, "firewall", guard)
    raise_if(problem_if(guard and firewall is None, "firewall_id", "firewall_id is not valid"))
    wanted = body.get("ipv4")
    if wanted is not None:
        raise_if(ips.create_problems(account, {**body, "ipv4": [wanted]}))
    ipv4 = wanted or ips.new_public(account)
    balancer = BALANCER.create(
        account,
        {
            "label": body.get("label") or f"balancer{next_id(account.database, 'balancer label')}",
            "region": body["region"],
            "type": body.get("type") or "common",
            "hostname": ipv4.replace(".", "-") + ".ip.linodeusercontent.com",
            "ipv4": ipv4,
            "ipv6": str(INBOUND[int(ipaddress.IPv4Address(ipv4))]),
            "client_conn_throttle": body.get("client_conn_throttle") or 0,
            "client_udp_sess_throttle": body.get("client_udp_sess_throttle") or 0,
            "tags": list(body.get("tags") or []),
        },
    )
    if wanted:
        change(account, ips.find_reserved(account, wanted), nodebalancer_id=balancer.id)
    if firewall is not None:
        firewalls.add_device(account, firewall, BALANCER.name, balancer.id)
    settle_in(account, balancer, body.get("vpcs") or [])
    configs = body.get("configs") or []
    if not isinstance(configs, list) or not all(isinstance(one, dict) for one in configs):
        raise bad_request("Must be a list of objects", "configs")  # *
    for number, wanted in enumerate(configs):
        add_config(account, balancer, wanted, f"configs[{number}].")
    return balancer


def settle_in(account: Account, balancer: Record, wanted: list[Json]) -> None:
    """Its place in a VPC, from which it reaches nodes there. Raises ApiError 400. Texts *."""
    if len(wanted) > 1:
        raise bad_request("Only one VPC is supported", "vpcs")
    for one in wanted:
        subnet = vpcs.subnet_in(account, one.get("subnet_id"), balancer["region"])
        if subnet is None:
            raise bad_request("subnet_id is not valid", "vpcs[0].subnet_id")
        range_ = free_range(
            account, subnet, one.get("ipv4_range"), whole=not one.get("ipv4_range_auto_assign")
        )
        ipv6 = free_ipv6_range(account, subnet, one.get("ipv6_range"))
        place = {"subnet_id": subnet.id, "ipv4_range": str(range_), "ipv6_range": ipv6}
        add(account, PLACE.name, place, balancer.id)


def free_ipv6_range(account: Account, subnet: Record, wanted: object) -> str | None:
    """The wanted one, within the subnet's and apart from those of other NodeBalancers; without one there is none."""
    if wanted is None:
        return None
    ours, at = subnet.body.get("ipv6") or [], "vpcs[0].ipv6_range"
    try:
        asked = ipaddress.IPv6Network(wanted)
    except ValueError:
        raise bad_request("Must be an IPv6 range in CIDR canonical form", at) from None
    if not any(asked.subnet_of(ipaddress.IPv6Network(one["range"])) for one in ours):
        raise bad_request("Must be a range within the subnet", at)
    held = [one.body.get("ipv6_range") for one in having(account, PLACE.name, subnet_id=subnet.id)]
    if any(asked.overlaps(ipaddress.IPv6Network(one)) for one in held if one):
        raise bad_request("The addresses of the range are not free", at)
    return str(asked)


def free_range(account: Account, subnet: Record, wanted: object, *, whole: bool) -> ipaddress.IPv4Network:
    """The wanted one as a whole, or the first /30 within it, or within the subnet, that nobody is in."""
    ours, at = vpcs.network(subnet), "vpcs[0].ipv4_range"
    try:
        outer = ipaddress.IPv4Network(wanted) if wanted else ours
    except ValueError:
        raise bad_request("Must be an IPv4 range in CIDR canonical form", at) from None
    if not outer.subnet_of(ours) or outer.prefixlen > SMALLEST_RANGE:
        raise bad_request("Must be a range within the subnet", at)
    addresses, ranges = vpcs.occupied(account, subnet, vpcs.others_in(account, subnet))
    taken = [*ranges, *map(ipaddress.IPv4Network, addresses)]
    choices = [outer] if wanted and whole else outer.subnets(new_prefix=SMALLEST_RANGE)
    for range_ in choices:
        ends = vpcs.is_usable(subnet, str(range_[0])) and vpcs.is_usable(subnet, str(range_[-1]))
        if ends and not any(map(range_.overlaps, taken)):
            return range_
    raise bad_request("The addresses of the range are not free", at)


@api.put(BALANCER.url)
def update(call: Call, balancer: Record) -> Record:
    changes = given(call.body, *FIELDS)
    check(changes, FIELDS)
    return BALANCER.update(call.account, balancer, changes)


@api.delete(BALANCER.url)
def delete(call: Call, balancer: Record) -> None:
    """With its configs and nodes; firewalls, VPCs and its reserved address lose it. Raises ApiError 400: locked."""
    account = call.account
    if balancer.body.get("locks"):
        raise bad_request("NodeBalancer is locked: remove its lock before deleting it.")  # *
    for config in all_of(account, CONFIG.name, balancer.id):
        remove_within(account, config.id, NODE.name)
    for kept in having(account, "reserved", nodebalancer_id=balancer.id):
        change(account, kept, nodebalancer_id=None)
    remove_within(account, balancer.id, CONFIG.name, PLACE.name)
    for device in devices(account, balancer):
        remove(account, device)
    BALANCER.delete(account, balancer)


def config_problems(account: Account, balancer: Record, kept: Json, own: int) -> Iterator[Problem]:
    """What a config as it would be is refused for, beside the other ones of its NodeBalancer. Texts *."""
    protocol, kind = kept["protocol"], kept["check"]
    for other in all_of(account, CONFIG.name, balancer.id):
        same = other["port"] == kept["port"] and (other["protocol"] == "udp") is (protocol == "udp")
        yield from problem_if(same and other.id != own, "port", "Port must be unique on a NodeBalancer")
    algorithms = ALGORITHMS.get(protocol, ("roundrobin", "leastconn", "source"))
    yield from problem_if(kept["algorithm"] not in algorithms, "algorithm", "algorithm is not valid")
    sticks = STICKINESS.get(protocol, ("none", "table", "http_cookie"))
    yield from problem_if(kept["stickiness"] not in sticks, "stickiness", "stickiness is not valid")
    late = kind != "none" and kept["check_timeout"] >= kept["check_interval"]
    yield from problem_if(late, "check_timeout", "Must be less than check_interval")
    asks = kind in ("http", "http_body")
    yield from problem_if(asks and not kept["check_path"], "check_path", "check_path is required")
    lacks = kind == "http_body" and not kept["check_body"]
    yield from problem_if(lacks, "check_body", "check_body is required")
    proxied = protocol != "tcp" and kept["proxy_protocol"] != "none"
    yield from problem_if(proxied, "proxy_protocol", "Requires protocol tcp")
    passive = protocol == "udp" and kept["check_passive"]
    yield from problem_if(passive, "check_passive", "Must be false for UDP")
    for name in ("ssl_cert", "ssl_key"):
        needed = protocol == "https" and not kept[name]
        yield from problem_if(needed, name, f"{name} is required for HTTPS")


def tls_problems(body: Body) -> Iterator[Problem]:
    """Source: linode-cli 32."""
    wrong = "SSL {} appears to be incorrectly formatted"
    if body.get("ssl_key"):
        yield from problem_if(not is_key(body["ssl_key"]), "ssl_key", wrong.format("private key"))
    if body.get("ssl_cert"):
        yield from problem_if(not described(body["ssl_cert"]), "ssl_cert", wrong.format("certificate"))


def is_key(text: str) -> bool:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(text.encode(), None) is not None
    except (ValueError, TypeError):
        return False


def described(text: str) -> Json | None:
    """What is kept of a certificate, and shown: its common name and its fingerprint; None for no certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA1

    try:
        first = x509.load_pem_x509_certificates(text.encode())[0]
    except ValueError:
        return None
    names = first.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    print_of = first.fingerprint(SHA1()).hex(":").upper()  # noqa: S303 - as the API shows it
    return {"name": str(names[0].value) if names else "", "fingerprint": print_of}


def judged(account: Account, balancer: Record, body: Body, old: Json, own: int = 0, at: str = "") -> Json:
    """The config as it is kept: `body` over what there is. Raises ApiError 400."""
    problems = problems_in(body, CONFIG_FIELDS) or list(tls_problems(body))
    kept = {**old, **given(body, *CONFIG_FIELDS)}
    problems = problems or list(config_problems(account, balancer, kept, own))
    raise_if([(at + str(field), why) for field, why in problems])
    if body.get("ssl_cert"):
        kept["ssl_cert"] = described(body["ssl_cert"])
    return kept | {"ssl_key": bool(kept["ssl_key"])}


def add_config(account: Account, balancer: Record, body: Body, at: str = "") -> Record:
    old = DEFAULTS | (OF_UDP if body.get("protocol") == "udp" else {})
    config = add(account, CONFIG.name, judged(account, balancer, body, old, at=at), balancer.id)
    notify(account, "nodebalancer_config_create", balancer.entity)
    for number, wanted in enumerate(body.get("nodes") or []):
        add_node(account, balancer, config, wanted, f"{at}nodes[{number}].")
    return config


@api.post(BALANCER.url + "/configs")
def create_config(call: Call, balancer: Record) -> Record:
    return add_config(call.account, balancer, call.body)


@api.put(CONFIG.url)
def update_config(call: Call, balancer: Record, config: Record) -> Record:
    """Its nodes stay as they are: `rebuild` changes them, too."""
    account = call.account
    changed = change(
        account, config, **judged(account, balancer, call.body, fitting(config, call.body), config.id)
    )
    notify(account, "nodebalancer_config_update", balancer.entity)
    return changed


def fitting(config: Record, body: Body) -> Json:
    """What there is, once the protocol is another one that lacks a check of traffic: as linode-cli's suite has it."""
    return config.body | ({"check_passive": False} if body.get("protocol") == "udp" else {})


def require_unlocked(balancer: Record) -> None:
    """Raises ApiError 400 when its configs and nodes must stay. The text is a choice."""
    if "cannot_delete_with_subresources" in balancer.body.get("locks", []):
        raise bad_request("NodeBalancer is locked: its configs and nodes cannot be deleted.")


@api.delete(CONFIG.url)
def delete_config(call: Call, balancer: Record, config: Record) -> None:
    require_unlocked(balancer)
    remove_within(call.account, config.id, NODE.name)
    remove(call.account, config)
    notify(call.account, "nodebalancer_config_delete", balancer.entity)


@api.post(CONFIG.url + "/rebuild")
def rebuild(call: Call, balancer: Record, config: Record) -> Record:
    """Nodes with an id are changed, those without are new, and those that are not named go."""
    account, wanted = call.account, call.body.get("nodes")
    if wanted is None:
        raise bad_request("nodes is required", "nodes")
    there = {node.id: node for node in all_of(account, NODE.name, config.id)}
    changed = update_config(call, balancer, config)
    for node_id in there.keys() - {one.get("id") for one in wanted if type(one.get("id")) is int}:
        delete_node(call, balancer, changed, there[node_id])
    for number, one in enumerate(wanted):
        at = f"nodes[{number}]."
        if one.get("id") is None:
            add_node(account, balancer, changed, one, at)
        elif type(one["id"]) is int and one["id"] in there:
            change_node(account, balancer, changed, there[one["id"]], one, at)
        else:
            raise bad_request("id is not valid", at + "id")
    return changed


def node_problems(body: Body, places: list[Record], account: Account) -> Iterator[Problem]:
    """A private IPv4 address, an IPv6 one, or one of a subnet of its VPC."""
    try:
        host, _ = split(body["address"])
    except (ValueError, TypeError, AttributeError):
        yield "address", "Must be in address:port format"
        return
    subnet_id = body.get("subnet_id")
    if subnet_id is None:
        yield from problem_if(
            "." in host and not host.startswith(PRIVATE), "address", "Must begin with 192.168"
        )
        return
    subnet = get(account, "subnet", subnet_id)
    if subnet is None or vpc_config(account, places, subnet_id) is None:
        yield "subnet_id", "Must be a subnet of the NodeBalancer's VPC"  # *
    else:
        yield from problem_if(
            not vpcs.is_usable(subnet, host), "address", "Must be an address of the subnet"
        )  # *


def vpc_config(account: Account, places: list[Record], subnet_id: object) -> int | None:
    """The place in the VPC from which a subnet is reached."""
    subnet = get(account, "subnet", subnet_id)
    for place in places:
        if subnet and find(account, "subnet", place["subnet_id"]).parent_id == subnet.parent_id:
            return place.id
    return None


def judged_node(account: Account, config: Record, body: Body, old: Json, at: str) -> Json:
    places = all_of(account, PLACE.name, config.parent_id)
    kept = {**old, **given(body, "address", "subnet_id", *NODE_FIELDS)}
    needed: dict[str, Any] = {"label": required(NODE_LABEL), "address": required(that(lambda _: True))}
    problems = problems_in(kept, needed | {name: NODE_FIELDS[name] for name in ("weight", "mode")})
    problems = problems or list(node_problems(kept, places, account))
    raise_if([(at + str(field), why) for field, why in problems])
    return {**kept, "vpc_config_id": vpc_config(account, places, kept["subnet_id"])}


def add_node(account: Account, balancer: Record, config: Record, body: Body, at: str = "") -> Record:
    old = {**NODE_DEFAULTS, "subnet_id": None}
    kept = judged_node(account, config, body, old, at) | {"since": account.now}
    node = add(account, NODE.name, kept, config.id)
    notify(account, "nodebalancer_node_create", balancer.entity)
    return node


def change_node(
    account: Account, balancer: Record, config: Record, node: Record, body: Body, at: str = ""
) -> Record:
    """Its status is not known for a while when its address is another one."""
    kept = judged_node(account, config, body, node.body, at)
    since = node["since"] if kept["address"] == node["address"] else account.now
    changed = change(account, node, **(kept | {"since": since}))
    notify(account, "nodebalancer_node_update", balancer.entity)
    return changed


@api.post(CONFIG.url + "/nodes")
def create_node(call: Call, balancer: Record, config: Record) -> Record:
    return add_node(call.account, balancer, config, call.body)


@api.put(NODE.url)
def update_node(call: Call, balancer: Record, config: Record, node: Record) -> Record:
    return change_node(call.account, balancer, config, node, call.body)


@api.delete(NODE.url)
def delete_node(call: Call, balancer: Record, _: Record, node: Record) -> None:
    require_unlocked(balancer)
    remove(call.account, node)
    notify(call.account, "nodebalancer_node_delete", balancer.entity)


def devices(account: Account, balancer: Record) -> list[Record]:
    """What puts it behind firewalls."""
    return having(account, "device", type=BALANCER.name, entity_id=balancer.id).read()


@api.rows(BALANCER.url + "/firewalls", *firewalls.FILTERABLE)
def firewalls_of(call: Call, balancer: Record) -> list[Record]:
    return [find(call.account, "firewall", one.parent_id) for one in devices(call.account, balancer)]


@api.put(BALANCER.url + "/firewalls")
def replace_firewalls(call: Call, balancer: Record) -> Json:
    firewalls.replace_all(call, devices(call.account, balancer), BALANCER.name, balancer.id)
    return call.page(firewalls_of(call, balancer), Attributes(frozenset(firewalls.FILTERABLE)))


def require_age(account: Account, created: float) -> None:
    """Raises ApiError 400 for what is too new to have statistics: recording TestNodeBalancerStats_Get."""
    if account.now < created + account.clock.shrink(STATS_S):
        raise bad_request("Stats are unavailable at this time.")


@api.get(BALANCER.url + "/stats", STATS)
def stats(call: Call, balancer: Record) -> Json:
    """There is no traffic."""
    require_age(call.account, balancer.created)
    nothing: Json = {"connections": [], "traffic": {"in": [], "out": []}}
    return {"title": f"linode.com - {balancer['label']} ({balancer.id}) - day (5 min avg)", "data": nothing}


@linodes.api.rows("/linode/instances/{linode}/nodebalancers")
def of_linode(call: Call, linode: Linode) -> list[Record]:
    """Those that have it as a node."""
    account, found = call.account, backends(call.account)
    nodes = [node for node in all_of(account, NODE.name) if found.get(backend(node)) == linode]
    configs = [find(account, CONFIG.name, config_id) for config_id in {node.parent_id for node in nodes}]
    wanted = {config.parent_id for config in configs}
    return [one for one in all_of(account, BALANCER.name) if one.id in wanted]
