"""Addresses of the account, its users and tokens, its events, tags and locks."""

from __future__ import annotations

from typing import Any

from emulators.linode_api import events, locks, records, tags, tokens, users
from emulators.linode_api.account import account_row, profile_row
from emulators.linode_api.calls import Answer, Call, Endpoint, endpoint, nothing, one_of
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.errors import bad_request
from emulators.linode_api.filters import Attributes, wanted_number
from emulators.linode_api.limits import COLLECTION, Budget
from emulators.linode_api.records import Record
from emulators.linode_api.scopes import PUBLIC
from emulators.linode_api.validation import MAINTENANCE_POLICIES

Json = dict[str, Any]

READ, WRITE = "account:read_only", "account:read_write"
UNRESTRICTED = ""
INTERFACES_FOR_NEW = (
    "legacy_config_only",
    "legacy_config_default_but_linode_allowed",
    "linode_default_but_legacy_config_allowed",
    "linode_only",
)
SERVICES = ("Linodes", "NodeBalancers", "Block Storage", "Kubernetes")
NO_FILTER = Attributes(frozenset())


def change_settings(call: Call) -> Json:
    known = set(call.account.settings)
    for name in ("backups_enabled", "network_helper"):
        if not isinstance(call.body.get(name, False), bool):
            raise bad_request("Must be of type Boolean", name)
    if call.body.get("maintenance_policy", MAINTENANCE_POLICIES[0]) not in MAINTENANCE_POLICIES:
        raise bad_request("Unsupported maintenance policy slug format.", "maintenance_policy")
    if call.body.get("interfaces_for_new_linodes", INTERFACES_FOR_NEW[0]) not in INTERFACES_FOR_NEW:
        raise bad_request("interfaces_for_new_linodes is not valid", "interfaces_for_new_linodes")
    call.account.change_settings({name: value for name, value in call.body.items() if name in known})
    return call.account.settings


def availability_rows() -> list[Json]:
    """What the account may use in each region. Source: recording TestAccountAvailability_Get of linodego."""
    return [
        {
            "region": region["id"],
            "available": [name for name in SERVICES if name in region["capabilities"]],
            "unavailable": [name for name in SERVICES if name not in region["capabilities"]],
        }
        for region in catalogs().regions
    ]


def list_events(call: Call) -> Json:
    """Pollers ask for one Linode's events over and over: only those are read then."""
    linode_id = wanted_number(call.filter, "entity.id")
    return call.page(events.event_rows(call.account, linode_id), events.FILTERABLE)


def list_tagged(call: Call) -> Json:
    return call.page(tags.tagged_objects(call.account, call.name), tags.FILTERABLE)


def key(call: Call) -> Record:
    return users.find_key(call.account, call.id)


def lock(call: Call) -> Record:
    return records.find(call.account, "lock", call.id)


def on_account(
    method: str,
    path: str,
    answer: Answer,
    *budgets: Budget,
    scope: str | None = None,
    grant: str | None = None,
    beta: bool = False,
) -> Endpoint:
    scope = scope or (READ if method == "GET" else WRITE)
    return endpoint(method, path, scope, answer, *budgets, grant=grant, beta=beta)


