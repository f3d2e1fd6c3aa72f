from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.report.command import main
from tests.unit.report.fake_hosts import TOKEN, FakeHost, Fault
from tests.unit.report.making import CATALOG, FULL_COMMIT, Act, events, kept, lines, updated, write


@pytest.fixture
def fake(fake: FakeHost, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    monkeypatch.setenv("GITHUB_TOKEN" if fake.kind == "github" else "GITLAB_TOKEN", TOKEN)
    return fake


def look(
    fake: FakeHost,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: int,
    days: int = 10,
    **stacks: list[Act] | None,
) -> None:
    """A look for drift that found this; None: the stack's job sent nothing."""
    monkeypatch.setenv("GITHUB_RUN_ID", str(run))
    for stack, acts in stacks.items():
        if acts is not None:
            meta = {"stack": stack, "commit": FULL_COMMIT, "run": f"{run}.1", "command": "refresh"}
            files = {"events": lines(events(acts, stack)), "exit": "0", "meta": meta, "catalog": CATALOG,
                     "guards": {"end_of_life_days": days, "max_monthly": 1}}  # fmt: skip
            write(folder / str(run) / stack, **files)
    words = [
        "--host",
        fake.kind,
        "--api",
        fake.url,
        "--repo",
        "acme/fleet",
        "--bundles",
        str(folder / str(run)),
    ]
    assert main(["issue", *words, "--expected-stacks", json.dumps(list(stacks))]) == 0


def titles(fake: FakeHost, state: str = "open") -> list[str]:
    return [issue["title"] for issue in fake.issues if issue["state"] == state]


DRIFTED = [updated("web-1", {"label": "by-hand"})]
QUIET = [kept("web-1")]


def test_each_drifted_stack_has_one_issue(
    fake: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(fake, tmp_path, monkeypatch, 1, dev=DRIFTED, staging=QUIET, prod=DRIFTED)
    look(fake, tmp_path, monkeypatch, 2, dev=DRIFTED, staging=QUIET, prod=DRIFTED)

    assert titles(fake) == [
        "🟡 dev drifted: label of web-1",
        "🟡 prod drifted: label of web-1",
    ]
    assert all('run="2.1"' in issue["body"] for issue in fake.issues)


def test_the_issue_is_closed_when_the_drift_is_gone_and_a_new_one_opened_for_the_next(
    fake: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(fake, tmp_path, monkeypatch, 1, dev=DRIFTED)
    look(fake, tmp_path, monkeypatch, 2, dev=QUIET)
    closed = titles(fake, "closed")
    look(fake, tmp_path, monkeypatch, 3, dev=DRIFTED)

    assert len(closed) == len(titles(fake)) == len(titles(fake, "closed")) == 1
    assert "nothing to do" in fake.issues[0]["body"]


def test_a_look_that_failed_is_told(fake: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look(fake, tmp_path, monkeypatch, 1, dev=None)

    assert titles(fake) == ["✖ dev could not be previewed: no preview came in"]


def test_a_late_run_does_not_overwrite_a_newer_one(
    fake: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(fake, tmp_path, monkeypatch, 9, dev=DRIFTED)
    look(fake, tmp_path, monkeypatch, 8, dev=QUIET)

    assert len(titles(fake)) == 1
    assert 'run="9.1"' in fake.issues[0]["body"]


@pytest.mark.parametrize("status", [404, 410])
def test_an_issue_that_is_gone_since_it_was_listed_is_opened_again(
    fake: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    method = "PATCH" if fake.kind == "github" else "PUT"
    look(fake, tmp_path, monkeypatch, 1, dev=DRIFTED)
    fake.faults.append(Fault(method, f"/{fake.issues[0]['number']}", status))

    look(fake, tmp_path, monkeypatch, 2, dev=DRIFTED)

    assert ['run="2.1"' in issue["body"] for issue in fake.issues] == [False, True]


def test_somebody_elses_issue_with_our_marker_is_left_alone(
    fake: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(fake, tmp_path, monkeypatch, 1, dev=DRIFTED)
    fake.issues[0].update(user={"login": "eve"}, author={"username": "eve"})

    look(fake, tmp_path, monkeypatch, 2, dev=QUIET)

    assert len(titles(fake)) == 1


def test_a_name_from_outside_can_not_break_the_title(
    fake: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "@team\nline\u202e" + "x" * 400

    look(fake, tmp_path, monkeypatch, 1, dev=[updated(evil, {"label": "by-hand"})])

    assert len(titles(fake)[0]) <= 200
    assert "\n" not in titles(fake)[0]


@pytest.mark.parametrize(
    ("image", "days", "title"),
    [
        ("linode/debian12", 585, "🟡 look at dev: linode/debian12 ends in 585 days"),
        ("linode/debian10", 10, "🟡 look at dev: linode/debian10 reached its end 876 days ago"),
    ],
)
def test_an_image_near_its_end_is_told_without_any_drift(
    fake: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: str, days: int, title: str
) -> None:
    look(fake, tmp_path, monkeypatch, 1, days, dev=[kept("web-1", image=image)])

    assert titles(fake) == [title]
    assert "Set in" not in fake.issues[0]["body"]


@pytest.mark.parametrize(("image", "days"), [("linode/debian12", 584), ("private/7", 584)])
def test_an_image_that_is_not_near_its_end_opens_no_issue(
    fake: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: str, days: int
) -> None:
    look(fake, tmp_path, monkeypatch, 1, days, dev=[kept("web-1", image=image)])

    assert titles(fake) == []
