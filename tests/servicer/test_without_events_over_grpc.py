"""A token that may not read events can't tell of every action whose answer was lost whether it was done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer


@pytest.fixture
def provider(api: LocalApi, world: World) -> Iterator[Servicer]:
    narrow = api.add_token(world.account, "linodes:read_write")
    with Servicer(LinodeProvider("Instance"), {**world.config, "linode:token": narrow}) as servicer:
        yield servicer


KERNEL: Props = {"kernel": "linode/latest-64bit"}
REBUILD: Props = {"image": "linode/debian12", "on_image_change": "rebuild"}
PASSWORD: Props = {"root_pass": "Another-Passw0rd-8", "on_root_pass_change": "reset"}


def lost(provider: Servicer, world: World, action: str, changed: Props, *, done: bool = True) -> Props:
    """What an update gives whose action's answer is lost, after the work or before it; raises as it does."""
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)
    news, _ = provider.check(world.inputs(**changed), inputs)
    path = f"/linode/instances/*/{action}"
    world.api.set_faults({"kind": "cut", "after_commit": done, "method": "POST", "path": path, "times": 1})
    return provider.update(id_, outs, news)


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize(
    ("action", "changed", "times"), [("rebuild", REBUILD, (1, 1)), ("password", PASSWORD, (2, 1))]
)
def test_what_other_things_tell_of_or_does_no_harm_twice_is_finished_in_the_same_run(
    provider: Servicer, world: World, action: str, changed: Props, times: tuple[int, int], done: bool
) -> None:
    outs = lost(provider, world, action, changed, done=done)

    assert outs["status"] == "running"
    told = {"rebuild": "linode_rebuild", "password": "password_reset"}[action]
    events: Any = world.call("GET", "/account/events")["data"]
    assert len([each for each in events if each["action"] == told]) == times[not done]


@pytest.mark.parametrize("speed", [20.0])
def test_a_reboot_is_seen_while_it_lasts(provider: Servicer, world: World) -> None:
    outs = lost(provider, world, "reboot", KERNEL)

    assert outs["status"] == "running"


def test_a_reboot_that_is_over_ends_in_one_line_that_names_the_scope(
    provider: Servicer, world: World
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        lost(provider, world, "reboot", KERNEL)

    said = str(caught.value.details())
    [id_] = [row["id"] for row in world.linodes()]
    assert f"whether POST /linode/instances/{id_}/reboot was done can't be told" in said
    assert "the call needs events:read_only" in said
    assert said.count("Next:") == 1
    assert "Next: make a token that has them, and run `up` again" in said
    assert "\n" not in said

    world.api.set_faults()
    inputs, _ = provider.check(world.inputs(**KERNEL))
    outs = provider.update(str(id_), {**inputs, "ready": False}, inputs)

    assert outs["status"] == "running"


def test_without_a_fault_it_does_as_well_as_with_one(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)
    news, _ = provider.check(world.inputs(kernel="linode/latest-64bit"), inputs)

    provider.update(id_, outs, news)

    assert f"POST /v4/linode/instances/{id_}/reboot" in world.writes()
