"""Failures on demand: scripted by count or drawn with a seed, matched by method and path.

A rule: {"kind": …, "method": "POST", "path": "/linode/instances", "times": 3, "skip": 0,
"probability": 1.0, "after_commit": false, "delay_s": 1.0, "retry_after_s": 1, "action": "linode_boot"}

What the client meets is in KINDS; `delay_s` are real seconds.

In `path`, which is written without /v4, `*` stands for one segment and `**` for the rest.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

KINDS: Mapping[str, str] = {
    "cut": "the connection is cut before the work is done, or with after_commit after it",
    "cut_midway": "the work is done, half of the answer arrives",
    "late": "the connection is cut at once, the work is done delay_s later",
    "twice": "the work is done twice, as by a proxy that repeats; the second answer arrives",
    "408": "Please try again",
    "429": "Too many requests; never does the work",
    "500": "Internal server error",
    "502": "a page of the gateway in front of the API",
    "503": "a refusal in JSON",
    "504": "a page of the gateway in front of the API",
    "garbled": "the work is done, a good answer is a page",
    "misshapen": "the work is done, a good answer is other JSON than the API's",
    "busy": "400 Linode busy., nothing is done",
    "maintenance": "503 with X-Maintenance-Mode",
    "slow": "the answer comes delay_s late",
    "malformed_headers": "nonsense in the rate-limit headers",
    "missing_headers": "no rate-limit headers",
    "job_fails": "a good answer, but the job `action` ends as failed",
}
FAILURES = ("408", "500", "502", "503", "504")
"""Answers that tell nothing of whether the work was done."""

VALUES: Mapping[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(("times", "skip", "retry_after_s"), ((int,), "a whole number")),
    **dict.fromkeys(("probability", "delay_s"), ((int, float), "a number")),
}
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
    for name, (kinds, what) in VALUES.items():
        value: Any = wanted.get(name)
        fits = isinstance(value, kinds) and not isinstance(value, bool)
        if value is not None and (not fits or value < 0):
            raise ValueError(f"{name} is {what}, not {value!r}")
    return Rule(**{**wanted, "kind": kind})


@dataclass
class Active:
    """A rule in force: whether it is switched on, how many requests it has matched, how often it has fired."""

    id: int
    rule: Rule
    on: bool = True
    seen: int = 0
    fired: int = 0


@dataclass
class Faults:
    """The rules in force. The first that fires decides; seeded, so that a run can be repeated."""

    active: Sequence[Active] = ()
    seed: int = 0
    maintenance: bool = False
    _dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - repeatable, not secret
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def set(self, rules: Sequence[Rule], seed: int = 0) -> None:
        self.active, self.seed = [Active(next(self._ids), rule) for rule in rules], seed
        self._dice = random.Random(seed)  # noqa: S311 - repeatable, not secret

    def add(self, rule: Rule) -> None:
        """Behind the others, which go on as they are."""
        self.active = [*self.active, Active(next(self._ids), rule)]

    def switch(self, rule_id: int, *, on: bool) -> None:
        """One that is off matches nothing, and counts on when it is on again. Raises KeyError."""
        self._find(rule_id).on = on

    def remove(self, rule_id: int) -> None:
        """Raises KeyError."""
        gone = self._find(rule_id)
        self.active = [one for one in self.active if one is not gone]

    def draw(self, method: str, path: str) -> Rule | None:
        """The fault that this request meets, if any."""
        if self.maintenance:
            return Rule("maintenance")
        for one in self.active:
            if one.on and one.rule.matches(method, path) and self._fires(one):
                return one.rule
        return None

    def _fires(self, one: Active) -> bool:
        one.seen += 1
        lucky = self._dice.random() < one.rule.probability
        used_up = one.rule.times is not None and one.fired >= one.rule.times
        if not lucky or used_up or one.seen <= one.rule.skip:
            return False
        one.fired += 1
        return True

    def _find(self, rule_id: int) -> Active:
        for one in self.active:
            if one.id == rule_id:
                return one
        raise KeyError(rule_id)

    def report(self) -> list[dict[str, Any]]:
        """The rules, whether each is on, and how often it has fired."""
        return [{**vars(one.rule), "id": one.id, "on": one.on, "fired": one.fired} for one in self.active]


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
