"""Addresses of Linodes and what is done to a whole one; placement groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emulators.linode_api import (
    actions,
    backups,
    cloning,
    creation,
    linodes,
    placement,
    power,
    rebuilding,
    records,
    resizing,
    volumes,
)
from emulators.linode_api.account import Account
from emulators.linode_api.calls import Answer, Call, Endpoint, endpoint, nothing
from emulators.linode_api.limits import COLLECTION, CREATE, Budget
from emulators.linode_api.linodes import Linode
from emulators.linode_api.records import Record

Json = dict[str, Any]

READ, WRITE = "linodes:read_only", "linodes:read_write"
INSTANCES = "/linode/instances"
GROUPS = "/placement/groups"


def list_linodes(call: Call) -> Json:
    now = call.account.clock.now()
    rows = [linodes.linode_row(linode, now) for linode in linodes.all_linodes(call.account)]
    return call.page(rows, linodes.FILTERABLE)


def shown(call: Call, linode: Linode) -> Json:
    return linodes.linode_row(linode, call.account.clock.now())


def act(work: Callable[[Account, Linode], object]) -> Answer:
    """An action without a body worth reading; answers an empty object."""
    return nothing(lambda call: work(call.account, call.linode))


def act_with_body(work: Callable[[Account, Linode, Mapping[str, Any]], object]) -> Answer:
    return nothing(lambda call: work(call.account, call.linode, call.body))


def backup(call: Call) -> Record:
    return backups.find(call.account, call.linode, call.number("backup"))


def group(call: Call) -> Record:
    return records.find(call.account, "placement_group", call.id)


def in_group(work: Callable[[Account, Record, Mapping[str, Any]], object]) -> Answer:
    """Assign and unassign answer with the group as it is then."""

    def answer(call: Call) -> Json:
        work(call.account, group(call), call.body)
        return placement.group_row(call.account, group(call))

    return answer


def on_instance(
    method: str, path: str, answer: Answer, *budgets: Budget, grant: str | None = None
) -> Endpoint:
    scope = READ if method == "GET" else WRITE
    return endpoint(method, INSTANCES + path, scope, answer, *budgets, grant=grant)


def on_group(method: str, path: str, answer: Answer, *budgets: Budget) -> Endpoint:
    scope, grant = (READ, None) if method == "GET" else (WRITE, "add_linodes")
    return endpoint(method, GROUPS + path, scope, answer, *budgets, grant=grant)


ENDPOINTS = (
    on_instance("GET", "", list_linodes, COLLECTION),
    on_instance(
        "POST", "", lambda c: shown(c, creation.create_linode(c.account, c.body)), CREATE, grant="add_linodes"
    ),
    on_instance("GET", "/{id}", lambda c: shown(c, c.linode)),
    on_instance("PUT", "/{id}", lambda c: shown(c, actions.update(c.account, c.linode, c.body))),
    on_instance("DELETE", "/{id}", act(actions.delete)),
    on_instance("POST", "/{id}/boot", act_with_body(power.boot)),
    on_instance("POST", "/{id}/reboot", act_with_body(power.reboot)),
    on_instance("POST", "/{id}/shutdown", act(power.shutdown)),
    on_instance("POST", "/{id}/password", act_with_body(power.reset_password)),
    on_instance("POST", "/{id}/resize", act_with_body(resizing.resize)),
    on_instance("POST", "/{id}/migrate", act_with_body(resizing.migrate)),
    on_instance("POST", "/{id}/rebuild", lambda c: shown(c, rebuilding.rebuild(c.account, c.linode, c.body))),
    on_instance(
        "POST",
        "/{id}/clone",
        lambda c: shown(c, cloning.clone(c.account, c.linode, c.body)),
        CREATE,
        grant="add_linodes",
    ),
    on_instance("GET", "/{id}/backups", lambda c: backups.rows(c.account, c.linode)),
    on_instance(
        "POST",
        "/{id}/backups",
        lambda c: backups.backup_row(c.account, backups.snapshot(c.account, c.linode, c.body)),
    ),
    on_instance("POST", "/{id}/backups/enable", act(backups.enable)),
    on_instance("POST", "/{id}/backups/cancel", act(backups.cancel)),
    on_instance("GET", "/{id}/backups/{backup}", lambda c: backups.backup_row(c.account, backup(c))),
    on_instance(
        "POST",
        "/{id}/backups/{backup}/restore",
        nothing(lambda c: backups.restore(c.account, backup(c), c.body)),
    ),
    on_instance(
        "GET",
        "/{id}/volumes",
        lambda c: c.page(volumes.rows_of(c.account, c.linode), volumes.FILTERABLE),
        COLLECTION,
    ),
    on_group("GET", "", lambda c: c.page(placement.group_rows(c.account), placement.FILTERABLE), COLLECTION),
    on_group("POST", "", lambda c: placement.group_row(c.account, placement.create(c.account, c.body))),
    on_group("GET", "/{id}", lambda c: placement.group_row(c.account, group(c))),
    on_group(
        "PUT",
        "/{id}",
        lambda c: placement.group_row(c.account, placement.update(c.account, group(c), c.body)),
    ),
    on_group("DELETE", "/{id}", nothing(lambda c: placement.delete(c.account, group(c)))),
    on_group("POST", "/{id}/assign", in_group(placement.assign)),
    on_group("POST", "/{id}/unassign", in_group(placement.unassign)),
)
