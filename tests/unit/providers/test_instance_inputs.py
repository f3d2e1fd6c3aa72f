"""What an Instance's inputs may be by themselves, as their declaration judges them."""

from __future__ import annotations

from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from pulumi.output import Unknown

from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.spec import SPEC
from tests.unit.providers.test_base import KEY


def words_of(annotation: object) -> tuple[str, ...]:
    """The words of the first Literal inside an annotation."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := words_of(part))), ())


CHOICES = [name for name, hint in get_type_hints(InstanceArgs, include_extras=True).items() if words_of(hint)]
GOOD: dict[str, object] = {"type": "g6-standard-1", "region": "de-fra-2", "image": "linode/debian13"}


def told(**changed: object) -> list[tuple[str, str]]:
    return [(field, reason) for field, reason in InstanceArgs.problems({**GOOD, **changed})]


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_takes_the_words_of_its_type_and_tells_them(name: str) -> None:
    words = words_of(get_type_hints(InstanceArgs, include_extras=True)[name])

    assert [told(**{name: word}) for word in words] == [[]] * len(words)
    [(field, reason)] = told(**{name: "no such word"})
    assert field == name
    assert f"must be one of {', '.join(words)}" in reason


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
        ("authorized_keys", [KEY, "id_rsa.pub"], "[1] must be an SSH public key"),
        ("authorized_keys", [KEY[:52]], "[0] must be an SSH public key in full"),
        ("authorized_users", [""], "[0] must be a text"),
        ("reserved_ipv4", "198.51.100.300", "must be an IPv4 address"),
        ("reserved_ipv4", ["198.51.100.3"], "must be an IPv4 address"),
        ("stackscript_data", {"x": "y" * 65_535}, "65,535 characters"),
        ("stackscript_data", "x", "must be a map"),
        ("boot_size", True, "whole number of 1 or more"),
        ("alerts", {"cpu": 1, "disk": 2}, "takes no 'disk'. Next"),
        ("alerts", {"cpu": -1}, "cpu must be a number of 0 or more"),
        (
            "timeouts",
            {"crate": 5},
            "takes no 'crate' (did you mean create or update?). Next: correct the name",
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

    assert {field for field, _ in said} == SPEC.secrets()
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


@pytest.mark.parametrize("name", ["firewall_id", "placement_group", "stackscript_id", "backup_id", "adopt"])
def test_another_resources_id_is_a_text_and_means_its_number(name: str) -> None:
    assert InstanceArgs.normal({name: "4711"}) == {name: 4711}
    assert InstanceArgs.problems({"type": "t", "region": "r", name: "4711"}) == []


def test_ids_inside_interfaces_may_be_texts_too() -> None:
    rows = [{"public": {}, "firewall_id": "4711"}, {"vpc": {"subnet_id": "12"}}]

    assert InstanceArgs.normal({"interfaces": rows}) == {
        "interfaces": [{"public": {}, "firewall_id": 4711}, {"vpc": {"subnet_id": 12}}]
    }
    assert InstanceArgs.problems({"type": "t", "region": "r", "interfaces": rows}) == []


def test_a_text_that_only_looks_like_an_id_stays_a_text() -> None:
    data = {"app_id": "4711"}

    assert InstanceArgs.normal({"stackscript_data": data}) == {"stackscript_data": data}
