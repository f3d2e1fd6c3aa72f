"""What either engine does with a program: each test was seen to hold for the real one, and failed for ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine_place import Answer, Place, real
from tests.engine_programs import URN, asked, entries, ids, started, write_program

Run = Callable[..., tuple[Place, Answer]]
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> Run:
    """A program that ran before, then a command with another one, or with some things gone."""

    def run_after(before: str, after: str, *command: str, gone: tuple[str, ...] = ()) -> tuple[Place, Answer]:
        place = started(tmp_path, monkeypatch, before)
        write_program(place, after)
        for name in gone:
            (place.project / "things" / name).unlink()
        if engine == "embedded":
            return place, place.run(monkeypatch, *command)
        done = real(place, *command)
        return place, Answer(done.returncode, done.stdout, done.stderr)

    return run_after


UP = ("up", "--yes", "--skip-preview")


def writes(place: Place) -> list[str]:
    return [line for line in asked(place) if not line.startswith("check")]


def steps(answer: Answer) -> list[tuple[str, str, dict[str, Any]]]:
    """Op, name and step of each but the stack's."""
    found = json.loads(answer.out)["steps"]
    return [
        (step["op"], name, step) for step in found if (name := step["urn"].split("::")[-1]) != "sample-dev"
    ]


def lines(answer: Answer) -> list[str]:
    """Without times, the order of what ran side by side, and empty ends."""
    return [" ".join(line.split()) for line in answer.out.splitlines()]


def test_a_dependant_that_is_deleted_first_is_made_with_its_new_inputs(run: Run) -> None:
    program = (
        "a = Thing('a', zone='{zone}', first=True)\n"
        "Thing('b', zone=a.address, size={size}, opts=ResourceOptions(ignore_changes=['size']))\n"
    )

    place, answer = run(program.format(zone="x", size=1), program.format(zone="y", size=2), *UP)

    assert answer.code == 0, answer.out
    assert writes(place) == ["delete b-1", "delete a-1", "create a", "create b"]
    assert [entry["inputs"].get("size") for entry in entries(place)] == [None, 2]


def test_what_goes_with_a_thing_that_is_deleted_first_is_not_deleted_itself(run: Run) -> None:
    program = (
        "a = Thing('a', zone='{zone}', first=True)\nb = Thing('b', opts=ResourceOptions(deleted_with=a))\n"
        "Thing('c', zone=b.address, opts=ResourceOptions(deleted_with=b))\n"
    )

    place, answer = run(program.format(zone="x"), program.format(zone="y"), *UP)

    assert answer.code == 0, answer.out
    assert writes(place) == ["delete a-1", "create a", "create b", "create c"]


def test_what_goes_with_a_replaced_thing_is_replaced_for_that_reason(run: Run) -> None:
    program = "a = Thing('a', zone='{zone}')\nThing('b', opts=ResourceOptions(deleted_with=a))\n"

    _, answer = run(program.format(zone="x"), program.format(zone="y"), "preview", "--json")

    assert [(op, name, step["replaceReasons"]) for op, name, step in steps(answer)] == [
        ("replace", "a", ["zone"]),
        ("replace", "b", ["deletedWith"]),
    ]


def test_outputs_that_hang_on_a_failed_create_are_kept_as_unknown(run: Run) -> None:
    after = (
        "a = Thing('a')\nb = Thing('b', fail='create')\nclass Box(pulumi.ComponentResource):\n"
        "    def __init__(self):\n        super().__init__('tiny:index:Box', 'box')\n"
        "        self.register_outputs({'of': b.address, 'one': 1})\nBox()\n"
        "pulumi.export('a', a.address)\npulumi.export('b', {'of': b.address, 'one': 1})\n"
    )

    place, answer = run("Thing('a')\n", after, *UP, "--continue-on-error")

    found = place.state()["checkpoint"]["latest"]["resources"]
    outputs = {entry["type"]: entry.get("outputs") for entry in found if not entry["custom"]}
    assert answer.code == 1
    assert outputs == {
        "pulumi:pulumi:Stack": {"a": "a-1.example", "b": {"of": UNKNOWN_TEXT, "one": 1}},
        "tiny:index:Box": {"of": UNKNOWN_TEXT, "one": 1},
    }


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (("z",), '{"a":{"c":2,"d":1},"b":[{"e":4,"f":3}]}\n'),
        (("z", "--json"), '"a": {\n    "c": 2,\n    "d": 1\n  },\n  "b"'),
        (("--json",), '"a": {\n      "c": 2,\n      "d": 1\n    },\n    "b"'),
        ((), 'z       {"a":{"c":2,"d":1},"b":[{"e":4,"f":3}]}\n'),
    ],
)
def test_stack_output_sorts_what_is_nested(run: Run, command: tuple[str, ...], shown: str) -> None:
    program = "pulumi.export('z', {'b': [{'f': 3, 'e': 4}], 'a': {'d': 1, 'c': 2}})\n"

    _, answer = run(program, program, "stack", "output", *command)

    assert shown in answer.out


