"""Plans joined with regions: what a region sells, and what it has run out of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from providers.linode.catalogs.records import Availability, LinodeType, Region

NEEDS: dict[str, str] = {
    "gpu": "GPU Linodes",
    "premium": "Premium Plans",
    "accelerated": "NETINT Quadra T1U",
}
"""The capability that a region must have for the plans of a class, where the availability list is silent."""


def sold_in(region: Region, availability: Iterable[Availability]) -> Callable[[LinodeType], bool]:
    """Tells whether a plan is to be had in the region.

    The availability list names plans of limited supply only, so a plan that it doesn't name is on sale
    wherever the region has what its class needs. Distributed regions have plans of their own, known by their
    ids (g6-dedicated-edge-2), and sell no others. Source: GET /regions/availability, GET /regions.
    """
    rows = {row.plan: row.available for row in availability if row.region == region.id}

    def on_sale(item: LinodeType) -> bool:
        if item.id in rows:
            return rows[item.id]
        if (region.site_type == "distributed") != ("-edge-" in item.id):
            return False
        needed = NEEDS.get(item.class_)
        return needed is None or needed in region.capabilities

    return on_sale
