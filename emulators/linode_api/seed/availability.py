"""Which plans of limited supply a region sells. Source: recording TestRegionsAvailability_List."""

from __future__ import annotations

from typing import Any

from emulators.linode_api.seed import read_table

PLANS = (
    *(f"g1-gpu-rtx6000-{n}" for n in (1, 2, 3, 4)),
    *(f"g7-premium-{n}" for n in (2, 4, 8, 16, 32, 48, 50, 56, 64)),
    *(f"g1-gpu-rtx4000a-{n}" for n in (1, 2, 4, 6, 8)),
)


def availability_rows() -> list[dict[str, Any]]:
    """One row a region and plan. A plan or region without rows is not thereby sold out."""
    return [
        {"region": record["region"], "plan": plan, "available": letter == "y"}
        for record in read_table("availability.tsv")
        for plan, letter in zip(PLANS, record["sold"], strict=True)
    ]
