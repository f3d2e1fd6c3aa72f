"""IPv6 ranges in the provider's real process: routed to one Linode, and known by its address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer
from tests.state_folder import state_with

PATH = "/networking/ipv6/ranges"
URN = "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{}::web-1"
NONE = 1


class Life:
    """The process that serves ranges, and the account; `target` is the address of a Linode of it."""

    def __init__(self, world: World, servicer: Servicer) -> None:
        self.world, self.servicer = world, servicer
        self.linode = self.new("one")
        self.target = self.address(self.linode)

    def new(self, label: str) -> int:
        body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": label, "booted": False}
        return int(self.world.call("POST", "/linode/instances", body)["id"])

    def address(self, linode: int) -> str:
        """With its length, as an Instance's output has it."""
        return str(self.world.call("GET", f"/linode/instances/{linode}")["ipv6"])

    def inputs(self, **changed: object) -> Props:
        owner = self.world.owner.as_props()
        return {"route_target": self.target, "prefix_length": 64, "owner": owner, **changed}

    def made(self) -> tuple[str, Props, Props]:
        inputs, failures = self.servicer.check(self.inputs())
        assert failures == []
        return *self.servicer.create(inputs), inputs

    def rows(self) -> list[dict[str, Any]]:
        return list(self.world.call("GET", PATH)["data"])


@pytest.fixture
def life(world: World, tmp_path: Path) -> Iterator[Life]:
    backend = state_with(tmp_path, stack="local")
    with Servicer(LinodeProvider("IPv6Range"), world.config, backend) as servicer:
        yield Life(world, servicer)


def test_it_is_made_read_back_and_deleted(life: Life) -> None:
    id_, outs, inputs = life.made()
    again, _ = life.servicer.check(life.inputs(), inputs)
    seen_id, seen, _ = life.servicer.read(id_, outs)

    [row] = life.rows()
    assert (id_, outs["range"]) == (row["range"], row["range"])
    assert (row["route_target"], row["prefix"]) == (life.target.removesuffix("/128"), 64)
    assert life.servicer.diff(id_, outs, again).changes == NONE
    assert (seen_id, seen) == (id_, outs)
    life.servicer.delete(id_, outs)
    life.servicer.delete(id_, outs)
    assert (life.rows(), life.servicer.read(id_, outs)[0]) == ([], "")


def test_another_linode_or_length_gets_another_range_once_the_old_one_is_gone(life: Life) -> None:
    id_, outs, inputs = life.made()

    changes: tuple[Props, ...] = ({"route_target": life.address(life.new("two"))}, {"prefix_length": 56})
    for changed in changes:
        news, failures = life.servicer.check(life.inputs(**changed), inputs)
        answer = life.servicer.diff(id_, outs, news)

        assert failures == []
        assert ([*answer.replaces], answer.deleteBeforeReplace) == ([*changed], True)


def test_the_address_that_a_linode_gets_in_the_same_run_is_right(world: World, tmp_path: Path) -> None:
    env = state_with(tmp_path, stack="local")
    linode = LinodeProvider("Instance")
    with Servicer(linode, world.config, urn=URN.format("Instance")) as earlier:
        inputs, _ = earlier.check(world.inputs(image=None, root_pass=None))
        id_, outs = earlier.create(inputs)

    with Servicer(linode, world.config, env, urn=URN.format("Instance")) as command:
        moved, _ = command.check({**inputs, "region": "gb-lon"}, inputs)
        updated = command.update(id_, outs, moved, olds=inputs)
        range_ = {"route_target": updated["ipv6"], "prefix_length": 64, "owner": world.owner.as_props()}
        command.serve(LinodeProvider("IPv6Range"), world.config, URN.format("IPv6Range"))
        failures = command.check(range_)[1]

    assert updated["ipv6"] != outs["ipv6"]
    assert failures == []


@pytest.mark.parametrize(
    ("changed", "field", "why"),
    [
        ({"route_target": "2001:db8::1"}, "route_target", "is the IPv6 address of no Linode of this account"),
        ({"route_target": "192.0.2.1"}, "route_target", "must be an IPv6 address"),
        ({"prefix_length": 48}, "prefix_length", "must be 56 or 64"),
    ],
)
def test_what_cannot_be_is_told_at_preview(life: Life, changed: Props, field: str, why: str) -> None:
    [(name, reason)] = life.servicer.check(life.inputs(**changed))[1]

    assert (name, reason.partition(" (")[0].partition(". Next")[0]) == (field, why)


