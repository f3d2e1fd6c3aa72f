"""A destroy with the configuration of long ago: the token in it has been replaced since."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
import requests

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import InstanceProvider
from tests.servicer_process import Props, Servicer


@pytest.fixture
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalApi]:
    with LocalApi(tmp_path_factory.mktemp("api") / "api.sqlite3", speed=2000, limits=False) as served:
        yield served


def call(api: LocalApi, token: str, method: str, path: str, body: object = None) -> Props:
    headers = {"Authorization": f"Bearer {token}"}
    answer: Props = requests.request(
        method, f"{api.url}/v4{path}", json=body, headers=headers, timeout=10
    ).json()
    return answer


def a_linode(api: LocalApi, token: str, stack: str) -> tuple[str, Props]:
    """A Linode of the stack, and its properties as the state has them."""
    account = str(call(api, token, "GET", "/account")["euuid"])
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": "web-1"}
    made = call(api, token, "POST", "/linode/instances", body)
    return str(made["id"]), {**body, "owner": Owner(account, "fleet", stack, "web-1").as_props()}


def test_a_revoked_token_in_the_configuration_gives_way_to_one_of_the_environment(api: LocalApi) -> None:
    token = api.add_token("acme")
    id_, props = a_linode(api, token, "dev")
    config: Props = {"linode:token": "revoked", "linode:url": api.url}

    with Servicer(InstanceProvider(), config, {"LINODE_CLI_TOKEN": token}) as provider:
        provider.delete(id_, props)

    assert call(api, token, "GET", f"/linode/instances/{id_}")["errors"]
    assert "linode:token is not valid any more; using the one from LINODE_CLI_TOKEN" in provider.printed
    assert token not in provider.printed


def test_a_token_of_another_account_is_no_way_out(api: LocalApi) -> None:
    token, other = api.add_token("acme"), api.add_token("other")
    id_, props = a_linode(api, token, "dev")
    config: Props = {"linode:token": "revoked", "linode:url": api.url}

    with Servicer(InstanceProvider(), config, {"LINODE_CLI_TOKEN": other}) as provider:
        with pytest.raises(grpc.RpcError) as caught:
            provider.delete(id_, props)

    assert "refresh and destroy use the copy in the state" in str(caught.value)
    assert call(api, token, "GET", f"/linode/instances/{id_}")["id"] == int(id_)


def test_the_local_stack_never_takes_a_token_of_the_environment(api: LocalApi) -> None:
    token = api.add_token("acme")
    id_, props = a_linode(api, token, "local")
    config: Props = {"linode:token": "revoked", "linode:url": api.url}
    environment = {"LINODE_TOKEN": token, "LINODE_CLI_TOKEN": token}

    with Servicer(InstanceProvider(), config, environment) as provider:
        with pytest.raises(grpc.RpcError, match="Invalid Token"):
            provider.delete(id_, props)


def test_a_locked_linode_is_not_deleted_and_the_lock_is_named(api: LocalApi) -> None:
    token = api.add_token("acme")
    id_, props = a_linode(api, token, "dev")
    lock = {"entity_id": int(id_), "entity_type": "linode", "lock_type": "cannot_delete"}
    requests.post(
        f"{api.url}/v4beta/locks", json=lock, headers={"Authorization": f"Bearer {token}"}, timeout=10
    ).raise_for_status()
    config: Props = {"linode:token": token, "linode:url": api.url}

    with Servicer(InstanceProvider(), config) as provider, pytest.raises(grpc.RpcError) as caught:
        provider.delete(id_, props)

    assert "has the lock cannot_delete" in str(caught.value)
    assert "Next: remove the lock" in str(caught.value)
