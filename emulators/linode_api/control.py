"""Controls under /_local/, for tests and people; no part of the API, so they need no token.

GET    /_local/health    process id, speed, database, start
GET    /_local/stream    what happens, as it happens, for the page at / (see stream.py); ?account=NAME
GET    /_local/requests  every request so far; ?after=ID for those after that id
GET    /_local/requests/ID  one of the newest with what was sent and answered, secrets hidden (see core/exchanges.py)
DELETE /_local/requests  forget them
GET    /_local/counts    per account: Linodes that are there, ever made, deleted
GET    /_local/faults    rules in force, whether each is on, and how often it fired
PUT    /_local/faults    {"seed": 7, "rules": [{"kind": "503", "times": 2}]}: replaces all (see core/faults.py)
POST   /_local/faults    {"kind": "503"}: one more, behind the others
DELETE /_local/faults    no more faults
PUT    /_local/faults/ID     {"on": false}: off until it is on again; DELETE removes it
GET    /_local/limits    whether they are on, and the windows that are open
PUT    /_local/limits    any of {"on": false, "latency_s": 0.2}: seconds that every answer takes longer
DELETE /_local/limits    new windows for everybody
POST   /_local/reset     {"account": "local"}: empties it, its tokens stay
PUT    /_local/availability  {"region": "us-ord", "plan": "g6-nanode-1", "available": false}: sold out there
GET    /_local/catalog   what was changed by hand
PUT    /_local/catalog   {"images": [{"id": "linode/debian14", "like": "linode/debian13", "label": "Debian 14"}],
                         "types": […], "regions": […], "kernels": […], "remove": [ids]} (see catalogs/edits.py)
DELETE /_local/catalog   the catalogs as they come, everywhere on sale again
POST   /_local/seed      a description of an account (see seeding.py): makes what it says
GET    /_local/time      now, whether time is held, how many times faster than real
PUT    /_local/time      any of {"held": true, "speed": 600, "advance_s": 90}: in the API's seconds
GET    /_local/snapshots       their names
PUT    /_local/snapshots/NAME  keeps all there is, in a file beside the database
POST   /_local/snapshots/NAME  brings it back, and the time with it; DELETE forgets it
PUT    /_local/maintenance   {"on": true}: every call of the API is a 503 with X-Maintenance-Mode; false ends it
GET    /_local/linodes/ID    what cloud-init would be handed: {"user_data": Base64, or null, "root_keys": [public keys]}
PUT    /_local/images/ID     the file of an image, which POST /images/upload made: any body
PUT    /_local/linodes/ID    {"busy_s": 30}: `Linode busy.` for so many seconds of the API; {"lock": "cannot_delete"} or
                         null; {"pending_migration": true}: POST migrate without a region then works
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from emulators.linode_api.app import Api, is_loopback
from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.errors import ApiError
from emulators.linode_api.core.faults import parse_rule
from emulators.linode_api.core.lists import is_number
from emulators.linode_api.resources import images, locks
from emulators.linode_api.resources.linode.linodes import find_linode, save
from emulators.linode_api.seeding import seed
from emulators.linode_api.stream import MOST_STREAMS, Watch, streamed

SNAPSHOT = re.compile("[a-zA-Z0-9_-]{1,40}")  # becomes part of a file's name
ELSEWHERE = "only from this machine"
ANOTHER_PAGE = "not from another web page"
TOO_MUCH: dict[type[Exception], str] = {
    RecursionError: "the body is nested too deeply",
    OverflowError: "a number is too large",
}
LONGEST_S = 1e9
LONGEST_LATENCY_S = 60.0
BY_HAND = ("busy_s", "lock", "pending_migration")
OWN_PAGE_ONLY = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class NoSuchThing(Exception):
    """What the request names is not there."""


@dataclass(frozen=True)
class Controls:
    """Answers under /_local/. `facts` is what GET /_local/health tells beside the process id and the speed."""

    api: Api
    facts: Json

    async def health(self, _: Request) -> Json:
        now = {"speed": self.api.clock.speed, "limits": self.api.limiter.enabled}
        return {"pid": os.getpid(), **now, **self.facts}

    async def stream(self, request: Request) -> Json | Response:
        if self.api.streams >= MOST_STREAMS:
            return refused(f"{MOST_STREAMS} pages are open already: close one", 503)
        watch = Watch(self.api, request.query_params.get("account", ""))
        return StreamingResponse(streamed(watch), headers=OWN_PAGE_ONLY, media_type="text/event-stream")

    async def requests(self, request: Request) -> Json:
        if request.method == "DELETE":
            self.api.forget_requests()
            return {}
        after = request.query_params.get("after", "0")
        return {"requests": self.api.requests(int(after) if after.isdigit() else 0)}

    async def request(self, request: Request) -> Json:
        found = self.api.exchange(request.path_params["request_id"])
        if found is None:
            raise NoSuchThing("no such request")
        return found

    async def counts(self, _: Request) -> Json:
        return {"accounts": self.api.counts()}

    async def planned_faults(self, request: Request) -> Json:
        faults = self.api.faults
        if request.method == "PUT":
            wanted = await request.json()
            rules = [parse_rule(rule) for rule in wanted.get("rules", [])]
            faults.set(rules, int(wanted.get("seed", 0)))
        if request.method == "POST":
            faults.add(parse_rule(await request.json()))
        if request.method == "DELETE":
            faults.set([])
        return {"seed": faults.seed, "rules": faults.report()}

    async def planned_fault(self, request: Request) -> Json:
        faults, rule_id = self.api.faults, request.path_params["rule_id"]
        try:
            if request.method == "PUT":
                faults.switch(rule_id, on=flag(await request.json(), "on"))
            else:
                faults.remove(rule_id)
        except KeyError:
            raise NoSuchThing("no such fault") from None
        return {"seed": faults.seed, "rules": faults.report()}

    async def limits(self, request: Request) -> Json:
        if request.method == "PUT":
            wanted = checked_limits(await request.json())
            self.api.limiter.enabled = wanted.get("on", self.api.limiter.enabled)
            self.api.latency_s = wanted.get("latency_s", self.api.latency_s)
        if request.method == "DELETE":
            self.api.limiter.clear()
        return self.api.limits()

    async def reset(self, request: Request) -> Json:
        name = (await request.json())["account"]
        account = self.api.accounts.find(str(name))
        if account is None:
            raise NoSuchThing(f"no account {name!r}")
        self.api.reset(account)
        return {"account": account.name}

    async def seed(self, request: Request) -> Json:
        return seed(self.api, await request.json())

    async def time(self, request: Request) -> Json:
        clock = self.api.clock
        if request.method == "PUT":
            wanted = checked_time(await request.json())
            clock.speed = wanted.get("speed", clock.speed)
            clock.advance(clock.shrink(wanted.get("advance_s", 0)))
            if "held" in wanted:
                clock.hold() if wanted["held"] else clock.release()
        return {"now": stamp(clock.now()), "held": clock.held, "speed": clock.speed}

    async def snapshots(self, request: Request) -> Json:
        database, name = self.api.database, request.path_params.get("name", "-")
        if not SNAPSHOT.fullmatch(name):
            raise ValueError("a snapshot's name has up to 40 letters, digits, - and _")
        try:
            if request.method == "PUT":
                database.snapshot(name, self.api.clock.now())
            if request.method == "POST":
                self.api.restore(name)
            if request.method == "DELETE":
                database.forget(name)
        except KeyError:
            raise NoSuchThing(f"no snapshot {name!r}") from None
        return {"snapshots": database.snapshots()}

    async def availability(self, request: Request) -> Json:
        wanted = await request.json()
        self.api.edits.sell(wanted["region"], wanted["plan"], available=bool(wanted["available"]))
        return {"edits": self.api.edits.report()}

    async def catalog(self, request: Request) -> Json:
        if request.method == "PUT":
            self.api.edits.apply(await request.json())
        if request.method == "DELETE":
            self.api.edits.clear()
        return {"edits": self.api.edits.report()}

    async def maintenance(self, request: Request) -> Json:
        self.api.faults.maintenance = (await request.json())["on"] is True
        return {"on": self.api.faults.maintenance}

    async def linode(self, request: Request) -> Json:
        linode_id: int = request.path_params["linode_id"]
        account = self.api.accounts.with_linode(linode_id)
        if account is None:
            raise NoSuchThing("no such Linode")
        if request.method == "GET":
            kept = find_linode(account, linode_id).body
            return {"user_data": kept.get("user_data"), "root_keys": kept.get("root_keys", [])}
        changes = checked_changes(await request.json())
        with self.api.database.transaction():
            change_by_hand(account, linode_id, changes)
        return {}

    async def image(self, request: Request) -> Json:
        """A storage of its own in the real API; of faults it meets those that are an answer."""
        image_id: int = request.path_params["image_id"]
        size_b = 0
        async for part in request.stream():
            size_b += len(part)
        fault = self.api.faults.draw(request.method, request.url.path)
        failure = ApiError(int(fault.kind), [(None, "")]) if fault and fault.kind.isdigit() else None
        if fault and failure and not fault.commits:
            raise failure
        account = self.api.accounts.with_image(image_id)
        if account is None:
            raise NoSuchThing("no such image")
        with self.api.database.transaction():
            images.receive(account, image_id, size_b)
        if failure:
            raise failure
        return {}

    def routes(self) -> list[Route]:
        sold = 'send {"region": ID, "plan": ID, "available": false} (PROBLEM)'
        return [
            control("/health", self.health),
            control("/requests", self.requests, "GET", "DELETE"),
            control("/requests/{request_id:int}", self.request),
            control("/stream", self.stream),
            control("/counts", self.counts),
            control("/faults", self.planned_faults, "GET", "PUT", "POST", "DELETE"),
            control("/faults/{rule_id:int}", self.planned_fault, "PUT", "DELETE"),
            control("/limits", self.limits, "GET", "PUT", "DELETE"),
            control("/reset", self.reset, "POST", hint='send {"account": NAME}'),
            control("/seed", self.seed, "POST"),
            control("/time", self.time, "GET", "PUT"),
            control("/snapshots", self.snapshots),
            control("/snapshots/{name}", self.snapshots, "PUT", "POST", "DELETE"),
            control("/availability", self.availability, "PUT", hint=sold),
            control("/catalog", self.catalog, "GET", "PUT", "DELETE"),
            control("/maintenance", self.maintenance, "PUT", hint='send {"on": true} or {"on": false}'),
            control("/linodes/{linode_id:int}", self.linode, "GET", "PUT"),
            control("/images/{image_id:int}", self.image, "PUT", takes_files=True),
        ]


def checked_changes(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises ValueError saying what is wrong."""
    if set(wanted) - set(BY_HAND) or not wanted:
        raise ValueError(f"send any of {', '.join(BY_HAND)}")
    if not isinstance(wanted.get("busy_s", 0), int | float):
        raise ValueError("busy_s is a number of seconds")
    if wanted.get("lock") not in (None, *locks.KINDS):
        raise ValueError(f"lock is null or one of {', '.join(locks.KINDS)}")
    return wanted


