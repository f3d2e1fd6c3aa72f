"""Every address of the API: method, path, the scope it needs, its rate limit, and what answers it.

Scopes are those that the real API names in `X-Accepted-OAuth-Scopes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulators.linode_api import actions, addresses, creation, events, linodes, storage, tags
from emulators.linode_api.account import Account, account_row, profile_row
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.errors import bad_request, not_found
from emulators.linode_api.filters import Attributes, parse_filter, wanted_number
from emulators.linode_api.limits import COLLECTION, CREATE, IMAGES, Budget
from emulators.linode_api.paging import envelope
from emulators.linode_api.scopes import PUBLIC

Json = dict[str, Any]

TYPES = Attributes(
    frozenset({"class", "disk", "gpus", "label", "memory", "network_out", "transfer", "vcpus"})
)
REGIONS = Attributes(frozenset({"country", "site_type"}))
AVAILABILITY = Attributes(frozenset({"region", "plan", "available"}))
IMAGE_LIST = Attributes(
    frozenset({"deprecated", "is_public", "label", "size", "status", "tags", "type", "vendor"}),
    unsortable=frozenset({"status"}),
)
KERNELS = Attributes(frozenset({"architecture", "deprecated", "kvm", "label", "pvops", "version"}))
POLICIES = ("linode/migrate", "linode/power_off_on")


@dataclass(frozen=True)
class Call:
    """A request as an endpoint sees it. `who` is None on public addresses without a valid token."""

    who: Account | None
    id: str
    query: Mapping[str, str]
    filter: str | None
    body: Mapping[str, Any]

    @property
    def account(self) -> Account:
        if self.who is None:
            raise not_found()
        return self.who

    @property
    def linode(self) -> linodes.Linode:
        return linodes.find_linode(self.account, int(self.id))

    def page(self, rows: list[Json], attributes: Attributes, *, zero_when_empty: bool = False) -> Json:
        chosen = parse_filter(self.filter, attributes).apply(rows)
        return envelope(chosen, self.query, zero_when_empty=zero_when_empty and self.filter is not None)


Answer = Callable[[Call], Any]


@dataclass(frozen=True)
class Endpoint:
    method: str
    pattern: re.Pattern[str]
    scope: str
    answer: Answer
    budget: Budget | None


def endpoint(method: str, path: str, scope: str, answer: Answer, budget: Budget | None = None) -> Endpoint:
    """In `path`, {id} is a number and {name} a name that may hold slashes (image and kernel ids)."""
    pattern = re.escape(path).replace(r"\{id\}", r"(?P<id>\d{1,18})").replace(r"\{name\}", "(?P<id>.+)")
    return Endpoint(method, re.compile(pattern), scope, answer, budget)


def one_of(rows: Mapping[str, Json], wanted: str) -> Json:
    if wanted not in rows:
        raise not_found()
    return rows[wanted]


def list_linodes(call: Call) -> Json:
    now = call.account.clock.now()
    rows = [linodes.linode_row(linode, now) for linode in linodes.all_linodes(call.account)]
    return call.page(rows, linodes.FILTERABLE)


def shown(call: Call, linode: linodes.Linode) -> Json:
    return linodes.linode_row(linode, call.account.clock.now())


def act(work: Callable[[Account, linodes.Linode], None]) -> Answer:
    """An action without a body worth reading; answers an empty object."""

    def answer(call: Call) -> Json:
        work(call.account, call.linode)
        return {}

    return answer


def act_with_body(work: Callable[[Account, linodes.Linode, Mapping[str, Any]], None]) -> Answer:
    def answer(call: Call) -> Json:
        work(call.account, call.linode, call.body)
        return {}

    return answer


def delete_tag(call: Call) -> Json:
    tags.delete_tag(call.account, call.id)
    return {}


def region_availability(call: Call) -> list[Json]:
    """A bare array, unlike every other list (API page "Get a region's availability")."""
    one_of(catalogs().region_by_id, call.id)
    return [row for row in catalogs().availability if row["region"] == call.id]


def instance_backups(call: Call) -> Json:
    """An object, not a page; there are no backups here."""
    _ = call.linode
    return {"automatic": [], "snapshot": {"current": None, "in_progress": None}}


def change_settings(call: Call) -> Json:
    known = set(call.account.settings)
    for name in ("backups_enabled", "network_helper"):
        if not isinstance(call.body.get(name, False), bool):
            raise bad_request("Must be of type Boolean", name)
    if call.body.get("maintenance_policy", POLICIES[0]) not in POLICIES:
        raise bad_request("Unsupported maintenance policy slug format.", "maintenance_policy")
    call.account.change_settings({name: value for name, value in call.body.items() if name in known})
    return call.account.settings


READ, WRITE = "linodes:read_only", "linodes:read_write"
INSTANCES = "/linode/instances"


def list_events(call: Call) -> Json:
    """Pollers ask for one Linode's events over and over: only those are read then."""
    linode_id = wanted_number(call.filter, "entity.id")
    return call.page(events.event_rows(call.account, linode_id), events.FILTERABLE)


def list_disks(call: Call) -> Json:
    return call.page(storage.disk_rows(call.account, call.linode.id), storage.DISKS)


