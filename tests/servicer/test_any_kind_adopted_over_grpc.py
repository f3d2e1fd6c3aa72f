"""What somebody made by hand is adopted by one input, whatever kind it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import pytest

from providers.linode.core.owner import Owner
from providers.linode.provider import SPECS, LinodeProvider
from tests.servicer.test_lost_answers_over_grpc import KEY, OWN, RULE
from tests.servicer.world import World
from tests.servicer_process import UNKNOWN, Props, Servicer
from tests.state_folder import state_with

NONE = 1
KINDS = [kind for kind in SPECS if kind != "Instance"]
LABELLED = [kind for kind in KINDS if "label" in SPECS[kind].fields]


def declared(world: World, kind: str) -> Props:
    """Inputs of one, all that it needs is made for it."""
    own = OWN[kind]
    label: Props = {"label": "by-hand"} if kind in LABELLED else {}
    return {**label, **(own(world, 1) if callable(own) else own), "owner": world.owner.as_props()}


def made(world: World, kind: str, inputs: Props) -> str:
    """Its id, of one that carries nobody's tag."""
    others = Owner(world.uuid, "other", "other", "other").as_props()
    with Servicer(LinodeProvider(kind), world.config) as servicer:
        checked, failures = servicer.check({**inputs, "owner": others})
        assert failures == []
        id_, _ = servicer.create(checked)
    spec = SPECS[kind].within(inputs)
    if spec.identity.tagged:
        world.call("PUT", spec.record_path(id_), {"tags": []})
    return id_


def rows(world: World, kind: str, inputs: Props) -> list[dict[str, Any]]:
    found: Any = world.call("GET", SPECS[kind].within(inputs).path)["data"]
    return list(found)


def command(world: World, kind: str, folder: Path, *in_state: str, name: str = "") -> Servicer:
    """A process of its own; `in_state`: ids of the kind that the stack has, under that name."""
    backend = state_with(
        folder, *in_state, stack="local", kind=f"pulumi-python:dynamic/linode:{kind}", name=name
    )
    return Servicer(LinodeProvider(kind), world.config, backend)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_adopted_by_its_id_and_nothing_is_made(world: World, tmp_path: Path, kind: str) -> None:
    inputs = declared(world, kind)
    id_ = made(world, kind, inputs)
    there = len(rows(world, kind, inputs))

    with command(world, kind, tmp_path) as servicer:
        checked, failures = servicer.check({**inputs, "adopt": id_})
        [told] = servicer.effects()
        adopted, outs = servicer.create(checked)
        again, no_failures = servicer.check({**inputs, "adopt": id_}, checked)
        changes = servicer.diff(adopted, outs, again).changes

    assert (failures, no_failures, adopted) == ([], [], id_)
    assert told["op"] == "adopt"
    assert str(told["summary"]).startswith(f"adopts {SPECS[kind].name} {id_}")
    assert changes == NONE
    assert len(rows(world, kind, inputs)) == there
    if SPECS[kind].identity.tagged:
        row: Any = world.call("GET", SPECS[kind].within(inputs).record_path(id_))
        assert row["tags"] == [world.owner.tag()]


@pytest.mark.parametrize("kind", LABELLED)
def test_it_is_adopted_by_its_label_and_keeps_it_unless_another_is_declared(
    world: World, tmp_path: Path, kind: str
) -> None:
    inputs = declared(world, kind)
    id_ = made(world, kind, inputs)
    unlabelled = {
        key: value for key, value in inputs.items() if key != "label" or SPECS[kind].fields[key].required
    }

    with command(world, kind, tmp_path / "1") as servicer:
        kept, failures = servicer.check({**unlabelled, "adopt": "By-Hand"})
    with command(world, kind, tmp_path / "2") as servicer:
        renamed, none = servicer.check({**inputs, "label": "renamed", "adopt": "by-hand"})
        adopted, outs = servicer.create(renamed)

    assert (failures, none, adopted) == ([], [], id_)
    assert (kept["label"], outs["label"]) == ("by-hand", "renamed")
    assert {row["label"] for row in rows(world, kind, inputs)} >= {"renamed"}


def test_a_label_that_several_have_is_refused_with_their_ids(world: World, tmp_path: Path) -> None:
    keys: Props = {"label": "by-hand", "ssh_key": KEY}
    ids = [str(world.call("POST", "/profile/sshkeys", keys)["id"]) for _ in range(2)]
    inputs = {**keys, "owner": world.owner.as_props()}

    with command(world, "SSHKey", tmp_path) as servicer:
        [(field, reason)] = servicer.check({**inputs, "adopt": "by-hand"})[1]
        by_id = servicer.check({**inputs, "adopt": ids[1]})[1]

    assert field == "adopt"
    assert reason == (
        f"by-hand is the label of SSH keys {ids[0]} and {ids[1]}. Next: name one of them by its id."
    )
    assert by_id == []


@pytest.mark.parametrize("kind", ["SSHKey", "Firewall", "Domain", "Subnet"])
def test_one_that_is_not_there_is_refused_and_the_nearest_is_named(
    world: World, tmp_path: Path, kind: str
) -> None:
    inputs = declared(world, kind)
    id_ = made(world, kind, inputs)

    with command(world, kind, tmp_path) as servicer:
        failures = dict(servicer.check({**inputs, "adopt": int(id_) + 1})[1])

    assert failures["adopt"].startswith(
        f"{int(id_) + 1} is no {SPECS[kind].name} of this account (did you mean {id_}"
    )


