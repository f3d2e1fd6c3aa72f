"""What a change does is told beside its resource in every plain preview, and nothing else shows as changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from emulators.linode_api.server import LocalApi
from tests.project import Project

BASE: dict[str, object] = {
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "image": "linode/debian12",
    "root_pass": "First-Passw0rd-1",
    "tags": ["one"],
}


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    made = Project(tmp_path / "project", engine, api)
    made.declare({"web": BASE})
    assert made.up().code == 0
    return made


def steps_of(project: Project, *words: str) -> list[dict[str, Any]]:
    """The Instance's steps of a preview: with a refresh its own step comes first."""
    said = project.preview("--json", *words).said
    found = json.loads(said[said.index("{") : said.rindex("}") + 1])
    return [step for step in found["steps"] if step["urn"].endswith("::web")]


def differing(step: dict[str, Any]) -> set[str]:
    """The inputs that the two states of a step have otherwise, less those whose names engines never show."""
    old, new = step["oldState"]["inputs"], step["newState"]["inputs"]
    shown = (key for key in {*old, *new} if not key.startswith("__"))
    return {key for key in shown if old.get(key) != new.get(key)}


def test_erasure_and_time_off_are_told_by_every_plain_preview(project: Project) -> None:
    project.declare({"web": {**BASE, "image": "linode/debian13"}})
    first = project.preview()
    assert project.up().code == 0

    project.declare({"web": {**BASE, "image": "linode/ubuntu24.04"}})
    second = project.preview()
    project.declare({"web": {**BASE, "image": "linode/debian13", "type": "g6-standard-1"}})
    resized = project.preview()

    assert "recreated because of image: all disks are erased" in first.said
    assert "recreated because of image: all disks are erased" in second.said
    assert "resized in place from g6-nanode-1 to g6-standard-1, off for 3 to 5 min" in resized.said
    assert "for good: the disk grows with the plan" in resized.said
    assert "5.00 → 12.00 USD a month" in resized.said


def test_a_change_of_tags_shows_as_that_alone(project: Project) -> None:
    project.declare({"web": {**BASE, "tags": ["two"]}})

    [step] = steps_of(project)
    shown = project.preview("--diff").said

    assert step["op"] == "update"
    assert differing(step) == {"tags"}
    assert "ipv4" not in shown
    assert "monthly_usd" not in shown


def test_a_drift_of_tags_shows_as_that_alone(project: Project) -> None:
    headers = {"Authorization": f"Bearer {project.token}"}
    url = f"{project.api.url}/v4/linode/instances"
    [row] = requests.get(url, headers=headers, timeout=10).json()["data"]
    ours = [tag for tag in row["tags"] if tag.startswith("pulumi:")]
    body = {"tags": ["by-hand", *ours]}
    requests.put(f"{url}/{row['id']}", json=body, headers=headers, timeout=10).raise_for_status()

    steps = steps_of(project, "--refresh")
    shown = project.preview("--refresh", "--diff").said

    assert '"by-hand" => "one"' in shown
    assert "__" not in shown
    assert {step["op"] for step in steps} <= {"refresh", "update"}
    assert {key for step in steps for key in differing(step)} == {"tags"}
    assert steps[-1]["newState"]["inputs"]["tags"] == ["one"]


def test_programs_read_the_same_from_a_file(project: Project, tmp_path: Path) -> None:
    project.env["LINODE_EFFECTS"] = str(tmp_path / "effects.ndjson")
    project.declare({"web": {**BASE, "image": "linode/debian13"}})

    project.preview()

    *_, told = map(json.loads, (tmp_path / "effects.ndjson").read_text().splitlines())
    assert (told["op"], told["level"], told["kind"]) == ("replace", "data loss", "Instance")
    assert told["destroys"] == ["disks", "id", "addresses"]
    assert told["urn"].endswith("::web")


@pytest.mark.all
def test_what_is_no_longer_declared_is_left_alone_by_the_preview_and_by_the_update(project: Project) -> None:
    fewer = {name: value for name, value in BASE.items() if name != "tags"}
    project.declare({"web": {**fewer, "label": "renamed-1"}})

    [step] = steps_of(project)
    shown = project.preview("--diff").said
    done = project.up()

    assert {path.partition("[")[0] for path in step["detailedDiff"]} == {"label"}
    assert "tags" not in shown
    assert done.code == 0, done.said
    assert "one" in project.linodes()["renamed-1"]["tags"]
    assert project.preview("--expect-no-changes").code == 0


@pytest.mark.all
def test_a_request_that_waits_long_says_so_beside_its_resource(project: Project, api: LocalApi) -> None:
    api.set_faults(
        {"kind": "503", "method": "PUT", "path": "/linode/instances/*", "retry_after_s": 11, "times": 1}
    )
    project.declare({"web": {**BASE, "tags": ["two"]}})

    done = project.up()

    api.set_faults()
    assert done.code == 0, done.said
    lines = [line for line in done.said.splitlines() if "linode:Instance web" in line and " waits 1" in line]
    assert lines, done.said
    assert all("PUT /linode/instances/" in line and "answer 503" in line for line in lines), lines
