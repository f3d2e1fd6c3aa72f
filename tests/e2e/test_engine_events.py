"""The embedded engine's event streams, and that the report's reader takes them as it takes the digest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.report.read.bundle import read_bundle
from tests.engine_place import Place
from tests.engine_programs import project, started, up, write_program

BEFORE = "a = Thing('a', size=1, zone='x')\nThing('b', note=a.address)\nThing('gone')\nPair('p')\n"
AFTER = "a = Thing('a', size=2, zone='y')\nThing('b', note=a.address)\nThing('new')\nPair('p')\n"


def kinds(text: str) -> list[str]:
    events: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    assert [event["sequence"] for event in events] == list(range(len(events)))
    return [next(key for key in event if key not in ("sequence", "timestamp")) for event in events]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = started(tmp_path, monkeypatch, BEFORE)
    write_program(made, AFTER)
    return made


def test_the_report_reads_the_same_from_the_stream_as_from_the_digest(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digest = place.run(monkeypatch, "preview", "--json")
    place.environment["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] = "true"
    stream = place.run(monkeypatch, "preview", "--json")
    for name, text in (("digest.json", digest.out), ("events.ndjson", stream.out)):
        (tmp_path / name.partition(".")[0]).mkdir()
        (tmp_path / name.partition(".")[0] / name).write_text(text)

    told, streamed = (read_bundle(tmp_path / folder).reading for folder in ("digest", "events"))

    assert {(step.op, step.urn, step.reasons) for step in told.steps} == {
        (step.op, step.urn, step.reasons) for step in streamed.steps if step.op != "same"
    }
    assert streamed.complete
    assert streamed.succeeded
    assert kinds(stream.out)[0] == "preludeEvent"
    assert kinds(stream.out)[-2:] == ["summaryEvent", "cancelEvent"]


def test_a_run_streams_its_events_and_hides_the_default_provider(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = up(place, monkeypatch, "--json")
    refreshed = place.run(monkeypatch, "refresh", "--yes", "--skip-preview", "--json")
    destroyed = place.run(monkeypatch, "destroy", "--yes", "--skip-preview", "--json")

    for answer in (done, refreshed, destroyed):
        assert answer.code == 0, answer.err
        assert kinds(answer.out)[-1] == "cancelEvent"
        assert "pulumi:providers" not in answer.out.replace(
            '"provider":"urn:pulumi:dev::sample::pulumi:pro', ""
        )


def test_the_event_log_is_there_with_debug_commands_only_and_holds_the_last_run(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "log"

    without = up(place, monkeypatch, "--event-log", str(log))
    place.environment["PULUMI_DEBUG_COMMANDS"] = "true"
    done = place.run(monkeypatch, "up", "--yes", "--event-log", str(log))

    assert without.code == 1
    assert "unknown flag: --event-log" in without.err
    assert done.code == 0, done.out
    assert "Updating (dev):" in done.out
    assert kinds(log.read_text()).count("preludeEvent") == 1
    assert '"isPreview":false' in log.read_text()


def test_secrets_are_marked_in_events_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "w = pulumi.Config().require_secret('word')\na = Thing('a', note=w)\npulumi.export('word', a.note)\n"
    )
    place = project(tmp_path, f"{program}print('word is planted-secret')\n")
    place.run(monkeypatch, "stack", "init", "dev")
    place.run(monkeypatch, "config", "set", "--secret", "word", "planted-secret")

    answer = up(place, monkeypatch, "--json")

    assert answer.code == 0, answer.err
    assert "planted-secret" not in answer.out
    assert (
        '"note":{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","ciphertext":'
        in answer.out
    )


def test_a_failure_has_its_event_and_the_summary_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, "Thing('a', unready=True)\n")
    place.run(monkeypatch, "stack", "init", "dev")

    answer = up(place, monkeypatch, "--json")

    failed = next(json.loads(line) for line in answer.out.splitlines() if "resOpFailedEvent" in line)
    assert answer.code == 1
    assert failed["resOpFailedEvent"]["status"] == 1
    assert failed["resOpFailedEvent"]["metadata"]["new"]["initErrors"] == ["it never came up"]
    assert '"result":"failed"' in answer.out
