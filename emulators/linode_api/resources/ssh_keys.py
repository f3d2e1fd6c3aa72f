"""SSH keys of the acting user. Source: recordings TestSSHKey_GetFound, TestSSHKey_GetMissing."""

from __future__ import annotations

from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, is_ssh_key, length, that
from emulators.linode_api.core.errors import not_found
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.records import Kind, Record, add, change, find, having, remove
from emulators.linode_api.core.routes import FINDERS, Call, Routes
from emulators.linode_api.core.stored import Stored

api = Routes("account")
KEY = Kind("sshkey", "/profile/sshkeys/{sshkey}", first_id=460_000)
LABEL = {"label": always(length(0, 64))}
CONTENT = {"ssh_key": always(that(is_ssh_key, "SSH Key is invalid"))}


@KEY.shows
def row(_: Account, key: Record) -> Json:
    return {"id": key.id, **key.parts("label", "ssh_key"), "created": stamp(key.created)}


def own(account: Account, key_id: int, _: object) -> Record:
    key = find(account, "sshkey", key_id)
    if key["username"] != account.username:
        raise not_found()
    return key


FINDERS["sshkey"] = own
api.shows(KEY.url)


@api.rows("/profile/sshkeys", "label")
def rows(call: Call) -> Stored[Record]:
    return having(call.account, "sshkey", username=call.account.username)


@api.post("/profile/sshkeys")
def create(call: Call) -> Record:
    check(call.body, LABEL)
    check(call.body, CONTENT)
    kept = {name: call.body[name] for name in ("label", "ssh_key")}
    made = add(call.account, "sshkey", {**kept, "username": call.account.username})
    notify(call.account, "user_ssh_key_add", None)
    return made


@api.put(KEY.url)
def rename(call: Call, key: Record) -> Record:
    check(call.body, LABEL)
    return change(call.account, key, label=call.body["label"])


@api.delete(KEY.url)
def delete(call: Call, key: Record) -> None:
    remove(call.account, key)
    notify(call.account, "user_ssh_key_delete", None)
