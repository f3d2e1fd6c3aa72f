"""The firewalls of Linode interfaces, by the provider in its real process: put in place, read back, changed."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer

RULES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [], "outbound": []}


class Guarded(World):
    """A world with firewalls, and interfaces that name them."""

    def firewall(self, label: str) -> int:
        made: Any = self.call("POST", "/networking/firewalls", {"label": label, "rules": RULES})
        return int(made["id"])

    def with_interface(self, firewall: int, **changed: object) -> Props:
        public = {"public": {}, "firewall_id": firewall}
        return self.inputs(interface_generation="linode", interfaces=[public], **changed)

    def held(self, linode_id: str) -> list[int]:
        """The firewalls of the Linode's only interface."""
        found: Any = self.call("GET", f"/linode/instances/{linode_id}/interfaces")["interfaces"]
        path = f"/linode/instances/{linode_id}/interfaces/{found[0]['id']}/firewalls"
        rows: Any = self.call("GET", path)["data"]
        return [int(row["id"]) for row in rows]


@pytest.fixture
def world(api: LocalApi) -> Guarded:
    return Guarded(api)


def test_another_firewall_is_put_in_place_without_a_power_cycle(provider: Servicer, world: Guarded) -> None:
    first, second = world.firewall("first"), world.firewall("second")
    inputs, _ = provider.check(world.with_interface(first))
    id_, outs = provider.create(inputs)
    news, failures = provider.check(world.with_interface(second, allow_downtime=False), inputs)
    before = len(world.writes())
    provider.diff(id_, outs, news)

    after = provider.update(id_, outs, news)

    assert failures == []
    told = provider.effects()[-1]
    assert (told["level"], told["summary"]) == ("none", "interfaces changed in place")
    assert world.held(id_) == [second]
    assert after["interfaces"] == [{"public": {}, "firewall_id": second}]
    assert [line.split()[0] for line in world.writes()[before:]] == ["DELETE", "POST"]
    assert provider.diff(id_, after, news).changes == 1


@pytest.mark.parametrize("is_before", [False, True])
def test_whose_firewall_loses_an_interface_is_told(world: Guarded, is_before: bool) -> None:
    first, second = world.firewall("first"), world.firewall("second")
    usual = {"default_firewall_ids": {"public_interface": first}}
    world.call("PUT", "/networking/firewalls/settings", usual)
    public: Props = {"public": {}, **({"firewall_id": first} if is_before else {})}
    bare = world.inputs(image=None, root_pass=None, interface_generation="linode", interfaces=[public])
    with Servicer(LinodeProvider("Instance"), world.config) as provider:
        inputs, _ = provider.check(bare)
        id_, outs = provider.create(inputs)
    face = world.call("GET", f"/linode/instances/{id_}/interfaces")["interfaces"][0]["id"]

    with Servicer(LinodeProvider("Instance"), world.config) as provider:
        news, failures = provider.check(
            {**bare, "interfaces": [{"public": {}, "firewall_id": second}]}, inputs
        )
        provider.diff(id_, outs, news)
        provider.update(id_, outs, news, olds=inputs)

    assert (failures, world.held(id_)) == ([], [second])
    took = f"takes interface {face} from behind firewall {first} (first), the account's default one"
    assert (took in provider.printed) is not is_before
    assert f"leaves interface {face} without rules between firewall {first} (first)" in provider.printed


def test_no_firewall_is_declared_by_zero(provider: Servicer, world: Guarded) -> None:
    first = world.firewall("first")
    inputs, failures = provider.check(world.with_interface(0))
    id_, outs = provider.create(inputs)
    alone = world.held(id_)
    guarded = provider.update(id_, outs, provider.check(world.with_interface(first), inputs)[0])
    between = world.held(id_)

    provider.update(id_, guarded, inputs)

    assert failures == []
    assert (alone, between, world.held(id_)) == ([], [first], [])


def test_a_firewall_that_was_changed_outside_is_read_and_put_back(provider: Servicer, world: Guarded) -> None:
    first, second = world.firewall("first"), world.firewall("second")
    inputs, _ = provider.check(world.with_interface(first))
    id_, outs = provider.create(inputs)
    _, _, untouched = provider.read(id_, outs)
    devices: Any = world.call("GET", f"/networking/firewalls/{first}/devices")["data"]
    world.call("DELETE", f"/networking/firewalls/{first}/devices/{devices[0]['id']}")
    _, bare, none_seen = provider.read(id_, outs)
    world.call(
        "POST",
        f"/networking/firewalls/{second}/devices",
        {"id": devices[0]["entity"]["id"], "type": "linode_interface"},
    )
    _, drifted, other_seen = provider.read(id_, outs)

    provider.update(id_, drifted, inputs)

    assert untouched["interfaces"] == inputs["interfaces"]
    assert none_seen["interfaces"] == [{"public": {}, "firewall_id": 0}]
    assert other_seen["interfaces"] == [{"public": {}, "firewall_id": second}]
    assert provider.diff(id_, bare, inputs).changes == 0
    assert world.held(id_) == [first]


def test_when_the_new_firewall_is_refused_the_old_one_stays(provider: Servicer, world: Guarded) -> None:
    first = world.firewall("first")
    inputs, _ = provider.check(world.with_interface(first))
    id_, outs = provider.create(inputs)

    with pytest.raises(grpc.RpcError) as caught:
        provider.update(id_, outs, world.with_interface(999999))

    assert "/networking/firewalls/999999/devices: 404" in str(caught.value.details())
    assert world.held(id_) == [first]


def test_with_another_interface_the_firewall_changes_in_the_same_power_cycle(
    provider: Servicer, world: Guarded
) -> None:
    first, second = world.firewall("first"), world.firewall("second")
    inputs, _ = provider.check(world.with_interface(first))
    id_, outs = provider.create(inputs)
    more = [{"public": {}, "firewall_id": second}, {"vlan": {"vlan_label": "lan"}}]
    news, failures = provider.check({**world.with_interface(second), "interfaces": more}, inputs)

    after = provider.update(id_, outs, news)

    assert failures == []
    assert world.held(id_) == [second]
    assert after["status"] == "running"
    assert sum(line.endswith("/shutdown") for line in world.writes()) == 1