@pytest.mark.parametrize(
    ("kind", "changed", "names"),
    [
        ("VPC", {"region": "gb-lon"}, "region"),
        ("SSHKey", {"ssh_key": KEY.replace("IIII web", "IIIJ web")}, "ssh_key"),
        ("Domain", {"domain": "other.example"}, "domain"),
        ("Subnet", {"ipv4": "10.0.2.0/24"}, "ipv4"),
    ],
)
def test_what_would_have_to_be_recreated_is_not_adopted(
    world: World, tmp_path: Path, kind: str, changed: Props, names: str
) -> None:
    inputs = declared(world, kind)
    id_ = made(world, kind, inputs)
    before = world.writes()

    with command(world, kind, tmp_path) as servicer:
        wanted = {**inputs, **changed, "adopt": id_}
        failures = servicer.check(wanted)[1]
        with pytest.raises(grpc.RpcError, match="and nothing was changed"):
            servicer.create(wanted)

    assert failures == [
        ("adopt", f"{id_} has another {names}. Next: declare what it has; change it afterwards.")
    ]
    assert world.writes() == before


@pytest.mark.parametrize("kind", ["VPC", "SSHKey", "Volume"])
def test_what_the_state_has_as_another_resource_is_not_adopted(
    world: World, tmp_path: Path, kind: str
) -> None:
    inputs = declared(world, kind)
    id_ = made(world, kind, inputs)

    with command(world, kind, tmp_path, id_) as servicer:
        [(field, reason)] = servicer.check({**inputs, "adopt": id_})[1]

    assert field == "adopt"
    assert f"{id_} is in the state already, as another resource" in reason


@pytest.mark.parametrize("kind", ["VPC", "SSHKey", "Volume"])
def test_a_replacement_that_was_asked_for_is_a_new_one(world: World, tmp_path: Path, kind: str) -> None:
    """The engine asks neither what differs nor brings the old inputs."""
    inputs = declared(world, kind)
    id_ = made(world, kind, inputs)

    with command(world, kind, tmp_path, id_, name=world.owner.name) as servicer:
        checked, failures = servicer.check({**inputs, "adopt": id_})
        if SPECS[kind].identity.unique:
            servicer.delete(id_, checked)
        new_id, _ = servicer.create(checked)

    assert failures == []
    assert new_id != id_


def test_what_differs_of_a_load_balancers_ports_is_told_at_preview(world: World, tmp_path: Path) -> None:
    inputs = declared(world, "NodeBalancer")
    id_ = made(world, "NodeBalancer", inputs)
    ports: list[Props] = [{"port": 81, "nodes": [{"address": "192.168.130.7:80"}]}]

    with command(world, "NodeBalancer", tmp_path) as servicer:
        checked, _ = servicer.check({**inputs, "configs": ports, "adopt": id_})
        [told] = servicer.effects()
        servicer.create(checked)

    [config] = world.call("GET", f"/nodebalancers/{id_}/configs")["data"]
    assert [cause["input"] for cause in told["causes"]] == ["configs"]  # type: ignore[attr-defined]
    assert config["port"] == 81


def test_a_firewalls_rules_are_put_right_and_it_keeps_its_own_tags(world: World, tmp_path: Path) -> None:
    inputs = declared(world, "Firewall")
    id_ = made(world, "Firewall", inputs)
    path = f"/networking/firewalls/{id_}"
    world.call("PUT", path, {"tags": ["theirs"]})
    world.call(
        "PUT", f"{path}/rules", {"inbound": [], "inbound_policy": "ACCEPT", "outbound_policy": "ACCEPT"}
    )

    with command(world, "Firewall", tmp_path) as servicer:
        checked, failures = servicer.check({**inputs, "adopt": id_})
        servicer.create(checked)

    row: Any = world.call("GET", path)
    assert failures == []
    assert (row["rules"]["inbound"], row["rules"]["inbound_policy"]) == ([RULE], "DROP")
    assert sorted(row["tags"]) == sorted(["theirs", world.owner.tag()])


def test_a_part_of_what_is_not_known_yet_is_judged_once_it_is(world: World, tmp_path: Path) -> None:
    inputs = declared(world, "Subnet")
    id_ = made(world, "Subnet", inputs)

    with command(world, "Subnet", tmp_path) as servicer:
        unknown = servicer.check({**inputs, "vpc_id": UNKNOWN, "adopt": id_})[1]
        known = servicer.check({**inputs, "adopt": id_})[1]

    assert (unknown, known) == ([], [])


@pytest.mark.parametrize("kind", ["VPC", "Firewall", "DomainRecord"])
@pytest.mark.parametrize("fault", [{"kind": "cut", "after_commit": True}, {"kind": "502"}])
def test_whatever_becomes_of_an_answer_it_is_adopted_once(
    world: World, tmp_path: Path, kind: str, fault: Props
) -> None:
    inputs = declared(world, kind)
    id_ = made(world, kind, inputs)
    there = len(rows(world, kind, inputs))
    new: Props = {"name": "renamed"} if kind == "DomainRecord" else {"label": "renamed"}
    world.api.set_faults({"method": "PUT", "path": "**", "times": 1, **fault})

    with command(world, kind, tmp_path) as servicer:
        checked, _ = servicer.check({**inputs, **new, "adopt": id_})
        adopted, _ = servicer.create(checked)

    after = rows(world, kind, inputs)
    [key] = new
    assert (adopted, len(after)) == (id_, there)
    assert "renamed" in {row[key] for row in after}
