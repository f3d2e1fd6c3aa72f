"""VPCs and their subnets. A region's VPCs are reached by interfaces of either generation (see subnets.py).

Source: recordings TestVPC_CreateGet, TestVPC_Subnet_Update, TestVPC_Create_Invalid; API pages "Create a VPC",
"Create a VPC subnet". Texts marked * are a choice.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from emulators.linode_api import events, records, subnets
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.errors import Problem, bad_request, not_found
from emulators.linode_api.filters import Attributes
from emulators.linode_api.records import Record
from emulators.linode_api.validation import raise_if, text

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(frozenset({"id", "label", "region", "created", "updated"}))
SUBNETS = Attributes(frozenset({"id", "label", "created", "updated"}))
ADDRESSES = Attributes(frozenset({"linode_id", "subnet_id", "address", "region"}))
LABEL = re.compile(r"(?!.*--)[a-zA-Z0-9-]{1,64}")
RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/17")
LONGEST_PREFIX = 29


def vpc_row(account: Account, vpc: Record) -> Json:
    return {
        "id": vpc.id,
        "label": vpc.body["label"],
        "description": vpc.body["description"],
        "region": vpc.body["region"],
        "ipv4": [{"range": one} for one in RANGES],
        "ipv6": None,
        "subnets": subnet_rows(account, vpc),
        "vpc_type": "regular",
        **vpc.dates,
    }


def vpc_rows(account: Account) -> list[Json]:
    return [vpc_row(account, vpc) for vpc in records.all_of(account, "vpc")]


def subnet_rows(account: Account, vpc: Record) -> list[Json]:
    return [subnet_row(account, subnet) for subnet in records.all_of(account, "subnet", vpc.id)]


def subnet_row(account: Account, subnet: Record) -> Json:
    return {
        "id": subnet.id,
        "label": subnet.body["label"],
        "ipv4": subnet.body["ipv4"],
        "ipv6": None,
        "linodes": subnets.linodes_in(account, subnet.id),
        "databases": [],
        "nodebalancers": [],
        "vpc_type": "regular",
        **subnet.dates,
    }


def find_subnet(account: Account, vpc_id: int, subnet_id: int) -> Record:
    records.find(account, "vpc", vpc_id)
    return records.find(account, "subnet", subnet_id, vpc_id)


def label_problems(body: Body) -> list[Problem]:
    label = body.get("label")
    if not isinstance(label, str) or not label:
        return [("label", "label is required")]
    if not LABEL.fullmatch(label):
        return [("label", "Must only use ASCII letters, numbers, and underscores")]
    return []


def create(account: Account, body: Body) -> Record:
    """With its first subnets. Raises ApiError 400."""
    problems = label_problems(body) + text(body, "description", 0, 255)
    region = str(body.get("region"))
    if region not in catalogs().region_by_id:
        problems.append(("region", "region is not valid"))
    elif not catalogs().has(region, "VPCs"):
        problems.append(("region", "VPCs are not available in this region"))  # *
    raise_if(problems)
    records.require_unique_label(account, "vpc", body["label"])
    with account.database.transaction():
        kept = {"label": body["label"], "description": body.get("description") or "", "region": region}
        vpc = records.add(account, "vpc", kept)
        events.notify(account, "vpc_create", entity(vpc))
        for number, wanted in enumerate(body.get("subnets") or []):
            add_subnet(account, vpc, wanted, f"subnets[{number}].")
    return vpc


def update(account: Account, vpc: Record, body: Body) -> Record:
    wanted = {"label": vpc.body["label"], **{k: v for k, v in body.items() if v is not None}}
    raise_if(label_problems(wanted) + text(body, "description", 0, 255))
    records.require_unique_label(account, "vpc", wanted["label"], besides=vpc.id)
    description = body.get("description")
    kept = vpc.body["description"] if description is None else description
    with account.database.transaction():
        changed = records.change(account, vpc, {"label": wanted["label"], "description": kept})
        events.notify(account, "vpc_update", entity(changed))
    return changed


def delete(account: Account, vpc: Record) -> None:
    """With all its subnets, or not at all when one of them is in use."""
    with account.database.transaction():
        for subnet in records.all_of(account, "subnet", vpc.id):
            delete_subnet(account, subnet)
        records.remove(account, vpc)
        events.notify(account, "vpc_delete", entity(vpc))


def add_subnet(account: Account, vpc: Record, body: object, at: str = "") -> Record:
    if not isinstance(body, Mapping):
        raise bad_request("Must be an object", at + "label")  # *
    problems = label_problems(body) + range_problems(account, vpc, body.get("ipv4"))
    raise_if([(at + str(field), why) for field, why in problems])
    records.require_unique_label(account, "subnet", body["label"], within=vpc.id)
    with account.database.transaction():
        made = records.add(account, "subnet", {"label": body["label"], "ipv4": body["ipv4"]}, vpc.id)
        events.notify(account, "subnet_create", entity(made))
    return made


def range_problems(account: Account, vpc: Record, wanted: object) -> list[Problem]:
    """RFC 1918, at most /29, outside 192.168.128.0/17, apart from the VPC's other subnets."""
    try:
        asked = ipaddress.IPv4Network(wanted) if isinstance(wanted, str) else None
    except ValueError:
        asked = None
    if asked is None or asked.prefixlen > LONGEST_PREFIX:
        return [("ipv4", "Must be an IPv4 range in CIDR canonical form")]  # *
    if not any(asked.subnet_of(ipaddress.IPv4Network(one)) for one in RANGES):
        return [("ipv4", "Must be within a private address space of this VPC")]  # *
    others = records.all_of(account, "subnet", vpc.id)
    if any(asked.overlaps(subnets.network(other)) for other in others):
        return [("ipv4", "Must not overlap with other subnets of the VPC")]  # *
    return []


def update_subnet(account: Account, subnet: Record, body: Body) -> Record:
    wanted = {"label": body.get("label") or subnet.body["label"]}
    raise_if(label_problems(wanted))
    records.require_unique_label(
        account, "subnet", wanted["label"], besides=subnet.id, within=subnet.parent_id
    )
    with account.database.transaction():
        changed = records.change(account, subnet, wanted)
        events.notify(account, "subnet_update", entity(changed))
    return changed


def delete_subnet(account: Account, subnet: Record) -> None:
    if subnets.linodes_in(account, subnet.id):
        raise bad_request("The subnet has Linodes: delete their interfaces first")  # *
    with account.database.transaction():
        records.remove(account, subnet)
        events.notify(account, "subnet_delete", entity(subnet))


def entity(thing: Record) -> Json:
    path = f"/vpcs/{thing.id}" if thing.kind == "vpc" else f"/vpcs/{thing.parent_id}/subnets/{thing.id}"
    return events.entity(thing.kind, thing.id, thing.body["label"], path)


def address_rows(account: Account, vpc_id: int | None = None) -> list[Json]:
    """Addresses in one VPC, or in all."""
    if vpc_id is not None and records.get(account, "vpc", vpc_id) is None:
        raise not_found()
    found = subnets.attachments(account)
    return [subnets.address_row(account, one) for one in found if vpc_id in (None, one.vpc_id)]
