"""Every input of an instance: what its change asks of the API, seen in the API's own log, by either engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.fields import FIELDS
from tests.checkout import ENGINES, skip_without
from tests.project import Project

BASE: dict[str, object] = {
    "type": "g6-standard-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "root_pass": "First-Passw0rd-1",
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1vY2tLZXlNb2NrS2V5TW9ja0tleU1vY2tLZXlNb2NrS2V5 one@example.com"


@dataclass(frozen=True)
class Row:
    """One input: what is declared first, what then, and the writes that the change may send for its Linode."""

    before: dict[str, object]
    after: dict[str, object]
    writes: list[str]
    replaced: bool = False
    left: dict[str, object] = field(default_factory=dict)


PUT = ["PUT"]
SHUT, BOOT, REBOOT = "POST shutdown", "POST boot", "POST reboot"

ROWS: dict[str, Row] = {
    "type": Row({}, {"type": "g6-standard-2"}, ["POST resize"], left={"type": "g6-standard-2"}),
    "region": Row({}, {"region": "gb-lon"}, ["POST migrate"], left={"region": "gb-lon"}),
    "image": Row({}, {"image": "linode/debian12", "on_image_change": "rebuild"}, ["POST rebuild"],
                 left={"image": "linode/debian12"}),
    "label": Row({"label": "before-1"}, {"label": "after-1"}, PUT, left={"label": "after-1"}),
    "tags": Row({"tags": ["one"]}, {"tags": ["two"]}, PUT),
    "root_pass": Row({}, {"root_pass": "Second-Passw0rd-2", "on_root_pass_change": "reset"},
                     [SHUT, "POST password", BOOT]),
    "authorized_keys": Row({}, {"authorized_keys": [KEY]}, []),
    "authorized_users": Row({}, {"authorized_users": ["e2e"]}, []),
    "user_data": Row({"user_data": "#cloud-config\n"}, {"user_data": "#cloud-config\n# two\n"}, []),
    "booted": Row({}, {"booted": False}, [SHUT], left={"status": "offline"}),
    "backups_enabled": Row({"backups_enabled": False}, {"backups_enabled": True}, ["POST backups/enable"]),
    "watchdog_enabled": Row({}, {"watchdog_enabled": False}, PUT, left={"watchdog_enabled": False}),
    "alerts": Row({}, {"alerts": {"cpu": 40}}, PUT),
    "on_image_change": Row({}, {"on_image_change": "rebuild"}, []),
    "on_root_pass_change": Row({}, {"on_root_pass_change": "reset"}, []),
    "on_access_change": Row({}, {"on_access_change": "rebuild"}, []),
    "on_user_data_change": Row({}, {"on_user_data_change": "rebuild"}, []),
    "allow_downtime": Row({}, {"allow_downtime": False}, []),
    "allow_data_loss": Row({}, {"allow_data_loss": True}, []),
    "timeouts": Row({}, {"timeouts": {"update": 600}}, []),
    "wait_for": Row({}, {"wait_for": "accepted"}, []),
    "resize_disk": Row({}, {"resize_disk": False}, []),
    "migration_type": Row({}, {"migration_type": "warm"}, []),
    "replace_on": Row({}, {"replace_on": ["tags"]}, []),
    "final_snapshot": Row({}, {"final_snapshot": True}, []),
}  # fmt: skip


@pytest.fixture(scope="module", params=ENGINES)
def changed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changed]:
    """All rows made by one `up` and changed by a second one."""
    skip_without(request.param)
    folder: Path = tmp_path_factory.mktemp(f"inputs-{request.param}")
    with LocalApi(folder / "api.sqlite3", speed=2000, limits=False) as api:
        yield Changed(Project(folder / "project", request.param, api))


class Changed:
    """What the API saw of each row's Linode between the two runs."""

    def __init__(self, project: Project) -> None:
        self.project = project
        project.declare({name.replace("_", "-"): {**BASE, **row.before} for name, row in ROWS.items()})
        self.first = project.up()
        assert self.first.code == 0, self.first.said
        made = project.api.requests()
        self.ids = {str(entry["created_id"]) for entry in made if entry["created_id"]}
        last = max(int(str(entry["id"])) for entry in made)
        self.before = self._linodes()
        project.declare(
            {name.replace("_", "-"): {**BASE, **row.before, **row.after} for name, row in ROWS.items()}
        )
        self.second = project.up()
        assert self.second.code == 0, self.second.said
        self.writes = [entry for entry in project.api.requests(last) if entry["method"] != "GET"]
        self.after = self._linodes()
        self.again = project.preview("--expect-no-changes")

    def _linodes(self) -> dict[str, dict[str, object]]:
        import requests

        rows = requests.get(
            f"{self.project.api.url}/v4/linode/instances?page_size=500", timeout=10,
            headers={"Authorization": f"Bearer {self.project.token}"},
        ).json()["data"]  # fmt: skip
        return {str(row["label"]): row for row in rows}

    def calls(self, linode_id: object) -> list[str]:
        """The writes for one Linode: "PUT", "POST resize"."""
        found = []
        for entry in self.writes:
            match = re.fullmatch(rf"/v4(?:beta)?/linode/instances/{linode_id}(?:/(.+))?", str(entry["path"]))
            if match:
                found.append(f"{entry['method']} {match[1]}" if match[1] else str(entry["method"]))
        return found


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_change_of_each_input_asks_for_what_the_table_says(changed: Changed, name: str) -> None:
    row = ROWS[name]
    label = str(row.before.get("label") or f"fleet-test-{name.replace('_', '-')}")
    linode = changed.before[label]
    label = str(row.after.get("label") or label)

    assert changed.calls(linode["id"]) == row.writes
    assert changed.after[label]["id"] == linode["id"]
    for key, value in {"status": "running", **row.left}.items():
        assert changed.after[label][key] == value


def test_after_every_change_there_is_nothing_left_to_do(changed: Changed) -> None:
    assert changed.again.code == 0, changed.again.said


def test_every_input_has_a_row() -> None:
    missing = {field.name for field in FIELDS} - set(ROWS)

    assert missing == set()
