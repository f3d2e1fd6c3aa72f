"""What is done to a Linode that exists: change, power, resize, rebuild, migrate, back up, delete.

Boot, delete and changes are accepted while a job runs; the others are refused with `Linode busy.`
(recordings TestInstance_Resize, TestInstance_Migrate; API page "Reboot a Linode").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api import events, lifecycle, storage
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.creation import backups, check_image, choice_problems, metadata_problems
from emulators.linode_api.errors import bad_request
from emulators.linode_api.linodes import Linode, enqueue, find_linode, require_free, save, with_body
from emulators.linode_api.passwords import password_problem
from emulators.linode_api.tags import remember_tags
from emulators.linode_api.validation import (
    ALERTS,
    alert_problems,
    flag_problems,
    key_problems,
    label_problems,
    policy_problems,
    raise_if,
    require_credentials,
    require_sold,
    schedule_problems,
    tag_problems,
    unique_tags,
)

Json = dict[str, Any]
Body = Mapping[str, Any]


def update(account: Account, linode: Linode, body: Body) -> Linode:
    """PUT: what is left out stays; `tags` replaces all tags."""
    check_update(body)
    changes: Json = {
        name: body[name]
        for name in ("group", "watchdog_enabled", "maintenance_policy")
        if body.get(name) is not None
    }
    if body.get("tags") is not None:
        changes["tags"] = unique_tags(body["tags"])
    if body.get("alerts") is not None:
        chosen = {name: body["alerts"][name] for name in ALERTS if name in body["alerts"]}
        changes["alerts"] = {**linode.body["alerts"], **chosen}
    if (body.get("backups") or {}).get("schedule") is not None:
        schedule = {**linode.body["backups"]["schedule"], **body["backups"]["schedule"]}
        changes["backups"] = {**linode.body["backups"], "schedule": schedule}
    changed = replace(with_body(linode, changes), updated=account.clock.now())
    if body.get("label") is not None:
        changed = replace(changed, label=body["label"])
    with account.database.transaction():
        save(account, changed)
        remember_tags(account, changed.body["tags"])
        events.notify(account, "linode_update", changed.entity)
    return changed


def check_update(body: Body) -> None:
    problems = [*flag_problems(body, "watchdog_enabled"), *policy_problems(body)]
    if body.get("label") is not None:
        problems += label_problems(body["label"])
    if body.get("tags") is not None:
        problems += tag_problems(body["tags"])
    if not isinstance(body.get("group"), str | None):
        problems.append(("group", "Must be a string"))
    if body.get("alerts") is not None:
        problems += alert_problems(body["alerts"])
    kept = body.get("backups")
    if isinstance(kept, dict) and kept.get("schedule") is not None:
        problems += schedule_problems(kept["schedule"])
    elif kept is not None and not isinstance(kept, dict):
        problems.append(("backups", "Must be an object"))
    raise_if(problems)


def delete(account: Account, linode: Linode) -> None:
    """Accepted at any time; the label stays taken, and the status is `deleting`, until the job ends."""
    if linode.course.status_at(account.clock.now()) == "deleting":
        return
    with account.database.transaction():
        events.abort_jobs(account, linode.id)
        stopped = replace(linode, course=lifecycle.cut_short(linode.course, account.clock.now()))
        enqueue(account, stopped, [lifecycle.delete_plan()], effect={"delete": True})


def boot(account: Account, linode: Linode, body: Body) -> None:
    """Also while provisioning: the boot then waits in the queue."""
    config = chosen_config(account, linode, body)
    if linode.course.settled_status() == "running":
        raise bad_request("Linode already booted.")
    plan = lifecycle.boot_plan(
        lifecycle.BOOT_AFTER_JOB_S if linode.course.is_busy(account.clock.now()) else lifecycle.BOOT_S
    )
    enqueue(account, linode, [plan], secondary={"linode_boot": config})


def chosen_config(account: Account, linode: Linode, body: Body) -> Json:
    configs = storage.config_rows(account, linode.id)
    wanted = body.get("config_id")
    fitting = [config for config in configs if wanted in (None, config["id"])]
    if not fitting:
        reason = (
            "config_id is not valid" if wanted is not None else "Linode has no configuration profile to boot"
        )
        raise bad_request(reason, "config_id" if wanted is not None else None)
    return storage.config_entity(linode.id, fitting[0]["id"], fitting[0]["label"])


def reboot(account: Account, linode: Linode, body: Body) -> None:
    require_free(account, linode)
    config = chosen_config(account, linode, body)
    enqueue(account, linode, [lifecycle.reboot_plan()], secondary={"linode_reboot": config})


def shutdown(account: Account, linode: Linode) -> None:
    require_free(account, linode)
    enqueue(account, linode, [lifecycle.shutdown_plan()])


def is_running(account: Account, linode: Linode) -> bool:
    return linode.course.status_at(account.clock.now()) == "running"


def resize(account: Account, linode: Linode, body: Body) -> None:
    """The type changes when the job ends; a lone main disk then fills the new plan."""
    wanted = body.get("type")
    if not wanted:
        raise bad_request("type is required", "type")
    raise_if(choice_problems({**body, "region": linode.body["region"]}))
    if body.get("migration_type") not in (None, "warm", "cold"):
        raise bad_request("migration_type is not valid", "migration_type")
    require_free(account, linode)
    if wanted == linode.body["type"]:
        raise bad_request("Linode is already running this service plan.", "type")
    require_sold(wanted, linode.body["region"])
    disks = storage.disk_rows(account, linode.id)
    room_mb = catalogs().type_by_id[wanted]["disk"] - sum(disk["size"] for disk in disks)
    if room_mb < 0:
        raise bad_request(
            "Linode has allocated more disk than the new service plan allows. Delete or resize disks smaller."
        )
    main = [disk for disk in disks if disk["filesystem"] != "swap"]
    grows = body.get("allow_auto_disk_resize") is not False and len(main) == 1
    effect: Json = {"body": {"type": wanted}}
    if grows:
        effect["disk_sizes"] = {main[0]["id"]: main[0]["size"] + room_mb}
    plans = lifecycle.resize_plans(
        warm=body.get("migration_type") == "warm", was_running=is_running(account, linode)
    )
    enqueue(account, linode, plans, effect=effect, secondary=boot_config(account, linode))


def boot_config(account: Account, linode: Linode) -> dict[str, Json]:
    configs = storage.config_rows(account, linode.id)
    if not configs:
        return {}
    return {"linode_boot": storage.config_entity(linode.id, configs[0]["id"], configs[0]["label"])}


def rebuild(account: Account, linode: Linode, body: Body) -> Linode:
    """All disks and configs are replaced; id, addresses and type stay (recording TestInstance_Rebuild)."""
    check_rebuild(account, linode, body)
    require_free(account, linode)
    image = catalogs().image_by_id[body["image"]]
    was_running = is_running(account, linode)
    booted = body.get("booted") is not False
    changes: Json = {"image": image["id"]}
    if body.get("disk_encryption"):
        changes["disk_encryption"] = body["disk_encryption"]
    if "metadata" in body:
        changes["has_user_data"] = bool((body["metadata"] or {}).get("user_data"))
    changed = replace(with_body(linode, changes), updated=account.clock.now())
    ready = account.clock.now() + account.clock.shrink(lifecycle.REBUILD_S)
    wish = {"disk_encryption": changed.body["disk_encryption"], "swap_size": body.get("swap_size")}
    disk_mb = catalogs().type_by_id[linode.body["type"]]["disk"]
    with account.database.transaction():
        config = storage.install_image(account, linode.id, image, wish, disk_mb, ready)
        made_from = events.entity("image", image["id"], image["label"], f"/images/{image['id']}")
        return enqueue(
            account,
            changed,
            lifecycle.rebuild_plans(was_running=was_running, booted=booted),
            secondary={"linode_rebuild": made_from, "linode_boot": config},
        )


def check_rebuild(account: Account, linode: Linode, body: Body) -> None:
    if not body.get("image"):
        raise bad_request("image is required", "image")
    full = {**body, "type": linode.body["type"], "region": linode.body["region"]}
    image = catalogs().image_by_id.get(str(body["image"]))
    problems = [
        *choice_problems(full),
        *flag_problems(body, "booted"),
        *key_problems(body, {account.username}),
    ]
    problems += metadata_problems(full, image)
    if body.get("root_pass") is not None:
        reason = password_problem(body["root_pass"])
        problems += [("root_pass", reason)] if reason else []
    raise_if(problems)
    require_credentials(body)
    check_image(full)


def migrate(account: Account, linode: Linode, body: Body) -> None:
    """To another region, or to another host of the same one."""
    region_id = body.get("region") or linode.body["region"]
    raise_if(choice_problems({"type": linode.body["type"], "region": region_id}))
    require_free(account, linode)
    require_sold(linode.body["type"], region_id)
    moves = region_id != linode.body["region"]
    action = "linode_migrate_datacenter" if moves else "linode_migrate"
    plans = lifecycle.migrate_plans(action, was_running=is_running(account, linode))
    effect = {"body": {"region": region_id}}
    enqueue(account, linode, plans, effect=effect, secondary=boot_config(account, linode))


def reset_password(account: Account, linode: Linode, body: Body) -> None:
    """The Linode must be off. The password is checked and forgotten."""
    reason = password_problem(body.get("root_pass"))
    if reason:
        raise bad_request(reason, "root_pass")
    require_free(account, linode)
    if is_running(account, linode):
        raise bad_request("Linode must be powered off to reset its root password.")
    enqueue(account, linode, [lifecycle.password_plan()])


def switch_backups(account: Account, linode: Linode, *, enabled: bool) -> None:
    """Enabling twice, or cancelling what is off, changes nothing."""
    current = find_linode(account, linode.id)
    if current.body["backups"]["enabled"] is not enabled:
        changed = with_body(current, {"backups": backups(enabled=enabled)})
        with account.database.transaction():
            save(account, replace(changed, updated=account.clock.now()))
            events.notify(account, "backups_enable" if enabled else "backups_cancel", current.entity)


def enable_backups(account: Account, linode: Linode) -> None:
    switch_backups(account, linode, enabled=True)


def cancel_backups(account: Account, linode: Linode) -> None:
    switch_backups(account, linode, enabled=False)
