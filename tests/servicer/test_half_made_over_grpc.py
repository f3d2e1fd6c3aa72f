"""What an engine is told when a Linode was accepted and then didn't get ready."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
import requests
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2, status_pb2

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import InstanceProvider
from tests.servicer_process import Props, Servicer

INPUTS: Props = {
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "root_pass": "Planted-Passw0rd-7",
}


@pytest.fixture
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalApi]:
    with LocalApi(tmp_path_factory.mktemp("api") / "api.sqlite3", speed=60, limits=False) as served:
        yield served


@pytest.fixture
def provider(api: LocalApi) -> Iterator[Servicer]:
    config: Props = {"linode:token": api.add_token("acme"), "linode:url": api.url}
    with Servicer(InstanceProvider(), config) as servicer:
        yield servicer


def inputs(api: LocalApi, name: str, **changed: object) -> Props:
    token = api.add_token("acme")
    account = requests.get(
        f"{api.url}/v4/account", headers={"Authorization": f"Bearer {token}"}, timeout=10
    ).json()
    owner = Owner(account["euuid"], "fleet", "local", name).as_props()
    return {**INPUTS, "label": name, "owner": owner, **changed}


def failed_detail(error: Any) -> provider_pb2.ErrorResourceInitFailed:
    trailer = dict(error.trailing_metadata())
    failed = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(trailer["grpc-status-details-bin"]).details[0].Unpack(failed)
    return failed


def test_a_create_that_does_not_get_ready_in_time_keeps_id_outputs_and_reason(
    provider: Servicer, api: LocalApi
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        provider.create(inputs(api, "web-1", timeouts={"create": 0.3}))

    failed = failed_detail(caught.value)
    outs = json_format.MessageToDict(failed.properties)
    assert outs["label"] == "web-1"
    assert outs["ready"] is False
    assert outs["ipv4"]
    assert "__provider" in outs
    assert "kept in the state" in failed.reasons[0]
    assert "Planted" not in failed.reasons[0]


def test_the_next_update_finishes_what_the_create_left(provider: Servicer, api: LocalApi) -> None:
    wanted = inputs(api, "web-1", timeouts={"create": 0.3})
    with pytest.raises(grpc.RpcError) as caught:
        provider.create(wanted)
    failed = failed_detail(caught.value)
    outs: Props = json_format.MessageToDict(failed.properties)
    outs.pop("__provider")

    after = provider.update(failed.id, outs, wanted)

    assert (after["status"], after["ready"]) == ("running", True)


def test_an_update_that_breaks_off_keeps_what_it_reached(provider: Servicer, api: LocalApi) -> None:
    wanted = inputs(api, "web-1")
    id_, outs = provider.create(wanted)
    larger = {**wanted, "label": "web-2", "type": "g6-standard-1", "timeouts": {"update": 0.4}}

    with pytest.raises(grpc.RpcError) as caught:
        provider.update(id_, outs, larger)

    kept = json_format.MessageToDict(failed_detail(caught.value).properties)
    assert (kept["label"], kept["type"], kept["ready"]) == ("web-2", "g6-nanode-1", False)


def test_more_than_four_creates_are_under_way_at_once(provider: Servicer, api: LocalApi) -> None:
    provider.create(inputs(api, "first"))
    begun = time.monotonic()

    with ThreadPoolExecutor(12) as pool:
        made = list(pool.map(lambda n: provider.create(inputs(api, f"web-{n}")), range(12)))

    assert len({id_ for id_, _ in made}) == 12
    assert time.monotonic() - begun < 5, "12 boots of about 1.2 s, 4 at a time, take longer"
