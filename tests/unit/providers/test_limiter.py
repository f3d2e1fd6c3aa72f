from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from email.utils import formatdate

import pytest
from hypothesis import given, strategies as st

from providers.linode.api.limiter import Limiter, budget_of, shared

EPOCH = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return EPOCH + self.now


def limiter(clock: Clock, *, known: bool = True) -> Limiter:
    return Limiter(clock.monotonic, clock.wall, known=known)


class ServerWindow:
    """The API's side: a fixed window that opens with the first request it gets; refused ones count too."""

    def __init__(self, limit: int, length_s: float) -> None:
        self.limit, self.length_s, self.used, self.opened = limit, length_s, 0, -1e9

    def get(self, now: float) -> tuple[int, dict[str, str]]:
        if now >= self.opened + self.length_s:
            self.opened, self.used = now, 0
        self.used += 1
        closes = self.opened + self.length_s
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Reset": str(math.ceil(EPOCH + closes)),
            "Retry-After": str(math.ceil(closes - now)),
        }
        return (429 if self.used > self.limit else 200), headers


def run_creates(
    count: int,
    latencies: list[float],
    server: ServerWindow,
    *,
    keep: tuple[str, ...] | None = None,
    known: bool = True,
    commands: int = 1,
) -> tuple[float, int]:
    """Seconds until `count` creates of each command, all wanted at once, were answered; and how many were refused.

    `latencies`: seconds to the server and back, in turn. `keep`: the headers that reach the client.
    """
    clock = Clock()
    limits = [limiter(clock, known=known) for _ in range(commands)]
    begun = clock.now
    waiting, refused, turn = [count] * commands, 0, 0
    events: list[tuple[float, int, int, str, Mapping[str, str], int]] = []
    while any(waiting) or events:
        ask_again = math.inf
        for who in range(commands):
            while waiting[who] and (wait := limits[who].wait_s("POST", "/linode/instances")) == 0:
                waiting[who] -= 1
                turn += 1
                arrival = clock.now + latencies[turn % len(latencies)]
                heapq.heappush(events, (arrival, turn, who, "arrives", {}, 0))
            ask_again = min(ask_again, clock.now + wait if waiting[who] else math.inf)
        if not events or ask_again < events[0][0]:
            clock.now = ask_again
            continue
        clock.now, number, who, what, headers, status = heapq.heappop(events)
        if what == "arrives":
            status, headers = server.get(clock.now)
            back = clock.now + latencies[(number + 7) % len(latencies)]
            heapq.heappush(events, (back, number, who, "answered", headers, status))
            continue
        seen = headers if keep is None else {name: headers[name] for name in keep}
        limits[who].answered("POST", "/linode/instances", seen, status)
        refused += status == 429
        waiting[who] += status == 429
    return clock.now - begun, refused


def test_twenty_creates_go_out_at_once_when_the_first_answer_shows_that_nobody_else_asks() -> None:
    seconds, refused = run_creates(20, [0.1], ServerWindow(20, 15))

    assert (round(seconds, 3), refused) == (0.4, 0)


@pytest.mark.parametrize("latency", [0.02, 0.1, 0.5])
def test_two_commands_with_one_token_share_what_there_is(latency: float) -> None:
    """Each sees what the other sent when its own answers come: neither takes all that is left at once."""
    seconds, refused = run_creates(30, [latency, latency * 1.1], ServerWindow(20, 15), commands=2)

    assert refused <= 8
    assert seconds < 45 + 8 * latency


def test_who_was_not_alone_takes_all_again_two_windows_later() -> None:
    server = ServerWindow(20, 15)
    server.get(1000.0)  # somebody else's
    seconds, _ = run_creates(100, [0.5], server)
    alone, _ = run_creates(100, [0.5], ServerWindow(20, 15))

    assert seconds < alone + 15 + 4


def test_a_hundred_creates_take_four_windows_and_none_is_refused() -> None:
    seconds, refused = run_creates(100, [0.1], ServerWindow(20, 15))

    assert refused == 0
    assert 60 <= seconds < 62


@given(st.lists(st.floats(0.01, 3.0), min_size=1, max_size=12), st.sampled_from(["all", "none"]))
def test_no_latency_provokes_a_refusal(latencies: list[float], headers: str) -> None:
    seconds, refused = run_creates(70, latencies, ServerWindow(20, 15), keep=None if headers == "all" else ())

    assert refused == 0
    assert seconds < 45 + 8 * max(latencies) + 4


def test_who_knows_of_no_limits_has_those_that_answers_tell_of() -> None:
    unlimited = run_creates(100, [0.1], ServerWindow(10_000, 15), keep=(), known=False)
    seconds, refused = run_creates(100, [0.1], ServerWindow(20, 15), known=False)
    unseen, told_nothing = run_creates(60, [0.1], ServerWindow(20, 15), keep=(), known=False)

    assert (round(unlimited[0], 3), unlimited[1]) == (0.2, 0)
    assert refused == 80, "all went out before the first answer"
    assert 60 <= seconds < 62, "and then as the headers say"
    assert told_nothing > 0
    assert unseen < 62


