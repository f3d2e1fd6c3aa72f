"""What the embedded engine does with small programs, end to end with real child processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine_programs import (
    URN,
    asked,
    entries,
    forget_asked,
    ids,
    project,
    started,
    things,
    up,
    write_program,
)


def test_a_second_up_changes_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = started(tmp_path, monkeypatch, "a = Thing('a')\nThing('b', note=a.address)\nPair('p')\n")

    answer = up(place, monkeypatch)

    assert "5 unchanged" in answer.out or "6 unchanged" in answer.out
    assert things(place) == ["a-1", "b-1", "p-left-1", "p-right-1"]
    assert [line for line in asked(place) if not line.startswith("check")] == []


def test_the_first_line_says_which_engine_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = started(tmp_path, monkeypatch, "")

    answer = up(place, monkeypatch)

    assert answer.err == f"engine: embedded (emulators.engine); state: file://{place.backend}\n"


def test_an_update_is_made_in_place_and_shown_by_property(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, "Thing('a', size=1)\n")
    write_program(place, "Thing('a', size=2)\n")

    answer = place.run(monkeypatch, "up", "--yes", "--diff")

    assert "~ size: 1 => 2" in answer.out
    assert "update a-1" in asked(place)
    assert ids(place) == ["a-1"]


def test_a_replacement_creates_first_and_deletes_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, "a = Thing('a', zone='x')\nThing('b', note=a.address)\n")
    write_program(place, "a = Thing('a', zone='y')\nThing('b', note=a.address)\n")

    answer = up(place, monkeypatch)

    writes = [line for line in asked(place) if not line.startswith("check")]
    assert answer.code == 0, answer.out
    assert writes == ["create a", "update b-1", "delete a-1"]
    assert answer.out.index("a created replacement") < answer.out.index("a replacing")
    assert ids(place) == ["a-2", "b-1"]


def test_a_replacement_that_deletes_first_keeps_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, "Thing('a', zone='x', first=True)\n")
    write_program(place, "Thing('a', zone='y', first=True)\n")

    up(place, monkeypatch)

    assert [line for line in asked(place) if not line.startswith("check")] == ["delete a-1", "create a"]


def test_what_the_program_no_longer_declares_is_deleted_dependants_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(
        tmp_path, monkeypatch, "a = Thing('a')\nThing('b', opts=ResourceOptions(depends_on=[a]))\n"
    )
    write_program(place, "")

    up(place, monkeypatch)

    assert asked(place) == ["delete b-1", "delete a-1"]
    assert entries(place) == []


def test_a_failure_keeps_what_was_done_and_the_next_up_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(
        tmp_path,
        "a = Thing('a')\nb = Thing('b', note=a.address, fail='create')\nThing('c', note=b.address)\n",
    )
    place.run(monkeypatch, "stack", "init", "dev")

    failed = up(place, monkeypatch)
    kept = ids(place)
    write_program(place, "a = Thing('a')\nb = Thing('b', note=a.address)\nThing('c', note=b.address)\n")
    mended = up(place, monkeypatch)

    assert failed.code == 1
    assert "RuntimeError: no room" in failed.out
    assert "KeyboardInterrupt" not in failed.out + failed.err
    assert kept == ["a-1"]
    assert mended.code == 0, mended.out
    assert ids(place) == ["a-1", "b-1", "c-1"]


def test_a_resource_that_is_not_ready_keeps_its_id_and_is_updated_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, "Thing('a', unready=True)\n")
    place.run(monkeypatch, "stack", "init", "dev")

    failed = up(place, monkeypatch)
    half_made = entries(place)
    forget_asked(place)
    mended = up(place, monkeypatch)

    assert failed.code == 1
    assert "error: it never came up" in failed.out
    assert (half_made[0]["id"], half_made[0]["initErrors"]) == ("a-1", ["it never came up"])
    assert mended.code == 0, mended.out
    assert asked(place) == ["check a", "update a-1"]
    assert "initErrors" not in entries(place)[0]


def test_a_check_failure_stops_the_preview_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, "Thing('a', size=-1)\n")
    place.run(monkeypatch, "stack", "init", "dev")

    answer = place.run(monkeypatch, "preview")

    assert answer.code == 1
    assert (
        "error: pulumi-python:dynamic/tiny:Thing resource 'a': property size value {-1} has a problem: "
        "is too small" in answer.out
    )


def test_secrets_are_encrypted_in_the_state_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "a = Thing('a', note=pulumi.Config().require_secret('word'))\npulumi.export('word', a.note)\n"
    place = project(tmp_path, program)
    place.run(monkeypatch, "stack", "init", "dev")
    place.run(monkeypatch, "config", "set", "--secret", "word", "planted-secret")

    answers = [
        place.run(monkeypatch, "preview", "--json"),
        up(place, monkeypatch, "--diff"),
        place.run(monkeypatch, "stack", "output"),
        place.run(monkeypatch, "stack", "export"),
        place.run(monkeypatch, "preview", "--diff"),
        place.run(monkeypatch, "refresh", "--yes"),
    ]
    shown = place.run(monkeypatch, "stack", "output", "--json", "--show-secrets")

    assert [answer.code for answer in answers] == [0] * 6
    assert all("planted-secret" not in answer.out + answer.err for answer in answers)
    assert json.loads(shown.out) == {"word": "planted-secret"}
    files = [file for file in place.backend.rglob("*") if file.is_file()]
    assert files
    assert all("planted-secret" not in file.read_text() for file in files)
    assert "planted-secret" not in (place.project / "Pulumi.dev.yaml").read_text()


def test_a_check_failure_on_a_secret_does_not_print_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, "Thing('a', size=pulumi.Output.secret(-1))\n")
    place.run(monkeypatch, "stack", "init", "dev")

    answer = place.run(monkeypatch, "preview")

    assert "property size value [secret] has a problem" in answer.out


def test_refresh_shows_drift_and_forgets_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, "Thing('a', size=1)\nThing('b')\n")
    (place.project / "things" / "b-1").unlink()
    drifted = json.loads((place.project / "things" / "a-1").read_text())
    (place.project / "things" / "a-1").write_text(json.dumps({**drifted, "size": 7}))

    seen = place.run(monkeypatch, "refresh", "--preview-only", "--json", "--expect-no-changes")
    kept = ids(place)
    answer = place.run(monkeypatch, "refresh", "--yes", "--skip-preview")

    steps = {step["urn"].removeprefix(URN): step for step in json.loads(seen.out)["steps"]}
    assert seen.code == 7
    assert steps["a"]["detailedDiff"] == {"size": {"kind": "update", "inputDiff": True}}
    assert steps["b"]["op"] == "delete"
    assert kept == ["a-1", "b-1"]
    assert answer.code == 0, answer.out
    assert ids(place) == ["a-1"]


def test_destroy_leaves_nothing_and_needs_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = started(tmp_path, monkeypatch, "Pair('p')\n")
    write_program(place, "raise SystemExit('not to be run')\n")

    answer = place.run(monkeypatch, "destroy", "--yes")

    assert answer.code == 0, answer.out
    assert things(place) == []
    assert place.state()["checkpoint"]["latest"].get("resources") is None


def test_a_program_that_raises_ends_with_its_own_trace_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, "Thing('a', size=1)\n")
    write_program(place, "Thing('a')\nraise ValueError('bad program')\n")

    answer = up(place, monkeypatch)

    assert answer.code == 1
    assert "ValueError: bad program" in answer.out
    assert "child.py" not in answer.out
    assert ids(place) == ["a-1"]


def test_output_of_the_program_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = project(tmp_path, "print('printed by the program')\npulumi.log.warn('careful')\n")
    place.run(monkeypatch, "stack", "init", "dev")

    answer = up(place, monkeypatch)

    assert "printed by the program" in answer.out
    assert "warning: careful" in answer.out


def test_an_option_that_is_not_there_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, "Thing('a')\n")
    write_program(place, "a = Thing('a')\nThing('b', opts=ResourceOptions(replace_with=[a]))\n")

    answer = place.run(monkeypatch, "preview")

    assert answer.code == 1
    assert "option replace_with is not supported by the embedded engine. Next: use pulumi" in answer.out
    assert "Traceback" not in answer.out


def test_another_package_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = project(tmp_path, "pulumi.CustomResource('aws:s3/bucket:Bucket', 'b', {})\n")
    place.run(monkeypatch, "stack", "init", "dev")

    answer = up(place, monkeypatch)

    assert answer.code == 1
    assert "error: package 'aws' is not supported by the embedded engine" in answer.out


def test_an_explicit_provider_gets_its_own_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "account = pulumi.ProviderResource('pulumi-python', 'second', {'sample:word': 'w'})\n"
        "Thing('a', opts=ResourceOptions(provider=account))\n"
    )
    place = started(tmp_path, monkeypatch, program)

    again = up(place, monkeypatch)
    gone = place.run(monkeypatch, "destroy", "--yes")

    assert again.code == 0, again.out
    assert "unchanged" in again.out
    assert gone.code == 0, gone.out
    assert things(place) == []


def test_a_value_larger_than_grpcs_own_limit_goes_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(
        tmp_path, monkeypatch, "a = Thing('a', note='x' * 6_000_000)\npulumi.export('note', a.note)\n"
    )

    answer = place.run(monkeypatch, "stack", "output", "note")

    assert len(answer.out) == 6_000_001


def test_outputs_can_be_left_out_and_a_note_left_in_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, "pulumi.export('a', 'shown')\n")

    answer = up(place, monkeypatch, "--suppress-outputs", "--message", "why")

    entries = [json.loads(file.read_text()) for file in place.backend.rglob("*.history.json")]
    assert "shown" not in answer.out
    assert sorted(entry["message"] for entry in entries) == ["", "why"]
    assert {entry["result"] for entry in entries} == {"succeeded"}


def test_continue_on_error_does_what_does_not_depend_on_the_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project(tmp_path, "a = Thing('a', fail='create')\nThing('b', note=a.address)\nThing('c')\n")
    place.run(monkeypatch, "stack", "init", "dev")

    answer = up(place, monkeypatch, "--continue-on-error")

    assert answer.code == 1
    assert ids(place) == ["c-1"]


def test_up_with_refresh_brings_drift_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = started(tmp_path, monkeypatch, "Thing('a', size=1)\nThing('b')\n")
    (place.project / "things" / "b-1").unlink()

    answer = up(place, monkeypatch, "--refresh")

    assert answer.code == 0, answer.out
    assert "+ 1 created" in answer.out
    assert ids(place) == ["a-1", "b-1"]


def test_a_protected_resource_stays_and_the_others_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, "Thing('a', opts=ResourceOptions(protect=True))\nThing('b')\n")

    answer = place.run(monkeypatch, "destroy", "--yes", "--skip-preview")

    assert answer.code == 1
    assert "because it is protected" in answer.out
    assert things(place) == ["a-1"]


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = started(tmp_path, monkeypatch, "Thing('a', size=1)\n")
    write_program(place, "Thing('a', size=3)\n")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device", "dev.json")

    with monkeypatch.context() as patch:
        patch.setattr("emulators.engine.state.files.StackFiles.write", full)
        answer = up(place, patch)

    assert answer.code == 1
    assert "No space left on device" in answer.out + answer.err
    assert "Traceback" not in answer.out + answer.err
