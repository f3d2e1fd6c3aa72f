"""What a change does is told of a resource that gets another name at the same time, by either engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.project import Project

PROGRAM = """
import pulumi

from providers.linode import Firewall, Instance

def renamed(old):
    return pulumi.ResourceOptions(aliases=[pulumi.Alias(name=old)])

where = {"type": "g6-nanode-1", "region": "de-fra-2", "root_pass": "Planted-Passw0rd-7", "on_image_change": "rebuild"}
"""
BEFORE = """
Instance("web", image="linode/debian12", **where)
Firewall("wall", inbound=[], inbound_policy="DROP", outbound_policy="ACCEPT")
"""
AFTER = """
Instance("front", image="linode/debian13", opts=renamed("web"), **where)
Firewall("gate", inbound=[], inbound_policy="ACCEPT", outbound_policy="ACCEPT", opts=renamed("wall"))
"""


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    return Project(tmp_path / "project", engine, api, PROGRAM + BEFORE)


def test_what_a_change_erases_and_opens_is_told_of_what_gets_another_name(project: Project) -> None:
    up = project.up()
    assert up.code == 0, up.said
    (project.folder / "__main__.py").write_text(PROGRAM + AFTER)

    preview = project.preview()

    assert preview.code == 0, preview.said
    assert "all disks are erased" in preview.said
    assert "then reachable from the internet" in preview.said