def test_a_preview_that_refreshes_first_tells_of_what_is_gone_as_of_the_rest(run: Run) -> None:
    program = "Thing('a')\nThing('b', size=1)\n"

    _, answer = run(program, program, "preview", "--refresh", "--json", gone=("b-1",))

    found = steps(answer)
    assert sorted((op, name) for op, name, _ in found) == [
        ("create", "b"),
        ("refresh", "a"),
        ("refresh", "b"),
    ]
    of_b = next(step for op, name, step in found if (op, name) == ("refresh", "b"))
    assert of_b["newState"]["inputs"]["size"] == of_b["oldState"]["inputs"]["size"] == 1


def test_the_text_of_a_preview_that_refreshes_first_does_not_say_deleted(run: Run) -> None:
    program = "Thing('a')\nThing('b', size=1)\n"

    _, answer = run(program, program, "preview", "--refresh", gone=("b-1",))

    assert "~ pulumi-python:dynamic/tiny:Thing b refresh" in lines(answer)
    assert "+ pulumi-python:dynamic/tiny:Thing b create" in lines(answer)
    assert "- pulumi-python:dynamic/tiny:Thing b delete" not in lines(answer)


def test_a_removed_child_of_a_renamed_parent_is_told_under_its_former_parent(run: Run) -> None:
    program = (
        "class Box(pulumi.ComponentResource):\n    def __init__(self, name, **opts):\n"
        "        super().__init__('tiny:index:Box', name, {}, ResourceOptions(**opts))\n"
    )
    before = program + "Thing('a', opts=ResourceOptions(parent=Box('old')))\n"

    _, answer = run(before, program + "Box('new', aliases=[pulumi.Alias(name='old')])\n", "preview", "--json")

    assert [(op, name, step["oldState"]["parent"].split("::")[-1]) for op, name, step in steps(answer)] == [
        ("delete", "a", "old")
    ]


def _protected(*, a: bool, b: bool, size: int = 1, more: str = "") -> str:
    return (
        f"Thing('a', opts=ResourceOptions(protect={a}))\n"
        f"Thing('b', size={size}, {more}opts=ResourceOptions(protect={b}))\n"
    )


def test_a_preview_has_a_step_where_only_the_protection_changes(run: Run) -> None:
    before, after = _protected(a=False, b=True), _protected(a=True, b=False)

    _, answer = run(before + "Thing('c')\n", after + "Thing('c')\n", "preview", "--json")

    assert sorted((op, name, step["newState"].get("protect")) for op, name, step in steps(answer)) == [
        ("same", "a", True),
        ("same", "b", None),
    ]


@pytest.mark.parametrize(("more", "keys"), [("decided=True, ", "~protect,size"), ("", "~size")])
def test_the_text_says_that_the_protection_changes(run: Run, more: str, keys: str) -> None:
    """Not beside a diff that the engine made itself."""
    before, after = _protected(a=False, b=False, more=more), _protected(a=True, b=True, more=more, size=2)

    _, answer = run(before, after, "preview")

    assert "pulumi-python:dynamic/tiny:Thing a [diff: ~protect]" in lines(answer)
    assert f"~ pulumi-python:dynamic/tiny:Thing b update [diff: {keys}]" in lines(answer)


