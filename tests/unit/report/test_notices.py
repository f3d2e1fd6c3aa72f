"""Notices by webhook: to whom in which form, when there is nothing to tell, and what never stands in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet.report.forms import schema
from fleet.report.hosts import notice
from fleet.report.judge.report import Options, build
from tests.unit.report.command import main as run
from tests.unit.report.fake_hosts import FakeHost, Fault, serving
from tests.unit.report.making import Act, bundle, deleted, kept, updated

RUN = "https://git.example/acme/fleet/actions/runs/812"
ENDING = [{"stack": "pr-7", "ends": "2026-11-27T06:00:00Z", "monthly_usd": 12.5}]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHost]:
    with serving("github") as host:
        monkeypatch.setenv("NOTICE_URL", f"{host.url}/hook/FAKE-path-that-is-secret")
        yield host


def written(folder: Path, acts: list[Act], **more: Any) -> str:
    meta = {"stack": "dev", "command": "refresh"} if more.pop("drift", False) else {"stack": "dev"}
    report = build([bundle(folder, acts, meta=meta, **more)], Options())
    (folder / "report").mkdir()
    (folder / "report" / "report.json").write_text(schema.report_json(report))
    return str(folder / "report")


def send(*words: str) -> int:
    return run(["notice", *words, "--run-url", RUN])


def test_drift_is_told_with_what_drifted_and_how_to_put_it_back(tmp_path: Path, hook: FakeHost) -> None:
    folder = written(tmp_path, [updated("db-1", {"label": "by-hand"})], drift=True)

    assert send("--event", "drift", "--report", folder) == 0

    (told,) = hook.notices
    assert (told["version"], told["event"], told["stacks"], told["url"]) == (1, "drift", ["dev"], RUN)
    assert told["title"] == "🟡 dev drifted: label of db-1"
    assert "To put it back: fleet up --stack dev --refresh" in told["text"]


def test_a_deployment_that_stopped_says_why(tmp_path: Path, hook: FakeHost) -> None:
    folder = written(tmp_path, [deleted("db-1")], guards={"data_loss": "ack"})

    assert send("--event", "blocked", "--report", folder) == 0

    assert (
        hook.notices[0]["title"] == "Deployment stopped: ⛔ dev is blocked: the disks of db-1 would be erased"
    )


def test_stacks_that_end_are_told_with_their_cost(hook: FakeHost) -> None:
    assert send("--event", "ending", "--ending", json.dumps(ENDING)) == 0

    assert hook.notices[0]["title"] == "1 pull request stack ends soon"
    assert hook.notices[0]["text"] == "pr-7 ends at 2026-11-27 06:00 UTC, $12.50 a month"


def test_nothing_is_sent_where_there_is_nothing_to_tell_or_nobody_to_tell(
    tmp_path: Path, hook: FakeHost, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path, [kept("a")], drift=True)

    quiet = send("--event", "drift", "--report", folder), send("--event", "ending", "--ending", "[]")
    monkeypatch.delenv("NOTICE_URL")
    unset = send("--event", "ending", "--ending", json.dumps(ENDING))

    assert (*quiet, unset) == (0, 0, 0)
    assert hook.notices == []
    assert "NOTICE_URL is not set" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("https://hooks.slack.com/services/T/B/x", "slack"),
        ("https://acme.webhook.office.com/webhookb2/x", "teams"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x", "teams"),
        ("https://x.environment.api.powerplatform.com/x", "teams"),
        ("https://example.com/hooks.slack.com", "json"),
        ("https://evilhooks.slack.com.example.com/", "json"),
    ],
)
def test_the_form_follows_from_the_address(address: str, form: str) -> None:
    assert notice.form_of(address) == form


EVIL = "<!channel> <https://evil.example|click> *x* [y](https://evil.example) &"
TOLD = notice.Notice("drift", EVIL, f"{EVIL}\nsecond", ("dev",), RUN)


def test_slack_reads_nothing_of_it_as_markup() -> None:
    sent = notice.document(TOLD, "slack")

    assert sent["text"].startswith("&lt;!channel&gt; &lt;https://evil.example|click&gt;")
    texts = [block["text"] for block in sent["blocks"] if "text" in block]
    assert {text["type"] for text in texts} == {"plain_text"}
    assert [text["text"] for text in texts] == [EVIL, f"{EVIL}\nsecond"]
    assert sent["blocks"][-1]["elements"][0]["url"] == RUN


def test_teams_reads_nothing_of_it_as_markup() -> None:
    card = notice.document(TOLD, "teams")["attachments"][0]["content"]

    assert {part["type"] for part in card["body"]} == {"RichTextBlock"}
    assert [run_["text"] for part in card["body"] for run_ in part["inlines"]] == [EVIL, EVIL, "second"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Look", "url": RUN}]


def test_a_strange_address_of_a_run_is_no_link() -> None:
    told = notice.Notice("drift", "x", "", ("dev",), "javascript:alert(1)")

    assert [block["type"] for block in notice.document(told, "slack")["blocks"]] == ["header"]
    assert notice.document(told, "teams")["attachments"][0]["content"]["actions"] == []


def test_the_form_can_be_chosen(hook: FakeHost) -> None:
    assert send("--event", "ending", "--ending", json.dumps(ENDING), "--as", "teams") == 0
    assert hook.notices[0]["type"] == "message"


def test_a_refusal_is_one_line_without_the_address(
    hook: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    hook.faults.append(Fault("POST", "secret", 404))

    assert send("--event", "ending", "--ending", json.dumps(ENDING)) == 1

    said = capsys.readouterr().err
    assert "the webhook at 127.0.0.1 answered 404. Next: check NOTICE_URL" in said
    assert "FAKE" not in said


@pytest.mark.parametrize("address", ["http://example.com/x", "ftp://x", "FAKE-path", "https://"])
def test_what_is_no_https_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOTICE_URL", address)

    assert send("--event", "ending", "--ending", json.dumps(ENDING)) == 2
    assert "FAKE" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [("--event", "drift"), ("--event", "ending", "--report", "x"), ("--event", "blocked", "--ending", "[]")],
)
def test_what_does_not_go_together_is_refused(words: tuple[str, ...]) -> None:
    assert send(*words) == 2


def test_secrets_of_the_environment_are_hidden(
    tmp_path: Path, hook: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SECRET", "by-hand-secret")
    folder = written(tmp_path, [updated("by-hand-secret", {"label": "x"})], drift=True)

    assert send("--event", "drift", "--report", folder, "--mask-env", "MY_SECRET") == 0
    assert "by-hand-secret" not in json.dumps(hook.notices)
