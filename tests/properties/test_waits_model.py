"""Any interleaving of waits, events, lists, failed looks and time gives each wait what a plain model says."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, strategies as st

from providers.linode.api.errors import ApiUnreachable, NotFound, WaitExpired, WaitFailed
from providers.linode.api.records import Entity, Event, Linode
from providers.linode.core.waiting.goals import Goal, Kind, Outcome, Wait
from providers.linode.core.waiting.waits import CROSS_LOOK_TICKS, MOST_FAILED_LOOKS, Waits

ACTIONS = ("linode_create", "linode_boot", "linode_reboot", "linode_delete", "linode_snapshot")
STABLE = ("running", "offline")
OPEN = "open"


@dataclass(frozen=True)
class Add:
    linode: int
    kind: Kind
    status: str
    timeout_s: float
    after: int


@dataclass(frozen=True)
class Tick:
    later_s: float
    events: dict[int, str]
    rows: dict[int, str]
    fails: bool


@dataclass(frozen=True)
class NoEvents:
    pass


def linode_of(event_id: int) -> int:
    return 1 if event_id <= len(ACTIONS) else 2


def action_of(event_id: int) -> str:
    return ACTIONS[(event_id - 1) % len(ACTIONS)]


adds = st.builds(
    Add,
    st.sampled_from([1, 1, 2]),
    st.sampled_from(["rest", "rest", "gone", "free"]),
    st.sampled_from(["", "running"]),
    st.sampled_from([1000.0, 30.0, 3.0]),
    st.sampled_from([0, 0, 1, 10]),
)
rows = st.dictionaries(
    st.integers(1, 2), st.sampled_from(["offline", "provisioning", "running"]), min_size=1
).map(lambda found: found if 2 in found else {**found, 2: "offline"})
ticks = st.builds(
    Tick,
    st.sampled_from([0.0, 1.0, 4.0]),
    st.dictionaries(
        st.integers(1, 10), st.sampled_from(["failed", "finished", "scheduled", "started"]), max_size=4
    ),
    rows,
    st.sampled_from([False] * 7 + [True]),
)
repeated_ticks = st.tuples(ticks, st.sampled_from([1, 1, 1, 2, 3, 6, 12])).map(
    lambda pair: [pair[0]] * pair[1]
)
steps = st.lists(
    st.one_of(
        adds.map(lambda one: [one]), repeated_ticks, repeated_ticks, repeated_ticks, st.just([NoEvents()])
    ),
    min_size=4,
    max_size=14,
).map(lambda lists: [step for one in lists for step in one])


@dataclass
class Plain:
    """What one wait has been told, as it came, and the verdict over all of it."""

    add: Add
    begun: float
    after: int
    heard: dict[int, str] = field(default_factory=dict)
    looks: list[str | None] = field(default_factory=list)
    verdict: str = OPEN

    def quiet(self) -> bool:
        return not {"scheduled", "started"} & set(self.heard.values())

    def only_boots(self) -> bool:
        pending = {key: status for key, status in self.heard.items() if status in ("scheduled", "started")}
        begun = all(action_of(key) in ACTIONS[1:3] and status == "started" for key, status in pending.items())
        return bool(pending) and begun and self.add.status == "running"

    def hear(self, event_id: int, status: str) -> None:
        wanted = ("linode_delete",) if self.add.kind == "gone" else ACTIONS[:4]
        known = event_id in self.heard or event_id > self.after or status in ("scheduled", "started")
        if linode_of(event_id) == self.add.linode and action_of(event_id) in wanted and known:
            self.heard[event_id] = status

    def met(self, row: str | None) -> bool:
        return self.add.kind != "gone" and row in STABLE and self.add.status in ("", row)

    def in_a_row(self) -> int:
        """How often the last look has been seen, uninterrupted."""
        return next(
            (n for n, row in enumerate(reversed(self.looks)) if row != self.looks[-1]), len(self.looks)
        )

    def judge(self) -> str:
        row, times = self.looks[-1], self.in_a_row()
        if row is None:
            if self.add.kind == "gone":
                return "done"
            return "missing" if times >= 5 else OPEN
        if self.add.kind == "free":
            return "done" if row in STABLE and (self.quiet() or times >= 3) else OPEN
        if self.met(row):
            return "done" if self.quiet() or self.only_boots() or times >= 3 else OPEN
        failed = [event for event, status in self.heard.items() if status == "failed"]
        if failed and self.quiet() and (max(failed) == max(self.heard) or row in STABLE):
            return f"failed {max(failed)}"
        if self.add.status and row in STABLE and self.quiet() and times >= 8 and self.add.kind == "rest":
            return "stuck"
        return OPEN


@dataclass
class Model:
    """All waits, judged one by one."""

    now: float = 0.0
    ticks: int = 0
    fails: int = 0
    events: bool = True
    list_only: bool = False
    boots_are_news: bool = False
    progress: bool = False
    waits: list[Plain] = field(default_factory=list)
    old_news: dict[int, int] = field(default_factory=dict)

    def add(self, add: Add) -> None:
        self.waits.append(Plain(add, self.now, max(add.after, self.old_news.get(add.linode, 0))))

    def tick(self, tick: Tick) -> None:
        self.now += tick.later_s
        self.ticks += 1
        useful = self.progress or not self.list_only
        self.list_only = self.events and self.only_boot() and useful
        self.boots_are_news = not self.only_boot()
        self.progress = False
        if tick.fails:
            self.fails += 1
            if self.fails == MOST_FAILED_LOOKS:
                self.fails = 0
                self.end_all("unseen")
        else:
            self.fails = 0
            self.hear_and_see(tick)
        for wait in self.open():
            if self.now >= wait.begun + wait.add.timeout_s:
                self.end(wait, "expired")

    def hear_and_see(self, tick: Tick) -> None:
        heard = self.events and not self.list_only
        for wait in self.open() if heard else ():
            was_quiet = wait.quiet()
            for event_id, status in tick.events.items():
                wait.hear(event_id, status)
            self.progress |= wait.quiet() and not was_quiet
            if wait.add.kind == "free" and wait.quiet():
                self.end(wait, "done")
        news = self.boots_are_news and self.only_boot()
        everyone = not heard or news or self.ticks % CROSS_LOOK_TICKS == 0
        asked = {wait.add.linode for wait in self.open() if everyone or wait.quiet()}
        for wait in self.open():
            if wait.add.linode in asked:
                wait.looks.append(tick.rows.get(wait.add.linode))
                self.end(wait, wait.judge())
                self.progress |= wait.verdict != OPEN

    def only_boot(self) -> bool:
        near = all(wait.quiet() or wait.only_boots() for wait in self.open())
        return near and any(wait.only_boots() for wait in self.open())

    def open(self) -> list[Plain]:
        return [wait for wait in self.waits if wait.verdict == OPEN]

    def end_all(self, verdict: str) -> None:
        for wait in self.open():
            self.end(wait, verdict)

    def end(self, wait: Plain, verdict: str) -> None:
        wait.verdict = verdict
        if verdict != OPEN:
            over = [event for event, status in wait.heard.items() if status in ("finished", "failed")]
            self.old_news[wait.add.linode] = max([*over, self.old_news.get(wait.add.linode, 0)])


def real_tick(waits: Waits, tick: Tick, now: float) -> None:
    """One tick as the poller does it."""
    waits.begin()
    if tick.fails:
        waits.missed(ApiUnreachable("cut", did_nothing=False))
    else:
        events = [
            Event(
                id=key, action=action_of(key), status=status, entity=Entity(id=linode_of(key), type="linode")
            )
            for key, status in tick.events.items()
        ]
        waits.hear(events if waits.events_allowed and not waits.list_only else [])
        asked = waits.to_look_at()
        rows = [Linode(id=key, label="x", status=status, region="r") for key, status in tick.rows.items()]
        waits.see(rows, set(asked))
        waits.looked()
    waits.expire(now)


def verdict(outcome: Outcome | None) -> str:
    if outcome is None:
        return OPEN
    error = outcome.error
    if error is None:
        return "done"
    if isinstance(error, WaitExpired):
        return "expired"
    if isinstance(error, NotFound):
        return "missing"
    assert isinstance(error, WaitFailed)
    text = str(error)
    if "looks in a row failed" in text:
        return "unseen"
    return "failed " + text.split("(event ")[1].split(",")[0] if "(event " in text else "stuck"


@given(steps)
def test_every_wait_ends_once_and_as_the_plain_model_says(
    steps: list[Add | Tick | NoEvents],
) -> None:
    waits, model = Waits(), Model()
    added: list[Wait] = []
    ended: dict[int, Outcome] = {}

    for step in steps:
        if isinstance(step, Add):
            goal = Goal(step.linode, "x", step.kind, status=step.status, after=step.after)
            added.append(waits.add(goal, model.now, step.timeout_s))
            model.add(step)
        elif isinstance(step, NoEvents):
            waits.events_allowed = model.events = False
        else:
            model.tick(step)
            real_tick(waits, step, model.now)

        assert [verdict(wait.outcome) for wait in added] == [plain.verdict for plain in model.waits]
        assert waits.open == [wait for wait in added if wait.outcome is None]
        for number, wait in enumerate(added):
            if wait.outcome is not None:
                assert ended.setdefault(number, wait.outcome) is wait.outcome
