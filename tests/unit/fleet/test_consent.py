"""What an `up` of stack `local` says before it does anything, and when it asks; the preview is played."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from fleet.cli import consent
from fleet.engine import previews, settled
from fleet.engine.engine import Engine
from fleet.engine.previews import Seen
from fleet.engine.run import Run
from stacks import pinning, sources
from stacks.errors import BadSettings
from stacks.layers import Layer
from stacks.sources import project_name
from tests.unit.report.making import Act, Json, created, deleted, events, kept, lines, urn

PRICED = {"monthly_usd": 12.0}
NEW = created("web-3")
GONE = Act("delete", "web-2", deleted("web-2").old, outputs=PRICED)
STAYS = Act("same", "web-1", kept("web-1").old, kept("web-1").new, outputs=PRICED)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of each preview of the engine, played or shown."""
    words: list[str] = []

    def shown(run: Run, verb: str, *_: str) -> int:
        words.append(f"{verb} {' '.join(run.rest)}")
        return 3

    monkeypatch.setattr(Run, "verb", shown)
    monkeypatch.delenv("CI", raising=False)
    return words


def up(
    monkeypatch: pytest.MonkeyPatch,
    asked: list[str],
    acts: Sequence[Act],
    *words: str,
    code: int = 0,
    more: Sequence[Json] = (),
    outputs: tuple[Json, Json] | None = None,
    stack: str = "local",
    backend: str = "",
) -> int | None:
    told = lines(events(acts, stack, more=more, outputs=outputs))

    def played(run: Run, _words: Sequence[str]) -> Seen:
        asked.append(" ".join(run.rest))
        return Seen(code, events=told)

    monkeypatch.setattr(previews, "preview", played)
    monkeypatch.setattr(previews, "watched", played)
    env = {**os.environ, **({"PULUMI_BACKEND_URL": backend} if backend else {})}
    return consent.asked(Run(stack, Engine("none", ()), env, rest=words))


def watched(monkeypatch: pytest.MonkeyPatch, answer: bool | None) -> None:
    """`answer`: to the question; None is Ctrl-C."""

    def answered(_question: str) -> bool:
        if answer is None:
            raise click.Abort
        return answer

    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(consent, "sys", SimpleNamespace(stdin=terminal, stdout=terminal))
    monkeypatch.setattr(click, "confirm", answered)


def test_what_is_erased_is_not_erased_where_nobody_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadSettings) as refused:
        up(monkeypatch, asked, [STAYS, GONE])

    said = capsys.readouterr().out
    assert "stack 'local': 1 deleted; a month: $24.00 → $12.00 (−$12.00)" in said
    assert "erased: disks of web-2" in said
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(
        "stack 'local': this would erase disks of web-2, and there is no terminal"
    )
    assert "Nothing was done. Next: --yes if" in str(refused.value)


