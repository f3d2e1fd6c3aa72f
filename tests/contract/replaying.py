"""Recorded conversations with the real API, held again with the local one, and every difference between the two.

Nothing is skipped: status, headers, and the whole body with its types and the order of its lists are compared. What the
recorder replaced (dates, addresses, names) is not known, so any value of its form will do. What each API makes up by
itself (ids, addresses, hashes, names of users) must be the same up to renaming: one of theirs is always one of ours.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import Caller, made

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"
Json = Any

HEADERS = (
    "Content-Type", "X-Ratelimit-Limit", "X-Oauth-Scopes", "X-Accepted-Oauth-Scopes", "Cache-Control", "Expires",
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
    (re.compile("0+"), re.compile("[0-9a-f]+")),
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


@dataclass
class Names:
    """Which of ours stands for which of theirs; an id of one kind is never that of another."""

    ours: dict[Any, Any] = field(default_factory=dict)
    theirs: dict[Any, Any] = field(default_factory=dict)

    def same(self, theirs: Any, ours: Any) -> bool:
        """Whether they stand for each other, as they do from their first meeting on."""
        if theirs not in self.ours and ours not in self.theirs:
            self.ours[theirs], self.theirs[ours] = ours, theirs
        return bool(self.ours.get(theirs) == ours)

    def said(self, text: str) -> str:
        """A text of theirs with our ids in it."""
        return re.sub(r"\d{3,}", lambda found: str(self.ours.get(int(found[0]), found[0])), text)


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

    def run(self) -> Iterator[tuple[str, list[Difference]]]:
        """Each exchange's operation and differences."""
        for exchange in exchanges(self.file):
            self.keep_pace(exchange)
            answer = self.send(exchange["request"])
            found = operation(exchange["request"])
            differing = self.differences(exchange["response"], answer)
            yield found, [Difference(self.file, exchange["i"], found, *one) for one in differing]
            self.remember(exchange["request"], answer)

    def keep_pace(self, exchange: Json) -> None:
        """Answers tell their time in `Expires`; in those that don't, linodego asks again after 15 seconds."""
        asked = (
            f"{exchange['request']['method']} {exchange['request']['path']} {exchange['request']['headers']}"
        )
        if expires := exchange["response"]["headers"].get("Expires"):
            moment = parsedate_to_datetime(expires).timestamp()
            self.clock.advance(max(0.0, moment - self.clock.now()))
        else:
            self.clock.advance(14 if asked == self.before else 1)
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
        """The addresses that requests after it may name."""
        if request["method"] == "DELETE" and V4 in request["path"] and answer.status_code == 200:
            self.addresses.pop()
        ours = answer.json() if answer.content else None
        if isinstance(ours, dict) and ours.keys() >= {"address", "gateway", "reserved"}:
            if ours["public"]:
                self.addresses.append(ours["address"])
            else:
                self.private = ours["address"]

    def differences(self, theirs: Json, answer: requests.Response) -> Iterator[tuple[str, Any, Any]]:
        if theirs["status"] != answer.status_code:
            yield "status", theirs["status"], answer.status_code
        for name in HEADERS:
            recorded, here = theirs["headers"].get(name), answer.headers.get(name)
            if recorded != here and not (name == "Expires" and recorded is None):
                yield name, recorded, here
        yield from self.between(theirs["body"], answer.json() if answer.content else None, "")

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
        return any(form.fullmatch(theirs) for form in MADE_UP) and self.names.same(theirs, ours)


BY_REGION = ("Block Storage Encryption", "Maintenance Policy")
"""What Linodes are able to where their region is; it is more in later recordings than in earlier ones."""

LAB = "pl-labkrk-2"
RULES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [], "outbound": []}


def prepare(replay: Replay) -> None:
    """What the recorded account had before: its settings, and what the requests name that they did not make."""
    caller, ours = replay.caller, replay.names.ours
    made(caller.put("/account/settings", settings_of(replay.file)))
    caller.api.api.edits.apply({"regions": regions_of(replay.file)})
    for number in sorted(firewalls_before(replay.file)):
        firewall = made(caller.post("/networking/firewalls", {"label": f"before-{number}", "rules": RULES}))
        replay.names.same(number, firewall["id"])
    if replay.file == "TestVolume_WaitForLinodeID_volume":
        linode = caller.create(type="g6-nanode-1", region="ap-west", label="go-test-ins-4n57ej5b4bz0")
        config = made(
            caller.post(f"/linode/instances/{linode['id']}/configs", {"label": "before", "devices": {}})
        )
        ours |= {67701824: linode["id"], 71037128: config["id"]}


