"""A fleet of twenty, by either engine: what it costs in requests, how it grows and goes, and how it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from fleet.engine.engine import UNLESS_SET
from tests import fleet_program
from tests.fleet_program import newest_request, requests_since
from tests.project import Project

pytestmark = pytest.mark.all

COUNT = 20
POST, DELETE = "POST /v4/linode/instances", "DELETE /v4/linode/instances/*"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[LocalApi]:
    with LocalApi(tmp_path / "api.sqlite3", speed=120, limits=False) as served:
        yield served


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    made = Project(tmp_path / "project", engine, api, fleet_program.FLEET)
    made.env |= UNLESS_SET
    return made


def resources(project: Project, kind: str) -> list[dict[str, Any]]:
    state = json.loads(project.checkpoint.read_text())["checkpoint"]["latest"]
    return [one for one in state["resources"] if one["type"].endswith(f":{kind}")]


def ids_of(project: Project) -> dict[str, str]:
    return {one["inputs"]["label"]: one["id"] for one in resources(project, "Instance")}


def statuses(project: Project) -> dict[str, str]:
    return {label: row["status"] for label, row in project.linodes().items()}


def test_a_fleet_is_made_kept_grown_shrunk_and_deleted_with_few_requests(
    project: Project, api: LocalApi
) -> None:
    fleet_program.declare(project, COUNT, regions=["de-fra-2", "gb-lon"])
    made = project.up()
    seen = requests_since(api, 0)
    assert made.code == 0, made.said
    assert statuses(project) == {f"web-{n:03}": "running" for n in range(1, COUNT + 1)}
    assert seen[POST] == COUNT
    waits = seen["GET /v4/account/events"] + seen["GET /v4/linode/instances"]
    assert waits < COUNT, seen  # one look serves all; how many there are is the machine's pace
    assert sum(seen.values()) <= COUNT + 25, seen
    assert len({one["id"] for one in resources(project, "Instance")}) == COUNT
    regions = [one["inputs"]["region"] for one in resources(project, "Instance")]
    assert regions.count("gb-lon") == COUNT / 2

    before = newest_request(api)
    again = project.up()
    assert again.code == 0, again.said
    assert f"{COUNT + 3} unchanged" in again.said
    assert all(line.startswith("GET") for line in requests_since(api, before))

    for count in (COUNT + 2, COUNT):
        before = newest_request(api)
        fleet_program.declare(project, count, regions=["de-fra-2", "gb-lon"])
        changed = project.up()
        seen = requests_since(api, before)
        assert changed.code == 0, changed.said
        writes = {line: number for line, number in seen.items() if not line.startswith("GET")}
        assert writes == ({POST: 2} if count > COUNT else {DELETE: 2})
        assert statuses(project) == {f"web-{n:03}": "running" for n in range(1, count + 1)}

    before = newest_request(api)
    gone = project.destroy()
    seen = requests_since(api, before)
    assert gone.code == 0, gone.said
    assert statuses(project) == {}
    assert seen[DELETE] == COUNT
    assert sum(seen.values()) <= COUNT + 25, seen


def test_boots_that_fail_are_named_all_ids_are_kept_and_the_next_up_boots_them(
    project: Project, api: LocalApi
) -> None:
    rule = {"kind": "job_fails", "method": "POST", "path": "/linode/instances", "skip": 3, "times": 2}
    api.set_faults(rule)
    fleet_program.declare(project, COUNT)

    failed = project.up()
    kept = {one["id"] for one in resources(project, "Instance")}
    ids = ids_of(project)
    off = sorted(label for label, status in statuses(project).items() if status == "offline")
    before = newest_request(api)
    repaired = project.up()
    writes = {line: n for line, n in requests_since(api, before).items() if not line.startswith("GET")}
    again = project.preview("--expect-no-changes")

    assert failed.code != 0
    assert len(off) == 2
    for id_ in (ids[label] for label in off):
        assert f"Linode {id_} is made and kept in the state, but not ready" in failed.said
    assert "linode_boot failed (event " in failed.said
    assert "Traceback" not in failed.said
    assert len(kept) == COUNT
    assert repaired.code == 0, repaired.said
    assert writes == {"POST /v4/linode/instances/*/boot": 2}
    assert set(statuses(project).values()) == {"running"}
    assert {one["id"] for one in resources(project, "Instance")} == kept
    assert again.code == 0, again.said


def test_a_token_without_events_falls_back_to_the_list(project: Project, api: LocalApi) -> None:
    project.env["LINODE_TOKEN"] = api.add_token(project.account, "linodes:read_write images:read_only")
    fleet_program.declare(project, COUNT)

    made = project.up()

    seen = requests_since(api, 0)
    assert made.code == 0, made.said
    assert set(statuses(project).values()) == {"running"}
    assert "the token has no scope events:read_only" in made.said
    assert seen["GET /v4/account/events"] <= 2
    assert sum(seen.values()) <= COUNT + 25, seen


def test_a_fleet_under_another_name_keeps_its_members(project: Project) -> None:
    fleet_program.declare(project, 2, label="{name}-{n:03}", tags=["{name}"])
    made, before = project.up(), project.linodes()

    program = project.folder / "__main__.py"
    renamed = ', pulumi.ResourceOptions(aliases=[pulumi.Alias(name="web")]))'
    text = (
        program.read_text()
        .replace('Fleet("web"', 'Fleet("front"')
        .replace("**wanted))", f"**wanted){renamed}")
    )
    program.write_text(text)
    done, after = project.up(), project.linodes()

    assert (made.code, done.code) == (0, 0), made.said + done.said
    assert [after[f"front-{n:03}"]["id"] for n in (1, 2)] == [before[f"web-{n:03}"]["id"] for n in (1, 2)]
    assert "front" in after["front-001"]["tags"]
    assert len(after) == 2
