"""`up` killed at random moments, recovered as documented, and run again: after each the account is counted."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import requests

from tests.chaos.more import More
from tests.chaos.tally import KINDS, Tally, compare, ever_created
from tests.checkout import Checkout
from tests.killing import How, run_and_kill

LONGEST_AFTERLIFE_S = 20.0
"""How long parts of a killed run may live before they are called stuck."""

SPEED = "120"
SLOW = [
    {"method": method, "path": path, "kind": "slow", "delay_s": 0.4}
    for kind, _ in KINDS.values()
    for method, path in (("POST", kind), ("PUT", f"{kind}/*"), ("DELETE", f"{kind}/*"))
]
"""As slow as the real API, or nearly: so that a random moment is often in the middle of something."""

INSTANCE = "dynamic/linode:Instance"
"""In what the engine prints from the first step on."""

IMAGES = ("Debian", "Ubuntu")


@dataclass(frozen=True)
class Wanted:
    """What is declared: servers of two groups, of which another image replaces the database; firewalls and keys."""

    web: int = 2
    image: int = 0
    tag: int = 0
    more: More = field(default_factory=lambda: More(2, 2))

    def labels(self) -> dict[str, list[str]]:
        servers = ["fleet-local-db-1", *(f"fleet-local-web-{n}" for n in range(1, self.web + 1))]
        return {"Instance": servers, **self.more.labels()}

    def next(self, dice: random.Random) -> tuple[Wanted, dict[str, int]]:
        """Another wish, and how many of each kind have to be made for it."""
        web = dice.choice([n for n in range(1, 7) if n != self.web])
        image = 1 - self.image if dice.random() < 0.4 else self.image
        tag = self.tag + 1 if dice.random() < 0.3 else self.tag
        after = Wanted(web, image, tag, More(dice.randrange(5), dice.randrange(5), tag))
        return after, {
            "Instance": max(0, web - self.web) + (image != self.image),
            "Firewall": max(0, after.more.firewalls - self.more.firewalls),
            "SSHKey": max(0, after.more.keys - self.more.keys),
        }

    def declare(self, checkout: Checkout) -> None:
        checkout.set_group("web", count=self.web, tags=["web", f"turn-{self.tag}"])
        checkout.set_group("db", image={"vendor": IMAGES[self.image]})
        self.more.declare(checkout)


class Moment(NamedTuple):
    """When to kill."""

    name: str
    is_now: Callable[[], bool]


class Kills:
    """One stack that is killed again and again."""

    def __init__(
        self, folder: Path, engine: str, seed: int, tally: Tally, say: Callable[[str], None]
    ) -> None:
        self.folder, self.tally, self.say, self.seed = folder, tally, say, seed
        self.checkout = Checkout(folder, engine)
        self.checkout.env["LOCAL_SPEED"] = SPEED
        self.dice = random.Random(seed)
        self.wanted = Wanted()
        self.created: dict[str, int] = {}
        self.longest_s = 4.0

    def start(self) -> None:
        """The first `up`, undisturbed: it tells how long one takes."""
        self.checkout.run("preview")
        self.wanted.declare(self.checkout)
        begun = time.monotonic()
        done = self.checkout.run("up")
        if done.code:
            raise RuntimeError(done.said)
        self.longest_s = 1.0 + time.monotonic() - begun
        rules = {"seed": self.seed, "rules": SLOW}
        requests.put(f"{self.checkout.api}/_local/faults", json=rules, timeout=10).raise_for_status()
        self.created = self._ever_created()

    def _ever_created(self) -> dict[str, int]:
        return {kind: ever_created(self.checkout, kind) for kind in KINDS}

    def kill_once(self, number: int) -> None:
        """Declare something else, kill its `up`, recover, `up` again, count."""
        before = self.wanted
        self.wanted, more = before.next(self.dice)
        self.wanted.declare(self.checkout)
        self.created = {kind: count + more[kind] for kind, count in self.created.items()}
        how: How = self.dice.choice(["tree", "cli"])
        moment = self._any_moment() if self.dice.random() < 0.5 else self._among_writes()
        words, log = [sys.executable, "-m", "fleet", "up"], self.folder / f"killed-{number}.log"
        killed = run_and_kill(words, self.checkout.root, self.checkout.env, moment.is_now, how, log)
        changes_mind = self.dice.random() < 0.25
        if changes_mind:
            self.wanted = replace(before, web=self.dice.randrange(1, 7))
            self.wanted.declare(self.checkout)
        unlocked = self.checkout.run("unlock")
        done = self.checkout.run("up")
        (self.folder / f"after-{number}.log").write_text(unlocked.said + done.said)
        stuck = killed.end_the_rest(LONGEST_AFTERLIFE_S)
        if stuck and how == "cli" and INSTANCE not in log.read_text():
            stuck = 0  # the SDK's servicer, left before it got its first call: it waits for ever and sends nothing
        if unlocked.code or done.code or stuck:
            self.tally.unexplained += 1
            self.tally.notes.append(
                f"kill {number} of seed {self.seed}: unlock {unlocked.code}, up {done.code}, {stuck} stuck; "
                f"see {self.folder}"
            )
        notes = len(self.tally.notes)
        created = None if changes_mind else self.created
        compare(self.tally, self.checkout, self.wanted.labels(), created)
        self.created = self._ever_created()
        self.tally.kills += killed.in_time
        took = sum("was made and is in the state" in line for line in unlocked.said.splitlines())
        when = f"{moment.name}{'' if killed.in_time else ' (had ended)'}"
        when += ", then another wish" if changes_mind else ""
        wrong = "" if len(self.tally.notes) == notes else " WRONG"
        there = sum(map(len, self.wanted.labels().values()))
        self.say(
            f"kill {number}, {self.checkout.engine}, {how} {when}: {took} taken over, {there} there{wrong}"
        )

    def _any_moment(self) -> Moment:
        after_s = self.dice.uniform(0.1, self.longest_s)
        end = time.monotonic() + after_s
        return Moment(f"after {after_s:.1f} s", lambda: time.monotonic() >= end)

    def _among_writes(self) -> Moment:
        """Some tenths of a second after the API got the run's first request that changes something."""
        later_s, before, seen = self.dice.uniform(0.0, 1.2), self._writes(), list[float]()

        def is_now() -> bool:
            if not seen and self._writes() > before:
                seen.append(time.monotonic())
            return bool(seen) and time.monotonic() >= seen[0] + later_s

        return Moment(f"{later_s:.1f} s into its writes", is_now)

    def _writes(self) -> int:
        """Requests that were slowed down so far, counted when they arrive."""
        rules = requests.get(f"{self.checkout.api}/_local/faults", timeout=30).json()["rules"]
        return sum(int(rule["fired"]) for rule in rules)

    def close(self) -> None:
        self.checkout.close()
