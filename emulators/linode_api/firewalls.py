"""Firewalls, their rules (kept as given) and their devices: what a firewall guards.

A Linode with legacy interfaces is guarded as a whole, of the other generation each interface by itself; one
enabled firewall at most guards a thing. Source: recordings TestFirewalls_List, TestFirewallRules_Update,
TestFirewallDevice_Get, TestInstanceFirewalls_List; API pages "Create a firewall", "Create a firewall device".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from emulators.linode_api import events, linodes, records
from emulators.linode_api.account import Account
from emulators.linode_api.errors import Problem, bad_request
from emulators.linode_api.filters import Attributes
from emulators.linode_api.linodes import Linode
from emulators.linode_api.records import Record
from emulators.linode_api.tags import remember_tags
from emulators.linode_api.validation import choice, raise_if, tag_problems, text

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(frozenset({"id", "label", "created", "updated", "tags"}))
DEVICES = Attributes(frozenset({"id", "created", "updated"}))
LABEL = re.compile(r"[a-zA-Z0-9](?!.*(--|__|\.\.))[a-zA-Z0-9._-]*[a-zA-Z0-9]")
POLICIES = ("ACCEPT", "DROP")
MOST_RULES = 25
INTERFACE_TYPES = ("interface", "linode_interface")


def firewall_row(account: Account, firewall: Record) -> Json:
    devices = records.all_of(account, "device", firewall.id)
    return {
        "id": firewall.id,
        "label": firewall.body["label"],
        **firewall.dates,
        "status": firewall.body["status"],
        "rules": firewall.body["rules"],
        "tags": firewall.body["tags"],
        "entities": [entity_of(account, device) for device in devices],
    }


def firewall_rows(account: Account) -> list[Json]:
    return [firewall_row(account, firewall) for firewall in records.all_of(account, "firewall")]


def entity_of(account: Account, device: Record) -> Json:
    """What a device guards, as the API shows it; interfaces name their Linode as the parent."""
    linode = linodes.find_linode(account, device.body["linode_id"])
    whole = {name: linode.entity[name] for name in ("id", "type", "label", "url")} | {"parent_entity": None}
    if device.body["type"] == "linode":
        return whole
    url = f"/v4/linode/instances/{linode.id}/interfaces/{device.body['entity_id']}"
    own = {"id": device.body["entity_id"], "type": "linode_interface", "label": None, "url": url}
    return own | {"parent_entity": whole}


def device_row(account: Account, device: Record) -> Json:
    return {"id": device.id, **device.dates, "entity": entity_of(account, device)}


def field_problems(body: Body) -> list[Problem]:
    problems = text(body, "label", 3, 32) + choice(body, "status", ("enabled", "disabled"))
    if not problems and body.get("label") is not None and not LABEL.fullmatch(body["label"]):
        problems.append(("label", "Must only use ASCII letters, numbers, underscores, dashes and periods"))
    if body.get("tags") is not None:
        problems += tag_problems(body["tags"])
    return problems


def rule_problems(rules: object) -> list[Problem]:
    """Policies and the number of rules; the rules themselves are kept as given."""
    if not isinstance(rules, Mapping):
        return [("rules", "rules is required")]
    problems: list[Problem] = [
        (f"rules.{name}", "Must be one of ACCEPT, DROP")
        for name in ("inbound_policy", "outbound_policy")
        if rules.get(name) not in POLICIES
    ]
    lists = [rules.get(name) or [] for name in ("inbound", "outbound")]
    if not all(isinstance(one, list) for one in lists) or sum(map(len, lists)) > MOST_RULES:
        problems.append(("rules", f"A firewall can have up to {MOST_RULES} rules"))
    return problems


def kept_rules(rules: Body, version: int) -> Json:
    names = ("inbound", "inbound_policy", "outbound", "outbound_policy")
    given: Json = {name: rules.get(name) for name in names}
    print_of = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:8]
    return {**given, "version": version, "fingerprint": print_of}


def create(account: Account, body: Body) -> Record:
    """With devices `{"linodes": [id], "interfaces": [id]}`. Raises ApiError 400."""
    problems = field_problems(body)
    if not body.get("label"):
        problems.append(("label", "label is required"))
    raise_if(problems + rule_problems(body.get("rules")))
    records.require_unique_label(account, "firewall", body["label"])
    kept = {
        "label": body["label"],
        "status": "enabled",
        "rules": kept_rules(body["rules"], 1),
        "tags": list(body.get("tags") or []),
    }
    devices = body.get("devices") or {}
    with account.database.transaction():
        firewall = records.add(account, "firewall", kept)
        remember_tags(account, kept["tags"])
        events.notify(account, "firewall_create", entity(firewall))
        for name, kind in (("linodes", "linode"), ("interfaces", "interface")):
            for entity_id in devices.get(name) or []:
                add_device(account, firewall, {"id": entity_id, "type": kind})
    return firewall


def entity(firewall: Record) -> Json:
    return events.entity(
        "firewall", firewall.id, firewall.body["label"], f"/networking/firewalls/{firewall.id}"
    )


def update(account: Account, firewall: Record, body: Body) -> Record:
    raise_if(field_problems(body))
    changes = {name: body[name] for name in ("label", "status", "tags") if body.get(name) is not None}
    if "label" in changes:
        records.require_unique_label(account, "firewall", changes["label"], besides=firewall.id)
    with account.database.transaction():
        changed = records.change(account, firewall, changes)
        remember_tags(account, changed.body["tags"])
        events.notify(account, "firewall_update", entity(changed))
    return changed


def update_rules(account: Account, firewall: Record, body: Body) -> Json:
    """The version counts changes; what is left out becomes empty."""
    raise_if(rule_problems(body))
    rules = kept_rules(body, firewall.body["rules"]["version"] + 1)
    with account.database.transaction():
        changed = records.change(account, firewall, {"rules": rules})
        events.notify(account, "firewall_rules_update", entity(changed))
    return rules


def delete(account: Account, firewall: Record) -> None:
    with account.database.transaction():
        for device in records.all_of(account, "device", firewall.id):
            records.remove(account, device)
        records.remove(account, firewall)
        events.notify(account, "firewall_delete", entity(firewall))


def add_device(account: Account, firewall: Record, body: Body) -> Record:
    """Raises ApiError 400: an unknown thing, the wrong generation, or guarded already."""
    kind, entity_id = body.get("type"), body.get("id")
    if kind not in ("linode", *INTERFACE_TYPES):
        raise bad_request("type is not valid", "type")
    linode, interface_id = guarded(account, str(kind), entity_id)
    whole = kind == "linode"
    if whole is (linode.body["interface_generation"] == "linode"):
        raise bad_request(
            "Firewalls are assigned to the interfaces of a Linode with Linode interfaces.", "type"
        )
    thing = {"type": "linode" if whole else "linode_interface", "entity_id": interface_id or linode.id}
    require_unguarded(account, firewall, thing)
    with account.database.transaction():
        made = records.add(account, "device", {**thing, "linode_id": linode.id}, firewall.id)
        events.notify(account, "firewall_device_add", entity(firewall), linode.entity)
    return made


def guarded(account: Account, kind: str, entity_id: object) -> tuple[Linode, int | None]:
    interface_id = None
    if kind in INTERFACE_TYPES:
        interface = records.get(account, "interface", entity_id)
        if interface is None or interface.body.get("vlan"):
            raise bad_request("id is not valid", "id")
        entity_id, interface_id = interface.parent_id, interface.id
    linode = linodes.get_linode(account, entity_id)
    if linode is None:
        raise bad_request("id is not valid", "id")
    return linode, interface_id


def require_unguarded(account: Account, firewall: Record, thing: Json) -> None:
    for device in records.all_of(account, "device"):
        if {name: device.body[name] for name in thing} == thing and device.parent_id is not None:
            other = records.find(account, "firewall", device.parent_id)
            if other.id == firewall.id or other.body["status"] == "enabled":
                raise bad_request("The entity already has an enabled firewall assigned", "id")


def remove_device(account: Account, firewall: Record, device: Record) -> None:
    with account.database.transaction():
        records.remove(account, device)
        events.notify(account, "firewall_device_remove", entity(firewall))


def of_thing(account: Account, linode_id: int, interface_id: int | None = None) -> list[Record]:
    """The firewalls of a Linode and its interfaces, or of one interface."""
    found = []
    for device in records.all_of(account, "device"):
        fits = interface_id in (None, device.body["entity_id"])
        if device.body["linode_id"] == linode_id and fits and device.parent_id is not None:
            found.append(records.find(account, "firewall", device.parent_id))
    return found


def replace_all(account: Account, linode: Linode, body: Body) -> list[Record]:
    """PUT /linode/instances/{id}/firewalls: exactly these from now on."""
    wanted = body.get("firewall_ids")
    if not isinstance(wanted, list):
        raise bad_request("firewall_ids is required", "firewall_ids")
    found = [records.get(account, "firewall", one) for one in wanted]
    if None in found:
        raise bad_request("firewall_ids is not valid", "firewall_ids")
    if sum(one is not None and one.body["status"] == "enabled" for one in found) > 1:
        raise bad_request("Only one enabled firewall can be assigned", "firewall_ids")
    with account.database.transaction():
        held = {device.parent_id: device for device in devices_of(account, linode.id)}
        for firewall_id, device in held.items():
            if firewall_id not in wanted:
                remove_device(account, records.find(account, "firewall", firewall_id or 0), device)
        for one in found:
            if one is not None and one.id not in held:
                add_device(account, one, {"id": linode.id, "type": "linode"})
    return of_thing(account, linode.id)


def devices_of(account: Account, linode_id: int) -> list[Record]:
    return [one for one in records.all_of(account, "device") if one.body["linode_id"] == linode_id]


def leave(account: Account, linode_id: int) -> None:
    """A Linode that is deleted is guarded no more."""
    for device in devices_of(account, linode_id):
        records.remove(account, device)
