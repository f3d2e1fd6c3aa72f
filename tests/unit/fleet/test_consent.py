"""What an `up` of stack `local` says before it does anything, and when it asks; the preview is played."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import click
import pytest

from fleet.cli import consent
from fleet.engine import previews
from fleet.engine.engine import Engine
from fleet.engine.previews import Seen
from fleet.engine.run import Run
from stacks.errors import BadSettings
from tests.unit.report.making import Act, created, deleted, events, kept, lines

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
    monkeypatch: pytest.MonkeyPatch, asked: list[str], acts: Sequence[Act], *words: str, code: int = 0
) -> int:
    told = lines(events(acts, "local"))

    def played(run: Run, _words: Sequence[str]) -> Seen:
        asked.append(" ".join(run.rest))
        return Seen(code, events=told)

    monkeypatch.setattr(previews, "preview", played)
    return consent.asked(Run("local", Engine("none", ()), {}, rest=words))


def watched(monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(consent, "sys", SimpleNamespace(stdin=terminal, stdout=terminal))
    monkeypatch.setattr(click, "confirm", lambda _: answer)


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
    assert "Nothing was done. Next: --yes (with make: ARGS=--yes)" in str(refused.value)


@pytest.mark.parametrize("word", ["--yes", "-y"])
def test_who_has_agreed_beforehand_is_told_and_not_asked(
    word: str, monkeypatch: pytest.MonkeyPatch, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert up(monkeypatch, asked, [STAYS, GONE], word, "--target", "urn:x") == 0

    assert "erased: disks of web-2" in capsys.readouterr().out
    assert asked == ["--target urn:x"]


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_is_asked(answer: bool, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    watched(monkeypatch, answer)

    if answer:
        assert up(monkeypatch, asked, [GONE]) == 0
    else:
        with pytest.raises(BadSettings, match="not confirmed. Nothing was done. Next: "):
            up(monkeypatch, asked, [GONE])


def test_what_erases_nothing_goes_on(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert up(monkeypatch, asked, [STAYS, NEW]) == 0

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
    assert up(monkeypatch, asked, [GONE], word) == 0

    assert asked == []
