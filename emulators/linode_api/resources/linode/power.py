"""Power: boot, reboot, shutdown, and the root password, which needs the Linode off.

A boot is accepted while a job runs and waits for it; the others are refused with `Linode busy.`
(API pages "Boot a Linode", "Reboot a Linode"; recording TestInstance_Disk_ListMultiple_Primary).
"""

from __future__ import annotations

from emulators.linode_api.core import Body, Json, bodies, jobs
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import check
from emulators.linode_api.core.errors import bad_request, problem_if, raise_if
from emulators.linode_api.core.records import Record, all_of
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources.linode import configs
from emulators.linode_api.resources.linode.linodes import Linode, api, enqueue, is_running, require_free

NO_INTERFACE = "The Linode must have at least 1 interface defined to boot"
ROOT_PASSWORD = {"root_pass": bodies.always(bodies.password)}


def config_to_boot(account: Account, linode: Linode, body: Body) -> Record:
    """The one asked for; else the only one, or the one booted last; for 0 the first in their place.

    Source for 0, the last or best: linodego's documentation of BootInstance. Raises ApiError 400.
    """
    require_interface(account, linode)
    wanted = body.get("config_id")
    found = all_of(account, "config", linode.id)
    if wanted:
        for config in found:
            if config.id == wanted:
                return config
        raise bad_request("config_id is not valid", "config_id")
    if not found:
        raise bad_request("Linode has no configuration profile to boot")
    last = configs.booted(account, linode) or (found[0] if wanted == 0 else None)
    if last is None:
        raise bad_request("Linode has several configuration profiles: config_id is required", "config_id")
    return last


def require_interface(account: Account, linode: Linode) -> None:
    """Linodes with interfaces of their own need one to boot (Terraform's tests name this text)."""
    if linode["interface_generation"] == "linode" and not all_of(account, "interface", linode.id):
        raise bad_request(NO_INTERFACE)


def boot_entity(account: Account, linode: Linode) -> dict[str, Json]:
    """The second entity of a boot that follows another job by itself."""
    config = configs.booted(account, linode)
    return {"linode_boot": config.entity} if config else {}


@api.post("/linode/instances/{linode}/boot")
def boot(call: Call, linode: Linode) -> None:
    """Also while provisioning: the boot then waits in the queue."""
    account = call.account
    config = config_to_boot(account, linode, call.body)
    if linode.course.settled_status() == "running":
        raise bad_request("Linode already booted.")
    busy = linode.course.is_busy(account.now)
    plan = jobs.boot_plan(jobs.BOOT_AFTER_JOB_S if busy else jobs.BOOT_S)
    booted = linode.having(booted_config=config.id, rescue=None)
    enqueue(account, booted, plan, secondary={"linode_boot": config.entity})


@api.post("/linode/instances/{linode}/reboot")
def reboot(call: Call, linode: Linode) -> None:
    require_free(call.account, linode)
    config = config_to_boot(call.account, linode, call.body)
    booted = linode.having(booted_config=config.id, rescue=None)
    enqueue(call.account, booted, jobs.PLANS["linode_reboot"], secondary={"linode_reboot": config.entity})


@api.post("/linode/instances/{linode}/rescue")
def rescue(call: Call, linode: Linode) -> None:
    """Up from a system of the API's own, with these devices until the next boot. `sdh` is that system's."""
    account, devices = call.account, call.body.get("devices") or {}
    problems = configs.device_problems(account, linode, devices)
    problems += problem_if("sdh" in devices, "devices", "sdh is not valid")
    raise_if(problems + problem_if(not devices, "devices", "devices is required"))  # *
    require_free(account, linode)
    running = is_running(account, linode)
    mapped = {slot: configs.mapped(device) for slot, device in devices.items() if device}
    plan = jobs.PLANS["linode_reboot"] if running else jobs.boot_plan()
    enqueue(account, linode.having(booted_config=None, rescue=mapped), plan)


@api.post("/linode/instances/{linode}/shutdown")
def shutdown(call: Call, linode: Linode) -> None:
    require_free(call.account, linode)
    enqueue(call.account, linode, jobs.PLANS["linode_shutdown"])


@api.post("/linode/instances/{linode}/password")
def reset_password(call: Call, linode: Linode) -> None:
    """The Linode must be off. The password is checked and forgotten."""
    check(call.body, ROOT_PASSWORD)
    require_free(call.account, linode)
    if is_running(call.account, linode):
        raise bad_request("Linode must be powered off to reset its root password.")
    enqueue(call.account, linode, jobs.PLANS["password_reset"])
