"""Firewalls, their rules and their devices: what a firewall guards.

A Linode with legacy interfaces is guarded as a whole, of the other generation each interface by itself; one
enabled firewall at most guards a thing. Source: recordings TestFirewalls_List, TestFirewallRules_Update,
TestFirewallDevice_Get, TestInstanceFirewalls_List; API pages "Create a firewall", "Create a firewall device";
texts of refusals: linode-cli's suite.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Mapping

from emulators.linode_api.core import Body, Json, bodies, records
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import choice, length, problems_in, required, that
from emulators.linode_api.core.errors import Problem, bad_request, problem_if, raise_if
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.lists import Attributes
from emulators.linode_api.core.records import (
    Kind,
    Record,
    all_of,
    find,
    get,
    given,
    having,
    remove,
    remove_within,
)
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources.linode import linodes
from emulators.linode_api.resources.linode.linodes import Linode, at_deletion, find_linode, get_linode

api = Routes("firewall")
FIREWALL = Kind(
    "firewall",
    "/networking/firewalls/{firewall}",
    first_id=9_700_000,
    among=" among your Cloud Firewalls",
    granted=True,
)
DEVICE = Kind("device", "/networking/firewalls/{firewall}/devices/{device}", first_id=12_000_000)
FILTERABLE = ("id", "label", "created", "updated", "tags")
LABEL = re.compile(r"[a-zA-Z0-9](?!.*(--|__|\.\.))[a-zA-Z0-9._-]*[a-zA-Z0-9]")
FIELDS = {"label": length(3, 32), "status": choice("enabled", "disabled")}
POLICY = required(choice("ACCEPT", "DROP", why="Must be one of ACCEPT, DROP"))
POLICIES = {"inbound_policy": POLICY, "outbound_policy": POLICY}
MOST_RULES = 25
PROTOCOL = re.compile(r"TCP|UDP|ICMP|IPENCAP|ALL|25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]")
"""`ALL` and numbers are newer than the API's description: linodego's recording TestFirewallRules_ExtendedProtocols."""

WITH_PORTS = ("TCP", "UDP", "6", "17")
RULE = {
    "action": required(choice("ACCEPT", "DROP", why="Must be one of ACCEPT, DROP")),
    "protocol": required(
        that(
            lambda name: isinstance(name, str) and PROTOCOL.fullmatch(name),
            "Must be one of TCP, UDP, ICMP, IPENCAP, ALL, or a number from 0 to 255",  # *
        )
    ),
    "label": length(3, 32),
    "description": length(1, 100),
}
FAMILIES = {"ipv4": 32, "ipv6": 128}
"""The longest prefix of each."""

MOST_ADDRESSES = 255
MOST_PIECES = 15
NUMBER = "(0|[1-9][0-9]{0,4})"
GUARDED = ("linode", "nodebalancer", "public_interface", "vpc_interface")
INTERFACE_TYPES = ("interface", "linode_interface")


@FIREWALL.shows
def row(account: Account, firewall: Record) -> Json:
    return {
        "id": firewall.id,
        "label": firewall["label"],
        **firewall.dates,
        **firewall.parts("status", "rules", "tags"),
        "entities": [entity_of(account, device) for device in all_of(account, "device", firewall.id)],
    }


@DEVICE.shows
def device_row(account: Account, device: Record) -> Json:
    return {"id": device.id, **device.dates, "entity": entity_of(account, device)}


def entity_of(account: Account, device: Record) -> Json:
    """What a device guards, as the API shows it; interfaces name their Linode as the parent."""
    if device["type"] == "nodebalancer":
        return find(account, "nodebalancer", device["entity_id"]).entity | {"parent_entity": None}
    linode = find_linode(account, device["linode_id"])
    whole = linode.short_entity | {"parent_entity": None}
    if device["type"] == "linode":
        return whole
    url = f"/v4/linode/instances/{linode.id}/interfaces/{device['entity_id']}"
    own = {"id": device["entity_id"], "type": "linode_interface", "label": None, "url": url}
    return own | {"parent_entity": whole}


def field_problems(body: Body) -> list[Problem]:
    problems = problems_in(body, FIELDS)
    if not problems and body.get("label") is not None and not LABEL.fullmatch(body["label"]):
        problems.append(("label", bodies.LABEL_RULE))
    return problems + problems_in(body, {"tags": bodies.tags})


def rule_problems(rules: object) -> list[Problem]:
    """Policies, the rules, and how many there are. Source: schema FirewallRuleConfig; texts*."""
    if not isinstance(rules, Mapping):
        return [("rules", "rules is required")]
    problems, count = problems_in(rules, POLICIES, "rules."), 0
    for name in ("inbound", "outbound"):
        rows = rules.get(name) or []
        problems += problem_if(not isinstance(rows, list), f"rules.{name}", "Must be a list")
        for number, rule in enumerate(rows if isinstance(rows, list) else ()):
            problems += problems_of_rule(rule, f"rules.{name}[{number}]")
            count += 1
    return problems + problem_if(count > MOST_RULES, "rules", f"A firewall can have up to {MOST_RULES} rules")


def problems_of_rule(rule: object, at: str) -> Iterator[Problem]:
    """What is wrong with one rule; a rule set in its place is another's."""
    if not isinstance(rule, Mapping):
        yield at, "Must be an object"
    elif "ruleset" not in rule:
        yield from problems_in(rule, RULE, f"{at}.")
        for name in rule.keys() - {*RULE, "ports", "addresses"}:
            yield f"{at}.{name}", f"{name} is not valid"
        ports, protocol = rule.get("ports"), rule.get("protocol")
        is_known = isinstance(protocol, str) and PROTOCOL.fullmatch(protocol)
        if ports is not None and is_known and protocol not in WITH_PORTS:
            yield f"{at}.ports", "Ports are not allowed for this protocol"
        elif ports is not None and not are_ports(ports):
            yield f"{at}.ports", "Ports are not valid"
        if why := wrong_addresses(rule.get("addresses")):
            yield f"{at}.addresses", why