def test_the_details_show_a_lock_where_the_protection_changes(run: Run) -> None:
    before, after = _protected(a=False, b=True), _protected(a=True, b=False)

    _, answer = run(before, after, "preview", "--diff")

    marked = [line for line in lines(answer) if line.startswith("pulumi-python:")]
    assert sorted(marked) == [
        "pulumi-python:dynamic/tiny:Thing: (same) 🔒",
        "pulumi-python:dynamic/tiny:Thing: (same) 🔓",
    ]


def test_what_is_retained_is_told_so_where_it_would_be_deleted(run: Run) -> None:
    keep = "opts=ResourceOptions(retain_on_delete=True)"
    before = f"Thing('a', {keep})\nThing('b', zone='x', {keep})\nThing('c', size=1, {keep})\n"

    _, answer = run(before, f"Thing('b', zone='y', {keep})\nThing('c', size=2, {keep})\n", "preview")

    of_things = sorted(line for line in lines(answer) if "tiny:Thing" in line)
    assert of_things == [
        "++ pulumi-python:dynamic/tiny:Thing b create replacement[retain] [diff: ~zone]",
        "+- pulumi-python:dynamic/tiny:Thing b replace[retain] [diff: ~zone]",
        "- pulumi-python:dynamic/tiny:Thing a delete[retain]",
        "-- pulumi-python:dynamic/tiny:Thing b delete original[retain] [diff: ~zone]",
        "~ pulumi-python:dynamic/tiny:Thing c update [diff: ~size]",
    ]


@pytest.mark.parametrize(("first", "diff"), [(True, ""), (False, " [diff: ~zone]")])
def test_a_delete_shows_the_difference_only_after_its_replacement_did(
    run: Run, first: bool, diff: str
) -> None:
    program = "Thing('a', zone='{zone}', first={first})\n"

    _, answer = run(program.format(zone="x", first=first), program.format(zone="y", first=first), "preview")

    assert f"-- pulumi-python:dynamic/tiny:Thing a delete original{diff}" in lines(answer)


def test_two_of_one_name_end_the_run_with_one_sentence(run: Run) -> None:
    _, answer = run("", "Thing('a')\nThing('a', size=2)\n", *UP)

    urn = "urn:pulumi:dev::sample::pulumi-python:dynamic/tiny:Thing::a"
    assert answer.code == 1
    assert f"error: Duplicate resource URN '{urn}'; try giving it a unique name" in answer.out


def test_an_output_that_is_declared_secret_later_is_one_in_the_state(run: Run) -> None:
    after = "Thing('a', size=1, opts=ResourceOptions(additional_secret_outputs=['address']))\n"

    place, answer = run("Thing('a', size=1)\n", after, *UP)

    [entry] = entries(place)
    assert (answer.code, writes(place)) == (0, [])
    assert "ciphertext" in entry["outputs"]["address"]


def test_a_part_that_is_ignored_and_was_not_there_is_left_out(run: Run) -> None:
    after = "Thing('a', size=2, note={'q': 1, 'r': 2}, opts=ResourceOptions(ignore_changes=['note.q']))\n"

    place, answer = run("Thing('a', size=1)\n", after, *UP)

    assert answer.code == 0, answer.out
    assert [entry["inputs"]["note"] for entry in entries(place)] == [{"r": 2}]


def test_a_secret_that_changes_is_a_line_of_a_preview_and_what_stays_is_none(run: Run) -> None:
    program = (
        "def secret(text):\n    return pulumi.Output.secret(text)\n"
        "Thing('a', note=secret('{new}'))\n"
        "Thing('b', note={{'x': secret('{new}'), 'y': 1, 'z': {{'k': 1, 'l': {size}}}}})\n"
        "Thing('c', note=secret([{{'k': '{new}', 'l': 2}}]))\n"
    )

    _, answer = run(program.format(new="q1", size=2), program.format(new="q2", size=3), "preview", "--diff")

    shown = [
        line for line in lines(answer) if ":" in line and not line.startswith(("[", "~ pulumi", "pulumi"))
    ]
    assert sorted(line for line in shown if line[0] in "~+-kly") == sorted(
        ["~ note: [secret] => [secret]", "~ note: {", "~ x: [secret] => [secret]", "~ z: {", "~ l: 2 => 3", "~ note: [",
         "~ [0]: {", "~ k: [secret] => [secret]"]
    )  # fmt: skip


