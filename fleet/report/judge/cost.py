"""What servers and what hangs on them cost, in US dollars a month. Exact decimals; rounded once, when shown.

Source: GET /linode/types: price, region_prices, addons.backups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from fleet.report import names
from fleet.report.model import Change, Sum
from fleet.report.read.files import Catalog, CatalogType, Price, RegionPrice
from fleet.report.read.steps import Json, State

CENT = Decimal("0.01")


def by_name(inputs: Json) -> Mapping[str, object]:
    """The inputs by canonical name."""
    return {names.canonical(key): value for key, value in inputs.items()}


def monthly(
    state: State | None, types: Mapping[str, CatalogType], told: Decimal | None = None
) -> Decimal | None:
    """What a resource in this state costs; 0 for none, None when it is not known.

    The catalog's price by type and region, else the figure that the provider told.
    """
    if state is None:
        return Decimal(0)
    inputs = by_name(state.inputs)
    backups = inputs.get("backups_enabled", False)
    found = types.get(str(inputs.get("type")))
    region = inputs.get("region")
    if found and isinstance(region, str) and isinstance(backups, (bool, type(None))):
        price = price_in(region, found, backups=bool(backups))
        if price is not None:
            return price
    return told


def price_in(region: str, item: CatalogType, *, backups: bool) -> Decimal | None:
    """A type's price in a region, with its backups if they are on."""
    price = _regional(region, item.price, item.region_prices)
    if price is None or not backups:
        return price
    extra = _regional(region, item.addons.backups.price, item.addons.backups.region_prices)
    return None if extra is None else price + extra


def _regional(region: str, price: Price, regional: Iterable[RegionPrice]) -> Decimal | None:
    own = next((item.monthly for item in regional if item.id == region), None)
    return price.monthly if own is None else own


def number(value: object) -> Decimal | None:
    """A price that a provider has told, as in a state's outputs; None for anything that can't be one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= 10**12 else None


def types_by_id(catalog: Catalog | None) -> Mapping[str, CatalogType]:
    return {item.id: item for item in catalog.types} if catalog else {}


def totals(changes: Iterable[Change], *, all_known: bool) -> tuple[Sum, Sum, bool]:
    """Now and then, and whether the price of everything that changes is known."""
    now = then = Decimal(0)
    now_open = then_open = change_open = False
    for change in changes:
        if not change.priced:
            continue
        now += change.cost_before or 0
        then += change.cost_after or 0
        now_open |= change.cost_before is None
        then_open |= change.cost_after is None
        change_open |= change.changed and (change.cost_before is None or change.cost_after is None)
    return (
        Sum(amount=now, at_least=now_open or not all_known),
        Sum(amount=then, at_least=then_open or not all_known),
        not change_open,
    )


def dollars(amount: Decimal, *, sign: bool = False) -> str:
    """`$24.50`, `−$5.00`; with sign also `+$5.00`, but never a sign on zero."""
    rounded = amount.quantize(CENT, ROUND_HALF_UP)
    front = "−" if rounded < 0 else "+" if sign and rounded > 0 else ""
    return f"{front}${abs(rounded):,.2f}"


def total(value: Sum) -> str:
    """`at least $5.00` where something in it is not known; at least nothing is no figure."""
    if not value.at_least:
        return dollars(value.amount)
    return f"at least {dollars(value.amount)}" if value.amount else "not known"
