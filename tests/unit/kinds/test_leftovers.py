"""What is left of a stack, as the account tells it: its lists may be late, and some of it may be on its way out."""

from __future__ import annotations

from typing import Any

import pytest

from providers.linode.core import leftovers
from providers.linode.provider import SPECS
from tests.sessions import OWNER, prepared

TAG = OWNER.tag()
ROW: dict[str, Any] = {"id": 7, "label": "web-1", "status": "running", "region": "de-fra-2", "tags": [TAG]}


def told(listed: dict[str, Any], by_id: dict[str, Any] | None) -> str | None:
    session = prepared({"/linode/instances": [listed], "/linode/instances/7": by_id})
    return leftovers.told(SPECS.values(), session, OWNER)


def test_what_the_list_still_has_and_nobody_else_is_not_left() -> None:
    assert told(ROW, None) is None


@pytest.mark.parametrize("listed", [ROW, {**ROW, "status": "deleting"}])
def test_what_is_on_its_way_out_is_not_left(listed: dict[str, Any]) -> None:
    assert told(listed, {**ROW, "status": "deleting"}) is None


@pytest.mark.parametrize("tag", [TAG.upper(), f"{TAG}2", TAG.replace(":1", ":9")])
def test_it_is_known_by_what_its_tag_begins_with_whatever_the_case_and_generation(tag: str) -> None:
    assert "Linode 7 (web-1)" in str(told({**ROW, "tags": ["x", tag]}, {**ROW, "tags": ["x", tag]}))


def test_a_price_that_is_not_known_is_none_of_zero() -> None:
    said = str(told(ROW, ROW))

    assert "Linode 7 (web-1). Together 0.00 USD a month as far as prices are known. A run" in said
