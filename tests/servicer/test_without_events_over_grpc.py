"""A token that may not read events can't tell of every action whose answer was lost whether it was done."""

from __future__ import annotations

from collections.abc import Iterator

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


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        ("reboot", {"kernel": "linode/latest-64bit"}),
        ("rebuild", {"image": "linode/debian12", "on_image_change": "rebuild"}),
        ("password", {"root_pass": "Another-Passw0rd-8", "on_root_pass_change": "reset"}),
    ],
)
def test_it_ends_in_one_line_that_names_the_scope(
    provider: Servicer, world: World, action: str, changed: Props
) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)
    news, _ = provider.check(world.inputs(**changed), inputs)
    fault = {
        "kind": "cut",
        "after_commit": True,
        "method": "POST",
        "path": f"/linode/instances/*/{action}",
        "times": 1,
    }
    world.api.set_faults(fault)

    with pytest.raises(grpc.RpcError) as caught:
        provider.update(id_, outs, news)

    said = str(caught.value.details())
    assert f"whether POST /linode/instances/{id_}/{action} was done can't be told" in said
    assert "the call needs events:read_only" in said
    assert said.count("Next:") == 1
    assert "Next: make a token that has them, and run `up` again" in said
    assert "\n" not in said

    world.api.set_faults()
    outs = provider.update(id_, {**outs, "ready": False}, news)

    assert outs["status"] == "running"


def test_without_a_fault_it_does_as_well_as_with_one(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)
    news, _ = provider.check(world.inputs(kernel="linode/latest-64bit"), inputs)

    provider.update(id_, outs, news)

    assert f"POST /v4/linode/instances/{id_}/reboot" in world.writes()
