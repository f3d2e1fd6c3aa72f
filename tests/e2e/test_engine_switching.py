"""The same state in the hands of both engines, in both directions, with secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine_place import real
from tests.engine_programs import ids, project, things, write_program

pytestmark = pytest.mark.usefixtures("real_engine")

PROGRAM = (
    "a = Thing('a', size={size}, note=pulumi.Config().require_secret('word'))\n"
    "Thing('b', zone={zone!r}, note=a.address)\nPair('p')\n"
    "pulumi.export('word', a.note)\npulumi.export('address', a.address)\n"
)


def test_one_state_is_taken_over_in_both_directions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = project(tmp_path, PROGRAM.format(size=1, zone="x"))
    for arguments in (
        ["stack", "init", "dev"],
        ["config", "set", "--secret", "word", "hush"],
        ["up", "--yes", "-f"],
    ):
        done = real(place, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    unchanged = place.run(monkeypatch, "up", "--yes", "--skip-preview")
    write_program(place, PROGRAM.format(size=2, zone="y"))
    changed = place.run(monkeypatch, "up", "--yes")
    shown = real(place, "stack", "output", "--json", "--show-secrets")
    exported = real(place, "stack", "export")
    destroyed = real(place, "destroy", "--yes", "--skip-preview")

    assert "6 unchanged" in unchanged.out, unchanged.out + unchanged.err
    assert changed.code == 0, changed.out + changed.err
    assert json.loads(shown.stdout) == {"word": "hush", "address": "a-1.example"}
    assert exported.returncode == 0
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert things(place) == []


def test_the_real_engine_starts_from_what_the_embedded_one_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, PROGRAM.format(size=1, zone="x"))
    for arguments in (
        ["stack", "init", "dev"],
        ["config", "set", "--secret", "word", "hush"],
        ["up", "--yes"],
    ):
        answer = place.run(monkeypatch, *arguments)
        assert answer.code == 0, answer.out + answer.err

    write_program(place, PROGRAM.format(size=1, zone="z"))
    replaced = real(place, "up", "--yes", "--skip-preview")
    history = real(place, "stack", "history", "--json")
    after = place.run(monkeypatch, "preview", "--expect-no-changes")
    destroyed = place.run(monkeypatch, "destroy", "--yes")

    assert history.returncode == 0, history.stderr
    assert len(json.loads(history.stdout)) == 2
    assert replaced.returncode == 0, replaced.stdout
    assert "5 unchanged" in replaced.stdout, replaced.stdout
    assert after.code == 0, after.out + after.err
    assert destroyed.code == 0, destroyed.out
    assert things(place) == []


def test_the_real_engine_recovers_from_a_failure_of_the_embedded_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, "a = Thing('a')\nThing('b', note=a.address, unready=True)\n")
    place.run(monkeypatch, "stack", "init", "dev")

    failed = place.run(monkeypatch, "up", "--yes", "--skip-preview")
    mended = real(place, "up", "--yes", "--skip-preview")

    assert failed.code == 1
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "1 updated" in mended.stdout
    assert ids(place) == ["a-1", "b-1"]
