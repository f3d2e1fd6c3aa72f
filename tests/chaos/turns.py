"""One stack, turn after turn: something else is declared, its `up` is disturbed, and what is there is counted."""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from providers.linode.core.evidence import CONSENT
from tests.chaos import declared, disturbances
from tests.chaos.declared import CHANGES, SURE, Edit, sending
from tests.chaos.disturbances import SUITED, Fault, Kill
from tests.chaos.tally import Tally, compare, in_account
from tests.checkout import Checkout, Done
from tests.killing import run_and_kill
from tests.until import until

T = TypeVar("T")

LONGEST_AFTERLIFE_S = 20.0
"""How long parts of a killed run may live before they are called stuck."""

UP = ("up", "--yes", "--skip-preview")
"""Without the look beforehand: the disturbances are for the update's own requests."""

TO_ADOPT = CONSENT + r"=(\S+)"
TO_DELETE = (
    r"Linode (\d+)(?: is there already with|, which an earlier run made, has) another .* Next: declare what it has, or "
    "delete it"
)
"""What `up` asks for, by id."""

MOST_RUNS = 6
TRIES = 3
"""Runs for a fault that none of their requests meets, or that end before they are killed."""

SPEED = "240"
INSTANCE = "dynamic/linode:Instance"
"""In what the engine prints from the first step on."""


class Turns:
    """Each is a method; `tally` has the sums."""

    def __init__(
        self, folder: Path, engine: str, seed: int, tally: Tally, say: Callable[[str], None]
    ) -> None:
        self.folder, self.tally, self.say = folder, tally, say
        self.checkout = Checkout(folder, engine)
        self.checkout.env["LOCAL_SPEED"] = SPEED
        self.dice = random.Random(seed)
        self.declared = declared.first()
        self.longest_s = 4.0
        """How long the last `up` took."""
        self.number = 0
        self.changes: list[str] = []
        self.begun = time.monotonic()

    def start(self) -> None:
        """The first `up`, undisturbed: it tells how long one takes."""
        self.checkout.run("preview")  # makes the settings
        self.declared.write(self.checkout)
        done = self._up("first")
        if done.code:
            raise RuntimeError(done.said)
        compare(self.tally, self.checkout, self.declared, exact=True)

    def faulted(
        self, faults: Sequence[Fault], changes: list[str], times: int = 1, skip: int = 0
    ) -> list[Fault]:
        """An `up` whose requests meet these faults; which of them none met, and so are to be tried again."""
        self._declare(changes)
        rules = [(fault, rule) for fault in faults for rule in fault.rules(times, skip)]
        disturbances.disturb(self.checkout, (rule for _, rule in rules))
        done = self._up("faulted")
        met: Counter[Fault] = Counter()
        for (fault, _), count in zip(rules, disturbances.met(self.checkout), strict=True):
            met[fault] += count
        disturbances.disturb(self.checkout, ())
        if told := " and ".join(str(fault) for fault in faults if met[fault]):
            self.tally.faulted(told, converged=done.code == 0)
        again = done if done.code == 0 else self._recovered()
        if again.code:
            self.tally.wrong(f"turn {self.number}: no success without faults either; see {self.folder}")
        counted = "; ".join(f"{met[fault]} × {fault}" for fault in faults)
        self._count(f"{counted}{'' if done.code == 0 else ': second run'}", exact=True)
        return [fault for fault in faults if not met[fault]]

    def crowded(self, count: int) -> None:
        """An `up` of so many more of each kind while one request in six meets some fault, again until it succeeds."""
        before = self.declared.made.total()
        self._declare(["more"], also=[declared.crowd(count)])
        disturbances.disturb(self.checkout, disturbances.everywhere(0.01), self.dice.randrange(10**6))
        runs, done = 0, None
        while runs < MOST_RUNS and (done is None or done.code):
            done, runs = self._recovered(f"crowd-{runs}"), runs + 1
        met = sum(disturbances.met(self.checkout))
        disturbances.disturb(self.checkout, ())
        if done is None or done.code:
            self.tally.wrong(f"turn {self.number}: no success in {MOST_RUNS} runs; see {self.folder}")
        self.tally.creates += self.declared.made.total() - before
        self.tally.crowd_faults += met
        self._count(f"{count} more of each kind, {met} faults, {runs} runs", exact=True)

    def killed(self, kill: Kill, changes: list[str]) -> bool:
        """An `up` that is killed, and recovered as documented; whether it was killed in time, and so counts."""
        before = self.declared
        self._declare(changes)
        kill.slow_down(self.checkout)
        moment = kill.moment_of(self.checkout, self.longest_s, self.dice)
        words, log = [sys.executable, "-m", "fleet", *UP], self.folder / f"{self.number}-killed.log"
        killed = run_and_kill(
            words, self.checkout.root, self.checkout.env, moment.is_now, kill.whom, log, moment.every_s
        )
        disturbances.disturb(self.checkout, ())
        changes_mind = self.dice.random() < 0.25
        if changes_mind:
            self.declared = declared.taken_back(self.declared, before)
            self._declare([self.dice.choice(("tags", "more", "fewer"))], turn=self.number)
        unlocked = self.checkout.run("unlock")
        (self.folder / f"{self.number}-unlock.log").write_text(unlocked.said)
        lost = changes_mind and kill.whom == "provider"
        if lost:
            until(self._at_rest)
        done = self._recovered("after", *(("--refresh",) if lost else ()))
        stuck = killed.end_the_rest(LONGEST_AFTERLIFE_S)
        if stuck and kill.whom == "engine" and INSTANCE not in log.read_text():
            stuck = 0  # the SDK's servicer, left before it got its first call: it waits for ever and sends nothing
        if unlocked.code or done.code or stuck or killed.hung:
            self.tally.wrong(
                f"turn {self.number}: unlock {unlocked.code}, up {done.code}, {stuck} stuck, hung {killed.hung}; "
                f"see {self.folder}"
            )
        self.tally.kills += killed.in_time
        when = f"{kill.whom} killed {moment.name}{'' if killed.in_time else ' (had ended)'}"
        self._count(f"{when}{', then another wish' if changes_mind else ''}", exact=not changes_mind)
        return killed.in_time

    def ended(self) -> None:
        """A destroy, after which nothing of any kind is there."""
        done = self.checkout.run("down")
        left = {kind: sorted(there) for kind in declared.KINDS if (there := in_account(self.checkout, kind))}
        self.tally.orphans += sum(map(len, left.values()))
        if done.code or left:
            (self.folder / "down.log").write_text(done.said)
            self.tally.wrong(f"destroy {done.code}, left {left}; see {self.folder}")

    def _declare(self, changes: list[str], turn: int | None = None, also: Sequence[Edit] = ()) -> None:
        if turn is None:
            self.begun = time.monotonic()
        self.number = turn or self.number + 1
        self.changes = [*(self.changes if turn else ()), *changes]
        disturbances.a_day_passes(self.checkout)
        edits = [*(CHANGES[name].edit for name in changes), *also]
        self.declared = declared.changed(self.declared, edits, self.dice)
        self.declared.write(self.checkout)

    def _at_rest(self) -> bool:
        return all(row["status"] in ("running", "offline") for row in in_account(self.checkout).values())

    def _up(self, name: str, *words: str, env: Mapping[str, str] | None = None) -> Done:
        begun = time.monotonic()
        done = self.checkout.run(*UP, *words, env=env)
        if done.code == 0:
            self.longest_s = 1.0 + time.monotonic() - begun
        (self.folder / f"{self.number}-{name}.log").write_text(done.said)
        return done

    def _recovered(self, name: str = "after", *words: str) -> Done:
        """The same, with whatever it says is to be done about what a run made that lost its provider: adopt what
        carries no tag, delete a Linode whose image is no longer wished for.
        """
        done, asked = self._up(name, *words), set[str]()
        while done.code and (
            told := {*re.findall(TO_ADOPT, done.said), *re.findall(TO_DELETE, done.said)} - asked
        ):
            asked |= told
            self.tally.asked += len(told)
            for id_ in re.findall(TO_DELETE, done.said):
                self.checkout.call("DELETE", f"/linode/instances/{id_}")
            done = self._up(f"{name}-as-asked", *words, env={CONSENT: ",".join(asked)})
        return done

    def _count(self, what: str, *, exact: bool) -> None:
        """The account against what is declared, and what a preview with a look at the account says of it."""
        notes = len(self.tally.notes)
        is_right = compare(self.tally, self.checkout, self.declared, exact=exact)
        still = self.checkout.run("preview", "--refresh", "--expect-no-changes")
        if still.code:
            (self.folder / f"{self.number}-still.log").write_text(still.said)
            self.tally.wrong(f"turn {self.number}: a preview has changes; see {self.folder}")
        wrong = "" if is_right and not still.code else " WRONG"
        took_s = time.monotonic() - self.begun
        self.say(f"{self.number}, {' and '.join(self.changes)}: {what}{wrong} ({took_s:.0f} s)")
        for note in self.tally.notes[notes:]:
            self.say(f"{self.number}, wrong: {note}")

    def close(self) -> None:
        self.checkout.close()


