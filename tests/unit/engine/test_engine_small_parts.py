"""Durations, redaction, property text, pruning after a refresh, the table of commands."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from emulators.engine.commands.command_line import COMMANDS
from emulators.engine.display import properties
from emulators.engine.errors import EngineError
from emulators.engine.plan.diffs import Difference, differences
from emulators.engine.protocol.registration import seconds
from emulators.engine.run.events import Redactor
from emulators.engine.run.refresh import pruned
from emulators.engine.state.checkpoint import Resource
from emulators.engine.values import UNKNOWN, Secret


@pytest.mark.parametrize(
    ("text", "value"), [("90s", 90), ("5m", 300), ("1h30m", 5400), ("1.5s", 1.5), ("250ms", 0.25)]
)
def test_durations_are_read(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["5", "5 m", "m", "5x", "-5m"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(EngineError, match="no duration"):
        seconds(text)


def test_learned_secrets_are_taken_out_of_texts_longest_first() -> None:
    redactor = Redactor()
    redactor.learn({"a": Secret("hush"), "b": {"c": Secret(["hush-hush", 1])}, "d": "open", "e": Secret("x")})

    assert redactor.redact("hush-hush hush open x") == "[secret] [secret] open x"
    assert redactor.redact_value({"a": ["is hush"], "n": 1}) == {"a": ["is [secret]"], "n": 1}


def test_a_secret_is_known_as_json_has_it_too() -> None:
    redactor = Redactor()
    redactor.learn({"key": Secret('one "two"\nthree ü')})

    plain, escaped = 'one "two"\nthree ü', r'{"key": "one \"two\"\nthree ü"}'
    ascii_ = json.dumps({"key": plain})

    assert redactor.redact(f"is {plain}") == "is [secret]"
    assert redactor.redact(escaped) == redactor.redact(ascii_) == '{"key": "[secret]"}'


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": 1}, {"a": 2, "b": 1}, "[diff: +b~a]"),
        ({"a": 1, "c": 1}, {"c": 2}, "[diff: -a~c]"),
        ({"a": Secret(1)}, {"a": Secret(2)}, ""),
        ({"a": Secret(1)}, {"a": 1}, "[diff: ~a]"),
        ({"a": 1}, {"a": UNKNOWN}, "[diff: ~a]"),
    ],
)
def test_the_short_diff_names_properties(old: Any, new: Any, shown: str) -> None:
    assert properties.short_diff(old, new, None) == shown


def test_properties_are_aligned_and_hide_the_serialized_provider() -> None:
    lines = properties.property_lines({"b": [1, {"c": None}], "long": Secret("x"), "__provider": "gAS"}, "")

    assert lines == [
        "  b         : [",
        "      [0]: 1",
        "      [1]: {",
        "          c: <null>",
        "      }",
        "  ]",
        "  long      : [secret]",
    ]


def test_differences_are_marked() -> None:
    lines = properties.diff_lines({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": UNKNOWN, "d": "x"}, "")

    assert lines == ["  a: 1", "~ b: 2 => [unknown]", "- c: 3", '+ d: "x"']


def test_what_is_told_to_differ_is_shown_alone_and_a_secret_too() -> None:
    old = {
        "note": {"x": Secret("one"), "y": 1},
        "rows": [1, {"k": 2, "l": 3}],
        "whole": Secret([{"k": "one"}]),
    }
    new = {
        "note": {"x": Secret("two"), "y": 1},
        "rows": [1, {"k": 2, "l": 4}, 5],
        "whole": Secret([{"k": "two"}]),
    }

    lines = properties.told_lines(old, new, differences(old, new))

    assert lines == [
        "~ note : {",
        "    ~ x: [secret] => [secret]",
        "  }",
        "~ rows : [",
        "    ~ [1]: {",
        "            ~ l: 3 => 4",
        "          }",
        "    + [2]: 5",
        "  ]",
        "~ whole: [",
        "    ~ [0]: {",
        "            ~ k: [secret] => [secret]",
        "          }",
        "  ]",
    ]


@pytest.mark.parametrize(
    ("paths", "lines"),
    [
        (["a", "a.b"], ["~ a: {", "    ~ b: 1 => 2", "      c: 3", "  }"]),
        (["a.b", "a", "a.b.c"], ["~ a: {", "    ~ b: 1 => 2", "      c: 3", "  }"]),
        (["rows[*]"], ["~ rows: [", "    ~ [0]: 1 => 2", "  ]"]),
        (["rows[*].x", "rows[0]"], ["~ rows: [", "    ~ [0]: 1 => 2", "  ]"]),
        (
            ["a.b", "a[0]"],
            ["~ a: {", "    ~ [0]: <null> => <null>", "    ~ b: 1 => 2", "  }"],
        ),
    ],
)
def test_a_whole_is_told_once_whatever_is_told_of_its_parts(paths: list[str], lines: list[str]) -> None:
    old, new = {"a": {"b": 1, "c": 3}, "rows": [1]}, {"a": {"b": 2, "c": 3}, "rows": [2]}

    for order in (paths, paths[::-1]):
        assert properties.told_lines(old, new, [Difference(path, "update") for path in order]) == lines


def test_what_referred_to_something_gone_forgets_it() -> None:
    def urn(name: str) -> str:
        return f"urn:pulumi:dev::p::t::{name}"

    top = Resource(urn("top"), "t")
    gone = Resource(urn("gone"), "t", custom=True, parent=top.urn)
    child = Resource(
        urn("child"), "t", custom=True, parent=gone.urn, dependencies=[gone.urn, top.urn], deleted_with=gone.urn,
        property_dependencies={"a": [gone.urn], "b": [gone.urn, top.urn], "c": []},
    )  # fmt: skip

    left = pruned([top, gone, child], {id(top): top, id(gone): None, id(child): child})

    assert [entry.urn for entry in left] == [top.urn, child.urn]
    assert (left[1].parent, left[1].dependencies, left[1].deleted_with) == (top.urn, [top.urn], "")
    assert left[1].property_dependencies == {"b": [top.urn]}


@pytest.mark.parametrize("words", [words for words, command in COMMANDS.items() if command.does])
def test_every_command_has_its_function(words: str) -> None:
    module, _, function = COMMANDS[words].does.partition(":")

    assert callable(getattr(importlib.import_module(f"emulators.engine.commands.{module}"), function))


def test_a_secret_inside_a_value_is_no_difference_to_people() -> None:
    assert properties.shown_alike({"a": [Secret(1)]}, {"a": [Secret(2)]})
    assert not properties.shown_alike({"a": [Secret(1)]}, {"a": [1]})
