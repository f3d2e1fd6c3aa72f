"""The poller against the local API: what it asks, how often, and what it makes of failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import Connection
from providers.linode.api.limiter import Limiter
from providers.linode.api.records import Linode
from providers.linode.api.transport import Transport
from providers.linode.core.waiting.goals import ABSENT_LOOKS, Goal
from providers.linode.core.waiting.poller import (
    GAP_S,
    MOST_QUICK,
    QUICK_A_WAIT,
    STEADY_S,
    Poller,
    QuickLooks,
    pause_s,
)
from tests.until import until

BODY = {
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "root_pass": "aComplex@Pass1",
}


class World:
    """A local API whose time stands still, one token, and a poller whose lines are kept."""

    def __init__(self, path: Path) -> None:
        self.clock = HeldClock()
        self.api = LocalApi(path, clock=self.clock, limits=False)
        self.said, self.shown = list[str](), list[str]()

    def poller(self, scopes: str = "*") -> tuple[LinodeClient, Poller]:
        connection = Connection(f"{self.api.url}/v4", self.api.add_token(scopes=scopes), "LINODE_TOKEN")
        client = LinodeClient(Transport(connection, limits=Limiter(known=False), sleep=lambda _: None))
        return client, Poller(client, say=self.said.append, show=self.shown.append)

    def seen(self, after: int = 0) -> list[str]:
        return [f"{row['method']} {row['path']}" for row in self.api.requests(after)]

    def newest(self) -> int:
        return max((int(row["id"]) for row in self.api.requests()), default=0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "api.db")
    with made.api:
        yield made


def made(client: LinodeClient, count: int) -> list[Linode]:
    bodies = [{**BODY, "label": f"web-{n}"} for n in range(count)]
    return [Linode.model_validate(client.post_once("/linode/instances", body)) for body in bodies]


def running(linodes: list[Linode]) -> list[Goal]:
    return [Goal(one.id, f"{one.label} is to run", status="running", since=one.created) for one in linodes]


def waited(poller: Poller, goals: list[Goal], timeout_s: float = 60.0) -> tuple[threading.Thread, list[str]]:
    """A thread that waits, and what it got: statuses, or the text of errors."""
    got: list[str] = []

    def wait() -> None:
        outcomes = poller.wait_for(goals, timeout_s)
        got.extend(
            str(one.error) if one.error else one.linode.status if one.linode else "" for one in outcomes
        )

    thread = threading.Thread(target=wait)
    thread.start()
    return thread, got


def until_seen(world: World, path: str, times: int) -> None:
    until(lambda: sum(path in line for line in world.seen()) >= times, world.seen)


@pytest.mark.parametrize("count", [1, 60])
def test_a_look_costs_one_request_for_one_linode_and_for_sixty(world: World, count: int) -> None:
    client, poller = world.poller()
    goals = running(made(client, count))
    thread, got = waited(poller, goals)
    until_seen(world, "events", 3)

    asked_before = world.seen()
    world.clock.advance(120)
    thread.join(20)

    assert got == ["running"] * count
    assert [line for line in asked_before if line.startswith("GET")] == ["GET /v4/account/events"] * 3
    assert world.seen().count("GET /v4/linode/instances") == 1


def test_a_failed_boot_ends_the_wait_of_its_linode_alone_with_the_event(world: World) -> None:
    world.api.set_faults(
        {"kind": "job_fails", "method": "POST", "path": "/linode/instances", "skip": 1, "times": 1}
    )
    client, poller = world.poller()
    thread, got = waited(poller, running(made(client, 3)))
    until_seen(world, "events", 1)

    world.clock.advance(120)
    thread.join(20)

    assert (got[0], got[2]) == ("running", "running")
    assert got[1].startswith("web-1 is to run: linode_boot failed (event ")


def test_a_token_without_events_waits_by_the_list_and_says_so_once(world: World) -> None:
    client, poller = world.poller("linodes:read_write")
    linodes = made(client, 4)
    threads = [waited(poller, [goal]) for goal in running(linodes)]
    until_seen(world, "instances", 4 + 2)

    world.clock.advance(120)
    for thread, _ in threads:
        thread.join(20)

    assert [got for _, got in threads] == [["running"]] * 4
    assert [line for line in world.said if "events:read_only" in line] == world.said
    assert world.seen().count("GET /v4/account/events") == 1


def test_failed_looks_abort_nothing_until_there_are_too_many_in_a_row(world: World) -> None:
    client, poller = world.poller("linodes:read_write")
    linodes = made(client, 1)
    world.api.set_faults({"kind": "500", "method": "GET", "path": "/linode/instances", "times": 5 * 4})
    thread, got = waited(poller, running(linodes))
    until_seen(world, "GET /v4/linode/instances", 5 * 4 + 1)
    world.clock.advance(120)
    thread.join(20)

    world.api.set_faults({"kind": "500", "method": "GET", "path": "/linode/instances"})
    thread, lost = waited(poller, running(linodes))
    thread.join(20)

    assert got == ["running"]
    assert lost[0].startswith(
        "web-0 is to run: 5 looks in a row failed, the last one so: GET /linode/instances"
    )


def test_time_is_up_for_each_wait_by_itself_and_no_thread_stays(world: World) -> None:
    client, poller = world.poller()
    goals = running(made(client, 2))
    short, short_got = waited(poller, goals[:1], timeout_s=0.3)
    long, long_got = waited(poller, goals[1:])

    short.join(20)
    world.clock.advance(120)
    long.join(20)
    until(lambda: all(thread.name != "linode-poller" for thread in threading.enumerate()))

    assert short_got[0].startswith("web-0 is to run: not so after 0 s")
    assert long_got == ["running"]


def test_a_mark_keeps_an_old_failure_from_ending_a_new_wait(world: World) -> None:
    world.api.set_faults({"kind": "job_fails", "method": "POST", "path": "/linode/instances", "times": 1})
    client, poller = world.poller()
    linode = made(client, 1)[0]
    world.clock.advance(120)

    mark = poller.mark()
    client.boot(linode.id, None, lambda: False)
    goal = Goal(linode.id, "web-0 is to run", status="running", **mark._asdict())
    thread, got = waited(poller, [goal])
    until_seen(world, "events", 2)
    world.clock.advance(60)
    thread.join(20)

    assert got == ["running"]


def test_a_deleted_linode_is_gone_when_the_list_has_it_no_more(world: World) -> None:
    client, poller = world.poller()
    linode = made(client, 1)[0]
    client.delete_linode(linode.id)
    thread, got = waited(poller, [Goal(linode.id, "web-0 is to be gone", "gone", since=linode.created)])
    until_seen(world, "events", 1)

    world.clock.advance(60)
    thread.join(20)

    assert got == [""]
    assert client.linodes() == []


def test_looks_are_soon_at_first_and_few_for_a_minute_of_waiting() -> None:
    now, looks = 0.0, 0
    while now < 60:
        now, looks = now + pause_s(looks, now), looks + 1

    assert pause_s(0, 0) <= 0.1
    assert looks <= 25
    assert max(pause_s(9, age) for age in range(0, 900, 10)) == 5.0


class Late(LinodeClient):
    """Its lists lack every Linode."""

    def linodes(self, x_filter: Mapping[str, object] | None = None) -> list[Linode]:
        super().linodes(x_filter)
        return []


def looked(world: World, client: LinodeClient, goal: Goal) -> str:
    """How a wait ends that is looked at without a pause; "" where it goes on."""
    poller = Poller(Late(client.transport), now=lambda: 0.0, say=world.said.append, show=world.shown.append)
    wait = poller._waits.add(goal, 0.0, 60.0)
    for _ in range(ABSENT_LOOKS + 1):
        poller.look()
    if wait.outcome is None:
        return ""
    return str(wait.outcome.error or (wait.outcome.linode and wait.outcome.linode.status))


def test_looks_stay_few_where_waits_begin_all_the_time() -> None:
    """A thousand Linodes whose creates an engine spreads over two and a half minutes."""
    budget, moment, waits, looks = QuickLooks(), 0.0, 0, list[float]()
    while moment < 150.0:
        budget.begun(int(moment / 0.15) - waits)
        waits = int(moment / 0.15)
        budget.looked(moment)
        looks.append(moment)
        moment = max(moment + 0.15, budget.earliest())

    assert len([each for each in looks if each < 5.0]) >= MOST_QUICK
    assert len(looks) <= MOST_QUICK + waits * QUICK_A_WAIT + 150.0 / STEADY_S + 1


def test_looks_are_quick_where_many_waits_begin_at_once() -> None:
    """A thousand Linodes, 128 at a time, each of which boots within two seconds: who waits, holds up the next."""
    budget, moment, looks = QuickLooks(), 0.0, 0
    for _ in range(1000 // 128):
        budget.begun(128)
        for _ in range(12):
            budget.looked(moment)
            looks, moment = looks + 1, max(moment + 0.15, budget.earliest())

    assert moment == pytest.approx(looks * GAP_S)


def test_after_a_pause_looks_are_quick_again() -> None:
    budget = QuickLooks()
    for number in range(40):
        budget.looked(number * 0.2)
    before = budget.earliest() - 39 * 0.2

    budget.looked(200.0)

    assert before == pytest.approx(STEADY_S)
    assert budget.earliest() - 200.0 == pytest.approx(GAP_S)


def test_a_linode_that_lists_lack_for_long_is_asked_for_by_its_id(world: World) -> None:
    client, _ = world.poller()
    [linode] = made(client, 1)
    [goal] = running([linode])

    young = looked(world, client, goal)
    world.clock.advance(120)
    settled = looked(world, client, goal)
    client.delete_linode(linode.id)
    world.clock.advance(120)
    gone = looked(world, client, goal)

    assert (young, settled) == ("", "running")
    assert "there is no such Linode any more" in gone
