from __future__ import annotations

import pytest
from pulumi.output import Unknown

from providers.linode.catalogs.records import Image, LinodeType, Region
from providers.linode.checks import Facts, problems
from providers.linode.owner import Owner
from providers.linode.records import Linode

OWNER = Owner("A", "p", "s", "web-1")
GOOD: dict[str, object] = {
    "type": "g6-standard-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "label": "web-1",
    "root_pass": "long-enough-1",
    "owner": OWNER.as_props(),
}
FACTS = Facts(
    types={
        "g6-standard-1": LinodeType(id="g6-standard-1", disk_mb=51200),
        "g6-nanode-1": LinodeType(id="g6-nanode-1", disk_mb=25600),
    },
    regions={"de-fra-2": Region(id="de-fra-2"), "gb-lon": Region(id="gb-lon")},
    images={
        "linode/debian13": Image(id="linode/debian13", size_mb=2000),
        "private/7": Image(id="private/7", size_mb=40000),
    },
    linodes={},
)


def found(
    changed: dict[str, object] | None = None, facts: Facts = FACTS, old: dict[str, object] | None = None
) -> list[tuple[str, str]]:
    return [(field, reason) for field, reason in problems({**GOOD, **(changed or {})}, old or {}, facts)]


def holding(*tags: str) -> Facts:
    linode = Linode(id=9, label="WEB-1", status="running", region="gb-lon", tags=tags)
    return Facts(FACTS.types, FACTS.regions, FACTS.images, {"web-1": linode})


def test_good_inputs_have_no_problem() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("key", "value", "field", "reason"),
    [
        ("type", "g6-standard-11", "type", "did you mean g6-standard-1"),
        ("region", "de-fra-1", "region", "did you mean de-fra-2"),
        ("image", "linode/debain13", "image", "did you mean linode/debian13"),
        ("type", None, "type", "is required"),
        ("label", "ab", "label", "3 to 64"),
        ("label", "-web", "label", "begin"),
        ("label", "web--1", "label", "'--'"),
        ("label", "x" * 65, "label", "3 to 64"),
        ("label", "wéb", "label", "letters"),
        ("tags", ["ok"], "tags", "3 to 50"),
        ("tags", ["pulumi:mine"], "tags", "not begin"),
        ("tags", "web", "tags", "list"),
    ],
)
def test_each_wrong_input_is_told(key: str, value: object, field: str, reason: str) -> None:
    seen = found({key: value})

    assert [name for name, _ in seen] == [field]
    assert reason in seen[0][1]
    assert "Next:" in seen[0][1]


def test_an_image_that_does_not_fit_the_disk_is_told() -> None:
    [(field, reason)] = found({"image": "private/7", "type": "g6-nanode-1"})

    assert field == "image"
    assert "needs a disk of 40000 MB, and g6-nanode-1 has 25600 MB" in reason


def test_a_short_password_is_told_without_naming_the_field() -> None:
    [(field, reason)] = found({"root_pass": "short"})

    assert field == ""
    assert "11 to 128" in reason
    assert "short" not in reason


def test_an_image_needs_a_way_to_log_in() -> None:
    [(field, reason)] = found({"root_pass": None})

    assert (field, "authorized_keys" in reason) == ("image", True)


def test_a_password_that_is_not_known_yet_is_a_way_to_log_in() -> None:
    assert found({"root_pass": Unknown()}) == []


@pytest.mark.parametrize("key", ["type", "region", "image", "label", "tags"])
def test_unknown_inputs_are_not_judged(key: str) -> None:
    assert found({key: Unknown()}) == []


def test_a_label_that_somebody_else_has_is_told_with_its_holder() -> None:
    [(field, reason)] = found(facts=holding("someone"))

    assert field == "label"
    assert "taken by Linode 9 (gb-lon)" in reason


def test_a_label_that_this_resource_has_is_free() -> None:
    assert found(facts=holding(OWNER.tag())) == []
    assert found(facts=holding(), old={"label": "web-1"}) == []
