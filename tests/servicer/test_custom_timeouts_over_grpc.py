"""How long a call may wait: what the resource's inputs say, else its custom_timeouts, else our own default."""

from __future__ import annotations

import time
from collections.abc import Iterator

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.provider import InstanceProvider
from tests.servicer.test_instance_over_grpc import World
from tests.servicer_process import Servicer


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with LocalApi(tmp_path_factory.mktemp("api") / "api.sqlite3", speed=20, limits=False) as api:
        yield World(api, "acme")


@pytest.fixture
def provider(world: World) -> Iterator[Servicer]:
    with Servicer(InstanceProvider(), world.config) as servicer:
        yield servicer


def test_a_create_waits_no_longer_than_its_custom_timeout(provider: Servicer, world: World) -> None:
    begun = time.monotonic()

    with pytest.raises(grpc.RpcError) as caught:
        provider.create(world.inputs(), timeout_s=0.5)

    assert "not so after 0 s" in str(caught.value.details()) or "not so after 1 s" in str(
        caught.value.details()
    )
    assert time.monotonic() - begun < 2.5, "the boot takes about 3 s here"


def test_the_input_goes_before_the_custom_timeout(provider: Servicer, world: World) -> None:
    _, outs = provider.create(world.inputs(timeouts={"create": 60}), timeout_s=0.5)

    assert outs["status"] == "running"


def test_update_and_delete_have_theirs_too(provider: Servicer, world: World) -> None:
    id_, outs = provider.create(world.inputs())

    with pytest.raises(grpc.RpcError) as update:
        provider.update(id_, outs, {**world.inputs(), "type": "g6-standard-1"}, timeout_s=0.5)
    with pytest.raises(grpc.RpcError) as delete:
        provider.delete(id_, outs, timeout_s=0.1)

    assert "not so after" in str(update.value.details())
    assert "is to be gone: not so after" in str(delete.value.details())
