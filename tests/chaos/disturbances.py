"""What disturbs a run: requests that fail, and moments at which one of its processes is killed."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import requests

from providers.linode.provider import SPECS
from tests.chaos.declared import sending
from tests.checkout import Checkout
from tests.killing import WHOM, Whom

Rule = dict[str, Any]

PLACES = {kind: re.sub(r"{.+?}", "*", spec.path) for kind, spec in SPECS.items()}
LISTS = tuple(dict.fromkeys(PLACES.values()))
REQUESTS: dict[str, list[Rule]] = {
    "create": [{"method": "POST", "path": path} for path in LISTS],
    "action": [{"method": "POST", "path": f"{path}/*/**"} for path in LISTS],
    "update": [{"method": "PUT", "path": "/**"}],
    "delete": [{"method": "DELETE", "path": "/**"}],
    "list": [
        {"method": "GET", "path": path}
        for path in (
            *LISTS, "/account/events", "/linode/instances/*/disks", "/linode/instances/*/configs",
            "/networking/firewalls/*/devices", "/linode/instances/*/firewalls", "/linode/instances/*/volumes",
            "/nodebalancers/*/configs", "/nodebalancers/*/configs/*/nodes",
        )
    ],
    "read": [{"method": "GET", "path": f"{path}/*"} for path in LISTS],
}  # fmt: skip
FAULTS: dict[str, Rule] = {
    "cut before": {"kind": "cut"},
    "cut after": {"kind": "cut", "after_commit": True},
    "cut midway": {"kind": "cut_midway"},
    "cut, done late": {"kind": "late", "delay_s": 0.3},
    "slow": {"kind": "slow", "delay_s": 1.0},
    "twice": {"kind": "twice"},
    "garbled": {"kind": "garbled"},
    "misshapen": {"kind": "misshapen"},
    "408 before": {"kind": "408"},
    "408 after": {"kind": "408", "after_commit": True},
    "429": {"kind": "429", "retry_after_s": 1},
    "500 before": {"kind": "500"},
    "500 after": {"kind": "500", "after_commit": True},
    "502 before": {"kind": "502"},
    "502 after": {"kind": "502", "after_commit": True},
    "503 before": {"kind": "503"},
    "503 after": {"kind": "503", "after_commit": True},
    "504 before": {"kind": "504"},
    "504 after": {"kind": "504", "after_commit": True},
    "nonsense in headers": {"kind": "malformed_headers"},
    "no headers": {"kind": "missing_headers"},
    "busy": {"kind": "busy"},
}
BUSY = ("/linode/instances/*/**", "/volumes/*/**")
"""What is refused while a job of its Linode runs."""

UNSEEN = [("create", "twice", PLACES[kind]) for kind, spec in SPECS.items() if not spec.identity.unique]
"""What is made twice under one good answer: the account takes two alike, so that nothing tells the second."""


def _happens(request: str, fault: str, path: str) -> bool:
    """What is done below a domain is the create of a record."""
    if fault == "busy":
        return request == "action" and path in BUSY
    return (request, fault, path) not in UNSEEN and (fault, path) != ("twice", "/domains/*/**")


class Fault(NamedTuple):
    """What requests of a kind meet."""

    request: str
    name: str

    def __str__(self) -> str:
        return f"{self.request}, {self.name}"

    def rules(self, times: int, skip: int) -> list[Rule]:
        """So many of these requests meet it, at each address, after the first ones were skipped."""
        return [
            {**where, **FAULTS[self.name], "times": times, "skip": skip}
            for where in REQUESTS[self.request]
            if _happens(self.request, self.name, where["path"])
        ]


A_RUN = 3
"""Faults of one run, at most."""


def faults() -> list[Fault]:
    """Every kind of request with every fault that it can meet."""
    every = (Fault(request, name) for request in REQUESTS for name in FAULTS)
    return [fault for fault in every if fault.rules(1, 0)]


def of_runs(faults: Iterable[Fault]) -> list[tuple[Fault, ...]]:
    """Three for each run, of different kinds of request, as far as there are such."""
    left, found = list(faults), list[tuple[Fault, ...]]()
    while left:
        run = dict[str, Fault]()
        for each in left:
            if len(run) < A_RUN:
                run.setdefault(each.request, each)
        found.append(tuple(run.values()))
        for each in run.values():
            left.remove(each)
    return found


def everywhere(probability: float) -> list[Rule]:
    """Each request of each kind meets each fault with that probability."""
    return [
        {**where, **FAULTS[fault], "probability": probability}
        for request, places in REQUESTS.items()
        for where in places
        for fault in FAULTS
        if _happens(request, fault, where["path"])
    ]


def disturb(checkout: Checkout, rules: Iterable[Rule], seed: int = 0) -> None:
    body = {"seed": seed, "rules": list(rules)}
    requests.put(f"{checkout.api}/_local/faults", json=body, timeout=30).raise_for_status()


def a_day_passes(checkout: Checkout) -> None:
    """Of the API's time: backups that were switched off can be switched on again."""
    requests.put(f"{checkout.api}/_local/time", json={"advance_s": 24 * 3600}, timeout=30).raise_for_status()


