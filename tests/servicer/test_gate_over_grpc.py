"""GateProvider in its real process: what it waits for, what the state keeps, and what the next run repairs."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
import requests
from google.protobuf import json_format

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.resources.gate import GateProvider
from tests.servicer.test_half_made_over_grpc import failed_detail
from tests.servicer_process import UNKNOWN, Props, Servicer

BODY = {
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "root_pass": "Planted-Passw0rd-7",
}


class World:
    """A local API with an account, and a gate's process that has a token of it."""

    def __init__(self, api: LocalApi, scopes: str = "*") -> None:
        self.api = api
        self.headers = {"Authorization": f"Bearer {api.add_token('acme')}"}
        self.config: Props = {"linode:token": api.add_token("acme", scopes), "linode:url": api.url}
        euuid = requests.get(f"{api.url}/v4/account", headers=self.headers, timeout=10).json()["euuid"]
        self.owner = Owner(euuid, "fleet", "local", "web-gate").as_props()

    def make(self, *labels: str) -> dict[str, str]:
        """New Linodes: their ids by label."""
        made = {}
        for label in labels:
            answer = requests.post(
                f"{self.api.url}/v4/linode/instances",
                json={**BODY, "label": label},
                headers=self.headers,
                timeout=10,
            )
            made[label] = str(answer.json()["id"])
        return made

    def statuses(self) -> dict[str, str]:
        rows = requests.get(f"{self.api.url}/v4/linode/instances", headers=self.headers, timeout=10).json()[
            "data"
        ]
        return {row["label"]: row["status"] for row in rows}

    def gate(self, linodes: dict[str, str], **changed: object) -> Props:
        return {"owner": self.owner, "linodes": linodes, "status": "running", "timeout_s": 60.0, **changed}


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with LocalApi(tmp_path_factory.mktemp("api") / "api.sqlite3", speed=200, limits=False) as served:
        yield World(served)


@pytest.fixture
def provider(world: World) -> Iterator[Servicer]:
    with Servicer(GateProvider(), world.config) as servicer:
        yield servicer


def test_a_gate_opens_when_all_run(provider: Servicer, world: World) -> None:
    linodes = world.make("web-1", "web-2", "web-3")

    id_, outs = provider.create(world.gate(linodes))

    assert id_ == "gate-web-gate"
    assert outs["through"] == linodes
    assert set(world.statuses().values()) == {"running"}
    assert provider.diff(id_, outs, world.gate(linodes)).changes == 1


def test_a_failed_boot_is_named_kept_and_repaired_by_the_next_update(
    provider: Servicer, world: World
) -> None:
    world.api.set_faults(
        {"kind": "job_fails", "method": "POST", "path": "/linode/instances", "skip": 1, "times": 1}
    )
    linodes = world.make("web-1", "web-2", "web-3")

    with pytest.raises(grpc.RpcError) as caught:
        provider.create(world.gate(linodes))
    failed = failed_detail(caught.value)
    kept: Props = json_format.MessageToDict(failed.properties)
    kept.pop("__provider")
    after = provider.update(failed.id, kept, world.gate(linodes))

    assert (
        f"1 of 3 Linodes did not get running; all are kept in the state. web-2: Linode {linodes['web-2']}"
        in (failed.reasons[0])
    )
    assert "linode_boot failed (event " in failed.reasons[0]
    assert kept["through"] == {name: linodes[name] for name in ("web-1", "web-3")}
    assert after["through"] == linodes
    assert set(world.statuses().values()) == {"running"}
    boots = [row["path"] for row in world.api.requests() if str(row["path"]).endswith("/boot")]
    assert boots == [f"/v4/linode/instances/{linodes['web-2']}/boot"]


def test_growing_waits_for_the_new_ones_alone(provider: Servicer, world: World) -> None:
    few = world.make("web-1", "web-2")
    id_, outs = provider.create(world.gate(few))
    requests.post(
        f"{world.api.url}/v4/linode/instances/{few['web-1']}/shutdown", headers=world.headers, timeout=10
    )
    more = {**few, **world.make("web-3")}

    shown = provider.diff(id_, outs, world.gate(more))
    after = provider.update(id_, outs, world.gate(more))

    assert shown.changes == 0
    assert after["through"] == more
    assert world.statuses()["web-1"] != "running"


def test_a_linode_that_is_not_there_is_named(provider: Servicer, world: World) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        provider.create(world.gate({**world.make("web-1"), "web-2": "1234"}))

    assert "web-2: there is none in this account" in failed_detail(caught.value).reasons[0]


def test_unknown_ids_are_a_change_and_no_failure(provider: Servicer, world: World) -> None:
    _, failures = provider.check(world.gate({"web-1": UNKNOWN}))
    shown = provider.diff("gate-web-gate", world.gate({"web-1": "1"}), world.gate({"web-1": UNKNOWN}))

    assert failures == []
    assert shown.changes == 0


def test_a_token_without_events_is_enough(world: World) -> None:
    linodes = world.make("web-1", "web-2")
    token = world.api.add_token("acme", "linodes:read_write")

    with Servicer(GateProvider(), {**world.config, "linode:token": token}) as provider:
        _, outs = provider.create(world.gate(linodes))

    assert outs["through"] == linodes
    assert provider.printed.count("events:read_only") == 1
