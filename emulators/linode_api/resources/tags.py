"""Tags of an account: they exist from their first use on, and case does not tell two of them apart.

Source: recording TestTag_Create; API pages "List tags", "Create a tag", "Delete a tag".
"""

from __future__ import annotations

from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, length
from emulators.linode_api.core.errors import bad_request, not_found
from emulators.linode_api.core.routes import UNRESTRICTED, Call, Routes
from emulators.linode_api.resources.linode.linodes import Linode, all_linodes, change

api = Routes("account")


def has_tag(account: Account, label: str) -> bool:
    question = "SELECT 1 FROM tags WHERE account_id = ? AND label = ?"
    return account.database.one(question, account.id, label) is not None


def tagged(account: Account, label: str) -> list[Linode]:
    """What carries the tag. Raises ApiError 404."""
    if not has_tag(account, label):
        raise not_found()
    return [one for one in all_linodes(account) if label.lower() in (tag.lower() for tag in one["tags"])]


@api.rows("/tags")
def rows(call: Call) -> list[Json]:
    """Sorted by label."""
    question = "SELECT label FROM tags WHERE account_id = ? ORDER BY label"
    return [{"label": row["label"]} for row in call.account.database.all(question, call.account.id)]


@api.post("/tags", grant=UNRESTRICTED)
def create(call: Call) -> Json:
    """Also puts the tag on the Linodes of `linodes`."""
    account, label = call.account, call.body.get("label")
    check(call.body, {"label": always(length(3, 50))})
    if has_tag(account, str(label)):
        raise bad_request("Tag label must be unique", "label")
    wanted = set(call.body.get("linodes") or [])
    linodes = {linode.id: linode for linode in all_linodes(account)}
    if wanted - linodes.keys():
        raise bad_request("linodes is not valid", "linodes")
    account.remember_tags([str(label)])
    for linode_id in sorted(wanted):
        change(account, linodes[linode_id], tags=[*linodes[linode_id]["tags"], label])
    return {"label": label}


@api.rows("/tags/{name}")
def objects(call: Call, label: str) -> list[Json]:
    return [{"type": "linode", "data": one.shown(call.account)} for one in tagged(call.account, label)]


@api.delete("/tags/{name}", grant=UNRESTRICTED)
def delete(call: Call, label: str) -> None:
    """Takes the tag off everything that carries it."""
    account = call.account
    for linode in tagged(account, label):
        change(account, linode, tags=[tag for tag in linode["tags"] if tag.lower() != label.lower()])
    account.database.run("DELETE FROM tags WHERE account_id = ? AND label = ?", account.id, label)
