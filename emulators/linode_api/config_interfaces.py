"""Legacy interfaces, which belong to a configuration profile: `public`, `vlan`, `vpc`.

Source: recordings TestInstance_ConfigInterfaces_List, _AppendDelete, TestVPC_Subnet_WithInstance; API pages
"Create a config profile", "Add a configuration profile interface". Texts marked * are a choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulators.linode_api import configs, events, records, subnets
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.configs import Config
from emulators.linode_api.errors import Problem, bad_request, not_found
from emulators.linode_api.linodes import Linode, public_addresses
from emulators.linode_api.validation import is_network, raise_if

Json = dict[str, Any]
Body = Mapping[str, Any]

MOST = 3
VLAN_LABEL = re.compile(r"(?!.*--)[a-zA-Z0-9-]{1,64}")
EMPTY: Json = {
    "ipam_address": None, "label": None, "vpc_id": None, "subnet_id": None, "ipv4": None, "ip_ranges": None,
    "ipv6": None,
}  # fmt: skip


def problems_of(account: Account, wanted: object, region_id: str) -> list[Problem]:
    """Why interfaces cannot be had in that region; fields as `interfaces[0].label`."""
    if not isinstance(wanted, list) or not all(isinstance(entry, dict) for entry in wanted):
        return [("interfaces", "Must be a list of objects")]  # *
    problems: list[Problem] = []
    if len(wanted) > MOST:
        problems.append(("interfaces", f"A configuration profile can have up to {MOST} interfaces"))  # *
    for number, entry in enumerate(wanted):
        at = f"interfaces[{number}]"
        problems += [(f"{at}.{name}", why) for name, why in entry_problems(account, entry, region_id)]
    labels = [entry.get("label") for entry in wanted if entry.get("purpose") == "vlan"]
    if len(labels) != len(set(map(str, labels))):
        problems.append(("interfaces", "A Linode cannot be attached to the same VLAN multiple times"))  # *
    if sum(entry.get("purpose") == "public" for entry in wanted) > 1:
        problems.append(("interfaces", "A Linode can have only one public interface"))  # *
    if sum(entry.get("primary") is True for entry in wanted) > 1:
        problems.append(("interfaces", "Only one interface can be primary"))  # *
    return problems


def entry_problems(account: Account, entry: Body, region_id: str) -> list[Problem]:
    purpose = entry.get("purpose")
    if purpose not in ("public", "vlan", "vpc"):
        return [("purpose", "Must be one of public, vlan, vpc")]  # *
    if not isinstance(entry.get("primary"), bool | None):
        return [("primary", "Must be of type Boolean")]
    if purpose == "vlan":
        return vlan_problems(entry, region_id)
    if purpose == "vpc":
        return vpc_problems(account, entry, region_id)
    extra = [name for name in ("label", "ipam_address", "subnet_id") if entry.get(name)]
    return [(name, f"{name} is not allowed for a public interface") for name in extra]  # *


def vlan_problems(entry: Body, region_id: str) -> list[Problem]:
    problems: list[Problem] = []
    if not isinstance(entry.get("label"), str) or not VLAN_LABEL.fullmatch(entry["label"]):
        problems.append(("label", "Must only use ASCII letters, numbers and dashes, 1-64 characters"))  # *
    if entry.get("ipam_address") and not is_network(entry["ipam_address"]):
        problems.append(("ipam_address", "Must be an IPv4 address with its prefix"))  # *
    if entry.get("primary"):
        problems.append(("primary", "A VLAN interface cannot be primary"))  # *
    if region_id in catalogs().region_by_id and not catalogs().has(region_id, "Vlans"):
        problems.append(("purpose", "VLANs are not available in this region"))  # *
    return problems


def vpc_problems(account: Account, entry: Body, region_id: str) -> list[Problem]:
    subnet = subnets.in_region(account, entry.get("subnet_id"), region_id)
    if subnet is None:
        return [("subnet_id", "subnet_id is not valid")]
    wanted = (entry.get("ipv4") or {}).get("vpc")
    if wanted and not subnets.is_usable(subnet, wanted):
        return [("ipv4.vpc", "Must be a usable address of the subnet")]  # *
    ranges = entry.get("ip_ranges") or []
    if not isinstance(ranges, list) or not all(is_network(one) for one in ranges):
        return [("ip_ranges", "Must be a list of IPv4 ranges")]  # *
    return []


def placed(
    account: Account, linode: Linode, wanted: Sequence[Body], before: Sequence[Json] = ()
) -> list[Json]:
    """Checked interfaces as they are stored, with ids and addresses; those that stay keep their id."""
    rows: list[Json] = []
    for number, entry in enumerate(wanted):
        old = before[number] if number < len(before) else None
        keeps = old and all(old[name] == entry.get(name) for name in ("purpose", "subnet_id"))
        keeps = keeps and (entry["purpose"] != "vlan" or old is None or old["label"] == entry["label"])
        own_id = old["id"] if old and keeps else records.next_id(account.database, "interface")
        row = {"id": own_id, "purpose": entry["purpose"], "primary": bool(entry.get("primary"))}
        row |= {"active": False, **EMPTY, **details(account, linode, entry, own_id)}
        rows.append(row)
    return rows


def details(account: Account, linode: Linode, entry: Body, own_id: int) -> Json:
    if entry["purpose"] == "vlan":
        return {"label": entry["label"], "ipam_address": entry.get("ipam_address") or ""}
    if entry["purpose"] == "public":
        return {}
    subnet = subnets.find(account, entry["subnet_id"])
    asked = entry.get("ipv4") or {}
    address = subnets.take_address(account, subnet, asked.get("vpc"), own_id)
    nat = asked.get("nat_1_1")
    public = public_addresses(linode)
    if nat and nat != "any" and nat not in public:
        raise bad_request("Must be a public IPv4 address of this Linode", "ipv4.nat_1_1")  # *
    outside = (public[0] if public else None) if nat == "any" else nat or None
    return {
        "vpc_id": subnet.parent_id,
        "subnet_id": subnet.id,
        "ipv4": {"vpc": address, "nat_1_1": outside},
        "ip_ranges": list(entry.get("ip_ranges") or []),
    }


def require_changeable(account: Account, linode: Linode, config: Config, rows: Sequence[Json]) -> None:
    """VPC interfaces of the configuration that runs can be changed only while the Linode is off."""
    old, new = (
        [row for row in each if row["purpose"] == "vpc"] for each in (config.body["interfaces"], rows)
    )
    same = [{**row, "active": None} for row in old] == [{**row, "active": None} for row in new]
    if not same and configs.is_active(account, linode, config):
        reason = (
            "Linode must be powered off to change the VPC interfaces of its active configuration profile."
        )
        raise bad_request(reason, "interfaces")  # *


def require_legacy(linode: Linode) -> None:
    if linode.body["interface_generation"] == "linode":
        reason = "Configuration profile interfaces are not allowed on a Linode that uses Linode interfaces."
        raise bad_request(reason, "interfaces")  # *


def create(account: Account, linode: Linode, body: Body) -> Config:
    """POST configs."""
    configs.require_label(body)
    raise_if(checked(account, linode, body))
    kept = configs.kept_fields(body)
    helpers = {name: on for name, on in (body.get("helpers") or {}).items() if on is not None}
    with account.database.transaction():
        if body.get("interfaces"):
            kept["interfaces"] = placed(account, linode, body["interfaces"])
        made = configs.add_config(account, linode.id, {**kept, "helpers": helpers})
        events.notify(account, "linode_config_create", linode.entity, made.entity)
    return made


def update(account: Account, linode: Linode, config: Config, body: Body) -> Config:
    """PUT configs/{id}: `interfaces` replaces all, null leaves them."""
    raise_if(checked(account, linode, body))
    changes = {**configs.kept_fields(body), **configs.kept_helpers(config, body)}
    with account.database.transaction():
        if body.get("interfaces") is not None:
            rows = placed(account, linode, body["interfaces"], config.body["interfaces"])
            require_changeable(account, linode, config, rows)
            changes["interfaces"] = rows
        changed = configs.save_config(account, config, changes)
        events.notify(account, "linode_config_update", linode.entity, changed.entity)
    return changed


def checked(account: Account, linode: Linode, body: Body) -> list[Problem]:
    if body.get("interfaces"):
        require_legacy(linode)
    problems = configs.field_problems(account, linode, body)
    return problems + problems_of(account, body.get("interfaces") or [], linode.body["region"])


def append(account: Account, linode: Linode, config: Config, body: Body) -> Json:
    """POST configs/{id}/interfaces."""
    require_legacy(linode)
    wanted = [*config.body["interfaces"], dict(body)]
    problems = problems_of(account, wanted, linode.body["region"])
    last = f"interfaces[{len(wanted) - 1}]."
    raise_if([(field and field.removeprefix(last), why) for field, why in problems])
    return replaced(account, linode, config, [*config.body["interfaces"], *placed(account, linode, [body])])[
        -1
    ]


def replaced(account: Account, linode: Linode, config: Config, rows: list[Json]) -> list[Json]:
    if rows and rows[-1]["primary"]:
        rows = [{**row, "primary": row is rows[-1]} for row in rows]
    require_changeable(account, linode, config, rows)
    with account.database.transaction():
        changed = configs.save_config(account, config, {"interfaces": rows})
        events.notify(account, "linode_config_update", linode.entity, changed.entity)
    return configs.interface_rows(account, linode, changed)


def find(account: Account, linode: Linode, config: Config, interface_id: int) -> Json:
    for row in configs.interface_rows(account, linode, config):
        if row["id"] == interface_id:
            return row
    raise not_found()


def change(account: Account, linode: Linode, config: Config, interface_id: int, body: Body) -> Json:
    """PUT configs/{id}/interfaces/{id}: `primary`, and of a VPC interface `ipv4` and `ip_ranges`."""
    old = find(account, linode, config, interface_id)
    fields = ("primary", "ipv4", "ip_ranges") if old["purpose"] == "vpc" else ("primary",)
    wanted = {**old, **{name: body[name] for name in fields if body.get(name) is not None}}
    raise_if(entry_problems(account, wanted, linode.body["region"]))
    new = {**old, "primary": bool(wanted["primary"]), **details(account, linode, wanted, interface_id)}
    rows = [new if row["id"] == interface_id else row for row in config.body["interfaces"]]
    if new["primary"]:
        rows = [{**row, "primary": row["id"] == interface_id} for row in rows]
    require_changeable(account, linode, config, rows)
    with account.database.transaction():
        changed = configs.save_config(account, config, {"interfaces": rows})
        events.notify(account, "linode_config_update", linode.entity, changed.entity)
    return find(account, linode, changed, interface_id)


def remove(account: Account, linode: Linode, config: Config, interface_id: int) -> None:
    """Raises ApiError 400 for an active one."""
    find(account, linode, config, interface_id)
    if configs.is_active(account, linode, config):
        raise bad_request("Interfaces of an active configuration profile cannot be deleted.")  # *
    rows = [row for row in config.body["interfaces"] if row["id"] != interface_id]
    replaced(account, linode, config, rows)


def reorder(account: Account, linode: Linode, config: Config, body: Body) -> None:
    """POST configs/{id}/interfaces/order: ids of all interfaces."""
    by_id = {row["id"]: row for row in config.body["interfaces"]}
    ids = body.get("ids")
    if not isinstance(ids, list) or sorted(map(str, ids)) != sorted(map(str, by_id)):
        raise bad_request("All interfaces of the configuration profile must be given", "ids")  # *
    with account.database.transaction():
        configs.save_config(account, config, {"interfaces": [by_id[one] for one in ids]})
        events.notify(account, "linode_config_update", linode.entity, config.entity)
