"""Every input of an instance: what its change asks of the API, seen in the API's own log, by either engine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from providers.linode import InstanceArgs
from providers.linode.core import docs
from tests import instance_docs
from tests.project import Project
from tests.until import until

BASE: dict[str, object] = {
    "type": "g6-standard-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "root_pass": "First-Passw0rd-1",
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1vY2tLZXlNb2NrS2V5TW9ja0tleU1vY2tLZXlNb2Nr one@example.com"


@dataclass(frozen=True)
class Row:
    """One input: what is declared first, what then, and the writes that the change sends for its Linode.

    Texts such as "{firewall}" stand for ids of things that the account has. `left` is what the API reports
    afterwards; `replaced` Linodes get another id.
    """

    before: dict[str, object]
    after: dict[str, object]
    writes: list[str]
    replaced: bool = False
    left: dict[str, object] = field(default_factory=dict)


LINODE_PUBLIC = {"public": {}, "default_route": {"ipv4": True, "ipv6": True}, "firewall_id": "{firewall}"}
ELSEWHERE = {
    "placement_group": ("placement/groups",), "interface_firewall": ("networking/firewalls",),
    "shared_ipv4": ("networking/ips",),
}  # fmt: skip
"""Where else a change of the row's input writes."""

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
    "stackscript_id": Row({"stackscript_id": "{script}"}, {"stackscript_id": "{other_script}"}, []),
    "stackscript_data": Row({"stackscript_id": "{script}", "stackscript_data": {"word": "one"}},
                            {"stackscript_data": {"word": "two"}}, []),
    "backup_id": Row({"backup_id": "{backup}", "image": None, "root_pass": None}, {"backup_id": "{other_backup}"}, []),
    "swap_size": Row({}, {"swap_size": 1024}, [SHUT, "POST disks/*/resize", "POST disks/*/resize", BOOT]),
    "boot_config_label": Row({}, {"boot_config_label": "My Debian 13 Disk Profile"}, [REBOOT]),
    "kernel": Row({}, {"kernel": "linode/latest-64bit"}, ["PUT configs/*", REBOOT]),
    "boot_size": Row({"boot_size": 9000}, {"boot_size": 9500}, []),
    "backups_day": Row({"backups_enabled": True, "backups_day": "Sunday", "backups_window": "W2"},
                       {"backups_day": "Monday"}, PUT),
    "backups_window": Row({"backups_enabled": True, "backups_day": "Sunday", "backups_window": "W2"},
                          {"backups_window": "W4"}, PUT),
    "private_ip": Row({}, {"private_ip": True}, ["POST ips", REBOOT]),
    "reserved_ipv4": Row({"reserved_ipv4": "{address}"}, {"reserved_ipv4": "{other_address}"}, ["DELETE"],
                         replaced=True),
    "shared_ipv4": Row({}, {"shared_ipv4": ["{others}"]}, ["POST networking/ips/share"]),
    "firewall_id": Row({"firewall_id": "{firewall}"}, {"firewall_id": "{other_firewall}"}, ["PUT firewalls"]),
    "placement_group": Row({"placement_group": "{group}"}, {"placement_group": "{other_group}"},
                           ["POST placement/groups/*/unassign", "POST placement/groups/*/assign"],
                           left={"placement_group": "{other_group}"}),
    "disk_encryption": Row({"disk_encryption": "enabled"}, {"disk_encryption": "disabled"}, ["DELETE"], replaced=True,
                           left={"disk_encryption": "disabled"}),
    "interface_generation": Row({"interface_generation": "legacy_config"},
                                {"interface_generation": "linode", "interfaces": [LINODE_PUBLIC]}, ["DELETE"],
                                replaced=True, left={"interface_generation": "linode"}),
    "interfaces": Row({"interfaces": [{"purpose": "public"}]},
                      {"interfaces": [{"purpose": "public"}, {"purpose": "vlan", "label": "lan"}]},
                      [SHUT, "PUT configs/*", BOOT]),
    "interface_firewall": Row({"interface_generation": "linode", "interfaces": [LINODE_PUBLIC]},
                              {"interfaces": [{**LINODE_PUBLIC, "firewall_id": "{other_firewall}"}]},
                              ["DELETE networking/firewalls/*/devices/*", "POST networking/firewalls/*/devices"]),
    "network_helper": Row({"interface_generation": "linode", "interfaces": [LINODE_PUBLIC], "network_helper": True},
                          {"network_helper": False}, [SHUT, "PUT interfaces/settings", BOOT]),
    "maintenance_policy": Row({"maintenance_policy": "linode/migrate"}, {"maintenance_policy": "linode/power_off_on"},
                              PUT, left={"maintenance_policy": "linode/power_off_on"}),
    "adopt": Row({"adopt": "{made_by_hand}", "label": "made-by-hand"}, {"tags": ["adopted"]}, PUT),
    "owner": Row({"tags": ["owned"]}, {}, []),
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


@pytest.fixture(scope="module")
def changed(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changed]:
    """All rows made by one `up` and changed by a second one."""
    folder: Path = tmp_path_factory.mktemp(f"inputs-{engine}")
    with LocalApi(folder / "api.sqlite3", speed=2000, limits=False) as api:
        yield Changed(Project(folder / "project", engine, api))


