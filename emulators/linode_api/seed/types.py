"""Plans, as GET /linode/types lists them. Source: recording TestTypes_List."""

from __future__ import annotations

from typing import Any

from emulators.linode_api.seed import Record, cell, read_table

DEARER_REGIONS = ("id-cgk", "br-gru")


def type_rows() -> list[dict[str, Any]]:
    """Memory and disk in MB, transfer in GB a month, prices in US dollars."""
    return [type_row(record) for record in read_table("types.tsv")]


def type_row(record: Record) -> dict[str, Any]:
    numbers = ("memory", "disk", "transfer", "vcpus", "gpus", "network_out")
    return {
        "id": record["id"],
        "label": record["label"],
        "price": price(record["price"]),
        "region_prices": region_prices(record, ""),
        "addons": {
            "backups": {
                "price": price(record["backup"]),
                "region_prices": region_prices(record, "backup:"),
            }
        },
        **{name: int(record[name]) for name in numbers},
        "class": record["class"],
        "successor": None,
    }


def region_prices(record: Record, prefix: str) -> list[dict[str, Any]]:
    prices = [(region, cell(record, prefix + region)) for region in DEARER_REGIONS]
    return [{"id": region, **price(text)} for region, text in prices if text]


def price(text: str) -> dict[str, float]:
    hourly, monthly = text.split("/")
    return {"hourly": float(hourly), "monthly": float(monthly)}
