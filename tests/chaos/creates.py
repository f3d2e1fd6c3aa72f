"""Many creates while the API fails in every way that it has been seen to fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import requests

from tests.chaos.more import More
from tests.chaos.tally import KINDS, Tally, compare
from tests.checkout import Checkout

MOST_UPS = 6
FAILURES: list[dict[str, object]] = [
    {"kind": "cut", "probability": 0.05},
    {"kind": "cut", "probability": 0.05, "after_commit": True},
    {"kind": "cut_midway", "probability": 0.03},
    {"kind": "408", "probability": 0.03},
    {"kind": "408", "probability": 0.03, "after_commit": True},
    {"kind": "429", "probability": 0.05, "retry_after_s": 1},
    {"kind": "500", "probability": 0.02},
    {"kind": "500", "probability": 0.03, "after_commit": True},
    {"kind": "502", "probability": 0.02},
    {"kind": "502", "probability": 0.03, "after_commit": True},
    {"kind": "503", "probability": 0.02},
    {"kind": "503", "probability": 0.03, "after_commit": True},
    {"kind": "slow", "probability": 0.05, "delay_s": 0.5},
    {"kind": "malformed_headers", "probability": 0.05},
    {"kind": "missing_headers", "probability": 0.05},
]
RULES = [
    rule
    for path, _ in KINDS.values()
    for rule in (
        *({"method": "POST", "path": path, **failure} for failure in FAILURES),
        {"method": "GET", "path": f"{path}/*", "kind": "502", "probability": 0.02},
        {"method": "GET", "path": path, "kind": "cut", "probability": 0.05},
    )
]


def run_round(
    folder: Path, engine: str, count: int, seed: int, tally: Tally, say: Callable[[str], None]
) -> None:
    """`up` of that many of each kind in an account of their own, again until it succeeds; then the count."""
    checkout = Checkout(folder, engine)
    try:
        checkout.run("api")
        checkout.run("preview")  # makes the settings
        checkout.set_group("db", count=0)
        checkout.set_group("web", count=count)
        more = More(firewalls=count, keys=count)
        more.declare(checkout)
        requests.put(
            f"{checkout.api}/_local/faults", json={"seed": seed, "rules": RULES}, timeout=10
        ).raise_for_status()
        ups, done = 0, None
        while ups < MOST_UPS and (done is None or done.code):
            done, ups = checkout.run("up"), ups + 1
            (folder / f"up-{ups}.log").write_text(done.said)
        faults = requests.get(f"{checkout.api}/_local/faults", timeout=10).json()["rules"]
        requests.delete(f"{checkout.api}/_local/faults", timeout=10)
        if done is None or done.code:
            tally.unexplained += 1
            tally.notes.append(f"seed {seed}: no success in {MOST_UPS} runs, see {folder}")
        wanted = {"Instance": [f"fleet-local-web-{n}" for n in range(1, count + 1)], **more.labels()}
        compare(tally, checkout, wanted, dict.fromkeys(wanted, count))
        tally.creates += count * len(wanted)
        hit = sum(rule["fired"] for rule in faults)
        met = f"{count} creates of each kind, {hit} faults, {ups} run(s) of up"
        say(f"seed {seed}, {engine}: {met}; {tally.last_line()}")
    finally:
        checkout.close()
