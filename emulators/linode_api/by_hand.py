"""What a test may do to one Linode by hand: keep it busy, lock it, announce a host migration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api import locks, records
from emulators.linode_api.account import Account
from emulators.linode_api.linodes import find_linode, save, with_body

KEYS = ("busy_s", "lock", "pending_migration")


def parse_changes(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ValueError saying what is wrong."""
    unknown = sorted(set(wanted) - set(KEYS))
    if unknown or not wanted:
        raise ValueError(f"send any of {', '.join(KEYS)}")
    if not isinstance(wanted.get("busy_s", 0), int | float):
        raise ValueError("busy_s is a number of seconds")
    if wanted.get("lock") not in (None, *locks.KINDS):
        raise ValueError(f"lock is null or one of {', '.join(locks.KINDS)}")
    return dict(wanted)


def change_linode(account: Account, linode_id: int, changes: Mapping[str, Any]) -> None:
    """`busy_s` counts in the API's seconds, from now."""
    if "busy_s" in changes:
        linode = find_linode(account, linode_id)
        until = account.clock.now() + account.clock.shrink(changes["busy_s"])
        save(account, replace(linode, course=replace(linode.course, busy_until=until)))
    if "pending_migration" in changes:
        linode = find_linode(account, linode_id)
        save(account, with_body(linode, {"pending_migration": changes["pending_migration"] is True}))
    if "lock" in changes:
        for lock in records.all_of(account, "lock", linode_id):
            locks.delete(account, lock)
        if changes["lock"]:
            wanted = {"entity_type": "linode", "entity_id": linode_id, "lock_type": changes["lock"]}
            locks.create(account, wanted)
