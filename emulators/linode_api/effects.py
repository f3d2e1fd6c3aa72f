"""What happens when a job ends: a new plan, another region, a disk's new size, the end of a deleted Linode.

An event keeps its effect as JSON, {name: value}; effects of finished jobs take place, in order, before the next
request of the account is answered. A job that fails has none.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from emulators.linode_api import actions, backups, disks, images, resizing
from emulators.linode_api.account import Account
from emulators.linode_api.linodes import find_linode, save, with_body

Json = dict[str, Any]
Effect = Callable[[Account, int, Any], None]


def settle(account: Account) -> None:
    """Lets the effects of finished jobs happen."""
    now = account.clock.now()
    due = "SELECT id, linode_id, effect, ends FROM events WHERE account_id = ? AND effect IS NOT NULL AND ends <= ?"
    with account.database.lock:
        if account.database.sql.execute(due + " LIMIT 1", (account.id, now)).fetchone() is None:
            return
    with account.database.transaction() as sql:
        for row in sql.execute(due + " ORDER BY ends, id", (account.id, now)).fetchall():
            take_effect(account, row)
            sql.execute("UPDATE events SET effect = NULL WHERE id = ?", (row["id"],))


def take_effect(account: Account, row: sqlite3.Row) -> None:
    effect = json.loads(row["effect"])
    if "body" in effect:
        linode = find_linode(account, row["linode_id"])
        save(account, replace(with_body(linode, effect["body"]), updated=row["ends"]))
    for name, value in effect.items():
        if name != "body":
            EFFECTS[name](account, row["linode_id"], value)


EFFECTS: dict[str, Effect] = {
    "delete": actions.finish_delete,
    "disk_sizes": disks.set_sizes,
    "disk_gone": disks.forget,
    "moved": resizing.arrive,
    "backup": backups.finish,
    "image": images.finish,
}
