from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD, Caller, reasons


def running(caller: Caller, clock: HeldClock, **body: Any) -> int:
    made = caller.create(**{**FROM_IMAGE, **body})
    clock.advance(120)
    assert caller.status(made["id"]) == "running"
    return int(made["id"])


def test_a_create_provisions_boots_and_runs_with_two_neighbouring_events(
    caller: Caller, clock: HeldClock
) -> None:
    made = caller.create(**FROM_IMAGE, label="web")

    assert made["status"] == "provisioning"
    create, boot = caller.events(made["id"])
    assert (create["action"], boot["action"], boot["id"] - create["id"]) == (
        "linode_create",
        "linode_boot",
        1,
    )
    assert boot["status"] == "scheduled"
    clock.advance(53)
    assert caller.status(made["id"]) == "booting"
    clock.advance(15)
    assert caller.status(made["id"]) == "running"
    assert [event["status"] for event in caller.events(made["id"])] == ["finished", "finished"]


def test_an_image_brings_two_disks_and_a_config(caller: Caller, clock: HeldClock) -> None:
    made = caller.create(**FROM_IMAGE)

    disks = caller.rows(f"/linode/instances/{made['id']}/disks")
    [config] = caller.rows(f"/linode/instances/{made['id']}/configs")

    assert [(disk["label"], disk["size"], disk["status"]) for disk in disks] == [
        ("Debian 12 Disk", 25088, "not ready"),
        ("512 MB Swap Image", 512, "not ready"),
    ]
    assert (config["label"], config["kernel"]) == ("My Debian 12 Disk Profile", "linode/grub2")
    assert config["devices"]["sda"] == {"disk_id": disks[0]["id"], "volume_id": None}
    clock.advance(60)
    assert {disk["status"] for disk in caller.rows(f"/linode/instances/{made['id']}/disks")} == {"ready"}


def test_without_an_image_a_linode_is_empty_and_ends_offline(caller: Caller, clock: HeldClock) -> None:
    made = caller.create(**EMPTY)
    clock.advance(10)

    assert (made["image"], caller.status(made["id"])) == (None, "offline")
    assert caller.rows(f"/linode/instances/{made['id']}/disks") == []
    assert [event["action"] for event in caller.events(made["id"])] == ["linode_create"]


def test_a_linode_without_label_is_named_by_its_id(caller: Caller) -> None:
    made = caller.create(**EMPTY)

    assert made["label"] == f"linode{made['id']}"


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"type": None}, "type", "type is required"),
        ({"type": "g6-none"}, "type", "A valid plan type by that ID was not found"),
        ({"region": "xx-xxx"}, "region", "region is not valid"),
        ({"image": "linode/none"}, "image", "image is not valid"),
        (
            {"image": "linode/debian12"},
            None,
            "Must provide valid root_pass, authorized_keys, or authorized_users",
        ),
        ({"label": "ab"}, "label", "Length must be 3-64 characters"),
        ({"label": "a" * 65}, "label", "Length must be 3-64 characters"),
        ({"tags": ["ab"]}, "tags", "Length must be 3-50 characters"),
        ({"root_pass": "Sh0rt!"}, "root_pass", "Length must be 11-128 characters"),
        ({"root_pass": "aaaaaaaaaaaa"}, "root_pass", "Password does not meet strength requirement"),
        ({"root_pass": "b4d_p4s5w0rd!!"}, "root_pass", "Password does not meet strength requirement"),
        ({"maintenance_policy": "x"}, "maintenance_policy", "Unsupported maintenance policy slug format."),
        ({"ipv4": []}, "ipv4", "Must provide a single valid reserved ipv4 address"),
    ],
)
def test_a_create_is_refused_in_the_apis_words(
    caller: Caller, change: dict[str, Any], field: str | None, reason: str
) -> None:
    answer = caller.post("/linode/instances", {**EMPTY, **change})

    assert (answer.status_code, reasons(answer)) == (400, [(field, reason)])
    assert caller.rows("/linode/instances") == []


