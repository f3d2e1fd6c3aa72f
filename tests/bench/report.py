"""How long a report of 2,000 servers takes, from the bundle's files to all texts, and how long its comment is.

plain: every server is changed in place. mixed: half are replaced, the rest is new, deleted, resized or not known,
all with long names. kinds: as mixed, with every other kind of resource beside the servers, and what the provider says
of each change. CPU seconds, because other processes don't count in them.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from pathlib import Path

from fleet.__main__ import SELDOM
from fleet.report.forms import html_page, markdown, schema
from fleet.report.judge.report import build
from fleet.report.read.bundle import read_bundle
from providers.linode.core.state_files import TYPE_TOKENS
from providers.linode.provider import SPECS
from tests.bench.measuring import machine
from tests.unit.report.making import (
    CATALOG,
    FULL_COMMIT,
    UNKNOWN,
    Act,
    Json,
    created,
    deleted,
    digest,
    effects_line,
    events,
    lines,
    replaced,
    updated,
    urn,
    write,
)

SERVERS = 2000
PRICED = ("Volume", "NodeBalancer", "ReservedIP", "Image")


def plain() -> list[Act]:
    return [updated(f"web-{number}", {"tags": ["env:dev", f"n:{number}"]}) for number in range(SERVERS)]


def mixed() -> list[Act]:
    return [
        _mixed(number, f"{'a-rather-long-name-of-a-server-' * 2}{number:04}") for number in range(SERVERS)
    ]


def _mixed(number: int, name: str) -> Act:
    if number % 2:
        return replaced(name, {"image": "linode/debian13"})
    kinds = (
        created(name),
        deleted(name, backups_enabled=True),
        updated(name, {"type": "g6-standard-2"}),
        replaced(name, {"user_data": UNKNOWN}, {"user_data": [name]}, user_data="x"),
        updated(name, {"tags": ["x"] * 5}),
    )
    return kinds[number // 2 % len(kinds)]


def kinds() -> list[Act]:
    """Beside the servers 100 of each other kind: new, changed, replaced, deleted and as they were in turn."""
    others = [kind for kind in SPECS if kind != "Instance"]
    return [*mixed(), *(_other(kind, number) for kind in others for number in range(100))]


def _other(kind: str, number: int) -> Act:
    name, before, after = f"{kind.lower()}-{number:03}", {"label": "one"}, {"label": "two"}
    op = ("create", "update", "replace", "delete", "same")[number % 5]
    old = None if op == "create" else before
    new = {"create": after, "update": after, "replace": after, "same": before}.get(op)
    outputs = {"monthly_usd": 10.0} if kind in PRICED else {}
    detailed = {"label": "update"} if op in ("update", "replace") else None
    keys = ("label",) if op == "replace" else ()
    return Act(op, name, old, new, keys, detailed, outputs=outputs, kind=f"{TYPE_TOKENS}{kind}")


def _effects(acts: list[Act]) -> list[Json]:
    """What the provider says: the more resources change, the more it has to say."""
    told = [act for act in acts if act.op in ("update", "replace")]
    return [
        effects_line(
            act.name, "power off", *((key, "power off", "powered off, moved, booted") for key in act.detailed or ()),
            urn=urn(act.name, kind=act.kind), op=act.op, seconds_off=[60, 300], one_way=["its disks grow"],
            summary=f"{act.name} is off for 1 to 5 min",
        )
        for act in told
    ]  # fmt: skip


def run(runs: int) -> None:
    """Print a table: the median of the runs."""
    gc.set_threshold(SELDOM)  # as the command line does
    print(f"\nreport, CPU; medians of {runs}; {machine()}")
    print(f"{'2,000 servers':16} {'seconds':>9} {'comment, UTF-16 units':>22} {'summary, bytes':>15}")
    for name, acts in (("plain", plain()), ("mixed", mixed()), ("kinds", kinds())):
        with tempfile.TemporaryDirectory() as place:
            folder = _written(Path(place), acts, _effects(acts) if name == "kinds" else [])
            found = [_measured(folder) for _ in range(runs)]
        seconds = statistics.median(item[0] for item in found)
        _, units, size = found[0]
        print(f"{name:16} {seconds:9.2f} {units:22,} {size:15,}", flush=True)


def _written(folder: Path, acts: list[Act], effects: list[Json]) -> Path:
    meta = {"stack": "dev", "commit": FULL_COMMIT, "run": "812.1", "engine": "3.260.0"}
    guards = {"data_loss": "ack", "max_power_off": 2, "max_monthly": 10_000, "end_of_life_days": 180}
    return write(
        folder / "dev", events=lines(events(acts)), digest=digest(acts), effects=lines(effects), catalog=CATALOG,
        guards=guards, meta=meta, exit="0",
    )  # fmt: skip


def _measured(folder: Path) -> tuple[float, int, int]:
    begun = time.process_time()
    secrets = ("a-token-of-the-environment",)
    report = build([read_bundle(folder, secrets)])
    comment, summary = markdown.comment(report, secrets), markdown.summary(report, secrets)
    html_page.html_page(report, secrets)
    schema.report_json(report, secrets)
    return time.process_time() - begun, markdown.utf16_units(comment), len(summary.encode())
