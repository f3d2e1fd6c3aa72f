"""Tags of an account: they exist from their first use on, and case does not tell two of them apart.

Source: recording TestTag_Create; API pages "List tags", "Create a tag", "Delete a tag".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from emulators.linode_api.account import Account
from emulators.linode_api.errors import bad_request, not_found
from emulators.linode_api.filters import Attributes
from emulators.linode_api.linodes import Linode, all_linodes, find_linode, linode_row, save, with_body

Json = dict[str, Any]

FILTERABLE = Attributes(frozenset())


def remember_tags(account: Account, labels: Sequence[str]) -> None:
    with account.database.transaction() as sql:
        sql.executemany(
            "INSERT OR IGNORE INTO tags (account_id, label) VALUES (?, ?)",
            [(account.id, label) for label in labels],
        )


def tag_rows(account: Account) -> list[Json]:
    """Sorted by label."""
    with account.database.lock:
        rows = account.database.sql.execute(
            "SELECT label FROM tags WHERE account_id = ? ORDER BY label", (account.id,)
        ).fetchall()
    return [{"label": row["label"]} for row in rows]


def create_tag(account: Account, body: Mapping[str, Any]) -> Json:
    """Also puts the tag on the Linodes of `linodes`. Raises ApiError 400."""
    label = body.get("label")
    if not isinstance(label, str) or not 3 <= len(label) <= 50:
        raise bad_request("Length must be 3-50 characters", "label")
    if has_tag(account, label):
        raise bad_request("Tag label must be unique", "label")
    wanted = set(body.get("linodes") or [])
    with account.database.transaction():
        linodes = {linode.id: linode for linode in all_linodes(account)}
        if wanted - linodes.keys():
            raise bad_request("linodes is not valid", "linodes")
        remember_tags(account, [label])
        for linode_id in sorted(wanted):
            set_tags(account, linodes[linode_id], [*linodes[linode_id].body["tags"], label])
    return {"label": label}


def has_tag(account: Account, label: str) -> bool:
    with account.database.lock:
        found = account.database.sql.execute(
            "SELECT 1 FROM tags WHERE account_id = ? AND label = ?", (account.id, label)
        ).fetchone()
    return found is not None


def tagged_objects(account: Account, label: str) -> list[Json]:
    if not has_tag(account, label):
        raise not_found()
    now = account.clock.now()
    return [
        {"type": "linode", "data": linode_row(linode, now)}
        for linode in all_linodes(account)
        if carries(linode, label)
    ]


def delete_tag(account: Account, label: str) -> None:
    """Takes the tag off everything that carries it."""
    with account.database.transaction() as sql:
        if not has_tag(account, label):
            raise not_found()
        for linode in all_linodes(account):
            if carries(linode, label):
                kept = [tag for tag in linode.body["tags"] if tag.lower() != label.lower()]
                set_tags(account, linode, kept)
        sql.execute("DELETE FROM tags WHERE account_id = ? AND label = ?", (account.id, label))


def carries(linode: Linode, label: str) -> bool:
    return label.lower() in (tag.lower() for tag in linode.body["tags"])


def set_tags(account: Account, linode: Linode, tags: list[str]) -> None:
    current = find_linode(account, linode.id)
    save(account, replace(with_body(current, {"tags": tags}), updated=account.clock.now()))
