"""What can't be read is a failed stack in the report, so that no older report stays in place as if it were true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.report.forms import schema
from fleet.report.model import Report
from tests.unit.report.command import EXIT_BAD, main
from tests.unit.report.fake_hosts import TOKEN, serving
from tests.unit.report.making import CATALOG, FULL_COMMIT, created, events, lines, write

DEEP = "[" * 50_000 + "]" * 50_000
GOOD = {"events": lines(events([created("web")], "prod")), "catalog": CATALOG, "exit": "0"}


def run(folder: Path, *words: str, code: int = EXIT_BAD) -> Report:
    options = ["--bundles", str(folder / "bundles"), "--out", str(folder / "out"), "--commit", FULL_COMMIT]
    assert main(["write", *options, *words]) == code
    return schema.read_report((folder / "out" / "report.json").read_text())


def dev(text: str = "", **more: Any) -> dict[str, Any]:
    return {
        "events": text or lines(events([created("db")], "dev")),
        "exit": "0",
        "meta": {"stack": "dev"},
        **more,
    }


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (dev('{"a": 1}\nno json\n{"b": 1}\n'), "events.ndjson: line 2 is not JSON"),
        (dev("[1]\n{}\n"), "events.ndjson: line 1 is not an object"),
        (dev(guards={"max_monthly": "much"}), "guards.json: max_monthly"),
        (dev(meta="{"), "meta.json is not JSON"),
        (dev(exit="soon"), "exit is not a number"),
        (dev(lines(events([created("db", tags="DEEP")])).replace('"DEEP"', DEEP)), "is nested too deeply"),
        (dev(meta={"stack": "prod"}), "it says that it is of prod"),
    ],
)
def test_a_bundle_that_cannot_be_read_is_a_failed_stack_beside_the_others(
    tmp_path: Path, files: dict[str, Any], why: str
) -> None:
    write(tmp_path / "bundles" / "bundle-dev", **files)
    write(tmp_path / "bundles" / "bundle-prod", **GOOD)

    told = run(tmp_path, "--expected-stacks", '["dev", "prod"]')

    comment = (tmp_path / "out" / "comment.md").read_text()
    assert [(stack.stack, stack.verdict) for stack in told.stacks] == [("dev", "failed"), ("prod", "changes")]
    assert "## ✖ `dev` could not be previewed: its bundle can't be read: " in comment
    assert why in comment
    assert "`web`" in comment
    assert 'plans="dev:failed/prod:' in comment


def test_two_bundles_of_one_stack_are_a_failed_stack(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / "bundles" / name, **dev())

    told = run(tmp_path)

    assert [(stack.stack, stack.verdict) for stack in told.stacks] == [("dev", "failed")]
    assert "two bundles say that they are of it" in (tmp_path / "out" / "comment.md").read_text()


@pytest.mark.parametrize("text", ["", "  "])
def test_stacks_that_nobody_listed_are_a_failed_report(tmp_path: Path, text: str) -> None:
    told = run(tmp_path, "--expected-stacks", text)

    comment = (tmp_path / "out" / "comment.md").read_text()
    assert told.verdict == "failed"
    assert "## ✖ not every stack could be previewed: the job that lists them failed" in comment
    assert f'head="{FULL_COMMIT}"' in comment
    assert told.labels == ("infra: failed",)


def test_a_list_that_is_missing_is_no_reason_to_leave_a_bundle_out(tmp_path: Path) -> None:
    write(tmp_path / "bundles" / "bundle-prod", **GOOD)

    told = run(tmp_path, "--expected-stacks", "")

    assert {stack.stack: stack.verdict for stack in told.stacks} == {"prod": "changes", "(stacks)": "failed"}


@pytest.mark.parametrize("broken", [True, False])
def test_a_green_comment_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: bool) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    listed = '["prod"]'
    with serving("github") as fake:
        post = [
            "comment",
            "--report",
            str(tmp_path / "out"),
            "--repo",
            "acme/fleet",
            "--pull",
            "7",
            "--api",
            fake.url,
        ]
        monkeypatch.setenv("GITHUB_RUN_ID", "1")
        write(tmp_path / "bundles" / "bundle-prod", **GOOD)
        run(tmp_path, "--expected-stacks", listed, code=0)
        assert main(post) == 0
        monkeypatch.setenv("GITHUB_RUN_ID", "2")
        if broken:
            write(tmp_path / "bundles" / "bundle-prod", events="no\n{}\n")
        else:
            (tmp_path / "bundles").rename(tmp_path / "gone")
        run(tmp_path, "--expected-stacks", listed if broken else "")
        assert main(post) == 0

    (note,) = fake.notes
    assert "## ✖ " in note.body
    assert f"Last good report: `{FULL_COMMIT[:12]}`" in note.body
    assert fake.labels == ["infra: failed"]


def test_an_issue_tells_of_a_look_for_drift_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    write(tmp_path / "bundles" / "bundle-dev", **dev("no\n{}\n"))
    with serving("github") as fake:
        words = ["--repo", "acme/fleet", "--api", fake.url, "--bundles", str(tmp_path / "bundles")]
        assert main(["issue", *words, "--expected-stacks", json.dumps(["dev"])]) == 0

    assert [issue["title"].startswith("✖ dev could not be previewed") for issue in fake.issues] == [True]