@pytest.mark.parametrize("command", [("preview", "--json"), UP])
def test_a_secret_beside_a_part_that_is_ignored_stays_one(run: Run, command: tuple[str, ...]) -> None:
    program = "Thing('a', note=[{{'x': pulumi.Output.secret('planted'), 'y': {y}}}, 2]{opts})\n"
    ignored = ", opts=ResourceOptions(ignore_changes=['note[0].x'])"

    place, done = run(program.format(y=1, opts=""), program.format(y=2, opts=ignored), *command)

    assert done.code == 0, done.out + done.err
    assert "planted" not in done.out + json.dumps(place.state())


def test_what_is_hidden_of_a_difference_is_kept_in_the_state_and_not_shown(run: Run) -> None:
    program = "Thing('a', note='{}', size={}, opts=ResourceOptions(hide_diffs=['note']))\n"

    place, preview = run(program.format("n", 1), program.format("m", 2), "preview")

    [entry] = entries(place)
    assert entry["hideDiff"] == ["note"]
    assert preview.code == 0, preview.out + preview.err
    assert [line for line in lines(preview) if "[diff: " in line and line.endswith("[diff: ~size]")], (
        preview.out
    )


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (
            "Thing('d', opts=ResourceOptions(aliases=[pulumi.Alias(name='a')], depends_on=[c]))\n",
            f"Duplicate resource alias '{URN}a' applied to resource with URN '{URN}d' "
            f"conflicting with resource with URN '{URN}c'",
        ),
        (
            "Thing('a', opts=ResourceOptions(depends_on=[c]))\n",
            f"Duplicate resource URN '{URN}a' conflicting with alias on resource with URN '{URN}c'",
        ),
    ],
)
def test_a_former_name_is_taken_by_one_resource_alone(run: Run, second: str, said: str) -> None:
    first = "c = Thing('c', opts=ResourceOptions(aliases=[pulumi.Alias(name='a')]))\n"

    place, answer = run("Thing('a')\n", first + second, *UP)

    assert (answer.code, writes(place)) == (1, [])
    assert f"error: {said}" in answer.out


@pytest.mark.parametrize("command", [(*UP, "--refresh"), ("preview", "--refresh", "--json")])
def test_nothing_follows_a_refresh_that_failed(run: Run, command: tuple[str, ...]) -> None:
    program = "Thing('a', size={size})\nThing('b', fail='read')\n"

    place, answer = run(program.format(size=1), program.format(size=2), *command)

    assert answer.code == 1
    assert sorted(asked(place)) == ["read a-1", "read b-1"]
    assert {entry["id"]: entry["inputs"].get("size") for entry in entries(place)} == {"a-1": 1, "b-1": None}


@pytest.mark.parametrize(
    ("before", "after", "asked_for"),
    [
        ("Thing('z')\n", "Thing('b', fail='create')\n", ["create b", "delete z-1"]),
        (
            "z = Thing('z')\nThing('b', note=z.address)\n",
            "Thing('b', zone='q', fail='create')\n",
            ["create b"],  # what was to be replaced is still there, and needs z
        ),
    ],
)
def test_after_errors_only_what_failed_keeps_what_it_needs(
    run: Run, before: str, after: str, asked_for: list[str]
) -> None:
    place, answer = run(before, after, *UP, "--continue-on-error")

    assert (answer.code, writes(place)) == (1, asked_for)


def test_a_destroy_that_goes_on_after_errors_keeps_only_what_is_still_needed(run: Run) -> None:
    program = (
        "a = Thing('a')\nThing('b', note=a.address)\n"
        "c = Thing('c')\nThing('d', note=c.address, fail='delete')\n"
    )

    place, answer = run(program, program, "destroy", "--yes", "--skip-preview", "--continue-on-error")

    assert (answer.code, ids(place)) == (1, ["c-1", "d-1"])
