from __future__ import annotations

from pathlib import Path

import pytest

from fleet.report.forms import markdown, marker
from fleet.report.forms.marker import Marker
from fleet.report.hosts import approval
from fleet.report.hosts.approval import Approved
from fleet.report.hosts.github import GitHub
from fleet.report.hosts.gitlab import GitLab
from fleet.report.hosts.host import Host, Merged
from fleet.report.hosts.http import Http
from fleet.report.judge.report import Options, build
from fleet.report.model import Report
from tests.unit.report.command import main
from tests.unit.report.fake_hosts import BOT, TOKEN, FakeHost
from tests.unit.report.making import FULL_COMMIT, Act, bundle, created, deleted, kept

MERGE = "a" * 40
PLANS = f"dev:{'1' * 32}/staging:blocked/prod:{'2' * 32}"


def repository(fake: FakeHost) -> Host:
    if fake.kind == "github":
        return GitHub(Http(fake.url, "Authorization", f"Bearer {TOKEN}"), "acme/fleet")
    return GitLab(Http(fake.url, "PRIVATE-TOKEN", TOKEN), "acme/fleet")


def asked(fake: FakeHost, stack: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    monkeypatch.setenv("GITHUB_TOKEN" if fake.kind == "github" else "GITLAB_TOKEN", TOKEN)
    words = ["--host", fake.kind, "--api", fake.url, "--repo", "acme/fleet", "--commit", MERGE]
    return main(["approved", *words, "--stack", stack, *more])


def reported(
    fake: FakeHost, id_: str = "fleet", head: str = FULL_COMMIT, author: str = BOT, **more: str
) -> None:
    mark = Marker(id_, head, "812.1", "p", **{"plans": PLANS, **more})
    fake.add(f"{mark.line()}\n## text\n", author=author)


def test_the_merged_pull_request_of_a_commit_is_found(fake: FakeHost) -> None:
    fake.merged.append((MERGE, FULL_COMMIT))

    assert repository(fake).merged_pull(MERGE) == Merged(7, FULL_COMMIT)
    assert repository(fake).merged_pull("b" * 40) is None


def test_the_plan_of_its_report_is_the_approved_one(
    fake: FakeHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.merged.append((MERGE, FULL_COMMIT))
    reported(fake, ack=FULL_COMMIT)

    code = asked(fake, "dev", monkeypatch)

    assert code == 0
    assert capsys.readouterr().out == f"plan={'1' * 32}\npull=7\nacknowledged=true\n"


def test_without_a_pull_request_no_plan_is_approved(
    fake: FakeHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(fake, "dev", monkeypatch) == 0

    said = capsys.readouterr()
    assert said.out == "plan=none\npull=\nacknowledged=\n"
    assert "came from no merged pull request" in said.err


def test_a_plan_that_was_approved_by_hand_is_taken_as_it_is(
    fake: FakeHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.merged.append((MERGE, FULL_COMMIT))

    asked(fake, "dev", monkeypatch, "--plan", "f" * 32, "--acknowledged", "false")

    assert capsys.readouterr().out == f"plan={'f' * 32}\npull=7\nacknowledged=\n"


def look(fake: FakeHost, stack: str = "dev") -> Approved:
    merged = Merged(7, FULL_COMMIT)
    return approval.approved_plan(repository(fake).of_pull(7), merged, "fleet", stack, MERGE)


@pytest.mark.parametrize(
    ("stack", "why"),
    [("staging", "was blocked"), ("other", "does not touch this stack"), ("pro", "does not touch")],
)
def test_a_stack_without_a_good_plan_has_none(fake: FakeHost, stack: str, why: str) -> None:
    reported(fake)

    found = look(fake, stack)

    assert found.plan == "none"
    assert why in found.why


def test_a_report_of_another_commit_approves_nothing(fake: FakeHost) -> None:
    reported(fake, head="c" * 40)

    assert look(fake).plan == "none"


def test_a_strangers_marker_approves_nothing(fake: FakeHost) -> None:
    reported(fake, author="eve")

    assert look(fake).plan == "none"


def test_a_closed_report_still_says_what_was_approved(fake: FakeHost) -> None:
    reported(fake, applied="813")

    assert look(fake).plan == "1" * 32


def test_the_report_of_a_stopped_deployment_of_the_same_commit_goes_first(fake: FakeHost) -> None:
    reported(fake)
    reported(fake, id_="deploy-dev", head="d" * 40, plans=f"dev:{'8' * 32}")
    assert look(fake).plan == "1" * 32

    reported(fake, id_="deploy-dev", head=MERGE, plans=f"dev:{'9' * 32}")

    assert look(fake).plan == "9" * 32


def several(folder: Path, *acts: Act, **more: object) -> Report:
    bundles = [
        bundle(folder, list(acts) or [created("a")], stack="dev"),
        bundle(folder, [deleted("b"), kept("c")], stack="staging", guards={"data_loss": "block"}),
    ]
    return build(bundles, Options(**more))  # type: ignore[arg-type]  # options by name


def test_the_marker_names_the_plan_of_each_stack_or_why_there_is_none(tmp_path: Path) -> None:
    report = several(tmp_path)

    mark = marker.read(markdown.comment(report))

    assert mark is not None
    assert mark.plan_of("dev") == report.stacks[0].plan
    assert mark.plan_of("staging") == "blocked"
    assert mark.plan_of("stag") == ""


def test_a_stacks_plan_is_that_of_a_report_about_it_alone(tmp_path: Path) -> None:
    alone = build([bundle(tmp_path, [created("a")], stack="dev")])

    assert several(tmp_path).stacks[0].plan == alone.plan
