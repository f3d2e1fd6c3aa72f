from __future__ import annotations

from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, Caller, made, reasons, settled


def only_config(caller: Caller, linode_id: int) -> tuple[str, dict[str, Any]]:
    [config] = caller.rows(f"/linode/instances/{linode_id}/configs")
    return f"/linode/instances/{linode_id}/configs/{config['id']}", config


def test_a_config_changes_in_what_is_named_only(caller: Caller) -> None:
    path, before = only_config(caller, caller.create(**FROM_IMAGE)["id"])

    after = made(caller.put(path, {"kernel": "linode/latest-64bit", "helpers": {"network": False}}))

    same = {name: value for name, value in before.items() if name not in ("kernel", "helpers", "updated")}
    assert {name: after[name] for name in same} == same
    assert after["kernel"] == "linode/latest-64bit"
    assert after["helpers"] == {**before["helpers"], "network": False}
    assert caller.get(path).json() == after


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kernel": "linode/none"}, "kernel"),
        ({"label": ""}, "label"),
        ({"run_level": "deep"}, "run_level"),
        ({"devices": {"sda": {"disk_id": 1}}}, "devices.sda.disk_id"),
        ({"devices": {"sdz": None}}, "devices"),
        ({"interfaces": [{"purpose": "vlan"}]}, "interfaces[0].label"),
        ({"interfaces": [{"purpose": "vpc", "subnet_id": 1}]}, "interfaces[0].subnet_id"),
        ({"interfaces": [{"purpose": "public"}] * 2}, "interfaces"),
    ],
)
def test_a_bad_config_is_refused_by_field(caller: Caller, change: dict[str, Any], field: str) -> None:
    path, before = only_config(caller, caller.create(**FROM_IMAGE)["id"])

    answer = caller.put(path, change)

    assert (answer.status_code, [name for name, _ in reasons(answer)]) == (400, [field])
    assert caller.get(path).json() == before


def test_create_takes_kernel_boot_size_and_interfaces(caller: Caller) -> None:
    linode = caller.create(
        **FROM_IMAGE,
        kernel="linode/latest-64bit",
        boot_size=8192,
        interfaces=[
            {"purpose": "public"},
            {"purpose": "vlan", "label": "net-1", "ipam_address": "10.0.0.1/24"},
        ],
    )

    _, config = only_config(caller, linode["id"])

    assert config["kernel"] == "linode/latest-64bit"
    assert [disk["size"] for disk in caller.rows(f"/linode/instances/{linode['id']}/disks")] == [8192, 512]
    assert [(one["purpose"], one["label"]) for one in config["interfaces"]] == [
        ("public", None),
        ("vlan", "net-1"),
    ]
    assert caller.rows("/networking/vlans")[0]["linodes"] == [linode["id"]]


def test_interfaces_that_stay_keep_their_id(caller: Caller) -> None:
    path, _ = only_config(caller, caller.create(**FROM_IMAGE)["id"])
    first = made(caller.put(path, {"interfaces": [{"purpose": "public"}]}))["interfaces"]

    second = made(
        caller.put(path, {"interfaces": [{"purpose": "public"}, {"purpose": "vlan", "label": "net"}]})
    )["interfaces"]

    assert second[0] == first[0]
    assert caller.get(path + "/interfaces").json() == second


def test_a_boot_takes_the_config_asked_for_and_remembers_it(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)
    path = f"/linode/instances/{linode['id']}"
    other = made(caller.post(path + "/configs", {"label": "rescue", "devices": {}}))

    unclear = caller.post(path + "/boot")
    caller.post(path + "/boot", {"config_id": other["id"]})
    clock.advance(60)
    caller.post(path + "/reboot")

    assert reasons(unclear)[0][0] == "config_id"
    entities = [
        event["secondary_entity"]["label"]
        for event in caller.events(linode["id"])
        if event["action"] in ("linode_boot", "linode_reboot")
    ]
    assert entities == ["rescue", "rescue"]


def test_a_deleted_config_cannot_be_booted(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)
    path, _ = only_config(caller, linode["id"])

    assert caller.delete(path).json() == {}
    assert caller.get(path).status_code == 404
    assert reasons(caller.post(f"/linode/instances/{linode['id']}/boot")) == [
        (None, "Linode has no configuration profile to boot")
    ]


def test_vpc_interfaces_change_only_while_the_linode_is_off(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    path, _ = only_config(caller, linode["id"])
    vpc = made(
        caller.post(
            "/vpcs", {"label": "v", "region": "us-ord", "subnets": [{"label": "s", "ipv4": "10.0.0.0/24"}]}
        )
    )
    wanted = {
        "interfaces": [{"purpose": "vpc", "subnet_id": vpc["subnets"][0]["id"], "ipv4": {"nat_1_1": "any"}}]
    }

    running = caller.put(path, wanted)
    caller.post(f"/linode/instances/{linode['id']}/shutdown")
    clock.advance(60)
    stopped = made(caller.put(path, wanted))
    caller.post(f"/linode/instances/{linode['id']}/boot")
    clock.advance(60)

    assert reasons(running)[0][0] == "interfaces"
    assert stopped["interfaces"][0]["ipv4"] == {"vpc": "10.0.0.2", "nat_1_1": linode["ipv4"][0]}
    assert caller.get(path).json()["interfaces"][0]["active"] is True


def test_a_config_of_another_linode_is_not_found(caller: Caller) -> None:
    _, config = only_config(caller, caller.create(**FROM_IMAGE)["id"])
    other = caller.create(**EMPTY)

    assert caller.get(f"/linode/instances/{other['id']}/configs/{config['id']}").status_code == 404
