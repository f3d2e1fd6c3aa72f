"""What an engine is told when a Linode was accepted and then didn't get ready."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2, status_pb2

from emulators.linode_api.clock import HeldClock
from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer
from tests.until import until


@pytest.fixture
def speed() -> float:
    return 60.0


def inputs(world: World, name: str, **changed: object) -> Props:
    owner = Owner(world.uuid, "fleet", "local", name).as_props()
    return world.inputs(label=name, owner=owner, **changed)


def failed_detail(error: Any) -> provider_pb2.ErrorResourceInitFailed:
    trailer = dict(error.trailing_metadata())
    failed = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(trailer["grpc-status-details-bin"]).details[0].Unpack(failed)
    return failed


def test_a_create_that_does_not_get_ready_in_time_keeps_id_outputs_and_reason(
    provider: Servicer, world: World
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        provider.create(inputs(world, "web-1", timeouts={"create": 0.3}))

    failed = failed_detail(caught.value)
    outs = json_format.MessageToDict(failed.properties)
    assert outs["label"] == "web-1"
    assert outs["ready"] is False
    assert outs["ipv4"]
    assert "__provider" in outs
    assert "kept in the state" in failed.reasons[0]
    assert "Planted" not in failed.reasons[0]


def test_the_next_update_finishes_what_the_create_left(provider: Servicer, world: World) -> None:
    wanted = inputs(world, "web-1", timeouts={"create": 0.3})
    with pytest.raises(grpc.RpcError) as caught:
        provider.create(wanted)
    failed = failed_detail(caught.value)
    outs: Props = json_format.MessageToDict(failed.properties)
    outs.pop("__provider")

    after = provider.update(failed.id, outs, wanted)

    assert (after["status"], after["ready"]) == ("running", True)


def test_a_refresh_in_between_keeps_the_power_state_that_the_next_update_has_to_reach(
    provider: Servicer, world: World
) -> None:
    wanted = inputs(world, "web-1", timeouts={"create": 0.3})
    with pytest.raises(grpc.RpcError) as made:
        provider.create(wanted)
    id_, outs = provider.create(inputs(world, "web-2"))
    larger = {**inputs(world, "web-2"), "type": "g6-standard-1", "timeouts": {"update": 0.4}}
    with pytest.raises(grpc.RpcError) as changed:
        provider.update(id_, outs, larger)

    for failed in (failed_detail(made.value), failed_detail(changed.value)):
        kept: Props = json_format.MessageToDict(failed.properties)
        kept.pop("__provider")
        _, refreshed, _ = provider.read(failed.id, kept)
        assert (refreshed["ready"], refreshed.get("power")) == (False, "running")


def test_an_update_that_breaks_off_keeps_what_it_reached(provider: Servicer, world: World) -> None:
    wanted = inputs(world, "web-1")
    id_, outs = provider.create(wanted)
    larger = {**wanted, "label": "web-2", "type": "g6-standard-1", "timeouts": {"update": 0.4}}

    with pytest.raises(grpc.RpcError) as caught:
        provider.update(id_, outs, larger)

    kept = json_format.MessageToDict(failed_detail(caught.value).properties)
    assert (kept["label"], kept["type"], kept["ready"]) == ("web-2", "g6-nanode-1", False)


def test_an_update_after_one_that_was_cut_off_puts_back_what_that_one_did(
    provider: Servicer, world: World
) -> None:
    """A killed run leaves the old values in the state, and what it asked for may still be under way."""
    wanted = inputs(world, "web-1", kernel="linode/grub2")
    id_, outs = provider.create(wanted)
    config = world.call("GET", f"/linode/instances/{id_}/configs")["data"][0]
    world.call("PUT", f"/linode/instances/{id_}/configs/{config['id']}", {"kernel": "linode/latest-64bit"})
    world.call("POST", f"/linode/instances/{id_}/migrate", {"region": "gb-lon"})

    after = provider.update(id_, {**outs, "ready": False}, wanted)

    there = world.call("GET", f"/linode/instances/{id_}")
    assert (there["region"], there["status"], after["ready"]) == ("de-fra-2", "running", True)
    config = world.call("GET", f"/linode/instances/{id_}/configs")["data"][0]
    assert config["kernel"] == "linode/grub2"


def test_a_firewall_whose_change_was_cut_off_gets_its_rules_back(world: World) -> None:
    rule = {"action": "ACCEPT", "protocol": "TCP", "ports": "80", "addresses": {"ipv4": ["192.0.2.0/24"]}}
    wanted: Props = {
        "label": "wall-1",
        "inbound": [rule],
        "inbound_policy": "DROP",
        "outbound_policy": "ACCEPT",
        "owner": Owner(world.uuid, "fleet", "local", "wall-1").as_props(),
    }
    with Servicer(LinodeProvider("Firewall"), world.config) as provider:
        id_, outs = provider.create(wanted)
        rules = {**world.call("GET", f"/networking/firewalls/{id_}/rules"), "inbound": []}
        world.call("PUT", f"/networking/firewalls/{id_}/rules", rules)

        provider.update(id_, {**outs, "ready": False}, wanted)

    assert [each["ports"] for each in world.call("GET", f"/networking/firewalls/{id_}/rules")["inbound"]] == [
        "80"
    ]


def test_more_than_four_creates_are_under_way_at_once(
    held_provider: Servicer, held: World, clock: HeldClock
) -> None:
    held_provider.create(inputs(held, "first", wait_for="accepted"))

    with ThreadPoolExecutor(12) as pool:
        creating = [pool.submit(held_provider.create, inputs(held, f"web-{n}")) for n in range(12)]
        until(lambda: held.seen().count("POST /v4/linode/instances") == 13, held.seen)
        clock.advance(200)
        made = [each.result() for each in creating]

    assert len({id_ for id_, _ in made}) == 12
