from __future__ import annotations

from pathlib import Path

import pytest

from fleet.report.forms import markdown, marker
from fleet.report.forms.marker import Marker, Seal
from fleet.report.hosts import approval
from fleet.report.hosts.approval import Approved
from fleet.report.hosts.github import GitHub
from fleet.report.hosts.gitlab import GitLab
from fleet.report.hosts.host import Host, Merged
from fleet.report.hosts.http import Http
from fleet.report.judge.report import Options, build
from fleet.report.model import Report
from tests.unit.report.command import EXIT_BAD, main
from tests.unit.report.fake_hosts import BOT, TOKEN, FakeHost
from tests.unit.report.making import FULL_COMMIT, Act, bundle, created, deleted, kept

MERGE = "a" * 40
KEY = "FAKE-key-of-protected-environments"
PLANS = f"dev:{'1' * 32}/staging:blocked/prod:{'2' * 32}"


def repository(fake: FakeHost, key: str = KEY) -> Host:
    if fake.kind == "github":
        return GitHub(Http(fake.url, "Authorization", f"Bearer {TOKEN}"), "acme/fleet", plan_key=key)
    return GitLab(Http(fake.url, "PRIVATE-TOKEN", TOKEN), "acme/fleet", plan_key=key)


def asked(fake: FakeHost, stack: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    monkeypatch.setenv("GITHUB_TOKEN" if fake.kind == "github" else "GITLAB_TOKEN", TOKEN)
    monkeypatch.setenv("PLAN_KEY", KEY)
    words = ["--host", fake.kind, "--api", fake.url, "--repo", "acme/fleet", "--commit", MERGE]
    return main(["approved", *words, "--stack", stack, *more])


def comment_of(id_: str = "fleet", head: str = FULL_COMMIT, run: str = "812.1", **more: str) -> str:
    return f"{Marker(id_, head, run, 'p', **{'plans': PLANS, **more}).line()}\n## text\n"


def reported(fake: FakeHost, author: str = BOT, **told: str) -> None:
    """As the workflow leaves it that alone has the key."""
    fake.add(Seal(KEY, "acme/fleet", 7).on(comment_of(**told)), author=author)


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
    told = ["pull=7", "acknowledged=true", "why=the plan of pull request 7"]
    assert capsys.readouterr().out.splitlines() == [f"plan={'1' * 32}", *told]


def test_without_a_pull_request_no_plan_is_approved(
    fake: FakeHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(fake, "dev", monkeypatch) == 0

    told = capsys.readouterr().out
    assert told.startswith("plan=none\npull=\nacknowledged=\nwhy=the commit came from no merged pull request")


def test_a_plan_that_was_approved_by_hand_is_taken_as_it_is(
    fake: FakeHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.merged.append((MERGE, FULL_COMMIT))

    asked(fake, "dev", monkeypatch, "--plan", "f" * 32, "--acknowledged", "false")

    told = capsys.readouterr().out
    assert told == f"plan={'f' * 32}\npull=7\nacknowledged=\nwhy=approved by hand\n"


def look(fake: FakeHost, stack: str = "dev", key: str = KEY) -> Approved:
    merged = Merged(7, FULL_COMMIT)
    return approval.approved_plan(repository(fake, key).of_pull(7), merged, "fleet", stack, MERGE)


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
    fake.add(marker.closed(Seal(KEY, "acme/fleet", 7).on(comment_of()), "813"))

    assert look(fake).plan == "1" * 32


def test_what_every_workflow_of_a_branch_can_write_approves_nothing(fake: FakeHost) -> None:
    """The newest comment of our own user, as whole as ours but for the signature."""
    fake.add(comment_of(run="999.1", ack=FULL_COMMIT, plans=f"dev:{'6' * 32}"))

    found = look(fake)

    assert (found.plan, found.acknowledged) == ("none", False)
    assert found.why == "the report on pull request 7 is not signed with PLAN_KEY, see docs/hardening.md"


def test_a_forged_report_does_not_hide_the_signed_one(fake: FakeHost) -> None:
    reported(fake)
    fake.add(comment_of(run="999.1", plans=f"dev:{'6' * 32}"))

    assert look(fake).plan == "1" * 32


def test_a_signature_counts_for_what_was_signed_alone(fake: FakeHost) -> None:
    """Another pull request's, another repository's, another key's; another commit, stack, run or text put below it."""
    signed = Seal(KEY, "acme/fleet", 7).on(comment_of())
    older = Seal(KEY, "acme/fleet", 7).on(comment_of(head="c" * 40))
    forged = [
        Seal(KEY, "acme/fleet", 8).on(comment_of()),
        Seal(KEY, "acme/other", 7).on(comment_of()),
        Seal("another key of the same length or more", "acme/fleet", 7).on(comment_of()),
        older.replace("c" * 40, FULL_COMMIT),
        signed.replace("dev:", "qa:").replace("prod:", "dev:"),
        signed.replace("812.1", "999.1"),
        signed.replace('plans="', f'ack="{FULL_COMMIT}" plans="'),
        signed.replace("## text", "## other text"),
        signed.replace('seal="', 'seal="\N{SNOWMAN}'),
    ]
    for body in forged:
        assert body != signed
        fake.notes.clear()
        fake.add(body)
        assert look(fake).plan == "none", body


def test_an_older_report_of_the_same_commit_put_back_does_not_count(fake: FakeHost) -> None:
    reported(fake, run="813.1", plans="dev:blocked")
    reported(fake, run="812.1", ack=FULL_COMMIT)

    found = look(fake)

    assert (found.plan, found.acknowledged) == ("none", False)


def test_a_deployment_that_stopped_is_not_another_stacks(fake: FakeHost) -> None:
    reported(fake, id_="deploy-prod", head=MERGE, plans=f"prod:{'9' * 32}")
    stopped = fake.notes[0].body

    fake.add(stopped.replace("deploy-prod", "deploy-dev").replace("prod:", "dev:"))

    assert look(fake, "prod").plan == "9" * 32
    assert look(fake).plan == "none"


def test_without_the_key_nothing_is_approved_and_the_reason_is_told(fake: FakeHost) -> None:
    reported(fake)

    found = look(fake, key="")

    assert found.plan == "none"
    assert found.why == "PLAN_KEY is not set in the environment of stack dev, see docs/hardening.md"


def test_a_key_that_can_be_guessed_is_refused(
    fake: FakeHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("PLAN_KEY", "short")

    words = ["--host", "github", "--api", fake.url, "--repo", "acme/fleet", "--commit", MERGE]
    code = main(["approved", *words, "--stack", "dev"])

    assert (code, capsys.readouterr().err) == (
        EXIT_BAD,
        "error: PLAN_KEY has fewer than 32 characters. Next: openssl rand -hex 32\n",
    )


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
