"""How long a call may wait: what the resource's inputs say, else its custom_timeouts, else our own default."""

from __future__ import annotations

import grpc
import pytest

from emulators.linode_api.clock import HeldClock
from tests.servicer.world import World
from tests.servicer_process import Servicer


def test_a_create_waits_no_longer_than_its_custom_timeout(held_provider: Servicer, held: World) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        held_provider.create(held.inputs(), timeout_s=0.5)

    assert "is to be running: not so after" in str(caught.value.details())
    assert [linode["status"] for linode in held.linodes()] == ["provisioning"]


def test_the_input_goes_before_the_custom_timeout(provider: Servicer, world: World) -> None:
    world.api.clock.speed = 60

    _, outs = provider.create(world.inputs(timeouts={"create": 60}), timeout_s=0.1)

    assert outs["status"] == "running"


def test_update_and_delete_have_theirs_too(held_provider: Servicer, held: World, clock: HeldClock) -> None:
    id_, outs = held_provider.create(held.inputs(wait_for="accepted"))
    clock.advance(200)

    with pytest.raises(grpc.RpcError) as update:
        held_provider.update(id_, outs, {**held.inputs(), "type": "g6-standard-1"}, timeout_s=0.5)
    with pytest.raises(grpc.RpcError) as delete:
        held_provider.delete(id_, {**outs, "wait_for": "running"}, timeout_s=0.1)

    assert "not so after" in str(update.value.details())
    assert "is to be gone: not so after" in str(delete.value.details())
