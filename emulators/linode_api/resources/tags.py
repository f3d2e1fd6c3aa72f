"""Tags of an account: they exist from their first use on, and case does not tell two of them apart.

Source: recording TestTag_Create; API pages "List tags", "Create a tag", "Delete a tag".
"""

from __future__ import annotations

from dataclasses import dataclass

from emulators.linode_api.core import Json, records
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, length
from emulators.linode_api.core.errors import bad_request, not_found
from emulators.linode_api.core.records import Record, Thing
from emulators.linode_api.core.routes import UNRESTRICTED, Call, Routes
from emulators.linode_api.core.stored import Stored
from emulators.linode_api.resources.linode import linodes
from emulators.linode_api.resources.linode.linodes import Linode

api = Routes("account")
LISTED = {
    **{kind: kind for kind in ("linode", "domain", "volume", "nodebalancer")},
    "reserved": "reserved_ipv4_address",
}
"""What a tag lists: kinds of records, and what the API calls them."""

HAS_TAG = "EXISTS (SELECT 1 FROM json_each(body, '$.tags') AS tag WHERE tag.value = ? COLLATE NOCASE)"


def has_tag(account: Account, label: str) -> bool:
    question = "SELECT 1 FROM tags WHERE account_id = ? AND label = ?"
    return account.database.one(question, account.id, label) is not None


@dataclass(frozen=True)
class Tagged(Thing):
    """What carries a tag, and what a list of it says it is."""

    name: str
    one: Linode | Record

    def shown(self, account: Account) -> Json:
        return {"type": self.name, "data": self.one.shown(account)}


def tagged(account: Account, label: str) -> list[Tagged]:
    """Raises ApiError 404."""
    if not has_tag(account, label):
        raise not_found()
    return [
        Tagged(name, one) for kind, name in LISTED.items() for one in every(account, kind).but(HAS_TAG, label)
    ]


def every(account: Account, kind: str) -> Stored[Linode] | Stored[Record]:
    return linodes.stored(account) if kind == "linode" else records.stored(account, kind)


@api.rows("/tags")
def rows(call: Call) -> list[Json]:
    """Sorted by label."""
    question = "SELECT label FROM tags WHERE account_id = ? ORDER BY label"
    return [{"label": row["label"]} for row in call.account.database.all(question, call.account.id)]


@api.post("/tags", grant=UNRESTRICTED)
def create(call: Call) -> Json:
    """Also puts the tag on what `linodes`, `domains`, `volumes`, `nodebalancers`, `reserved_ipv4_addresses` name."""
    account, label = call.account, call.body.get("label")
    check(call.body, {"label": always(length(3, 50))})
    if has_tag(account, str(label)):
        raise bad_request("Tag label must be unique", "label")
    chosen: list[Linode | Record] = []
    for kind, name in LISTED.items():
        field = f"{name}es" if name.endswith("s") else f"{name}s"
        wanted = call.body.get(field) or []
        held = every(account, kind) if wanted else ()
        by_id = {one["address"] if kind == "reserved" else one.id: one for one in held}
        if not set(wanted) <= by_id.keys():
            raise bad_request(f"{field} is not valid", field)
        chosen += [by_id[id_] for id_ in sorted(set(wanted))]
    account.remember_tags([str(label)])
    for one in chosen:
        put(account, one, [*one.body["tags"], label])
    return {"label": label}


def put(account: Account, one: Linode | Record, tags: list[object]) -> None:
    if isinstance(one, Linode):
        linodes.change(account, one, tags=tags)
    else:
        records.change(account, one, tags=tags)


@api.rows("/tags/{name}")
def objects(call: Call, label: str) -> list[Tagged]:
    return tagged(call.account, label)


@api.delete("/tags/{name}", grant=UNRESTRICTED)
def delete(call: Call, label: str) -> None:
    """Takes the tag off everything that carries it."""
    account = call.account
    for found in tagged(account, label):
        put(account, found.one, [tag for tag in found.one.body["tags"] if tag.lower() != label.lower()])
    account.database.run("DELETE FROM tags WHERE account_id = ? AND label = ?", account.id, label)
