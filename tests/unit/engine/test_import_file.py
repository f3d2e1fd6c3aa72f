"""The file of ``import --file``: what it gives, and one line for what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulators.engine.errors import EngineError
from emulators.engine.plan.import_file import Import, parse
from emulators.engine.values import SECRET_SIGNATURE, SIGNATURE, Secret

TYPE = "pulumi-python:dynamic/tiny:Thing"
STATE = {"__provider": "p", "key": "a"}
WHOLE = {"type": TYPE, "name": "a", "id": "a-1", "inputs": STATE, "outputs": STATE}
URN = f"urn:pulumi:dev::sample::{TYPE}::a"


def read(*resources: dict[str, Any], **top: Any) -> list[Import]:
    document = {"resources": list(resources), **top}
    return parse(json.dumps(document), "dev", "sample", lambda text: f'"{text} opened"')


def test_a_resource_comes_with_its_state() -> None:
    assert read(WHOLE) == [Import(URN, "a-1", True, "", "", STATE, STATE)]


def test_the_logical_name_makes_the_urn_and_secrets_are_opened() -> None:
    secret = {SIGNATURE: SECRET_SIGNATURE, "ciphertext": "c"}

    found = read({**WHOLE, "name": "variable", "logicalName": "a", "inputs": {**STATE, "note": secret}})

    assert found[0].urn == URN
    assert found[0].inputs["note"] == Secret("c opened")


def test_parents_come_first_and_give_their_type_to_the_urn() -> None:
    parent = {"type": "tiny:index:Pair", "name": "p", "component": True}

    found = read({**WHOLE, "parent": "p"}, parent)

    assert [item.urn for item in found] == [
        "urn:pulumi:dev::sample::tiny:index:Pair::p",
        f"urn:pulumi:dev::sample::tiny:index:Pair${TYPE}::a",
    ]
    assert found[1].parent == found[0].urn


def test_names_of_the_table_stand_for_what_is_there() -> None:
    table = {
        "p": "urn:pulumi:dev::sample::tiny:index:Pair::p",
        "account": "urn:pulumi:dev::sample::pulumi:providers:pulumi-python::second",
    }

    found = read({**WHOLE, "parent": "p", "provider": "account"}, nameTable=table)

    assert (found[0].parent, found[0].provider) == (table["p"], table["account"])


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ([], "it has no resources"),
        ([{**WHOLE, "outputs": None}], f"resource 'a' of type '{TYPE}' has no outputs: a Python dynamic"),
        ([{**WHOLE, "inputs": {"key": "a"}}], "has no '__provider' in its inputs"),
        ([{**WHOLE, "outputs": {"key": "a"}}], "has no '__provider' in its outputs"),
        ([{**WHOLE, "inputs": ["a"]}], "'inputs' is not an object"),
        ([{**WHOLE, "type": ""}], "resource 'a' has no type"),
        ([{**WHOLE, "name": ""}], f"resource 'a-1' of type '{TYPE}' has no name"),
        ([{**WHOLE, "id": ""}], "has no ID"),
        ([{**WHOLE, "component": True}], "has an ID, but is marked as a component"),
        ([{**WHOLE, "version": "1.0.0"}], "'version' is not supported by the embedded engine"),
        ([{**WHOLE, "type": "pulumi:providers:x"}], "importing a provider is not supported"),
        ([{**WHOLE, "parent": "nobody"}], "the parent 'nobody' for resource 'a'"),
        ([{**WHOLE, "parent": "a"}], "is its own ancestor"),
        ([{**WHOLE, "provider": "nobody"}], "the provider 'nobody' for resource 'a'"),
        ([WHOLE, WHOLE], f"duplicate import 'a' of type '{TYPE}'"),
        (["text"], "'resources' is not a list of objects"),
    ],
)
def test_what_is_wrong_is_one_line(resources: list[Any], message: str) -> None:
    with pytest.raises(EngineError) as caught:
        read(*resources)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nameTable": {"a": "no urn"}}', '{"nameTable": []}'])
def test_a_file_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(EngineError, match="could not read import file"):
        parse(text, "dev", "sample", str)


def test_two_of_one_name_cannot_be_a_parent() -> None:
    pairs = [
        {"type": kind, "name": "p", "component": True} for kind in ("tiny:index:Pair", "tiny:index:Other")
    ]

    with pytest.raises(EngineError, match="has an ambiguous parent"):
        read({**WHOLE, "parent": "p"}, *pairs)