@pytest.mark.parametrize("label", ["-web", "web-", "we--b", "we__b", "we..b", "wéb", "w b"])
def test_labels_that_break_the_pattern_are_refused(caller: Caller, label: str) -> None:
    answer = caller.post("/linode/instances", {**EMPTY, "label": label})

    assert [field for field, _ in reasons(answer)] == ["label"]


def test_several_problems_come_in_one_answer(caller: Caller) -> None:
    answer = caller.post("/linode/instances", {"label": "x", "tags": ["y"]})

    assert [field for field, _ in reasons(answer)] == ["type", "region", "label", "tags"]


@pytest.mark.parametrize(
    ("type_id", "region"),
    [("g7-premium-2", "us-east"), ("g1-gpu-rtx6000-1", "us-ord"), ("g6-nanode-1", "de-ber-1")],
)
def test_a_plan_that_the_region_does_not_sell_is_a_403(caller: Caller, type_id: str, region: str) -> None:
    answer = caller.post("/linode/instances", {"type": type_id, "region": region})

    assert answer.status_code == 403
    assert reasons(answer)[0][1].startswith(
        "The Linode plan you chose is not currently available in the selected region."
    )


def test_an_image_bigger_than_the_disk_is_refused(caller: Caller) -> None:
    body = {**FROM_IMAGE, "swap_size": 24000}

    answer = caller.post("/linode/instances", body)

    assert [field for field, _ in reasons(answer)] == ["image"]


def test_user_data_needs_an_image_with_cloud_init(caller: Caller) -> None:
    good = {**FROM_IMAGE, "metadata": {"user_data": "Y29vbA=="}}

    refused = caller.post("/linode/instances", {**good, "image": "linode/centos7"})

    assert reasons(refused)[0][0] == "metadata.user_data"
    assert caller.create(**good)["has_user_data"] is True


def test_a_label_is_taken_until_its_linode_is_gone(caller: Caller, clock: HeldClock) -> None:
    made = caller.create(**EMPTY, label="web")

    again = caller.post("/linode/instances", {**EMPTY, "label": "web"})
    other = caller.create(**EMPTY, label="web2")
    renamed = caller.put(f"/linode/instances/{other['id']}", {"label": "web"})

    taken = [("label", "Label must be unique among your linodes")]
    assert (reasons(again), reasons(renamed)) == (taken, taken)
    caller.delete(f"/linode/instances/{made['id']}")
    assert reasons(caller.post("/linode/instances", {**EMPTY, "label": "web"})) == taken
    clock.advance(11)
    assert caller.create(**EMPTY, label="web")["id"] > other["id"]


def test_of_racing_creates_with_one_label_one_is_made(api: LocalApi, caller: Caller, account: str) -> None:
    def create(_: int) -> int:
        return caller.post("/linode/instances", {**FROM_IMAGE, "label": "race"}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(create, range(8)))

    assert statuses == [200, *[400] * 7]
    assert api.counts(account) == {"linodes": 1, "created": 1, "deleted": 0}


def test_the_same_label_may_be_used_in_two_accounts(api: LocalApi, caller: Caller) -> None:
    other = Caller(api, api.add_token("neighbour"))
    mine, theirs = caller.create(**EMPTY, label="shared-name"), other.create(**EMPTY, label="shared-name")

    assert other.get(f"/linode/instances/{mine['id']}").status_code == 404
    assert [row["id"] for row in other.rows("/linode/instances")] == [theirs["id"]]
    other.close()


