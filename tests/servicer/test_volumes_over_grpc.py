"""A Linode that moves to another region leaves its volumes behind: asked for, told, and judged for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from providers.linode.resources.volume import clone_label
from tests import by_hand
from tests.servicer.world import PLANTED, World
from tests.servicer_process import UNKNOWN, Props, Servicer
from tests.state_folder import state_with
from tests.until import until

URN = "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{}::{}"


def made(world: World, provider: Servicer) -> tuple[Props, str, Props]:
    """Inputs and id of a Linode with a volume, and the volume's inputs."""
    inputs, _ = provider.check(world.inputs(image=None, root_pass=None))
    id_, _ = provider.create(inputs)
    wanted = {"label": "data", "region": "de-fra-2", "linode_id": int(id_), "size": 20}
    volume = world.call("POST", "/volumes", wanted)
    until(lambda: world.call("GET", f"/volumes/{volume['id']}")["status"] == "active")
    return inputs, id_, {**wanted, "owner": {**world.owner.as_props(), "name": "data"}}


@pytest.mark.parametrize("there", [True, False])
def test_a_move_to_another_region_asks_for_the_volumes_that_stay(
    provider: Servicer, world: World, there: bool
) -> None:
    inputs, id_, _ = made(world, provider)
    if not there:
        [volume] = world.call("GET", "/volumes")["data"]
        world.call("POST", f"/volumes/{volume['id']}/detach")
    moved = {**inputs, "region": "gb-lon"}

    with Servicer(LinodeProvider("Instance"), world.config) as command:
        refused = command.check(moved, inputs)[1]
        news, failures = command.check({**moved, "allow_data_loss": True}, inputs)
        command.diff(id_, inputs, news)
        told = str(command.effects()[-1]["summary"])

    assert failures == []
    assert [name for name, _ in refused] == (["region"] if there else [])
    assert ("its volume data detached" in told) is there
    if there:
        [(_, why)] = refused
        assert why == (
            "can't change in place without detaching volume data, which stays in de-fra-2. "
            "Next: detach it first, declare region='de-fra-2', or allow_data_loss=True."
        )


@pytest.mark.parametrize(
    ("changed", "is_refused"),
    [({}, True), ({"tags": ["red"]}, True), ({"region": "gb-lon"}, False), ({"linode_id": 0}, False)],
)
def test_a_declared_volume_is_judged_by_where_its_linode_is_going(
    provider: Servicer, world: World, changed: Props, is_refused: bool
) -> None:
    inputs, id_, volume = made(world, provider)

    with Servicer(LinodeProvider("Instance"), world.config, urn=URN.format("Instance", "web-1")) as command:
        moved = command.check({**inputs, "region": "gb-lon", "allow_data_loss": True}, inputs)[1]
        command.serve(LinodeProvider("Volume"), world.config, URN.format("Volume", "data"))
        failures = command.check({**volume, **changed}, volume)[1]

    assert moved == []
    assert failures == (
        [
            (
                "linode_id",
                f"Linode {id_}, which moves, is in gb-lon, and the volume in de-fra-2. Next: linode_id=0 keeps the "
                "volume there, detached; region='gb-lon' recreates it, empty.",
            )
        ]
        if is_refused
        else []
    )


@pytest.mark.parametrize(
    ("changed", "is_refused"),
    [({}, True), ({"linode_id": 0}, False), ({"region": "us-ord"}, False), ({"region": "gb-lon"}, True)],
)
def test_a_declared_volume_is_judged_by_where_its_linode_is_recreated(
    provider: Servicer, world: World, changed: Props, is_refused: bool
) -> None:
    """The new Linode's id is not known yet."""
    inputs, id_, volume = made(world, provider)
    moved = {**inputs, "region": "us-ord", "replace_on": ["region"]}

    with Servicer(LinodeProvider("Instance"), world.config, urn=URN.format("Instance", "web-1")) as command:
        command.check(moved, inputs)
        command.diff(id_, inputs, moved)
        command.check(moved)
        command.serve(LinodeProvider("Volume"), world.config, URN.format("Volume", "data"))
        failures = command.check({**volume, "linode_id": UNKNOWN, **changed}, volume)[1]

    assert [name for name, _ in failures] == (["linode_id"] if is_refused else [])
    if is_refused and not changed:
        [(_, why)] = failures
        assert why == (
            f"Linode {id_}, which is recreated, is in us-ord, and the volume in de-fra-2. Next: linode_id=0 keeps the "
            "volume there, detached; region='us-ord' recreates it, empty."
        )


