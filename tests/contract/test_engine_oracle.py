"""Every recorded scenario of the real engine, run by the embedded one: same state, cloud, calls, exit code."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from tests.contract.engine_oracle import (
    ORACLE,
    by_resource,
    closing,
    comparable_events,
    comparable_state,
    events_by_resource,
    load,
    masked,
    needs_oracle,
    put_in_place,
    scenarios,
    step_lines,
)
from tests.engine_place import real

SKIPPED = {
    "23-killed-during-create": "kills the process: tests/e2e/test_engine_killed.py",
    "41-import-option": "import_ is refused, as it works on no engine",
    "52-duplicate-urn": "a race: which of the two is registered first",
}
CASES = [
    pytest.param(name, marks=pytest.mark.skip(reason=SKIPPED[name])) if name in SKIPPED else name
    for name in scenarios()
]
ASKED_IN_VAIN = {  # the real engine also asks Diff of what goes with a target, and does the same on any answer
    "46-target-destroy-refused": {"configure", "diff"},
    "47-target-destroy-dependents": {"diff"},
}
OTHER_LINES = {  # a message is a line of its own, the real one puts it behind the step's or the stack's
    "25-up-with-pending-create",
    "49-stack-reference-transform-log",
}
WITH_ERRORS = {
    "27-protect-delete",
    "28-protect-replace",
    "29-protect-destroy",
}  # the real one has them in a step's line
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
    if name not in SKIPPED
    and name[:2] not in PREVIEW_LIKE_ANOTHER
    and (ORACLE / name / "preview.json").exists()
]


@needs_oracle
@pytest.mark.parametrize("scenario", CASES)
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
    assert by_resource(place.calls()) == by_resource(expected)
    assert "Traceback" not in answer.err
    if "--json" not in recorded["command"] and scenario not in REFUSED:
        texts = answer.out, (ORACLE / scenario / "output.txt").read_text()
        assert closing(texts[0], "Outputs:") == closing(texts[1], "Outputs:")
        assert closing(texts[0], "Resources:") == closing(texts[1], "Resources:")
        if scenario not in OTHER_LINES:
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
        assert comparable_events(streamed) == comparable_events(recording)
    if (ORACLE / scenario / "events.json").exists() and log.exists():
        events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        assert [event["sequence"] for event in events] == list(range(len(events)))
        recording = load(scenario, "events.json")
        assert comparable_events(events) == comparable_events(recording)
        assert events_by_resource(events) == events_by_resource(recording)


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
    digest = json.loads(masked(answer.out))
    assert digest["changeSummary"] == expected["changeSummary"]
    assert comparable_steps(digest) == comparable_steps(expected)
    assert digest.get("config") == expected.get("config")
    assert by_resource(place.calls()) == by_resource(load(scenario, "preview-calls.json"))
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
    assert closing(answer.out, "Outputs:") == closing(recorded, "Outputs:")
    assert closing(answer.out, "Resources:") == closing(recorded, "Resources:")
    if scenario not in OTHER_LINES | WITH_ERRORS:
        assert step_lines(answer.out) == step_lines(recorded)


def comparable_steps(digest: dict[str, list[dict[str, object]]]) -> list[str]:
    return sorted(
        json.dumps(
            [step.get(key) for key in ("op", "urn", "replaceReasons", "diffReasons")]
            + [step["detailedDiff"], (step.get("newState") or {}).get("inputs")],  # type: ignore[attr-defined] # JSON
            sort_keys=True,
        )
        for step in digest["steps"]
    )
