"""Reserved addresses in the provider's real process: what has no label is known by its region and its tag."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import UNKNOWN, Props, Servicer
from tests.state_folder import state_with

PATH = "/networking/reserved/ips"
URN = "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{}::{}"
SAME, NONE = 0, 1


class Life:
    """The process that serves addresses, and the account."""

    def __init__(self, world: World, servicer: Servicer) -> None:
        self.world, self.servicer = world, servicer

    def inputs(self, name: str = "web-1", **changed: object) -> Props:
        owner = Owner(self.world.uuid, "fleet", "local", name).as_props()
        return {"region": "de-fra-2", "tags": ["web"], "owner": owner, **changed}

    def made(self, name: str = "web-1", **changed: object) -> tuple[str, Props, Props]:
        inputs, failures = self.servicer.check(self.inputs(name, **changed), name=name)
        assert failures == []
        return *self.servicer.create(inputs), inputs

    def rows(self) -> list[dict[str, Any]]:
        return list(self.world.call("GET", PATH)["data"])

    def linode(self, label: str, region: str = "de-fra-2", generation: str = "legacy_config") -> int:
        body = {"type": "g6-nanode-1", "region": region, "label": label, "interface_generation": generation}
        return int(self.world.call("POST", "/linode/instances", body)["id"])


@pytest.fixture
def life(world: World, tmp_path: Path) -> Iterator[Life]:
    backend = state_with(tmp_path, stack="local")
    with Servicer(LinodeProvider("ReservedIP"), world.config, backend) as servicer:
        yield Life(world, servicer)


def test_it_is_made_read_back_and_given_back(life: Life) -> None:
    id_, outs, inputs = life.made()
    again, _ = life.servicer.check(life.inputs(), inputs)
    seen_id, seen, read = life.servicer.read(id_, outs)

    [row] = life.rows()
    assert (id_, outs["address"], outs["monthly_usd"]) == (row["address"], row["address"], 2.0)
    assert sorted(row["tags"]) == sorted(["web", life.world.owner.tag()])
    assert life.servicer.diff(id_, outs, again).changes == NONE
    assert (seen_id, seen) == (id_, outs)
    assert {name: read[name] for name in inputs} == inputs
    life.servicer.delete(id_, outs)
    life.servicer.delete(id_, outs)
    assert (life.rows(), life.servicer.read(id_, outs)[0]) == ([], "")


def test_it_goes_from_one_linode_to_another_and_to_none(life: Life) -> None:
    one, two = life.linode("one"), life.linode("two")
    id_, outs, inputs = life.made(linode_id=one)
    holders = [life.rows()[0]["linode_id"]]
    for holder in (two, 0):
        news, failures = life.servicer.check(life.inputs(linode_id=holder), inputs)
        assert (failures, life.servicer.diff(id_, outs, news).changes) == ([], SAME)
        outs, inputs = life.servicer.update(id_, outs, news), news
        holders.append(life.rows()[0]["linode_id"])

    assert holders == [one, two, None]
    assert outs["linode_id"] == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut"},
        {"kind": "cut", "after_commit": True},
        {"kind": "502", "after_commit": True},
        {"kind": "twice"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_one_create_makes_one_among_others_of_its_region(life: Life, fault: Props) -> None:
    life.world.call("POST", PATH, {"region": "de-fra-2"})
    others = [life.made("other")[0], life.rows()[0]["address"]]
    inputs, _ = life.servicer.check(life.inputs())
    life.world.api.set_faults({"method": "POST", "path": PATH, "times": 1, **fault})

    id_, outs = life.servicer.create(inputs)
    life.world.api.set_faults()

    mine = [row["address"] for row in life.rows() if life.world.owner.tag() in row["tags"]]
    left = [row["address"] for row in life.rows() if row["address"] not in mine]
    assert (id_ in mine, sorted(left)) == (True, sorted(others))
    assert len(mine) == (2 if fault["kind"] == "twice" else 1)  # nothing tells of one that a proxy doubled
    assert life.servicer.diff(id_, outs, inputs).changes == NONE


def test_what_a_killed_run_made_is_taken_over_and_a_strangers_is_not(life: Life, tmp_path: Path) -> None:
    life.world.call("POST", PATH, {"region": "de-fra-2", "tags": ["web"]})
    id_, _, inputs = life.made()

    backend = state_with(tmp_path / "next", stack="local")
    with Servicer(LinodeProvider("ReservedIP"), life.world.config, backend) as next_run:
        again, _ = next_run.create(inputs)

    assert (again, len(life.rows())) == (id_, 2)


def test_several_at_once_are_as_many(life: Life) -> None:
    names = [f"web-{number}" for number in range(4)]
    life.world.api.set_faults(
        {"method": "POST", "path": PATH, "kind": "cut", "after_commit": True, "times": 2},
    )

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda name: life.made(name)[0], names))
    life.world.api.set_faults()

    assert {row["address"] for row in life.rows()} == set(made)
    assert len(set(made)) == 4


def test_its_linode_has_to_be_there_in_its_region_and_of_legacy_interfaces(life: Life) -> None:
    far, modern = life.linode("far", "gb-lon"), life.linode("modern", generation="linode")

    told = [life.servicer.check(life.inputs(linode_id=id_))[1] for id_ in (far, modern, 98_000_999, UNKNOWN)]

    assert [[name for name, _ in each] for each in told] == [["linode_id"], ["linode_id"], ["linode_id"], []]
    assert f"Linode {far} is in gb-lon, and the reserved address in de-fra-2" in told[0][0][1]
    assert "which has Linode interfaces. Next: name the address in one of these" in told[1][0][1]
    assert "is no Linode of this account" in told[2][0][1]


def test_another_region_reserves_another_one_before_the_old_one_goes(life: Life) -> None:
    id_, outs, inputs = life.made()
    news, _ = life.servicer.check(life.inputs(region="gb-lon"), inputs)

    found = life.servicer.diff(id_, outs, news)
    second, _ = life.servicer.create(news)

    assert (list(found.replaces), found.deleteBeforeReplace) == (["region"], False)
    assert {row["address"] for row in life.rows()} == {id_, second}


def test_an_import_of_none_says_so(life: Life) -> None:
    with pytest.raises(grpc.RpcError, match="there is no reserved address 198.18.9.9 in this account"):
        life.servicer.read("198.18.9.9", {"owner": life.world.owner.as_props()})


def test_it_is_not_taken_from_a_linode_that_somebody_else_has_put_it_on(life: Life, tmp_path: Path) -> None:
    one, two, theirs = (life.linode(label) for label in ("one", "two", "theirs"))
    id_, outs, inputs = life.made(linode_id=one)
    life.world.call("DELETE", f"/linode/instances/{one}/ips/{id_}")
    life.world.call(
        "POST", f"/linode/instances/{theirs}/ips", {"type": "ipv4", "public": True, "address": id_}
    )

    with Servicer(LinodeProvider("ReservedIP"), life.world.config, state_with(tmp_path / "next")) as command:
        refused = [command.check(life.inputs(linode_id=each), inputs)[1] for each in (two, 0)]
        same = command.check(life.inputs(linode_id=one), inputs)[1]
        _, seen, read = command.read(id_, outs, inputs)
        back, failures = command.check(life.inputs(linode_id=two), read)
        command.update(id_, seen, back)

    why = (
        f"can't change: the address is on {theirs} (theirs), which does not belong to this stack, nor does the state "
        "have it there. Next: take it off there in a run before, or leave linode_id out."
    )
    assert refused == [[("linode_id", why)]] * 2
    assert (same, seen["linode_id"], failures) == ([], theirs, [])
    assert life.rows()[0]["linode_id"] == two


@pytest.mark.parametrize("first", ["Instance", "ReservedIP"])
def test_of_two_resources_that_give_it_to_different_linodes_one_is_refused(
    life: Life, tmp_path: Path, first: str
) -> None:
    id_, _, inputs = life.made()
    other = life.linode("other")
    owner = Owner(life.world.uuid, "fleet", "local", "db-1").as_props()
    server = life.world.inputs(label="db-1", reserved_ipv4=id_, image=None, root_pass=None, owner=owner)

    def problems(linode_id: object) -> list[tuple[str, str]]:
        found = {}
        with Servicer(LinodeProvider("ReservedIP"), life.world.config, state_with(tmp_path)) as command:
            for kind in sorted(("Instance", "ReservedIP"), reverse=first == "ReservedIP"):
                is_one = kind == "Instance"
                command.serve(
                    LinodeProvider(kind), life.world.config, URN.format(kind, "db-1" if is_one else "web-1")
                )
                declared = (server,) if is_one else (life.inputs(linode_id=linode_id), inputs)
                found[kind] = command.check(*declared)[1]
        return [*found["Instance"], *found["ReservedIP"]]

    told = [problems(linode_id) for linode_id in (other, 0, UNKNOWN)]

    by_server = "by web-1 (linode_id) in the same program. Next: leave one of the two out."
    which = "declares it as reserved_ipv4. Next: leave one of the two out."
    wanted = {
        "Instance": [
            f"gives {id_} to Linode {other}, and db-1 {which}",
            f"takes {id_} from db-1, which {which}",
        ],
        "ReservedIP": [
            f"{id_} is given to another Linode {by_server}",
            f"{id_} is kept off every Linode {by_server}",
        ],
    }
    assert [[why for _, why in each] for each in told] == [*([why] for why in wanted[first]), []]


def test_one_that_a_nodebalancer_has_is_not_free(life: Life, tmp_path: Path) -> None:
    one, two = life.linode("one"), life.linode("two")
    id_, outs, inputs = life.made(linode_id=one)
    free, _ = life.servicer.check(life.inputs(linode_id=0), inputs)
    life.servicer.update(id_, outs, free)
    body = {"label": "front", "region": "de-fra-2", "ipv4": id_}
    balancer = int(life.world.call("POST", "/nodebalancers", body)["id"])
    owner = Owner(life.world.uuid, "fleet", "local", "db-1").as_props()
    server = life.world.inputs(label="db-1", reserved_ipv4=id_, image=None, root_pass=None, owner=owner)

    with Servicer(LinodeProvider("ReservedIP"), life.world.config, state_with(tmp_path / "next")) as command:
        _, seen, read = command.read(id_, outs, inputs)
        kept = command.check(life.inputs(linode_id=0), read)[1]
        refused = command.check(life.inputs(linode_id=two), read)[1]
        same, _ = command.check(life.inputs(linode_id=one), read)
        command.diff(id_, seen, same)
    told = command.printed
    with Servicer(LinodeProvider("Instance"), life.world.config, state_with(tmp_path / "other")) as command:
        command.serve(LinodeProvider("Instance"), life.world.config, URN.format("Instance", "db-1"))
        taken = command.check(server)[1]
        name: Props = {"address": id_, "rdns": f"{id_}.nip.io", "owner": life.world.owner.as_props()}
        command.serve(LinodeProvider("ReverseDNS"), life.world.config, URN.format("ReverseDNS", "back"))
        named = command.check(name)[1]

    assert (seen["nodebalancer_id"], seen["linode_id"], outs.get("nodebalancer_id")) == (balancer, 0, None)
    why = (
        f"can't change: NodeBalancer {balancer} has the address, for as long as it is there. Next: delete that one in "
        "a run before, or leave linode_id out."
    )
    assert f"linode_id differs from the program, and is left so: linode_id {why}" in told
    assert (kept, refused, named) == ([], [("linode_id", why)], [])
    assert taken == [
        ("reserved_ipv4", f"{id_} is assigned to NodeBalancer {balancer}. Next: use one that is free.")
    ]


@pytest.mark.parametrize("first", ["NodeBalancer", "ReservedIP", "Instance"])
def test_a_nodebalancer_has_it_alone(life: Life, tmp_path: Path, first: str) -> None:
    id_, _, inputs = life.made()
    other = life.linode("other")
    owner = Owner(life.world.uuid, "fleet", "local", "db-1").as_props()
    balancer: Props = {"label": "db-1", "region": "de-fra-2", "reserved_ipv4": id_, "owner": owner}
    server = life.world.inputs(label="db-1", reserved_ipv4=id_, image=None, root_pass=None, owner=owner)
    declared: dict[str, tuple[Props, ...]] = {
        "NodeBalancer": (balancer,),
        "Instance": (server,),
        "ReservedIP": (life.inputs(linode_id=other), inputs),
    }

    def problems(second: str) -> list[str]:
        with Servicer(LinodeProvider("ReservedIP"), life.world.config, state_with(tmp_path)) as command:
            for kind in (first, second):
                urn = URN.format(kind, "web-1" if kind == "ReservedIP" else "db-1")
                command.serve(LinodeProvider(kind), life.world.config, urn)
                found = command.check(*declared[kind])[1]
        return [why for _, why in found]

    both = "in the same program. Next: leave one of the two out."
    if first == "NodeBalancer":
        assert problems("Instance") == [f"{id_} is given to a NodeBalancer by db-1 (reserved_ipv4) {both}"]
        [gives] = problems("ReservedIP")
        assert gives.startswith(f"gives {id_} to Linode {other}, and db-1 declares it as reserved_ipv4.")
    else:
        by = "web-1 (linode_id)" if first == "ReservedIP" else "db-1 (reserved_ipv4)"
        assert problems("NodeBalancer") == [f"{id_} is given to another Linode by {by} {both}"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_linode_that_is_busy_gets_it_and_loses_it_once_it_is_free(life: Life, method: str) -> None:
    one, two = life.linode("one"), life.linode("two")
    id_, outs, inputs = life.made(linode_id=one)
    news, failures = life.servicer.check(life.inputs(linode_id=two), inputs)
    path = "/linode/instances/*/ips" + ("/*" if method == "DELETE" else "")
    life.world.api.set_faults({"method": method, "path": path, "times": 2, "kind": "busy"})

    outs = life.servicer.update(id_, outs, news)

    assert (failures, outs["linode_id"], life.rows()[0]["linode_id"]) == ([], two, two)


# ---- addresses that Linodes share


def shared(world: World, id_: object) -> list[str]:
    found: Any = world.call("GET", f"/linode/instances/{id_}/ips")
    return sorted(row["address"] for row in found["ipv4"]["shared"])


def addresses(world: World, *labels: str, region: str = "de-fra-2") -> list[str]:
    """Of Linodes that are made for it."""
    plan: Props = {"type": "g6-nanode-1", "region": region}
    return [str(world.call("POST", "/linode/instances", {**plan, "label": one})["ipv4"][0]) for one in labels]


def test_a_new_linode_shares_what_is_declared_and_another_list_takes_its_place(
    provider: Servicer, world: World
) -> None:
    one, two = addresses(world, "one", "two")
    inputs, failures = provider.check(world.inputs(shared_ipv4=[one]))
    id_, outs = provider.create(inputs)
    made = shared(world, id_)

    news, more = provider.check(world.inputs(shared_ipv4=[two, one]), inputs)
    found = provider.diff(id_, outs, news)
    after = provider.update(id_, outs, news, olds=inputs)
    both = shared(world, id_)
    none, _ = provider.check(world.inputs(shared_ipv4=[]), news)
    provider.update(id_, after, none, olds=news)

    assert (failures, more, made) == ([], [], [one])
    assert (found.changes, list(found.replaces)) == (SAME, [])
    assert (both, shared(world, id_)) == (sorted([one, two]), [])


@pytest.mark.parametrize(
    "fault", [{"kind": "cut", "after_commit": True}, {"kind": "502"}, {"kind": "garbled"}]
)
def test_whatever_becomes_of_the_answer_they_are_shared(
    provider: Servicer, world: World, fault: Props
) -> None:
    [one] = addresses(world, "one")
    inputs, _ = provider.check(world.inputs(shared_ipv4=[one]))
    world.api.set_faults({"method": "POST", "path": "/networking/ips/share", "times": 1, **fault})

    id_, outs = provider.create(inputs)

    assert shared(world, id_) == [one]
    assert provider.diff(id_, outs, inputs).changes == NONE


def test_what_can_not_be_shared_is_told_at_preview(provider: Servicer, world: World) -> None:
    [away] = addresses(world, "away", region="gb-lon")
    inputs, _ = provider.check(world.inputs())
    id_, _ = provider.create(inputs)
    own = str(world.call("GET", f"/linode/instances/{id_}")["ipv4"][0])

    cases = (
        ("192.168.130.9", "has 192.168.130.9, which is private"),
        ("203.0.113.9", "has 203.0.113.9, which no Linode of this account has"),
        (own, f"has {own}, which is its own"),
        (away, "is in gb-lon, and the Linode in de-fra-2"),
    )
    with Servicer(LinodeProvider("Instance"), world.config) as later:
        for address, why in cases:
            [(field, reason)] = later.check(world.inputs(shared_ipv4=[address]), inputs)[1]
            assert (field, why in reason, "Next: " in reason) == ("shared_ipv4", True, True), reason
