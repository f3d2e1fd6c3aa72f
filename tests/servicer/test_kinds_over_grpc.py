"""Firewalls and SSH keys in the provider's real process, against the local API on a socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import SPECS, LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import UNKNOWN, Props, Servicer
from tests.state_folder import state_with

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"
SSH = {"action": "ACCEPT", "protocol": "TCP", "ports": "22", "addresses": {"ipv4": ["192.0.2.0/24"]}}
WEB = {**SSH, "ports": "80, 443", "addresses": {"ipv4": ["0.0.0.0/0"], "ipv6": ["::/0"]}}
SAME, NONE, SOME = 0, 1, 2
"""What diff answers: UNKNOWN (inputs differ, the engine shows which), NONE, SOME (only outputs do)."""


@dataclass
class Kind:
    """One kind and the process that serves it, its list in the API, and the inputs of one of it."""

    world: World
    servicer: Servicer
    name: str
    noun: str
    path: str
    own: Props

    def inputs(self, **changed: object) -> Props:
        made = {"label": "web-1", **self.own, "owner": self.world.owner.as_props(), **changed}
        return {key: value for key, value in made.items() if value is not None}

    def rows(self) -> list[dict[str, Any]]:
        found: Any = self.world.call("GET", self.path)["data"]
        return [row for row in found if row.get("mine", True)]

    def made(self, **changed: object) -> tuple[str, Props, Props]:
        """Id, outputs and checked inputs of one that is made."""
        inputs, failures = self.servicer.check(self.inputs(**changed))
        assert failures == []
        return *self.servicer.create(inputs), inputs

    def names(self) -> list[str]:
        """Of all that are there, as far as they are web-1 or second."""
        texts = (json.dumps(row) for row in self.rows())
        return ["web-1" if "web-1" in text else "second" for text in texts]

    def sent(self) -> list[str]:
        return [line for line in self.world.writes() if self.path in line]


def firewall(world: World, servicer: Servicer) -> Kind:
    own: Props = {"inbound": [SSH], "inbound_policy": "DROP", "outbound_policy": "ACCEPT", "tags": ["web"]}
    return Kind(world, servicer, "Firewall", "firewall", "/networking/firewalls", own)


def ssh_key(world: World, servicer: Servicer) -> Kind:
    return Kind(world, servicer, "SSHKey", "SSH key", "/profile/sshkeys", {"ssh_key": KEY})


def volume(world: World, servicer: Servicer) -> Kind:
    return Kind(world, servicer, "Volume", "volume", "/volumes", {"region": "de-fra-2", "tags": ["web"]})


def vpc(world: World, servicer: Servicer) -> Kind:
    return Kind(world, servicer, "VPC", "VPC", "/vpcs", {"region": "de-fra-2"})


def group(world: World, servicer: Servicer) -> Kind:
    own: Props = {"placement_group_type": "anti_affinity:local", "placement_group_policy": "strict"}
    own |= {"region": "de-fra-2"}
    return Kind(world, servicer, "PlacementGroup", "placement group", "/placement/groups", own)


def script(world: World, servicer: Servicer) -> Kind:
    udf = '# <UDF name="site" label="Name of the site" oneof="a,b" default="a" />'
    description = "what the web servers of the whole company run first"
    own: Props = {"script": f"#!/bin/sh\n{udf}\n", "images": ["linode/debian13"], "description": description}
    return Kind(world, servicer, "StackScript", "StackScript", "/linode/stackscripts", own)


def domain(world: World, servicer: Servicer) -> Kind:
    """Domains are unique among all accounts."""
    own: Props = {"domain": f"web-1.{world.account}.example", "type": "master", "soa_email": "ops@a.example"}
    return Kind(world, servicer, "Domain", "domain", "/domains", {"label": None, **own, "tags": ["web"]})


def domain_record(world: World, servicer: Servicer) -> Kind:
    zone = {"domain": f"{world.account}.example", "type": "master", "soa_email": "ops@a.example"}
    id_ = world.call("POST", "/domains", zone)["id"]
    own: Props = {
        "domain_id": id_,
        "type": "A",
        "name": f"web-1.{world.account}.example",
        "target": "192.0.2.1",
    }
    return Kind(
        world, servicer, "DomainRecord", "domain record", f"/domains/{id_}/records", {"label": None, **own}
    )


def balancer(world: World, servicer: Servicer) -> Kind:
    own: Props = {
        "region": "de-fra-2",
        "client_conn_throttle": 5,
        "configs": [{"port": 80, "check": "connection"}],
    }
    return Kind(world, servicer, "NodeBalancer", "NodeBalancer", "/nodebalancers", own)


def subnet(world: World, servicer: Servicer) -> Kind:
    vpc = world.call("POST", "/vpcs", {"label": "vpc", "region": "de-fra-2"})["id"]
    return Kind(
        world, servicer, "Subnet", "subnet", f"/vpcs/{vpc}/subnets", {"vpc_id": vpc, "ipv4": "10.0.1.0/24"}
    )


MAKE: dict[str, Callable[[World, Servicer], Kind]] = {
    "Firewall": firewall,
    "SSHKey": ssh_key,
    "Volume": volume,
    "VPC": vpc,
    "PlacementGroup": group,
    "StackScript": script,
    "Domain": domain,
    "DomainRecord": domain_record,
    "NodeBalancer": balancer,
    "Subnet": subnet,
}


def urn(kind: str, name: str = "web-1") -> str:
    return f"urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{kind}::{name}"


def process(kind: str, config: Props, folder: Path, *, cut_off: bool = False, **env: str) -> Servicer:
    """A process of its own, and a backend whose stack has nothing yet. cut_off: a killed run was making one."""
    backend = state_with(folder, stack="local", creating=(urn(kind),) if cut_off else ())
    return Servicer(LinodeProvider(kind), config, {**env, **backend}, urn(kind))


@pytest.fixture(scope="module")
def shared(served: LocalApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servicer]:
    """One process for all tests that need none of their own: each configures it for its account."""
    with process("Firewall", World(served).config, tmp_path_factory.mktemp("backend")) as servicer:
        yield servicer


def served_by(shared: Servicer, world: World, name: str) -> Kind:
    provider = LinodeProvider(name)
    provider.account = world.account  # type: ignore[attr-defined]  # another text, so that it is configured again
    return MAKE[name](world, shared.serve(provider, world.config, urn(name, world.account)))


@pytest.fixture(params=list(MAKE))
def kind(request: pytest.FixtureRequest, world: World, shared: Servicer) -> Kind:
    return served_by(shared, world, request.param)


@pytest.fixture
def wall(world: World, shared: Servicer) -> Kind:
    return served_by(shared, world, "Firewall")


@pytest.fixture
def key(world: World, shared: Servicer) -> Kind:
    return served_by(shared, world, "SSHKey")


def test_bad_inputs_are_one_line_each_with_the_nearest_names(wall: Kind) -> None:
    rule = {**SSH, "protocl": "TCP"}
    failures = wall.servicer.check(wall.inputs(inbound=[rule], inbound_policy="DRP", label="a..b"))[1]

    assert [name for name, _ in failures] == ["label", "inbound", "inbound_policy"]
    assert "takes no 'protocl' (did you mean protocol or ports?)" in failures[1][1]
    assert "must be one of ACCEPT, DROP (did you mean DROP?)" in failures[2][1]
    assert not any("\n" in reason for _, reason in failures)


def test_a_bad_key_is_a_failure_of_its_input(key: Kind) -> None:
    failures = key.servicer.check(key.inputs(ssh_key="ssh-ed25519 web"))[1]

    assert [name for name, _ in failures] == ["ssh_key"]


def test_unknown_inputs_are_not_judged(wall: Kind) -> None:
    inputs, failures = wall.servicer.check(wall.inputs(linodes=[UNKNOWN], inbound=UNKNOWN, label=UNKNOWN))

    assert failures == []
    assert inputs["linodes"] == [UNKNOWN]


def test_ids_that_the_account_does_not_have_are_told_at_preview(wall: Kind) -> None:
    failures = wall.servicer.check(wall.inputs(linodes=[98000001]))[1]

    assert [name for name, _ in failures] == ["linodes"]
    assert "has 98000001, which is no Linode of this account (there are none)" in failures[0][1]


def test_a_label_of_a_strangers_firewall_is_refused_at_preview(wall: Kind) -> None:
    rules = {"inbound_policy": "DROP", "outbound_policy": "DROP"}
    made = wall.world.call("POST", wall.path, {"label": "web-1", "rules": rules})

    failures = wall.servicer.check(wall.inputs())[1]

    assert failures[0][0] == "label"
    assert f"is taken by firewall {made['id']}, which is not this resource's" in failures[0][1]


def test_a_created_one_is_as_declared_and_nothing_differs_afterwards(kind: Kind) -> None:
    id_, outs, inputs = kind.made()

    again, _ = kind.servicer.check(kind.inputs(), inputs)

    [row] = kind.rows()
    assert (str(row["id"]), kind.names()) == (id_, ["web-1"])
    assert kind.servicer.diff(id_, outs, again).changes == NONE
    assert outs.get("created") == row.get("created")


def test_a_created_firewall_has_its_rules_its_policies_and_its_owners_tag(wall: Kind) -> None:
    wall.made(outbound=[WEB], status="disabled")

    [row] = wall.rows()
    assert (row["rules"]["inbound"], row["rules"]["outbound"]) == ([SSH], [WEB])
    assert (row["rules"]["inbound_policy"], row["rules"]["outbound_policy"]) == ("DROP", "ACCEPT")
    assert (row["status"], sorted(row["tags"])) == ("disabled", sorted(["web", wall.world.owner.tag()]))


def test_reading_what_nobody_touched_changes_nothing(kind: Kind) -> None:
    id_, outs, inputs = kind.made()

    seen_id, seen, read = kind.servicer.read(id_, outs)

    assert (seen_id, seen) == (id_, outs)
    assert {name: read[name] for name in inputs} == inputs


def test_drift_of_a_firewall_is_read_into_outputs_and_inputs(wall: Kind) -> None:
    id_, outs, inputs = wall.made(status="enabled")
    by_hand = {"inbound": [WEB], "inbound_policy": "ACCEPT", "outbound_policy": "ACCEPT"}
    wall.world.call("PUT", f"{wall.path}/{id_}/rules", by_hand)
    wall.world.call("PUT", f"{wall.path}/{id_}", {"label": "by-hand", "status": "disabled", "tags": []})

    _, seen, read = wall.servicer.read(id_, outs)

    for found in (seen, read):
        assert (found["label"], found["status"], found["tags"]) == ("by-hand", "disabled", [])
        assert (found["inbound"], found["inbound_policy"]) == ([WEB], "ACCEPT")
    changed = wall.servicer.diff(id_, seen, inputs)
    assert (changed.changes, list(changed.replaces)) == (SAME, [])


def test_what_stood_behind_it_and_is_gone_is_gone_from_what_is_read(wall: Kind) -> None:
    body = {
        "type": "g6-nanode-1",
        "region": "de-fra-2",
        "label": "web",
        "interface_generation": "legacy_config",
    }
    linode = wall.world.call("POST", "/linode/instances", body)
    id_, outs, inputs = wall.made(linodes=[linode["id"]])
    before = wall.servicer.read(id_, outs)[2]["linodes"]
    devices: Any = wall.world.call("GET", f"{wall.path}/{id_}/devices")["data"]
    wall.world.call("DELETE", f"{wall.path}/{id_}/devices/{devices[0]['id']}")

    _, seen, read = wall.servicer.read(id_, outs)

    assert (before, read["linodes"], seen["linodes"]) == ([linode["id"]], [], [])
    assert wall.servicer.diff(id_, seen, inputs).changes == SAME
    wall.servicer.update(id_, seen, inputs)
    assert wall.servicer.read(id_, outs)[2]["linodes"] == [linode["id"]]


def test_drift_of_a_key_is_read_and_put_back(key: Kind) -> None:
    id_, outs, inputs = key.made()
    key.world.call("PUT", f"{key.path}/{id_}", {"label": "by-hand"})

    _, seen, read = key.servicer.read(id_, outs)
    key.servicer.update(id_, seen, inputs)

    assert seen["label"] == read["label"] == "by-hand"
    assert [row["label"] for row in key.rows()] == ["web-1"]


def test_what_is_gone_is_read_as_gone(kind: Kind) -> None:
    id_, outs, _ = kind.made()
    kind.world.call("DELETE", f"{kind.path}/{id_}")

    assert kind.servicer.read(id_, outs)[0] == ""


def test_an_import_of_what_is_not_there_says_so(kind: Kind) -> None:
    with pytest.raises(grpc.RpcError, match=f"there is no {kind.noun} 123 in this account"):
        kind.servicer.read("123", {**kind.inputs(), "label": ""})


def test_an_import_reads_the_inputs_that_say_what_it_is(wall: Kind) -> None:
    id_, _, inputs = wall.made()

    _, _, read = wall.servicer.read(id_, {"owner": wall.world.owner.as_props()})

    assert read == {**inputs, "status": "enabled"}


@pytest.mark.parametrize(
    ("changed", "requests"),
    [
        ({"label": "web-9"}, ["PUT"]),
        ({"status": "disabled", "tags": ["blue", "web"]}, ["PUT"]),
        ({"inbound": [WEB]}, ["PUT rules"]),
        ({"inbound": [WEB], "inbound_policy": "ACCEPT", "label": "web-9"}, ["PUT rules", "PUT"]),
        ({"inbound": []}, ["PUT rules"]),
    ],
)
def test_a_firewall_is_changed_in_place_by_as_few_requests_as_can_be(
    wall: Kind, changed: Props, requests: list[str]
) -> None:
    id_, outs, inputs = wall.made()
    news, failures = wall.servicer.check(wall.inputs(**changed), inputs)
    before = len(wall.sent())

    found = wall.servicer.diff(id_, outs, news)
    updated = wall.servicer.update(id_, outs, news)

    place = f"/v4{wall.path}/{id_}"
    sent = [line.replace(f"{place}/", "").replace(f" {place}", "") for line in wall.sent()[before:]]
    assert (failures, found.changes, list(found.replaces)) == ([], SAME, [])
    assert sent == requests
    assert {name: updated[name] for name in changed} == changed
    assert wall.servicer.diff(id_, updated, news).changes == NONE


def test_another_key_is_another_one_made_before_the_old_one_goes(key: Kind) -> None:
    id_, outs, inputs = key.made()
    other = KEY.replace("IIII web", "IIIJ web")
    news, _ = key.servicer.check(key.inputs(ssh_key=other), inputs)

    found = key.servicer.diff(id_, outs, news)
    second, _ = key.servicer.create(news)

    assert (list(found.replaces), found.deleteBeforeReplace) == (["ssh_key"], False)
    assert {str(row["id"]) for row in key.rows()} == {id_, second}


def test_a_label_that_changes_is_one_put(key: Kind) -> None:
    id_, outs, inputs = key.made()
    news, _ = key.servicer.check(key.inputs(label="web-9"), inputs)

    updated = key.servicer.update(id_, outs, news)

    assert (updated["label"], [row["label"] for row in key.rows()]) == ("web-9", ["web-9"])
    assert key.sent()[1:] == [f"PUT /v4{key.path}/{id_}"]


def test_a_second_delete_succeeds(kind: Kind) -> None:
    id_, outs, _ = kind.made()

    kind.servicer.delete(id_, outs)
    kind.servicer.delete(id_, outs)

    assert kind.rows() == []


def test_a_create_that_breaks_off_is_kept_and_the_next_update_finishes_it(wall: Kind) -> None:
    inputs, _ = wall.servicer.check(wall.inputs(status="disabled"))
    wall.world.api.set_faults({"kind": "maintenance", "method": "PUT", "path": "/networking/firewalls/*"})

    with pytest.raises(grpc.RpcError, match="is made and kept in the state, but not ready") as caught:
        wall.servicer.create(inputs)
    wall.world.api.set_faults()
    [row] = wall.rows()
    id_ = str(row["id"])
    outs = {**inputs, "status": "enabled", "ready": False}
    updated = wall.servicer.update(id_, outs, inputs)

    assert id_ in str(caught.value.details())
    assert any("status-details" in str(item) for item in caught.value.trailing_metadata() or ())
    assert wall.servicer.diff(id_, outs, inputs).changes == SAME
    assert (updated["status"], updated["ready"]) == ("disabled", True)


def test_an_update_that_breaks_off_is_kept_as_far_as_it_came(wall: Kind) -> None:
    id_, outs, inputs = wall.made()
    news, _ = wall.servicer.check(wall.inputs(inbound=[WEB], label="web-9"), inputs)
    wall.world.api.set_faults({"kind": "maintenance", "method": "PUT", "path": "/networking/firewalls/*"})

    with pytest.raises(grpc.RpcError, match="is changed in part") as caught:
        wall.servicer.update(id_, outs, news)
    wall.world.api.set_faults()

    assert any("status-details" in str(item) for item in caught.value.trailing_metadata() or ())
    [row] = wall.rows()
    assert (row["label"], row["rules"]["inbound"]) == ("web-1", [WEB])
    assert wall.servicer.update(id_, outs, news)["label"] == "web-9"


LOST = [
    {"kind": "cut"},
    {"kind": "cut", "after_commit": True},
    {"kind": "cut_midway"},
    *({"kind": kind, "after_commit": True} for kind in ("408", "500", "502", "503")),
    {"kind": "502"},
    {"kind": "429", "retry_after_s": 1},
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: "-".join(map(str, fault.values())))
def test_one_create_makes_one_whatever_becomes_of_the_answer(kind: Kind, fault: Props) -> None:
    inputs, _ = kind.servicer.check(kind.inputs())
    kind.world.api.set_faults({"method": "POST", "path": kind.path, "times": 1, **fault})

    id_, outs = kind.servicer.create(inputs)

    assert [str(row["id"]) for row in kind.rows()] == [id_]
    assert kind.servicer.diff(id_, outs, inputs).changes == NONE


def test_what_a_killed_run_made_is_adopted_by_the_next(kind: Kind, tmp_path: Path) -> None:
    id_, _, inputs = kind.made()

    with process(kind.name, kind.world.config, tmp_path, cut_off=True) as next_run:
        failures = next_run.check(kind.inputs())[1]
        again, outs = next_run.create(inputs)

    assert failures == []
    assert (again, [str(row["id"]) for row in kind.rows()]) == (id_, [id_])
    assert outs["ready"] is True


def test_two_keys_of_the_same_content_in_one_stack_stay_two(key: Kind) -> None:
    owners = [Owner(key.world.uuid, "fleet", "local", name).as_props() for name in ("one", "two")]
    checked = [key.servicer.check(key.inputs(owner=owner))[0] for owner in owners]
    key.world.api.set_faults(
        {"method": "POST", "path": key.path, "kind": "cut", "after_commit": True, "times": 1},
        {"method": "POST", "path": key.path, "kind": "500", "times": 1},
    )

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(key.servicer.create, checked))
    key.world.api.set_faults()

    assert len({id_ for id_, _ in made}) == 2
    assert {str(row["id"]) for row in key.rows()} == {id_ for id_, _ in made}
    key.servicer.delete(*made[0])
    assert key.servicer.read(*made[1])[0] == made[1][0]


def test_no_call_works_with_another_accounts_token(kind: Kind, api: LocalApi, tmp_path: Path) -> None:
    id_, outs, inputs = kind.made()
    config = {**kind.world.config, "linode:token": api.add_token(f"other-{kind.world.account}")}

    with process(kind.name, config, tmp_path) as stranger:
        calls: list[Callable[[], object]] = [
            lambda: stranger.create({**inputs, "label": "second"}),
            lambda: stranger.update(id_, outs, {**inputs, "label": "second"}),
            lambda: stranger.read(id_, outs),
            lambda: stranger.delete(id_, outs),
        ]
        for call in calls:
            with pytest.raises(grpc.RpcError, match=f"stack 'local' belongs to account {kind.world.uuid}"):
                call()

    assert kind.names() == ["web-1"]


def test_what_a_change_does_is_one_line_for_each_resource_and_command(world: World, tmp_path: Path) -> None:
    file = tmp_path / "effects.ndjson"
    with process("SSHKey", world.config, tmp_path / "state", LINODE_EFFECTS=str(file)) as servicer:
        key = ssh_key(world, servicer)
        inputs, _ = servicer.check(key.inputs())
    with process("SSHKey", world.config, tmp_path / "state", LINODE_EFFECTS=str(file)) as servicer:
        other = key.inputs(ssh_key=f"{KEY}2")
        servicer.check(other, inputs)
        servicer.check(other)
    with process("SSHKey", world.config, tmp_path / "state", LINODE_EFFECTS=str(file)) as servicer:
        servicer.check(key.inputs(), inputs)

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["kind"], line["op"], line["level"]) for line in lines] == [
        ("SSHKey", "create", "none"), ("SSHKey", "replace", "none"),
    ]  # fmt: skip
    assert lines[1]["summary"] == "recreated because of ssh_key: id changes"
    assert lines[1]["causes"][0]["input"] == "ssh_key"


def test_thirty_two_checks_at_once_ask_for_each_list_of_the_account_once(
    provider: Servicer, world: World
) -> None:
    rules = {"inbound_policy": "DROP", "outbound_policy": "DROP"}
    made = world.call("POST", "/networking/firewalls", {"label": "wall", "rules": rules})

    def check(number: int) -> list[tuple[str, str]]:
        more: Props = {"firewall_id": made["id"], "authorized_users": [world.account]}
        return provider.check(world.inputs(label=f"web-{number}", **more))[1]

    with ThreadPoolExecutor(32) as pool:
        failures = [each for found in pool.map(check, range(32)) for each in found]

    asked = world.seen()
    assert failures == []
    for path in ("/linode/instances", "/account/users", "/networking/firewalls"):
        assert asked.count(f"GET /v4{path}") == 1, path


def test_thirty_two_firewalls_checked_at_once_ask_for_each_thing_once(wall: Kind) -> None:
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": "web"}
    linode = wall.world.call("POST", "/linode/instances", body)["id"]

    def check(number: int) -> list[tuple[str, str]]:
        return wall.servicer.check(wall.inputs(label=f"wall-{number}", linodes=[linode]))[1]

    with ThreadPoolExecutor(32) as pool:
        failures = [each for found in pool.map(check, range(32)) for each in found]

    asked = [line for line in wall.world.seen() if line.startswith("GET") and "/account" not in line]
    assert failures == []
    assert asked == ["GET /v4/networking/firewalls", "GET /v4/linode/instances", "GET /v4/profile"]


def test_a_linode_with_linode_interfaces_is_not_behind_a_firewall_as_a_whole(wall: Kind) -> None:
    body = {"type": "g6-nanode-1", "region": "de-fra-2"}
    generations = ("legacy_config", "linode")
    whole, by_interface = (
        wall.world.call("POST", "/linode/instances", {**body, "label": each, "interface_generation": each})[
            "id"
        ]
        for each in generations
    )

    _, failures = wall.servicer.check(wall.inputs(linodes=[whole, by_interface]))

    assert failures == [
        (
            "linodes",
            f"has {by_interface}, which has Linode interfaces. Next: name these in interfaces, or this firewall in "
            "each of them as firewall_id.",
        )
    ]


def test_a_linode_that_this_run_has_made_meanwhile_is_no_unknown_one(wall: Kind) -> None:
    body = {"type": "g6-nanode-1", "region": "de-fra-2"}
    wall.servicer.check(wall.inputs(linodes=[98000001]))

    linode = wall.world.call("POST", "/linode/instances", {**body, "label": "made-meanwhile"})["id"]

    assert wall.servicer.check(wall.inputs(linodes=[linode]))[1] == []


def test_a_list_that_cannot_be_read_fails_six_checks_by_the_requests_of_one_and_says_why_once(
    wall: Kind,
) -> None:
    wall.world.api.set_faults({"kind": "maintenance", "path": wall.path})

    def check(name: str) -> str:
        [(field, reason)] = wall.servicer.check(wall.inputs(), name=name)[1]
        assert field == ""
        return reason

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(check, (f"web-{number}" for number in range(6))))

    [in_full] = [reason for reason in told if "for the reason that is told of web-" not in reason]
    assert "maintenance" in in_full
    assert wall.world.seen().count(f"GET /v4{wall.path}") == 1


@pytest.mark.parametrize("name", [name for name in MAKE if not SPECS[name].identity.tagged])
def test_what_is_adopted_by_its_content_is_told_at_preview(
    world: World, shared: Servicer, tmp_path: Path, name: str
) -> None:
    kind = served_by(shared, world, name)
    there = by_hand(world, kind)
    file = tmp_path / "effects"

    with process(name, world.config, tmp_path / "state", cut_off=True, LINODE_EFFECTS=str(file)) as servicer:
        inputs, failures = servicer.check(kind.inputs())
        id_, _ = servicer.create(inputs)

    [told] = [json.loads(line) for line in file.read_text().splitlines()]
    assert (failures, id_) == ([], there)
    which = "which is as declared and belongs to this stack from then on"
    assert (told["op"], told["summary"]) == ("adopt", f"adopts {kind.noun} {there}, {which}")


def by_hand(world: World, kind: Kind) -> str:
    """The id of one as it is declared, which somebody else makes."""
    asked = {key: value for key, value in kind.inputs().items() if key not in ("owner", "vpc_id")}
    return str(world.call("POST", kind.path, asked)["id"])


@pytest.mark.parametrize("name", [name for name in MAKE if not SPECS[name].identity.tagged])
def test_what_somebody_else_made_is_never_taken_over_unasked(
    world: World, shared: Servicer, tmp_path: Path, name: str
) -> None:
    kind = served_by(shared, world, name)
    there = by_hand(world, kind)

    with process(name, world.config, tmp_path / "1") as servicer:
        inputs, refused = servicer.check(kind.inputs())
        others = servicer.check(kind.inputs(), name="web-2")[1]
        with pytest.raises(grpc.RpcError, match="nothing shows that this stack made it"):
            servicer.create(inputs)
        unknown = servicer.check(
            kind.inputs(**dict.fromkeys(SPECS[name].identity.keys, UNKNOWN)), name="web-3"
        )[1]
    with process(name, world.config, tmp_path / "2", LINODE_TAKE_OVER=there) as servicer:
        checked, asked_for = servicer.check(kind.inputs())
        id_, _ = servicer.create(checked)

    assert [field for field, _ in refused] == [""]
    assert f"{kind.noun} {there} has the " in refused[0][1]
    assert f"adopt it with `LINODE_TAKE_OVER={there} pulumi up`" in refused[0][1]
    assert (others, unknown) == ([], [])
    assert (asked_for, id_) == ([], there)
    assert [str(row["id"]) for row in kind.rows()] == [there]


CHANGED: dict[str, Props] = {
    "SSHKey": {"ssh_key": KEY.replace("IIII web", "IIIJ web")},
    "VPC": {"region": "gb-lon"},
    "PlacementGroup": {"placement_group_type": "anti_affinity:local", "region": "gb-lon"},
    "Subnet": {"ipv4": "10.0.2.0/24"},
    "DomainRecord": {"type": "TXT", "target": "192.0.2.1"},
}


@pytest.mark.parametrize("name", list(CHANGED))
def test_what_takes_the_place_of_what_is_replaced_is_not_taken_over_unasked_either(
    world: World, shared: Servicer, tmp_path: Path, name: str
) -> None:
    """A run that lost its provider in the middle of a replacement may have made it: then the old one may be gone."""
    kind = served_by(shared, world, name)
    id_, outs, inputs = kind.made()
    kind.servicer.delete(id_, outs)
    kind.own = {**kind.own, **CHANGED[name]}
    there = by_hand(world, kind)
    gone: Props = {"urn": urn(name), "type": urn(name).split("::")[2], "id": id_}

    def run(entry: Props, **env: str) -> tuple[list[tuple[str, str]], str]:
        state = state_with(tmp_path, stack="local")
        latest = {"resources": [entry]}
        next(tmp_path.rglob("local.json")).write_text(
            json.dumps({"version": 3, "checkpoint": {"latest": latest}})
        )
        with Servicer(LinodeProvider(name), world.config, {**state, **env}, urn(name)) as servicer:
            news, failures = servicer.check(kind.inputs(), inputs)
            again = (
                [] if failures else servicer.check(kind.inputs())[1]
            )  # as an engine does before the create
            return [*failures, *again], "" if failures else servicer.create(news)[0]

    anybodys, _ = run(gone)
    asked_for = run(gone, LINODE_TAKE_OVER=there)
    in_its_middle = run({**gone, "pendingReplacement": True})

    assert [f"LINODE_TAKE_OVER={there} pulumi up" in why for _, why in anybodys] == [True]
    assert asked_for == in_its_middle == ([], there)
    assert [str(row["id"]) for row in kind.rows()] == [there]


@pytest.mark.parametrize("name", [name for name in MAKE if SPECS[name].identity.unique])
def test_a_replacement_that_was_asked_for_is_known_by_the_state(
    world: World, shared: Servicer, tmp_path: Path, name: str
) -> None:
    """An engine tells nothing of what there is, also where somebody took its tag away."""
    kind = served_by(shared, world, name)
    id_, _, _ = kind.made()
    if SPECS[name].identity.tagged:
        world.call("PUT", f"{kind.path}/{id_}", {"tags": []})
    state = state_with(tmp_path, stack="local")
    file = next(tmp_path.rglob("local.json"))
    entry = {"urn": urn(name), "type": urn(name).split("::")[2], "id": id_}
    file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [entry]}}}))

    with Servicer(LinodeProvider(name), world.config, state, urn(name)) as servicer:
        failures = servicer.check(kind.inputs())[1]
        [told] = servicer.effects()

    assert (failures, told["op"]) == ([], "replace")


def test_ranges_of_ipv6_are_asked_for_by_length_and_told_as_they_were_given(
    shared: Servicer, world: World
) -> None:
    kind = served_by(shared, world, "VPC")
    id_, outs, inputs = kind.made(ipv6=[{"range": "/52"}])
    _, seen, read = kind.servicer.read(id_, outs)
    again, failures = kind.servicer.check(kind.inputs(ipv6=[{"range": "/52"}]), read)
    longer, _ = kind.servicer.check(kind.inputs(ipv6=[{"range": "/48"}]), inputs)

    given = str(kind.rows()[0]["ipv6"][0]["range"])
    assert (outs["ipv6_ranges"], given.endswith("/52"), failures) == ([given], True, [])
    assert "10.0.0.0/8" in str(outs["ipv4_ranges"])
    assert kind.servicer.diff(id_, seen, again).changes == NONE
    assert list(kind.servicer.diff(id_, outs, longer).replaces) == ["ipv6"]

    part = served_by(shared, world, "Subnet")
    part.own, part.path = (
        {"vpc_id": int(id_), "ipv4": "10.0.1.0/24", "ipv6": [{"range": "auto"}]},
        f"/vpcs/{id_}/subnets",
    )
    own_id, own, checked = part.made()
    assert own["ipv6_ranges"] == [part.rows()[0]["ipv6"][0]["range"]]
    assert part.servicer.diff(own_id, part.servicer.read(own_id, own)[1], checked).changes == NONE


@pytest.mark.parametrize(
    ("name", "asked", "length"),
    [
        ("VPC", "/48", 48),
        ("VPC", "auto", 52),
        ("Subnet", "/52", 52),
        ("Subnet", "/60", 60),
        ("Subnet", "auto", 56),
    ],
)
def test_a_range_of_ipv6_is_of_the_length_that_is_asked_for(
    shared: Servicer, world: World, name: str, asked: str, length: int
) -> None:
    kind = in_ipv6(shared, world, name)
    id_, outs, inputs = kind.made(ipv6=[{"range": asked}])
    _, seen, read = kind.servicer.read(id_, outs, inputs)
    again, failures = kind.servicer.check(kind.inputs(ipv6=[{"range": asked}]), read)

    assert str(kind.rows()[-1]["ipv6"][0]["range"]).endswith(f"/{length}")
    assert (failures, kind.servicer.diff(id_, seen, again).changes) == ([], NONE)


@pytest.mark.parametrize(
    ("name", "ranges", "said"),
    [
        ("VPC", ["/40"], "asks for /40, but us-ord offers only /48 and /52"),
        ("VPC", ["/52", "/52"], "has more than one range"),
        ("Subnet", ["/48"], "asks for /48, and VPC"),
        ("Subnet", ["/96"], "with subnets of /64 at the longest"),
        ("Subnet", ["2001:db8:1::/56"], "asks for 2001:db8:1::/56, and VPC"),
        ("Subnet", ["auto", "auto"], "has more than one range"),
    ],
)
def test_a_range_of_ipv6_that_nobody_gives_is_refused_at_preview(
    shared: Servicer, world: World, name: str, ranges: list[str], said: str
) -> None:
    kind = in_ipv6(shared, world, name)

    failures = kind.servicer.check(kind.inputs(ipv6=[{"range": each} for each in ranges]))[1]

    assert [(field, said in reason) for field, reason in failures] == [("ipv6", True)], failures


def test_a_vpc_has_ranges_of_its_own_and_its_subnets_are_in_them(shared: Servicer, world: World) -> None:
    kind = served_by(shared, world, "VPC")
    own, other = [{"range": "100.64.0.0/10"}], [{"range": "100.64.0.0/10"}, {"range": "10.0.0.0/8"}]
    kind.own["region"] = "no-osl-1"
    id_, outs, inputs = kind.made(ipv4=other)
    narrower, _ = kind.servicer.check(kind.inputs(ipv4=own), inputs)
    change = kind.servicer.diff(id_, outs, narrower)
    outs = kind.servicer.update(id_, outs, narrower)
    left, failures = kind.servicer.check(kind.inputs(), narrower)

    assert (change.changes != NONE, list(change.replaces)) == (True, [])
    assert [row["range"] for row in kind.rows()[0]["ipv4"]] == outs["ipv4_ranges"] == ["100.64.0.0/10"]
    assert (failures, kind.servicer.diff(id_, outs, left).changes) == ([], NONE)

    part = served_by(shared, world, "Subnet")
    part.own, part.path = {"vpc_id": int(id_), "ipv4": "100.64.1.0/24"}, f"/vpcs/{id_}/subnets"
    with Servicer(LinodeProvider("Subnet"), world.config, {}, urn("Subnet")) as afresh:
        [(field, why)] = afresh.check(part.inputs(ipv4="10.0.1.0/24"))[1]
        afresh.create(afresh.check(part.inputs())[0])
    assert (field, "is not within 100.64.0.0/10, which its VPC has" in why) == ("ipv4", True)


@pytest.mark.parametrize(
    ("region", "ranges", "field", "said"),
    [
        ("de-fra-2", ["10.0.0.0/8"], "region", "has no 'Custom VPC IPv4 Ranges', which ipv4 needs"),
        ("no-osl-1", ["192.168.0.0/16"], "ipv4", "apart from 192.168.128.0/17"),
        ("no-osl-1", ["10.0.0.1/8"], "ipv4", "must be an IPv4 network such as 10.0.0.0/8"),
        ("no-osl-1", [], "ipv4", "has no range. Next: name one, or leave it out."),
    ],
)
def test_a_range_that_a_vpc_can_not_have_is_refused_at_preview(
    shared: Servicer, world: World, region: str, ranges: list[str], field: str, said: str
) -> None:
    kind = served_by(shared, world, "VPC")

    failures = kind.servicer.check(kind.inputs(region=region, ipv4=[{"range": each} for each in ranges]))[1]

    assert [(name, said in why) for name, why in failures] == [(field, True)], failures


def test_ipv6_of_a_subnet_whose_vpc_has_none_is_refused_at_preview(shared: Servicer, world: World) -> None:
    kind = served_by(shared, world, "Subnet")

    [(field, reason)] = kind.servicer.check(kind.inputs(ipv6=[{"range": "auto"}]))[1]

    assert (field, "is asked for, and VPC" in reason) == ("ipv6", True)


def in_ipv6(shared: Servicer, world: World, name: str) -> Kind:
    """A kind in a region with VPC Dual Stack; a subnet in a VPC that has a range of IPv6."""
    kind = served_by(shared, world, name)
    place = {"region": "us-ord"}
    if name == "Subnet":
        vpc = world.call("POST", "/vpcs", {"label": "dual", **place, "ipv6": [{"range": "/52"}]})["id"]
        kind.own, kind.path = {**kind.own, "vpc_id": vpc}, f"/vpcs/{vpc}/subnets"
    else:
        kind.own = {**kind.own, **place}
    return kind


@pytest.mark.parametrize(("name", "key"), [("VPC", "ipv6"), ("Subnet", "ipv6"), ("NodeBalancer", "vpcs")])
def test_an_empty_list_of_what_is_fixed_says_that_there_is_none(
    shared: Servicer, world: World, name: str, key: str
) -> None:
    kind = served_by(shared, world, name)
    id_, outs, inputs = kind.made(**{key: []})
    _, seen, read = kind.servicer.read(id_, outs, inputs)
    again, failures = kind.servicer.check(kind.inputs(**{key: []}), read)
    without = {place: value for place, value in inputs.items() if place != key}
    added, _ = kind.servicer.check(kind.inputs(**{key: []}), without)

    assert (failures, kind.servicer.diff(id_, seen, again).changes) == ([], NONE)
    assert list(kind.servicer.diff(id_, {**outs, key: None}, added).replaces) == []


def test_a_range_of_ipv6_has_one_of_three_forms(shared: Servicer, world: World) -> None:
    kind = served_by(shared, world, "VPC")

    failures = kind.servicer.check(kind.inputs(region="us-ord", ipv6=[{"range": "x"}]))[1]

    assert [name for name, _ in failures] == ["ipv6"]
    assert "must be auto, a length such as /52, or a prefix" in failures[0][1]
