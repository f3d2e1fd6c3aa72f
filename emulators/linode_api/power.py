"""Power: boot, reboot, shutdown, and the root password, which needs the Linode off.

A boot is accepted while a job runs and waits for it; the others are refused with `Linode busy.`
(API pages "Boot a Linode", "Reboot a Linode"; recording TestInstance_Disk_ListMultiple_Primary).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.linode_api import configs, lifecycle, records
from emulators.linode_api.account import Account
from emulators.linode_api.configs import Config
from emulators.linode_api.errors import bad_request
from emulators.linode_api.linodes import Linode, enqueue, is_running, require_free, with_body
from emulators.linode_api.passwords import password_problem

Json = dict[str, Any]
Body = Mapping[str, Any]

NO_INTERFACE = "The Linode must have at least 1 interface defined to boot"


def boot(account: Account, linode: Linode, body: Body) -> None:
    """Also while provisioning: the boot then waits in the queue."""
    config = chosen_config(account, linode, body)
    if linode.course.settled_status() == "running":
        raise bad_request("Linode already booted.")
    busy = linode.course.is_busy(account.clock.now())
    plan = lifecycle.boot_plan(lifecycle.BOOT_AFTER_JOB_S if busy else lifecycle.BOOT_S)
    booted = with_body(linode, {"booted_config": config.id})
    enqueue(account, booted, [plan], secondary={"linode_boot": config.entity})


def chosen_config(account: Account, linode: Linode, body: Body) -> Config:
    """The one asked for; else the only one, or the one booted last. Raises ApiError 400."""
    require_interface(account, linode)
    wanted = body.get("config_id")
    found = configs.all_configs(account, linode.id)
    if wanted is not None:
        for config in found:
            if config.id == wanted:
                return config
        raise bad_request("config_id is not valid", "config_id")
    if not found:
        raise bad_request("Linode has no configuration profile to boot")
    last = configs.booted_config(account, linode)
    if last is None:
        raise bad_request("Linode has several configuration profiles: config_id is required", "config_id")
    return last


def require_interface(account: Account, linode: Linode) -> None:
    """Linodes with interfaces of their own need one to boot (Terraform's tests name this text)."""
    if linode.body["interface_generation"] == "linode" and not records.all_of(
        account, "interface", linode.id
    ):
        raise bad_request(NO_INTERFACE)


def boot_entity(account: Account, linode: Linode) -> dict[str, Json]:
    """The second entity of a boot that follows another job by itself."""
    config = configs.booted_config(account, linode)
    return {"linode_boot": config.entity} if config else {}


def reboot(account: Account, linode: Linode, body: Body) -> None:
    require_free(account, linode)
    config = chosen_config(account, linode, body)
    booted = with_body(linode, {"booted_config": config.id})
    enqueue(account, booted, [lifecycle.reboot_plan()], secondary={"linode_reboot": config.entity})


def shutdown(account: Account, linode: Linode) -> None:
    require_free(account, linode)
    enqueue(account, linode, [lifecycle.shutdown_plan()])


def reset_password(account: Account, linode: Linode, body: Body) -> None:
    """The Linode must be off. The password is checked and forgotten."""
    reason = password_problem(body.get("root_pass"))
    if reason:
        raise bad_request(reason, "root_pass")
    require_free(account, linode)
    if is_running(account, linode):
        raise bad_request("Linode must be powered off to reset its root password.")
    enqueue(account, linode, [lifecycle.password_plan()])
