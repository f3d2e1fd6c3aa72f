"""GateProvider in its real process: what it waits for, what the state keeps, and what the next run repairs."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import json_format

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.resources.gate import GateProvider
from tests.servicer.test_half_made_over_grpc import failed_detail
from tests.servicer.world import World
from tests.servicer_process import UNKNOWN, Props, Servicer


class Gated(World):
    """An account with Linodes that a gate waits for."""

    def make(self, *labels: str) -> dict[str, str]:
        """New Linodes: their ids by label."""
        bodies = {label: self.inputs(label=label, owner=None) for label in labels}
        return {
            label: str(self.call("POST", "/linode/instances", body)["id"]) for label, body in bodies.items()
        }

    def statuses(self) -> dict[str, str]:
        return {str(row["label"]): str(row["status"]) for row in self.linodes()}

    def gate(self, linodes: dict[str, str], **changed: object) -> Props:
        owner = Owner(self.uuid, "fleet", "local", "web-gate").as_props()
        return {"owner": owner, "linodes": linodes, "status": "running", "timeout_s": 60.0, **changed}


@pytest.fixture
def world(api: LocalApi) -> Gated:
    return Gated(api)


@pytest.fixture
def provider(world: Gated) -> Iterator[Servicer]:
    with Servicer(GateProvider(), world.config) as servicer:
        yield servicer


def test_a_gate_opens_when_all_run(provider: Servicer, world: Gated) -> None:
    linodes = world.make("web-1", "web-2", "web-3")

    id_, outs = provider.create(world.gate(linodes))

    assert id_ == "gate-web-gate"
    assert outs["through"] == linodes
    assert set(world.statuses().values()) == {"running"}
    assert provider.diff(id_, outs, world.gate(linodes)).changes == 1


def test_a_failed_boot_is_named_kept_and_repaired_by_the_next_update(
    provider: Servicer, world: Gated
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
    boots = [line for line in world.seen() if line.endswith("/boot")]
    assert boots == [f"POST /v4/linode/instances/{linodes['web-2']}/boot"]


def test_growing_waits_for_the_new_ones_alone(provider: Servicer, world: Gated) -> None:
    few = world.make("web-1", "web-2")
    id_, outs = provider.create(world.gate(few))
    world.call("POST", f"/linode/instances/{few['web-1']}/shutdown")
    more = {**few, **world.make("web-3")}

    shown = provider.diff(id_, outs, world.gate(more))
    after = provider.update(id_, outs, world.gate(more))

    assert shown.changes == 0
    assert after["through"] == more
    assert world.statuses()["web-1"] != "running"


def test_a_linode_that_is_not_there_is_named(provider: Servicer, world: Gated) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        provider.create(world.gate({**world.make("web-1"), "web-2": "1234"}))

    assert "web-2: there is none in this account" in failed_detail(caught.value).reasons[0]


def test_unknown_ids_are_a_change_and_no_failure(provider: Servicer, world: Gated) -> None:
    _, failures = provider.check(world.gate({"web-1": UNKNOWN}))
    shown = provider.diff("gate-web-gate", world.gate({"web-1": "1"}), world.gate({"web-1": UNKNOWN}))

    assert failures == []
    assert shown.changes == 0


def test_a_token_without_events_is_enough(world: Gated) -> None:
    linodes = world.make("web-1", "web-2")
    token = world.api.add_token(world.account, "linodes:read_write")

    with Servicer(GateProvider(), {**world.config, "linode:token": token}) as provider:
        _, outs = provider.create(world.gate(linodes))

    assert outs["through"] == linodes
    assert provider.printed.count("events:read_only") == 1