def are_ports(text: object) -> bool:
    """Single ports and ranges, without leading zeros."""
    part = f"{NUMBER}(-{NUMBER})?"
    if not isinstance(text, str) or not re.fullmatch(f"{part}(, ?{part})*", text):
        return False
    pieces = [[int(end) for end in piece.split("-")] for piece in text.split(",")]
    return sum(map(len, pieces)) <= MOST_PIECES and all(
        1 <= ends[0] <= ends[-1] <= 65_535 and len({*ends}) == len(ends) for ends in pieces
    )


def wrong_addresses(value: object) -> str | None:
    """Why that is no set of networks, None if it is one."""
    given = (
        {}
        if not isinstance(value, Mapping)
        else {key: each for key, each in value.items() if each is not None}
    )
    if not given or given.keys() - FAMILIES:
        return "Must contain ipv4, ipv6, or both"
    if not all(isinstance(each, list) and each for each in given.values()):
        return "Must not be an empty list"
    if not all(is_network(each, family) for family, rows in given.items() for each in rows):
        return "Must be in IP/mask format"
    most = f"A rule can have up to {MOST_ADDRESSES} addresses"
    return most if sum(map(len, given.values())) > MOST_ADDRESSES else None


def is_network(text: object, family: str) -> bool:
    """An address with its prefix, and without a zone; what lies outside of the prefix may be there."""
    address, _, prefix = text.partition("/") if isinstance(text, str) else ("", "", "")
    try:
        is_one = f"ipv{ipaddress.ip_address(address).version}" == family
    except ValueError:
        return False
    fits = re.fullmatch(NUMBER, prefix) and int(prefix) <= FAMILIES[family]
    return is_one and bool(fits) and "%" not in address


def kept_rules(rules: Body, version: int) -> Json:
    names = ("inbound", "inbound_policy", "outbound", "outbound_policy")
    kept: Json = {name: rules.get(name) for name in names}
    print_of = hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:8]
    return {**kept, "version": version, "fingerprint": print_of}


