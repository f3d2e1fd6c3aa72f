"""Locks against deletion, of Linodes and NodeBalancers, under /v4beta only. Those show them in `locks`.

Source: linodego's `TestNodeBalancer_Locks`; recordings TestLocks, TestTryToLockTwoResourcesWithTheSameType,
TestTryToCreateWithInvalidData; the text of a refused deletion is a choice.
"""

from __future__ import annotations

from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, choice
from emulators.linode_api.core.errors import bad_request
from emulators.linode_api.core.records import (
    Kind,
    Record,
    add,
    all_of,
    change,
    find,
    get,
    remove,
    remove_within,
)
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources.linode.linodes import Linode, find_linode, named_linode, save
from emulators.linode_api.resources.nodebalancers import BALANCER

api = Routes("account", beta=True)
LOCK = Kind("lock", "/locks/{lock}", first_id=16_000)
KINDS = ("cannot_delete", "cannot_delete_with_subresources")


@LOCK.shows
def row(account: Account, lock: Record) -> Json:
    return {"id": lock.id, "lock_type": lock["lock_type"], "entity": held_by(account, lock).short_entity}


def held_by(account: Account, lock: Record) -> Linode | Record:
    if lock.body.get("entity_type") == BALANCER.name:
        return find(account, BALANCER.name, lock.parent_id)
    return find_linode(account, lock.parent_id)


api.reads_of(LOCK, "id", "lock_type", budgets=())


@api.post("/locks")
def create(call: Call) -> Record:
    account, body = call.account, call.body
    check(body, {"entity_type": always(choice("linode", BALANCER.name))})
    check(body, {"lock_type": always(choice(*KINDS))})
    if body["entity_type"] == "linode":
        return lock(account, named_linode(account, body, "entity_id"), body["lock_type"])
    balancer = get(account, BALANCER.name, body.get("entity_id"))
    if balancer is None:
        raise bad_request("entity_id is not valid", "entity_id")
    return lock(account, balancer, body["lock_type"])


def lock(account: Account, thing: Linode | Record, kind: str) -> Record:
    """Raises ApiError 400 when there is one already."""
    for old in all_of(account, "lock", thing.id):
        raise bad_request(
            f"The {old['lock_type']} lock (Lock ID: {old.id}) needs to be removed to add {kind} lock."
            f" Can only have one of: {', '.join(KINDS)} locks",
            "lock_type",
        )
    set_locks(account, thing, [kind])
    told = {"lock_type": kind, "entity_type": thing.short_entity["type"]}
    return add(account, "lock", told, thing.id)


def set_locks(account: Account, thing: Linode | Record, locks: list[str]) -> None:
    if isinstance(thing, Linode):
        save(account, thing.having(locks=locks))
    else:
        change(account, thing, locks=locks)


@api.delete(LOCK.url)
def delete(call: Call, lock: Record) -> None:
    set_locks(call.account, held_by(call.account, lock), [])
    remove(call.account, lock)


def unlock(account: Account, linode_id: int) -> None:
    remove_within(account, linode_id, "lock")
    set_locks(account, find_linode(account, linode_id), [])
