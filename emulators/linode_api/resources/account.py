"""The account, its settings and what it may use; the profile of the acting user; the account's events."""

from __future__ import annotations

import json
from pathlib import Path

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Json, bodies
from emulators.linode_api.core.accounts import ANY_SCOPE
from emulators.linode_api.core.bodies import always, check, choice
from emulators.linode_api.core.errors import not_found
from emulators.linode_api.core.events import event_row, event_rows
from emulators.linode_api.core.lists import wanted_number
from emulators.linode_api.core.routes import UNRESTRICTED, Call, Routes

api = Routes("account")
events = Routes("events")
SETTINGS = {
    "backups_enabled": always(bodies.flag),
    "network_helper": always(bodies.flag),
    "maintenance_policy": always(bodies.maintenance_policy),
    "interfaces_for_new_linodes": always(
        choice(
            "legacy_config_only",
            "legacy_config_default_but_linode_allowed",
            "linode_default_but_legacy_config_allowed",
            "linode_only",
        )
    ),
}
SERVICES = ("Linodes", "NodeBalancers", "Block Storage", "Kubernetes")
FACTS = json.loads((Path(__file__).parent / "account.json").read_text())  # the same for all


@api.get("/account")
def account(call: Call) -> Json:
    """Source: recording TestAccount_Get."""
    own = {"active_since": stamp(call.account.created), "euuid": call.account.euuid}
    return {**FACTS["account"], "email": f"{call.account.username}@example.com", **own}


@api.get("/profile", scope=ANY_SCOPE)
def profile(call: Call) -> Json:
    """Source: recording TestProfile_Get."""
    name = call.account.username
    own = {"uid": 1_000_000 + call.account.id, "username": name, "email": f"{name}@example.com"}
    return {**FACTS["profile"], **own, "restricted": call.account.restricted}


@api.get("/account/settings")
def settings(call: Call) -> Json:
    return call.account.settings


@api.put("/account/settings", grant=UNRESTRICTED)
def change_settings(call: Call) -> Json:
    for name in [name for name in SETTINGS if name in call.body]:  # one at a time
        check(call.body, {name: SETTINGS[name]})
    known = call.account.settings
    call.account.change_settings({name: value for name, value in call.body.items() if name in known})
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
def list_events(call: Call) -> list[Json]:
    """Pollers ask for one Linode's events over and over: only those are read then."""
    return event_rows(call.account, wanted_number(call.filter, "entity.id"))


@events.get("/account/events/{id}")
def event(call: Call, event_id: int) -> Json:
    question = "SELECT * FROM events WHERE account_id = ? AND id = ?"
    row = call.account.database.one(question, call.account.id, event_id)
    if row is None:
        raise not_found()
    return event_row(row, call.account.now)