def test_put_changes_what_it_names_and_replaces_all_tags(caller: Caller) -> None:
    made = caller.create(**EMPTY, tags=["one", "two"], label="before")

    changed = caller.put(
        f"/linode/instances/{made['id']}", {"label": "after", "tags": ["three"], "alerts": {"cpu": 0}}
    )

    assert changed.json()["tags"] == ["three"]
    assert changed.json()["alerts"] == {**made["alerts"], "cpu": 0}
    assert changed.json()["label"] == "after"
    assert changed.json() == caller.linode(made["id"])
    assert caller.events(made["id"], action="linode_update")[0]["status"] == "notification"


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("reboot", None),
        ("shutdown", None),
        ("resize", {"type": "g6-standard-1"}),
        ("rebuild", {"image": "linode/debian13", "root_pass": PASSWORD}),
        ("migrate", {"region": "us-sea"}),
        ("password", {"root_pass": PASSWORD}),
    ],
)
def test_actions_are_refused_while_a_job_runs(
    caller: Caller, clock: HeldClock, action: str, body: dict[str, Any] | None
) -> None:
    made = caller.create(**FROM_IMAGE)

    while_provisioning = caller.post(f"/linode/instances/{made['id']}/{action}", body)
    clock.advance(120)
    later = caller.post(f"/linode/instances/{made['id']}/{action}", body)

    assert (while_provisioning.status_code, reasons(while_provisioning)) == (400, [(None, "Linode busy.")])
    assert later.status_code == 200 or action == "password"


def test_boot_change_and_delete_are_accepted_while_provisioning(caller: Caller, clock: HeldClock) -> None:
    made = caller.create(**FROM_IMAGE, booted=False)
    path = f"/linode/instances/{made['id']}"

    answers = [caller.post(path + "/boot"), caller.put(path, {"tags": ["new-tag"]})]

    assert [answer.status_code for answer in answers] == [200, 200]
    clock.advance(80)
    assert caller.status(made["id"]) == "running"
    assert caller.delete(path).json() == {}


def test_a_booted_linode_cannot_be_booted_again(caller: Caller, clock: HeldClock) -> None:
    linode_id = running(caller, clock)

    assert reasons(caller.post(f"/linode/instances/{linode_id}/boot")) == [(None, "Linode already booted.")]


def test_shutdown_then_boot(caller: Caller, clock: HeldClock) -> None:
    linode_id = running(caller, clock)

    caller.post(f"/linode/instances/{linode_id}/shutdown")
    clock.advance(28)
    stopped = caller.status(linode_id)
    caller.post(f"/linode/instances/{linode_id}/boot")
    clock.advance(24)

    assert (stopped, caller.status(linode_id)) == ("offline", "running")
    boot = caller.events(linode_id, action="linode_boot")[-1]
    assert (boot["duration"], boot["secondary_entity"]["type"]) == (24.0, "linode_config")


def test_a_resize_changes_the_type_at_its_end_and_boots_again(caller: Caller, clock: HeldClock) -> None:
    linode_id = running(caller, clock)

    caller.post(f"/linode/instances/{linode_id}/resize", {"type": "g6-standard-1"})
    clock.advance(100)
    during = caller.linode(linode_id)
    clock.advance(110)
    after = caller.linode(linode_id)

    assert (during["status"], during["type"]) == ("resizing", "g6-nanode-1")
    assert (after["status"], after["type"], after["specs"]["memory"]) == ("running", "g6-standard-1", 2048)
    sizes = [disk["size"] for disk in caller.rows(f"/linode/instances/{linode_id}/disks")]
    assert sizes == [51200 - 512, 512]


def test_a_resize_below_the_disks_is_refused(caller: Caller, clock: HeldClock) -> None:
    linode_id = running(caller, clock, type="g6-standard-2")

    answer = caller.post(f"/linode/instances/{linode_id}/resize", {"type": "g6-standard-1"})

    assert reasons(answer)[0][1].startswith(
        "Linode has allocated more disk than the new service plan allows."
    )


