"""A destroy with the configuration of long ago: the token in it has been replaced since."""

from __future__ import annotations

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer


class Outdated(World):
    """An account whose stack's configuration has a token that is not valid any more."""

    def __init__(self, api: LocalApi) -> None:
        super().__init__(api)
        self.config["linode:token"] = "revoked"

    def a_linode(self, stack: str) -> tuple[str, Props]:
        """A Linode of the stack, and its properties as the state has them."""
        body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": "web-1"}
        made = self.call("POST", "/linode/instances", body)
        return str(made["id"]), {**body, "owner": Owner(self.uuid, "fleet", stack, "web-1").as_props()}


@pytest.fixture
def world(api: LocalApi) -> Outdated:
    return Outdated(api)


def test_a_revoked_token_in_the_configuration_gives_way_to_one_of_the_environment(world: Outdated) -> None:
    id_, props = world.a_linode("dev")

    with Servicer(LinodeProvider("Instance"), world.config, {"LINODE_CLI_TOKEN": world.token}) as provider:
        provider.delete(id_, props)

    assert world.call("GET", f"/linode/instances/{id_}")["errors"]
    assert "linode:token is not valid any more; using the one from LINODE_CLI_TOKEN" in provider.printed
    assert world.token not in provider.printed


def test_a_token_of_another_account_is_no_way_out(world: Outdated) -> None:
    id_, props = world.a_linode("dev")
    other = World(world.api).token

    with Servicer(LinodeProvider("Instance"), world.config, {"LINODE_CLI_TOKEN": other}) as provider:
        with pytest.raises(grpc.RpcError) as caught:
            provider.delete(id_, props)

    assert "refresh and destroy use the copy in the state" in str(caught.value)
    assert world.call("GET", f"/linode/instances/{id_}")["id"] == int(id_)


def test_the_local_stack_never_takes_a_token_of_the_environment(world: Outdated) -> None:
    id_, props = world.a_linode("local")
    environment = {"LINODE_TOKEN": world.token, "LINODE_CLI_TOKEN": world.token}

    with Servicer(LinodeProvider("Instance"), world.config, environment) as provider:
        with pytest.raises(grpc.RpcError, match="Invalid Token"):
            provider.delete(id_, props)


def test_a_locked_linode_is_not_deleted_and_the_lock_is_named(world: Outdated) -> None:
    id_, props = world.a_linode("dev")
    world.lock(id_)

    with Servicer(LinodeProvider("Instance"), {**world.config, "linode:token": world.token}) as provider:
        with pytest.raises(grpc.RpcError) as caught:
            provider.delete(id_, props)

    assert "has the lock cannot_delete" in str(caught.value)
    assert "Next: remove the lock" in str(caught.value)
