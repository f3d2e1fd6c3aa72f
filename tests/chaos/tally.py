"""What an account really holds, counted in the local API's database, against what the stack's state says."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from tests.checkout import Checkout

KINDS = {
    "Instance": ("/linode/instances", "linode_create"),
    "Firewall": ("/networking/firewalls", "firewall_create"),
    "SSHKey": ("/profile/sshkeys", "user_ssh_key_add"),
}
"""By kind: its list, and the event that tells that one was made."""


@dataclass
class Tally:
    """Sums over all rounds and kinds. Every one of them is to stay 0 but for `creates` and `kills`."""

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


def in_account(checkout: Checkout, kind: str = "Instance") -> dict[int, str]:
    """Id and label of everything of a kind that is there."""
    rows: Any = checkout.call("GET", f"{KINDS[kind][0]}?page_size=500")["data"]
    return {int(row["id"]): str(row["label"]) for row in rows}


def labels_in_account(checkout: Checkout) -> dict[str, int]:
    """Label and id of every Linode that is there."""
    return {label: id_ for id_, label in in_account(checkout).items()}


def ever_created(checkout: Checkout, kind: str = "Instance") -> int:
    database = f"file:{checkout.local / 'linode.sqlite3'}?mode=ro"
    with closing(sqlite3.connect(database, uri=True, timeout=30)) as sql:
        question = "SELECT count(*) FROM events WHERE action = ?"
        return int(sql.execute(question, (KINDS[kind][1],)).fetchone()[0])


def state_of(checkout: Checkout, kind: str = "Instance") -> tuple[set[int], int]:
    """Ids of a kind in the state, and the number of pending operations."""
    latest = json.loads(checkout.checkpoint())["checkpoint"]["latest"]
    ids = {
        int(entry["id"])
        for entry in latest.get("resources") or []
        if entry["type"].endswith(f"linode:{kind}") and entry.get("id")
    }
    return ids, len(latest.get("pending_operations") or [])


def compare(
    tally: Tally, checkout: Checkout, wanted: Mapping[str, Sequence[str]], created: Mapping[str, int] | None
) -> None:
    """Count what is wrong. `wanted`: labels by kind. `created`: how many were to be made so far, None where that
    depends on the moment."""
    for kind, labels in wanted.items():
        there, (ids, pending) = in_account(checkout, kind), state_of(checkout, kind)
        made = ever_created(checkout, kind)
        right = made if created is None else created[kind]
        missing = Counter(labels) - Counter(there.values())
        tally.duplicates += max(0, made - right, len(there) - len(labels))
        tally.orphans += len(set(there) - ids)
        tally.lost += len(ids - set(there)) + missing.total()
        tally.pending += pending
        if made != right or Counter(there.values()) != Counter(labels) or ids != set(there) or pending:
            tally.notes.append(
                f"{kind}: made {made} of {right}; wanted {sorted(labels)}, there {sorted(there.values())}, "
                f"in state {sorted(ids)}, there as {sorted(there)}, pending {pending}"
            )