def flag(wanted: Mapping[str, Any], name: str) -> bool:
    """Raises ValueError when it is not there, or is something else."""
    value = wanted.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false")
    return value


def checked_limits(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises ValueError saying what is wrong."""
    if not wanted or set(wanted) - {"on", "latency_s"}:
        raise ValueError("send any of on, latency_s")
    latency_s = wanted.get("latency_s", 0)
    if "on" in wanted:
        flag(wanted, "on")
    if not is_number(latency_s) or not 0 <= latency_s <= LONGEST_LATENCY_S:
        raise ValueError(f"latency_s is a number from 0 to {LONGEST_LATENCY_S:.0f}")
    return wanted


def checked_time(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises ValueError saying what is wrong."""
    if not wanted or set(wanted) - {"held", "speed", "advance_s"}:
        raise ValueError("send any of held, speed, advance_s")
    if "held" in wanted:
        flag(wanted, "held")
    for name in ("speed", "advance_s"):
        if not is_number(wanted.get(name, 1)) or not 0 <= wanted.get(name, 1) <= LONGEST_S:
            raise ValueError(f"{name} is a number from 0 to {LONGEST_S:.0f}")
    return wanted


def change_by_hand(account: Account, linode_id: int, changes: Mapping[str, Any]) -> None:
    """`busy_s` counts in the API's seconds, from now."""
    linode = find_linode(account, linode_id)
    if "busy_s" in changes:
        course = replace(linode.course, busy_until=account.later(changes["busy_s"]))
        linode = replace(linode, course=course)
    if "pending_migration" in changes:
        linode = linode.having(pending_migration=changes["pending_migration"] is True)
    save(account, linode)
    if "lock" in changes:
        locks.unlock(account, linode_id)
        if changes["lock"]:
            locks.lock(account, find_linode(account, linode_id), changes["lock"])


def control(
    path: str,
    answer: Callable[[Request], Awaitable[Json | Response]],
    *methods: str,
    hint: str = "PROBLEM",
    takes_files: bool = False,
) -> Route:
    """`hint` is told when the request can't be understood."""

    async def local_only(request: Request) -> Response:
        if why := foreign(request, json_only=not takes_files):
            return refused(why, 403)
        try:
            answered = await answer(request)
            if isinstance(answered, Response):
                return answered
            return JSONResponse(answered, headers=OWN_PAGE_ONLY)
        except NoSuchThing as missing:
            return refused(str(missing), 404)
        except ApiError as refusal:
            return JSONResponse(refusal.body, refusal.status)
        except (RecursionError, OverflowError) as problem:
            return refused(TOO_MUCH[type(problem)])
        except (ValueError, TypeError, AttributeError, KeyError) as problem:
            return refused(hint.replace("PROBLEM", str(problem)))

    return Route("/_local" + path, local_only, methods=methods or ("GET",))


def foreign(request: Request, *, json_only: bool) -> str:
    """Why a web page is refused that a browser of this machine shows, or ""; programs are welcome.

    A page can point a name of its own at 127.0.0.1 (the Host header tells), and send what a form sends to any
    address without asking (Origin, Sec-Fetch-Site and the type of the body tell; JSON makes the browser ask first, and
    so does PUT, by which alone files come).
    """
    if not is_loopback(request.url.hostname):
        return ELSEWHERE
    own = f"{request.url.scheme}://{request.url.netloc}"
    site = request.headers.get("Sec-Fetch-Site", "none")
    if request.headers.get("Origin", own) != own or site not in ("same-origin", "none"):
        return ANOTHER_PAGE
    has_body = request.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in request.headers
    is_json = request.headers.get("Content-Type", "").partition(";")[0].strip() == "application/json"
    return "send the body as application/json" if json_only and has_body and not is_json else ""


def refused(why: str, status: int = 400) -> Response:
    return JSONResponse({"error": why}, status, OWN_PAGE_ONLY)