def test_a_volume_whose_linode_is_recreated_where_it_is_stays_attached(
    provider: Servicer, world: World
) -> None:
    inputs, id_, volume = made(world, provider)
    again = {**inputs, "disk_encryption": "disabled"}

    with Servicer(LinodeProvider("Instance"), world.config, urn=URN.format("Instance", "web-1")) as command:
        command.check(again, inputs)
        command.diff(id_, inputs, again)
        command.serve(LinodeProvider("Volume"), world.config, URN.format("Volume", "data"))
        failures = command.check({**volume, "linode_id": UNKNOWN}, volume)[1]

    assert failures == []


def test_a_volume_whose_linode_stays_is_not_asked_about(provider: Servicer, world: World) -> None:
    inputs, _, volume = made(world, provider)

    with Servicer(LinodeProvider("Instance"), world.config, urn=URN.format("Instance", "web-1")) as command:
        command.check({**inputs, "tags": ["blue"]}, inputs)
        command.serve(LinodeProvider("Volume"), world.config, URN.format("Volume", "data"))
        before = world.seen()
        failures = command.check(volume, volume)[1]

    assert failures == []
    assert not [line for line in world.seen()[len(before) :] if "/instances" in line]


STAYS = "volume data, which the stack does not have, stays detached, and costs as before"


@pytest.mark.parametrize("scopes", ["*", "linodes:read_write events:read_only"])
@pytest.mark.parametrize("is_own", [True, False])
def test_a_volume_that_the_stack_does_not_have_is_told_of_when_its_linode_goes(
    provider: Servicer, world: World, is_own: bool, scopes: str
) -> None:
    inputs, id_, wanted = made(world, provider)
    if is_own:
        [volume] = world.call("GET", "/volumes")["data"]
        world.call("PUT", f"/volumes/{volume['id']}", {"tags": [Owner.from_props(wanted).tag()]})
    config = {**world.config, "linode:token": world.api.add_token(world.account, scopes)}

    with Servicer(LinodeProvider("Instance"), config) as command:
        news, failures = command.check(
            {**inputs, "replace_on": ["disk_encryption"], "disk_encryption": "disabled"}, inputs
        )
        command.diff(id_, inputs, news)
        recreated = str(command.effects()[-1]["summary"])
    with Servicer(LinodeProvider("Instance"), config) as destroy:
        destroy.delete(id_, inputs)

    assert failures == []
    assert recreated.startswith("recreated because of disk_encryption")
    assert (STAYS in recreated, STAYS in destroy.printed) == (not is_own, not is_own)
    assert world.linodes() == []


@pytest.mark.parametrize("is_named", [True, False])
def test_what_names_a_linode_that_the_program_drops_is_told(
    provider: Servicer, world: World, is_named: bool
) -> None:
    inputs, id_, _ = made(world, provider)
    owner = {**world.owner.as_props(), "name": "data"}
    volume: Props = {
        "label": "other",
        "region": "de-fra-2",
        "linode_id": id_ if is_named else 0,
        "owner": owner,
    }

    with Servicer(LinodeProvider("Volume"), world.config, urn=URN.format("Volume", "data")) as command:
        _, failures = command.check(volume)
        command.serve(LinodeProvider("Instance"), world.config, URN.format("Instance", "web-1"))
        command.delete(id_, inputs)

    assert failures == []
    assert ("names it or a part of it still: linode_id of data. Next: " in command.printed) == is_named


@dataclass
class Clones:
    """The process that serves volumes, and one that is to be cloned."""

    world: World
    servicer: Servicer
    source: int = 0

    def __post_init__(self) -> None:
        body = {
            "label": "data",
            "region": "de-fra-2",
            "size": 30,
            "tags": ["old", "pulumi:aaaaaaaaaaaa:bbbbbbbbbbbb:1"],
        }
        self.source = int(self.world.call("POST", "/volumes", body)["id"])
        until(lambda: self.world.call("GET", f"/volumes/{self.source}")["status"] == "active")

    def inputs(self, **changed: object) -> Props:
        own = {"label": "copy", "region": "de-fra-2", "size": 40, "source_volume_id": str(self.source)}
        made = {**own, "tags": ["new"], "owner": self.world.owner.as_props(), **changed}
        return {key: value for key, value in made.items() if value is not None}

    def checked(self, **changed: object) -> Props:
        inputs, failures = self.servicer.check(self.inputs(**changed))
        assert failures == []
        return inputs

    def copies(self) -> list[by_hand.Json]:
        return [row for row in self.world.call("GET", "/volumes")["data"] if row["id"] != self.source]


