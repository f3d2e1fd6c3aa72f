"""What may not be done without consent: refused in one line, or left as it is without holding up the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.project import Project

BASE: dict[str, object] = {
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "image": "linode/debian12",
    "root_pass": "First-Passw0rd-1",
    "backups_enabled": False,
    "tags": ["one"],
}
WEB, DB = {**BASE, "label": "web-1"}, {**BASE, "label": "db-1"}


@pytest.fixture
def project(engine: str, tmp_path: Path) -> Iterator[Project]:
    with LocalApi(tmp_path / "api.sqlite3", speed=2000, limits=False) as api:
        made = Project(tmp_path / "project", engine, api)
        made.declare({"web": WEB, "db": DB})
        assert made.up().code == 0
        yield made


@pytest.mark.all
def test_backups_turned_on_by_hand_do_not_keep_another_drift_from_being_put_back(project: Project) -> None:
    there = project.linodes()
    project.call("POST", f"/linode/instances/{there['web-1']['id']}/backups/enable")
    tags = [tag for tag in there["db-1"]["tags"] if tag != "one"]
    project.call("PUT", f"/linode/instances/{there['db-1']['id']}", {"tags": tags})

    preview = project.preview("--refresh")
    up = project.up("--refresh")
    after, again = project.linodes(), project.preview("--expect-no-changes")

    assert (preview.code, up.code, again.code) == (0, 0, 0), up.said
    for said in (preview.said, up.said, again.said):
        assert "backups_enabled differs from the program, and is left so" in said
        assert "declare backups_enabled=True, or allow_data_loss=True" in said
    assert "1 to update" in preview.said
    assert "1 updated" in up.said
    assert "one" in after["db-1"]["tags"]
    assert after["web-1"]["backups"]["enabled"]


@pytest.mark.all
def test_what_was_deleted_by_hand_holds_up_only_what_named_it(project: Project) -> None:
    rules = {"inbound_policy": "DROP", "outbound_policy": "DROP", "inbound": [], "outbound": []}
    wall = project.call("POST", "/networking/firewalls", {"label": "wall", "rules": rules})["id"]
    web = {**WEB, "firewall_id": wall, "private_ip": False}
    project.declare({"web": web, "db": DB})
    guarded, there = project.up(), project.linodes()
    project.call("DELETE", f"/networking/firewalls/{wall}")
    project.call("POST", f"/linode/instances/{there['web-1']['id']}/ips", {"type": "ipv4", "public": False})
    for name in ("web-1", "db-1"):
        tags = [tag for tag in there[name]["tags"] if tag != "one"]
        project.call("PUT", f"/linode/instances/{there[name]['id']}", {"tags": tags})

    preview, up = project.preview("--refresh"), project.up("--refresh")
    after, again = project.linodes(), project.up("--refresh", "--expect-no-changes")
    project.declare({"web": {**web, "firewall_id": 0, "private_ip": True}, "db": DB})
    corrected, quiet = project.up(), project.preview("--expect-no-changes")

    done = (guarded, preview, up, again, corrected, quiet)
    assert [each.code for each in done] == [0] * 6, [each.said for each in done]
    for said in (preview.said, up.said, again.said):
        assert (
            f"firewall_id differs from the program, and is left so: firewall_id firewall {wall} does" in said
        )
        assert "private_ip differs from the program, and is left so: private_ip can't be taken away" in said
    assert "2 updated" in up.said
    assert all("one" in linode["tags"] for linode in after.values())
    assert "left so" not in quiet.said


def test_what_an_update_has_left_to_do_is_told_and_refused_in_one_line(project: Project) -> None:
    larger = {**WEB, "type": "g6-standard-1"}
    project.api.set_faults({"kind": "maintenance", "method": "POST", "path": "/linode/instances/*/resize"})
    project.declare({"web": larger, "db": DB})
    failed = project.up()
    project.api.set_faults()

    project.declare({"web": {**larger, "allow_downtime": False}, "db": DB})
    refused = project.preview()
    project.declare({"web": larger, "db": DB})
    told = project.preview()
    finished = project.up()

    assert "changed in part" in failed.said
    assert refused.code != 0
    [*_, line] = [line for line in refused.said.splitlines() if "error:" in line]
    assert "allow_downtime" in line
    assert (
        "type can't change while the Linode runs. Next: declare what it has, or allow_downtime=True." in line
    )
    assert "resized in place from g6-nanode-1 to g6-standard-1" in told.said
    assert finished.code == 0, finished.said
    assert project.linodes()["web-1"]["type"] == "g6-standard-1"
