"""Deletes with wait_for="accepted": none holds up the others, and when all have ended, all Linodes are gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.provider import InstanceProvider
from tests.servicer.test_instance_over_grpc import World
from tests.servicer_process import Props, Servicer

COUNT, AT_ONCE = 12, 4
DELETION_S = 1.5


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with LocalApi(tmp_path_factory.mktemp("api") / "api.sqlite3", speed=10 / DELETION_S, limits=False) as api:
        yield World(api, "acme")


@pytest.fixture
def provider(world: World) -> Iterator[Servicer]:
    with Servicer(InstanceProvider(), world.config) as servicer:
        yield servicer


def members(provider: Servicer, world: World, count: int = COUNT) -> list[tuple[str, Props]]:
    declared = [world.inputs(label=f"web-{n}", wait_for="accepted") for n in range(count)]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(provider.create, declared))


def deleted(provider: Servicer, made: list[tuple[str, Props]], at_once: int) -> list[str]:
    """What the deletes said, "" for each that went well."""

    def delete(member: tuple[str, Props]) -> str:
        try:
            provider.delete(*member)
        except grpc.RpcError as error:
            return str(error.details())
        return ""

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(delete, made))


def test_all_are_gone_when_the_last_delete_ends_and_few_at_a_time_take_no_longer(
    provider: Servicer, world: World
) -> None:
    made = members(provider, world)
    begun = time.monotonic()

    said = deleted(provider, made, AT_ONCE)

    assert said == [""] * COUNT
    assert world.linodes() == []
    assert time.monotonic() - begun < 2.5 * DELETION_S, f"{COUNT // AT_ONCE} rounds take longer"


def test_one_alone_waits_for_itself(provider: Servicer, world: World) -> None:
    made = members(provider, world, 2)

    first = deleted(provider, made[:1], 1)
    between = [linode["label"] for linode in world.linodes()]
    again = deleted(provider, made, 1)

    assert (first, between) == ([""], ["web-1"])
    assert again == ["", ""]
    assert world.linodes() == []


def test_a_refused_one_says_so_and_the_others_are_gone_all_the_same(provider: Servicer, world: World) -> None:
    made = members(provider, world, 4)
    lock = {"entity_type": "linode", "entity_id": int(made[3][0]), "lock_type": "cannot_delete"}
    world.call("POST", "beta/locks", lock)

    said = deleted(provider, made, 4)

    assert [bool(text) for text in said] == [False, False, False, True]
    assert "it has the lock cannot_delete" in said[3]
    assert [linode["label"] for linode in world.linodes()] == ["web-3"]


def test_one_that_is_not_gone_in_time_is_named(provider: Servicer, world: World) -> None:
    late = [(id_, {**outs, "timeouts": {"delete": 0.2}}) for id_, outs in members(provider, world, 3)]

    said = deleted(provider, late, 3)

    assert any("is to be gone: not so after" in text for text in said)


def test_a_delete_that_is_taken_late_is_waited_for_too(provider: Servicer, world: World) -> None:
    made = members(provider, world, 2)
    path = f"/linode/instances/{made[0][0]}"
    world.api.set_faults(
        {"kind": "slow", "method": "DELETE", "path": path, "delay_s": 4 * DELETION_S, "times": 1}
    )

    said = deleted(provider, made, 2)

    assert said == ["", ""]
    assert world.linodes() == []
