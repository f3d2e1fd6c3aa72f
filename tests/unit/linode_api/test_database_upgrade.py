"""A database that an earlier version wrote is brought up to date, nothing in it is lost."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.core.accounts import DEFAULT_SETTINGS, digest
from emulators.linode_api.core.database import (
    APPLICATION_ID,
    SCHEMA,
    VERSION,
    Database,
    DatabaseUnusable,
)
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import EMPTY, Caller, made

TOKEN = "0123456789abcdef" * 4
LINODE = {
    "group": "", "type": "g6-nanode-1", "ipv4": ["198.18.0.6"], "ipv6": "2001:db8::1/128", "image": "linode/debian12",
    "region": "us-ord", "alerts": {}, "tags": ["old"], "watchdog_enabled": True, "host_uuid": "0" * 40,
    "backups": {"enabled": False, "available": False, "schedule": {"day": None, "window": None}},
    "has_user_data": False, "disk_encryption": "enabled", "interface_generation": "legacy_config",
    "maintenance_policy": "linode/migrate",
}  # fmt: skip
CONFIG = {
    "label": "My Debian 12 Disk Profile", "kernel": "linode/grub2", "network_helper": False, "interfaces": [],
    "devices": {"sda": {"disk_id": 188_000_001, "volume_id": None}, "sdb": None},
}  # fmt: skip
DISK = {"label": "Debian 12 Disk", "filesystem": "ext4", "size": 25_088, "disk_encryption": "enabled"}


def old_database(path: Path) -> None:
    """As the first version wrote it: one Linode that is off, one token."""
    sql = sqlite3.connect(path)
    sql.executescript((SCHEMA / "1.sql").read_text())
    sql.execute(
        "INSERT INTO accounts VALUES (1, 'local', 'E', 'local', 1.0, ?)", (json.dumps(DEFAULT_SETTINGS),)
    )
    sql.execute("INSERT INTO tokens VALUES (?, 1, '*', 1.0)", (digest(TOKEN),))
    sql.execute(
        "INSERT INTO linodes VALUES (98000001, 1, 'old', 1.0, 1.0, 'offline', '[]', 0.0, ?)",
        (json.dumps(LINODE),),
    )
    sql.execute("INSERT INTO disks VALUES (188000001, 98000001, 1.0, 1.0, ?)", (json.dumps(DISK),))
    sql.execute("INSERT INTO configs VALUES (101000001, 98000001, 1.0, ?)", (json.dumps(CONFIG),))
    sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    sql.execute("PRAGMA user_version = 1")
    sql.commit()
    sql.close()


def test_linodes_and_tokens_of_the_first_version_are_still_there(tmp_path: Path) -> None:
    old_database(tmp_path / "api.db")
    clock = HeldClock()

    with LocalApi(tmp_path / "api.db", clock=clock) as api:
        caller = Caller(api, TOKEN)
        path = "/linode/instances/98000001"
        linode = made(caller.get(path))
        [config], [disk] = caller.rows(path + "/configs"), caller.rows(path + "/disks")
        caller.post(path + "/boot")
        clock.advance(30)
        running, new = caller.status(98000001), caller.create(**EMPTY)
        tokens = caller.rows("/profile/tokens")
        caller.close()

    assert (linode["label"], linode["tags"], linode["placement_group"], linode["locks"]) == (
        "old",
        ["old"],
        None,
        [],
    )
    assert config["helpers"]["network"] is False
    assert (disk["id"], disk["status"], disk["size"]) == (188_000_001, "ready", 25_088)
    assert (running, new["id"], len(tokens)) == ("running", 98000002, 1)


def test_a_later_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "api.db"
    Database(path).close()
    sql = sqlite3.connect(path)
    sql.execute(f"PRAGMA user_version = {VERSION + 1}")
    sql.close()
    content = path.read_bytes()

    with pytest.raises(DatabaseUnusable, match="belongs to another program or version"):
        Database(path)

    assert path.read_bytes() == content
