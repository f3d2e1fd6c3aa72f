"""Users of an account, what restricted ones may do, and what gives access to a Linode: passwords, keys, users.

A restricted user needs a grant to make things and may never set tags; here every user may read and change every
Linode. Source: recording TestUsers_List of the client library linodego; API pages "List users", "Create a Linode"
(tags, add_linodes). Texts marked * are a choice.
"""

from __future__ import annotations

from emulators.linode_api.core import Body, Json, bodies
from emulators.linode_api.core.accounts import ANY_SCOPE, GRANTS, Account, Accounts
from emulators.linode_api.core.bodies import (
    always,
    begins_as_ssh_key,
    check,
    choice,
    length,
    problems_in,
    that,
)
from emulators.linode_api.core.errors import Problem, bad_request, raise_if
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.lists import row_with
from emulators.linode_api.core.records import Record, add, change, given, having, remove
from emulators.linode_api.core.routes import FINDERS, NO_CONTENT, UNRESTRICTED, Call, Routes

api = Routes("account")
THINGS = (  # for single ones there are no grants here
    "linode", "nodebalancer", "domain", "stackscript", "longview", "image", "volume", "firewall", "database", "vpc",
)  # fmt: skip


ALSO_GLOBAL = ("add_longview", "cancel_account", "longview_subscription")
"""Global grants that nothing here asks for."""

FLAGS = dict.fromkeys((*GRANTS, *ALSO_GLOBAL), bodies.flag)
ACCESS = ("read_only", "read_write")
FIELDS = {"username": length(3, 32), "email": bodies.text, "restricted": bodies.flag}


def names(account: Account) -> set[str]:
    rows = account.database.all("SELECT username FROM users WHERE account_id = ?", account.id)
    return {account.owner, *(row["username"] for row in rows)}


def access_problems(account: Account, body: Body) -> list[Problem]:
    """The root password, SSH keys by their beginning, and names of users whose keys are wanted.

    Source for the second: recording TestInstance_TestCreateLinodeWithKernel…, which rebuilds with `ecdsa-sha2-nistp`.
    """
    known = names(account)
    return problems_in(
        body,
        {
            "root_pass": bodies.password,
            "authorized_keys": that(
                lambda keys: all(map(begins_as_ssh_key, keys)), "SSH Key is invalid"
            ),  # *
            "authorized_users": that(lambda users: known.issuperset(users), "Username is not valid"),  # *
        },
    )


def require_credentials(body: Body) -> None:
    """Source: recording TestInstance_TestExpectedErrorIfFieldsAuthorizedUsers…: the error has no field."""
    if not any(body.get(name) for name in ("root_pass", "authorized_keys", "authorized_users")):
        raise bad_request("Must provide valid root_pass, authorized_keys, or authorized_users")


def facts(account: Account, username: str) -> Record | None:
    """What was told of a user."""
    return next(iter(having(account, "user_facts", username=username)), None)


def tell(account: Account, username: str, told: Json) -> None:
    held = facts(account, username) or add(account, "user_facts", {"username": username})
    change(account, held, **told)


def email(account: Account, username: str) -> str:
    held = facts(account, username)
    return str((held.body if held else {}).get("email") or f"{username}@example.com")


def row(account: Account, username: str, *, restricted: bool) -> Json:
    return {
        "username": username,
        "email": email(account, username),
        "restricted": restricted,
        "ssh_keys": [key["label"] for key in having(account, "sshkey", username=username)],
        "tfa_enabled": False,
        "verified_phone_number": None,
        "password_created": None,
        "last_login": None,
        "user_type": "default",
    }


def all_users(account: Account) -> list[Json]:
    found = account.database.all("SELECT * FROM users WHERE account_id = ? ORDER BY username", account.id)
    others = [row(account, one["username"], restricted=bool(one["restricted"])) for one in found]
    return [row(account, account.owner, restricted=False), *others]


def find(account: Account, username: str, _: object = None) -> Json:
    return row_with(all_users(account), "username", username)


FINDERS["user"] = find
api.shows("/account/users/{user}", grant=UNRESTRICTED)


