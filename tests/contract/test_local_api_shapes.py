"""What the local API answers, held against recorded answers of the real one (skipped without them)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from emulators.linode_api.clock import HeldClock
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD, Caller

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"
pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="needs the recordings in ../shared/recordings"
)

Json = Any
Shape = dict[str, set[str]]
IDS = [
    (r"(/linode/instances)/\d+", r"\1/{id}"),
    (r"(/account/events|/configs)/\d+", r"\1/{id}"),
    (r"(/linode/types|/linode/kernels|/images|/tags)/[^/]+", r"\1/{name}"),
]
LINODE = ("GET /linode/instances/{id}", "PUT /linode/instances/{id}", "POST /linode/instances")
ONE_LINODE = (*LINODE, "POST /linode/instances/{id}/rebuild")
CONFIG = ("POST /linode/instances/{id}/configs", "PUT /linode/instances/{id}/configs/{id}")
# Lists were recorded seldom: what was recorded of one object counts for them, too.
ALSO: dict[str, tuple[tuple[str, ...], Callable[[Json], Json]]] = {
    **{name: (ONE_LINODE, lambda body: body) for name in LINODE},
    "GET /linode/instances": (ONE_LINODE, lambda body: {"data": [body]}),
    "GET /tags/{name}": (ONE_LINODE, lambda body: {"data": [{"data": body}]}),
    "GET /linode/instances/{id}/configs": (CONFIG, lambda body: {"data": [body]}),
}
ONLY_PRIVATE_IMAGES = {"data[].total_size"}


def operation(method: str, path: str) -> str:
    path = path.removeprefix("/v4beta").removeprefix("/v4")
    for pattern, name in IDS:
        path = re.sub(pattern, name, path)
    return f"{method} {path}"


def recorded() -> dict[str, list[dict[str, Any]]]:
    """Every recorded exchange, by operation."""
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(RECORDINGS.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            request = exchange["request"]
            found.setdefault(operation(request["method"], request["path"]), []).append(exchange)
    return found


def exchange(name: str, number: int = 0) -> dict[str, Any]:
    lines = (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return dict(json.loads(lines[number]))


def shape(body: Json, at: str = "", found: Shape | None = None) -> Shape:
    """Every path in a body, with the JSON types seen there."""
    found = {} if found is None else found
    if isinstance(body, dict):
        for key, value in body.items():
            shape(value, f"{at}.{key}" if at else key, found)
    if isinstance(body, list):
        for value in body:
            shape(value, at + "[]", found)
    kind = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    found.setdefault(at, set()).add(kind.get(type(body), "null"))
    return found


@pytest.fixture(scope="module")
def version() -> str:
    return "/v4beta"


@pytest.fixture(scope="module")
def linode_id(caller: Caller, clock: HeldClock) -> int:
    made = caller.create(**FROM_IMAGE, label="contract", tags=["contract-tag"], private_ip=True)
    clock.advance(120)
    return int(made["id"])


Ask = Callable[[Caller, int], requests.Response]
ANSWERS: dict[str, Ask] = {
    "GET /regions": lambda c, _: c.get("/regions"),
    "GET /linode/types": lambda c, _: c.get("/linode/types"),
    "GET /linode/types/{name}": lambda c, _: c.get("/linode/types/g6-standard-1"),
    "GET /linode/kernels": lambda c, _: c.get("/linode/kernels"),
    "GET /linode/kernels/{name}": lambda c, _: c.get("/linode/kernels/linode%2Flatest-32bit"),
    "GET /images": lambda c, _: c.get("/images"),
    "GET /linode/instances": lambda c, _: c.get("/linode/instances"),
    "POST /linode/instances": lambda c, _: c.post("/linode/instances", EMPTY),
    "GET /linode/instances/{id}": lambda c, n: c.get(f"/linode/instances/{n}"),
    "PUT /linode/instances/{id}": lambda c, n: c.put(f"/linode/instances/{n}", {"tags": ["contract-tag"]}),
    "GET /linode/instances/{id}/disks": lambda c, n: c.get(f"/linode/instances/{n}/disks"),
    "GET /linode/instances/{id}/configs": lambda c, n: c.get(f"/linode/instances/{n}/configs"),
    "GET /linode/instances/{id}/ips": lambda c, n: c.get(f"/linode/instances/{n}/ips"),
    "GET /account": lambda c, _: c.get("/account"),
    "GET /account/settings": lambda c, _: c.get("/account/settings"),
    "GET /account/events": lambda c, n: c.get("/account/events", where={"entity.id": n}),
    "GET /profile": lambda c, _: c.get("/profile"),
    "GET /tags": lambda c, _: c.get("/tags"),
    "POST /tags": lambda c, n: c.post("/tags", {"label": f"tag-{n}", "linodes": [n]}),
    "GET /tags/{name}": lambda c, _: c.get("/tags/contract-tag"),
    "POST /linode/instances/{id}/shutdown": lambda c, n: c.post(f"/linode/instances/{n}/shutdown"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_has_the_recorded_keys_and_types(caller: Caller, linode_id: int, name: str) -> None:
    known = known_shape(name)

    ours = shape(ANSWERS[name](caller, linode_id).json())

    extra = {key for key in set(ours) - set(known) if not below(key, known)}
    missing = {key for key in set(known) - set(ours) - ONLY_PRIVATE_IMAGES if not below(key, ours)}
    strange = {key: (kinds, known[key]) for key, kinds in ours.items() if unlike(kinds, known.get(key))}
    assert extra == set(), "keys the real API does not have"
    assert missing == set(), "keys the real API has"
    assert strange == {}, "types the real API does not send"


def known_shape(name: str) -> Shape:
    """What was recorded of an operation, all successful answers together."""
    found: Shape = {}
    others, wrap = ALSO.get(name, ((), as_it_is))
    for source, wrapped in [(name, as_it_is), *((other, wrap) for other in others)]:
        for item in recorded().get(source, []):
            if item["response"]["status"] == 200:
                shape(wrapped(item["response"]["body"]), found=found)
    return found


def as_it_is(body: Json) -> Json:
    return body


def unlike(kinds: set[str], theirs: set[str] | None) -> bool:
    """Whether a type of ours was never recorded; null says nothing, on either side."""
    return theirs is not None and theirs != {"null"} and not kinds <= theirs | {"null"}


def below(key: str, one: Shape) -> bool:
    """Whether the key lies under something that `one` also knows as null, or only as an empty list."""
    parents = [key[: end.start()] for end in re.finditer(r"\.|\[\]", key)]
    return any("null" in one.get(parent, set()) or empty(parent, one) for parent in parents)


def empty(parent: str, one: Shape) -> bool:
    return "array" in one.get(parent, set()) and parent + "[]" not in one


@pytest.fixture(scope="module")
def limits() -> bool:
    return True


@pytest.mark.parametrize("name", [name for name in ANSWERS if not name.endswith("shutdown")])
def test_an_answer_has_the_recorded_headers(caller: Caller, linode_id: int, name: str) -> None:
    theirs = [found["response"] for found in recorded()[name] if found["response"]["status"] == 200]
    answer = (
        ANSWERS[name](caller, linode_id)
        if name != "POST /tags"
        else caller.post("/tags", {"label": "one-more"})
    )

    assert answer.status_code == 200
    newest = theirs[-1]["headers"]
    assert set(map(str.lower, newest)) <= set(map(str.lower, answer.headers))
    assert answer.headers["X-Accepted-OAuth-Scopes"] == newest["X-Accepted-Oauth-Scopes"]
    assert answer.headers["Content-Type"] == newest["Content-Type"]
    limits = {found["headers"].get("X-Ratelimit-Limit") for found in theirs}
    general = {"400", "800", "1600", "1840"}
    ours = answer.headers["X-RateLimit-Limit"]
    assert ours in limits or (ours in general and limits <= general)


REFUSALS: list[tuple[str, int, Ask]] = [
    ("ExampleListImages_badfilter", 0, lambda c, _: c.get("/images", where={"foo": "bar"})),
    ("ExampleListImages_notfound", 0, lambda c, _: c.get("/images", where={"label": "not-found"})),
    ("ExampleGetImage_missing", 0, lambda c, _: c.get("/images/not-found")),
    ("TestType_GetMissing", 0, lambda c, _: c.get("/linode/types/does-not-exist")),
    (
        "TestInstance_MaintenancePolicy",
        5,
        lambda c, _: c.post("/linode/instances", {**FROM_IMAGE, "maintenance_policy": "invalid_policy"}),
    ),
    (
        "TestInstance_MaintenancePolicy",
        6,
        lambda c, n: c.put(f"/linode/instances/{n}", {"maintenance_policy": "invalid_policy"}),
    ),
    (
        "TestInstance_TestExpectedErrorIfFieldsAuthorizedUsersAuthorizedKeysRootPassAreNotSet",
        0,
        lambda c, _: c.post("/linode/instances", {**EMPTY, "image": "linode/debian12"}),
    ),
    (
        "TestInstance_CreateWithEmptyIPAddress",
        0,
        lambda c, _: c.post("/linode/instances", {**EMPTY, "ipv4": []}),
    ),
]


@pytest.mark.parametrize(("name", "number", "ask"), REFUSALS, ids=[f"{name}-{n}" for name, n, _ in REFUSALS])
def test_a_refusal_is_word_for_word_the_recorded_one(
    caller: Caller, linode_id: int, name: str, number: int, ask: Ask
) -> None:
    theirs = exchange(name, number)["response"]

    ours = ask(caller, linode_id)

    assert (ours.status_code, ours.json()) == (theirs["status"], theirs["body"])
    assert ours.headers["X-Accepted-OAuth-Scopes"] == theirs["headers"]["X-Accepted-Oauth-Scopes"]


def test_busy_is_word_for_word_the_recorded_one(caller: Caller) -> None:
    theirs = [found["response"] for found in recorded()["POST /linode/instances/{id}/resize"]]
    refusal = next(response for response in theirs if response["status"] == 400)
    made = caller.create(**FROM_IMAGE)

    ours = caller.post(f"/linode/instances/{made['id']}/resize", {"type": "g6-standard-1"})

    assert (ours.status_code, ours.json()) == (400, refusal["body"])


def test_allocations_are_refused_word_for_word_as_recorded(caller: Caller) -> None:
    recording = [exchange("TestIPAddress_Instance_Allocate", number) for number in range(19)]
    theirs = [one for one in recording if one["response"]["status"] == 400]
    made = caller.create(**{**EMPTY, "region": "us-sea"})
    linode_id = recording[0]["response"]["body"]["id"]

    for one in theirs:
        body = dict(one["request"]["body"])
        if body.get("linode_id") == linode_id:
            body["linode_id"] = made["id"]
        ours = caller.post("/networking/ips", body)

        assert (ours.status_code, ours.json()) == (400, one["response"]["body"]), body
    assert len(theirs) == 8


def test_the_limit_of_reserved_addresses_is_the_recorded_one(caller: Caller) -> None:
    theirs = [exchange("TestReservedIPAddresses_ExceedLimit", number) for number in range(15)]
    other = Caller(caller.api, caller.api.add_token("reserving"), "/v4beta")

    ours = [other.post("/networking/reserved/ips", one["request"]["body"]) for one in theirs]

    assert [answer.status_code for answer in ours] == [one["response"]["status"] for one in theirs]
    assert ours[-1].json() == theirs[-1]["response"]["body"]
    other.close()


def test_a_move_is_refused_while_busy_then_accepted_as_recorded(caller: Caller, clock: HeldClock) -> None:
    recording = [exchange("TestInstance_Migrate", number) for number in range(9)]
    asked = [one for one in recording if one["request"]["path"].endswith("/migrate")]
    made = caller.create(**{**FROM_IMAGE, "region": "ap-west"})

    early = caller.post(f"/linode/instances/{made['id']}/migrate", asked[0]["request"]["body"])
    clock.advance(120)
    later = caller.post(f"/linode/instances/{made['id']}/migrate", asked[-1]["request"]["body"])

    theirs = [(one["response"]["status"], one["response"]["body"]) for one in (asked[0], asked[-1])]
    assert [(answer.status_code, answer.json()) for answer in (early, later)] == theirs


def test_a_wrong_token_gets_the_recorded_401(caller: Caller) -> None:
    theirs = exchange("TestReservedIPAddresses_InsufficientPermissions")["response"]
    stranger = Caller(caller.api, "wrong", "/v4beta")

    ours = stranger.get("/linode/instances")

    assert (ours.status_code, ours.json()) == (theirs["status"], theirs["body"])
    assert ours.headers["X-OAuth-Scopes"] == theirs["headers"]["X-Oauth-Scopes"]
    assert "X-Ratelimit-Limit" not in theirs["headers"]
    assert "X-RateLimit-Limit" not in ours.headers
    stranger.close()


def test_a_rebuild_answers_with_the_recorded_fields(caller: Caller, clock: HeldClock) -> None:
    theirs = exchange("TestInstance_Rebuild", 3)
    made = caller.create(**EMPTY)
    clock.advance(20)

    ours = caller.post(
        f"/linode/instances/{made['id']}/rebuild", {**theirs["request"]["body"], "root_pass": PASSWORD}
    )

    body = theirs["response"]["body"]
    assert list(ours.json()) == list(body)
    same = ("status", "type", "image", "has_user_data", "specs")
    assert {name: ours.json()[name] for name in same} == {name: body[name] for name in same}


def test_keys_of_a_linode_come_in_the_recorded_order(caller: Caller) -> None:
    theirs = exchange("TestTag_Create")["response"]["body"]

    ours = caller.create(**EMPTY)

    assert list(ours) == list(theirs)
    unlike = (
        "id",
        "label",
        "created",
        "updated",
        "ipv4",
        "ipv6",
        "region",
        "tags",
        "host_uuid",
        "capabilities",
    )
    assert ours["capabilities"] == [one for one in theirs["capabilities"] if one != "SMTP Enabled"]
    assert {k: v for k, v in ours.items() if k not in unlike} == {
        k: v for k, v in theirs.items() if k not in unlike
    }


def test_the_polls_of_a_power_cycle_see_the_recorded_course(caller: Caller, clock: HeldClock) -> None:
    recording = [exchange("TestEventPoller_InstancePower", number) for number in range(19)]
    [booted] = [e["response"]["body"] for e in recording if e["request"]["path"].endswith("52557263")][:1]
    made = caller.create(**{**FROM_IMAGE, "image": "linode/ubuntu22.04", "booted": False})
    clock.advance(70)

    caller.post(f"/linode/instances/{made['id']}/boot")
    clock.advance(24)
    boot = caller.events(made["id"], action="linode_boot")[0]

    finished = next(
        e["response"]["body"]
        for e in recording
        if e["response"]["body"].get("action") == "linode_boot"
        and e["response"]["body"]["status"] == "finished"
    )
    assert caller.status(made["id"]) == booted["status"] == "running"
    same = ("status", "percent_complete", "duration", "rate", "message", "seen", "read")
    assert (boot["time_remaining"], finished["time_remaining"]) == (
        None,
        0,
    )  # null in all recordings since 2025
    assert {name: boot[name] for name in same} == {name: finished[name] for name in same}
    assert boot["secondary_entity"]["label"] == finished["secondary_entity"]["label"]
    assert boot["entity"].keys() == finished["entity"].keys()