@pytest.mark.parametrize("word", ["--yes", "-y"])
def test_who_has_agreed_beforehand_is_told_and_not_asked(
    word: str, monkeypatch: pytest.MonkeyPatch, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert up(monkeypatch, asked, [STAYS, GONE], word, "--target", "urn:x") is None

    assert "erased: disks of web-2" in capsys.readouterr().out
    assert asked == ["--target urn:x"]


@pytest.mark.parametrize("answer", [True, False, None])
def test_a_person_is_asked(answer: bool | None, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    watched(monkeypatch, answer)

    if answer:
        assert up(monkeypatch, asked, [GONE]) is None
    else:
        with pytest.raises(BadSettings, match="not confirmed. Nothing was done. Next: "):
            up(monkeypatch, asked, [GONE])


def test_what_erases_nothing_goes_on(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert up(monkeypatch, asked, [STAYS, NEW]) is None

    said = capsys.readouterr().out
    assert "stack 'local': 1 new; a month: " in said
    assert "erased" not in said


def test_a_preview_that_fails_is_shown_and_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    assert up(monkeypatch, asked, [NEW], "--yes", code=1) == 3

    assert asked == ["", "preview "]


@pytest.mark.parametrize("word", sorted(consent.UNSEEN))
def test_what_is_not_to_be_seen_is_not_looked_at(
    word: str, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    assert up(monkeypatch, asked, [GONE], word) is None

    assert asked == []


def test_of_another_stack_what_it_costs_stands_before_the_question(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    watched(monkeypatch, True)
    monkeypatch.setattr(click, "confirm", lambda question: print(question) or True)

    assert up(monkeypatch, asked, [STAYS, NEW], "--target", "urn:x", stack="dev") is None

    assert capsys.readouterr().out.splitlines() == [
        "stack 'dev': 1 new; a month: $12.00 → at least $12.00",
        "Go on?",
    ]
    assert asked == ["--target urn:x"]


def test_of_another_stack_nothing_is_done_where_nobody_agrees(
    monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    with pytest.raises(BadSettings, match="there is no terminal to ask at"):
        up(monkeypatch, asked, [NEW], stack="dev")
    watched(monkeypatch, False)
    with pytest.raises(BadSettings, match="Next: fleet preview --stack dev --diff shows each change"):
        up(monkeypatch, asked, [NEW], stack="dev")

    assert up(monkeypatch, asked, [STAYS], stack="dev") is None
    assert up(monkeypatch, asked, [NEW], "--yes", stack="dev") is None
    assert up(monkeypatch, asked, [NEW], "--yes", stack="dev", code=5) == 5


def test_a_lock_is_told_before_anything_is_previewed(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / project_name() / "local"
    folder.mkdir(parents=True)
    owner = {"pid": 1, "username": "ann", "hostname": "build-7", "timestamp": "2026-01-02T03:04:05Z"}
    (folder / "one.json").write_text(json.dumps(owner))

    with pytest.raises(BadSettings, match="locked by ann@build-7, process 1, .* Nothing was done"):
        up(monkeypatch, asked, [NEW], backend=f"file://{tmp_path}")

    assert asked == []


def test_settings_that_are_wrong_are_told_once_and_without_an_engine(
    monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    found = Layer({"fleet:budgt": 3}, {})
    monkeypatch.setattr(sources, "of_files", lambda _: found)

    with pytest.raises(BadSettings, match="fleet:budgt: no such setting"):
        up(monkeypatch, asked, [NEW])

    assert asked == []


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The backend's folder after an update of `local` by the program of today, which has pins."""
    monkeypatch.setattr(pinning, "pins_file", lambda _: tmp_path / "pins.json")
    (tmp_path / "pins.json").touch()
    stacks = tmp_path / ".pulumi" / "stacks" / project_name()
    stacks.mkdir(parents=True)
    checkpoint = {"version": 3, "checkpoint": {"latest": {"resources": []}}}
    (stacks / "local.json").write_text(json.dumps(checkpoint))
    ended_with(tmp_path, "update", "succeeded")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    return tmp_path


FAR_AHEAD, LONG_AGO = 4_000_000_000, 1
"""Seconds since 1970, after and before every change of a file."""


def ended_with(folder: Path, kind: str, result: str, *, began: int = FAR_AHEAD) -> None:
    """The newest of the stack's records."""
    history = folder / ".pulumi" / "history" / project_name() / "local"
    history.mkdir(parents=True, exist_ok=True)
    record = {"kind": kind, "result": result, "startTime": began, "endTime": began}
    number = len(list(history.iterdir()))
    (history / f"local-{number}.history.json").write_text(json.dumps(record))


@pytest.mark.usefixtures("ran")
def test_where_nothing_is_to_do_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert up(monkeypatch, asked, [STAYS]) == 0
    assert up(monkeypatch, asked, [STAYS], "--yes") == 0

    assert "stack 'local': no change; a month: $12.00" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("--refresh",), ("--yes", "--target", "urn:x"), ("--expect-no-changes",)])
@pytest.mark.usefixtures("ran")
def test_who_asks_for_more_has_it_done(
    words: Sequence[str], monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    assert up(monkeypatch, asked, [STAYS], *words) is None


@pytest.mark.parametrize(
    ("kind", "result"), [("refresh", "succeeded"), ("destroy", "succeeded"), ("update", "failed")]
)
def test_after_another_command_an_update_runs(
    kind: str, result: str, ran: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    ended_with(ran, kind, result)

    assert up(monkeypatch, asked, [STAYS]) is None


def test_a_program_that_changed_runs(ran: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    ended_with(ran, "update", "succeeded", began=LONG_AGO)

    assert up(monkeypatch, asked, [STAYS]) is None


def test_pins_that_are_gone_are_made(ran: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    (ran / "pins.json").unlink()

    assert up(monkeypatch, asked, [STAYS]) is None


@pytest.mark.parametrize("text", ["", "no record"])
def test_where_the_last_command_is_not_known_an_update_runs(
    text: str, ran: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    for record in ran.glob(".pulumi/history/*/*/*.history.json"):
        record.write_text(text) if text else record.unlink()

    assert up(monkeypatch, asked, [STAYS]) is None


@pytest.mark.parametrize(
    "beside",
    [
        {
            "more": [
                {"diagnosticEvent": {"severity": "warning", "urn": urn("web-1"), "message": "is left so"}}
            ]
        },
        {"outputs": ({"monthly_usd": 12.0}, {"monthly_usd": 14.0})},
    ],
)
@pytest.mark.usefixtures("ran")
def test_what_is_told_beside_it_comes_with_the_update(
    beside: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    assert up(monkeypatch, asked, [STAYS], **beside) is None


def test_while_another_command_runs_or_was_killed_an_update_runs(
    ran: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    place = ran / ".pulumi" / "locks" / "organization" / project_name() / "local"
    place.mkdir(parents=True)
    (place / "0b5a.json").touch()
    monkeypatch.setenv("LOCK_WAIT", "5m")  # else it is told beforehand

    assert up(monkeypatch, asked, [STAYS]) is None


def test_what_a_killed_command_was_at_is_told_by_an_update(
    ran: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    pending = [{"type": "deleting", "resource": {"urn": urn("web-1", "local"), "type": "x", "custom": True}}]
    latest = {"resources": [], "pending_operations": pending}
    file = ran / ".pulumi" / "stacks" / project_name() / "local.json"
    file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}))

    assert up(monkeypatch, asked, [STAYS]) is None


def test_a_file_that_keeps_an_old_date_is_a_change(
    ran: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str], tmp_path: Path
) -> None:
    kept = tmp_path / "common.yaml"
    kept.touch()
    os.utime(kept, (LONG_AGO, LONG_AGO))
    monkeypatch.setattr(settled, "PROJECT", tmp_path)
    monkeypatch.setattr(settled, "PROGRAM", ("common.yaml",))
    ended_with(ran, "update", "succeeded", began=LONG_AGO + 1)

    assert up(monkeypatch, asked, [STAYS]) is None


def test_pins_that_were_changed_since_are_pinned_again(
    ran: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    monkeypatch.setattr(settled, "PROGRAM", ("no such file",))
    ended_with(ran, "update", "succeeded", began=LONG_AGO)

    assert up(monkeypatch, asked, [STAYS]) is None
