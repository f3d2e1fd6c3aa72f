"""Recorded conversations with the real API, held again with the local one, and every difference between the two.

Nothing is skipped: status, headers, and the whole body with its types and the order of its lists are compared. What the
recorder replaced (dates, addresses, names) is not known, so any value of its form will do. What each API makes up by
itself (ids, addresses, hashes, names of users) must be the same up to renaming: one of theirs is always one of ours.
Each answer is compared twice: as it is, and without what the API has had only since the recording (earlier.py).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any

import requests

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.contract.account_before import Before
from tests.contract.earlier import as_of, limit_as_of
from tests.contract.names import Names
from tests.contract.pace import pace_of
from tests.contract.recorded import Json, exchanges, operation, recorded_at
from tests.unit.linode_api.serving import Caller

RESOLVERS = re.compile(r"[0-9a-f.:]+(, ?[0-9a-f.:]+)+")
"""Addresses, which the recorder replaced, and which lead nowhere here."""

BEFORE_S = 3600.0
"""How long ago the account was made."""

LIMIT = "X-Ratelimit-Limit"
HEADERS = (
    "Content-Type", LIMIT, "X-Oauth-Scopes", "X-Accepted-Oauth-Scopes", "Cache-Control", "Expires",
)  # fmt: skip
"""Those that were kept in the recordings."""

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
V4, V6 = "192.0.2.0", "1234::5678"  # what the recorder put in the place of addresses
SOME_V4 = re.compile(r"\d+\.\d+\.\d+\.\d+")
SOME_V6 = re.compile(r"[0-9a-f:]*:[0-9a-f:]*")
SOME_HASH = re.compile(r"[0-9a-fA-F]{8,}|[0-9a-f-]{36}")
REPLACED = (
    (re.compile("2018-01-02T03:04:05"), STAMP),
    (re.compile(re.escape(V4) + r"(:\d+)?"), re.compile(SOME_V4.pattern + r"(:\d+)?")),
    (re.compile(re.escape(V6) + r"(/\d+)?"), re.compile(SOME_V6.pattern + r"(/\d+)?")),
    (re.compile("thisIsYourHostName"), re.compile(".+")),
    (re.compile("user@example.com"), re.compile(".+@.+")),
    (re.compile("[0-]+"), re.compile("[0-9a-fA-F-]+")),
    (re.compile("scrubbed"), re.compile(".*")),
)
"""What the recorder wrote, and what could have stood there."""

NAME_OF_ADDRESS = re.compile(r"\d+-\d+-\d+-\d+\.ip\.linodeusercontent\.com")
PRIVATE_IMAGE = re.compile(r"private/(\d+)")
GATEWAY = re.compile(r"\d+\.\d+\.\d+\.1")
MADE_UP = (SOME_V4, SOME_V6, SOME_HASH, NAME_OF_ADDRESS, re.compile(r"user-\d+"))
"""Texts that mean no more than a name: of the same form, and always the same for the same."""


@dataclass(frozen=True)
class Difference:
    """In one exchange: `path` is `status`, a header, or where in the body (`data[].tags[]`)."""

    file: str
    number: int
    operation: str
    path: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return (
            f"{self.file} {self.number} {self.operation} {self.path}: {self.theirs!r} is {self.ours!r} here"
        )


@dataclass(frozen=True)
class Compared:
    """One exchange, and what differs: `today` word for word, `differing` without what is newer than the recording."""

    operation: str
    today: list[Difference]
    differing: list[Difference]


@dataclass(frozen=True)
class Answer:
    """One of the local API."""

    status: int
    headers: Mapping[str, str | None]
    body: Json

    @staticmethod
    def of(answer: requests.Response) -> Answer:
        headers = {name: answer.headers.get(name) for name in HEADERS}
        return Answer(answer.status_code, headers, answer.json() if answer.content else None)

    def as_of(self, operation: str, moment: float) -> Answer:
        limit = limit_as_of(operation, self.headers[LIMIT], moment)
        return Answer(self.status, {**self.headers, LIMIT: limit}, as_of(self.body, moment))


@dataclass
class Replay:
    """One file, in an account that has what the recorded one had."""

    file: str
    caller: Caller
    clock: HeldClock
    names: Names = field(default_factory=Names)
    before: str = ""
    addresses: list[str] = field(default_factory=list)
    private: str = ""
    upload_to: str = ""

    def run(self) -> Iterator[Compared]:
        for exchange in exchanges(self.file):
            self.send_file(exchange["response"]["body"])
            self.keep_pace(exchange)
            answer = self.send(exchange["request"])
            ours = Answer.of(answer)
            found = operation(exchange["request"])
            difference = partial(Difference, self.file, exchange["i"], found)
            today, differing = (
                [difference(*one) for one in self.differences(exchange["response"], each)]
                for each in (ours, ours.as_of(found, self.clock.now()))
            )
            yield Compared(found, today, differing)
            self.remember(exchange["request"], answer)

    def send_file(self, theirs: Json) -> None:
        """The file of an image, which linodego sent elsewhere before it saw this answer."""
        if self.upload_to and isinstance(theirs, dict) and theirs.get("status") == "available":
            self.caller.session.put(self.upload_to, data=b"an image", timeout=20).raise_for_status()
            self.upload_to = ""

    def keep_pace(self, exchange: Json) -> None:
        """Answers tell their time in `Expires`; in those that don't, linodego asks again after 15 seconds."""
        asked = (
            f"{exchange['request']['method']} {exchange['request']['path']} {exchange['request']['headers']}"
        )
        if expires := exchange["response"]["headers"].get("Expires"):
            moment = parsedate_to_datetime(expires).timestamp()
            self.clock.advance(max(0.0, moment - self.clock.now()))
        else:
            self.clock.advance(14 if asked == self.before else 0.1)
        self.before = asked
        self.meet_duration(exchange["response"]["body"], free=expires is None)

    def meet_duration(self, body: Json, *, free: bool) -> None:
        """An event that runs tells the moment to a millionth of a second: how long it has lasted."""
        rows = body.get("data", [body]) if isinstance(body, dict) else []
        for event in rows if isinstance(rows, list) else []:
            if event.get("status") not in ("started", "finished") or not event.get("entity"):
                continue
            question = "SELECT created, ends FROM events WHERE action = ? AND linode_id = ? ORDER BY id DESC"
            linode_id = self.names.ours.get(event["entity"]["id"])
            queued = self.caller.api.database.one(question, event["action"], linode_id)
            if queued is None or (event["status"] == "finished" and not free):
                continue
            begun, moment = queued["created"], queued["ends"]
            if event["status"] == "started":
                moment = begun + event["duration"]
                while round(moment - begun, 6) < event["duration"]:
                    moment = math.nextafter(moment, math.inf)
            if abs(moment - self.clock.now()) < 60:
                self.clock.advance(max(0.0, moment - self.clock.now()))

    def send(self, request: Json) -> requests.Response:
        path = self.in_path(request["path"].removeprefix("/v4beta"))
        body, where = self.translated(request["body"]), request["headers"].get("X-Filter")
        return self.caller.send(
            request["method"], path, body, where=where and self.in_filter(where), **request["query"]
        )

    def translated(self, value: Json) -> Json:
        """A request's value, with our ids and addresses."""
        if isinstance(value, dict):
            return {key: self.translated(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.translated(item) for item in value]
        if value == f"{V6}/0":
            return "::/0"
        if isinstance(value, str) and value.startswith(f"{V4}:"):  # of a node: only a private one will do
            return value.replace(V4, self.private)
        if value == V4 and self.addresses:
            return self.addresses[-1]
        if isinstance(value, str):
            return self.names.ours.get(value, value)
        return self.names.ours.get(value, value) if type(value) is int else value

    def in_path(self, path: str) -> str:
        if V4 in path and self.addresses:
            path = path.replace(V4, self.addresses[-1])
        return self.names.said(path)

    def in_filter(self, text: str) -> str:
        """Without dates, which the recorder replaced."""
        wanted = json.loads(text)
        wanted.pop("created", None)
        return json.dumps(self.translated(wanted))

    def remember(self, request: Json, answer: requests.Response) -> None:
        """What requests after it may name: addresses, and where a file goes."""
        if request["method"] == "DELETE" and V4 in request["path"] and answer.status_code == 200:
            self.addresses.pop()
        ours = answer.json() if answer.content else None
        if isinstance(ours, dict):
            self.upload_to = ours.get("upload_to", self.upload_to)
        if isinstance(ours, dict) and ours.keys() >= {"address", "gateway", "reserved"}:
            if ours["public"]:
                self.addresses.append(ours["address"])
            else:
                self.private = ours["address"]

    def differences(self, theirs: Json, ours: Answer) -> Iterator[tuple[str, Any, Any]]:
        if theirs["status"] != ours.status:
            yield "status", theirs["status"], ours.status
        for name in HEADERS:
            recorded, here = theirs["headers"].get(name), ours.headers.get(name)
            if recorded != here and not (name == "Expires" and recorded is None):
                yield name, recorded, here
        yield from self.between(in_order(theirs["body"]), in_order(ours.body), "")

    def between(self, theirs: Json, ours: Json, at: str) -> Iterator[tuple[str, Any, Any]]:
        if isinstance(theirs, dict) and isinstance(ours, dict):
            yield from ((f"{at}.{key}".strip("."), None, ours[key]) for key in ours if key not in theirs)
            yield from ((f"{at}.{key}".strip("."), theirs[key], None) for key in theirs if key not in ours)
            for key in theirs:
                if key in ours:
                    yield from self.between(theirs[key], ours[key], f"{at}.{key}".strip("."))
        elif isinstance(theirs, list) and isinstance(ours, list):
            if len(theirs) != len(ours):
                yield f"{at}[]", f"{len(theirs)} items", f"{len(ours)} items"
            for one, other in zip(theirs, ours, strict=False):
                yield from self.between(one, other, f"{at}[]")
        elif not self.alike(theirs, ours, at):
            yield at or "body", theirs, ours

    def alike(self, theirs: Json, ours: Json, at: str) -> bool:
        if type(theirs) is not type(ours):
            return False
        if isinstance(theirs, str) and at.rpartition(".")[2] == "gateway" and GATEWAY.fullmatch(theirs):
            return (
                GATEWAY.fullmatch(ours) is not None
            )  # of the network that an address is in: many have the same
        if isinstance(theirs, str):
            return self.same_text(theirs, ours)
        if type(theirs) is int and at.rpartition(".")[2].rstrip("[]").endswith("id"):
            return self.names.same(theirs, ours)
        return bool(theirs == ours)

    def same_text(self, theirs: str, ours: str) -> bool:
        for written, form in REPLACED:
            if written.fullmatch(theirs):
                return form.fullmatch(ours) is not None
        if (one := PRIVATE_IMAGE.fullmatch(theirs)) and (other := PRIVATE_IMAGE.fullmatch(ours)):
            return self.names.same(int(one[1]), int(other[1]))
        if self.names.said(theirs) == ours:
            return True
        if RESOLVERS.fullmatch(theirs) and RESOLVERS.fullmatch(ours):
            return theirs.count(",") == ours.count(",")
        return any(form.fullmatch(theirs) for form in MADE_UP) and self.names.same(theirs, ours)


def in_order(body: Json) -> Json:
    """Regions by id: each of the recordings has them in another order."""
    rows = body.get("data") if isinstance(body, dict) else None
    for names in ({"id", "country"}, {"region", "available_ipv6_prefix_lengths"}):
        if rows and names <= rows[0].keys():
            return {**body, "data": sorted(rows, key=lambda row: str(row.get("region", row.get("id"))))}
    return body


def replayed(folder: Path, file: str) -> Iterator[Compared]:
    """Each exchange of a file."""
    clock = HeldClock(recorded_at(file) - BEFORE_S)
    with pace_of(file), LocalApi(folder / f"{file}.db", clock=clock) as api:
        scopes = {exchange["response"]["headers"].get("X-Oauth-Scopes", "*") for exchange in exchanges(file)}
        before = Caller(api, api.add_token(), "/v4beta")
        replay = Replay(file, before, clock)
        Before(file, before, replay.names).make()
        clock.advance(BEFORE_S)
        api.api.limiter.clear()
        if scopes != {"*"}:
            token = "wrong" if "unknown" in scopes else api.add_token(scopes=scopes.pop())
            replay.caller = Caller(api, token, "/v4beta")
        yield from replay.run()
        before.close()
        replay.caller.close()
