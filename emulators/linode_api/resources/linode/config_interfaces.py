"""Legacy interfaces, which belong to a configuration profile: `public`, `vlan`, `vpc`.

Source: recordings TestInstance_ConfigInterfaces_List, _AppendDelete, TestVPC_Subnet_WithInstance; API pages
"Create a config profile", "Add a configuration profile interface". Texts marked * are a choice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Body, Json, bodies
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import Checks, is_network, matching, problems_in, that
from emulators.linode_api.core.errors import Problem, bad_request, problem_if, raise_if
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.lists import row_with
from emulators.linode_api.core.records import Record, change, find, given, next_id
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources import vpc_parts, vpcs
from emulators.linode_api.resources.linode.linodes import Linode, api, goes_down, runs

MOST = 3
PATH = "/linode/instances/{linode}/configs/{config}/interfaces"
VLAN_LABEL = re.compile(r"(?!.*--)[a-zA-Z0-9-]{1,64}")
EMPTY: Json = {
    "ipam_address": None, "label": None, "vpc_id": None, "subnet_id": None, "ipv4": None, "ip_ranges": None,
    "ipv6": None,
}  # fmt: skip
IPAM = that(lambda value: not value or is_network(value), "Must be an IPv4 address with its prefix")  # *
OF_VPCS, OF_VLANS = ("subnet_id", "ipv4", "ipv6", "ip_ranges"), ("label", "ipam_address")
OF_LINODES = ("public", "vpc", "vlan", "default_route", "firewall_id")
"""Properties of the interfaces of the other generation."""


def not_for(purpose: str, *names: str) -> Checks:
    return dict.fromkeys(
        names, that(lambda value: not value, f"{{name}} is not allowed for a {purpose} interface")
    )  # *


PUBLIC = not_for("public", *OF_VPCS, *OF_VLANS, *OF_LINODES)
VLAN = {
    **not_for("VLAN", *OF_VPCS, *OF_LINODES),
    "label": bodies.always(
        matching(VLAN_LABEL, "Must only use ASCII letters, numbers and dashes, 1-64 characters")  # *
    ),
    "ipam_address": IPAM,
    "primary": that(lambda value: not value, "A VLAN interface cannot be primary"),  # *
}


def problems_of(account: Account, wanted: Sequence[Body], region_id: str) -> list[Problem]:
    """Why interfaces are refused in that region; fields as `interfaces[0].label`. All texts *."""
    problems: list[Problem] = []
    if len(wanted) > MOST:
        problems.append(("interfaces", f"A configuration profile can have up to {MOST} interfaces"))
    for number, entry in enumerate(wanted):
        found = entry_problems(account, entry, region_id)
        problems += [(f"interfaces[{number}].{name}", why) for name, why in found]
    labels = [entry.get("label") for entry in wanted if entry.get("purpose") == "vlan"]
    if len(labels) != len(set(map(str, labels))):
        problems.append(("interfaces", "A Linode cannot be attached to the same VLAN multiple times"))
    if sum(entry.get("purpose") == "public" for entry in wanted) > 1:
        problems.append(("interfaces", "A Linode can have only one public interface"))
    if sum(entry.get("primary") is True for entry in wanted) > 1:
        problems.append(("interfaces", "Only one interface can be primary"))
    return problems


def entry_problems(account: Account, entry: Body, region_id: str) -> list[Problem]:
    purpose = entry.get("purpose")
    if purpose not in ("public", "vlan", "vpc"):
        return [("purpose", "Must be one of public, vlan, vpc")]  # *
    wrong = problems_in(entry, {"primary": bodies.flag})
    if wrong or purpose == "public":
        return wrong or problems_in(entry, PUBLIC)
    if purpose == "vpc":
        return vpc_problems(account, entry, region_id)
    nowhere = catalogs().lacks(region_id, "Vlans")
    return problems_in(entry, VLAN) + problem_if(
        nowhere, "purpose", "VLANs are not available in this region"
    )  # *


def vpc_problems(account: Account, entry: Body, region_id: str) -> list[Problem]:
    subnet = vpcs.subnet_in(account, entry.get("subnet_id"), region_id)
    if subnet is None:
        return [("subnet_id", "subnet_id is not valid")]
    wrong = problems_in(entry, {"ipv4": bodies.json_object, **not_for("VPC", *OF_VLANS, *OF_LINODES)})
    if wrong:
        return wrong
    wanted = (entry.get("ipv4") or {}).get("vpc")
    if wanted and not vpcs.is_usable(subnet, wanted):
        return [("ipv4.vpc", "Must be a usable address of the subnet")]  # *
    if not all(is_network(one) for one in entry.get("ip_ranges") or []):
        return [("ip_ranges", "Must be a list of IPv4 ranges")]  # *
    return vpc_parts.ipv6_problems(entry.get("ipv6"), vpcs.ipv6_network(subnet))


def placed(
    account: Account, linode: Linode, wanted: Sequence[Body], before: Sequence[Json] = ()
) -> list[Json]:
    """Checked interfaces as they are stored, with ids and addresses; those that stay keep their id."""
    rows: list[Json] = []
    left = list(before)
    for entry in wanted:
        same = ("purpose", "subnet_id", *(["label"] if entry["purpose"] == "vlan" else []))
        old = next((one for one in left if all(one[name] == entry.get(name) for name in same)), None)
        if old:
            left.remove(old)
        own_id = old["id"] if old else next_id(account.database, "interface")
        row = {"id": own_id, "purpose": entry["purpose"], "primary": bool(entry.get("primary"))}
        own = details(account, linode, entry, own_id, old or EMPTY)
        rows.append(row | {"active": False, **EMPTY, **own})
    return rows


def details(account: Account, linode: Linode, entry: Body, own_id: int, old: Body) -> Json:
    """What only its purpose has; `old` is how it was."""
    if entry["purpose"] == "vlan":
        return {"label": entry["label"], "ipam_address": entry.get("ipam_address") or ""}
    if entry["purpose"] == "public":
        return {}
    asked = entry.get("ipv4") or {}
    subnet = find(account, "subnet", entry["subnet_id"])
    held = (old["ipv4"] or {}).get("vpc")
    address = vpcs.take_address(account, subnet, asked.get("vpc"), held, own_id)
    nat, public = asked.get("nat_1_1"), linode.public_ipv4
    if nat and nat != "any" and nat not in public:
        raise bad_request("Must be a public IPv4 address of this Linode", "ipv4.nat_1_1")  # *
    outside = (public[0] if public else None) if nat == "any" else nat or None
    return {
        "vpc_id": subnet.parent_id,
        "subnet_id": subnet.id,
        "ipv4": {"vpc": address, "nat_1_1": outside},
        "ip_ranges": list(entry.get("ip_ranges") or []),
        "ipv6": vpcs.take_ipv6(account, subnet, entry.get("ipv6"), old["ipv6"], own_id),
    }


def require_legacy(linode: Linode) -> None:
    if linode["interface_generation"] == "linode":
        reason = "Configuration profile interfaces are not allowed on a Linode that uses Linode interfaces."
        raise bad_request(reason, "interfaces")  # *


def require_changeable(account: Account, linode: Linode, config: Record, rows: Sequence[Json]) -> None:
    """VPC interfaces of the configuration that runs can be changed only while the Linode is off."""
    old, new = (
        [{**row, "active": None} for row in each if row["purpose"] == "vpc"]
        for each in (config["interfaces"], rows)
    )
    if old != new and runs(account, linode, config.id) and not goes_down(account, linode):
        reason = (
            "Linode must be powered off to change the VPC interfaces of its active configuration profile."
        )
        raise bad_request(reason, "interfaces")  # *


def require_inactive(account: Account, linode: Linode, config: Record) -> None:
    if runs(account, linode, config.id) and not goes_down(account, linode):
        raise bad_request("Interfaces of an active configuration profile cannot be deleted.")  # *


def shown(account: Account, linode: Linode, config: Record) -> list[Json]:
    active = runs(account, linode, config.id)
    return [{**row, "active": active} for row in config["interfaces"]]


def store(
    account: Account, linode: Linode, config: Record, rows: Sequence[Json], primary: int | None = None
) -> list[Json]:
    """Keeps these interfaces, of which the one with the id `primary` is the only primary one, if it is given."""
    if primary is not None:
        rows = [{**row, "primary": row["id"] == primary} for row in rows]
    require_changeable(account, linode, config, rows)
    changed = change(account, config, interfaces=rows)
    notify(account, "linode_config_update", linode.entity, changed.entity)
    return shown(account, linode, changed)


@api.get(PATH)
def listed(call: Call, linode: Linode, config: Record) -> list[Json]:
    """A bare array, without pages."""
    return shown(call.account, linode, config)


@api.get(PATH + "/{interface_id}")
def read(call: Call, linode: Linode, config: Record, interface_id: int) -> Json:
    return row_with(shown(call.account, linode, config), "id", interface_id)


@api.post(PATH)
def append(call: Call, linode: Linode, config: Record) -> Json:
    account, held = call.account, config["interfaces"]
    require_legacy(linode)
    problems = problems_of(account, [*held, call.body], linode["region"])
    last = f"interfaces[{len(held)}]."
    raise_if([(field and field.removeprefix(last), why) for field, why in problems])
    [new] = placed(account, linode, [call.body])
    return store(account, linode, config, [*held, new], new["id"] if new["primary"] else None)[-1]


@api.put(PATH + "/{interface_id}")
def update(call: Call, linode: Linode, config: Record, interface_id: int) -> Json:
    """`primary`, and of a VPC interface, which alone may have them, `ipv4`, `ipv6` and `ip_ranges`."""
    account = call.account
    old = read(call, linode, config, interface_id)
    wanted = {**old, **given(call.body, "primary", "ipv4", "ipv6", "ip_ranges")}
    raise_if(entry_problems(account, wanted, linode["region"]))
    new = {**old, "primary": bool(wanted["primary"]), **details(account, linode, wanted, interface_id, old)}
    rows = [new if row["id"] == interface_id else row for row in config["interfaces"]]
    rows = store(account, linode, config, rows, interface_id if new["primary"] else None)
    return next(row for row in rows if row["id"] == interface_id)


@api.delete(PATH + "/{interface_id}")
def remove(call: Call, linode: Linode, config: Record, interface_id: int) -> None:
    read(call, linode, config, interface_id)
    require_inactive(call.account, linode, config)
    rows = [row for row in config["interfaces"] if row["id"] != interface_id]
    store(call.account, linode, config, rows)


@api.post(PATH + "/order")
def reorder(call: Call, linode: Linode, config: Record) -> None:
    """`ids` of all interfaces."""
    by_id = {row["id"]: row for row in config["interfaces"]}
    ids = call.body.get("ids")
    if ids is None or sorted(ids) != sorted(by_id):
        raise bad_request("All interfaces of the configuration profile must be given", "ids")  # *
    change(call.account, config, interfaces=[by_id[one] for one in ids])
    notify(call.account, "linode_config_update", linode.entity, config.entity)
