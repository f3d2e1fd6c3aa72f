"""Images of disks in the provider's real process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.provider import LinodeProvider
from tests.servicer.world import PLANTED, World
from tests.servicer_process import UNKNOWN, Props, Servicer
from tests.state_folder import state_with

SAME, NONE = 0, 1


class Life:
    """The process that serves images, and an account with a Linode."""

    def __init__(self, world: World, servicer: Servicer) -> None:
        self.world, self.servicer = world, servicer
        body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": "builder", "booted": False}
        disk = {"image": "linode/debian13", "root_pass": PLANTED}
        self.linode = int(world.call("POST", "/linode/instances", {**body, **disk})["id"])

    def inputs(self, **changed: object) -> Props:
        own = {"label": "golden", "linode_id": self.linode, "owner": self.world.owner.as_props()}
        return {key: value for key, value in {**own, **changed}.items() if value is not None}

    def rows(self) -> list[dict[str, Any]]:
        return [row for row in self.world.call("GET", "/images")["data"] if not row["is_public"]]

    def made(self, **changed: object) -> tuple[str, Props, Props]:
        inputs, failures = self.servicer.check(self.inputs(**changed))
        assert failures == []
        return *self.servicer.create(inputs), inputs


@pytest.fixture
def life(api: LocalApi, tmp_path: Path) -> Iterator[Life]:
    world = World(api)
    with Servicer(LinodeProvider("Image"), world.config, state_with(tmp_path, stack="local")) as servicer:
        yield Life(world, servicer)


def test_an_image_is_waited_for_changed_in_place_and_deleted(life: Life) -> None:
    id_, outs, inputs = life.made(cloud_init=True, tags=["base"])
    [row] = life.rows()
    _, seen, read = life.servicer.read(id_, outs)
    news, failures = life.servicer.check(
        life.inputs(cloud_init=True, tags=["base"], label="other", description="new"), inputs
    )
    found = life.servicer.diff(id_, outs, news)
    changed = life.servicer.update(id_, outs, news)
    [after] = life.rows()
    other = life.servicer.check(life.inputs(cloud_init=False), inputs)[0]

    assert (id_, row["status"], outs["status"], outs["size"]) == (
        row["id"],
        "available",
        "available",
        row["size"],
    )
    assert sorted(row["tags"]) == sorted(["base", life.world.owner.tag()])
    assert (seen, read["linode_id"]) == (outs, life.linode)
    assert (failures, found.changes, list(found.replaces)) == ([], SAME, [])
    assert (after["label"], after["description"], changed["label"]) == ("other", "new", "other")
    recreated = life.servicer.diff(id_, outs, other)
    assert (list(recreated.replaces), recreated.deleteBeforeReplace) == (["cloud_init"], False)
    life.servicer.delete(id_, changed)
    life.servicer.delete(id_, changed)
    assert life.rows() == []


@pytest.mark.parametrize(
    "fault",
    [{"kind": "cut", "after_commit": True}, {"kind": "502"}, {"kind": "garbled"}],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_one_create_makes_one_among_others_of_its_label(life: Life, fault: Props) -> None:
    disk = life.world.call("GET", f"/linode/instances/{life.linode}/disks")["data"]
    main = max(disk, key=lambda each: int(each["size"]))["id"]
    life.world.call("POST", "/images", {"disk_id": main, "label": "golden"})
    inputs, _ = life.servicer.check(life.inputs(linode_id=None, disk_id=main))
    life.world.api.set_faults({"method": "POST", "path": "/images", "times": 1, **fault})

    id_, outs = life.servicer.create(inputs)
    life.world.api.set_faults()

    assert [row["id"] for row in life.rows() if life.world.owner.tag() in row["tags"]] == [id_]
    assert len(life.rows()) == 2
    assert life.servicer.diff(id_, outs, inputs).changes == NONE


def test_what_a_killed_run_made_is_taken_over_and_waited_for(life: Life, tmp_path: Path) -> None:
    id_, _, inputs = life.made()

    backend = state_with(tmp_path / "next", stack="local")
    with Servicer(LinodeProvider("Image"), life.world.config, backend) as next_run:
        again, outs = next_run.create(inputs)

    assert (again, outs["status"], len(life.rows())) == (id_, "available", 1)


def test_a_source_is_one_of_two(life: Life) -> None:
    neither = life.servicer.check(life.inputs(linode_id=None))[1]
    both = life.servicer.check(life.inputs(disk_id=7))[1]
    unknown = life.servicer.check(life.inputs(linode_id=UNKNOWN))[1]
    missing = life.servicer.check(life.inputs(linode_id=98_000_999))[1]

    assert [reason for _, reason in neither] == ["needs a linode_id or a disk_id. Next: give one of them."]
    assert [name for name, _ in both] == ["disk_id"]
    assert unknown == []
    assert "is no Linode of this account" in missing[0][1]


@pytest.mark.parametrize("source", [{"linode_id": UNKNOWN}, {"linode_id": None, "disk_id": 7}])
def test_what_it_was_made_of_counts_once_so_that_a_recreated_linode_leaves_it_alone(
    life: Life, source: Props
) -> None:
    id_, outs, inputs = life.made()
    news, failures = life.servicer.check(life.inputs(**source), inputs)

    found = life.servicer.diff(id_, outs, news)

    assert (failures, found.changes, list(found.replaces)) == ([], NONE, [])


def test_an_imported_one_takes_a_source_for_the_next_one(life: Life) -> None:
    id_, *_ = life.made()
    _, outs, read = life.servicer.read(id_, {"owner": life.world.owner.as_props()})
    news, failures = life.servicer.check(life.inputs(), read)

    found = life.servicer.diff(id_, outs, news)

    assert (failures, found.changes, list(found.replaces)) == ([], NONE, [])


def test_another_generation_makes_one_of_the_disk_as_it_is_now(life: Life) -> None:
    id_, outs, inputs = life.made()
    owner = {**life.world.owner.as_props(), "generation": 2}
    news, failures = life.servicer.check(life.inputs(owner=owner), inputs)
    nothing = life.servicer.check(life.inputs(owner=owner, linode_id=None), inputs)[1]

    found = life.servicer.diff(id_, outs, news)
    second, _ = life.servicer.create(news)

    assert (failures, list(found.replaces), found.deleteBeforeReplace) == ([], ["owner"], False)
    assert {row["id"] for row in life.rows()} == {id_, second}
    assert [reason for _, reason in nothing] == ["needs a linode_id or a disk_id. Next: give one of them."]


def kept_in(life: Life) -> list[str]:
    [row] = life.rows()
    return sorted(each["region"] for each in row["regions"])


def test_an_image_is_kept_where_it_is_declared_to_be(life: Life) -> None:
    both = ["us-ord", "de-fra-2"]
    id_, outs, inputs = life.made(replica_regions=both)
    made = kept_in(life)
    again = life.servicer.diff(
        id_, outs, life.servicer.check(life.inputs(replica_regions=both[::-1]), inputs)[0]
    )
    left_out = life.servicer.diff(id_, outs, life.servicer.check(life.inputs(), inputs)[0])
    news, failures = life.servicer.check(life.inputs(replica_regions=["de-fra-2"]), inputs)
    fewer = life.servicer.diff(id_, outs, news)
    life.servicer.update(id_, outs, news)

    assert made == sorted(both)
    assert (again.changes, left_out.changes) == (NONE, NONE)
    assert (failures, fewer.changes, list(fewer.replaces)) == ([], SAME, [])
    assert kept_in(life) == ["de-fra-2"]


@pytest.mark.parametrize("waits", [True, False])
def test_replicas_are_waited_for_where_that_is_asked(life: Life, waits: bool) -> None:
    both = ["de-fra-2", "us-ord"]

    id_, outs, inputs = life.made(replica_regions=both, wait_for_replications=waits)
    asked = [line for line in life.world.seen() if id_.rpartition("/")[2] in line]
    statuses = {each["status"] for each in life.rows()[0]["regions"]}
    news, failures = life.servicer.check(
        life.inputs(replica_regions=both, wait_for_replications=not waits), inputs
    )

    [sent] = [number for number, line in enumerate(asked) if line.startswith("POST")]
    assert (len(asked) - sent > 2) is waits
    assert statuses == {"available"} or not waits
    assert failures == []
    assert list(life.servicer.diff(id_, outs, news).replaces) == []


def test_an_imported_one_declares_its_regions_where_they_are_several(life: Life) -> None:
    id_, *_ = life.made(replica_regions=["us-ord", "de-fra-2"])
    several = life.servicer.read(id_, {"owner": life.world.owner.as_props()})[2]
    path = f"/images/{id_.replace('/', '%2F')}/regions"
    life.world.call("POST", path, {"regions": ["de-fra-2"]})
    one = life.servicer.read(id_, {"owner": life.world.owner.as_props()})[2]

    assert several["replica_regions"] == ["de-fra-2", "us-ord"]
    assert "replica_regions" not in one


@pytest.mark.parametrize(
    ("regions", "why"),
    [
        ([], "names no region. Next: name one at least"),
        (["de-fra-2", "us-ordd"], r"has us-ordd, which is no region \(did you mean us-ord"),
        (["us-ord"], r"names no region that the image is available in \(de-fra-2\)"),
    ],
)
def test_regions_that_cannot_keep_it_are_told_at_preview(life: Life, regions: list[str], why: str) -> None:
    _, failures = life.servicer.check(life.inputs(replica_regions=regions))

    assert [name for name, _ in failures] == ["replica_regions"]
    assert re.search(why, failures[0][1])


def test_the_last_region_that_has_it_stays(life: Life, tmp_path: Path) -> None:
    _, _, inputs = life.made()
    moved = life.inputs(linode_id=UNKNOWN, replica_regions=["us-ord"])

    backend = state_with(tmp_path / "next", stack="local")
    with Servicer(LinodeProvider("Image"), life.world.config, backend) as next_run:
        _, failures = next_run.check(moved, inputs)

    assert [reason for _, reason in failures] == [
        "names no region that the image is available in (de-fra-2). Next: name one of these, too."
    ]
