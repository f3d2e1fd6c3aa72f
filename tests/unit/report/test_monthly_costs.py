from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fleet.report.forms.words import month
from fleet.report.judge.cost import dollars, monthly, number, types_by_id
from fleet.report.read.files import Catalog
from fleet.report.read.steps import State
from tests.unit.report.making import (
    CATALOG,
    UNKNOWN,
    Act,
    change_of,
    created,
    deleted,
    effects_line,
    kept,
    lines,
    report,
    stack_of,
    updated,
)

SPECIAL = {
    "id": "g6-nanode-1", "price": {"monthly": 5},
    "region_prices": [{"id": "br-gru", "monthly": 7.0}],
    "addons": {"backups": {"price": {"monthly": 2}, "region_prices": [{"id": "br-gru", "monthly": 2.8}]}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "region", "backups", "price"),
    [
        ("g6-standard-1", "us-ord", False, "12.00"),
        ("g6-standard-1", "us-ord", True, "14.50"),
        ("g6-standard-1", "id-cgk", False, "14.40"),
        ("g6-standard-1", "id-cgk", True, "17.40"),
        ("g6-nanode-1", "us-ord", True, "7.00"),
    ],
)
def test_a_price_is_that_of_type_and_region_and_backups(
    type_: str, region: str, backups: bool, price: str
) -> None:
    state = State(inputs={"type": type_, "region": region, "backupsEnabled": backups})

    found = monthly(state, types_by_id(Catalog.model_validate(CATALOG)))

    assert found == Decimal(price)


def test_backups_have_regional_prices_of_their_own() -> None:
    types = types_by_id(Catalog.model_validate({"types": [SPECIAL]}))
    state = State(inputs={"type": "g6-nanode-1", "region": "br-gru", "backups_enabled": True})

    assert monthly(state, types) == Decimal("9.8")


def test_what_the_catalog_lacks_is_taken_from_the_provider() -> None:
    state = State(inputs={"type": "g9-new", "region": "us-ord"})

    assert monthly(state, {}, Decimal("17.1")) == Decimal("17.1")


@pytest.mark.parametrize("value", [True, "much", None, float("nan"), -5, UNKNOWN])
def test_a_figure_that_is_none_is_not_known(value: object) -> None:
    assert number(value) is None


def test_an_unknown_price_is_never_zero(tmp_path: Path) -> None:
    told = report(tmp_path, [created("web", type="g9-new"), created("db")])

    assert told.then.amount == 12
    assert told.then.at_least
    assert not told.change_known
    assert told.outputs.monthly_change == "not known"
    assert told.verdict == "look"


def test_an_unknown_type_is_an_unknown_price(tmp_path: Path) -> None:
    assert change_of(tmp_path, [created("web", type=UNKNOWN)], "web").cost_after is None


def test_sums_are_exact_and_rounded_once(tmp_path: Path) -> None:
    catalog = {"types": [{"id": "g6-standard-1", "price": {"monthly": 0.335}}]}

    told = stack_of(tmp_path, [created(f"web-{n}") for n in range(3)], catalog=catalog)

    assert told.then.amount == Decimal("1.005")
    assert dollars(told.then.amount) == "$1.01"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("5", "+$5.00"),
        ("-5", "−$5.00"),
        ("0", "$0.00"),
        ("-0.001", "$0.00"),
        ("1234.5", "+$1,234.50"),
        ("0.005", "+$0.01"),
    ],
)
def test_amounts_have_a_sign_but_zero_has_none(amount: str, text: str) -> None:
    assert dollars(Decimal(amount), sign=True) == text


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (created("web"), "+$12.00"),
        (deleted("web"), "−$12.00"),
        (updated("web", {"type": "g6-standard-2"}), "$12.00 → $24.00"),
        (updated("web", {"tags": ["x"]}), "$12.00"),
        (updated("web", {"type": "g9-new"}), "$12.00 → not known"),
        (Act("create", "web", None, {"uuid": "x"}, kind="pulumi-python:dynamic/linode:Account"), "–"),
    ],
)
def test_a_row_tells_what_a_server_costs(tmp_path: Path, act: Act, text: str) -> None:
    assert month(change_of(tmp_path, [act], "web")) == text


def test_unchanged_servers_are_in_the_totals(tmp_path: Path) -> None:
    told = stack_of(tmp_path, [kept("db", type="g6-dedicated-4"), created("web")])

    assert [told.now.amount, told.then.amount] == [Decimal(72), Decimal(84)]


def test_without_a_catalog_our_providers_figures_are_taken(tmp_path: Path) -> None:
    acts = [updated("web", {"type": "g6-standard-2"}), kept("db", monthly_usd=41)]
    effects = lines([effects_line("web", "power off", monthly_usd=[12, 24])])

    told = stack_of(tmp_path, acts, catalog=None, effects=effects)

    assert [told.now.amount, told.then.amount] == [Decimal(53), Decimal(65)]
    assert told.change_known


def test_a_price_that_was_stored_says_nothing_of_what_it_will_be(tmp_path: Path) -> None:
    change = change_of(tmp_path, [updated("web", {"type": "g9-new"}, monthly_usd=12)], "web", catalog=None)

    assert (change.cost_before, change.cost_after) == (Decimal(12), None)