def test_a_rebuild_keeps_id_addresses_and_type(caller: Caller, clock: HeldClock) -> None:
    linode_id = running(caller, clock)
    before = caller.linode(linode_id)
    old_disks = caller.rows(f"/linode/instances/{linode_id}/disks")

    answer = caller.post(
        f"/linode/instances/{linode_id}/rebuild", {"image": "linode/debian13", "root_pass": PASSWORD}
    ).json()
    clock.advance(70)

    assert (answer["image"], answer["status"], answer["ipv4"]) == (
        "linode/debian13",
        "running",
        before["ipv4"],
    )
    new_disks = caller.rows(f"/linode/instances/{linode_id}/disks")
    assert not {disk["id"] for disk in old_disks} & {disk["id"] for disk in new_disks}
    assert new_disks[0]["label"] == "Debian 13 Disk"
    assert caller.status(linode_id) == "running"


def test_a_migration_moves_to_the_other_region(caller: Caller, clock: HeldClock) -> None:
    linode_id = running(caller, clock)

    caller.post(f"/linode/instances/{linode_id}/migrate", {"region": "us-sea"})
    during = caller.status(linode_id)
    clock.advance(300)

    assert (during, caller.linode(linode_id)["region"]) == ("offline", "us-sea")


def test_backups_can_be_switched_on_and_off(caller: Caller, clock: HeldClock) -> None:
    linode_id = running(caller, clock)
    path = f"/linode/instances/{linode_id}"

    caller.post(path + "/backups/enable")
    on = caller.linode(linode_id)["backups"]
    caller.post(path + "/backups/cancel")

    assert (on["enabled"], on["schedule"]) == (True, {"day": "Scheduling", "window": "Scheduling"})
    assert caller.linode(linode_id)["backups"]["enabled"] is False
    assert [event["action"] for event in caller.events(linode_id)][-2:] == [
        "backups_enable",
        "backups_cancel",
    ]


def test_a_deleted_linode_shows_deleting_then_is_gone(caller: Caller, clock: HeldClock) -> None:
    made = caller.create(**FROM_IMAGE)
    path = f"/linode/instances/{made['id']}"

    assert caller.delete(path).json() == {}
    during = caller.status(made["id"])
    clock.advance(10)

    assert during == "deleting"
    assert (caller.get(path).status_code, caller.delete(path).status_code) == (404, 404)
    statuses = {event["action"]: event["status"] for event in caller.events(made["id"])}
    assert statuses == {"linode_create": "failed", "linode_boot": "failed", "linode_delete": "finished"}


def test_addresses_route_nowhere(caller: Caller) -> None:
    made = caller.create(**EMPTY, private_ip=True)

    ips = caller.get(f"/linode/instances/{made['id']}/ips").json()

    assert made["ipv4"][0].startswith(("198.18.", "198.19."))
    assert [row["address"] for row in ips["ipv4"]["public"]] == made["ipv4"][:1]
    assert [row["address"] for row in ips["ipv4"]["private"]] == made["ipv4"][1:]
    assert made["ipv6"].startswith("2001:db8:")


def test_tags_live_from_first_use_until_deleted(caller: Caller) -> None:
    made = caller.create(**EMPTY, tags=["Beta", "alpha", "beta"])

    caller.post("/tags", {"label": "gamma", "linodes": [made["id"]]})

    assert [tag["label"] for tag in caller.rows("/tags")] == ["alpha", "Beta", "gamma"]
    assert [row["data"]["id"] for row in caller.rows("/tags/gamma")] == [made["id"]]
    assert caller.delete("/tags/beta").json() == {}
    assert caller.linode(made["id"])["tags"] == ["alpha", "gamma"]
    assert caller.get("/tags/beta").status_code == 404


def test_a_job_can_be_made_to_fail(api: LocalApi, caller: Caller, clock: HeldClock) -> None:
    api.set_faults(
        {"kind": "job_fails", "method": "POST", "path": "/linode/instances", "action": "linode_boot"}
    )

    made = caller.create(**FROM_IMAGE)
    clock.advance(120)

    assert caller.status(made["id"]) == "offline"
    assert caller.events(made["id"], action="linode_boot")[0]["status"] == "failed"