def run(
    turns: Turns, faults: Iterable[Sequence[Fault]], kills: Iterable[Kill], is_over: Callable[[], bool]
) -> None:
    """A run for some faults at a time and for each kill; another one for what met no fault, or had ended before."""
    turns.start()
    dice = turns.dice

    def faulted(left: Sequence[Fault], is_first: bool) -> Sequence[Fault]:
        changes = [
            name for fault in left for name in dice.sample(sending(fault.request), dice.choice((1, 2)))
        ]
        skip = dice.choice((0, 0, 0, 1))
        if not is_first:
            changes, skip = [*changes, *(SURE.get(fault.request, "rules") for fault in left)], 0
        return turns.faulted(left, [*dict.fromkeys(changes)], dice.choice((1, 1, 2, 3)), skip)

    def killed(left: Sequence[Kill], _: bool) -> Sequence[Kill]:
        [kill] = left
        return [] if turns.killed(kill, [dice.choice(SUITED.get(kill.moment, sorted(CHANGES)))]) else left

    for each in faults:
        _tried(faulted, each, is_over)
    for kill in kills:
        _tried(killed, [kill], is_over)


def _tried(
    count: Callable[[Sequence[T], bool], Sequence[T]], left: Sequence[T], is_over: Callable[[], bool]
) -> None:
    """A few times, with what has not counted yet. `count` gives what is left; it is told if it is the first time."""
    for number in range(TRIES):
        if left and not is_over():
            left = count(left, number == 0)
