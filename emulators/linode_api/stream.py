"""What happens here, as it happens, for a page that is open: server-sent events, each with JSON.

hello     all that was told before no longer counts; what follows is all there is: after the start, a snapshot, a reset
accounts  their names, and which one is shown
kinds     what each kind of thing is called, in order, and each kind of fault
time      now (since 1970), whether it is held, how many times faster than real
controls  faults, maintenance, limits
things    {"set": {kind: {id: row}}, "gone": {kind: [ids]}}: what changed of the account (see overview.py)
counts    of each kind, also of those that are too many to be shown
costs     what the account would cost
events    new ones, and those that went on
requests  new ones, secrets hidden; what was sent and answered is at /_local/requests/ID

A page costs the server a tenth of its time at most: after each look at the account it rests nine times as long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from emulators.linode_api import overview
from emulators.linode_api.app import Api, as_json
from emulators.linode_api.catalogs import using
from emulators.linode_api.clock import HeldClock
from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.events import settle
from emulators.linode_api.core.faults import KINDS as FAULTS
from emulators.linode_api.core.records import KINDS

TICK_S = 0.25
CALM_S = 0.5
"""Between looks while nothing is stored and nothing goes on."""

REST = 9
LONGEST_REST_S = 5.0
ALIVE_EACH_S = 15.0

MOST_STREAMS = 20

Message = tuple[str, Any]


@dataclass
class Watch:
    """What one page has been told, and from that, what is new for it."""

    api: Api
    wanted: str
    """The account that is asked for; "" for any."""

    era: int = -1
    told: dict[str, Any] = field(default_factory=dict)
    things: overview.Things = field(default_factory=dict)
    events: dict[int, Json] = field(default_factory=dict)
    last_request: int = 0

    def news(self) -> list[Message]:
        """Nothing when nothing is new; all there is the first time."""
        api, found = self.api, list[Message]()
        if self.era != api.era:
            self.era, self.told, self.things, self.events, self.last_request = api.era, {}, {}, {}, 0
            found.append(("hello", {}))
        with api.database.lock, using(api.edits.catalogs):
            account = self.account()
            found += self.of_api(account)
            found += self.of_account(account)
        return found

    def account(self) -> Account | None:
        """The one that is asked for; else the one that stacks use; else the first. At one moment for it all."""
        accounts, clock = self.api.accounts, self.api.clock
        first = self.api.database.one("SELECT name FROM accounts ORDER BY id")
        found = (
            accounts.find(self.wanted) or accounts.find("local") or (first and accounts.find(first["name"]))
        )
        return replace(found, clock=HeldClock(clock.now(), clock.speed)) if found else None

    def of_api(self, account: Account | None) -> list[Message]:
        api, clock = self.api, self.api.clock
        names = [row["name"] for row in api.database.all("SELECT name FROM accounts ORDER BY name")]
        held, now = clock.held, clock.now()
        found = self.changed("accounts", {"names": names, "shown": account.name if account else None})
        things = [{"kind": kind, "title": overview.title(kind)} for kind in kinds()]
        found += self.changed("kinds", {"things": things, "faults": FAULTS})
        moment = {"now": now, "held": held, "speed": clock.speed}
        found += self.changed(
            "time", moment, (held, clock.speed, now if held else round(now - time.time(), 1))
        )
        faults = {"rules": api.faults.report(), "maintenance": api.faults.maintenance}
        found += self.changed("controls", {**faults, "limits": api.limits()})
        requests = api.newest_requests(self.last_request)
        if requests:
            self.last_request = requests[-1]["id"]
            found.append(("requests", requests))
        return found

    def of_account(self, account: Account | None) -> list[Message]:
        """After what is due has happened, as before a request is answered; all is empty without an account."""
        if account:
            with self.api.database.transaction():
                settle(account)
        found = self.changed("counts", overview.counts(account) if account else {"busy": 0})
        found += self.changed("costs", overview.costs(account) if account else [])
        before, self.things = self.things, overview.things(account) if account else {}
        change = difference(before, self.things)
        if change["set"] or change["gone"] or "things" not in self.told:
            self.told["things"] = True
            found.append(("things", change))
        known, self.events = self.events, overview.newest_events(account) if account else {}
        new = [row for event_id, row in self.events.items() if known.get(event_id) != row]
        return [*found, ("events", new)] if new else found

    def changed(self, topic: str, payload: Any, key: Any = None) -> list[Message]:
        """The payload, when it (or what is compared in its place) is not what was told last."""
        key = payload if key is None else key
        if topic in self.told and self.told[topic] == key:
            return []
        self.told[topic] = key
        return [(topic, payload)]


def kinds() -> list[str]:
    """Those of the page's order, then those that it does not know."""
    return [*overview.SHELVES, *sorted(KINDS.keys() - overview.SHELVES.keys())]


def difference(before: overview.Things, after: overview.Things) -> Json:
    """What was set and what is gone, by kind."""
    changed: overview.Things = {}
    gone: dict[str, list[str]] = {}
    for kind in before.keys() | after.keys():
        old, new = before.get(kind, {}), after.get(kind, {})
        if rows := {key: row for key, row in new.items() if old.get(key) != row}:
            changed[kind] = rows
        if keys := [key for key in old if key not in new]:
            gone[kind] = keys
    return {"set": changed, "gone": gone}


async def streamed(watch: Watch) -> AsyncIterator[bytes]:
    """Until the page is closed or the server ends."""
    api = watch.api
    seen, look_at, calm_until, said_at = None, 0.0, 0.0, 0.0
    api.streams += 1
    try:
        while not api.ending:
            now, state = time.monotonic(), (api.era, api.database.state)
            if now >= look_at and (state != seen or now >= calm_until):
                seen, news = state, watch.news()
                took_s = time.monotonic() - now
                look_at = now + min(took_s * (REST + 1), LONGEST_REST_S)
                calm_until = 0.0 if news else now + CALM_S
                said_at = now if news else said_at
                for topic, payload in news:
                    yield f"event: {topic}\ndata: ".encode() + as_json(payload) + b"\n\n"
            if now - said_at >= ALIVE_EACH_S:
                said_at = now
                yield b": alive\n\n"
            await asyncio.sleep(TICK_S)
    finally:
        api.streams -= 1
