"""Backups, images, clones and moves: what outlives, or leaves, a Linode."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD, Caller, made, reasons, settled


def snapshot(caller: Caller, clock: HeldClock, linode_id: int) -> dict[str, Any]:
    path = f"/linode/instances/{linode_id}/backups"
    caller.post(path + "/enable")
    taken = made(caller.post(path, {"label": "before"}))
    clock.advance(270)
    return dict(made(caller.get(f"{path}/{taken['id']}")))


def test_a_snapshot_needs_the_service_and_takes_its_time(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    path = f"/linode/instances/{linode['id']}/backups"

    refused = caller.post(path, {"label": "early"})
    caller.post(path + "/enable")
    taken = made(caller.post(path, {"label": "before"}))
    during = caller.get(path).json()["snapshot"]
    clock.advance(270)
    after = caller.get(path).json()["snapshot"]

    assert refused.status_code == 400
    assert (taken["status"], taken["disks"]) == ("pending", [])
    assert (during["current"], during["in_progress"]["id"]) == (None, taken["id"])
    assert (after["in_progress"], after["current"]["status"]) == (None, "successful")
    assert [disk["size"] for disk in after["current"]["disks"]] == [25088, 512]
    assert caller.linode(linode["id"])["backups"]["available"] is True


def test_one_snapshot_is_kept_and_cancelling_deletes_it(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    path = f"/linode/instances/{linode['id']}/backups"

    first, second = (snapshot(caller, clock, linode["id"]) for _ in range(2))
    held = caller.get(path).json()["snapshot"]["current"]
    caller.post(path + "/cancel")

    assert (first["id"] != second["id"], held["id"]) == (True, second["id"])
    assert caller.get(f"{path}/{second['id']}").status_code == 404
    assert caller.linode(linode["id"])["backups"] == {
        "enabled": False,
        "available": False,
        "schedule": {"day": None, "window": None},
        "last_successful": None,
    }


def test_backups_begin_again_a_day_after_they_were_cancelled(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, backups_enabled=True)
    path = f"/linode/instances/{linode['id']}/backups"

    made(caller.post(path + "/cancel"))
    clock.advance(24 * 3600 - 1)
    early = caller.post(path + "/enable")
    clock.advance(1)

    assert (early.status_code, "24 hours" in reasons(early)[0][1]) == (400, True)
    assert made(caller.post(path + "/enable")) == {}
    assert caller.linode(linode["id"])["backups"]["enabled"] is True


def test_the_schedule_is_set_by_put(caller: Caller) -> None:
    linode = caller.create(**EMPTY, backups_enabled=True)

    changed = made(
        caller.put(
            f"/linode/instances/{linode['id']}", {"backups": {"schedule": {"day": "Monday", "window": "W4"}}}
        )
    )

    assert changed["backups"]["schedule"] == {"day": "Monday", "window": "W4"}


def test_a_linode_can_be_made_from_a_backup(caller: Caller, clock: HeldClock) -> None:
    source = settled(caller, clock, **FROM_IMAGE)
    backup = snapshot(caller, clock, source["id"])
    wish = {**EMPTY, "backup_id": backup["id"]}

    copy = settled(caller, clock, **wish)
    elsewhere = caller.post("/linode/instances", {**wish, "region": "us-sea"})
    both = caller.post("/linode/instances", {**FROM_IMAGE, "backup_id": backup["id"]})

    assert copy["status"] == "running"
    disks = caller.rows(f"/linode/instances/{copy['id']}/disks")
    [config] = caller.rows(f"/linode/instances/{copy['id']}/configs")
    assert [disk["label"] for disk in disks] == ["Debian 12 Disk", "512 MB Swap Image"]
    assert config["devices"]["sda"]["disk_id"] == disks[0]["id"]
    assert (reasons(elsewhere)[0][0], reasons(both)[0][0]) == ("backup_id", "backup_id")


def test_a_restore_replaces_what_is_there(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    backup = snapshot(caller, clock, linode["id"])
    path = f"/linode/instances/{linode['id']}"
    call = f"{path}/backups/{backup['id']}/restore"
    before = caller.rows(path + "/disks")

    running = caller.post(call, {"linode_id": linode["id"], "overwrite": True})
    caller.post(path + "/shutdown")
    clock.advance(60)
    full = caller.post(call, {"linode_id": linode["id"]})
    caller.post(call, {"linode_id": linode["id"], "overwrite": True})
    during, refused = caller.status(linode["id"]), caller.delete(path)
    clock.advance(30)

    assert (running.status_code, full.status_code) == (400, 400)
    assert (during, refused.status_code) == ("restoring", 400)
    after = caller.rows(path + "/disks")
    assert [disk["size"] for disk in after] == [disk["size"] for disk in before]
    assert not {disk["id"] for disk in after} & {disk["id"] for disk in before}


def test_an_image_of_a_disk_becomes_available_and_deploys(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    disk = caller.rows(f"/linode/instances/{linode['id']}/disks")[0]

    image = made(caller.post("/images", {"disk_id": disk["id"], "label": "golden"}))
    early = caller.post("/linode/instances", {**FROM_IMAGE, "image": image["id"], "swap_size": 0})
    clock.advance(150)
    made_from = caller.create(**{**FROM_IMAGE, "type": "g6-standard-1", "image": image["id"]})

    assert (image["status"], image["size"]) == ("creating", 25088)
    assert reasons(early) == [("image", "image is not valid")]
    assert caller.events(linode["id"], action="disk_imagize")[0]["duration"] == 144.0
    [row] = caller.rows("/images", where={"is_public": False})
    assert (row["id"], row["status"], made_from["image"]) == (image["id"], "available", image["id"])
    path = "/images/" + image["id"].replace("/", "%2F")
    assert made(caller.put(path, {"label": "silver"}))["label"] == "silver"
    assert caller.delete(path).json() == {}
    assert caller.get(path).status_code == 404


def test_an_image_is_kept_in_the_regions_that_are_named(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    disk = caller.rows(f"/linode/instances/{linode['id']}/disks")[0]
    image = made(caller.post("/images", {"disk_id": disk["id"]}))
    path = f"/images/{image['id'].replace('/', '%2F')}/regions"
    home = linode["region"]
    other = next(region for region in ("us-ord", "de-fra-2") if region != home)

    early = caller.post(path, {"regions": [home]})
    clock.advance(150)
    both = made(caller.post(path, {"regions": [home, other]}))
    lost = caller.post(path, {"regions": [other]})
    clock.advance(100)
    moved = made(caller.post(path, {"regions": [other]}))

    assert [(each["region"], each["status"]) for each in both["regions"]] == [
        (home, "available"),
        (other, "replicating"),
    ]
    assert both["total_size"] == 2 * both["size"]
    assert [reasons(each)[0][0] for each in (early, lost)] == ["regions", "regions"]
    assert moved["regions"] == [{"region": other, "status": "available"}]
    for wrong in ([], ["mars"], None, "us-ord"):
        assert reasons(caller.post(path, {"regions": wrong}))[0][0] == "regions"


def test_images_are_the_accounts_own(api: LocalApi, caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    disk = caller.rows(f"/linode/instances/{linode['id']}/disks")[0]
    image = made(caller.post("/images", {"disk_id": disk["id"]}))
    clock.advance(150)
    other = Caller(api, api.add_token("another-account"))

    assert other.get(f"/images/{image['id']}").status_code == 404
    assert image["id"] not in {row["id"] for row in other.rows("/images")}
    assert reasons(other.post("/linode/instances", {**FROM_IMAGE, "image": image["id"]}))[0][0] == "image"
    assert reasons(other.post("/images", {"disk_id": disk["id"]})) == [("disk_id", "disk_id is not valid")]
    assert caller.delete("/images/linode%2Fdebian12").status_code == 403
    other.close()


def test_an_image_whose_job_fails_never_becomes_available(
    api: LocalApi, caller: Caller, clock: HeldClock
) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    disk = caller.rows(f"/linode/instances/{linode['id']}/disks")[0]
    api.set_faults({"kind": "job_fails", "method": "POST", "path": "/images", "action": "disk_imagize"})

    image = made(caller.post("/images", {"disk_id": disk["id"]}))
    clock.advance(150)

    assert caller.events(linode["id"], action="disk_imagize")[0]["status"] == "failed"
    assert caller.get(f"/images/{image['id']}").json()["status"] == "creating"


def test_a_clone_copies_disks_and_tags_and_keeps_its_source_free(caller: Caller, clock: HeldClock) -> None:
    source = settled(caller, clock, **FROM_IMAGE, tags=["blue"], booted=False)
    path = f"/linode/instances/{source['id']}"

    copy = made(caller.post(path + "/clone", {"region": "us-sea", "type": "g6-standard-1", "label": "copy"}))
    deleted = caller.delete(path), caller.delete(f"/linode/instances/{copy['id']}")
    boot = caller.post(path + "/boot")
    clock.advance(120)

    assert (copy["status"], copy["tags"], copy["region"]) == ("offline", ["blue"], "us-sea")
    assert [answer.status_code for answer in deleted] == [400, 400]
    assert boot.status_code == 200
    assert [disk["size"] for disk in caller.rows(f"/linode/instances/{copy['id']}/disks")] == [25088, 512]
    event = caller.events(source["id"], action="linode_clone")[0]
    assert (event["status"], event["secondary_entity"]["id"]) == ("finished", copy["id"])
    assert caller.delete(f"/linode/instances/{copy['id']}").json() == {}


def test_user_data_must_be_given_again_for_a_clone(caller: Caller, clock: HeldClock) -> None:
    source = settled(caller, clock, **FROM_IMAGE, metadata={"user_data": "Y29vbA=="}, booted=False)

    answer = caller.post(f"/linode/instances/{source['id']}/clone", EMPTY)

    assert reasons(answer)[0][0] == "metadata.user_data"


def test_a_move_brings_new_addresses_and_leaves_the_group(caller: Caller, clock: HeldClock) -> None:
    group = made(
        caller.post(
            "/placement/groups",
            {
                "label": "g",
                "region": "us-ord",
                "placement_group_type": "anti_affinity:local",
                "placement_group_policy": "strict",
            },
        )
    )
    linode = settled(caller, clock, **FROM_IMAGE, private_ip=True, placement_group={"id": group["id"]})

    caller.post(f"/linode/instances/{linode['id']}/migrate", {"region": "us-sea"})
    clock.advance(300)
    moved = caller.linode(linode["id"])

    assert (moved["region"], moved["status"], moved["placement_group"]) == ("us-sea", "running", None)
    assert len(moved["ipv4"]) == 2
    assert not set(moved["ipv4"]) & set(linode["ipv4"])
    assert moved["ipv6"] != linode["ipv6"]
    assert caller.events(linode["id"], action="linode_migrate_datacenter")[0]["status"] == "finished"


def test_a_move_leaves_backups_and_volumes_behind(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, backups_enabled=True)
    path = f"/linode/instances/{linode['id']}"
    body = {"label": "data", "linode_id": linode["id"]}
    volume = made(caller.post("/volumes", body))
    caller.post(f"{path}/backups", {"label": "before"})
    clock.advance(300)
    kept = caller.get(f"{path}/backups").json()["snapshot"]["current"]

    caller.post(f"{path}/migrate", {"region": "us-sea"})
    clock.advance(300)

    assert kept["label"] == "before"
    assert caller.get(f"{path}/backups").json()["snapshot"]["current"] is None
    service = caller.linode(linode["id"])["backups"]
    assert (service["enabled"], service["available"], service["last_successful"]) == (True, False, None)
    assert caller.rows(f"{path}/volumes") == []
    assert caller.get(f"/volumes/{volume['id']}").json()["linode_id"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"region": "us-ord"}, "region"),
        ({"region": "us-none"}, "region"),
        ({"region": "us-sea", "type": "warm"}, "type"),
        ({"region": "us-sea", "upgrade": True}, "upgrade"),
        ({"region": "us-sea", "placement_group": {"id": 1}}, "placement_group.id"),
        ({}, None),
    ],
)
def test_a_move_that_cannot_be_is_refused(
    caller: Caller, clock: HeldClock, body: dict[str, Any], field: str | None
) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)

    answer = caller.post(f"/linode/instances/{linode['id']}/migrate", body)

    assert (answer.status_code, reasons(answer)[0][0]) == (400, field)


def test_a_vpc_interface_or_an_unsold_plan_holds_a_linode_back(caller: Caller, clock: HeldClock) -> None:
    vpc = made(
        caller.post(
            "/vpcs", {"label": "v", "region": "us-ord", "subnets": [{"label": "s", "ipv4": "10.0.0.0/24"}]}
        )
    )
    wanted = [{"purpose": "public"}, {"purpose": "vpc", "subnet_id": vpc["subnets"][0]["id"]}]
    attached = settled(caller, clock, **FROM_IMAGE, interfaces=wanted)
    premium = settled(caller, clock, **{**FROM_IMAGE, "type": "g7-premium-2"})

    held = caller.post(f"/linode/instances/{attached['id']}/migrate", {"region": "us-sea"})
    unsold = caller.post(f"/linode/instances/{premium['id']}/migrate", {"region": "us-east"})

    assert (held.status_code, unsold.status_code) == (400, 403)


def test_volumes_are_detached_when_their_linode_is_gone(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **{**FROM_IMAGE, "root_pass": PASSWORD})
    path = f"/linode/instances/{linode['id']}"
    volume = made(caller.post("/volumes", {"label": "data", "region": "us-ord", "size": 10}))
    call = f"/volumes/{volume['id']}"

    caller.post(call + "/attach", {"linode_id": linode["id"]})
    clock.advance(10)
    attached = caller.get(call).json()
    caller.delete(path)
    while_deleting = caller.get(call).json()["linode_id"]
    clock.advance(10)

    assert (attached["linode_label"], attached["io_ready"]) == (linode["label"], True)
    assert (while_deleting, caller.get(call).json()["linode_id"]) == (linode["id"], None)
    assert caller.delete(call).json() == {}


def test_a_volume_is_attached_once_and_in_its_region(caller: Caller) -> None:
    here, there = caller.create(**EMPTY), caller.create(**{**EMPTY, "region": "us-sea"})
    volume = made(caller.post("/volumes", {"label": "data", "region": "us-ord"}))
    call = f"/volumes/{volume['id']}"

    elsewhere = caller.post(call + "/attach", {"linode_id": there["id"]})
    made(caller.post(call + "/attach", {"linode_id": here["id"]}))
    again = caller.post(call + "/attach", {"linode_id": here["id"]})
    smaller = caller.post(call + "/resize", {"size": 10})

    assert [answer.status_code for answer in (elsewhere, again, smaller)] == [400, 400, 400]
    assert [row["id"] for row in caller.rows(f"/linode/instances/{here['id']}/volumes")] == [volume["id"]]
    assert caller.post(call + "/detach").json() == {}


def test_a_clone_of_a_volume_is_another_one_that_is_not_attached(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    body = {"label": "data", "size": 30, "linode_id": linode["id"], "tags": ["old"]}
    source = made(caller.post("/volumes", body))
    path = f"/volumes/{source['id']}/clone"

    early = caller.post(path, {"label": "copy"})
    clock.advance(20)
    copy = made(caller.post(path, {"label": "copy"}))
    taken = caller.post(path, {"label": "copy"})

    assert (early.status_code, reasons(taken)[0][0]) == (400, "label")
    assert copy["id"] != source["id"]
    assert (copy["status"], copy["size"], copy["tags"], copy["linode_id"]) == ("creating", 30, ["old"], None)
    assert reasons(caller.post(path, {}))[0][0] == "label"
