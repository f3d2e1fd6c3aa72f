"""Adopting is an update of what is there: told and asked for at preview, and done by `up` as that update alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from tests.servicer.test_half_made_over_grpc import failed_detail
from tests.servicer.world import PLANTED, World
from tests.servicer_process import Props, Servicer
from tests.state_folder import state_with
from tests.until import until

NONE = 1
"""DIFF_NONE."""

GIVEN: Props = {
    "type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian13", "label": "by-hand", "tags": ["web"],
}  # fmt: skip


class ByHand(World):
    """An account with a Linode that somebody made by hand."""

    def __init__(self, api: LocalApi) -> None:
        super().__init__(api)
        self.id = self.make()

    def make(self, **changed: object) -> int:
        made = self.call("POST", "/linode/instances", {**GIVEN, "root_pass": PLANTED, **changed})
        self.to_be(str(made["id"]), "offline" if changed.get("booted") is False else "running")
        return int(str(made["id"]))

    def to_be(self, id_: object, status: str) -> None:
        until(lambda: self.call("GET", f"/linode/instances/{id_}").get("status") == status)

    def adopting(self, **changed: object) -> Props:
        return self.inputs(**{"adopt": self.id, "label": None, **changed})

    def linode(self) -> dict[str, Any]:
        return dict(self.call("GET", f"/linode/instances/{self.id}"))


@pytest.fixture
def world(api: LocalApi) -> ByHand:
    return ByHand(api)


def made_by_hand(kind: str, world: World) -> tuple[str, Props, Props]:
    """A path, what an earlier run has sent there, and its inputs."""
    owner = world.owner.as_props()
    if kind == "Volume":
        inputs: Props = {"label": "web-1", "region": "de-fra-2", "size": 20, "owner": owner}
        return "/volumes", {"label": "web-1", "region": "de-fra-2", "size": 20}, inputs
    rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    body: Props = {"label": "web-1", "rules": {**rules, "inbound": [], "outbound": []}}
    return "/networking/firewalls", body, {"label": "web-1", **rules, "owner": owner}


# ---- what it does is told, and asked for


def test_the_preview_tells_all_that_adopting_changes(provider: Servicer, world: ByHand) -> None:
    _, failures = provider.check(world.adopting(type="g6-standard-1", label="web-1", tags=["blue"]))

    [told] = provider.effects()
    assert failures == []
    assert (told["op"], told["level"], told["monthly_usd"]) == ("adopt", "power off", [5.0, 12.0])
    assert told["one_way"] == ["the disk grows with the plan"]
    assert told["seconds_off"] == [180, 300]
    assert [cause["input"] for cause in told["causes"]] == ["type", "label", "tags"]  # type: ignore[attr-defined]
    assert str(told["summary"]).startswith(
        f"adopts Linode {world.id} (by-hand); resized in place from g6-nanode-1 to g6-standard-1, off for 3 to 5 min"
    )


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"type": "g6-standard-1", "allow_downtime": False}, "allow_downtime"),
        ({"swap_size": 1024, "allow_downtime": False}, "allow_downtime"),
        ({"swap_size": 0}, "swap_size"),
        ({"backups_enabled": False}, "backups_enabled"),
        ({"private_ip": False}, "private_ip"),
    ],
)
def test_what_an_update_would_want_a_consent_for_adopting_wants_it_for(
    provider: Servicer, world: ByHand, changed: Props, name: str
) -> None:
    world.call("POST", f"/linode/instances/{world.id}/backups/enable")
    world.call("POST", f"/linode/instances/{world.id}/ips", {"type": "ipv4", "public": False})
    before = world.writes()

    failures = provider.check(world.adopting(**changed))[1]
    with pytest.raises(grpc.RpcError) as caught:
        provider.create(world.adopting(label="by-hand", **changed))

    assert [field for field, _ in failures] == [name]
    assert "and nothing was changed" in str(caught.value.details())
    assert failures[0][1] in str(caught.value.details())
    assert world.writes() == before


def test_with_the_consent_it_is_done(provider: Servicer, world: ByHand) -> None:
    world.call("POST", f"/linode/instances/{world.id}/backups/enable")
    inputs, failures = provider.check(world.adopting(backups_enabled=False, allow_data_loss=True))

    [told] = provider.effects()
    id_, outs = provider.create(inputs)

    assert (failures, told["level"], told["destroys"]) == ([], "data loss", ["backups"])
    assert (id_, outs["backups"]) == (
        str(world.id),
        {"enabled": False, "schedule": {"day": None, "window": None}},
    )


def test_adopting_does_what_differs_and_no_more(provider: Servicer, world: ByHand) -> None:
    world.call("POST", f"/linode/instances/{world.id}/shutdown")
    world.to_be(world.id, "offline")
    before = len(world.writes())

    inputs, _ = provider.check(world.adopting(tags=["web"]))
    id_, outs = provider.create(inputs)

    assert world.writes()[before:] == [f"PUT /v4/linode/instances/{world.id}"], "our own tag"
    assert (id_, outs["status"], outs["label"]) == (str(world.id), "offline", "by-hand")
    assert provider.diff(id_, outs, inputs).changes == NONE


@pytest.mark.parametrize("status", ["running", "offline"])
@pytest.mark.parametrize(("changed", "level"), [({}, "none"), ({"private_ip": True}, "power off")])
def test_what_declares_no_image_keeps_its_power_state(
    provider: Servicer, world: ByHand, changed: Props, level: str, status: str
) -> None:
    if status == "offline":
        world.call("POST", f"/linode/instances/{world.id}/shutdown")
        world.to_be(world.id, "offline")
    before = len(world.writes())

    inputs, failures = provider.check(world.adopting(image=None, root_pass=None, **changed))
    [told] = provider.effects()
    _, outs = provider.create(inputs)

    assert (failures, outs["status"], world.linode()["status"]) == ([], status, status)
    assert told["level"] == (level if status == "running" else "none")
    off = [line for line in world.writes()[before:] if line.endswith(("/shutdown", "/reboot", "/boot"))]
    assert len(off) == (told["level"] == "power off")


def test_what_an_image_is_needed_for_is_done_to_one_that_has_it_undeclared(
    provider: Servicer, world: ByHand
) -> None:
    inputs, failures = provider.check(world.adopting(image=None, root_pass=None, booted=True, swap_size=1024))
    id_, outs = provider.create(inputs)
    checked, again = provider.check(inputs, inputs)

    assert (failures, outs["status"], again) == ([], "running", [])
    assert provider.diff(id_, outs, checked).changes == NONE
    disks = world.call("GET", f"/linode/instances/{world.id}/disks")["data"]
    assert [disk["size"] for disk in disks if disk["filesystem"] == "swap"] == [1024]


@pytest.mark.parametrize("image", [GIVEN["image"], None])
@pytest.mark.parametrize("status", ["running", "offline"])
def test_an_adoption_that_breaks_off_keeps_the_power_state_that_it_found(
    provider: Servicer, world: ByHand, status: str, image: object
) -> None:
    if status == "offline":
        world.call("POST", f"/linode/instances/{world.id}/shutdown")
        world.to_be(world.id, "offline")
    wanted = world.adopting(image=image, root_pass=None, network_helper=False)
    closed = {"kind": "maintenance", "method": "PUT", "path": "**/configs/*"}
    world.api.set_faults(closed, {**closed, "method": "POST", "path": "**/boot"})

    inputs, failures = provider.check(wanted)
    with pytest.raises(grpc.RpcError, match=f"Linode {world.id} is adopted and kept in the state") as caught:
        provider.create(inputs)
    assert (failures, world.linode()["status"]) == ([], "offline")
    kept = failed_detail(caught.value)
    outs: Props = json_format.MessageToDict(kept.properties)
    world.api.set_faults()
    after = provider.update(kept.id, outs, inputs)

    assert (after["status"], after["ready"]) == (status, True)


def test_what_is_declared_of_its_power_is_told_and_done(provider: Servicer, world: ByHand) -> None:
    inputs, failures = provider.check(world.adopting(booted=False))
    [told] = provider.effects()
    _, outs = provider.create(inputs)

    assert (failures, told["level"], outs["status"]) == ([], "power off", "offline")
    assert "shut down, and stays off" in str(told["summary"])


@pytest.mark.parametrize(("kind", "changed", "level", "said"), [
    ("Volume", {"size": 40}, "billing", "grown from 20 to 40 GB; for good: a volume never shrinks"),
    ("Firewall", {"inbound_policy": "ACCEPT"}, "none", "inbound_policy changed in place"),
])  # fmt: skip
def test_what_an_earlier_run_left_is_updated_too(
    world: World, tmp_path: Path, kind: str, changed: Props, level: str, said: str
) -> None:
    path, body, inputs = made_by_hand(kind, world)
    left = world.call("POST", path, {**body, "tags": [world.owner.tag()]})

    with Servicer(LinodeProvider(kind), world.config, state_with(tmp_path, stack="local")) as provider:
        checked, failures = provider.check({**inputs, **changed})
        [told] = provider.effects()
        id_, _ = provider.create(checked)

    assert (failures, id_) == ([], str(left["id"]))
    assert (told["op"], told["level"]) == ("adopt", level)
    assert f", which an earlier run made; {said}" in str(told["summary"])


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"size": 10}, "size", "volumes never shrink"),
        ({"region": "us-east"}, "", "which an earlier run made, has another region"),
    ],
)
def test_what_an_earlier_run_left_is_refused_at_preview_where_an_update_would_be(
    world: World, tmp_path: Path, changed: Props, field: str, said: str
) -> None:
    path, body, inputs = made_by_hand("Volume", world)
    world.call("POST", path, {**body, "tags": [world.owner.tag()]})

    with Servicer(LinodeProvider("Volume"), world.config, state_with(tmp_path, stack="local")) as provider:
        failures = provider.check({**inputs, **changed})[1]

    assert [name for name, _ in failures] == [field]
    assert said in failures[0][1]


def test_a_user_who_may_not_set_tags_is_told_so_at_preview(world: ByHand) -> None:
    """Adopting puts our own tag on it."""
    token = world.api.add_token(world.account, user="deploy", restricted=True, grants=("add_linodes",))
    permission = {"id": world.id, "permissions": "read_write"}
    world.call("PUT", "/account/users/deploy/grants", {"linode": [permission]})

    with Servicer(LinodeProvider("Instance"), {**world.config, "linode:token": token}) as provider:
        failures = provider.check(world.adopting(tags=None))[1]

    assert [field for field, _ in failures] == ["tags"]
    assert "can't be changed by the token's user 'deploy'" in failures[0][1]


# ---- which one


def test_it_is_named_by_its_label_too_and_keeps_it(provider: Servicer, world: ByHand) -> None:
    inputs, failures = provider.check(world.adopting(adopt="by-hand"))
    id_, outs = provider.create(inputs)

    assert (failures, id_, outs["label"]) == ([], str(world.id), "by-hand")


@pytest.mark.parametrize("wanted", [1, "by-hnad"])
def test_one_that_is_not_there_is_refused_in_one_line(
    provider: Servicer, world: ByHand, wanted: object
) -> None:
    [(field, reason)] = provider.check(world.adopting(adopt=wanted))[1]

    assert field == "adopt"
    assert reason.startswith(f"{wanted} is no Linode of this account")
    assert "Next:" in reason
    assert "\n" not in reason


def test_two_that_adopt_the_same_are_refused_at_preview(provider: Servicer, world: ByHand) -> None:
    other = Owner(world.uuid, "fleet", "local", "web-2").as_props()

    first = provider.check(world.adopting(), name="web-1")[1]
    again = provider.check(world.adopting(), name="web-1")[1]
    second = provider.check(world.adopting(adopt="by-hand", owner=other), name="web-2")[1]

    assert (first, again) == ([], [])
    assert [field for field, _ in second] == ["adopt"]
    assert f"by-hand is Linode {world.id}, which web-1 adopts" in second[0][1]


# ---- afterwards


def test_once_it_is_made_what_it_adopted_is_no_change(provider: Servicer, world: ByHand) -> None:
    inputs, _ = provider.check(world.adopting())
    id_, outs = provider.create(inputs)

    for adopt in (None, world.id, str(world.id), "by-hand"):
        news, failures = provider.check(world.adopting(adopt=adopt), inputs)
        assert (failures, provider.diff(id_, outs, news).changes) == ([], NONE), adopt
        assert news["label"] == inputs["label"] == "by-hand"


def test_another_one_is_refused_once_it_is_made(provider: Servicer, world: ByHand) -> None:
    other = world.make(label="other")
    inputs, _ = provider.check(world.adopting())
    provider.create(inputs)

    for adopt in (other, "other", 1):
        [(field, reason)] = provider.check(world.adopting(adopt=adopt), inputs)[1]
        assert field == "adopt"
        assert f"this resource is Linode {world.id} already" in reason


def test_its_replacement_is_a_new_one(provider: Servicer, world: ByHand) -> None:
    inputs, _ = provider.check(world.adopting())
    id_, outs = provider.create(inputs)
    wanted = world.adopting(image="linode/debian12")

    news, first = provider.check(wanted, inputs)
    replaces = list(provider.diff(id_, outs, news).replaces)
    again, second = provider.check(wanted)
    provider.delete(id_, outs)
    new_id, new = provider.create(again)
    third, fourth = provider.check(wanted, again)

    assert (first, replaces, second, fourth) == ([], ["image"], [], [])
    assert new_id != id_
    assert (new["label"], new["status"]) == ("by-hand", "running")
    assert provider.diff(new_id, new, third).changes == NONE
    assert [row["op"] for row in provider.effects()] == ["adopt", "replace"]


def test_a_replacement_that_was_asked_for_is_a_new_one(world: ByHand, tmp_path: Path) -> None:
    """The engine asks neither what differs nor brings the old inputs."""
    with Servicer(LinodeProvider("Instance"), world.config, state_with(tmp_path, stack="local")) as provider:
        id_, outs = provider.create(provider.check(world.adopting())[0])
    environment = state_with(tmp_path, id_, stack="local")

    with Servicer(LinodeProvider("Instance"), world.config, environment) as provider:
        inputs, failures = provider.check(world.adopting(image="linode/debian12"))
        [told] = provider.effects()
        provider.delete(id_, outs)
        new_id, _ = provider.create(inputs)

    assert (failures, told["op"]) == ([], "replace")
    assert new_id != id_


def test_one_that_goes_between_preview_and_up_is_not_made_anew(provider: Servicer, world: ByHand) -> None:
    inputs, _ = provider.check(world.adopting())
    world.call("DELETE", f"/linode/instances/{world.id}")

    with pytest.raises(grpc.RpcError, match=f"Linode {world.id}, which is to be adopted, is gone"):
        provider.create(inputs)

    assert world.linodes() == []


def test_what_a_killed_run_made_in_place_of_another_and_is_no_longer_wished_for_is_refused_at_preview(
    api: LocalApi, tmp_path: Path
) -> None:
    """The old one is gone, and an engine that replaces it in a later run checks it with its inputs, then without."""
    world = World(api)
    with Servicer(
        LinodeProvider("Instance"), world.config, state_with(tmp_path / "one", stack="local")
    ) as killed:
        inputs, _ = killed.check(world.inputs(booted=False))
        old, outs = killed.create(inputs)
        killed.delete(old, outs)
        made, _ = killed.create({**inputs, "image": "linode/debian12"})

    state = state_with(tmp_path / "next", old, stack="local")
    with Servicer(LinodeProvider("Instance"), world.config, state) as command:
        again, first = command.check(inputs, inputs)
        second = command.check(again)[1]

    assert first == []
    told = f"Linode {made}, which an earlier run made, has another image. Next: declare what it has, or delete it."
    assert [failure for _, failure in second] == [told]
