"""What a Linode interface may ask for: one of `public`, `vpc`, `vlan`. Texts marked * are a choice.

Source: API pages "Add a Linode interface", "Create a Linode"; recording TestInstance_CreateWithLinodeInterfaces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emulators.linode_api import ips, records, subnets
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.config_interfaces import VLAN_LABEL
from emulators.linode_api.errors import Problem
from emulators.linode_api.validation import is_network

Json = dict[str, Any]
Body = Mapping[str, Any]

KINDS = ("public", "vpc", "vlan")
MOST = 3


def kind_of(entry: Body) -> str | None:
    """Which of the three it is; None when it is none or several."""
    given = [kind for kind in KINDS if entry.get(kind) is not None]
    return given[0] if len(given) == 1 else None


def problems_of(account: Account, wanted: object, region_id: str, held: Sequence[Body] = ()) -> list[Problem]:
    """Why these cannot be had beside the ones that are held; fields as `interfaces[0].vpc.subnet_id`."""
    if not isinstance(wanted, list) or not all(isinstance(entry, dict) for entry in wanted):
        return [("interfaces", "Must be a list of objects")]  # *
    problems: list[Problem] = []
    for number, entry in enumerate(wanted):
        found = entry_problems(account, entry, region_id)
        problems += [(f"interfaces[{number}]" + (f".{name}" if name else ""), why) for name, why in found]
    if not problems:
        problems += together([*held, *wanted])
    return problems


def together(entries: Sequence[Body]) -> list[Problem]:
    """At most three; one public, one VPC, no VLAN twice; one default route of each kind."""
    problems: list[Problem] = []
    kinds = [kind_of(entry) for entry in entries]
    labels = [entry["vlan"]["vlan_label"] for entry in entries if kind_of(entry) == "vlan"]
    if len(entries) > MOST:
        problems.append(("interfaces", f"A Linode can have up to {MOST} interfaces"))  # *
    repeated = [kind for kind in ("public", "vpc") if kinds.count(kind) > 1]
    problems += [("interfaces", f"A Linode can have only one {kind} interface") for kind in repeated]  # *
    if len(labels) != len(set(labels)):
        problems.append(("interfaces", "VLAN interfaces of a Linode must have different labels"))  # *
    return problems


def entry_problems(account: Account, entry: Body, region_id: str) -> list[Problem]:
    kind = kind_of(entry)
    if kind is None or not isinstance(entry[kind], dict):
        return [(None, "Must be one of public, vpc or vlan")]  # *
    problems = firewall_problems(account, entry, kind)
    if kind == "vlan":
        return problems + vlan_problems(entry["vlan"], region_id)
    if kind == "vpc":
        return problems + vpc_problems(account, entry["vpc"], region_id)
    return problems + public_problems(account, entry["public"], region_id)


def firewall_problems(account: Account, entry: Body, kind: str) -> list[Problem]:
    """There are no default firewalls here, so a public or VPC interface must name one, or null for none."""
    if kind == "vlan":
        wrong = entry.get("firewall_id") is not None
        return [("firewall_id", "Firewalls are not allowed for VLAN interfaces")] if wrong else []  # *
    if "firewall_id" not in entry:
        return [("firewall_id", "firewall_id is required: there is no default firewall")]  # *
    wanted = entry["firewall_id"]
    known = wanted is None or records.get(account, "firewall", wanted) is not None
    return [] if known else [("firewall_id", "firewall_id is not valid")]


def vlan_problems(vlan: Body, region_id: str) -> list[Problem]:
    problems: list[Problem] = []
    if not isinstance(vlan.get("vlan_label"), str) or not VLAN_LABEL.fullmatch(vlan["vlan_label"]):
        problems.append(("vlan.vlan_label", "Must only use ASCII letters, numbers and dashes"))  # *
    if vlan.get("ipam_address") and not is_network(vlan["ipam_address"]):
        problems.append(("vlan.ipam_address", "Must be an IPv4 address with its prefix"))  # *
    if region_id in catalogs().region_by_id and not catalogs().has(region_id, "Vlans"):
        problems.append(("vlan", "VLANs are not available in this region"))  # *
    return problems


def vpc_problems(account: Account, vpc: Body, region_id: str) -> list[Problem]:
    subnet = subnets.in_region(account, vpc.get("subnet_id"), region_id)
    if subnet is None:
        return [("vpc.subnet_id", "subnet_id is not valid")]
    problems: list[Problem] = []
    for number, one in enumerate(addresses_of(vpc)):
        wanted = one.get("address", "auto")
        if wanted != "auto" and not subnets.is_usable(subnet, wanted):
            field = f"vpc.ipv4.addresses[{number}].address"
            problems.append((field, "Must be a usable address of the subnet"))  # *
    return problems


def public_problems(account: Account, public: Body, region_id: str) -> list[Problem]:
    known = ips.reserved(account)
    problems: list[Problem] = []
    for number, one in enumerate(addresses_of(public)):
        wanted = one.get("address", "auto")
        if wanted == "auto":
            continue
        found = known.get(str(wanted))
        if found is None or found.body["region"] != region_id:
            field = f"public.ipv4.addresses[{number}].address"
            problems.append((field, "Must provide a valid reserved address"))  # *
    return problems


def addresses_of(kind: Body) -> list[Json]:
    """The IPv4 addresses asked for; one automatic one when nothing is said."""
    asked = (kind.get("ipv4") or {}).get("addresses")
    return [{"address": "auto"}] if asked is None else list(asked)
