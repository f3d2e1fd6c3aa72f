"""The report of every recorded preview, byte for byte; REPORT_GOLDEN=write writes the golden files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fleet.report.forms import markdown
from fleet.report.judge.report import Options, build
from fleet.report.model import Change, Report
from fleet.report.read.bundle import Bundle, read_bundle
from tests.unit.report.making import (
    CATALOG,
    UNKNOWN,
    created,
    deleted,
    digest,
    events,
    kept,
    lines,
    replaced,
    updated,
    write,
)
from tests.unit.report.test_masked_texts import everything

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT.parent / "shared" / "preview-samples"
GOLDEN = ROOT / "tests" / "unit" / "report" / "golden"
NAMES = (
    "01-create-3.json", "02-update-changes-true.json", "03-update-changes-none.json", "04-replace.json",
    "05-replace-dragged.json", "06-delete.json", "07-mix.events.ndjson", "07-mix.json",
    "08-secret-rotated.json", "09-false-replace.json", "10-check-failure.json", "11-drift.refresh.json",
    "12-no-change.json", "13-protected-replace.json", "14-policy-violation.events.ndjson",
    "14-policy-violation.json", "15-secret-in-output.json",
)  # fmt: skip
BROKEN = ("10", "13", "14")
STACKS = ("dev", "staging", "prod")
FORMS = {"events": "events.ndjson", "digest": "json"}

recorded = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="no recorded previews beside the project (../shared)"
)


def same_as_golden(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.md"
    if os.environ.get("REPORT_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


def sample(folder: Path, name: str, **more: object) -> Bundle:
    text = (SAMPLES / name).read_text(encoding="utf-8")
    body = {"events": text} if name.endswith(".ndjson") else {"digest": text}
    files = {"catalog": CATALOG, "exit": "1" if name.startswith(BROKEN) else "0", **body, **more}
    return read_bundle(write(folder, **files))


@recorded
@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_preview_gives_its_golden_report(tmp_path: Path, name: str) -> None:
    report = build([sample(tmp_path / "one", name)])

    same_as_golden(f"sample-{name}", markdown.comment(report))


def pins(stack: str, chosen: str) -> dict[str, Any]:
    pin = {"chosen": chosen, "what": "newest Debian", "newest": "linode/debian13"}
    return {"file": f"stacks/pins.{stack}.json", "pins": {"image": pin}}


def matrix(folder: Path, form: str) -> list[Bundle]:
    guards = {
        "dev": {"data_loss": {"value": "allow", "file": "stacks/Pulumi.dev.yaml", "line": 14}},
        "staging": {"data_loss": {"value": "ack", "file": "stacks/Pulumi.staging.yaml", "line": 12}},
        "prod": {
            "data_loss": "block",
            "max_monthly": {"value": 210, "file": "stacks/Pulumi.prod.yaml", "line": 9},
        },
    }
    return [
        sample(
            folder / form / stack,
            f"matrix/{stack}.{FORMS[form]}",
            guards=guards[stack],
            meta={
                "stack": stack,
                "commit": "4f9c2a1",
                "run": "812.1",
                "run_url": "../actions/runs/812",
                "engine": "3.260.0",
            },
            pins_before=pins(stack, "linode/debian12"),
            pins_after=pins(stack, "linode/debian12" if stack == "prod" else "linode/debian13"),
        )
        for stack in STACKS
    ]


@recorded
@pytest.mark.parametrize("form", FORMS)
def test_three_environments_give_their_golden_report(tmp_path: Path, form: str) -> None:
    report = build(matrix(tmp_path, form), Options(expected=STACKS))

    same_as_golden(f"matrix-{form}", markdown.comment(report))
    assert report.exit == 5


@recorded
def test_three_environments_cost_what_they_cost(tmp_path: Path) -> None:
    report = build(matrix(tmp_path, "events"), Options(expected=STACKS))

    assert [f"{stack.now.amount:.2f} {stack.then.amount:.2f}" for stack in report.stacks] == [
        "24.50 31.50", "63.60 63.60", "154.00 202.00",
    ]  # fmt: skip
    assert (report.outputs.monthly_change, report.outputs.data_loss, report.outputs.power_off) == (
        "+$55.00",
        3,
        4,
    )


def facts(change: Change) -> Change:
    """Without what only one of the forms tells: the order of a replacement, and what depends on what."""
    return change.model_copy(update={"delete_first": None, "effects": (), "depends_on": ()})


@recorded
@pytest.mark.parametrize(
    ("events_file", "digest_file"),
    [(f"matrix/{stack}.events.ndjson", f"matrix/{stack}.json") for stack in STACKS]
    + [(f"{name}.events.ndjson", f"{name}.json") for name in ("07-mix", "14-policy-violation")],
)
def test_both_recorded_forms_tell_the_same(tmp_path: Path, events_file: str, digest_file: str) -> None:
    told = build([sample(tmp_path / "e", events_file)])
    digested = build([sample(tmp_path / "d", digest_file)])

    assert [*map(facts, told.stacks[0].changes)] == [*map(facts, digested.stacks[0].changes)]
    assert (told.plan, told.verdict, told.exit, told.outputs) == (
        digested.plan, digested.verdict, digested.exit, digested.outputs,
    )  # fmt: skip


@recorded
@pytest.mark.parametrize("name", NAMES)
def test_no_secret_of_a_recorded_preview_is_in_any_form(tmp_path: Path, name: str) -> None:
    text = everything(build([sample(tmp_path / "one", name)]))

    assert "FAKE-" not in text
    assert "gASV" not in text


@recorded
def test_the_recorded_false_and_dragged_replacements_are_told_apart(tmp_path: Path) -> None:
    def app(name: str) -> Change:
        report = build([sample(tmp_path / name, name)])
        return next(change for change in report.stacks[0].changes if change.name == "app")

    false, dragged, likely = (
        app("09-false-replace.json"),
        app("05-replace-dragged.json"),
        app("04-replace.json"),
    )

    assert (false.certainty, false.likely) == ("perhaps", "unlikely")
    assert (dragged.certainty, dragged.dragged_by) == ("certain", "db")
    assert (likely.certainty, likely.likely) == ("perhaps", "likely")


@recorded
def test_with_and_without_the_engines_comparison_the_report_is_the_same(tmp_path: Path) -> None:
    texts = {
        markdown.comment(build([sample(tmp_path / name, name)]))
        for name in ("02-update-changes-true.json", "03-update-changes-none.json")
    }

    assert len(texts) == 1


FLEET = {
    "dev": [
        created("worker", type="g6-nanode-1"),
        deleted("jump", type="g6-nanode-1", backups_enabled=True),
        updated("web", {"type": "g6-standard-2", "tags": ["env:dev", "team:a"]}),
        kept("cache"),
    ],
    "staging": [
        replaced("db", {"region": "id-cgk"}),
        updated("web", {"backups_enabled": False}, backups_enabled=True),
    ],
    "prod": [
        updated("db", {"label": "main"}, protect=True),
        replaced("api", {"user_data": UNKNOWN}, {"user_data": ["db"]}, user_data="DB=db.internal"),
        updated("web-1", {"type": "g6-standard-2"}),
        updated("web-2", {"type": "g6-standard-2"}),
    ],
}
"""Stacks of our own, with our provider's properties: what a clone without recordings is tested by."""


