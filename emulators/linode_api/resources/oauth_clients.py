"""OAuth clients: programs that ask people for a token of theirs. They are kept, and nobody logs in by one.

Source: linodego's `TestOAuthClient_GetFound` and `TestOAuthClients_Reset`; linode_api4's suite. Texts marked * are a
choice.
"""

from __future__ import annotations

import secrets

from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import check, flag, length, required
from emulators.linode_api.core.errors import not_found
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.records import Record, add, all_of, change, given, having, remove
from emulators.linode_api.core.routes import FINDERS, UNRESTRICTED, Call, Routes

api = Routes("account", grant=UNRESTRICTED)
KIND = "oauth_client"
ALL, ONE = "/account/oauth-clients", "/account/oauth-clients/{oauth_client}"
FIELDS = {"label": length(1, 512), "redirect_uri": length(1, 512), "public": flag}


def row(client: Record) -> Json:
    """Its secret is shown by the answers alone that make one."""
    return {
        "id": client["key"],
        **client.parts("redirect_uri", "label"),
        "status": "active",
        "secret": "<REDACTED>",
        "thumbnail_url": None,
        **client.parts("public"),
    }


def find(account: Account, key: str, _: object = None) -> Record:
    for client in having(account, KIND, key=key):
        return client
    raise not_found()


FINDERS[KIND] = find


@api.rows(ALL, "id", "label", budgets=())
def rows(call: Call) -> list[Json]:
    return [row(client) for client in all_of(call.account, KIND)]


@api.get(ONE)
def read(_: Call, client: Record) -> Json:
    return row(client)


@api.post(ALL)
def create(call: Call) -> Json:
    check(call.body, {**FIELDS, **{name: required(FIELDS[name]) for name in ("label", "redirect_uri")}})
    kept = {"key": secrets.token_hex(10), "public": False, **given(call.body, *FIELDS)}
    made = add(call.account, KIND, kept)
    notify(call.account, "oauth_client_create", None)
    return row(made) | {"secret": secrets.token_hex(32)}


@api.put(ONE)
def update(call: Call, client: Record) -> Json:
    check(call.body, FIELDS)
    changed = change(call.account, client, **given(call.body, "label", "redirect_uri"))
    notify(call.account, "oauth_client_update", None)
    return row(changed)


@api.post(ONE + "/reset_secret")  # as linode_api4 calls it
@api.post(ONE + "/reset-secret")
def reset(call: Call, client: Record) -> Json:
    notify(call.account, "oauth_client_secret_reset", None)
    return row(client) | {"secret": secrets.token_hex(32)}


@api.delete(ONE)
def delete(call: Call, client: Record) -> None:
    remove(call.account, client)
    notify(call.account, "oauth_client_delete", None)
