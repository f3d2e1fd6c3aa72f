"""custom_timeouts of a resource, by either engine: the engine hands them on, and the provider keeps to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.project import Project

PROGRAM = """
import pulumi

from providers.linode import Instance, InstanceArgs

given = InstanceArgs(type="g6-nanode-1", region="de-fra-2", image="linode/debian13", root_pass="Planted-Passw0rd-7")
soon = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="1s"))
Instance("web-1", given, soon)
"""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[LocalApi]:
    with LocalApi(tmp_path / "api.sqlite3", speed=15, limits=False) as served:
        yield served


def test_a_create_ends_when_its_custom_timeout_is_over_and_the_linode_is_kept(
    engine: str, tmp_path: Path, api: LocalApi
) -> None:
    project = Project(tmp_path / "project", engine, api, PROGRAM)

    late = project.up()
    state = json.loads(project.checkpoint.read_text())["checkpoint"]["latest"]
    again = project.up()

    assert late.code != 0
    assert "is to be running: not so after 1 s" in late.said
    assert [one["id"] for one in state["resources"] if one["type"].endswith(":Instance")]
    assert again.code == 0, again.said