def test_a_higher_limit_in_the_headers_is_used() -> None:
    seconds, refused = run_creates(100, [0.1], ServerWindow(50, 15))

    assert refused == 0
    assert seconds < 32


def test_a_lower_limit_in_the_headers_is_kept_to() -> None:
    _, refused = run_creates(20, [0.1], ServerWindow(10, 30), keep=None)

    assert refused <= 10, "only the first burst, sent before any header was seen"


def test_what_others_used_of_the_limit_is_believed() -> None:
    clock = Clock()
    limits = limiter(clock)
    assert limits.wait_s("POST", "/linode/instances") == 0

    headers = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "Retry-After": "9"}
    limits.answered("POST", "/linode/instances", headers, 200)

    assert 9 <= limits.wait_s("POST", "/linode/instances") <= 9.5


def test_a_window_that_is_said_to_end_in_fifty_minutes_is_not_believed() -> None:
    clock = Clock()
    limits = limiter(clock)
    assert limits.wait_s("POST", "/linode/instances") == 0

    headers = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0"}
    reset = str(int(clock.wall()) + 3000)
    limits.answered("POST", "/linode/instances", {**headers, "X-RateLimit-Reset": reset}, 200)

    assert limits.wait_s("POST", "/linode/instances") == 15


@pytest.mark.parametrize("wrong_by_s", [-3000, 3000])
def test_a_window_ends_by_the_apis_clock_however_wrong_ours_is(wrong_by_s: float) -> None:
    clock = Clock()
    limits = Limiter(clock.monotonic, lambda: clock.wall() + wrong_by_s)
    assert limits.wait_s("POST", "/linode/instances") == 0

    headers = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "Date": formatdate(clock.wall())}
    reset = str(int(clock.wall()) + 9)
    limits.answered("POST", "/linode/instances", {**headers, "X-RateLimit-Reset": reset}, 200)

    assert 9 <= limits.wait_s("POST", "/linode/instances") <= 9.5


def test_after_a_refusal_every_create_waits_as_long_as_the_api_asks() -> None:
    clock = Clock()
    limits = limiter(clock)
    assert limits.wait_s("POST", "/linode/instances") == 0

    limits.answered("POST", "/linode/instances", {"Retry-After": "7"}, 429)

    assert limits.wait_s("POST", "/linode/instances") == 7
    assert limits.wait_s("GET", "/linode/instances/5") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "many", "X-RateLimit-Reset": "-1"},
        {"X-RateLimit-Limit": "0", "X-RateLimit-Remaining": "0", "Retry-After": "-1509450059"},
        {"X-RateLimit-Limit": "nan", "X-RateLimit-Remaining": "nan", "Retry-After": "nan"},
        {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "inf", "X-RateLimit-Reset": "inf"},
    ],
)
def test_without_usable_headers_our_own_count_decides(headers: dict[str, str]) -> None:
    clock = Clock()
    limits = limiter(clock)
    sent = 0
    while limits.wait_s("POST", "/linode/instances") == 0:
        limits.answered("POST", "/linode/instances", headers, 200)
        sent += 1

    assert sent == 20
    assert limits.wait_s("POST", "/linode/instances") == 15


def test_the_general_limit_in_a_creates_answer_does_not_widen_the_creates_limit() -> None:
    clock = Clock()
    limits = limiter(clock)
    sent = 0
    while limits.wait_s("POST", "/linode/instances") == 0 and sent < 50:
        headers = {"X-RateLimit-Limit": "1840", "X-RateLimit-Remaining": str(1839 - sent)}
        limits.answered("POST", "/linode/instances", headers, 200)
        sent += 1

    assert sent == 20


def test_requests_without_an_answer_count() -> None:
    clock = Clock()
    limits = limiter(clock)
    sent = 0
    while limits.wait_s("POST", "/linode/instances") == 0:
        limits.answered("POST", "/linode/instances", None, None)
        sent += 1

    assert sent == 20


@pytest.mark.parametrize(
    ("method", "path", "budget"),
    [
        ("POST", "/linode/instances", "create"),
        ("POST", "/linode/instances/7/boot", None),
        ("GET", "/linode/instances", "lists"),
        ("GET", "/account/events", "lists"),
        ("GET", "/images", "images"),
        ("GET", "/linode/instances/7", None),
        ("DELETE", "/linode/instances/7", None),
    ],
)
def test_each_request_counts_against_the_budget_that_the_api_has_for_it(
    method: str, path: str, budget: str | None
) -> None:
    assert budget_of(method, path) == budget


@pytest.mark.parametrize(("said", "waits"), [("off", False), ("on", True), (None, True)])
def test_the_environment_says_that_an_api_has_no_limits(
    monkeypatch: pytest.MonkeyPatch, said: str | None, waits: bool
) -> None:
    monkeypatch.delenv("LINODE_RATE_LIMITS")
    if said is not None:
        monkeypatch.setenv("LINODE_RATE_LIMITS", said)
    limits = shared("http://limits", str(said))

    found = [limits.wait_s("POST", "/linode/instances") for _ in range(21)]

    assert any(found) == waits


def test_one_token_has_one_limiter_and_another_token_another() -> None:
    assert shared("http://x", "a") is shared("http://x", "a")
    assert shared("http://x", "a") is not shared("http://x", "b")
