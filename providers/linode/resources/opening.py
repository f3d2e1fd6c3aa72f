"""Bring a group of Linodes to the status they are to have, or see them off: all are waited for together."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import Busy, LinodeError, NotFound
from providers.linode.api.records import Linode
from providers.linode.core.waiting import poller
from providers.linode.core.waiting.filters import list_filter
from providers.linode.core.waiting.goals import STABLE, Goal

BOOTS_AT_ONCE = 8
MOST_TOLD = 10
"""Failures that are told one by one."""


@dataclass(frozen=True)
class Group:
    """Linode ids by resource name, and what they are to become within `timeout_s` seconds.

    `again` are those that were waited for before and did not get there: they are booted if they are off, and
    what happened to them before is no news. Of the others every event counts.
    """

    linodes: Mapping[str, int]
    again: frozenset[str]
    status: str
    timeout_s: float

    def __bool__(self) -> bool:
        return bool(self.linodes)


def bring(client: LinodeClient, group: Group) -> dict[str, LinodeError]:
    """Those that did not get there, by name, with the reason. Raises what the list raises."""
    rows = _rows(client, group)
    failures: dict[str, LinodeError] = {}
    waiting: dict[str, Linode] = {}
    for name, linode_id in group.linodes.items():
        row = rows.get(linode_id)
        if row is None:
            failures[name] = NotFound(
                "there is none in this account. Next: `refresh`, then `up`.", status=404
            )
        elif row.status != group.status or name not in group.again:
            waiting[name] = row
    off = [name for name, row in waiting.items() if name in group.again and row.status in STABLE]
    mark = poller.shared(client).mark() if group.again else poller.Mark(0, "")
    if group.status == "running":
        failures |= _boot(client, {name: waiting.pop(name).id for name in off}, waiting, rows)
    return failures | _wait(client, group, waiting, mark)


def _rows(client: LinodeClient, group: Group) -> Mapping[int, Linode]:
    """The Linodes by id; those that this process has just made are known, and not asked for."""
    ids = sorted(group.linodes.values())
    made = poller.shared(client).made
    if not group.again and all(linode_id in made for linode_id in ids):
        return made
    return {row.id: row for row in client.linodes(list_filter(ids))}


def _boot(
    client: LinodeClient, off: Mapping[str, int], waiting: dict[str, Linode], rows: Mapping[int, Linode]
) -> dict[str, LinodeError]:
    """Boot these; those that take it go to the waiting ones, the others are failures."""

    def boot(linode_id: int) -> LinodeError | None:
        try:
            client.boot(linode_id)
        except Busy:
            return None  # a job is under way, and waited for
        except LinodeError as error:
            return error
        return None

    with ThreadPoolExecutor(BOOTS_AT_ONCE) as pool:
        errors = dict(zip(off, pool.map(boot, off.values()), strict=True))
    waiting |= {name: rows[off[name]] for name, error in errors.items() if error is None}
    return {name: error for name, error in errors.items() if error is not None}


def _wait(
    client: LinodeClient, group: Group, waiting: Mapping[str, Linode], mark: poller.Mark
) -> dict[str, LinodeError]:
    shared = poller.shared(client)
    batch = shared.next_batch()
    goals = [
        Goal(
            row.id,
            f"Linode {row.id} is to be {group.status}",
            status=group.status,
            batch=batch,
            since=mark.since if name in group.again else row.created,
            after=mark.after if name in group.again else 0,
        )
        for name, row in waiting.items()
    ]
    outcomes = shared.wait_for(goals, group.timeout_s)
    ended = zip(waiting, outcomes, strict=True)
    return {name: outcome.error for name, outcome in ended if outcome.error is not None}


def see_off(client: LinodeClient, tag_prefix: str, timeout_s: float) -> None:
    """Wait until the Linodes with such a tag that are being deleted are gone.

    Raises WaitFailed, WaitExpired for the first of them that stays, and what the list raises.
    """
    shared = poller.shared(client)
    leaving = [
        row
        for row in client.linodes()
        if row.id in shared.leaving
        or (row.status == "deleting" and any(tag.startswith(tag_prefix) for tag in row.tags))
    ]
    if not leaving:
        return
    mark = shared.mark()
    batch = shared.next_batch()
    goals = [
        Goal(row.id, f"Linode {row.id} ({row.label}) is to be gone", "gone", since=mark.since, batch=batch)
        for row in leaving
    ]
    for outcome in shared.wait_for(goals, timeout_s):
        if outcome.error is not None:
            raise outcome.error


def reason(failures: Mapping[str, LinodeError], total: int, group: Group) -> str:
    """One line: how many, each with its name and reason, and what to do next."""
    told = [f"{name}: {_without_next(error)}" for name, error in sorted(failures.items())]
    more = f"; and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    return (
        f"{len(failures)} of {total} Linodes did not get {group.status}; all are kept in the state. "
        f"{'; '.join(told[:MOST_TOLD])}{more}. Next: run `up` again, which boots them once more."
    )


def _without_next(error: LinodeError) -> str:
    return str(error).partition(" Next: ")[0].rstrip(".")