def test_one_that_names_the_address_of_a_linode_that_is_recreated_is_refused(world: World) -> None:
    linode = LinodeProvider("Instance")
    with Servicer(linode, world.config, urn=URN.format("Instance")) as earlier:
        inputs, _ = earlier.check(world.inputs(image=None, root_pass=None))
        _, outs = earlier.create(inputs)
    range_: Props = {"route_target": outs["ipv6"], "prefix_length": 64, "owner": world.owner.as_props()}

    with Servicer(linode, world.config, urn=URN.format("Instance")) as command:
        recreated = command.check({**inputs, "disk_encryption": "disabled"}, inputs)[1]
        command.serve(LinodeProvider("IPv6Range"), world.config, URN.format("IPv6Range"))
        [(field, why)] = command.check(range_)[1]

    assert (recreated, field) == ([], "route_target")
    assert why.startswith(
        "is of a Linode that is recreated in the same run, and goes with it. Next: name it by"
    )


@pytest.mark.parametrize(
    "fault", [{"kind": "cut"}, {"kind": "502", "after_commit": True}, {"kind": "garbled"}]
)
def test_one_create_makes_one_among_others(life: Life, fault: Props) -> None:
    other = life.new("two")
    life.world.call("POST", PATH, {"linode_id": other, "prefix_length": 64})
    inputs, _ = life.servicer.check(life.inputs())
    life.world.api.set_faults({"method": "POST", "path": PATH, "times": 1, **fault})

    id_, _ = life.servicer.create(inputs)

    assert [row["range"] for row in life.rows() if row["route_target"] in life.target] == [id_]
    assert len(life.rows()) == 2


def test_what_a_killed_run_made_is_adopted_by_the_next_and_what_somebody_made_is_not(
    life: Life, tmp_path: Path
) -> None:
    made = life.world.call("POST", PATH, {"linode_id": life.linode, "prefix_length": 64})
    id_ = str(made["range"]).removesuffix("/64")

    [(_, why)] = life.servicer.check(life.inputs())[1]
    urn = URN.format("IPv6Range")
    state = state_with(tmp_path / "next", stack="local", creating=(urn,))
    with Servicer(LinodeProvider("IPv6Range"), life.world.config, state, urn) as next_run:
        inputs, failures = next_run.check(life.inputs())
        adopted, _ = next_run.create(inputs)

    assert f"adopt it with `LINODE_TAKE_OVER={id_} pulumi up`" in why
    assert (failures, adopted, len(life.rows())) == ([], id_, 1)


def test_an_address_of_it_gets_a_reverse_name(life: Life) -> None:
    id_, _, _ = life.made()
    address, name = f"{id_}5", f"mail.{life.world.account}.example"
    zone: Props = {"domain": f"{life.world.account}.example", "type": "master", "soa_email": "ops@a.example"}
    domain = life.world.call("POST", "/domains", zone)["id"]
    life.world.call("POST", f"/domains/{domain}/records", {"type": "AAAA", "name": "mail", "target": address})
    names = life.servicer.serve(LinodeProvider("ReverseDNS"), life.world.config, URN.format("ReverseDNS"))
    owner = life.world.owner.as_props()

    inputs, failures = names.check({"address": address, "rdns": name, "owner": owner})
    named, outs = names.create(inputs)
    again, _ = names.check({"address": address, "rdns": name, "owner": owner}, inputs)
    [(_, strange)] = names.check({"address": "2001:db8:ffff::1", "rdns": name, "owner": owner}, name="other")[
        1
    ]

    assert (failures, named, outs["rdns"]) == ([], address, name)
    assert life.world.call("GET", f"/networking/ips/{address}")["rdns"] == name
    assert names.diff(named, outs, again).changes == NONE
    assert "is no address of this account" in strange
    names.delete(named, outs)
    assert life.world.call("GET", f"/networking/ips/{address}")["rdns"] is None
