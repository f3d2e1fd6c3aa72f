"""Property values: forms on the wire and in the state, and where secret marks go."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given, strategies as st

from emulators.engine.errors import NotSupported
from emulators.engine.protocol.wire import from_struct, outputs_from_struct, to_struct
from emulators.engine.values import (
    SECRET_SIGNATURE,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
    Secret,
    from_state,
    mark_like_inputs,
    mark_secrets,
    masked,
    same,
    to_state,
)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)
plain = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


def upside_down(text: str) -> str:
    return text[::-1]


@given(st.dictionaries(st.text(), plain, max_size=4))
def test_what_goes_into_a_message_comes_out_of_it(properties: dict[str, Any]) -> None:
    struct = to_struct(properties, secrets=True)

    assert same(outputs_from_struct(struct), properties)


@given(plain)
def test_a_secret_goes_through_the_state(value: Any) -> None:
    stored = to_state({"a": Secret(value)}, upside_down)

    assert stored["a"].keys() == {SIGNATURE, "ciphertext"}
    found = from_state(stored, upside_down)["a"]
    assert isinstance(found, Secret)
    assert same(found.value, value)


def test_whole_numbers_are_ints_again() -> None:
    struct = struct_pb2.Struct()
    struct.update({"a": 3.0, "b": 3.5, "c": None})

    found = from_struct(struct)

    assert found == {"a": 3, "b": 3.5}
    assert isinstance(found["a"], int)


def test_marks_are_taken_off_for_a_receiver_that_does_not_accept_them() -> None:
    struct = to_struct({"a": Secret({"b": Secret("x")}), "c": UNKNOWN}, secrets=False)

    assert outputs_from_struct(struct) == {"a": {"b": "x"}, "c": UNKNOWN}
    assert struct.fields["c"].string_value == UNKNOWN_TEXT


def test_a_marked_secret_is_recognized_on_the_wire() -> None:
    struct = to_struct({"a": Secret("x")}, secrets=True)

    assert struct.fields["a"].struct_value.fields[SIGNATURE].string_value == SECRET_SIGNATURE
    assert from_struct(struct) == {"a": Secret("x")}


def test_assets_are_refused() -> None:
    struct = struct_pb2.Struct()
    struct.update({"a": {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "x"}})

    with pytest.raises(NotSupported, match="assets"):
        from_struct(struct)


@pytest.mark.parametrize(
    ("received", "sent", "expected"),
    [
        ({"a": 1}, {"a": Secret(1)}, {"a": Secret(1)}),
        ({"a": 1, "b": 2}, {"a": Secret(1)}, {"a": Secret(1), "b": 2}),
        ({"t": {"x": 1, "y": 2}}, {"t": {"x": Secret(1)}}, {"t": {"x": Secret(1), "y": 2}}),
        ({"l": [1, 2]}, {"l": [1, Secret(2)]}, {"l": Secret([1, 2])}),
        ({"t": "text"}, {"t": {"x": Secret(1)}}, {"t": Secret("text")}),
        ({}, {"a": Secret(1)}, {}),
    ],
)
def test_marks_come_back_by_name(received: Any, sent: Any, expected: Any) -> None:
    assert mark_secrets(received, sent) == expected


def test_an_output_with_the_name_of_a_secret_input_is_secret() -> None:
    assert mark_like_inputs({"a": 1, "b": 2}, {"a": Secret(0), "b": 0}) == {"a": Secret(1), "b": 2}


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True), (1, True, False), (0, False, False), ("1", 1, False), (None, None, True), ([1], [1, 2], False),
        ({"a": Secret(1)}, {"a": 1}, True), (UNKNOWN, UNKNOWN, False), ({"a": None}, {}, False),
    ],
)  # fmt: skip
def test_values_are_compared_without_marks_but_with_kinds(left: Any, right: Any, equal: bool) -> None:
    assert same(left, right) is equal


def test_nothing_secret_is_left_in_a_masked_value() -> None:
    value = {"a": Secret("x"), "l": ["y", Secret("z")], "u": UNKNOWN, "o": {"p": Secret(1)}}

    assert masked(value) == {"a": "[secret]", "l": "[secret]", "u": UNKNOWN_TEXT, "o": {"p": "[secret]"}}