@pytest.fixture
def clones(api: LocalApi, tmp_path: Path) -> Iterator[Clones]:
    world = World(api)
    with Servicer(LinodeProvider("Volume"), world.config, state_with(tmp_path, stack="local")) as servicer:
        yield Clones(world, servicer)


def test_a_clone_has_its_own_label_tags_and_size(clones: Clones) -> None:
    inputs = clones.checked()
    id_, outs = clones.servicer.create(inputs)
    [copy] = clones.copies()
    other, failures = clones.servicer.check(clones.inputs(source_volume_id=UNKNOWN), inputs)
    gone, _ = clones.servicer.check(clones.inputs(source_volume_id=None), inputs)

    assert (str(copy["id"]), copy["label"], copy["size"], copy["status"]) == (id_, "copy", 40, "active")
    assert sorted(copy["tags"]) == ["new", clones.world.owner.tag()]
    assert f"POST /v4/volumes/{clones.source}/clone" in clones.world.writes()
    assert failures == []
    for news in (inputs, other, gone):
        assert clones.servicer.diff(id_, outs, news).changes == 1


@pytest.mark.parametrize("fault", [{"kind": "cut"}, {"kind": "502", "after_commit": True}, {"kind": "503"}])
@pytest.mark.parametrize(
    "request_", [("POST", "/volumes/*/clone"), ("PUT", "/volumes/*"), ("POST", "/volumes/*/resize")]
)
def test_a_clone_is_made_once_whatever_becomes_of_an_answer(
    clones: Clones, request_: tuple[str, str], fault: Props
) -> None:
    inputs = clones.checked()
    method, path = request_
    clones.world.api.set_faults({"method": method, "path": path, "times": 1, **fault})

    id_, outs = clones.servicer.create(inputs)
    clones.world.api.set_faults()

    assert [(str(copy["id"]), copy["label"], copy["size"]) for copy in clones.copies()] == [(id_, "copy", 40)]
    assert clones.servicer.diff(id_, outs, inputs).changes == 1


def test_a_clone_that_a_killed_run_left_is_gone_on_with(clones: Clones, tmp_path: Path) -> None:
    inputs = clones.checked()
    label = clone_label(clones.world.owner.tag(), clones.source)
    left = clones.world.call("POST", f"/volumes/{clones.source}/clone", {"label": label})["id"]
    id_, _ = clones.servicer.create(inputs)

    backend = state_with(tmp_path / "next", stack="local")
    with Servicer(LinodeProvider("Volume"), clones.world.config, backend) as next_run:
        again, _ = next_run.create(inputs)

    assert (id_, again) == (str(left), str(left))
    assert [(copy["label"], copy["size"]) for copy in clones.copies()] == [("copy", 40)]


@pytest.mark.parametrize(
    ("changed", "failure"),
    [
        ({"size": None}, ("size", "is required for a clone")),
        ({"size": 20}, ("size", "is 20 GB, and its source has 30. Next: declare 30 or more.")),
        ({"region": "us-ord"}, ("source_volume_id", "is in de-fra-2, and the clone in us-ord")),
        (
            {"encryption": "disabled"},
            ("encryption", "is disabled, and of its source enabled, which a clone keeps"),
        ),
        ({"source_volume_id": 15_999_999}, ("source_volume_id", "is no volume of this account")),
    ],
)
def test_what_a_clone_cannot_be_is_told_at_preview(
    clones: Clones, changed: Props, failure: tuple[str, str]
) -> None:
    _, failures = clones.servicer.check(clones.inputs(**changed))

    assert [name for name, _ in failures] == [failure[0]]
    assert failure[1] in failures[0][1]


@pytest.mark.parametrize("volume_is_there", [True, False])
def test_an_attachment_is_judged_by_where_its_linode_is_going(
    provider: Servicer, world: World, volume_is_there: bool
) -> None:
    """One that stays would be gone after the move; one that is new there is right."""
    inputs, id_, _ = made(world, provider)
    far = world.call("POST", "/volumes", {"label": "far", "region": "gb-lon", "size": 20})
    [near] = [row for row in world.call("GET", "/volumes")["data"] if row["label"] == "data"]
    owner = {**world.owner.as_props(), "name": "store"}
    stays = {"volume_id": near["id"], "linode_id": int(id_), "owner": owner}
    new, olds = ({**stays, "volume_id": far["id"]}, None) if volume_is_there else (stays, stays)

    with Servicer(LinodeProvider("Instance"), world.config, urn=URN.format("Instance", "web-1")) as command:
        command.check({**inputs, "region": "gb-lon", "allow_data_loss": True}, inputs)
        command.serve(
            LinodeProvider("VolumeAttachment"), world.config, URN.format("VolumeAttachment", "store")
        )
        failures = command.check(new, olds)[1]

    assert failures == (
        []
        if volume_is_there
        else [
            (
                "linode_id",
                f"Linode {id_}, which moves, is in gb-lon, and the volume in de-fra-2. Next: leave the attachment out, "
                "and the volume stays there.",
            )
        ]
    )


