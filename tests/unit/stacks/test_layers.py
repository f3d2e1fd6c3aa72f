from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from stacks.errors import BadSettings
from stacks.layers import Layer, Place, leaves, merge, read_layer

COMMON = """
config:
  fleet:servers:
    web:
      count: 1
      tags: [web, all]
      type:
        min_memory_mb: 1024
  fleet:guards: {max_monthly: 100}
"""
DEV = """
encryptionsalt: x
config:
  fleet:servers:
    web:
      count: 3
      tags: [dev]
      type:
        min_memory_mb:
  linode:token:
    secure: v1:abc
"""


def layer(tmp_path: Path, name: str, text: str) -> Layer:
    (tmp_path / name).write_text(text)
    return read_layer(tmp_path / name, f"stacks/{name}")


def test_a_map_may_say_something_else_than_what_it_repeats(tmp_path: Path) -> None:
    text = "config:\n  fleet:a: &a {b: 1, c: 2}\n  fleet:d: {<<: *a, c: 3}\n"

    assert layer(tmp_path, "common.yaml", text).values["fleet:d"] == {"b": 1, "c": 3}


BOMB = "\n".join(
    ["config:", "  fleet:a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    + [f"  fleet:{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("confg:\n  fleet:a: 1\n", r"x\.yaml:1: no such key: confg \(did you mean config\?\)\. Next: "),
        ("# mine\nfleet:a: 1\n", r"x\.yaml:2: no such key: fleet:a\. Next: settings stand under `config:`"),
        ("- a\n", r"x\.yaml: it is no map\. Next: "),
        ("# nothing\n", r"x\.yaml: it is empty\. Next: "),
        (BOMB, r"x\.yaml: its aliases make too much of it\. Next: "),
        ("config: &a {fleet:a: *a}\n", r"x\.yaml: its aliases make too much of it\. Next: "),
        (f"config: {'[' * 2000}", r"x\.yaml.*: not valid YAML: "),
    ],
)
def test_a_file_without_settings_is_no_environment_without_guards(
    text: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(BadSettings, match=told):
        layer(tmp_path, "x.yaml", text)


def test_a_stack_that_was_only_made_has_what_is_common(tmp_path: Path) -> None:
    assert layer(tmp_path, "x.yaml", "encryptionsalt: v1:x\n").values == {}


def test_maps_merge_lists_replace_and_null_removes(tmp_path: Path) -> None:
    merged = merge([layer(tmp_path, "common.yaml", COMMON), layer(tmp_path, "Pulumi.dev.yaml", DEV)])

    assert merged.values["fleet:servers"] == {"web": {"count": 3, "tags": ["dev"], "type": {}}}
    assert merged.values["fleet:guards"] == {"max_monthly": 100}


def test_null_is_a_value_where_it_says_something(tmp_path: Path) -> None:
    common = layer(tmp_path, "common.yaml", "config:\n  fleet:servers: {web: {running: false, tags: [a]}}\n")
    own = layer(tmp_path, "Pulumi.dev.yaml", "config:\n  fleet:servers: {web: {running: null, tags: null}}\n")

    assert merge([common, own]).values["fleet:servers"] == {"web": {"running": None}}


def test_each_value_keeps_the_place_that_gave_it(tmp_path: Path) -> None:
    merged = merge([layer(tmp_path, "common.yaml", COMMON), layer(tmp_path, "Pulumi.dev.yaml", DEV)])

    assert merged.place_of(("fleet:servers", "web", "count")) == Place("stacks/Pulumi.dev.yaml", 6)
    assert merged.place_of(("fleet:guards", "max_monthly")) == Place("stacks/common.yaml", 9)
    assert str(merged.place_of(("fleet:servers", "web", "tags", 0))) == "stacks/Pulumi.dev.yaml:7"
    assert merged.place_of(("nowhere",)) is None


def test_an_encrypted_value_is_never_shown(tmp_path: Path) -> None:
    assert layer(tmp_path, "Pulumi.dev.yaml", DEV).values["linode:token"] == "[secret]"


def test_a_missing_file_is_an_empty_layer(tmp_path: Path) -> None:
    assert read_layer(tmp_path / "none.yaml", "none.yaml").values == {}


@pytest.mark.parametrize(("text", "said"), [("config: [1", "none.yaml:1"), ("config: 3", "must be a map")])
def test_broken_yaml_is_told_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=said):
        layer(tmp_path, "none.yaml", text)


def test_a_key_that_stands_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("config:\n  fleet:servers:\n    web: {count: 1}\n    web: {count: 2}\n")

    with pytest.raises(
        BadSettings, match=r"^x\.yaml:4: config\.fleet:servers\.web is given twice, first in line 3\. Next: "
    ):
        read_layer(tmp_path / "x.yaml", "x.yaml")


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"config: \xff\xfe")

    with pytest.raises(BadSettings, match=r"^x\.yaml: it is not UTF-8 text\. Next: "):
        read_layer(tmp_path / "x.yaml", "x.yaml")


VALUES = st.recursive(
    st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
LAYERS = st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3)


@given(LAYERS, LAYERS)
def test_what_the_last_layer_says_holds(first: dict[str, object], second: dict[str, object]) -> None:
    merged = dict(leaves(merge([Layer(first), Layer(second)]).values))

    assert all(merged[path] == value for path, value in leaves(second) if path)


@given(LAYERS)
def test_a_layer_over_itself_changes_nothing(only: dict[str, object]) -> None:
    assert merge([Layer(only), Layer(only)]).values == only
