"""The catalogs in memory, with the questions the rest of the API asks of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from emulators.linode_api.seed.availability import availability_rows
from emulators.linode_api.seed.images import image_rows
from emulators.linode_api.seed.kernels import kernel_rows
from emulators.linode_api.seed.regions import region_rows
from emulators.linode_api.seed.types import type_rows

Row = dict[str, Any]


class Catalogs:
    """Rows in the API's own order, and by id."""

    def __init__(self) -> None:
        self.types = type_rows()
        self.regions = region_rows()
        self.availability = availability_rows()
        self.images = image_rows()
        self.kernels = kernel_rows()
        self.type_by_id = by_id(self.types)
        self.region_by_id = by_id(self.regions)
        self.image_by_id = by_id(self.images)
        self.kernel_by_id = by_id(self.kernels)
        self._sold = {(row["region"], row["plan"]): bool(row["available"]) for row in self.availability}

    def is_sold(self, type_id: str, region_id: str) -> bool:
        """Whether the region sells the plan: its availability row decides, else the region's capabilities.

        Distributed regions have plans of their own, which no known catalog lists: none of ours is sold there.
        """
        listed = self._sold.get((region_id, type_id))
        if listed is not None:
            return listed
        capabilities = self.region_by_id[region_id]["capabilities"]
        if "Distributed Plans" in capabilities:
            return False
        needed = {"gpu": "GPU Linodes", "premium": "Premium Plans"}.get(self.type_by_id[type_id]["class"])
        return needed is None or needed in capabilities


def by_id(rows: list[Row]) -> dict[str, Row]:
    return {row["id"]: row for row in rows}


@cache
def catalogs() -> Catalogs:
    """Read once a process: the tables do not change while it runs."""
    return Catalogs()