def test_an_attachment_is_judged_by_where_its_linode_is_put_back(provider: Servicer, world: World) -> None:
    """A run that was killed, or somebody by hand, has moved it: the inputs in the state say nothing of that."""
    inputs, id_, _ = made(world, provider)
    [near] = [row for row in world.call("GET", "/volumes")["data"] if row["label"] == "data"]
    world.call("POST", f"/linode/instances/{id_}/migrate", {"region": "gb-lon"})
    until(lambda: world.call("GET", f"/linode/instances/{id_}")["region"] == "gb-lon")
    owner = {**world.owner.as_props(), "name": "store"}
    new = {"volume_id": near["id"], "linode_id": int(id_), "owner": owner}

    with Servicer(LinodeProvider("Instance"), world.config, urn=URN.format("Instance", "web-1")) as command:
        outputs = command.read(id_, inputs)[1]
        news = command.check(inputs, inputs)[0]
        command.diff(id_, {**inputs, **outputs}, news)
        command.serve(
            LinodeProvider("VolumeAttachment"), world.config, URN.format("VolumeAttachment", "store")
        )
        failures = command.check(new)[1]

    assert outputs["region"] == "gb-lon"
    assert failures == []


def test_a_volume_is_not_taken_from_a_linode_that_somebody_else_has_attached_it_to(
    world: World, tmp_path: Path
) -> None:
    body = {"type": "g6-nanode-1", "region": "de-fra-2"}
    one, two, theirs = (
        world.call("POST", "/linode/instances", {**body, "label": label})["id"]
        for label in ("one", "two", "theirs")
    )
    inputs = {"label": "data", "region": "de-fra-2", "linode_id": one, "owner": world.owner.as_props()}
    with Servicer(LinodeProvider("Volume"), world.config, state_with(tmp_path, stack="local")) as command:
        checked, _ = command.check(inputs)
        id_, outs = command.create(checked)
    for action, sent in (("detach", None), ("attach", {"linode_id": theirs})):
        world.call("POST", f"/volumes/{id_}/{action}", sent)
        until(lambda: world.call("GET", f"/volumes/{id_}")["status"] == "active")

    with Servicer(LinodeProvider("Volume"), world.config, state_with(tmp_path, stack="local")) as command:
        refused = command.check({**inputs, "linode_id": two}, checked)[1]
        _, _, read = command.read(id_, outs, checked)
        told = command.check({**inputs, "linode_id": two}, read)[1]

    assert [name for name, _ in refused] == ["linode_id"]
    assert f"the volume is on {theirs} (theirs), which does not belong to this stack" in refused[0][1]
    assert told == []


class Blocks:
    """The process that serves volumes, and a Linode with a configuration profile that would map them."""

    def __init__(self, world: World, servicer: Servicer) -> None:
        self.world, self.servicer = world, servicer
        self.one, self.two = self.linode("one"), self.linode("two")

    def linode(self, label: str) -> int:
        disk = {"image": "linode/debian13", "root_pass": PLANTED, "booted": False}
        body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": label, **disk}
        id_ = int(self.world.call("POST", "/linode/instances", body)["id"])
        until(lambda: self.world.call("GET", f"/linode/instances/{id_}")["status"] == "offline")
        return id_

    def inputs(self, **changed: object) -> Props:
        made = {"label": "data", "region": "de-fra-2", "linode_id": self.one, **changed}
        made = {key: value for key, value in made.items() if value is not None}
        return {**made, "owner": self.world.owner.as_props()}

    def up(self, inputs: Props) -> tuple[str, Props, Props]:
        news, failures = self.servicer.check(inputs)
        assert failures == []
        return *self.servicer.create(news), news

    def config(self, linode: int) -> dict[str, object]:
        [found] = self.world.call("GET", f"/linode/instances/{linode}/configs")["data"]
        return dict(found)

    def is_mapped(self, linode: int, volume: str) -> bool:
        """Whether the profile attaches it again at a boot."""
        devices: Any = self.config(linode)["devices"]
        return int(volume) in {each["volume_id"] for each in devices.values() if each}

    def place(self, volume: str) -> object:
        return self.world.call("GET", f"/volumes/{volume}")["linode_id"]