@api.rows("/account/users", "username", budgets=(), grant=UNRESTRICTED)
def rows(call: Call) -> list[Json]:
    return all_users(call.account)


@api.post("/account/users", grant=UNRESTRICTED)
def create(call: Call) -> Json:
    """A restricted user has no grant at first."""
    account, username = call.account, str(call.body.get("username"))
    check(call.body, {**FIELDS, "username": always(FIELDS["username"])})
    if username in names(account):
        raise bad_request("Username is already taken", "username")
    restricted = call.body.get("restricted") is not False
    Accounts(account.database, account.clock).add_user(account.name, username, restricted=restricted)
    tell(account, username, given(call.body, "email"))
    notify(account, "user_create", None)
    return find(account, username)


@api.put("/account/users/{user}", grant=UNRESTRICTED)
def update(call: Call, user: Json) -> Json:
    """The account's owner keeps the name, and is never restricted*."""
    account, body, old = call.account, call.body, user["username"]
    check(body, FIELDS)
    new = str(body.get("username") or old)
    if new != old and new in names(account):
        raise bad_request("Username is already taken", "username")
    if old == account.owner and (new != old or body.get("restricted")):
        raise bad_request("The account's owner cannot be changed")
    tell(account, old, given(body, "email"))
    if body.get("restricted") is not None:
        statement = "UPDATE users SET restricted = ? WHERE account_id = ? AND username = ?"
        account.database.run(statement, body["restricted"], account.id, old)
    if new != old:
        for table in ("users", "tokens"):
            statement = f"UPDATE {table} SET username = ? WHERE account_id = ? AND username = ?"  # noqa: S608 - names from above
            account.database.run(statement, new, account.id, old)
        for kind in ("sshkey", "user_facts"):
            for one in having(account, kind, username=old):
                change(account, one, username=new)
    notify(account, "user_update", None)
    return find(account, new)


@api.delete("/account/users/{user}", grant=UNRESTRICTED)
def delete(call: Call, user: Json) -> None:
    """The user's tokens are worth nothing then."""
    account, username = call.account, user["username"]
    if username == account.owner:
        raise bad_request("The account's owner cannot be deleted")
    account.database.run("DELETE FROM users WHERE account_id = ? AND username = ?", account.id, username)
    account.database.run("DELETE FROM tokens WHERE account_id = ? AND username = ?", account.id, username)
    if held := facts(account, username):
        remove(account, held)
    notify(account, "user_delete", None)


@api.get("/account/users/{user}/grants", grant=UNRESTRICTED)
def grants(call: Call, user: Json) -> object:
    """Unrestricted users have none: recording TestGrantsList."""
    return held_grants(call, user) if user["restricted"] else NO_CONTENT


def held_grants(call: Call, user: Json) -> Json:
    question = "SELECT grants FROM users WHERE account_id = ? AND username = ?"
    held = call.account.database.one(question, call.account.id, user["username"])["grants"].split()
    return {
        "global": {
            **{name: name in held for name in FLAGS},
            "account_access": next((name for name in ACCESS if name in held), None),
            "child_account_access": None,
        },
        **{name: [] for name in THINGS},
    }


@api.put("/account/users/{user}/grants", grant=UNRESTRICTED)
def set_grants(call: Call, user: Json) -> Json:
    if not user["restricted"]:
        raise bad_request("Grants are not available for unrestricted users")  # *
    asked = call.body.get("global") or {}
    raise_if(problems_in(asked, {**FLAGS, "account_access": choice(*ACCESS)}, "global."))
    wanted = {**held_grants(call, user)["global"], **asked}
    access = [wanted["account_access"]] if wanted["account_access"] else []
    held = " ".join([*access, *(name for name in FLAGS if wanted[name] is True)])
    statement = "UPDATE users SET grants = ? WHERE account_id = ? AND username = ?"
    call.account.database.run(statement, held, call.account.id, user["username"])
    return held_grants(call, user)


@api.get("/profile/grants", scope=ANY_SCOPE)
def own_grants(call: Call) -> object:
    return grants(call, find(call.account, call.account.username))