def add_device(account: Account, firewall: Record, kind: object, entity_id: object) -> Record:
    """Raises ApiError 400: an unknown thing, the wrong generation, or guarded already."""
    thing, owner = thing_named(account, kind, entity_id)
    for device in having(account, "device", type=thing[0], entity_id=thing[1]):
        other = find(account, "firewall", device.parent_id)
        if other.id == firewall.id or other["status"] == "enabled":
            raise bad_request("The entity already has an enabled firewall assigned", "id")
    return guard(account, firewall, owner, *thing)


def thing_named(account: Account, kind: object, entity_id: object) -> tuple[tuple[str, int], Linode | Record]:
    """What can be guarded, by kind and id, and what it is or belongs to."""
    if kind == "nodebalancer":
        balancer = get(account, "nodebalancer", entity_id)
        if balancer is None:
            raise bad_request("id is not valid", "id")
        return ("nodebalancer", balancer.id), balancer
    if kind not in ("linode", *INTERFACE_TYPES):
        raise bad_request("type is not valid", "type")
    whole, linode_id, interface_id = kind == "linode", entity_id, None
    if not whole:
        interface = get(account, "interface", entity_id)
        if interface is None or interface["vlan"]:
            raise bad_request("id is not valid", "id")
        linode_id, interface_id = interface.parent_id, interface.id
    linode = get_linode(account, linode_id)
    if linode is None:
        raise bad_request("id is not valid", "id")
    if whole is (linode["interface_generation"] == "linode"):
        raise bad_request(
            "Firewalls are assigned to the interfaces of a Linode with Linode interfaces.", "type"
        )
    return ("linode", linode.id) if interface_id is None else ("linode_interface", interface_id), linode


def guard(account: Account, firewall: Record, owner: Linode | Record, kind: str, entity_id: int) -> Record:
    linode_id = owner.id if isinstance(owner, Linode) else None
    body = {"type": kind, "entity_id": entity_id, "linode_id": linode_id}
    made = records.add(account, "device", body, firewall.id)
    notify(account, "firewall_device_add", firewall.entity, owner.entity)
    return made


def devices_of(account: Account, linode_id: int) -> Iterable[Record]:
    """Of a Linode and its interfaces."""
    return having(account, "device", linode_id=linode_id)


def of_thing(account: Account, linode_id: int, interface_id: int | None = None) -> list[Record]:
    """The firewalls of a Linode and its interfaces, or of one interface."""
    return [
        find(account, "firewall", device.parent_id)
        for device in devices_of(account, linode_id)
        if interface_id in (None, device["entity_id"])
    ]


@at_deletion
def leave(account: Account, linode_id: int) -> None:
    """A Linode that is deleted is guarded no more."""
    for device in devices_of(account, linode_id):
        remove(account, device)


api.reads_of(FIREWALL, *FILTERABLE)
api.reads_of(DEVICE, "id", "created", "updated")


@api.post("/networking/firewalls", grant="add_firewalls")
def create(call: Call) -> Record:
    """With devices `{"linodes": [id], "interfaces": [id], "nodebalancers": [id]}`."""
    account, body = call.account, call.body
    problems = field_problems(body)
    problems += problem_if(not body.get("label"), "label", "label is required")
    raise_if(problems + rule_problems(body.get("rules")))
    tags, rules = list(body.get("tags") or []), kept_rules(body["rules"], 1)
    made = FIREWALL.create(
        account, {"label": body["label"], "status": "enabled", "rules": rules, "tags": tags}
    )
    devices = body.get("devices") or {}
    for name, kind in (("linodes", "linode"), ("interfaces", "interface"), ("nodebalancers", "nodebalancer")):
        for entity_id in devices.get(name) or []:
            add_device(account, made, kind, entity_id)
    return made


@api.put(FIREWALL.url)
def update(call: Call, firewall: Record) -> Record:
    raise_if(field_problems(call.body))
    return FIREWALL.update(call.account, firewall, given(call.body, "label", "status", "tags"))


