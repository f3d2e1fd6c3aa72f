"""That a volume is attached, in the provider's real process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer
from tests.state_folder import state_with
from tests.until import until

SAME, NONE = 0, 1


class Life:
    """The process that serves attachments, and an account with two Linodes and a volume."""

    def __init__(self, world: World, servicer: Servicer) -> None:
        self.world, self.servicer = world, servicer
        self.one, self.two = self.linode("one"), self.linode("two")
        made = world.call("POST", "/volumes", {"label": "disk", "region": "de-fra-2", "size": 20})
        self.volume = int(made["id"])
        until(lambda: self.seen()["status"] == "active")

    def linode(self, label: str, region: str = "de-fra-2") -> int:
        body = {"type": "g6-nanode-1", "region": region, "label": label}
        return int(self.world.call("POST", "/linode/instances", body)["id"])

    def seen(self) -> dict[str, Any]:
        return dict(self.world.call("GET", f"/volumes/{self.volume}"))

    def inputs(self, **changed: object) -> Props:
        own = {"volume_id": self.volume, "linode_id": self.one, "owner": self.world.owner.as_props()}
        return {**own, **changed}

    def made(self) -> tuple[str, Props, Props]:
        inputs, failures = self.servicer.check(self.inputs())
        assert failures == []
        return *self.servicer.create(inputs), inputs


@pytest.fixture
def life(api: LocalApi, tmp_path: Path) -> Iterator[Life]:
    world = World(api)
    backend = state_with(tmp_path, stack="local")
    with Servicer(LinodeProvider("VolumeAttachment"), world.config, backend) as servicer:
        yield Life(world, servicer)


def test_a_volume_is_attached_moved_and_detached_and_stays(life: Life) -> None:
    id_, outs, inputs = life.made()
    first = life.seen()["linode_id"]
    same = life.servicer.diff(id_, outs, life.servicer.check(life.inputs(), inputs)[0]).changes
    news, failures = life.servicer.check(life.inputs(linode_id=life.two), inputs)
    found = life.servicer.diff(id_, outs, news)
    life.servicer.delete(id_, outs)
    _, moved = life.servicer.create(news)
    second = life.seen()["linode_id"]
    life.servicer.delete(id_, moved)
    life.servicer.delete(id_, moved)

    assert (id_, first, same, failures) == (str(life.volume), life.one, NONE, [])
    assert (list(found.replaces), found.deleteBeforeReplace) == (["linode_id"], True)
    assert (second, life.seen()["linode_id"]) == (life.two, None)
    assert outs["filesystem_path"] == life.seen()["filesystem_path"]


@pytest.mark.parametrize("name", ["persist_across_boots", "config_id"])
def test_another_way_to_be_attached_recreates_it(life: Life, name: str) -> None:
    id_, outs, inputs = life.made()
    path = f"/linode/instances/{life.one}/configs"
    profile = life.world.call("POST", path, {"label": "rescue", "devices": {}})["id"]
    changed = {name: {"persist_across_boots": False, "config_id": profile}[name]}
    as_by_default = life.servicer.check(life.inputs(persist_across_boots=True), inputs)[0]
    same = life.servicer.diff(id_, outs, as_by_default)
    news, failures = life.servicer.check(life.inputs(**changed), inputs)
    found = life.servicer.diff(id_, outs, news)
    life.servicer.delete(id_, outs)
    again, refused = life.servicer.check(life.inputs(**changed))
    life.servicer.create(again)

    mapped = [row["id"] for row in life.world.call("GET", path)["data"] if row["devices"]["sda"]]
    assert (same.changes, failures, refused) == (NONE, [], [])
    assert (list(found.replaces), found.deleteBeforeReplace) == ([name], True)
    assert (life.seen()["linode_id"], mapped) == (life.one, [profile] if name == "config_id" else [])


def test_what_somebody_detached_is_gone_and_what_is_elsewhere_is_left_there(life: Life) -> None:
    id_, outs, _ = life.made()
    life.world.call("POST", f"/volumes/{id_}/detach")
    gone = life.servicer.read(id_, outs)[0]
    life.world.call("POST", f"/volumes/{id_}/attach", {"linode_id": life.two})
    life.servicer.delete(id_, outs)

    assert (gone, life.seen()["linode_id"]) == ("", life.two)


@pytest.mark.parametrize(
    "fault",
    [{"kind": "cut", "after_commit": True}, {"kind": "502"}, {"kind": "twice"}, {"kind": "garbled"}],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_it_is_attached_once_whatever_becomes_of_the_answer(life: Life, fault: Props) -> None:
    inputs, _ = life.servicer.check(life.inputs())
    life.world.api.set_faults({"method": "POST", "path": "/volumes/*/attach", "times": 1, **fault})

    id_, outs = life.servicer.create(inputs)
    life.world.api.set_faults()

    assert life.seen()["linode_id"] == life.one
    assert life.servicer.diff(id_, outs, inputs).changes == NONE


@pytest.mark.parametrize(
    "fault",
    [{"kind": "cut", "after_commit": True}, {"kind": "garbled"}, {"kind": "502", "after_commit": True}],
    ids=lambda fault: str(fault["kind"]),
)
def test_it_is_moved_in_the_same_run_whatever_becomes_of_the_answer(life: Life, fault: Props) -> None:
    """It comes back under the id that it had."""
    id_, outs, inputs = life.made()
    command = life.world.next_command(life.servicer, "VolumeAttachment", "web-1")
    news, _ = command.check(life.inputs(linode_id=life.two), inputs)
    command.diff(id_, outs, news)
    command.delete(id_, outs)
    life.world.api.set_faults({"method": "POST", "path": "/volumes/*/attach", "times": 1, **fault})

    again, moved = command.create(news)
    life.world.api.set_faults()

    assert (again, moved["linode_id"], life.seen()["linode_id"]) == (id_, life.two, life.two)


def test_it_is_moved_although_an_engine_begins_with_the_new_one_while_the_old_one_goes(life: Life) -> None:
    """As it does where the Linode is recreated that it leaves: what it goes to has nothing to wait for."""
    id_, outs, inputs = life.made()
    command = life.world.next_command(life.servicer, "VolumeAttachment", "web-1")
    news, _ = command.check(life.inputs(linode_id=life.two), inputs)
    command.diff(id_, outs, news)
    attach = f"POST /v4/volumes/{id_}/attach"

    with ThreadPoolExecutor() as pool:
        moved = pool.submit(command.create, news)
        until(lambda: life.world.writes().count(attach) > 1 or moved.done())
        command.delete(id_, outs)

    assert moved.result()[0] == id_
    assert life.seen()["linode_id"] == life.two


def test_a_volume_that_is_elsewhere_is_told_at_preview(life: Life) -> None:
    far = life.linode("far", "gb-lon")
    life.world.call("POST", f"/volumes/{life.volume}/attach", {"linode_id": life.two})

    taken = life.servicer.check(life.inputs())[1]
    apart = life.servicer.check(life.inputs(linode_id=far), name="other")[1]

    assert [name for name, _ in taken] == ["volume_id"]
    assert f"is attached to Linode {life.two}" in taken[0][1]
    assert [name for name, _ in apart] == ["volume_id", "linode_id"]
    assert f"{far} is in gb-lon, and the volume in de-fra-2" in apart[1][1]


def test_what_a_killed_run_attached_is_taken_over(life: Life, tmp_path: Path) -> None:
    _, _, inputs = life.made()

    urn = "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:VolumeAttachment::web-1"
    backend = state_with(tmp_path / "next", stack="local", creating=(urn,))
    with Servicer(LinodeProvider("VolumeAttachment"), life.world.config, backend, urn) as next_run:
        failures = next_run.check(life.inputs())[1]
        again, outs = next_run.create(inputs)

    assert (failures, again, outs["linode_id"]) == ([], str(life.volume), life.one)


def test_what_a_killed_run_moved_is_taken_over(life: Life, tmp_path: Path) -> None:
    """The old one is gone, and the new one has its id."""
    id_, outs, inputs = life.made()
    life.servicer.delete(id_, outs)
    life.world.call("POST", f"/volumes/{id_}/attach", {"linode_id": life.two})
    urn = "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:VolumeAttachment::web-1"
    state = state_with(tmp_path / "next", id_, stack="local", creating=(urn,))
    with Servicer(LinodeProvider("VolumeAttachment"), life.world.config, state, urn) as next_run:
        news, failures = next_run.check(life.inputs(linode_id=life.two), inputs)
        next_run.diff(id_, outs, news)
        again, moved = next_run.create(news)

    assert (failures, again, moved["linode_id"]) == ([], id_, life.two)


@pytest.mark.parametrize("is_another", [True, False])
def test_what_a_killed_run_moved_goes_where_the_program_has_it_by_now(
    life: Life, tmp_path: Path, is_another: bool
) -> None:
    """Nobody deletes the old one any more: it would be waited for until the time is up."""
    id_, outs, inputs = life.made()
    life.servicer.delete(id_, outs)
    life.world.call("POST", f"/volumes/{id_}/attach", {"linode_id": life.two})
    place = life.linode("three") if is_another else life.one
    urn = "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:VolumeAttachment::web-1"
    state = state_with(tmp_path / "next", id_, stack="local", creating=(urn,))
    with Servicer(LinodeProvider("VolumeAttachment"), life.world.config, state, urn) as next_run:
        news, failures = next_run.check(life.inputs(linode_id=place), inputs)
        assert failures == []
        next_run.diff(id_, outs, news)
        again, moved = next_run.create(news)

    assert (again, moved["linode_id"], life.seen()["linode_id"]) == (id_, place, place)


def test_what_a_killed_run_moved_comes_back_where_it_is_asked_to(life: Life, tmp_path: Path) -> None:
    """Its provider was killed, the program has it where it was again: the old one is gone, so nobody deletes it."""
    id_, outs, _ = life.made()
    life.servicer.delete(id_, outs)
    life.world.call("POST", f"/volumes/{id_}/attach", {"linode_id": life.two})

    state = state_with(tmp_path / "next", id_, stack="local")
    with Servicer(LinodeProvider("VolumeAttachment"), life.world.config, state) as unasked:
        [(_, told)] = unasked.check(life.inputs())[1]
    consent = {**state, "LINODE_TAKE_OVER": id_}
    with Servicer(LinodeProvider("VolumeAttachment"), life.world.config, consent) as asked:
        news, failures = asked.check(life.inputs())
        again, _ = asked.create(news)

    assert f"LINODE_TAKE_OVER={id_} pulumi up" in told
    assert (failures, again, life.seen()["linode_id"]) == ([], id_, life.one)


def test_what_somebody_else_attached_is_never_taken_over_unasked(life: Life, tmp_path: Path) -> None:
    life.world.call("POST", f"/volumes/{life.volume}/attach", {"linode_id": life.one})

    failures = life.servicer.check(life.inputs())[1]
    consent = {**state_with(tmp_path / "next", stack="local"), "LINODE_TAKE_OVER": str(life.volume)}
    with Servicer(LinodeProvider("VolumeAttachment"), life.world.config, consent) as asked:
        news, none = asked.check(life.inputs())
        id_, _ = asked.create(news)

    assert [field for field, _ in failures] == [""]
    assert f"volume attachment {life.volume} has the volume_id '{life.volume}'" in failures[0][1]
    assert f"LINODE_TAKE_OVER={life.volume} pulumi up" in failures[0][1]
    assert (none, id_) == ([], str(life.volume))


def test_a_job_of_its_linode_is_waited_for(life: Life) -> None:
    busy = {"method": "POST", "path": "/volumes/*/*", "kind": "busy", "times": 2}
    inputs, _ = life.servicer.check(life.inputs())
    life.world.api.set_faults(busy)
    id_, outs = life.servicer.create(inputs)
    attached = life.seen()["linode_id"]
    life.world.api.set_faults(busy)
    life.servicer.delete(id_, outs)
    life.world.api.set_faults()

    assert (attached, life.seen()["linode_id"]) == (life.one, None)


@pytest.mark.parametrize("kind", ["Volume", "ReservedIP"])
def test_so_is_it_by_what_declares_its_linode_itself(life: Life, tmp_path: Path, kind: str) -> None:
    own = {"Volume": {"label": "more", "size": 20}}.get(kind, {})
    inputs = {**own, "region": "de-fra-2", "owner": life.world.owner.as_props(), "linode_id": 0}
    with Servicer(
        LinodeProvider(kind), life.world.config, state_with(tmp_path / kind, stack="local")
    ) as others:
        id_, outs = others.create(inputs)
        life.world.api.set_faults({"method": "POST", "path": "/**", "kind": "busy", "times": 2})
        outs = others.update(id_, outs, {**inputs, "linode_id": life.one})
        life.world.api.set_faults()

    assert outs["linode_id"] == life.one


def test_one_whose_linode_was_recreated_is_judged_by_where_its_volume_is_then(
    life: Life, tmp_path: Path
) -> None:
    """An engine deletes it before that Linode, and checks it as if it were new."""
    id_, outs, _ = life.made()
    backend = state_with(tmp_path / "next", stack="local")
    with Servicer(LinodeProvider("VolumeAttachment"), life.world.config, backend) as command:
        command.check(life.inputs(linode_id=life.two), name="another")
        command.delete(id_, outs)
        life.world.call("DELETE", f"/linode/instances/{life.one}")
        news, failures = command.check(life.inputs(linode_id=life.two))
        command.create(news)

    assert failures == []
    assert life.seen()["linode_id"] == life.two


def test_one_that_goes_to_another_linode_passes_preview(life: Life, tmp_path: Path) -> None:
    """An engine checks a replacement twice, the second time as if it were new."""
    id_, outs, inputs = life.made()
    backend = state_with(tmp_path / "next", stack="local")
    with Servicer(LinodeProvider("VolumeAttachment"), life.world.config, backend) as command:
        news, first = command.check(life.inputs(linode_id=life.two), inputs)
        found = command.diff(id_, outs, news)
        second = command.check(life.inputs(linode_id=life.two))[1]

    assert (list(found.replaces), first, second) == (["linode_id"], [], [])
