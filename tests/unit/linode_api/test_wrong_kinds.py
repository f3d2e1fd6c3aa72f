"""What once made the local API itself fail: values of the wrong kind, and addresses lost with their interface."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD, Caller, made, reasons, settled

OWN = {**EMPTY, "interface_generation": "linode"}
NOT_AN_OBJECT = "Must be an object"


@pytest.fixture
def subnet_id(caller: Caller) -> int:
    body = {"label": "v", "region": "us-ord", "subnets": [{"label": "s", "ipv4": "10.0.0.0/24"}]}
    return int(made(caller.post("/vpcs", body))["subnets"][0]["id"])


@pytest.mark.parametrize("policy", [["strict"], {}])
def test_a_policy_that_is_no_text_is_not_valid(caller: Caller, policy: Any) -> None:
    body = {"label": "g", "region": "us-ord", "placement_group_type": "anti_affinity:local"}

    answer = caller.post("/placement/groups", {**body, "placement_group_policy": policy})

    assert reasons(answer) == [("placement_group_policy", "placement_group_policy is not valid")]


@pytest.mark.parametrize("sizes", [{"swap_size": "x"}, {"boot_size": "x"}])
def test_sizes_of_a_rebuild_are_numbers(caller: Caller, clock: HeldClock, sizes: dict[str, str]) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    body = {"image": "linode/debian12", "root_pass": PASSWORD, **sizes}

    answer = caller.post(f"/linode/instances/{linode['id']}/rebuild", body)

    assert reasons(answer) == [(*sizes, "Must be a positive integer")]


def test_the_addresses_of_a_legacy_interface_are_an_object(
    caller: Caller, clock: HeldClock, subnet_id: int
) -> None:
    linode = settled(caller, clock, **EMPTY)
    interface = {"purpose": "vpc", "subnet_id": subnet_id, "ipv4": ["10.0.0.2"]}

    answer = caller.post(
        f"/linode/instances/{linode['id']}/configs", {"label": "c", "interfaces": [interface]}
    )

    assert reasons(answer) == [("interfaces[0].ipv4", NOT_AN_OBJECT)]


@pytest.mark.parametrize(
    ("device", "field", "reason"),
    [("x", "devices.sda", NOT_AN_OBJECT), ({"disk_id": [1]}, "devices.sda.disk_id", "disk_id is not valid")],
)
def test_a_device_of_a_configuration_is_an_object_of_ids(
    caller: Caller, clock: HeldClock, device: Any, field: str, reason: str
) -> None:
    linode = settled(caller, clock, **EMPTY)

    answer = caller.post(
        f"/linode/instances/{linode['id']}/configs", {"label": "c", "devices": {"sda": device}}
    )

    assert reasons(answer) == [(field, reason)]


@pytest.mark.parametrize("changes", [{"public": True}, {"public": {"ipv4": "x"}}])
def test_a_linode_interface_is_changed_by_objects(
    caller: Caller, clock: HeldClock, changes: dict[str, Any]
) -> None:
    linode = settled(caller, clock, **OWN, interfaces=[{"public": {}, "firewall_id": None}])
    path = f"/linode/instances/{linode['id']}/interfaces"
    own = caller.get(path).json()["interfaces"][0]

    answer = caller.put(f"{path}/{own['id']}", changes)

    assert reasons(answer) == [("public" if changes["public"] is True else "public.ipv4", NOT_AN_OBJECT)]


def test_a_range_of_a_vpc_interface_needs_its_range(caller: Caller, subnet_id: int) -> None:
    vpc = {"subnet_id": subnet_id, "ipv4": {"ranges": [{}]}}

    answer = caller.post("/linode/instances", {**OWN, "interfaces": [{"vpc": vpc, "firewall_id": None}]})

    assert reasons(answer) == [("interfaces[0].vpc.ipv4.ranges[0].range", "range is required")]


def test_a_reserved_address_is_free_again_when_its_interface_is_deleted(
    caller: Caller, clock: HeldClock
) -> None:
    address = made(caller.post("/networking/reserved/ips", {"region": "us-ord"}))["address"]
    public = {"ipv4": {"addresses": [{"address": address}]}}
    linode = settled(caller, clock, **OWN, interfaces=[{"public": public, "firewall_id": None}])
    path = f"/linode/instances/{linode['id']}/interfaces"

    made(caller.delete(f"{path}/{caller.get(path).json()['interfaces'][0]['id']}"))

    [row] = caller.rows("/networking/reserved/ips")
    assert (row["address"], row["linode_id"]) == (address, None)


def test_a_copied_configuration_was_not_updated_before_it_was_made(caller: Caller, clock: HeldClock) -> None:
    source = settled(caller, clock, **FROM_IMAGE, booted=False)
    clock.advance(1000)

    copy = made(caller.post(f"/linode/instances/{source['id']}/clone", EMPTY))

    [config] = caller.rows(f"/linode/instances/{copy['id']}/configs")
    assert config["updated"] >= config["created"]
