from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from fleet.report.judge.paths import MISSING, at, changed_paths
from fleet.report.read.steps import State, Step
from tests.unit.report.making import UNKNOWN, Act, change_of, server, updated


def step(old: Mapping[str, object], new: Mapping[str, object], **more: object) -> Step:
    return Step("update", "urn", State(inputs=old), State(inputs=new), **more)  # type: ignore[arg-type]  # of a test


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"a": 1}, {"a": 2}, [("a", "update", "1", "2")]),
        ({"tags": ["x"]}, {"tags": ["x", "y"]}, [("tags[1]", "add", "", "y")]),
        ({"tags": ["x", "y"]}, {"tags": ["x"]}, [("tags[1]", "delete", "y", "")]),
        ({}, {"a": True}, [("a", "add", "", "true")]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [("a.c", "update", "2", "3")]),
        ({"a": {"x.y": 1}}, {"a": {"x.y": 2}}, [('a["x.y"]', "update", "1", "2")]),
        ({"a": 1.0}, {"a": 2.5}, [("a", "update", "1", "2.5")]),
        ({"a": [1]}, {"a": "text"}, [("a", "update", "[1]", "text")]),
        (
            {"ipv4": ["192.0.2.1"], "__provider": "a"},
            {"ipv4": ["192.0.2.2"], "__provider": "b"},
            [],
        ),
    ],
)
def test_inputs_are_compared_when_the_engine_has_not(
    old: dict[str, object], new: dict[str, object], told: list[tuple[str, str, str, str]]
) -> None:
    found = changed_paths(step(old, new))

    assert [(path.path, path.kind, path.before.text, path.after.text) for path in found] == told


def test_the_tenth_tag_comes_after_the_second() -> None:
    found = changed_paths(step({"tags": []}, {"tags": [str(n) for n in range(12)]}))

    assert [path.path for path in found] == [f"tags[{n}]" for n in range(12)]


def test_an_unknown_value_is_no_text() -> None:
    (path,) = changed_paths(step({"user_data": "a"}, {"user_data": UNKNOWN}))

    assert path.after.kind == "unknown"


@pytest.mark.parametrize(
    "name", ["root_pass", "rootPass", "stackscript_data", "metadata.token", "dbPassword"]
)
def test_a_secret_property_is_masked_even_when_the_preview_has_it_in_clear(name: str) -> None:
    found = changed_paths(step({}, {}, detailed={name: ("update", True)}))
    compared = changed_paths(step({name: "FAKE-old"}, {name: "FAKE-new"}))

    assert all("FAKE" not in str(path) for path in (*found, *compared))
    assert [path.after.kind for path in compared] == ["secret"]


def test_a_secret_deep_inside_a_map_is_masked() -> None:
    (path,) = changed_paths(step({"config": [1]}, {"config": {"user": "a", "password": "FAKE-1"}}))

    assert path.after.text == '{"password":"[secret]","user":"a"}'


def test_a_changed_secret_that_looks_the_same_is_told() -> None:
    same = {"root_pass": "[secret]"}

    (path,) = changed_paths(step(same, same, differing=("root_pass",)))

    assert (path.path, path.before.kind, path.after.kind) == ("root_pass", "secret", "secret")


def test_an_output_in_the_engines_comparison_is_not_shown() -> None:
    (path,) = changed_paths(step({}, {}, detailed={"console": ("update", False)}))

    assert path.after.kind == "hidden"


def test_a_path_into_nothing_is_missing() -> None:
    assert at({"a": [1]}, "a[3]") is MISSING
    assert at({"a": 1}, "a.b") is MISSING
    assert at({"a[0]": "whole"}, "a[0]") == "whole"
    assert at({"a": "[secret]"}, "a[0]") == "[secret]"


def test_a_change_of_only_computed_inputs_has_no_effect_row(tmp_path: Path) -> None:
    before, after = server(ipv4=["192.0.2.1"]), server(ipv4=["192.0.2.2"])
    act = Act("update", "web", before, after, detailed={"ipv4": "update"})

    assert change_of(tmp_path, [act], "web").paths == ()


def test_the_engines_paths_are_taken_as_they_are(tmp_path: Path) -> None:
    act = updated("web", {"tags": ["a", "b"]}, tags=["a"])
    detailed = Act(act.op, act.name, act.old, act.new, detailed={"tags[1]": "add"})

    (path,) = change_of(tmp_path, [detailed], "web").paths

    assert (path.path, path.kind, path.before.kind, path.after.text) == ("tags[1]", "add", "absent", "b")