def met(checkout: Checkout) -> list[int]:
    """How many requests each rule has met so far, counted when they arrive."""
    found = requests.get(f"{checkout.api}/_local/faults", timeout=30).json()["rules"]
    return [int(rule["fired"]) for rule in found]


class Moment(NamedTuple):
    """When to kill, and how often to look whether it is now."""

    name: str
    is_now: Callable[[], bool]
    every_s: float


ACTIONS = {
    **dict.fromkeys(("shutdown", "password", "rebuild", "migrate", "resize", "boot"), "/linode/instances"),
    **{f"volume's {name}": "/volumes" for name in ("attach", "detach", "resize")},
}
SLOW = {"kind": "slow", "delay_s": 0.4}
"""As slow as the real API, or nearly: so that a moment is often in the middle of something."""

WRITES: list[Rule] = [
    *({"method": "POST", "path": f"{of}/*/{name.split()[-1]}"} for name, of in ACTIONS.items()),
    {"method": "POST", "path": "/**"},
    {"method": "PUT", "path": "/**"},
    {"method": "DELETE", "path": "/**"},
]
AFTER: dict[str, tuple[int, ...]] = {
    **{f"in its {action}": (number,) for number, action in enumerate(ACTIONS)},
    "among its creates and attachments": (len(ACTIONS),),
    "among its PUTs": (len(ACTIONS) + 1,),
    "among its deletes": (len(ACTIONS) + 2,),
    "among its writes": tuple(range(len(WRITES))),
}
FILES = {"writing the state": "state/.pulumi/stacks/fleet", "writing the pins": "."}
SUITED = {
    "in its shutdown": ["swap", "password"], "in its password": ["password"], "in its rebuild": ["rebuild"],
    "in its migrate": ["migrate"], "in its resize": ["resize"], "in its boot": ["swap", "password"],
    "in its volume's attach": ["volume attached", "instance recreated", "attachment moved", "more"],
    "in its volume's resize": ["volume grown"],
    "in its volume's detach": ["volume attached", "volume detached", "attachment moved", "fewer"],
    "among its creates and attachments": sending("create"), "among its PUTs": sending("update"),
    "among its deletes": sending("delete"), "writing the pins": ["another pick"],
}  # fmt: skip
"""The changes without which there is no such moment."""

MOMENTS = ("any time", *AFTER, *FILES)


@dataclass(frozen=True)
class Kill:
    """At which of the moments, and which process of the run."""

    moment: str
    whom: Whom

    @classmethod
    def all(cls) -> list[Kill]:
        return [cls(moment, whom) for moment in MOMENTS for whom in WHOM]

    def slow_down(self, checkout: Checkout) -> None:
        disturb(checkout, ({**write, **SLOW} for write in WRITES))

    def moment_of(self, checkout: Checkout, longest_s: float, dice: random.Random) -> Moment:
        """longest_s: how long such a run takes."""
        if self.moment in AFTER:
            return _after(self.moment, checkout, dice.uniform(0.0, 0.8))
        if self.moment in FILES:
            return _writing(self.moment, checkout.local / FILES[self.moment], dice.randrange(1, 9))
        after_s = dice.uniform(0.1, longest_s)
        end = time.monotonic() + after_s
        return Moment(f"after {after_s:.1f} s", lambda: time.monotonic() >= end, 0.06)


def _after(name: str, checkout: Checkout, later_s: float) -> Moment:
    """Some tenths of a second after the first such request arrived."""
    seen = list[float]()

    def is_now() -> bool:
        if not seen and any(map(met(checkout).__getitem__, AFTER[name])):
            seen.append(time.monotonic())
        return bool(seen) and time.monotonic() >= seen[0] + later_s

    return Moment(f"{name}, {later_s:.1f} s on", is_now, 0.06)


def _writing(name: str, folder: Path, change: int) -> Moment:
    """At once when the files of a folder have changed so often; pins change once a run."""
    wanted = 1 if "pins" in name else change
    seen, changes = _files(folder), list[int]()

    def is_now() -> bool:
        nonlocal seen
        if (now := _files(folder)) != seen:
            seen = now
            changes.append(1)
        return len(changes) >= wanted

    return Moment(f"{name}, change {wanted}", is_now, 0.001)


def _files(folder: Path) -> dict[str, int]:
    """Those that are written as a whole: pins and states, and what is about to take their place."""
    found: dict[str, int] = {}
    for file in folder.glob("*"):
        try:
            if "pins" in file.name or "json" in file.name:
                found[file.name] = file.stat().st_mtime_ns
        except OSError:  # noqa: PERF203 - renamed meanwhile
            found[file.name] = -1
    return found
