"""The account, its settings and what it may use; the profile of the acting user; the account's events."""

from __future__ import annotations

import json
from pathlib import Path

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Json, bodies
from emulators.linode_api.core.accounts import ANY_SCOPE, Account
from emulators.linode_api.core.bodies import always, check, choice, is_ssh_key, that
from emulators.linode_api.core.errors import bad_request, not_found
from emulators.linode_api.core.events import all_events, event_row, notify
from emulators.linode_api.core.records import Record, add, all_of, change, given
from emulators.linode_api.core.routes import UNRESTRICTED, Call, Routes
from emulators.linode_api.core.stored import Stored
from emulators.linode_api.resources import users

api = Routes("account")
events = Routes("events")
SETTINGS = {
    "backups_enabled": always(bodies.flag),
    "network_helper": always(bodies.flag),
    "maintenance_policy": always(bodies.maintenance_policy),
    "interfaces_for_new_linodes": choice(  # linodego sends null for what stays
        "legacy_config_only",
        "legacy_config_default_but_linode_allowed",
        "linode_default_but_legacy_config_allowed",
        "linode_only",
    ),
}
ADDRESS = dict.fromkeys(
    ("address_1", "address_2", "city", "company", "country", "email", "first_name", "last_name", "phone", "state",
     "tax_id", "zip"),
    bodies.text,
)  # fmt: skip
PROFILE = {
    "email": bodies.text,
    "timezone": bodies.text,
    "email_notifications": bodies.flag,
    "ip_whitelist_enabled": bodies.flag,
    "two_factor_auth": bodies.flag,
    "lish_auth_method": choice("password_keys", "keys_only", "disabled"),
    "authorized_keys": that(lambda keys: all(map(is_ssh_key, keys)), "SSH Key is invalid"),
}
SERVICES = ("Linodes", "NodeBalancers", "Block Storage", "Kubernetes")
FACTS = json.loads((Path(__file__).parent / "account.json").read_text(encoding="utf-8"))  # the same for all


@api.get("/account")
def account(call: Call) -> Json:
    """Source: recording TestAccount_Get."""
    own = {"active_since": stamp(call.account.created), "euuid": call.account.euuid}
    email = {"email": users.email(call.account, call.account.owner)}
    held = told(call.account)
    return {**FACTS["account"], **email, **own, **(held.body if held else {})}


def told(account: Account) -> Record | None:
    return next(iter(all_of(account, "account_facts")), None)


@api.put("/account", grant=UNRESTRICTED)
def change_account(call: Call) -> Json:
    check(call.body, ADDRESS)
    held = told(call.account) or add(call.account, "account_facts", {})
    change(call.account, held, **given(call.body, *ADDRESS))
    notify(call.account, "account_update", None)
    return account(call)


@api.get("/profile", scope=ANY_SCOPE)
def profile(call: Call) -> Json:
    """Source: recording TestProfile_Get."""
    name = call.account.username
    own = {"uid": 1_000_000 + call.account.id, "username": name, "email": users.email(call.account, name)}
    held = users.facts(call.account, name)
    said = given(held.body, *PROFILE) if held else {}
    return {**FACTS["profile"], **own, **said, "restricted": call.account.restricted}


@api.put("/profile")
def change_profile(call: Call) -> Json:
    """`restricted` is a matter of PUT /account/users."""
    check(call.body, PROFILE)
    if call.body.get("restricted") not in (None, call.account.restricted):
        raise bad_request("You can't change this for yourself.", "restricted")  # *
    users.tell(call.account, call.account.username, given(call.body, *PROFILE))
    notify(call.account, "profile_update", None)
    return profile(call)


@api.get("/account/settings")
def settings(call: Call) -> Json:
    return call.account.settings


@api.put("/account/settings", grant=UNRESTRICTED)
def change_settings(call: Call) -> Json:
    for name in [name for name in SETTINGS if name in call.body]:  # one at a time
        check(call.body, {name: SETTINGS[name]})
    call.account.change_settings(given(call.body, *SETTINGS))
    return call.account.settings


@api.rows("/account/availability")
def availability(_: Call) -> list[Json]:
    """What the account may use in each region. Source: recording TestAccountAvailability_Get of linodego."""
    return [region_services(region) for region in catalogs().regions.values()]


@api.get("/account/availability/{region}")
def availability_in(_: Call, region: str) -> Json:
    if region not in catalogs().regions:
        raise not_found()
    return region_services(catalogs().regions[region])


def region_services(region: Json) -> Json:
    return {
        "region": region["id"],
        "available": [name for name in SERVICES if name in region["capabilities"]],
        "unavailable": [name for name in SERVICES if name not in region["capabilities"]],
    }


@events.rows("/account/events", "action", "created", "entity.id", "entity.type", "id", "read")
def list_events(call: Call) -> Stored[Json]:
    return all_events(call.account)


@events.post("/account/events/{id}/seen")
def see(call: Call, event_id: int) -> None:
    """It, and those before it."""
    mark(call, "seen", "id <= ?", event_id)


@events.post("/account/events/{id}/read")
def read(call: Call, event_id: int) -> None:
    mark(call, "read", "id = ?", event_id)


def mark(call: Call, name: str, which: str, event_id: int) -> None:
    event(call, event_id)
    marked = (
        f"UPDATE events SET body = json_set(body, '$.{name}', json('true')) WHERE account_id = ? AND {which}"  # noqa: S608 - words of ours
    )
    call.account.database.run(marked, call.account.id, event_id)


@events.get("/account/events/{id}")
def event(call: Call, event_id: int) -> Json:
    question = "SELECT * FROM events WHERE account_id = ? AND id = ?"
    row = call.account.database.one(question, call.account.id, event_id)
    if row is None:
        raise not_found()
    return event_row(row, call.account.now)
