"""What an Instance's inputs may be by themselves, as the model of a declaration judges them."""

from __future__ import annotations

from typing import Literal, get_args, get_origin

import pytest
from pulumi.output import Unknown

from providers.linode.resources.instance.declaration import Declaration, misdeclared
from providers.linode.resources.instance.fields import BY_NAME, DECLARED, FIELDS, SECRET

CHOICES = [
    field.name
    for field in FIELDS
    if " or " in field.kind and not field.kind.startswith(("true", "weekday", "W0"))
]
GOOD: dict[str, object] = {"type": "g6-standard-1", "region": "de-fra-2", "image": "linode/debian13"}


def told(**changed: object) -> list[tuple[str, str]]:
    return [(field, reason) for field, reason in misdeclared({**GOOD, **changed})]


def test_the_model_has_the_inputs_of_the_table_and_no_other() -> None:
    assert set(Declaration.model_fields) == set(DECLARED)


def literals(annotation: object) -> tuple[object, ...]:
    """The words of the first Literal inside an annotation."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := literals(part))), ())


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_has_the_words_that_the_table_shows(name: str) -> None:
    *first, last = literals(Declaration.model_fields[name].annotation)

    assert BY_NAME[name].kind == f"{', '.join(map(str, first))} or {last}"


def test_nothing_is_coerced() -> None:
    assert [field for field, _ in told(booted="yes", swap_size="512", label=7, timeouts={"create": "5"})] == [
        "label",
        "swap_size",
        "booted",
        "timeouts",
    ]


def test_what_is_not_an_input_is_not_judged() -> None:
    assert told(monthly_usd="x", __provider="y", planned=3) == []


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("type", "", "is required"),
        ("image", "", "must be a text"),
        ("boot_config_label", 5, "must be a text"),
        ("tags", ["fine", "no"], "'no' must have 3 to 50"),
        ("authorized_keys", ["ssh-ed25519 AAAA", "id_rsa.pub"], "[1] must be an SSH public key"),
        ("authorized_users", [""], "[0] must be a text"),
        ("reserved_ipv4", "198.51.100.300", "must be an IPv4 address"),
        ("reserved_ipv4", ["198.51.100.3"], "must be an IPv4 address"),
        ("stackscript_data", {"x": "y" * 65_535}, "65,535 characters"),
        ("stackscript_data", "x", "must be a map"),
        ("boot_size", True, "whole number of 1 or more"),
        ("alerts", {"cpu": 1, "disk": 2}, "has no 'disk'"),
        ("alerts", {"cpu": -1}, "map of numbers ≥ 0"),
        (
            "timeouts",
            {"crate": 5},
            "has no 'crate' (did you mean create or update?). Next: use create, update, delete.",
        ),
        ("replace_on", ["imagine"], "names no input 'imagine' (did you mean image or"),
        ("user_data", 7, "65535 bytes"),
        ("root_pass", ["x"], "11 to 128"),
        ("disk_encryption", True, "must be one of enabled, disabled"),
    ],
)
def test_each_wrong_value_is_told_with_its_next_step(name: str, value: object, reason: str) -> None:
    [(field, said)] = told(**{name: value})

    assert field == name
    assert reason in said
    assert "Next:" in said
    assert "\n" not in said


def test_a_secret_value_is_in_no_reason() -> None:
    said = told(root_pass="pl4nted", user_data=["pl4nted"], stackscript_data=["pl4nted"])

    assert {field for field, _ in said} == SECRET
    assert "pl4nted" not in str(said)


def test_what_is_not_known_yet_is_skipped_and_what_stands_beside_it_is_judged() -> None:
    unknown = Unknown()

    assert told(type=unknown, label=unknown, alerts={"cpu": unknown}, timeouts=unknown) == []
    assert told(tags=[unknown, "web"], authorized_keys=[unknown], stackscript_data={"a": unknown}) == []
    assert [reason.split(" must")[0] for _, reason in told(tags=[unknown, "no"])] == ["[1] 'no'"]
    assert [field for field, _ in told(alerts={"cpu": unknown, "oi": 3})] == ["alerts"]


def test_whole_numbers_of_the_engine_are_whole_numbers() -> None:
    assert (
        told(swap_size=512.0, timeouts={"create": 5.0}, interfaces=[{"purpose": "vpc", "subnet_id": 3.0}])
        == []
    )
