"""What POST /linode/instances, clone and rebuild check, in the API's words. Texts marked * are a choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.linode_api import (
    allocation,
    backups,
    config_interfaces,
    deployment,
    images,
    interface_checks,
    placement,
    records,
    stackscripts,
    users,
)
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.errors import Problem, bad_request
from emulators.linode_api.passwords import password_problem
from emulators.linode_api.power import NO_INTERFACE
from emulators.linode_api.validation import (
    flag_problems,
    key_problems,
    label_problems,
    policy_problems,
    raise_if,
    require_credentials,
    require_sold,
    tag_problems,
    user_data_problems,
)

Json = dict[str, Any]
Body = Mapping[str, Any]

FLAGS = ("booted", "backups_enabled", "private_ip", "network_helper")
GENERATIONS = ("legacy_config", "linode")


def check(account: Account, body: Body) -> None:
    """Checks come in stages: mending what one answer names may bring out more. Raises ApiError 400 or 403."""
    users.require_tag_right(account, body.get("tags"), [])
    raise_if(field_problems(account, body))
    if body.get("image"):
        require_credentials(body)
        check_image(account, body)
    require_sold(body["type"], body["region"])


def field_problems(account: Account, body: Body) -> list[Problem]:
    image = images.find(account, body.get("image"))
    problems = [*choice_problems(account, body), *flag_problems(body, *FLAGS), *policy_problems(body)]
    if body.get("label") is not None:
        problems += label_problems(body["label"])
    if body.get("tags") is not None:
        problems += tag_problems(body["tags"])
    problems += access_problems(account, body) + metadata_problems(body, image)
    problems += backups.create_problems(account, body) + stackscripts.use_problems(account, body, image)
    problems += allocation.create_problems(account, body)
    problems += placement.join_problems(account, body.get("placement_group"), str(body.get("region")))
    return problems + network_problems(account, body) + size_problems(body)


def access_problems(account: Account, body: Body) -> list[Problem]:
    """The root password, SSH keys and users."""
    problems = key_problems(body, users.names(account))
    reason = None if body.get("root_pass") is None else password_problem(body["root_pass"])
    return ([("root_pass", reason)] if reason else []) + problems


def choice_problems(account: Account, body: Body) -> list[Problem]:
    """Type and region must be given and known; image, kernel, encryption and generation may be left out."""
    problems: list[Problem] = []
    if not body.get("type"):
        problems.append(("type", "type is required"))
    elif str(body["type"]) not in catalogs().type_by_id:
        problems.append(("type", "A valid plan type by that ID was not found"))
    if not body.get("region"):
        problems.append(("region", "region is required"))
    elif str(body["region"]) not in catalogs().region_by_id:
        problems.append(("region", "region is not valid"))
    if body.get("image") is not None and not images.usable(account, body["image"]):
        problems.append(("image", "image is not valid"))
    optional: dict[str, Any] = {
        "kernel": catalogs().kernel_by_id,
        "disk_encryption": ("enabled", "disabled"),
        "interface_generation": GENERATIONS,
    }
    for name, known in optional.items():
        if body.get(name) is not None and str(body[name]) not in known:
            problems.append((name, f"{name} is not valid"))
    return problems + encryption_problems(body)


def encryption_problems(body: Body) -> list[Problem]:
    region = catalogs().region_by_id.get(str(body.get("region")))
    if body.get("disk_encryption") != "enabled" or region is None:
        return []
    able = {"Disk Encryption", "LA Disk Encryption"} & set(region["capabilities"])
    return [] if able else [("disk_encryption", "Disk encryption is not available in this region")]  # *


def metadata_problems(body: Body, image: Body | None) -> list[Problem]:
    if not isinstance(body.get("metadata") or {}, dict):
        return [("metadata", "Must be an object")]
    return user_data_problems(body, str(body.get("region")), image)


def generation(account: Account, body: Body) -> str:
    """Which interfaces a new Linode has: as asked, else the account's default."""
    default = account.settings["interfaces_for_new_linodes"]
    asked = body.get("interface_generation")
    return str(asked or ("linode" if default.startswith("linode") else "legacy_config"))


def network_problems(account: Account, body: Body) -> list[Problem]:
    allowed = account.settings["interfaces_for_new_linodes"]
    chosen, region_id = generation(account, body), str(body.get("region"))
    if (chosen, allowed) in (("linode", "legacy_config_only"), ("legacy_config", "linode_only")):
        return [("interface_generation", "Not allowed by the account's interfaces_for_new_linodes")]  # *
    wanted = body.get("interfaces") or []
    if chosen == "legacy_config":
        problems = config_interfaces.problems_of(account, wanted, region_id)
        firewall_id = body.get("firewall_id")
        if firewall_id is not None and records.get(account, "firewall", firewall_id) is None:
            problems.append(("firewall_id", "firewall_id is not valid"))
        return problems
    return interface_checks.problems_of(account, wanted, region_id) + only_legacy(body, region_id)


def only_legacy(body: Body, region_id: str) -> list[Problem]:
    """What a Linode with Linode interfaces cannot have."""
    problems: list[Problem] = []
    if region_id in catalogs().region_by_id and not catalogs().has(region_id, "Linode Interfaces"):
        problems.append(("interface_generation", "Linode interfaces are not available in this region"))  # *
    given = [name for name in ("firewall_id", "private_ip", "ipv4") if body.get(name)]
    problems += [(name, f"{name} is not allowed with Linode interfaces") for name in given]  # *
    boots = (body.get("image") or body.get("backup_id")) and body.get("booted") is not False
    if boots and not body.get("interfaces"):
        problems.append((None, NO_INTERFACE))
    return problems


def size_problems(body: Body) -> list[Problem]:
    return [
        (name, "Must be a positive integer")
        for name in ("swap_size", "boot_size")
        if body.get(name) is not None and not (type(body[name]) is int and body[name] >= 0)
    ]


def check_image(account: Account, body: Body) -> None:
    """The image, and what is asked beside it, must fit the plan's disk."""
    image = images.require(account, body["image"])
    disk_mb = catalogs().any_type(body["type"])["disk"]
    swap_mb = deployment.swap_mb(body)
    if image["size"] > disk_mb - swap_mb:
        raise bad_request("The image does not fit on the disk of the selected plan", "image")
    if (body.get("boot_size") or 0) + swap_mb > disk_mb:
        raise bad_request("The disks do not fit on the selected plan", "boot_size")
    if body.get("boot_size") and body["boot_size"] < image["size"]:
        raise bad_request("The image does not fit on a disk of this size", "boot_size")
    if catalogs().any_region(body["region"])["site_type"] == "distributed" and (
        "distributed-sites" not in image["capabilities"]
    ):
        raise bad_request("The image is not available in distributed regions", "image")
