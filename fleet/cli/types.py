"""`types`: the plans, at the prices of a region."""

from __future__ import annotations

from typing import Any

import click

from fleet.cli import asking
from fleet.cli.completion import ids_of
from fleet.cli.flags import Flag, Megabytes, Usd, as_code, criteria_of, criteria_options
from fleet.cli.listing import Listing, Sort, output_of, output_options
from providers.linode.catalogs import LinodeType, TypeCriteria, pick_type

CLASSES = click.Choice(["nanode", "standard", "dedicated", "premium", "highmem", "gpu", "accelerated"])
FLAGS = (
    Flag("--id", "ids", "This plan.", many=True, complete=ids_of("types")),
    Flag("--class", "class", "Of this class.", CLASSES, many=True),
    Flag("--vcpus", "vcpus", "So many cores.", int),
    Flag("--min-vcpus", "min_vcpus", "At least so many cores.", int),
    Flag("--max-vcpus", "max_vcpus", "At most so many cores.", int),
    Flag("--memory", "memory_mb", "So much memory: 4096, 4GB.", Megabytes()),
    Flag("--min-memory", "min_memory_mb", "At least so much memory: 4096, 4GB.", Megabytes()),
    Flag("--max-memory", "max_memory_mb", "At most so much memory.", Megabytes()),
    Flag("--min-disk", "min_disk_mb", "At least so much disk: 81920, 80GB.", Megabytes()),
    Flag("--min-transfer", "min_transfer_gb", "At least so many GB of transfer a month.", int),
    Flag("--min-network", "min_network_out_mbps", "At least so many Mbit/s out.", int),
    Flag("--gpus", "gpus", "So many GPUs.", int),
    Flag("--min-gpus", "min_gpus", "At least so many GPUs.", int),
    Flag("--max-monthly", "max_monthly_usd", "At most so many US dollars a month.", Usd()),
    Flag("--max-hourly", "max_hourly_usd", "At most so many US dollars an hour.", Usd()),
    Flag("--backups", "backups", "Prices with the backup service.", bool),
    Flag("--exclude", "exclude", "Not this plan.", many=True, complete=ids_of("types")),
)
SORTS = ("price", "memory", "vcpus", "disk", "transfer", "gpus", "id")


@click.command()
@criteria_options(FLAGS)
@click.option("--region", default="", help="On sale there, at its prices.", shell_complete=ids_of("regions"))
@output_options(SORTS)
def types(region: str, **given: Any) -> None:
    """Plans: what they have, and what they cost in a region. The cheapest comes first."""
    criteria = criteria_of(TypeCriteria, FLAGS, given)
    output = output_of(given)
    with asking.catalogs() as catalogs:
        listing = listing_of(pick_type(catalogs, criteria, region, explain=output.explain), criteria, region)
    listing.show(output)


def listing_of(pick: Any, criteria: TypeCriteria, region: str) -> Listing:
    backups = criteria.backups

    def monthly(item: LinodeType) -> float | None:
        return item.monthly_usd(region, backups)

    def hourly(item: LinodeType) -> float | None:
        return item.hourly_usd(region, backups)

    price = Sort(lambda item: monthly(item) or 0.0, f"item.monthly_usd({region!r}, {backups}) or 0.0")
    return Listing(
        pick,
        {"price": price, **{word: _by(name) for word, name in NAMES.items()}},
        {
            "id": lambda item: item.id,
            "class": lambda item: item.class_,
            "vcpus>": lambda item: item.vcpus,
            "memory MB>": lambda item: item.memory_mb,
            "disk MB>": lambda item: item.disk_mb,
            "transfer GB>": lambda item: item.transfer_gb,
            "gpus>": lambda item: item.gpus,
            "USD/month>": lambda item: _usd(monthly(item), 2),
            "USD/hour>": lambda item: _usd(hourly(item), 4),
        },
        lambda item: {
            **item.model_dump(mode="json", exclude=PRICES), "class": item.class_,
            "region": region or None, "monthly_usd": monthly(item), "hourly_usd": hourly(item),
        },
        f"pick_type(catalogs, {as_code(criteria)}, {region!r})",
        ("TypeCriteria", "pick_type"),
    )  # fmt: skip


PRICES = {"class_", "price", "region_prices", "backups_price", "backups_region_prices"}
"""Fields that are shown under other names, or as the price in the region."""

NAMES = {
    "memory": "memory_mb",
    "vcpus": "vcpus",
    "disk": "disk_mb",
    "transfer": "transfer_gb",
    "gpus": "gpus",
    "id": "id",
}


def _by(name: str) -> Sort:
    return Sort(lambda item: getattr(item, name), f"item.{name}")


def _usd(price: float | None, digits: int) -> str | None:
    return None if price is None else f"{price:.{digits}f}"