class Changed:
    """What the API saw of each row's Linode between the two runs."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.things = self._make_things()
        project.declare(self._declared({name: {**BASE, **row.before} for name, row in ROWS.items()}))
        self.first = project.up()
        assert self.first.code == 0, self.first.said
        last = max(int(str(entry["id"])) for entry in project.api.requests())
        self.before = self.project.linodes()
        project.declare(
            self._declared({name: {**BASE, **row.before, **row.after} for name, row in ROWS.items()})
        )
        self.second = project.up()
        assert self.second.code == 0, self.second.said
        self.writes = [entry for entry in project.api.requests(last) if entry["method"] != "GET"]
        self.after = self.project.linodes()
        self.again = project.preview("--expect-no-changes")
        self.refreshed = project.run("refresh", "--yes", "--skip-preview", "--stack", "test")
        self.after_refresh = project.preview("--expect-no-changes")

    def _make_things(self) -> dict[str, object]:
        """What the inputs name by id: two of each, so that one can be changed for the other."""
        made = {}
        for prefix in ("", "other_"):
            word = prefix.strip("_") or "first"
            made[f"{prefix}firewall"] = self._call(
                "POST",
                "/networking/firewalls",
                {
                    "label": f"wall-{word}",
                    "rules": {
                        "inbound_policy": "DROP",
                        "outbound_policy": "ACCEPT",
                        "inbound": [],
                        "outbound": [],
                    },
                },
            )["id"]
            made[f"{prefix}group"] = self._call(
                "POST",
                "/placement/groups",
                {
                    "label": f"group-{word}",
                    "region": "de-fra-2",
                    "placement_group_type": "anti_affinity:local",
                    "placement_group_policy": "strict",
                },
            )["id"]
            made[f"{prefix}address"] = self._call("POST", "/networking/reserved/ips", {"region": "de-fra-2"})[
                "address"
            ]
            made[f"{prefix}script"] = self._call(
                "POST",
                "/linode/stackscripts",
                {
                    "label": f"script-{word}",
                    "images": ["any/all"],
                    "script": '#!/bin/bash\n# <UDF name="word" label="word" default="x">',
                },
            )["id"]
        made["made_by_hand"] = self._make_linode("made-by-hand")
        made["others"] = self._call("GET", f"/linode/instances/{made['made_by_hand']}")["ipv4"][0]
        made["backup"], made["other_backup"] = self._make_backup("source-1"), self._make_backup("source-2")
        return made

    def _make_linode(self, label: str) -> object:
        made = self._call("POST", "/linode/instances", {**BASE, "label": label})["id"]
        until(lambda: self._call("GET", f"/linode/instances/{made}")["status"] == "running")
        return made

    def _make_backup(self, label: str) -> object:
        """A snapshot; of one Linode there is only the newest."""
        source = self._make_linode(label)
        self._call("POST", f"/linode/instances/{source}/backups/enable")
        made = self._call("POST", f"/linode/instances/{source}/backups", {"label": "snapshot"})["id"]
        path = f"/linode/instances/{source}/backups/{made}"
        until(lambda: self._call("GET", path)["status"] == "successful")
        return made

    def _declared(self, rows: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, object]]:
        """The rows' inputs, with ids for the names of things, without those that are taken away."""
        return {
            name.replace("_", "-"): {
                key: self.with_ids(value) for key, value in inputs.items() if value is not None
            }
            for name, inputs in rows.items()
        }

    def with_ids(self, value: object) -> object:
        if isinstance(value, dict):
            return {key: self.with_ids(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.with_ids(part) for part in value]
        return self.things[value.strip("{}")] if isinstance(value, str) and value.startswith("{") else value

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return self.project.call(method, f"beta{path}", body)

    def calls_of(self, name: str) -> list[str]:
        """The writes for a row's Linode: "PUT", "POST resize"; ids in them as a star.

        Placement groups and firewalls' devices are the only other things that a change writes to, one row each.
        """
        label = str(ROWS[name].before.get("label") or f"fleet-test-{name.replace('_', '-')}")
        own = f"linode/instances/{self.before[label]['id']}"
        prefixes = (own, *ELSEWHERE.get(name, ()))
        found = []
        for entry in self.writes:
            path = re.sub(r"^/v4(beta)?/", "", str(entry["path"]))
            if entry["status"] == 200 and (
                path == own or path.startswith(tuple(f"{prefix}/" for prefix in prefixes))
            ):
                what = re.sub(r"/\d+", "/*", path.removeprefix(own).strip("/"))
                found.append(f"{entry['method']} {what}".strip())
        return found


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_change_of_each_input_asks_for_what_the_table_says(changed: Changed, name: str) -> None:
    row = ROWS[name]
    label = str(row.before.get("label") or f"fleet-test-{name.replace('_', '-')}")
    linode = changed.before[label]
    label = str(row.after.get("label") or label)

    assert changed.calls_of(name) == row.writes
    assert (changed.after[label]["id"] != linode["id"]) is row.replaced
    for key, value in {"status": "running", **row.left}.items():
        seen = changed.after[label][key]
        assert (seen["id"] if isinstance(seen, dict) else seen) == changed.with_ids(value)


def test_after_every_change_there_is_nothing_left_to_do(changed: Changed) -> None:
    assert changed.again.code == 0, changed.again.said


def test_a_refresh_of_an_untouched_account_leaves_nothing_to_do(changed: Changed) -> None:
    assert changed.refreshed.code == 0, changed.refreshed.said
    assert changed.after_refresh.code == 0, changed.after_refresh.said


def test_the_documentation_shows_what_was_seen(changed: Changed) -> None:
    seen = {name: changed.calls_of(name) for name in ROWS}

    document = docs.with_table(instance_docs.DOCUMENT.read_text(), instance_docs.table(seen))
    if os.environ.get("WRITE_DOCS"):
        instance_docs.DOCUMENT.write_text(document)

    assert instance_docs.DOCUMENT.read_text() == document


def test_every_input_has_a_row() -> None:
    missing = set(InstanceArgs.fields()) - set(ROWS)

    assert missing == set()
