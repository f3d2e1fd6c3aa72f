"""Every recorded scenario of the real engine, run by the embedded one: same state, cloud, calls, exit code."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.contract.engine_oracle import (
    ORACLE,
    REPO,
    UNCOMPARED,
    Related,
    calls_told,
    closing,
    comparable_events,
    comparable_state,
    detail_lines,
    entries_told,
    events_told,
    load,
    needs_oracle,
    put_in_place,
    scenarios,
    step_lines,
    told_at_the_end,
    with_names,
)
from tests.engine_place import Json, real
from tests.until import until

OF_THEIR_OWN = {  # each has a test of its own
    "23-killed-during-create",
    "41-import-option",  # refused before it fails, as it works on no engine
    "52-duplicate-urn",  # a race: which of the two is registered first
}
ASKED_IN_VAIN = {  # the real engine also asks Diff of what goes with a target, and does the same on any answer
    "46-target-destroy-refused": {"configure", "diff"},
    "47-target-destroy-dependents": {"diff"},
}
REFUSED = {"24-locked", "42-import-command"}  # before anything is told
READ_BY_THE_REAL_ONE = {"01", "06", "07", "09", "14", "29", "33", "39", "43", "45", "47", "48"}
PREVIEW_LIKE_ANOTHER = {
    "02",
    "10",
    "12",
    "16",
    "17",
    "18",
    "20",
    "21",
    "22",
    "25",
    "32",
    "37",
    "38",
    "51",
    "55",
}
PREVIEWED = [
    name
    for name in scenarios()
    if name not in OF_THEIR_OWN
    and name[:2] not in PREVIEW_LIKE_ANOTHER
    and (ORACLE / name / "preview.json").exists()
]


@needs_oracle
@pytest.mark.parametrize("scenario", sorted({*scenarios()} - OF_THEIR_OWN))
def test_a_run_leaves_what_the_real_engine_left(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = put_in_place(scenario, tmp_path)
    recorded = load(scenario, "scenario.json")

    place.environment["PULUMI_DEBUG_COMMANDS"] = "true"
    log = tmp_path / "events"

    answer = place.run(monkeypatch, *shlex.split(recorded["command"])[1:], "--event-log", str(log))

    assert answer.code == recorded["exit_code"], answer.out + answer.err
    assert comparable_state(place.state()) == comparable_state(load(scenario, "state-after.json"))
    assert place.cloud() == load(scenario, "cloud-after.json")
    in_vain = ASKED_IN_VAIN.get(scenario, set())
    expected = [call for call in load(scenario, "calls.json") if call["method"] not in in_vain]
    before, after = load(scenario, "state-before.json"), load(scenario, "state-after.json")
    related = Related(before, after)
    calls = calls_told(place.calls(), related), calls_told(expected, related)
    assert Counter(calls[0]) == Counter(calls[1])
    order = partial(related.order, of_each_alone="refresh" in recorded["command"])
    assert order(calls[0]) == order(calls[1])
    assert related.order(entries_told(place.state())) == related.order(entries_told(after))
    assert "Traceback" not in answer.err
    if "--json" not in recorded["command"] and scenario not in REFUSED:
        texts = answer.out, (ORACLE / scenario / "output.txt").read_text()
        assert told_at_the_end(texts[0]) == told_at_the_end(texts[1])
        assert closing(texts[0], "Outputs:") == closing(texts[1], "Outputs:")
        assert closing(texts[0], "Resources:") == closing(texts[1], "Resources:")
        assert step_lines(texts[0]) == step_lines(texts[1])
    if scenario[:2] in READ_BY_THE_REAL_ONE and shutil.which("pulumi"):
        exported = real(place, "stack", "export")
        assert exported.returncode == 0, exported.stderr
        read = json.loads(exported.stdout)["deployment"].get("resources", [])
        kept = place.state()["checkpoint"]["latest"].get("resources", [])
        assert [entry["urn"] for entry in read] == [entry["urn"] for entry in kept]
    if "--json" in recorded["command"]:
        streamed = [json.loads(line) for line in answer.out.splitlines()]
        recording = [json.loads(line) for line in (ORACLE / scenario / "output.txt").read_text().splitlines()]
        assert comparable_events(streamed, before, place.state()) == comparable_events(
            recording, before, after
        )
    if (ORACLE / scenario / "events.json").exists() and log.exists():
        events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        assert [event["sequence"] for event in events] == list(range(len(events)))
        recording = load(scenario, "events.json")
        assert comparable_events(events, before, place.state()) == comparable_events(recording, before, after)
        assert order(events_told(events)) == order(events_told(recording))


@needs_oracle
def test_an_import_that_is_refused_changes_as_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = "41-import-option"
    place, recorded = put_in_place(scenario, tmp_path), load(scenario, "scenario.json")

    answer = place.run(monkeypatch, *shlex.split(recorded["command"])[1:])

    assert answer.code == recorded["exit_code"]
    assert " errored" in answer.out
    assert place.cloud() == load(scenario, "cloud-after.json")
    expected = entries_told(load(scenario, "state-after.json"))
    assert [each for each in entries_told(place.state()) if each in expected] == entries_told(place.state())


@needs_oracle
def test_of_two_resources_of_one_name_the_second_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = "52-duplicate-urn"
    place, recorded = put_in_place(scenario, tmp_path), load(scenario, "scenario.json")

    answer = place.run(monkeypatch, *shlex.split(recorded["command"])[1:])

    assert answer.code == recorded["exit_code"]
    assert "Duplicate resource URN" in answer.out
    assert closing(answer.out, "Resources:")[-1] == "1 errored"
    # The first may already be updated when the second arrives, and each of the two may be the first.
    cloud, recorded_cloud = place.cloud(), load(scenario, "cloud-after.json")
    size = cloud["boxes"]["a-1"].pop("size")
    assert size in (recorded_cloud["boxes"]["a-1"].pop("size"), 2.0)
    assert cloud == recorded_cloud
    [kept] = [each for each in place.state()["checkpoint"]["latest"]["resources"] if each.get("id") == "a-1"]
    assert kept["outputs"]["size"] == size
    expected = entries_told(load(scenario, "state-after.json"))
    assert [each for each in entries_told(place.state()) if each in expected] == entries_told(place.state())


@needs_oracle
@pytest.mark.all
def test_killed_in_a_create_it_leaves_what_the_real_engine_left(tmp_path: Path) -> None:
    scenario = "23-killed-during-create"
    place, recorded = put_in_place(scenario, tmp_path), load(scenario, "scenario.json")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "emulators.engine", *shlex.split(recorded["command"])[1:]],
        cwd=place.project,
        env={**inherited, **place.environment, "PYTHONPATH": str(REPO)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    until(lambda: place.cloud() == load(scenario, "cloud-after.json"))
    process.kill()

    assert process.wait() == recorded["exit_code"]
    after = load(scenario, "state-after.json")
    assert comparable_state(place.state()) == comparable_state(after)
    assert Counter(calls_told(place.calls(), Related())) == Counter(
        calls_told(load(scenario, "calls.json"), Related())
    )
    assert list((place.backend / ".pulumi" / "locks").rglob("*.json"))


@needs_oracle
@pytest.mark.parametrize("scenario", PREVIEWED)
def test_a_preview_announces_what_the_real_engine_announced(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = put_in_place(scenario, tmp_path)
    recorded, expected = load(scenario, "scenario.json"), load(scenario, "preview.json")
    before = place.state_file.read_bytes()
    command = shlex.split(recorded["preview_command"])[1:]

    answer = place.run(monkeypatch, *command)

    assert answer.code == recorded["preview_exit_code"], answer.out + answer.err
    state = load(scenario, "state-before.json")
    digest = with_names(json.loads(answer.out), state)
    assert digest["changeSummary"] == expected["changeSummary"]
    assert comparable_steps(digest) == comparable_steps(with_names(expected, state))
    assert digest.get("config") == expected.get("config")
    related = Related(load(scenario, "state-before.json"), load(scenario, "state-after.json"))
    calls, asked = (
        calls_told(found, related) for found in (place.calls(), load(scenario, "preview-calls.json"))
    )
    assert Counter(calls) == Counter(asked)
    order = partial(related.order, of_each_alone="refresh" in recorded["preview_command"])
    assert order(calls) == order(asked)
    assert place.state_file.read_bytes() == before


@needs_oracle
@pytest.mark.all
@pytest.mark.parametrize("scenario", PREVIEWED)
def test_a_preview_reads_like_the_real_engines(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = put_in_place(scenario, tmp_path)
    command = shlex.split(load(scenario, "scenario.json")["preview_command"])[1:]

    answer = place.run(monkeypatch, *(word for word in command if word != "--json"))

    recorded = (ORACLE / scenario / "preview.txt").read_text(encoding="utf-8")
    assert told_at_the_end(answer.out) == told_at_the_end(recorded)
    assert closing(answer.out, "Outputs:") == closing(recorded, "Outputs:")
    assert closing(answer.out, "Resources:") == closing(recorded, "Resources:")
    assert step_lines(answer.out) == step_lines(recorded)


def comparable_steps(digest: Json) -> list[str]:
    return sorted(json.dumps(_without_times(step), sort_keys=True) for step in digest["steps"])


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(part) for key, part in value.items() if key not in UNCOMPARED}
    return [_without_times(part) for part in value] if isinstance(value, list) else value


@needs_oracle
@pytest.mark.all
@pytest.mark.parametrize(
    "scenario", [name for name in PREVIEWED if (ORACLE / name / "preview-diff.txt").exists()]
)
def test_the_details_of_a_preview_read_like_the_real_engines(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = put_in_place(scenario, tmp_path)
    command = shlex.split(load(scenario, "scenario.json")["preview_command"])[1:]

    answer = place.run(monkeypatch, *(word for word in command if word != "--json"), "--diff")

    recorded = (ORACLE / scenario / "preview-diff.txt").read_text(encoding="utf-8")
    assert detail_lines(answer.out) == detail_lines(recorded)
