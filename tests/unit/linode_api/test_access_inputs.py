from __future__ import annotations

import base64
from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, Caller, made, reasons, settled

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA someone"
SCRIPT = '#!/bin/bash\n# <UDF name="site" label="Site" />\n# <UDF name="port" label="Port" default="80" />\n'


def encoded(size: int) -> str:
    return base64.b64encode(b"#" * size).decode()


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        ({"metadata": {"user_data": encoded(65_535)}}, True),
        ({"metadata": {"user_data": encoded(65_536)}}, False),
        ({"metadata": {"user_data": "not base64!"}}, False),
        ({"metadata": {"user_data": encoded(4)}, "image": "linode/slackware15.0"}, False),
        ({"metadata": {"user_data": encoded(4)}, "region": "us-southeast"}, True),
    ],
)
def test_user_data_has_a_limit_and_needs_support(
    caller: Caller, change: dict[str, Any], *, taken: bool
) -> None:
    answer = caller.post("/linode/instances", {**FROM_IMAGE, **change})

    if taken:
        assert made(answer)["has_user_data"] is True
    else:
        assert reasons(answer)[0][0] == "metadata.user_data"


def test_a_stackscript_needs_its_image_and_its_answers(caller: Caller) -> None:
    body = {"label": "site", "images": ["linode/debian12"], "script": SCRIPT}
    script = made(caller.post("/linode/stackscripts", body))
    wish = {**FROM_IMAGE, "stackscript_id": script["id"]}

    without = caller.post("/linode/instances", wish)
    other = caller.post("/linode/instances", {**wish, "image": "linode/debian13"})
    empty = caller.post("/linode/instances", {**EMPTY, "stackscript_id": script["id"]})
    unknown = caller.post("/linode/instances", {**FROM_IMAGE, "stackscript_id": 1})
    caller.create(**wish, stackscript_data={"site": "x"})

    assert [field["name"] for field in script["user_defined_fields"]] == ["site", "port"]
    assert reasons(without) == [("stackscript_data.site", "site is required")]
    assert {reasons(answer)[0][0] for answer in (other, empty, unknown)} == {"stackscript_id"}
    assert caller.get(f"/linode/stackscripts/{script['id']}").json()["deployments_total"] == 1


def test_stackscripts_are_listed_changed_and_deleted(caller: Caller) -> None:
    body = {"label": "mine", "images": ["any/all"], "script": "#!/bin/sh\n"}
    script = made(caller.post("/linode/stackscripts", body))
    path = f"/linode/stackscripts/{script['id']}"

    changed = made(caller.put(path, {"label": "other"}))

    assert [row["label"] for row in caller.rows("/linode/stackscripts", where={"mine": True})] == ["other"]
    assert len(caller.rows("/linode/stackscripts", where={"mine": False})) == 3
    assert (changed["script"], caller.delete(path).json()) == (script["script"], {})
    assert caller.get(path).status_code == 404
    assert caller.put("/linode/stackscripts/1000001", {"label": "mine"}).status_code == 404
    assert reasons(caller.post("/linode/stackscripts", {**body, "script": "echo"}))[0][0] == "script"


def test_authorized_users_are_users_of_the_account(caller: Caller, account: str) -> None:
    made(caller.post("/account/users", {"username": "helper", "restricted": True}))
    wish = {**EMPTY, "image": "linode/debian12"}

    assert (
        caller.post("/linode/instances", {**wish, "authorized_users": ["helper", account]}).status_code == 200
    )
    stranger = caller.post("/linode/instances", {**wish, "authorized_users": ["nobody"]})
    assert reasons(stranger)[0][0] == "authorized_users"


def test_ssh_keys_belong_to_the_user(caller: Caller, account: str) -> None:
    key = made(caller.post("/profile/sshkeys", {"label": "laptop", "ssh_key": KEY}))

    assert caller.rows("/profile/sshkeys") == [key]
    assert caller.get(f"/account/users/{account}").json()["ssh_keys"] == ["laptop"]
    assert reasons(caller.post("/profile/sshkeys", {"label": "x", "ssh_key": "no"}))[0][0] == "ssh_key"
    assert made(caller.put(f"/profile/sshkeys/{key['id']}", {"label": "desk"}))["label"] == "desk"
    assert caller.delete(f"/profile/sshkeys/{key['id']}").json() == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"alerts": {"cpu": -1}}, "alerts.cpu"),
        ({"alerts": {"io": "many"}}, "alerts.io"),
        ({"watchdog_enabled": "yes"}, "watchdog_enabled"),
        ({"backups": {"schedule": {"day": "Someday"}}}, "backups.schedule.day"),
        ({"backups": {"schedule": {"window": "W3"}}}, "backups.schedule.window"),
        ({"maintenance_policy": "none"}, "maintenance_policy"),
    ],
)
def test_a_bad_change_is_refused_by_field(caller: Caller, change: dict[str, Any], field: str) -> None:
    linode = caller.create(**EMPTY)

    answer = caller.put(f"/linode/instances/{linode['id']}", change)

    assert (answer.status_code, [name for name, _ in reasons(answer)]) == (400, [field])


def test_a_rebuild_may_change_plan_and_script(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    path = f"/linode/instances/{linode['id']}"

    answer = made(caller.post(path + "/rebuild", {**FROM_IMAGE, "type": "g6-standard-1"}))
    clock.advance(100)

    assert (answer["type"], caller.linode(linode["id"])["type"]) == ("g6-nanode-1", "g6-standard-1")
    assert [disk["size"] for disk in caller.rows(path + "/disks")] == [51200 - 512, 512]
