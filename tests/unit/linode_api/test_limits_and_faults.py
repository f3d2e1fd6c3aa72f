from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.core.errors import ApiError
from emulators.linode_api.core.faults import Faults, Rule, parse_rule
from emulators.linode_api.core.limits import COLLECTION, CREATE, RESERVED, RESERVED_BURST, Limiter
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import EMPTY, Caller, reasons
from tests.until import until

START = 1_790_000_000.0


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Caller]:
    clock = HeldClock(START)
    with LocalApi(tmp_path / "api.db", clock=clock) as api:
        opened = Caller(api, api.add_token())
        yield opened
        opened.close()


def test_the_21st_create_in_15_seconds_is_refused(limited: Caller) -> None:
    statuses = [limited.post("/linode/instances", EMPTY).status_code for _ in range(20)]

    refused = limited.post("/linode/instances", EMPTY)

    assert statuses == [200] * 20
    assert (refused.status_code, reasons(refused)) == (429, [(None, "Too many requests")])
    assert refused.headers["X-RateLimit-Limit"] == "20"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert refused.headers["X-RateLimit-Reset"] == str(int(START) + 15)
    assert refused.headers["Retry-After"] == "15"
    assert limited.get("/linode/instances").json()["results"] == 20
    assert isinstance(limited.api.clock, HeldClock)
    limited.api.clock.advance(15)
    assert limited.post("/linode/instances", EMPTY).status_code == 200


def test_ordinary_answers_show_the_general_budget(limited: Caller) -> None:
    headers = limited.get("/linode/instances").headers

    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("1840", "1839")
    assert headers["Retry-After"] == "60"
    assert limited.get("/images").headers["X-RateLimit-Limit"] == "20"


def test_without_limits_nothing_is_told_of_any(tmp_path: Path) -> None:
    with LocalApi(tmp_path / "api.db", clock=HeldClock(START), limits=False) as api:
        caller = Caller(api, api.add_token())
        answers = [caller.post("/linode/instances", EMPTY) for _ in range(21)]
        caller.close()

    assert {answer.status_code for answer in answers} == {200}
    assert not any(name.startswith("X-RateLimit") for answer in answers for name in answer.headers)


def test_windows_shrink_with_the_clocks_speed_and_refusals_count() -> None:
    clock = HeldClock(START, speed=10)
    limiter = Limiter(clock, enabled=True)
    for _ in range(CREATE.limit):
        limiter.count("me", CREATE)

    for _ in range(3):
        clock.advance(0.4)
        with pytest.raises(ApiError):
            limiter.count("me", CREATE)
    clock.advance(0.3)

    assert limiter.count("me", CREATE)["X-RateLimit-Remaining"] == "19"
    assert limiter.count("another", CREATE)["X-RateLimit-Remaining"] == "19"


def test_collections_stop_at_200_a_minute_without_saying_so_before() -> None:
    limiter = Limiter(HeldClock(), enabled=True)

    shown = {limiter.count("me", COLLECTION)["X-RateLimit-Limit"] for _ in range(200)}

    assert shown == {"1840"}
    with pytest.raises(ApiError) as refused:
        limiter.count("me", COLLECTION)
    assert refused.value.headers["X-RateLimit-Limit"] == "200"


@pytest.mark.parametrize(("after_commit", "made"), [(False, 0), (True, 1)])
def test_a_cut_connection_gives_no_answer(
    api: LocalApi, caller: Caller, account: str, *, after_commit: bool, made: int
) -> None:
    api.set_faults({"kind": "cut", "method": "POST", "after_commit": after_commit, "times": 1})

    with pytest.raises(requests.ConnectionError):
        caller.post("/linode/instances", {**EMPTY, "label": "cut"})

    assert len(caller.rows("/linode/instances")) == made
    assert api.requests()[-2]["fault"] == "cut"
    assert caller.post("/linode/instances", {**EMPTY, "label": "cut"}).status_code == (400 if made else 200)
    assert api.counts(account)["created"] == 1


def test_an_answer_can_break_off_midway(api: LocalApi, caller: Caller) -> None:
    api.set_faults({"kind": "cut_midway", "times": 1})

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.get("/regions")


def test_a_request_can_be_carried_out_after_its_connection_was_cut(api: LocalApi, caller: Caller) -> None:
    api.set_faults({"kind": "late", "method": "POST", "delay_s": 0.2, "times": 1})

    with pytest.raises(requests.ConnectionError):
        caller.post("/linode/instances", {**EMPTY, "label": "late"})

    assert caller.rows("/linode/instances") == []
    until(lambda: caller.rows("/linode/instances"))


def test_a_request_can_be_carried_out_twice(api: LocalApi, caller: Caller) -> None:
    api.set_faults({"kind": "twice", "method": "POST", "times": 1})

    answer = caller.post("/linode/instances", {**EMPTY, "label": "once"})

    assert (answer.status_code, reasons(answer)) == (
        400,
        [("label", "Label must be unique among your linodes")],
    )
    assert len(caller.rows("/linode/instances")) == 1


