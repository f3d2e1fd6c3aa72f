"""The ASGI application: finds the endpoint, checks token and limits, answers, records the request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulators.linode_api import effects, endpoints, linodes, request_log, shapes
from emulators.linode_api.account import Accounts, Identity
from emulators.linode_api.calls import Call, Endpoint
from emulators.linode_api.catalogs import using
from emulators.linode_api.clock import Clock
from emulators.linode_api.connections import cut, cut_midway
from emulators.linode_api.control import Controls
from emulators.linode_api.database import Database
from emulators.linode_api.edits import Edits
from emulators.linode_api.errors import (
    ApiError,
    bad_method,
    bad_request,
    invalid_token,
    missing_scope,
    not_found,
    unauthorized,
)
from emulators.linode_api.faults import GATEWAY_PAGE, NONSENSE, REASONS, Faults, Rule
from emulators.linode_api.headers import answer_headers
from emulators.linode_api.limits import Limiter
from emulators.linode_api.scopes import PUBLIC, covers

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")


@dataclass(frozen=True)
class Reply:
    """An answer before it becomes bytes."""

    status: int
    body: Any
    headers: Mapping[str, str]
    created_id: int | None = None

    def response(self) -> Response:
        if isinstance(self.body, str):
            return Response(self.body, self.status, dict(self.headers), media_type="text/html")
        text = json.dumps(self.body)
        return Response(text, self.status, dict(self.headers), media_type="application/json")


@dataclass(frozen=True)
class Api:
    """What requests share."""

    database: Database
    clock: Clock
    accounts: Accounts
    limiter: Limiter
    faults: Faults
    edits: Edits
    latency_s: float = 0.0

    async def answer(self, request: Request) -> Response:
        path = "/" + request.path_params["path"]
        fault = self.faults.draw(request.method, path)
        body = await request.body()
        await asyncio.sleep(self.latency_s)
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.delay_s)
        reply = self.decide(request, path, body, fault)
        return await self.deliver(request, reply, fault)

    async def deliver(self, request: Request, reply: Reply, fault: Rule | None) -> Response:
        """Sends the answer, or what the fault makes of it."""
        kind = fault.kind if fault else None
        if kind == "cut":
            return await cut(request)
        if kind == "cut_midway":
            return await cut_midway(request, reply.response())
        return reply.response()

    def decide(self, request: Request, path: str, raw: bytes, fault: Rule | None) -> Reply:
        """Does the work and records the request in one transaction: either both are kept or neither."""
        who = self.accounts.identify(request.headers.get("Authorization"))
        entry = request_log.Entry(
            at=self.clock.now(),
            account=who.account.name if who else None,
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            filter=request.headers.get("X-Filter"),
            status=request_log.NO_ANSWER,
            fault=fault.kind if fault else None,
        )
        if fault and not fault.commits:
            reply = failed_reply(fault, answer_headers(500, who, PUBLIC, self.clock.now()))
            request_log.record(
                self.database, replace(entry, status=0 if fault.kind == "cut" else reply.status)
            )
            return reply
        with self.database.transaction(), using(self.edits.catalogs):
            reply = self.reply(request, path, raw, who)
            if fault and fault.kind == "job_fails" and who and reply.status == 200:
                linodes.fail_job(who.account, linode_id_in(path, reply), fault.action)
            request_log.record(
                self.database, replace(entry, status=reply.status, created_id=reply.created_id)
            )
        return distorted(reply, fault) if fault else reply

    def reply(self, request: Request, path: str, raw: bytes, who: Identity | None) -> Reply:
        needed, rate = PUBLIC, dict[str, str]()
        beta = request.url.path.startswith("/v4beta/")
        try:
            if request.method == "OPTIONS":
                return self.options(path, who, beta=beta)
            found, named = pick(path, "GET" if request.method == "HEAD" else request.method, beta=beta)
            needed = found.scope
            check_access(who, found, path)
            caller = who.caller if who else request.client.host if request.client else ""
            rate = self.limiter.count(caller, *found.budgets)
            if who:
                effects.settle(who.account)
            call = Call(
                who.account if who else None,
                named,
                request.query_params,
                request.headers.get("X-Filter"),
                parse_body(raw) if request.method in ("POST", "PUT") else {},
                who.scopes if who else "",
            )
            with self.database.savepoint():
                answer = found.answer(call)
        except ApiError as refusal:
            headers = answer_headers(refusal.status, who, needed, self.clock.now())
            return Reply(refusal.status, refusal.body, {**headers, **rate, **refusal.headers})
        created = answer["id"] if request.method == "POST" and makes_a_linode(path) else None
        return Reply(200, answer, {**answer_headers(200, who, needed, self.clock.now()), **rate}, created)

    def options(self, path: str, who: Identity | None, *, beta: bool) -> Reply:
        """What a path takes; needs no token. HEAD works wherever GET does."""
        methods = {candidate.method for candidate, _ in endpoints.find(path, beta=beta)}
        if not methods:
            raise not_found()
        allowed = sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))
        headers = answer_headers(200, who, PUBLIC, self.clock.now())
        return Reply(200, {}, {**headers, "Allow": ", ".join(allowed)})


def makes_a_linode(path: str) -> bool:
    return path == "/linode/instances" or (path.startswith("/linode/instances/") and path.endswith("/clone")
                                           and path.count("/") == 4)  # fmt: skip


def pick(path: str, method: str, *, beta: bool) -> tuple[Endpoint, dict[str, str]]:
    """Raises ApiError: 404 when there is no such address, 405 when it does not take this method."""
    found = endpoints.find(path, beta=beta)
    if not found:
        raise not_found()
    for candidate, named in found:
        if candidate.method == method:
            return candidate, named
    raise bad_method(sorted({candidate.method for candidate, _ in found}))


def check_access(who: Identity | None, found: Endpoint, path: str) -> None:
    """A wrong token is ignored, not refused, where none is needed; a restricted user needs the grant."""
    if who is None:
        if found.scope != PUBLIC or path.split("/")[1] in endpoints.NEEDS_A_TOKEN:
            raise invalid_token()
    elif not covers(who.scopes, found.scope):
        raise missing_scope()
    elif found.grant is not None and who.account.restricted and found.grant not in who.account.grants:
        raise unauthorized()


def parse_body(raw: bytes) -> dict[str, Any]:
    """An absent body is an empty one: actions are often sent without."""
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise bad_request("The request body is not valid JSON") from None
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise bad_request("The request body must be a JSON object")
    problems = list(shapes.problems_of(body))
    if problems:
        raise ApiError(400, problems)
    return body


def failed_reply(fault: Rule, headers: Mapping[str, str]) -> Reply:
    """The answer of a fault that speaks for itself; a cut connection has none, its reply is not sent."""
    if fault.kind in ("502", "cut"):
        return Reply(502, GATEWAY_PAGE, {})
    extra = {}
    if fault.kind in ("429", "503"):
        extra["Retry-After"] = str(fault.retry_after_s)
    if fault.kind == "maintenance":
        extra["X-Maintenance-Mode"] = "true"
    status = 503 if fault.kind == "maintenance" else int(fault.kind)
    return Reply(status, {"errors": [{"reason": REASONS[fault.kind]}]}, {**headers, **extra})


def distorted(reply: Reply, fault: Rule) -> Reply:
    """The answer to a request that did its work, as the fault lets it out."""
    if fault.kind == "malformed_headers":
        return replace(reply, headers={**reply.headers, **NONSENSE})
    if fault.kind == "missing_headers":
        kept = {name: value for name, value in reply.headers.items() if name not in RATE_HEADERS}
        return replace(reply, headers=kept)
    if fault.kind in ("408", "500", "502", "503"):
        return failed_reply(fault, reply.headers)
    return reply


def linode_id_in(path: str, reply: Reply) -> int:
    """0 when the path is not a Linode's."""
    parts = path.split("/") if path.startswith("/linode/instances/") else []
    return reply.created_id or (int(parts[3]) if len(parts) > 3 and parts[3].isdigit() else 0)


def build_app(api: Api, facts: Mapping[str, Any]) -> Starlette:
    """`facts` is what GET /_local/health tells beside the process id."""

    async def answer(request: Request) -> Response:
        return await api.answer(request)

    routes = [
        *Controls(api.database, api.accounts, api.limiter, api.faults, api.edits, facts).routes(),
        Route("/v4/{path:path}", answer, methods=METHODS),
        Route("/v4beta/{path:path}", answer, methods=METHODS),
    ]
    return Starlette(routes=routes, exception_handlers={404: no_such_address})


async def no_such_address(_: Request, __: Exception) -> Response:
    return Reply(404, not_found().body, {}).response()
