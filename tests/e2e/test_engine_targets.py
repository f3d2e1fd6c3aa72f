"""Targets, forced replacements and imports of the embedded engine, end to end with small programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine_place import Place
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

CHAIN = "a = Thing('a', size={a})\nb = Thing('b', size={b}, note=a.address)\nThing('c', note=b.address)\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return started(tmp_path, monkeypatch, CHAIN.format(a=1, b=1))


def writes(place: Place) -> list[str]:
    return [line for line in asked(place) if not line.startswith(("check", "read"))]


def test_only_targets_are_changed_and_what_is_new_beside_them_is_left_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(place, CHAIN.format(a=2, b=2) + "d = Thing('d')\npulumi.export('d', d.address)\n")

    targeted = up(place, monkeypatch, "--target", f"{URN}b")
    after_target, sizes = writes(place), [entry["inputs"].get("size") for entry in entries(place)]
    forget_asked(place)
    dependents = up(place, monkeypatch, "--target", f"{URN}a", "--target-dependents")

    assert targeted.code == 0, targeted.out
    assert (after_target, sizes) == (["update b-1"], [1, 2, None])
    assert things(place) == ["a-1", "b-1", "c-1"]
    assert dependents.code == 0, dependents.out
    assert sorted(writes(place)) == ["update a-1"]


def test_a_target_that_needs_what_is_left_out_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(place, CHAIN.format(a=1, b=1) + "d = Thing('d')\nThing('e', note=d.address)\n")

    preview = place.run(monkeypatch, "preview", "--target", f"{URN}e")
    answer = up(place, monkeypatch, "--target", f"{URN}e")

    for seen in (preview, answer):
        assert seen.code == 1
        assert f"Resource '{URN}e' depends on '{URN}d' which was was not specified" in seen.out
    assert ids(place) == ["a-1", "b-1", "c-1"]


def test_what_the_program_dropped_goes_only_if_it_is_a_target(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(place, "Thing('a', size=1)\n")

    one = up(place, monkeypatch, "--target", f"{URN}c")
    after_one = ids(place)
    held = up(place, monkeypatch, "--target", f"{URN}nope")
    rest = up(place, monkeypatch, "--target", "**::b")

    assert one.code == 0, one.out
    assert after_one == ["a-1", "b-1"]
    assert held.code == 1
    assert f"Target '{URN}nope' could not be found in the stack." in held.out
    assert rest.code == 0, rest.out
    assert ids(place) == ["a-1"]


def test_a_target_is_not_deleted_from_under_what_still_needs_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(place, "Thing('b', size=1)\nThing('c')\n")

    answer = up(place, monkeypatch, "--target", f"{URN}a")

    assert answer.code == 1
    assert f"Resource '{URN}b' is no target, but in the state it needs '{URN}a', which is one" in answer.out
    assert ids(place) == ["a-1", "b-1", "c-1"]


def test_a_kept_resource_is_written_after_what_it_needs_in_the_state(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(place, "Thing('c')\nThing('d')\n")

    answer = up(place, monkeypatch, "--target", f"{URN}d")
    again = place.run(monkeypatch, "preview", "--target", f"{URN}d", "--expect-no-changes")

    assert answer.code == 0, answer.out
    assert [entry["urn"].removeprefix(URN) for entry in entries(place)] == ["a", "b", "c", "d"]
    assert again.code == 0, again.out + again.err


def test_refresh_and_destroy_of_targets_leave_the_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a-1", "c-1"):
        (place.project / "things" / name).unlink()

    refreshed = place.run(monkeypatch, "refresh", "--yes", "--skip-preview", "--target", f"{URN}c")
    after_refresh = ids(place)
    unknown = place.run(monkeypatch, "destroy", "--yes", "--skip-preview", "--target", f"{URN}c")
    refused = place.run(monkeypatch, "destroy", "--yes", "--target", f"{URN}a")
    destroyed = place.run(monkeypatch, "destroy", "--yes", "-t", f"{URN}a", "--target-dependents")

    assert (refreshed.code, after_refresh) == (0, ["a-1", "b-1"])
    assert unknown.code == 1
    assert refused.code == 1
    assert f"Resource '{URN}b' will be destroyed but was not specified" in refused.out
    assert destroyed.code == 0, destroyed.out
    assert ids(place) == []


def test_a_forced_replacement_needs_a_name_of_the_state(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = up(place, monkeypatch, "--replace", f"{URN}nope")
    both = up(place, monkeypatch, "--target-replace", f"{URN}c")

    assert unknown.code == 1
    assert f"Target '{URN}nope' could not be found in the stack." in unknown.out
    assert both.code == 0, both.out
    assert ids(place) == ["a-1", "b-1", "c-2"]


def test_the_program_is_run_first_for_the_providers_configuration(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_program(place, CHAIN.format(a=9, b=9) + "Thing('d')\n")
    place.run(monkeypatch, "config", "set", "word", "new")

    refreshed = place.run(monkeypatch, "refresh", "--yes", "--skip-preview", "--run-program")
    provider = place.state()["checkpoint"]["latest"]["resources"][1]
    stayed = ids(place)
    destroyed = place.run(monkeypatch, "destroy", "--yes", "--skip-preview", "--run-program")

    assert refreshed.code == 0, refreshed.out
    assert provider["inputs"] == {"sample:word": "new"}
    assert stayed == ["a-1", "b-1", "c-1"]
    assert [line for line in writes(place) if not line.startswith("delete")] == []
    assert destroyed.code == 0, destroyed.out
    assert things(place) == []


def test_an_import_takes_over_without_a_read_and_the_next_up_changes_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = entries(place)[0]["inputs"]["__provider"]
    made = {"key": "d", "__provider": provider}
    spec = {"type": "pulumi-python:dynamic/tiny:Thing", "name": "d", "id": "d-7", "inputs": made}
    file = place.project / "import.json"
    file.write_text(json.dumps({"resources": [{**spec, "outputs": {**made, "address": "d-7.example"}}]}))
    arguments = ("import", "--file", str(file), "--yes", "--generate-code=false")

    imported = place.run(monkeypatch, *arguments)
    again = place.run(monkeypatch, *arguments, "--skip-preview")
    write_program(place, CHAIN.format(a=1, b=1) + "Thing('d', opts=ResourceOptions(protect=True))\n")
    unchanged = place.run(monkeypatch, "preview", "--expect-no-changes")
    file.write_text(json.dumps({"resources": [{**spec, "id": "d-8", "outputs": made}]}))
    other = place.run(monkeypatch, *arguments)

    assert imported.code == 0, imported.out + imported.err
    assert "= 1 to import" in imported.out
    assert "= 1 imported" in imported.out
    assert again.code == 0, again.out
    assert writes(place) == []
    assert entries(place)[-1]["protect"] is True
    assert unchanged.code == 0, unchanged.out + unchanged.err
    assert other.code == 1
    assert f"resource '{URN}d' already exists" in other.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["t", "n", "i"], "importing by type, name and id does not work with Python dynamic providers"),
        ([], "import --file <file>"),
        (["--file", "nope.json"], "code is not generated by the embedded engine"),
        (["--file", "nope.json", "--generate-code=false"], "could not read import file: nope.json"),
        (["--file", "x", "--protect=maybe"], "invalid argument 'maybe'"),
    ],
)
def test_an_import_that_cannot_be_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    place = project(tmp_path, "")
    place.run(monkeypatch, "stack", "init", "dev")

    answer = place.run(monkeypatch, "import", "--yes", *arguments)

    assert answer.code == 1
    assert message in answer.err
    assert answer.out == ""