def test_an_answer_can_be_garbled_or_misshapen(api: LocalApi, caller: Caller) -> None:
    api.set_faults({"kind": "garbled", "times": 1}, {"kind": "misshapen", "times": 1})

    garbled, misshapen = caller.get("/regions"), caller.get("/regions")

    assert (garbled.status_code, misshapen.status_code) == (200, 200)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        garbled.json()
    assert misshapen.json()["data"] is None


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("408", 408, "Please try again"),
        ("429", 429, "Too many requests"),
        ("500", 500, "Internal server error"),
        ("503", 503, "Service Unavailable"),
        ("maintenance", 503, "The API is down for maintenance"),
    ],
)
def test_a_fault_refuses_and_does_nothing(
    api: LocalApi, caller: Caller, kind: str, status: int, reason: str
) -> None:
    api.set_faults({"kind": kind, "path": "/linode/instances", "method": "POST", "retry_after_s": 7})

    answer = caller.post("/linode/instances", EMPTY)

    assert (answer.status_code, reasons(answer)) == (status, [(None, reason)])
    assert ("X-Maintenance-Mode" in answer.headers) is (kind == "maintenance")
    assert kind not in ("429", "503") or answer.headers["Retry-After"] == "7"
    assert caller.rows("/linode/instances") == []


def test_an_error_after_the_commit_leaves_a_linode(api: LocalApi, caller: Caller) -> None:
    api.set_faults({"kind": "502", "method": "POST", "after_commit": True})

    answer = caller.post("/linode/instances", EMPTY)

    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert len(caller.rows("/linode/instances")) == 1


def test_rate_headers_can_be_nonsense_or_missing(api: LocalApi, caller: Caller) -> None:
    api.set_faults({"kind": "malformed_headers", "times": 1}, {"kind": "missing_headers", "times": 1})

    nonsense, missing = caller.get("/profile"), caller.get("/profile")

    assert nonsense.headers["Retry-After"] == "-1509450059"
    assert (missing.status_code, "X-RateLimit-Limit" in missing.headers) == (200, False)


def test_an_answer_can_be_slow(api: LocalApi, caller: Caller) -> None:
    api.set_faults({"kind": "slow", "delay_s": 0.5, "times": 1})

    with pytest.raises(requests.ReadTimeout):
        caller.session.get(f"{caller.base}/profile", timeout=0.1)


def test_faults_drawn_with_one_seed_fall_the_same_way_twice() -> None:
    def fall(seed: int) -> list[bool]:
        faults = Faults()
        faults.set([Rule("503", probability=0.3)], seed)
        return [faults.draw("GET", "/regions") is not None for _ in range(200)]

    assert fall(7) == fall(7) != fall(8)
    assert 30 < sum(fall(7)) < 90


def test_rules_skip_then_fire_a_number_of_times() -> None:
    faults = Faults()
    faults.set([Rule("500", method="POST", path="/linode/instances/*/boot", skip=1, times=2)])

    drawn = [faults.draw("POST", "/linode/instances/5/boot") is not None for _ in range(5)]

    assert drawn == [False, True, True, False, False]
    assert faults.draw("POST", "/linode/instances/5/x/boot") is None
    assert faults.report()[0]["fired"] == 2


def test_the_control_endpoint_sets_shows_and_clears_faults(api: LocalApi, caller: Caller) -> None:
    url = api.url + "/_local/faults"

    caller.session.put(url, json={"seed": 3, "rules": [{"kind": "500", "times": 1}]}, timeout=5)
    first, second = caller.get("/profile"), caller.get("/profile")
    shown = caller.session.get(url, timeout=5).json()
    wrong = caller.session.put(url, json={"rules": [{"kind": "nope"}]}, timeout=5)
    cleared = caller.session.delete(url, timeout=5).json()

    assert (first.status_code, second.status_code) == (500, 200)
    assert (shown["seed"], shown["rules"][0]["fired"]) == (3, 1)
    assert (wrong.status_code, cleared["rules"]) == (400, [])


def test_a_rule_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown key 'methud'"):
        parse_rule({"kind": "500", "methud": "GET"})


def test_reserved_addresses_have_two_limits_and_refusals_count() -> None:
    clock = HeldClock()
    limiter = Limiter(clock, enabled=True)

    shown = [limiter.count("me", RESERVED, RESERVED_BURST)["X-RateLimit-Limit"] for _ in range(5)]
    with pytest.raises(ApiError) as burst:
        limiter.count("me", RESERVED, RESERVED_BURST)
    clock.advance(16)
    for _ in range(4):
        limiter.count("me", RESERVED, RESERVED_BURST)
    with pytest.raises(ApiError) as long:
        limiter.count("me", RESERVED, RESERVED_BURST)

    assert shown == ["10"] * 5
    assert [raised.value.headers["X-RateLimit-Limit"] for raised in (burst, long)] == ["5", "10"]


def test_reserved_addresses_are_read_ten_times_in_half_a_minute(limited: Caller) -> None:
    path = "/networking/reserved/ips"
    address = limited.post(path, {"region": "us-ord"}).json()["address"]

    limits = [limited.get(one).headers["X-RateLimit-Limit"] for one in (path, f"{path}/{address}")]
    made = limited.post(path, {"region": "us-ord"}).headers["X-RateLimit-Limit"]

    assert (limits, made) == (["10", "10"], "1840")
    assert [limited.get(path).status_code for _ in range(4)] == [200, 200, 200, 429]
