"""Locks against deletion, under /v4beta only. A Linode shows its locks in `locks`.

Source: recordings TestLocks, TestTryToLockTwoResourcesWithTheSameType, TestTryToCreateWithInvalidData; the text of
a refused deletion is a choice.
"""

from __future__ import annotations

from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, choice
from emulators.linode_api.core.errors import bad_request
from emulators.linode_api.core.records import Kind, Record, add, all_of, remove_within
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources.linode.linodes import Linode, find_linode, named_linode, save

api = Routes("account", beta=True)
LOCK = Kind("lock", "/locks/{lock}", first_id=16_000)
KINDS = ("cannot_delete", "cannot_delete_with_subresources")


@LOCK.shows
def row(account: Account, lock: Record) -> Json:
    entity = find_linode(account, lock.parent_id).short_entity
    return {"id": lock.id, "lock_type": lock["lock_type"], "entity": entity}


api.reads_of(LOCK, "id", "lock_type", budgets=())


@api.post("/locks")
def create(call: Call) -> Record:
    check(call.body, {"entity_type": always(choice("linode"))})
    check(call.body, {"lock_type": always(choice(*KINDS))})
    linode = named_linode(call.account, call.body, "entity_id")
    return lock(call.account, linode, call.body["lock_type"])


def lock(account: Account, linode: Linode, kind: str) -> Record:
    """Raises ApiError 400 when there is one already."""
    for old in all_of(account, "lock", linode.id):
        raise bad_request(
            f"The {old['lock_type']} lock (Lock ID: {old.id}) needs to be removed to add {kind} lock."
            f" Can only have one of: {', '.join(KINDS)} locks",
            "lock_type",
        )
    save(account, linode.having(locks=[kind]))
    return add(account, "lock", {"lock_type": kind}, linode.id)


@api.delete(LOCK.url)
def delete(call: Call, lock: Record) -> None:
    unlock(call.account, lock.parent_id)


def unlock(account: Account, linode_id: int) -> None:
    remove_within(account, linode_id, "lock")
    save(account, find_linode(account, linode_id).having(locks=[]))
