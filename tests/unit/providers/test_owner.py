from __future__ import annotations

from dataclasses import replace

import pytest

from providers.linode.core.owner import Owner, users_tags

OWNER = Owner("A1", "fleet", "dev", "web-1")


def test_the_tag_is_a_stored_format() -> None:
    assert OWNER.tag() == "pulumi:f5fd44876e3b:c4719afa76fa:1"


@pytest.mark.parametrize("part", ["account", "project", "stack", "name"])
def test_owners_that_differ_have_different_tags(part: str) -> None:
    other = Owner.from_props({"owner": {**OWNER.as_props(), part: "other"}})

    assert other.tag() != OWNER.tag()


def test_parts_cannot_be_shifted_into_each_other() -> None:
    assert Owner("ab", "c", "s", "n").tag() != Owner("a", "bc", "s", "n").tag()


def test_a_tag_fits_the_api_and_ignores_case() -> None:
    tag = replace(OWNER, generation=12_345).tag()

    assert 3 <= len(tag) <= 50
    assert tag == tag.lower()


def test_an_owner_survives_being_a_property() -> None:
    second = replace(OWNER, generation=2)

    assert Owner.from_props({"owner": OWNER.as_props()}) == OWNER
    assert Owner.from_props({"owner": {**second.as_props(), "generation": 2.0}}) == second


def test_an_owner_of_the_first_generation_is_stored_as_before_there_were_any() -> None:
    assert OWNER.as_props() == {"account": "A1", "project": "fleet", "stack": "dev", "name": "web-1"}


def test_our_tag_is_not_among_the_users() -> None:
    assert users_tags(["web", OWNER.tag(), "Blue", "app"]) == ["app", "Blue", "web"]


def test_tags_have_no_case_so_ours_is_ours_in_capitals_too() -> None:
    shouted = OWNER.tag().upper()

    assert OWNER.marks(["web", shouted])
    assert OWNER.owns([shouted])
    assert users_tags([shouted]) == []


def test_a_tag_of_another_generation_is_the_owners_and_not_this_ones() -> None:
    second = replace(OWNER, generation=2)

    assert (OWNER.owns([second.tag()]), OWNER.marks([second.tag()])) == (True, False)
    assert not OWNER.owns([replace(OWNER, name="web-11").tag(), "web"])