def fleet(form: str, stack: str) -> dict[str, Any]:
    acts = FLEET[stack]
    body = {"events": lines(events(acts, stack, outputs=({"ip": "192.0.2.1"}, {"ip": UNKNOWN})))}
    if form == "digest":
        body = {"digest": json.dumps(digest(acts, stack))}
    mode = {"dev": "allow", "staging": "ack", "prod": "block"}[stack]
    meta = {"stack": stack, "commit": "0123456789ab", "run": "12.1", "engine": "3.260.0"}
    guards = {"data_loss": mode, "max_monthly": 90, "max_power_off": 2}
    return {**body, "guards": guards, "catalog": CATALOG, "exit": "0", "meta": meta}


def own(folder: Path, form: str) -> Report:
    bundles = [read_bundle(write(folder / stack, **fleet(form, stack))) for stack in STACKS]
    return build(bundles, Options(expected=STACKS))


@pytest.mark.parametrize("form", FORMS)
def test_our_own_bundles_give_their_golden_report(tmp_path: Path, form: str) -> None:
    same_as_golden(f"own-{form}", markdown.comment(own(tmp_path, form)))


def test_our_own_bundles_are_one_plan_in_both_forms(tmp_path: Path) -> None:
    assert own(tmp_path / "e", "events").plan == own(tmp_path / "d", "digest").plan