def list_configs(call: Call) -> Json:
    return call.page(storage.config_rows(call.account, call.linode.id), storage.CONFIGS)


def list_images(call: Call) -> Json:
    return call.page(catalogs().images, IMAGE_LIST, zero_when_empty=True)


def list_tagged(call: Call) -> Json:
    return call.page(tags.tagged_objects(call.account, call.id), tags.FILTERABLE)


CATALOG_ENDPOINTS = (
    endpoint("GET", "/regions", PUBLIC, lambda c: c.page(catalogs().regions, REGIONS)),
    endpoint(
        "GET",
        "/regions/availability",
        PUBLIC,
        lambda c: c.page(catalogs().availability, AVAILABILITY),
        COLLECTION,
    ),
    endpoint("GET", "/regions/{name}/availability", PUBLIC, region_availability),
    endpoint("GET", "/regions/{name}", PUBLIC, lambda c: one_of(catalogs().region_by_id, c.id)),
    endpoint("GET", "/linode/types", PUBLIC, lambda c: c.page(catalogs().types, TYPES)),
    endpoint("GET", "/linode/types/{name}", PUBLIC, lambda c: one_of(catalogs().type_by_id, c.id)),
    endpoint("GET", "/linode/kernels", PUBLIC, lambda c: c.page(catalogs().kernels, KERNELS), COLLECTION),
    endpoint("GET", "/linode/kernels/{name}", PUBLIC, lambda c: one_of(catalogs().kernel_by_id, c.id)),
    endpoint("GET", "/images", PUBLIC, list_images, IMAGES),
    endpoint("GET", "/images/{name}", "images:read_only", lambda c: one_of(catalogs().image_by_id, c.id)),
)


def on_instance(method: str, path: str, answer: Answer, budget: Budget | None = None) -> Endpoint:
    scope = READ if method == "GET" else WRITE
    return endpoint(method, INSTANCES + path, scope, answer, budget)


INSTANCE_ENDPOINTS = (
    on_instance("GET", "", list_linodes, COLLECTION),
    on_instance("POST", "", lambda c: shown(c, creation.create_linode(c.account, c.body)), CREATE),
    on_instance("GET", "/{id}", lambda c: shown(c, c.linode)),
    on_instance("PUT", "/{id}", lambda c: shown(c, actions.update(c.account, c.linode, c.body))),
    on_instance("DELETE", "/{id}", act(actions.delete)),
    on_instance("POST", "/{id}/boot", act_with_body(actions.boot)),
    on_instance("POST", "/{id}/reboot", act_with_body(actions.reboot)),
    on_instance("POST", "/{id}/shutdown", act(actions.shutdown)),
    on_instance("POST", "/{id}/resize", act_with_body(actions.resize)),
    on_instance("POST", "/{id}/rebuild", lambda c: shown(c, actions.rebuild(c.account, c.linode, c.body))),
    on_instance("POST", "/{id}/migrate", act_with_body(actions.migrate)),
    on_instance("POST", "/{id}/password", act_with_body(actions.reset_password)),
    on_instance("GET", "/{id}/disks", list_disks, COLLECTION),
    on_instance("GET", "/{id}/configs", list_configs, COLLECTION),
    on_instance("GET", "/{id}/ips", lambda c: addresses.ips_row(c.linode)),
    on_instance("GET", "/{id}/backups", instance_backups),
    on_instance("POST", "/{id}/backups/enable", act(actions.enable_backups)),
    on_instance("POST", "/{id}/backups/cancel", act(actions.cancel_backups)),
)
ACCOUNT_ENDPOINTS = (
    endpoint("GET", "/account", "account:read_only", lambda c: account_row(c.account)),
    endpoint("GET", "/account/settings", "account:read_only", lambda c: c.account.settings),
    endpoint("PUT", "/account/settings", "account:read_write", change_settings),
    endpoint("GET", "/account/events", "events:read_only", list_events, COLLECTION),
    endpoint(
        "GET",
        "/account/events/{id}",
        "events:read_only",
        lambda c: events.event_row_by_id(c.account, int(c.id)),
    ),
    endpoint("GET", "/profile", PUBLIC, lambda c: profile_row(c.account)),
    endpoint(
        "GET",
        "/tags",
        "account:read_only",
        lambda c: c.page(tags.tag_rows(c.account), tags.FILTERABLE),
        COLLECTION,
    ),
    endpoint("POST", "/tags", "account:read_write", lambda c: tags.create_tag(c.account, c.body)),
    endpoint("GET", "/tags/{name}", "account:read_only", list_tagged, COLLECTION),
    endpoint("DELETE", "/tags/{name}", "account:read_write", delete_tag),
)
ENDPOINTS = (*CATALOG_ENDPOINTS, *INSTANCE_ENDPOINTS, *ACCOUNT_ENDPOINTS)
NEEDS_A_TOKEN = ("/profile",)  # any token will do, so its scope reads `*`, yet it is not public


def find(path: str) -> list[tuple[Endpoint, str]]:
    """The endpoints at a path (without version), with the id in it; none when there is no such address."""
    found = []
    for candidate in ENDPOINTS:
        match = candidate.pattern.fullmatch(path)
        if match:
            found.append((candidate, match.groupdict().get("id") or ""))
    return found
