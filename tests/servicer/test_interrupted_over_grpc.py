"""What an engine's Cancel ends: waiting, and nothing that has to come to its end."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import grpc
import pytest
from google.protobuf import json_format

from emulators.linode_api.clock import HeldClock
from providers.linode.provider import LinodeProvider
from tests.servicer.test_half_made_over_grpc import failed_detail
from tests.servicer.world import World
from tests.servicer_process import Servicer
from tests.until import until

T = TypeVar("T")


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def ended(call: Future[T], clock: HeldClock) -> T:
    """What a call gives, while time goes by."""

    def is_over() -> bool:
        clock.advance(10)
        return call.done()

    until(is_over)
    return call.result()


def test_a_create_that_waits_for_its_boot_is_kept_and_goes_on_with_the_next_update(
    held_provider: Servicer, held: World, clock: HeldClock, aside: ThreadPoolExecutor
) -> None:
    wanted = held.inputs()
    creating = aside.submit(held_provider.create, wanted)
    until(lambda: "GET /v4/account/events" in held.seen())

    held_provider.cancel()

    with pytest.raises(grpc.RpcError) as caught:
        creating.result()
    failed = failed_detail(caught.value)
    assert "kept in the state, but not ready: interrupted" in failed.reasons[0]
    assert held.writes() == ["POST /v4/linode/instances"]
    outs = json_format.MessageToDict(failed.properties)
    with Servicer(LinodeProvider("Instance"), held.config) as next_run:
        going_on = aside.submit(next_run.update, failed.id, outs, wanted)
        after = ended(going_on, clock)
    assert (after["status"], after["ready"]) == ("running", True)


def test_a_create_that_the_api_has_wait_is_given_up_before_it_is_sent_again(
    provider: Servicer, world: World, aside: ThreadPoolExecutor
) -> None:
    world.api.set_faults(
        {"kind": "429", "method": "POST", "path": "/linode/instances", "retry_after_s": 60, "times": 1}
    )
    creating = aside.submit(provider.create, world.inputs())
    until(world.writes)

    provider.cancel()

    with pytest.raises(grpc.RpcError) as caught:
        creating.result()
    assert "interrupted" in str(caught.value)
    assert world.linodes() == []


def test_an_update_that_has_begun_comes_to_its_end(
    held_provider: Servicer, held: World, clock: HeldClock, aside: ThreadPoolExecutor
) -> None:
    creating = aside.submit(held_provider.create, held.inputs())
    id_, outs = ended(creating, clock)
    changed = held.inputs(type="g6-standard-1")
    updating = aside.submit(held_provider.update, id_, outs, changed)
    until(lambda: any(line.endswith("/resize") for line in held.writes()))

    held_provider.cancel()

    after = ended(updating, clock)
    assert (after["status"], after["ready"]) == ("running", True)
    assert held.linodes()[0]["type"] == "g6-standard-1"


@pytest.mark.parametrize("image", ["linode/debian13", None])
def test_an_adoption_that_has_begun_comes_to_its_end(
    held_provider: Servicer, held: World, clock: HeldClock, aside: ThreadPoolExecutor, image: str | None
) -> None:
    """It turns the Linode off as an update does."""
    body = {key: value for key, value in held.inputs().items() if key not in ("owner", "tags")}
    made = held.call("POST", "/linode/instances", body)
    ended(aside.submit(until, lambda: held.linodes()[0]["status"] == "running"), clock)
    wanted = held.inputs(adopt=made["id"], image=image, root_pass=None, network_helper=False)
    adopting = aside.submit(held_provider.create, wanted)
    until(lambda: any(line.endswith("/shutdown") for line in held.writes()))

    held_provider.cancel()

    id_, outs = ended(adopting, clock)
    assert (id_, outs["status"], outs["ready"]) == (str(made["id"]), "running", True)