@pytest.fixture
def blocks(api: LocalApi, tmp_path: Path) -> Iterator[Blocks]:
    world = World(api)
    with Servicer(LinodeProvider("Volume"), world.config, state_with(tmp_path, stack="local")) as servicer:
        yield Blocks(world, servicer)


@pytest.mark.parametrize(("declared", "is_mapped"), [(None, True), (True, True), (False, False)])
def test_a_volume_is_attached_for_good_or_until_the_next_boot(
    blocks: Blocks, declared: bool | None, is_mapped: bool
) -> None:
    id_, outs, inputs = blocks.up(blocks.inputs(persist_across_boots=declared))

    again, _ = blocks.servicer.check(blocks.inputs(persist_across_boots=declared), inputs)

    assert (blocks.place(id_), blocks.is_mapped(blocks.one, id_)) == (blocks.one, is_mapped)
    assert blocks.servicer.diff(id_, outs, again).changes == 1


def test_another_way_to_be_attached_is_told_and_takes_a_detach_and_an_attach(blocks: Blocks) -> None:
    id_, outs, inputs = blocks.up(blocks.inputs())
    seen = []

    for persists in (False, True):
        news, _ = blocks.servicer.check(blocks.inputs(persist_across_boots=persists), inputs)
        blocks.servicer.diff(id_, outs, news)
        outs, inputs = blocks.servicer.update(id_, outs, news, olds=inputs), news
        seen.append((blocks.place(id_), blocks.is_mapped(blocks.one, id_)))

    said = "detached and attached again for persist_across_boots: unmount it before"
    assert [told["summary"] for told in blocks.servicer.effects()[-2:]] == [said, said]
    assert seen == [(blocks.one, False), (blocks.one, True)]
    assert [line.rpartition("/")[2] for line in blocks.world.writes()[-4:]] == ["detach", "attach"] * 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"persist_across_boots": True}, {}),
        ({}, {"persist_across_boots": True}),
        ({"linode_id": 0}, {"linode_id": 0, "persist_across_boots": False}),
    ],
)
def test_what_changes_nothing_of_it_detaches_nothing(blocks: Blocks, before: Props, after: Props) -> None:
    id_, outs, inputs = blocks.up(blocks.inputs(**before))
    written = len(blocks.world.writes())

    news, _ = blocks.servicer.check(blocks.inputs(**after), inputs)
    blocks.servicer.diff(id_, outs, news)
    blocks.servicer.update(id_, outs, news, olds=inputs)

    assert blocks.world.writes()[written:] == []


def test_one_that_moves_is_attached_as_is_declared_then(blocks: Blocks) -> None:
    id_, outs, inputs = blocks.up(blocks.inputs())

    news, _ = blocks.servicer.check(blocks.inputs(linode_id=blocks.two, persist_across_boots=False), inputs)
    blocks.servicer.diff(id_, outs, news)
    blocks.servicer.update(id_, outs, news, olds=inputs)

    assert (blocks.place(id_), blocks.is_mapped(blocks.two, id_)) == (blocks.two, False)
    assert [line.rpartition("/")[2] for line in blocks.world.writes()[-2:]] == ["detach", "attach"]


def test_one_that_somebody_has_moved_is_left_there(blocks: Blocks) -> None:
    id_, outs, inputs = blocks.up(blocks.inputs())
    blocks.world.call("POST", f"/volumes/{id_}/detach")
    blocks.world.call("POST", f"/volumes/{id_}/attach", {"linode_id": blocks.two})

    news, _ = blocks.servicer.check(blocks.inputs(persist_across_boots=False), inputs)
    blocks.servicer.diff(id_, outs, news)
    blocks.servicer.update(id_, outs, news, olds=inputs)

    assert blocks.place(id_) == blocks.two


def test_a_volume_is_mapped_by_the_profile_that_is_named(blocks: Blocks) -> None:
    body = {"label": "rescue", "kernel": "linode/latest-64bit", "devices": {}}
    other = blocks.world.call("POST", f"/linode/instances/{blocks.two}/configs", body)["id"]
    id_, outs, inputs = blocks.up(blocks.inputs())

    moved, _ = blocks.servicer.check(blocks.inputs(linode_id=blocks.two, config_id=str(other)), inputs)
    blocks.servicer.diff(id_, outs, moved)
    blocks.servicer.update(id_, outs, moved, olds=inputs)

    mapped: Any = blocks.world.call("GET", f"/linode/instances/{blocks.two}/configs/{other}")["devices"]
    assert [each["volume_id"] for each in mapped.values() if each] == [int(id_)]
