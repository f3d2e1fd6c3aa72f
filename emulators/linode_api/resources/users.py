"""Users of an account, what restricted ones may do, and what gives access to a Linode: passwords, keys, users.

A restricted user needs a grant to make things, and one for each thing that somebody else made, and may never set tags.
Source: recording TestUsers_List of the client library linodego; API pages "List users", "Update a user's grants",
"Create a Linode" (tags, add_linodes). Texts marked * are a choice.
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
from emulators.linode_api.core.grants import ACCESS, GRANTED, give, held
from emulators.linode_api.core.lists import row_with
from emulators.linode_api.core.records import Record, add, all_of, change, given, having, remove
from emulators.linode_api.core.routes import FINDERS, NO_CONTENT, UNRESTRICTED, Call, Routes
from emulators.linode_api.resources.linode.linodes import all_linodes

api = Routes("account")
THINGS = (
    "linode", "nodebalancer", "domain", "stackscript", "longview", "image", "volume", "firewall", "database", "vpc",
)  # fmt: skip


ALSO_GLOBAL = ("add_longview", "cancel_account", "longview_subscription")
"""Global grants that nothing here asks for."""

FLAGS = dict.fromkeys((*GRANTS, *ALSO_GLOBAL), bodies.flag)
PERMISSIONS = choice(*ACCESS)
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


def root_keys(account: Account, body: Body) -> list[str]:
    """The public keys that root is given: those of the request, then those of the users that it names."""
    keys = [*(body.get("authorized_keys") or ())]
    for name in body.get("authorized_users") or ():
        keys += (key["ssh_key"] for key in having(account, "sshkey", username=name))
    return [*dict.fromkeys(keys)]


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
        for table in ("users", "tokens", "entity_grants"):
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
    for table in ("users", "tokens", "entity_grants"):
        statement = f"DELETE FROM {table} WHERE account_id = ? AND username = ?"  # noqa: S608 - names from above
        account.database.run(statement, account.id, username)
    if told := facts(account, username):
        remove(account, told)
    notify(account, "user_delete", None)


@api.get("/account/users/{user}/grants", grant=UNRESTRICTED)
def grants(call: Call, user: Json) -> object:
    """Unrestricted users have none: recording TestGrantsList."""
    return all_grants(call, user) if user["restricted"] else NO_CONTENT


def all_grants(call: Call, user: Json) -> Json:
    """Global ones, and for each thing of the account, null where there is none."""
    account, username = call.account, user["username"]
    question = "SELECT grants FROM users WHERE account_id = ? AND username = ?"
    words = account.database.one(question, account.id, username)["grants"].split()
    single: Json = {}
    for kind in THINGS:
        permissions = held(account, kind, username)
        single[kind] = [
            {"id": thing_id, "label": label, "permissions": permissions.get(thing_id)}
            for thing_id, label in things_of(account, kind)
        ]
    return {
        "global": {
            **{name: name in words for name in FLAGS},
            "account_access": next((name for name in ACCESS if name in words), None),
            "child_account_access": None,
        },
        **single,
    }


def things_of(account: Account, kind: str) -> list[tuple[int, str]]:
    """Id and label of what there are grants for."""
    if kind == "linode":
        return [(linode.id, linode.label) for linode in all_linodes(account)]
    return [(one.id, one["label"]) for one in all_of(account, kind)] if kind in GRANTED else []


@api.put("/account/users/{user}/grants", grant=UNRESTRICTED)
def set_grants(call: Call, user: Json) -> Json:
    if not user["restricted"]:
        raise bad_request("Grants are not available for unrestricted users")  # *
    account, username = call.account, user["username"]
    asked = call.body.get("global") or {}
    single = {kind: call.body[kind] for kind in THINGS if call.body.get(kind) is not None}
    problems = problems_in(asked, {**FLAGS, "account_access": PERMISSIONS}, "global.")
    for kind, rows in single.items():
        problems += single_problems(account, kind, rows)
    raise_if(problems)
    wanted = {**all_grants(call, user)["global"], **asked}
    access = [wanted["account_access"]] if wanted["account_access"] else []
    words = " ".join([*access, *(name for name in FLAGS if wanted[name] is True)])
    statement = "UPDATE users SET grants = ? WHERE account_id = ? AND username = ?"
    account.database.run(statement, words, account.id, username)
    for kind, rows in single.items():
        give(account, username, kind, {one["id"]: one.get("permissions") for one in rows})
    return all_grants(call, user)


def single_problems(account: Account, kind: str, rows: object) -> list[Problem]:
    """Each names a thing, and what the user may do with it. Things that are not named keep their grants."""
    known = {thing_id for thing_id, _ in things_of(account, kind)}
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        return [(kind, "Must be a list of objects")]  # *
    checks = {
        "id": always(that(lambda thing_id: type(thing_id) is int and thing_id in known)),
        "permissions": PERMISSIONS,
    }
    found = [problems_in(one, checks, f"{kind}[{number}].") for number, one in enumerate(rows)]
    return [problem for problems in found for problem in problems]


@api.get("/profile/grants", scope=ANY_SCOPE)
def own_grants(call: Call) -> object:
    return grants(call, find(call.account, call.account.username))
