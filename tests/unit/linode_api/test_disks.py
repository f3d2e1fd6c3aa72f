from __future__ import annotations

from itertools import chain, repeat
from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD, Caller, made, reasons, settled


def disk_sizes(caller: Caller, linode_id: int) -> list[int]:
    return [disk["size"] for disk in caller.rows(f"/linode/instances/{linode_id}/disks")]


def test_a_new_disk_is_listed_when_its_job_is_done(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **EMPTY)
    path = f"/linode/instances/{linode['id']}/disks"

    disk = made(caller.post(path, {"label": "data", "size": 2000}))
    meanwhile = caller.rows(path)
    busy = caller.post(path, {"label": "more", "size": 2000})
    clock.advance(17)

    assert (disk["status"], meanwhile) == ("not ready", [])
    assert reasons(busy) == [(None, "Linode busy.")]
    assert [one["status"] for one in caller.rows(path)] == ["ready"]
    event = caller.events(linode["id"], action="disk_create")[0]
    assert (event["status"], event["duration"], event["secondary_entity"]["id"]) == (
        "finished",
        17.0,
        disk["id"],
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"size": 2000}, "label"),
        ({"label": "x"}, "size"),
        ({"label": "x", "size": 26000}, "size"),
        ({"label": "x", "size": 100, "image": "linode/debian12", "root_pass": PASSWORD}, "size"),
        ({"label": "x", "size": 2000, "image": "linode/debian12"}, None),
        ({"label": "x", "size": 2000, "image": "linode/none"}, "image"),
        ({"label": "x", "size": 2000, "filesystem": "ntfs"}, "filesystem"),
    ],
)
def test_a_bad_disk_is_refused(
    caller: Caller, clock: HeldClock, body: dict[str, Any], field: str | None
) -> None:
    linode = settled(caller, clock, **EMPTY)

    answer = caller.post(f"/linode/instances/{linode['id']}/disks", body)

    assert (answer.status_code, [name for name, _ in reasons(answer)]) == (400, [field])


def test_disks_change_size_while_the_linode_is_off(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)
    path = f"/linode/instances/{linode['id']}/disks"
    main, swap = caller.rows(path)

    too_big = caller.post(f"{path}/{swap['id']}/resize", {"size": 1024})
    caller.post(f"{path}/{main['id']}/resize", {"size": 24000})
    clock.advance(20)
    caller.post(f"{path}/{swap['id']}/resize", {"size": 1024})
    clock.advance(20)

    assert reasons(too_big)[0][0] == "size"
    assert disk_sizes(caller, linode["id"]) == [24000, 1024]


@pytest.mark.parametrize("looks", range(1, 8))
def test_a_job_that_ends_during_a_request_has_ended_for_all_of_it_or_not_at_all(
    caller: Caller, clock: HeldClock, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)
    path = f"/linode/instances/{linode['id']}/disks"
    main, swap = caller.rows(path)
    caller.post(f"{path}/{main['id']}/resize", {"size": 24000})
    now = clock.now()
    moments = chain(repeat(now, looks), repeat(now + 20))

    with monkeypatch.context() as moving:
        moving.setattr(clock, "now", lambda: next(moments))
        answer = caller.post(f"{path}/{swap['id']}/resize", {"size": 1024})

    assert answer.status_code == 200 or reasons(answer) == [(None, "Linode busy.")]


@pytest.mark.parametrize(("booted", "size"), [(True, 24000), (False, 1000)])
def test_a_resize_of_a_disk_in_use_or_below_its_content_fails_in_its_job(
    caller: Caller, clock: HeldClock, *, booted: bool, size: int
) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=booted)
    path = f"/linode/instances/{linode['id']}/disks"
    main = caller.rows(path)[0]

    accepted = caller.post(f"{path}/{main['id']}/resize", {"size": size})
    clock.advance(30)

    assert accepted.json() == {}
    assert caller.events(linode["id"], action="disk_resize")[0]["status"] == "failed"
    assert caller.rows(path)[0]["size"] == main["size"]


def test_a_deleted_disk_leaves_its_config_too(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)
    path = f"/linode/instances/{linode['id']}"
    swap = caller.rows(path + "/disks")[1]

    caller.delete(f"{path}/disks/{swap['id']}")
    during = caller.get(f"{path}/disks/{swap['id']}").json()["status"]
    clock.advance(10)

    assert during == "deleting"
    assert caller.get(f"{path}/disks/{swap['id']}").status_code == 404
    assert caller.rows(path + "/configs")[0]["devices"]["sdb"] is None


def test_the_password_of_a_disk_needs_the_linode_off(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    path = f"/linode/instances/{linode['id']}"
    disk = caller.rows(path + "/disks")[0]
    call = f"{path}/disks/{disk['id']}/password"

    running = caller.post(call, {"password": PASSWORD})
    caller.post(path + "/shutdown")
    clock.advance(60)

    assert running.status_code == 400
    assert reasons(caller.post(call, {"password": "short"}))[0][0] == "password"
    assert caller.post(call, {"password": PASSWORD}).json() == {}


def test_a_resize_grows_the_lone_main_disk_unless_told_not_to(caller: Caller, clock: HeldClock) -> None:
    automatic = settled(caller, clock, **FROM_IMAGE, booted=False)
    by_hand = settled(caller, clock, **FROM_IMAGE, booted=False)

    caller.post(f"/linode/instances/{automatic['id']}/resize", {"type": "g6-standard-1"})
    caller.post(
        f"/linode/instances/{by_hand['id']}/resize",
        {"type": "g6-standard-1", "allow_auto_disk_resize": False},
    )
    clock.advance(300)

    assert disk_sizes(caller, automatic["id"]) == [51200 - 512, 512]
    assert disk_sizes(caller, by_hand["id"]) == [25600 - 512, 512]


def test_a_smaller_plan_needs_smaller_disks_first(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **{**FROM_IMAGE, "type": "g6-standard-1"}, booted=False)
    path = f"/linode/instances/{linode['id']}"

    refused = caller.post(path + "/resize", {"type": "g6-nanode-1"})
    main = caller.rows(path + "/disks")[0]
    caller.post(f"{path}/disks/{main['id']}/resize", {"size": 20000})
    clock.advance(20)
    accepted = caller.post(path + "/resize", {"type": "g6-nanode-1", "allow_auto_disk_resize": False})
    clock.advance(300)

    assert "more disk than the new service plan allows" in reasons(refused)[0][1]
    assert (accepted.status_code, caller.linode(linode["id"])["type"]) == (200, "g6-nanode-1")
