"""Deletes with wait_for="accepted": none holds up the others, and when all have ended, all Linodes are gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from emulators.linode_api.clock import HeldClock
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer
from tests.until import until

COUNT, AT_ONCE = 12, 4
DELETION_S = 0.5


@pytest.fixture
def speed() -> float:
    return 10 / DELETION_S


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


def test_all_deletes_are_under_way_before_one_has_ended_and_all_are_gone_when_the_last_ends(
    held_provider: Servicer, held: World, clock: HeldClock
) -> None:
    made = members(held_provider, held)
    clock.advance(200)

    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(deleted, held_provider, made, AT_ONCE)
        until(lambda: sum(line.startswith("DELETE") for line in held.seen()) == COUNT, held.seen)
        clock.advance(60)
        said = ending.result()

    assert said == [""] * COUNT
    assert held.linodes() == []


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
    world.lock(made[3][0])

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