def settings_of(file: str) -> Json:
    """Those of the account, as what was made without saying so shows them."""
    found = {"network_helper": False, "maintenance_policy": "linode/power_off_on", "backups_enabled": False}
    for exchange in exchanges(file):
        asked, answer = exchange["request"]["body"] or {}, exchange["response"]["body"] or {}
        if exchange["request"]["method"] != "POST" or not isinstance(answer, dict):
            continue
        if "hypervisor" in answer and "maintenance_policy" not in asked and not asked.get("image_id"):
            found["maintenance_policy"] = answer.get("maintenance_policy", found["maintenance_policy"])
        if "hypervisor" in answer and "backups_enabled" not in asked:
            found["backups_enabled"] = answer["backups"]["enabled"]
        if "helpers" in answer and "helpers" not in asked:
            found["network_helper"] = answer["helpers"]["network"]
    return found


def regions_of(file: str) -> list[Json]:
    """Regions that were able to something else then, and the laboratory's."""
    found: dict[str, Json] = {LAB: {"id": LAB, "like": "us-ord"}}
    for exchange in exchanges(file):
        answer = exchange["response"]["body"]
        if isinstance(answer, dict) and "hypervisor" in answer:
            id_, able = answer["region"], set(answer.get("capabilities", BY_REGION))
            region = dict(catalogs().regions.get(id_) or catalogs().regions["us-ord"])
            more = [name for name in BY_REGION if name in able and name not in region["capabilities"]]
            kept = [name for name in region["capabilities"] if name in able or name not in BY_REGION]
            found[id_] = {"id": id_, "like": id_ if id_ != LAB else "us-ord", "capabilities": kept + more}
    return list(found.values())


def firewalls_before(file: str) -> set[int]:
    """Those that requests name, and that no request before made."""
    found, made_here = set[int](), set[int]()
    for exchange in exchanges(file):
        body = exchange["request"]["body"] or {}
        wanted, answer = [body, *(body.get("interfaces") or [])], exchange["response"]["body"]
        found |= {one["firewall_id"] for one in wanted if one.get("firewall_id")} - made_here
        made_here.add(answer.get("id", 0) if isinstance(answer, dict) else 0)
    return found


def replayed(folder: Path, file: str) -> Iterator[tuple[str, list[Difference]]]:
    """Each exchange of a file: its operation, and what differs."""
    clock = HeldClock(recorded_at(file))
    with LocalApi(folder / f"{file}.db", clock=clock) as api:
        scopes = {exchange["response"]["headers"].get("X-Oauth-Scopes", "*") for exchange in exchanges(file)}
        before = Caller(api, api.add_token(), "/v4beta")
        replay = Replay(file, before, clock)
        prepare(replay)
        api.api.limiter.clear()
        if scopes != {"*"}:
            token = "wrong" if "unknown" in scopes else api.add_token(scopes=scopes.pop())
            replay.caller = Caller(api, token, "/v4beta")
        yield from replay.run()
        before.close()
        replay.caller.close()


FILES = sorted(file.stem for file in RECORDINGS.glob("*.jsonl"))


def exchanges(file: str) -> list[Json]:
    lines = (RECORDINGS / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def operation(request: Json) -> str:
    """Method and path, with `{}` for what names one thing."""
    path = request["path"].removeprefix("/v4beta")
    path = re.sub(r"/(\d+|\d+\.\d+\.\d+\.\d+)(?=/|$)", "/{}", path)
    path = re.sub(r"^/(linode/types|linode/kernels|images|tags)/(?!upload)[^/]+$", r"/\1/{}", path)
    return f"{request['method']} {path}"


def recorded_at(file: str) -> float:
    """The moment of the first exchange that tells one, else its day."""
    for exchange in exchanges(file):
        if expires := exchange["response"]["headers"].get("Expires"):
            return parsedate_to_datetime(expires).timestamp()
    index = json.loads((RECORDINGS / "index.json").read_text(encoding="utf-8"))
    [day] = [one["date"] for one in index if one["file"] == f"{file}.jsonl"]
    return datetime.fromisoformat(day).replace(tzinfo=timezone.utc).timestamp()
