"""Images of disks in the provider's real process."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.api.connection import Connection
from providers.linode.api.errors import NoMatch
from providers.linode.catalogs import ImageCriteria, pick_image
from providers.linode.core.runtime import Session
from providers.linode.provider import LinodeProvider
from tests.servicer.world import PLANTED, World
from tests.servicer_process import UNKNOWN, Props, Servicer
from tests.state_folder import state_with

SAME, NONE = 0, 1
TODAY = date(2026, 6, 1)


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
def kept_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catalogs are kept on disk, for this process as for the provider's."""
    monkeypatch.setenv("LINODE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("LINODE_CACHE")


def picked(world: World, label: str) -> str:
    """What a program's criteria find among the account's own images, in a process of its own; "" for none."""
    session = Session(Connection(f"{world.api.url}/v4", world.token, "LINODE_TOKEN"))
    try:
        return pick_image(session.catalogs, ImageCriteria(own=True, label=label), TODAY).id
    except NoMatch:
        return ""
    finally:
        session.client.transport.close()


@pytest.fixture
def life(api: LocalApi, tmp_path: Path) -> Iterator[Life]:
    world = World(api)
    with Servicer(LinodeProvider("Image"), world.config, state_with(tmp_path, stack="local")) as servicer:
        yield Life(world, servicer)


def test_an_image_is_waited_for_changed_in_place_and_deleted(life: Life) -> None:
    long = "x" * 100
    id_, outs, inputs = life.made(cloud_init=True, tags=["base", long])
    [row] = life.rows()
    _, seen, read = life.servicer.read(id_, outs)
    news, failures = life.servicer.check(
        life.inputs(cloud_init=True, tags=["base", long], label="other", description="new"), inputs
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
    assert sorted(row["tags"]) == sorted(["base", long, life.world.owner.tag()])
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

    assert [reason for _, reason in neither] == [
        "needs a linode_id, a disk_id or a file_path. Next: give one of them."
    ]
    assert [name for name, _ in both] == ["disk_id"]
    assert unknown == []
    assert "is no Linode of this account" in missing[0][1]


@pytest.mark.parametrize(
    ("source", "replaces"),
    [
        ({"linode_id": UNKNOWN}, ["linode_id"]),
        ({"linode_id": None, "disk_id": 7}, ["disk_id"]),
        ({"linode_id": None}, []),
    ],
    ids=["another Linode", "a disk", "none"],
)
def test_another_source_makes_a_new_one_and_none_leaves_it_alone(
    life: Life, source: Props, replaces: list[str]
) -> None:
    id_, outs, inputs = life.made()
    news, failures = life.servicer.check(life.inputs(**source), inputs)

    found = life.servicer.diff(id_, outs, news)

    assert (failures, found.changes) == ([], SAME if replaces else NONE)
    assert (list(found.replaces), found.deleteBeforeReplace) == (replaces, False)


def test_of_an_imported_one_the_first_source_is_noted_and_the_next_one_makes_a_new_one(life: Life) -> None:
    id_, *_ = life.made()
    _, outs, read = life.servicer.read(id_, {"owner": life.world.owner.as_props()})
    news, failures = life.servicer.check(life.inputs(), read)

    first = life.servicer.diff(id_, outs, news)
    outs = life.servicer.update(id_, outs, news)
    again, refused = life.servicer.check(life.inputs(linode_id=UNKNOWN), news)
    second = life.servicer.diff(id_, outs, again)

    assert (failures, refused, outs["linode_id"]) == ([], [], life.linode)
    assert (list(first.replaces), list(second.replaces)) == ([], ["linode_id"])
    assert [line for line in life.world.writes() if "/images" in line] == ["POST /v4/images"]


def test_another_generation_makes_one_of_the_disk_as_it_is_now(life: Life) -> None:
    id_, outs, inputs = life.made()
    owner = {**life.world.owner.as_props(), "generation": 2}
    news, failures = life.servicer.check(life.inputs(owner=owner), inputs)
    nothing = life.servicer.check(life.inputs(owner=owner, linode_id=None), inputs)[1]

    found = life.servicer.diff(id_, outs, news)
    second, _ = life.servicer.create(news)

    assert (failures, list(found.replaces), found.deleteBeforeReplace) == ([], ["owner"], False)
    assert {row["id"] for row in life.rows()} == {id_, second}
    assert [reason for _, reason in nothing] == [
        "needs a linode_id, a disk_id or a file_path. Next: give one of them."
    ]


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
    moved = life.inputs(linode_id=None, replica_regions=["us-ord"])

    backend = state_with(tmp_path / "next", stack="local")
    with Servicer(LinodeProvider("Image"), life.world.config, backend) as next_run:
        _, failures = next_run.check(moved, inputs)

    assert [reason for _, reason in failures] == [
        "names no region that the image is available in (de-fra-2). Next: name one of these, too."
    ]


# ---- made of a file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "golden.img.gz"
    found.write_bytes(gzip.compress(b"a disk" * 1000))
    return found


def of(file: Path, **changed: object) -> Props:
    return {"linode_id": None, "file_path": str(file), "region": "de-fra-2", **changed}


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_an_image_is_made_of_a_file_once_and_the_file_may_go(life: Life, file: Path) -> None:
    id_, outs, inputs = life.made(**of(file, file_hash=sha256(file), cloud_init=True, tags=["base"]))
    [row] = life.rows()
    file.unlink()
    again, failures = life.servicer.check(life.inputs(**of(file, **{**inputs, "region": "us-ord"})), inputs)
    _, seen, read = life.servicer.read(id_, outs)

    assert (row["id"], row["status"], row["capabilities"]) == (id_, "available", ["cloud-init"])
    assert (outs["status"], [each["region"] for each in row["regions"]]) == ("available", ["de-fra-2"])
    assert sorted(row["tags"]) == sorted(["base", life.world.owner.tag()])
    assert (failures, life.servicer.diff(id_, outs, again).changes) == ([], NONE)
    assert (seen, read["file_path"]) == (outs, str(file))


def test_another_file_is_told_by_its_hash_and_makes_a_new_image(life: Life, file: Path) -> None:
    id_, outs, inputs = life.made(**of(file, file_hash=sha256(file)))
    file.write_bytes(gzip.compress(b"another disk"))
    news, failures = life.servicer.check(life.inputs(**of(file, file_hash=sha256(file))), inputs)

    found = life.servicer.diff(id_, outs, news)
    second, _ = life.servicer.create(news)

    assert (failures, list(found.replaces), found.deleteBeforeReplace) == ([], ["file_hash"], False)
    assert {row["id"] for row in life.rows()} == {id_, second}


def test_another_path_makes_a_new_one_unless_its_hash_says_that_the_file_has_moved(
    life: Life, file: Path
) -> None:
    moved = file.rename(file.with_name("moved.img.gz"))
    hashed, bare = of(moved, file_hash=sha256(moved)), of(moved)

    for source, replaces in ((hashed, []), (bare, ["file_path"])):
        olds = {**life.inputs(**source), "file_path": str(file)}
        news, failures = life.servicer.check(life.inputs(**source), olds)
        assert (failures, list(life.servicer.diff("private/1", olds, news).replaces)) == ([], replaces)


def test_what_the_api_would_not_take_is_told_at_preview(life: Life, file: Path) -> None:
    plain = file.with_suffix("")
    plain.write_bytes(b"a disk")
    cases: list[tuple[Props, str, str]] = [
        (of(file.with_name("none.gz")), "file_path", "can't be read"),
        (of(file.parent), "file_path", "can't be read"),
        (of(plain), "file_path", "is not compressed. Next: `gzip` it"),
        (of(file, region=None), "region", "is required with file_path"),
        (of(file, region="us-den-1"), "region", "us-den-1 has no 'Object Storage', which an image needs"),
        (of(file, region="de-fra-9"), "region", "is not among the"),
        (of(file, linode_id=life.linode), "file_path", "is given with linode_id"),
        (of(file, file_hash="ABC"), "file_hash", "must be the MD5 or SHA-256 of the file"),
        (of(file, file_path=None, linode_id=life.linode), "region", "applies only with file_path"),
        (
            of(file, replica_regions=["us-ord"]),
            "replica_regions",
            "names no region that the image is available in",
        ),
    ]

    for changed, name, why in cases:
        [(field, reason)] = life.servicer.check(life.inputs(**changed))[1]
        assert (field, why in reason, "Next: " in reason) == (name, True, True), reason


def test_a_file_with_another_hash_is_not_sent(life: Life, file: Path) -> None:
    inputs, failures = life.servicer.check(life.inputs(**of(file, file_hash="0" * 32)))

    with pytest.raises(
        grpc.RpcError, match="has the md5 hash .*, and file_hash says 0000.*; nothing was sent"
    ):
        life.servicer.create(inputs)

    assert failures == []
    assert life.rows() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "POST", "path": "/images/upload", "kind": "cut", "after_commit": True},
        {"method": "POST", "path": "/images/upload", "kind": "502"},
        {"method": "POST", "path": "/images/upload", "kind": "garbled"},
        {"method": "PUT", "path": "/_local/images/*", "kind": "503"},
        {"method": "PUT", "path": "/_local/images/*", "kind": "504", "after_commit": True},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_whatever_becomes_of_an_answer_one_image_has_the_file(life: Life, file: Path, fault: Props) -> None:
    inputs, _ = life.servicer.check(life.inputs(**of(file)))
    life.world.api.set_faults({"times": 1, **fault})

    id_, outs = life.servicer.create(inputs)

    [row] = life.rows()
    assert (row["id"], row["status"]) == (id_, "available")
    assert life.servicer.diff(id_, outs, inputs).changes == NONE


def test_a_file_that_can_not_be_sent_leaves_nothing_and_the_next_run_sends_it(life: Life, file: Path) -> None:
    inputs, _ = life.servicer.check(life.inputs(**of(file)))
    life.world.api.set_faults({"method": "PUT", "path": "/_local/images/*", "kind": "408", "times": 5})

    with pytest.raises(
        grpc.RpcError, match="was not taken by 127.0.0.1: answer 408. Next: run `up` again"
    ) as caught:
        life.servicer.create(inputs)
    left = life.rows()
    id_, _ = life.servicer.create(inputs)

    assert "_local" not in str(caught.value.details())
    assert left == []
    assert [row["id"] for row in life.rows()] == [id_]


def test_one_that_a_killed_run_left_without_its_file_is_taken_away(life: Life, file: Path) -> None:
    tags = [life.world.owner.tag()]
    left = life.world.call("POST", "/images/upload", {"label": "golden", "region": "de-fra-2", "tags": tags})
    stranger = life.world.call("POST", "/images/upload", {"label": "golden", "region": "de-fra-2"})

    id_, _, _ = life.made(**of(file))

    assert {row["id"] for row in life.rows()} == {id_, stranger["image"]["id"]}
    assert left["image"]["id"] != id_


@pytest.mark.usefixtures("kept_lists")
def test_criteria_find_it_in_the_same_run_and_no_more_once_it_is_gone(world: World, tmp_path: Path) -> None:
    env = {**state_with(tmp_path, stack="local"), "LINODE_CACHE_DIR": str(tmp_path / "cache")}
    before = picked(world, "golden")

    with Servicer(LinodeProvider("Image"), world.config, env) as servicer:
        life = Life(world, servicer)
        id_, outs, inputs = life.made()
        made = picked(world, "golden")
        news, _ = servicer.check(life.inputs(label="silver"), inputs)
        outs = servicer.update(id_, outs, news)
        renamed = picked(world, "golden"), picked(world, "silver")
        servicer.delete(id_, outs)
        gone = picked(world, "silver")

    assert (before, made, renamed, gone) == ("", id_, ("", id_), "")