ACCOUNT = (
    on_account("GET", "/account", lambda c: account_row(c.account)),
    on_account("GET", "/account/settings", lambda c: c.account.settings),
    on_account("PUT", "/account/settings", change_settings, grant=UNRESTRICTED),
    on_account("GET", "/account/events", list_events, COLLECTION, scope="events:read_only"),
    on_account(
        "GET",
        "/account/events/{id}",
        lambda c: events.event_row_by_id(c.account, c.id),
        scope="events:read_only",
    ),
    on_account("GET", "/account/availability", lambda c: c.page(availability_rows(), NO_FILTER), COLLECTION),
    on_account(
        "GET",
        "/account/availability/{address}",
        lambda c: one_of({row["region"]: row for row in availability_rows()}, c.name),
    ),
)
USERS = (
    on_account(
        "GET", "/account/users", lambda c: c.page(users.rows(c.account), users.FILTERABLE), grant=UNRESTRICTED
    ),
    on_account("POST", "/account/users", lambda c: users.create(c.account, c.body), grant=UNRESTRICTED),
    on_account(
        "GET", "/account/users/{address}", lambda c: users.find(c.account, c.name), grant=UNRESTRICTED
    ),
    on_account(
        "DELETE",
        "/account/users/{address}",
        nothing(lambda c: users.delete(c.account, c.name)),
        grant=UNRESTRICTED,
    ),
    on_account(
        "GET",
        "/account/users/{address}/grants",
        lambda c: users.grants(c.account, c.name),
        grant=UNRESTRICTED,
    ),
    on_account(
        "PUT",
        "/account/users/{address}/grants",
        lambda c: users.set_grants(c.account, c.name, c.body),
        grant=UNRESTRICTED,
    ),
)
PROFILE = (
    on_account("GET", "/profile", lambda c: profile_row(c.account), scope=PUBLIC),
    on_account("GET", "/profile/grants", lambda c: users.grants(c.account, c.account.username), scope=PUBLIC),
    on_account(
        "GET",
        "/profile/sshkeys",
        lambda c: c.page([users.key_row(one) for one in users.own_keys(c.account)], users.SSH_KEYS),
        COLLECTION,
    ),
    on_account("POST", "/profile/sshkeys", lambda c: users.key_row(users.add_key(c.account, c.body))),
    on_account("GET", "/profile/sshkeys/{id}", lambda c: users.key_row(key(c))),
    on_account(
        "PUT", "/profile/sshkeys/{id}", lambda c: users.key_row(users.rename_key(c.account, key(c), c.body))
    ),
    on_account("DELETE", "/profile/sshkeys/{id}", nothing(lambda c: users.delete_key(c.account, key(c)))),
    on_account(
        "GET", "/profile/tokens", lambda c: c.page(tokens.rows(c.account), tokens.FILTERABLE), COLLECTION
    ),
    on_account("POST", "/profile/tokens", lambda c: tokens.create(c.account, c.body, c.scopes)),
    on_account("GET", "/profile/tokens/{id}", lambda c: tokens.find(c.account, c.id)),
    on_account("PUT", "/profile/tokens/{id}", lambda c: tokens.rename(c.account, c.id, c.body)),
    on_account("DELETE", "/profile/tokens/{id}", nothing(lambda c: tokens.revoke(c.account, c.id))),
)
TAGS = (
    on_account("GET", "/tags", lambda c: c.page(tags.tag_rows(c.account), tags.FILTERABLE), COLLECTION),
    on_account("POST", "/tags", lambda c: tags.create_tag(c.account, c.body), grant=UNRESTRICTED),
    on_account("GET", "/tags/{name}", list_tagged, COLLECTION),
    on_account(
        "DELETE", "/tags/{name}", nothing(lambda c: tags.delete_tag(c.account, c.name)), grant=UNRESTRICTED
    ),
)
LOCKS = (
    on_account(
        "GET",
        "/locks",
        lambda c: c.page(
            [locks.lock_row(c.account, one) for one in records.all_of(c.account, "lock")], locks.FILTERABLE
        ),
        beta=True,
    ),
    on_account(
        "POST", "/locks", lambda c: locks.lock_row(c.account, locks.create(c.account, c.body)), beta=True
    ),
    on_account("GET", "/locks/{id}", lambda c: locks.lock_row(c.account, lock(c)), beta=True),
    on_account("DELETE", "/locks/{id}", nothing(lambda c: locks.delete(c.account, lock(c))), beta=True),
)
ENDPOINTS = (*ACCOUNT, *USERS, *PROFILE, *TAGS, *LOCKS)
