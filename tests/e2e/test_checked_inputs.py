"""What is wrong is said by the preview, all of it at once, and nothing is deleted for what can't be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.project import Project

BASE: dict[str, object] = {
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "root_pass": "First-Passw0rd-1",
}
WEAK = "b4d_p4s5w0rd!!"


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    return Project(tmp_path / "project", engine, api)


def ids(project: Project) -> list[object]:
    return [row["id"] for row in project.linodes().values()]


def test_a_preview_tells_everything_that_is_wrong_at_once(project: Project) -> None:
    subnet = {"label": "web", "ipv4": "10.0.0.0/24"}
    vpc = project.call("POST", "/vpcs", {"label": "net", "region": "gb-lon", "subnets": [subnet]})
    subnets = vpc["subnets"]
    assert isinstance(subnets, list)
    subnet_id = subnets[0]["id"]
    project.declare(
        {
            "web": {
                **BASE,
                "label": "web--1",
                "tags": ["no"],
                "root_pass": WEAK,
                "firewall_id": 7,
                "authorized_users": ["nobody-of-us"],
                "reserved_ipv4": "198.51.100.7",
                "timeouts": {"crate": 60},
                "interfaces": [
                    {"purpose": "public"},
                    {"purpose": "vpc", "subnet_id": subnet_id},
                    {"purpose": "vlan", "labl": "lan"},
                ],
            }
        }
    )

    done = project.preview()

    assert done.code != 0
    for part in (
        "have no '--'",
        "'no' must have 3 to 50 characters",
        "root_pass is too easy to guess",
        "firewall 7 does not exist in this account",
        "'nobody-of-us' is no user",
        "198.51.100.7 is no reserved address",
        "takes no 'crate' (did you mean create",
        f"subnet {subnet_id} is in gb-lon, and the Linode in de-fra-2",
        "[2].label is required",
        "[2] takes no 'labl' (did you mean label",
    ):
        assert part in done.said
    assert WEAK not in done.said
    assert ids(project) == []


def test_nothing_is_deleted_for_a_linode_that_can_t_be_made(project: Project) -> None:
    project.declare({"web": BASE})
    assert project.up().code == 0
    before = ids(project)
    project.declare({"web": {**BASE, "root_pass": WEAK, "disk_encryption": "disabled"}})

    previewed, done = project.preview(), project.up()

    assert (previewed.code != 0, done.code != 0) == (True, True)
    assert "root_pass is too easy to guess" in previewed.said
    assert WEAK not in previewed.said + done.said
    assert ids(project) == before
    project.declare({"web": {**BASE, "root_pass": "Second-Passw0rd-2", "disk_encryption": "disabled"}})
    assert project.up().code == 0
    assert len(ids(project)) == 1
    assert ids(project) != before
