"""What an account really holds, counted in the local API's database, against what the stack's state says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field

from tests.checkout import Checkout


@dataclass
class Tally:
    """Sums over all rounds. Every one of them is to stay 0 but for `creates` and `kills`."""

    creates: int = 0
    kills: int = 0
    duplicates: int = 0
    orphans: int = 0
    lost: int = 0
    pending: int = 0
    unexplained: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.duplicates or self.orphans or self.lost or self.pending or self.unexplained)

    def last_line(self) -> str:
        return f"{self.creates} creates, {self.kills} kills: {self.duplicates} duplicates, {self.orphans} orphans"


def labels_in_account(checkout: Checkout) -> dict[str, int]:
    """Label and id of every Linode that is there."""
    checkout.call("GET", "/linode/instances")  # what is over by now is put into the database
    with closing(_database(checkout)) as sql:
        return dict(sql.execute("SELECT label, id FROM linodes").fetchall())


def ever_created(checkout: Checkout) -> int:
    with closing(_database(checkout)) as sql:
        question = "SELECT count(*) FROM events WHERE action = 'linode_create'"
        return int(sql.execute(question).fetchone()[0])


def _database(checkout: Checkout) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{checkout.local / 'linode.sqlite3'}?mode=ro", uri=True, timeout=30)


def state_of(checkout: Checkout) -> tuple[set[int], int]:
    """Ids of the Linodes in the state, and the number of pending operations."""
    latest = json.loads(checkout.checkpoint())["checkpoint"]["latest"]
    ids = {
        int(entry["id"])
        for entry in latest.get("resources") or []
        if entry["type"].endswith("linode:Instance") and entry.get("id")
    }
    return ids, len(latest.get("pending_operations") or [])


def compare(tally: Tally, checkout: Checkout, wanted: Collection[str], created: int | None) -> None:
    """Count what is wrong. `created`: Linodes that were to be made so far, None where that depends on the moment."""
    there, (ids, pending) = labels_in_account(checkout), state_of(checkout)
    made = ever_created(checkout)
    created = made if created is None else created
    tally.duplicates += max(0, made - created, len(there) - len(set(wanted)))
    tally.orphans += len(set(there.values()) - ids)
    tally.lost += len(ids - set(there.values())) + len(set(wanted) - set(there))
    tally.pending += pending
    if made != created or set(there) != set(wanted) or ids != set(there.values()) or pending:
        tally.notes.append(
            f"made {made} of {created}; wanted {sorted(wanted)}, there {sorted(there)}, "
            f"in state {sorted(ids)}, there as {sorted(there.values())}, pending {pending}"
        )
