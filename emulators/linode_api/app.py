"""The ASGI application: finds the endpoint, checks token and limits, answers, records the request."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import lru_cache
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulators.linode_api import resources
from emulators.linode_api.catalogs import using
from emulators.linode_api.catalogs.edits import Edits
from emulators.linode_api.clock import Clock, HeldClock
from emulators.linode_api.core import Json, bodies
from emulators.linode_api.core.accounts import ANY_SCOPE, Account, Accounts, covers
from emulators.linode_api.core.database import Database
from emulators.linode_api.core.errors import ApiError, invalid_token, missing_scope, not_found, unauthorized
from emulators.linode_api.core.events import settle
from emulators.linode_api.core.exchanges import Exchange, Exchanges, answered_text, query_text, sent_text
from emulators.linode_api.core.faults import (
    FAILURES,
    GATEWAY_PAGE,
    GATEWAY_PAGES,
    MISSHAPEN,
    NONSENSE,
    REASONS,
    Faults,
    Rule,
    cut,
    cut_midway,
)
from emulators.linode_api.core.limits import CREATE, Limiter
from emulators.linode_api.core.records import Thing
from emulators.linode_api.core.routes import NO_CONTENT, Call, Endpoint, endpoint_for, endpoints_at
from emulators.linode_api.resources.linode.linodes import fail_job

resources.register()
LARGEST_UNREAD = 65_536
NOT_BY_THIS_NAME = {"X-Local-API": "the local API answers to localhost and addresses of this machine only"}
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")
TELLING = (*RATE_HEADERS, "X-Maintenance-Mode", "X-Local-API", "Allow")
"""Headers of an answer that are shown beside it."""

UNHEARD = ("cut", "late")
"""Faults that leave a request without an answer."""

NEWEST = 200
"""Requests that are shown at once."""

MOST_WINDOWS = 50

ALWAYS = {  # source: recordings of 2026 and API page "API access" (names it strips: same page)
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "HEAD, GET, OPTIONS, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Origin, X-Requested-With, Content-Type, Accept, X-Filter",
    "Access-Control-Allow-Credentials": "true",
    "Cache-Control": "max-age=0, no-cache, no-store",
    "Pragma": "no-cache",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Spec-Version": "4.208.1",
}
ON_SUCCESS = {
    "Access-Control-Expose-Headers": "X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Status",
    "Vary": "Authorization, X-Filter",
}


@dataclass(frozen=True)
class Reply:
    """An answer before it becomes bytes."""

    status: int
    body: Any
    headers: Mapping[str, str]
    created_id: int | None = None
    request_id: int = 0
    """In the log."""

    def response(self) -> Response:
        if self.status == 204:
            return Response(None, self.status, dict(self.headers))
        if isinstance(self.body, str):
            return Response(self.body, self.status, dict(self.headers), media_type="text/html")
        return Response(as_json(self.body), self.status, dict(self.headers), media_type="application/json")


def as_json(body: Any) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:  # half a pair in a text, as a refusal may repeat it
        return json.dumps(body).encode()


class Api:
    """What requests share."""

    def __init__(self, database: Database, clock: Clock, *, limits: bool, latency_s: float) -> None:
        self.database = database
        self.clock = clock
        self.accounts = Accounts(database, clock)
        self.limiter = Limiter(clock, enabled=limits)
        self.faults = Faults()
        self.edits = Edits(database)
        self.latency_s = latency_s
        self.exchanges = Exchanges()
        self.era = 0
        """Another one when what was there before no longer counts: after a snapshot, a reset."""
        self.streams = 0
        self.ending = False

    def requests(self, after: int = 0) -> list[Json]:
        """Every API request since the one with the id `after`, in the order in which they were decided.

        `at` since 1970; `status` is what was decided, 0 when the connection was cut before; `created_id` is a new
        Linode's. Never a token, never a body.
        """
        rows = self.database.all("SELECT * FROM requests WHERE id > ? ORDER BY id", after)
        return [dict(row) for row in rows]

    def newest_requests(self, after: int = 0) -> list[Json]:
        """As people see them, secrets hidden: those after that id, oldest first, NEWEST at most."""
        question = "SELECT * FROM requests WHERE id > ? ORDER BY id DESC LIMIT ?"
        return [self.summary(dict(row)) for row in self.database.all(question, after, NEWEST)][::-1]

    def summary(self, row: Json) -> Json:
        """A row of the log, with how long the answer took, where that is known."""
        kept = self.exchanges.get(row["id"])
        seen = {
            "query": query_text(row["query"]),
            "filter": row["filter"] and sent_text(row["filter"].encode()),
        }
        return {**row, **seen, "took_ms": kept and kept.took_ms}

    def exchange(self, request_id: int) -> Json | None:
        """One request with what was sent and answered, secrets hidden; both null where it is no longer kept."""
        row = self.database.one("SELECT * FROM requests WHERE id = ?", request_id)
        kept = self.exchanges.get(request_id)
        texts = vars(kept) if kept else dict.fromkeys(("sent", "answered", "headers", "took_ms"))
        return row and {**self.summary(dict(row)), **texts}

    def forget_requests(self) -> None:
        self.database.run("DELETE FROM requests")
        self.exchanges.clear()
        self.era += 1

    def reset(self, account: Account) -> None:
        """Empties an account, and opens new windows of all limits."""
        self.accounts.reset(account)
        self.limiter.clear()
        self.era += 1

    def limits(self) -> Json:
        """Whether they are on, and the windows that are open, each with the token or address that it is of."""
        names = "SELECT label, name FROM tokens JOIN accounts ON account_id = accounts.id WHERE digest = ?"
        windows = []
        for one in self.limiter.report()[-MOST_WINDOWS:]:
            token = self.database.one(names, one.caller)
            caller = f"{token['name']}, {token['label']}" if token else "without a token"
            windows.append({**one._asdict(), "caller": caller})
        return {"on": self.limiter.enabled, "latency_s": self.latency_s, "windows": windows}

    def restore(self, name: str) -> None:
        """State and time are as they were at that snapshot. Raises KeyError when there is none."""
        self.clock.move_to(self.database.restore(name))
        self.edits.reread()
        self.limiter.clear()
        self.exchanges.clear()
        self.era += 1

    def counts(self) -> dict[str, dict[str, int]]:
        """Per account: Linodes that are there, Linodes ever made and deleted."""
        rows = self.database.all(
            "SELECT name, (SELECT count(*) FROM linodes WHERE account_id = accounts.id) AS linodes,"
            " (SELECT count(*) FROM events WHERE account_id = accounts.id AND action = 'linode_create') AS created,"
            " (SELECT count(*) FROM events WHERE account_id = accounts.id AND action = 'linode_delete') AS deleted"
            " FROM accounts ORDER BY name"
        )
        return {row["name"]: {key: row[key] for key in ("linodes", "created", "deleted")} for row in rows}

    async def answer(self, request: Request) -> Response:
        started, path = time.perf_counter(), "/" + request.path_params["path"]
        fault = self.faults.draw(request.method, path)
        unread = is_large(request) and self.refuses(request, path)
        body = b"" if unread else await request.body()
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        kind = fault.kind if fault else None
        lost = await cut(request) if kind == "late" else None
        if fault and kind in ("slow", "late"):
            await asyncio.sleep(fault.delay_s)
        if kind == "twice":
            self.decide(request, path, body, fault)
        reply = self.decide(request, path, body, fault)
        response = reply.response()
        exchange = Exchange(
            "(refused before it was read)" if unread else sent_text(body),
            None if kind in UNHEARD else answered_text(bytes(response.body)),
            {name: reply.headers[name] for name in TELLING if name in reply.headers},
            round((time.perf_counter() - started) * 1000, 1),
        )
        self.exchanges.keep(reply.request_id, exchange)
        if lost is not None:
            return lost
        if kind == "cut":
            return await cut(request)
        if kind == "cut_midway":
            return await cut_midway(request, response)
        if unread:
            response.headers["Connection"] = "close"
        return response

    def refuses(self, request: Request, path: str) -> bool:
        """Whether the request is refused for what stands before its body."""
        beta = request.url.path.startswith("/v4beta/")
        try:
            found, _ = endpoint_for(request.method, path, beta=beta)
            check_access(self.accounts.identify(request.headers.get("Authorization")), found)
        except ApiError:
            return True
        return False

    def decide(self, request: Request, path: str, raw: bytes, fault: Rule | None) -> Reply:
        """Does the work and records the request in one transaction: either both are kept or neither."""
        who = self.accounts.identify(request.headers.get("Authorization"))
        entry = {
            "at": self.clock.now(),
            "account": who.name if who else None,
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "filter": request.headers.get("X-Filter"),
            "fault": fault.kind if fault else None,
        }
        if fault and not fault.commits:
            reply = failed_reply(fault, self.headers(500, who))
            status = 0 if fault.kind == "cut" else reply.status
            return replace(reply, request_id=self.database.insert("requests", **entry, status=status))
        with self.database.transaction(), using(self.edits.catalogs):
            reply = self.reply(request, path, raw, who)
            if fault and fault.kind == "job_fails" and who and reply.status == 200:
                fail_job(who, linode_id_in(path, reply), fault.action)
            written = {"status": reply.status, "created_id": reply.created_id}
            request_id = self.database.insert("requests", **entry, **written)
        return replace(distorted(reply, fault) if fault else reply, request_id=request_id)

    def reply(self, request: Request, path: str, raw: bytes, who: Account | None) -> Reply:
        needed, rate = ANY_SCOPE, dict[str, str]()
        method, beta = request.method, request.url.path.startswith("/v4beta/")
        try:
            if method == "OPTIONS":
                allowed = methods_at(path, beta=beta)
                return Reply(200, {}, {**self.headers(200, who), "Allow": ", ".join(allowed)})
            found, named = endpoint_for("GET" if method == "HEAD" else method, path, beta=beta)
            needed = found.scope
            check_access(who, found)
            caller = who.caller if who else request.client.host if request.client else ""
            rate = self.limiter.count(caller, *found.budgets)
            if who:
                who = replace(who, clock=HeldClock(who.clock.now(), who.clock.speed))  # one moment for it all
                settle(who)
            call = Call(
                who,
                request.query_params,
                request.headers.get("X-Filter"),
                bodies.parse(raw) if method in ("POST", "PUT") else {},
                str(request.base_url).rstrip("/"),
            )
            with self.database.savepoint():
                answer = found.answer(call, named)
                body = answer.shown(call.account) if isinstance(answer, Thing) else answer
        except ApiError as refusal:
            headers = self.headers(refusal.status, who, needed)
            return Reply(refusal.status, refusal.body, {**headers, **rate, **refusal.headers})
        if body is NO_CONTENT:
            return Reply(204, None, {**self.headers(204, who, needed), **rate})
        created = body["id"] if CREATE in found.budgets else None
        return Reply(200, {} if body is None else body, {**self.headers(200, who, needed), **rate}, created)

    def headers(self, status: int, who: Account | None, needed: str = ANY_SCOPE) -> dict[str, str]:
        """`X-OAuth-Scopes` is `unknown` without a valid token; errors leave some headers out."""
        return {
            **ALWAYS,
            **(ON_SUCCESS if status < 400 else {}),
            "Date": (now := formatdate(self.clock.now(), usegmt=True)),
            "Expires": now,
            "X-OAuth-Scopes": who.scopes if who else "unknown",
            "X-Accepted-OAuth-Scopes": needed,
            **({"X-Customer-UUID": who.euuid} if who else {}),
        }


def is_large(request: Request) -> bool:
    """Whether its body is more than any that the API takes, or of unknown length."""
    known = request.headers.get("Content-Length", "0")
    return int(known) > LARGEST_UNREAD or "Transfer-Encoding" in request.headers


@lru_cache(maxsize=64)
def is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def methods_at(path: str, *, beta: bool) -> list[str]:
    """What a path takes; telling it needs no token. HEAD works wherever GET does."""
    methods = {candidate.method for candidate, _ in endpoints_at(path, beta=beta)}
    return sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))


def check_access(who: Account | None, found: Endpoint) -> None:
    """A wrong token is ignored, not refused, where none is needed; a restricted user needs the grant."""
    if who is None:
        if not found.public:
            raise invalid_token()
    elif not covers(who.scopes, found.scope):
        raise missing_scope()
    elif found.grant is not None and who.restricted and found.grant not in who.grants:
        raise unauthorized()


def failed_reply(fault: Rule, headers: Mapping[str, str]) -> Reply:
    """The answer of a fault that speaks for itself; a cut connection has none, its reply is not sent."""
    if fault.kind in (*GATEWAY_PAGES, "cut"):
        code = "502" if fault.kind == "cut" else fault.kind
        return Reply(int(code), GATEWAY_PAGE.format(GATEWAY_PAGES[code]), {})
    extra = {}
    if fault.kind in ("429", "503"):
        extra["Retry-After"] = str(fault.retry_after_s)
    if fault.kind == "maintenance":
        extra["X-Maintenance-Mode"] = "true"
    status = {"maintenance": 503, "busy": 400}.get(fault.kind) or int(fault.kind)
    return Reply(status, {"errors": [{"reason": REASONS[fault.kind]}]}, {**headers, **extra})


def distorted(reply: Reply, fault: Rule) -> Reply:
    """The answer to a request that did its work, as the fault lets it out."""
    if fault.kind == "malformed_headers":
        return replace(reply, headers={**reply.headers, **NONSENSE})
    if fault.kind == "missing_headers":
        kept = {name: value for name, value in reply.headers.items() if name not in RATE_HEADERS}
        return replace(reply, headers=kept)
    if fault.kind == "garbled":
        return replace(reply, body=GATEWAY_PAGE.format("200 OK"))
    if fault.kind in FAILURES:
        return failed_reply(fault, reply.headers)
    if fault.kind == "misshapen" and reply.status == 200:
        return replace(reply, body=MISSHAPEN)
    return reply


def linode_id_in(path: str, reply: Reply) -> int:
    """0 when the path is not a Linode's."""
    parts = path.split("/") if path.startswith("/linode/instances/") else []
    return reply.created_id or (int(parts[3]) if len(parts) > 3 and parts[3].isdigit() else 0)


def build_app(api: Api, controls: Sequence[Route]) -> Starlette:
    async def answer(request: Request) -> Response:
        if not is_loopback(request.url.hostname):  # a web page's own name, pointed at this machine
            return Reply(403, unauthorized().body, NOT_BY_THIS_NAME).response()
        return await api.answer(request)

    routes = [
        Route("/v4/{path:path}", answer, methods=METHODS),
        Route("/v4beta/{path:path}", answer, methods=METHODS),
        *controls,
    ]
    return Starlette(routes=routes, exception_handlers={404: no_such_address})


async def no_such_address(_: Request, __: Exception) -> Response:
    return Reply(404, not_found().body, {}).response()
