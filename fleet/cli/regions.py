"""`regions`: the places, by what they can do and what they sell."""

from __future__ import annotations

from typing import Any

import click

from fleet.cli import asking
from fleet.cli.completion import ids_of
from fleet.cli.flags import Flag, Point, as_code, criteria_of, criteria_options
from fleet.cli.listing import Listing, Sort, output_of, output_options
from providers.linode.catalogs import (
    Catalogs,
    Pick,
    Region,
    RegionCriteria,
    TypeCriteria,
    known_type,
    pick_region,
)
from providers.linode.catalogs.places import CONTINENTS, coordinates_of, distance_km

SITES = click.Choice(["core", "distributed", "any"])
FLAGS = (
    Flag("--id", "ids", "This region.", many=True, complete=ids_of("regions")),
    Flag("--continent", "continent", "On this continent.", click.Choice(CONTINENTS)),
    Flag("--country", "countries", "In this country (two letters).", many=True),
    Flag("--capability", "capabilities", "That can do this, such as Metadata.", many=True),
    Flag("--near", "near", "The nearest to LAT,LON first.", Point()),
    Flag("--max-distance", "max_distance_km", "At most so many km away from --near.", int),
    Flag("--exclude", "exclude", "Not this region.", many=True, complete=ids_of("regions")),
)
SORTS = ("price", "id", "country", "label")


@click.command()
@criteria_options(FLAGS)
@click.option("--site-type", type=SITES, default="any", show_default=True, help="Core or distributed ones.")
@click.option("--type", "plan", default="", help="With this plan on sale.", shell_complete=ids_of("types"))
@output_options(SORTS)
def regions(site_type: str, plan: str, **given: Any) -> None:
    """Regions: where they are and what they can do; with --type, what a plan costs in each."""
    criteria = criteria_of(RegionCriteria, FLAGS, given, site_type=site_type)
    output = output_of(given)
    sells = TypeCriteria(ids=(plan,)) if plan else None
    with asking.catalogs() as catalogs:
        if plan:
            known_type(catalogs, plan)
        listing = listing_of(
            catalogs, pick_region(catalogs, criteria, sells=sells, explain=output.explain), criteria, plan
        )
    if output.sort == "price" and not plan:
        raise click.UsageError("--sort price needs --type, the plan whose price it is")
    listing.show(output)


def listing_of(catalogs: Catalogs, pick: Pick[Region], criteria: RegionCriteria, plan: str) -> Listing:
    prices = {region.id: _price(catalogs, plan, region.id) for region in pick.ranked} if plan else {}
    sells = f", sells=TypeCriteria(ids=({plan!r},))" if plan else ""
    columns: dict[str, Any] = {
        "id": lambda item: item.id,
        "label": lambda item: item.label,
        "country": lambda item: item.country,
        "site": lambda item: item.site_type,
        "status": lambda item: item.status,
    }
    if criteria.near is not None:
        columns["km>"] = lambda item: _away(item, criteria.near)
    if plan:
        columns["USD/month>"] = lambda item: _usd(prices[item.id])
    price_code = f"catalogs.types(LinodeTypes.id == {plan!r})[0].monthly_usd(item.id) or 0.0"
    return Listing(
        pick,
        {
            "price": Sort(lambda item: prices[item.id] or 0.0, price_code),
            **{name: Sort(_getter(name), f"item.{name}") for name in ("id", "country", "label")},
        },
        columns,
        lambda item: {**item.model_dump(mode="json"), **({"monthly_usd": prices[item.id]} if plan else {})},
        f"pick_region(catalogs, {as_code(criteria)}{sells})",
        ("RegionCriteria", "pick_region", *(("LinodeTypes", "TypeCriteria") if plan else ())),
    )


def _price(catalogs: Catalogs, plan: str, region: str) -> float | None:
    return known_type(catalogs, plan).monthly_usd(region)


def _getter(name: str) -> Any:
    return lambda item: getattr(item, name)


def _away(region: Region, near: tuple[float, float] | None) -> int | None:
    there = coordinates_of(region.id)
    return None if near is None or there is None else distance_km(near, there)


def _usd(price: float | None) -> str | None:
    return None if price is None else f"{price:.2f}"