@api.delete(FIREWALL.url)
def delete(call: Call, firewall: Record) -> None:
    if firewall.id in defaults(call.account).values():
        raise bad_request("A default firewall can't be deleted.")  # *
    remove_within(call.account, firewall.id, "device")
    FIREWALL.delete(call.account, firewall)


@api.get(FIREWALL.url + "/rules")
def rules(_: Call, firewall: Record) -> Json:
    kept: Json = firewall["rules"]
    return kept


@api.put(FIREWALL.url + "/rules")
def update_rules(call: Call, firewall: Record) -> Json:
    """The version counts changes; what is left out stays."""
    wanted = {**firewall["rules"], **call.body}
    raise_if(rule_problems(wanted))
    rules = kept_rules(wanted, firewall["rules"]["version"] + 1)
    changed = records.change(call.account, firewall, rules=rules, past=versions(firewall))
    notify(call.account, "firewall_rules_update", changed.entity)
    return rules


def versions(firewall: Record) -> list[Json]:
    """Its rules as they were, and as they are."""
    return [*firewall.body.get("past", []), firewall["rules"]]


@api.post("/networking/firewalls/{firewall}/devices")
def create_device(call: Call, firewall: Record) -> Record:
    return add_device(call.account, firewall, call.body.get("type"), call.body.get("id"))


@api.delete(DEVICE.url)
def delete_device(call: Call, firewall: Record, device: Record) -> None:
    remove(call.account, device)
    notify(call.account, "firewall_device_remove", firewall.entity)


def defaults(account: Account) -> Json:
    """Which firewall guards each sort of thing whose creation names none; null for none."""
    kept = all_of(account, "default_firewalls")
    return dict.fromkeys(GUARDED) | (kept[0].body if kept else {})


@api.get("/networking/firewalls/settings")
def settings(call: Call) -> Json:
    return {"default_firewall_ids": defaults(call.account)}


@api.put("/networking/firewalls/settings")
def change_settings(call: Call) -> Json:
    account, wanted = call.account, call.body.get("default_firewall_ids") or {}
    unknown = [
        thing
        for thing, one in wanted.items()
        if thing not in GUARDED or (one is not None and get(account, "firewall", one) is None)
    ]
    raise_if(
        [(f"default_firewall_ids.{thing}", "default_firewall_ids is not valid") for thing in unknown]
    )  # *
    for kept in all_of(account, "default_firewalls") or [records.add(account, "default_firewalls", {})]:
        records.change(account, kept, **wanted)
    return settings(call)


@linodes.api.rows("/linode/instances/{linode}/firewalls", *FILTERABLE)
def of_linode(call: Call, linode: Linode) -> list[Record]:
    return of_thing(call.account, linode.id)


@linodes.api.put("/linode/instances/{linode}/firewalls")
def replace_of_linode(call: Call, linode: Linode) -> Json:
    replace_all(call, devices_of(call.account, linode.id), "linode", linode.id)
    return call.page(of_thing(call.account, linode.id), Attributes(frozenset(FILTERABLE)))


def replace_all(call: Call, devices: Iterable[Record], kind: str, entity_id: int) -> None:
    """Exactly these from now on."""
    account, wanted = call.account, call.body.get("firewall_ids")
    if wanted is None:
        raise bad_request("firewall_ids is required", "firewall_ids")
    found = [one for one in (get(account, "firewall", one) for one in wanted) if one]
    if len(found) < len(wanted):
        raise bad_request("firewall_ids is not valid", "firewall_ids")
    if sum(one["status"] == "enabled" for one in found) > 1:
        raise bad_request("Only one enabled firewall can be assigned", "firewall_ids")
    held = {device.parent_id: device for device in devices}
    for firewall_id, device in held.items():
        if firewall_id not in wanted:
            delete_device(call, find(account, "firewall", firewall_id), device)
    for one in found:
        if one.id not in held:
            add_device(account, one, kind, entity_id)


@linodes.api.post("/linode/instances/{linode}/firewalls/apply")
def apply(_: Call, __: Linode) -> None:
    """Nothing to do: firewalls are in force at once."""
