"""Locks against deletion, under /v4beta only. A Linode shows its locks in `locks`.

Source: recordings TestLocks, TestTryToLockTwoResourcesWithTheSameType, TestTryToCreateWithInvalidData; the text of
a refused deletion is a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.linode_api import records
from emulators.linode_api.account import Account
from emulators.linode_api.errors import bad_request
from emulators.linode_api.filters import Attributes
from emulators.linode_api.linodes import Linode, find_linode, named_linode, save, with_body
from emulators.linode_api.records import Record

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(frozenset({"id", "lock_type"}))
KINDS = ("cannot_delete", "cannot_delete_with_subresources")


def lock_row(account: Account, lock: Record) -> Json:
    entity = find_linode(account, lock.parent_id or 0).entity
    shown = {name: entity[name] for name in ("id", "type", "label", "url")}
    return {"id": lock.id, "lock_type": lock.body["lock_type"], "entity": shown}


def create(account: Account, body: Body) -> Record:
    kind = body.get("lock_type")
    if body.get("entity_type") != "linode":
        raise bad_request("entity_type is not valid", "entity_type")
    if kind not in KINDS:
        raise bad_request("lock_type is not valid", "lock_type")
    linode = named_linode(account, body, "entity_id")
    held = records.all_of(account, "lock", linode.id)
    if held:
        old = held[0]
        raise bad_request(
            f"The {old.body['lock_type']} lock (Lock ID: {old.id}) needs to be removed to add {kind} lock."
            f" Can only have one of: {', '.join(KINDS)} locks",
            "lock_type",
        )
    with account.database.transaction():
        made = records.add(account, "lock", {"lock_type": kind}, linode.id)
        save(account, with_body(linode, {"locks": [kind]}))
    return made


def delete(account: Account, lock: Record) -> None:
    with account.database.transaction():
        records.remove(account, lock)
        save(account, with_body(find_linode(account, lock.parent_id or 0), {"locks": []}))


def require_unlocked(linode: Linode) -> None:
    if linode.body.get("locks"):
        raise bad_request("Linode is locked: remove its lock before deleting it.")
