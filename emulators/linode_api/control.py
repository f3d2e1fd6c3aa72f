"""Controls under /_local/, for tests and people; no part of the API, so they need no token.

GET    /_local/health    process id, speed, database, start
GET    /_local/requests  every request so far; ?after=ID for those after that id
DELETE /_local/requests  forget them
GET    /_local/counts    per account: Linodes that are there, ever made, deleted
GET    /_local/faults    rules in force, and how often each fired
PUT    /_local/faults    {"seed": 7, "rules": [{"kind": "503", "times": 2}]}: replaces all (see faults.py)
DELETE /_local/faults    no more faults
POST   /_local/reset     {"account": "local"}: empties it, its tokens stay
PUT    /_local/availability  {"region": "us-ord", "plan": "g6-nanode-1", "available": false}: sold out there
GET    /_local/catalog   what was changed by hand
PUT    /_local/catalog   {"images": [{"id": "linode/debian14", "like": "linode/debian13", "label": "Debian 14"}],
                         "types": […], "regions": […], "kernels": […], "remove": [ids]} (see edits.py)
DELETE /_local/catalog   the catalogs as they come, everywhere on sale again
PUT    /_local/maintenance   {"on": true}: every call of the API is a 503 with X-Maintenance-Mode; false ends it
PUT    /_local/linodes/ID    {"busy_s": 30}: `Linode busy.` for so many seconds of the API; {"lock": "cannot_delete"} or
                         null; {"pending_migration": true}: POST migrate without a region then works
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.linode_api import request_log
from emulators.linode_api.account import Accounts
from emulators.linode_api.by_hand import change_linode, parse_changes
from emulators.linode_api.database import Database
from emulators.linode_api.edits import Edits
from emulators.linode_api.faults import Faults, parse_rule
from emulators.linode_api.limits import Limiter

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Controls:
    """Answers under /_local/."""

    database: Database
    accounts: Accounts
    limiter: Limiter
    faults: Faults
    edits: Edits
    facts: Mapping[str, Any]

    async def health(self, _: Request) -> Response:
        return JSONResponse({"pid": os.getpid(), **self.facts})

    async def requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            request_log.clear(self.database)
            return JSONResponse({})
        after = request.query_params.get("after", "0")
        found = request_log.entries(self.database, int(after) if after.isdigit() else 0)
        return JSONResponse({"requests": found})

    async def counts(self, _: Request) -> Response:
        return JSONResponse({"accounts": request_log.counts(self.database)})

    async def planned_faults(self, request: Request) -> Response:
        if request.method == "PUT":
            try:
                wanted = await request.json()
                rules = [parse_rule(rule) for rule in wanted.get("rules", [])]
                self.faults.set(rules, int(wanted.get("seed", 0)))
            except (ValueError, TypeError, AttributeError) as problem:
                return refused(str(problem))
        if request.method == "DELETE":
            self.faults.set([])
        return JSONResponse({"seed": self.faults.seed, "rules": self.faults.report()})

    async def reset(self, request: Request) -> Response:
        try:
            name = (await request.json())["account"]
        except (ValueError, TypeError, KeyError):
            return refused('send {"account": NAME}')
        account = self.accounts.find(str(name))
        if account is None:
            return refused(f"no account {name!r}", 404)
        self.accounts.reset(account)
        self.limiter.clear()
        return JSONResponse({"account": account.name})

    async def availability(self, request: Request) -> Response:
        try:
            wanted = await request.json()
            self.edits.sell(wanted["region"], wanted["plan"], available=bool(wanted["available"]))
        except (ValueError, TypeError, KeyError) as problem:
            return refused(f'send {{"region": ID, "plan": ID, "available": false}} ({problem})')
        return JSONResponse({"edits": self.edits.report()})

    async def catalog(self, request: Request) -> Response:
        if request.method == "PUT":
            try:
                self.edits.apply(await request.json())
            except (ValueError, TypeError, AttributeError) as problem:
                return refused(str(problem))
        if request.method == "DELETE":
            self.edits.clear()
        return JSONResponse({"edits": self.edits.report()})

    async def maintenance(self, request: Request) -> Response:
        try:
            on = (await request.json())["on"] is True
        except (ValueError, TypeError, KeyError):
            return refused('send {"on": true} or {"on": false}')
        self.faults.maintenance = on
        return JSONResponse({"on": on})

    async def linode(self, request: Request) -> Response:
        try:
            changes = parse_changes(await request.json())
        except (ValueError, TypeError, AttributeError) as problem:
            return refused(str(problem))
        found = self.accounts.owner_of(request.path_params["linode_id"])
        if found is None:
            return refused("no such Linode", 404)
        with self.database.transaction():
            change_linode(found, request.path_params["linode_id"], changes)
        return JSONResponse({})

    def routes(self) -> list[Route]:
        return [
            control("/health", self.health),
            control("/requests", self.requests, "GET", "DELETE"),
            control("/counts", self.counts),
            control("/faults", self.planned_faults, "GET", "PUT", "DELETE"),
            control("/reset", self.reset, "POST"),
            control("/availability", self.availability, "PUT"),
            control("/catalog", self.catalog, "GET", "PUT", "DELETE"),
            control("/maintenance", self.maintenance, "PUT"),
            control("/linodes/{linode_id:int}", self.linode, "PUT"),
        ]


Answer = Callable[[Request], Awaitable[Response]]


def control(path: str, answer: Answer, *methods: str) -> Route:
    """A web page that points a name of its own at 127.0.0.1 is refused: its Host header is not ours."""

    async def local_only(request: Request) -> Response:
        if request.url.hostname not in LOOPBACK:
            return refused("only from this machine", 403)
        return await answer(request)

    return Route("/_local" + path, local_only, methods=methods or ("GET",))


def refused(why: str, status: int = 400) -> Response:
    return JSONResponse({"error": why}, status)
