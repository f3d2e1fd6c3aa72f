"""Failures on demand: scripted by count or drawn with a seed, matched by method and path.

A rule: {"kind": …, "method": "POST", "path": "/linode/instances", "times": 3, "skip": 0,
"probability": 1.0, "after_commit": false, "delay_s": 1.0, "retry_after_s": 1, "action": "linode_boot"}

kind               what the client meets
cut                the TCP connection is cut, before the work is done, or with after_commit after it
cut_midway         the work is done, half of the answer arrives, then the connection is cut
late               the connection is cut at once, and the work is done delay_s later
twice              the work is done twice, as by a proxy that repeats; the second answer arrives
408, 429, 500      the API's own error bodies (429 never does the work)
busy               400 `Linode busy.`, and nothing is done
502, 504           an HTML page of the gateway in front of the API
garbled            the work is done, and a good answer has a page where its JSON should be
misshapen          the work is done, and a good answer is other JSON than the API's
503                a refusal in JSON
maintenance        503 with the header X-Maintenance-Mode
slow               the answer comes delay_s seconds late (real seconds)
malformed_headers  a good answer with nonsense in its rate-limit headers
missing_headers    a good answer without any rate-limit header
job_fails          a good answer, but the job `action` that it queues ends as failed

In `path`, which is written without /v4, `*` stands for one segment and `**` for the rest.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

KINDS = (
    "cut", "cut_midway", "late", "twice", "408", "429", "500", "502", "503", "504", "garbled", "misshapen",
    "busy", "maintenance", "slow", "malformed_headers", "missing_headers", "job_fails",
)  # fmt: skip
FAILURES = ("408", "500", "502", "503", "504")
"""Answers that tell nothing of whether the work was done."""

GATEWAY_PAGES = {"502": "502 Bad Gateway", "504": "504 Gateway Time-out"}
NONSENSE = {"X-RateLimit-Remaining": "many", "X-RateLimit-Reset": "-1", "Retry-After": "-1509450059"}
GATEWAY_PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>{0}</body>\r\n</html>\r\n"
MISSHAPEN: Mapping[str, object] = {"data": None, "id": {"of": []}, "status": 7, "pages": "many"}
REASONS = {
    "busy": "Linode busy.",
    "408": "Please try again",
    "429": "Too many requests",
    "500": "Internal server error",
    "503": "Service Unavailable",
    "maintenance": "The API is down for maintenance",
}


@dataclass(frozen=True)
class Rule:
    """One kind of failure, and which requests meet it."""

    kind: str
    method: str | None = None
    path: str = "**"
    times: int | None = None
    skip: int = 0
    probability: float = 1.0
    after_commit: bool = False
    delay_s: float = 1.0
    retry_after_s: int = 1
    action: str = "linode_boot"

    def matches(self, method: str, path: str) -> bool:
        return self.method in (None, method) and re.fullmatch(path_pattern(self.path), path) is not None

    @property
    def commits(self) -> bool:
        """Whether the request does its work although its answer fails."""
        if self.kind in ("429", "busy", "maintenance"):
            return False
        return self.after_commit or self.kind not in ("cut", *FAILURES)


def path_pattern(glob: str) -> str:
    parts = re.split(r"(\*\*|\*)", glob)
    return "".join({"**": ".*", "*": "[^/]+"}.get(part, re.escape(part)) for part in parts)


def parse_rule(wanted: Mapping[str, Any]) -> Rule:
    """Raises ValueError saying what is wrong with the rule."""
    unknown = sorted(set(wanted) - set(Rule.__dataclass_fields__))
    if unknown:
        raise ValueError(f"unknown key {unknown[0]!r}: write {', '.join(Rule.__dataclass_fields__)}")
    kind = str(wanted.get("kind"))
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}: write one of {', '.join(KINDS)}")
    return Rule(**{**wanted, "kind": kind})


@dataclass
class Faults:
    """The rules in force. The first that fires decides; seeded, so that a run can be repeated."""

    rules: Sequence[Rule] = ()
    seed: int = 0
    maintenance: bool = False
    _dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - repeatable, not secret
    _seen: dict[int, int] = field(default_factory=dict)
    _fired: dict[int, int] = field(default_factory=dict)

    def set(self, rules: Sequence[Rule], seed: int = 0) -> None:
        self.rules, self.seed = tuple(rules), seed
        self._dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._seen, self._fired = {}, {}

    def draw(self, method: str, path: str) -> Rule | None:
        """The fault that this request meets, if any."""
        if self.maintenance:
            return Rule("maintenance")
        for number, rule in enumerate(self.rules):
            if rule.matches(method, path) and self._fires(number, rule):
                return rule
        return None

    def _fires(self, number: int, rule: Rule) -> bool:
        self._seen[number] = self._seen.get(number, 0) + 1
        lucky = self._dice.random() < rule.probability
        used_up = rule.times is not None and self._fired.get(number, 0) >= rule.times
        if not lucky or used_up or self._seen[number] <= rule.skip:
            return False
        self._fired[number] = self._fired.get(number, 0) + 1
        return True

    def report(self) -> list[dict[str, Any]]:
        """The rules and how often each has fired."""
        return [{**vars(rule), "fired": self._fired.get(number, 0)} for number, rule in enumerate(self.rules)]


Ends = tuple[tuple[str, int], tuple[str, int | None]]

_open: dict[Ends, asyncio.Transport] = {}  # by both ends: two servers may see the same client address


REST_WITHIN_S = 30.0  # of a request of which the first part came


class CuttableProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, remembering the transport of each client, which has to send its requests to the end."""

    rest: asyncio.TimerHandle | None = None
    partial = False

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.partial = True

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.partial = False

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.rest:
            self.rest.cancel()
            self.rest = None
        if self.partial and not self.transport.is_closing():
            self.rest = self.loop.call_later(REST_WITHIN_S, self.transport.close)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in its base
        super().connection_made(transport)
        if self.client and self.server:
            _open[self.client, self.server] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.rest:
            self.rest.cancel()
        if self.client and self.server:
            _open.pop((self.client, self.server), None)
        super().connection_lost(exc)


async def cut(request: Request) -> Response:
    """Resets the connection; the response that is returned reaches nobody."""
    transport = transport_of(request)
    if transport:
        transport.abort()
    await gone(request)
    return Response()


async def cut_midway(request: Request, response: Response) -> Response:
    """Sends the headers and half of the body, then closes."""
    transport = transport_of(request)
    if transport:
        lines = [f"HTTP/1.1 {response.status_code} OK".encode()]
        lines += [name + b": " + value for name, value in response.raw_headers]
        body = bytes(response.body)
        transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + body[: len(body) // 2])
        transport.close()
    await gone(request)
    return response


def transport_of(request: Request) -> asyncio.Transport | None:
    client, server = request.scope["client"], request.scope["server"]
    return _open.get((tuple(client), tuple(server))) if client and server else None


async def gone(request: Request) -> None:
    """Waits until the server has noticed, so that it does not try to answer."""
    for _ in range(100):
        if transport_of(request) is None:
            return
        await asyncio.sleep(0.001)
