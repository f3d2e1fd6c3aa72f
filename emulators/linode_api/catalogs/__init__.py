"""The catalogs, with the questions the rest of the API asks of them.

A test may change them (see edits.py); the edited ones are in force while one of its requests is answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache

from emulators.linode_api.catalogs import tables
from emulators.linode_api.core import Json


@dataclass(frozen=True)
class Catalogs:
    """Rows in the API's own order, and by id. `past` holds rows that were taken off the lists, by id."""

    types: Sequence[Json]
    regions: Sequence[Json]
    availability: Sequence[Json]
    images: Sequence[Json]
    kernels: Sequence[Json]
    past: Mapping[str, Json] = field(default_factory=dict)
    type_by_id: Mapping[str, Json] = field(init=False)
    region_by_id: Mapping[str, Json] = field(init=False)
    image_by_id: Mapping[str, Json] = field(init=False)
    kernel_by_id: Mapping[str, Json] = field(init=False)
    _sold: Mapping[tuple[str, str], bool] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("type", "region", "image", "kernel"):
            object.__setattr__(self, f"{name}_by_id", by_id(getattr(self, name + "s")))
        sold = {(row["region"], row["plan"]): bool(row["available"]) for row in self.availability}
        object.__setattr__(self, "_sold", sold)

    def any_type(self, type_id: str) -> Json:
        """Also one that is off the list: a Linode keeps its plan."""
        return self.type_by_id.get(type_id) or self.past[type_id]

    def any_region(self, region_id: str) -> Json:
        return self.region_by_id.get(region_id) or self.past[region_id]

    def has(self, region_id: str, capability: str) -> bool:
        return capability in self.any_region(region_id)["capabilities"]

    def is_sold(self, type_id: str, region_id: str) -> bool:
        """Whether the region sells the plan: its availability row decides, else the region's capabilities.

        Distributed regions have plans of their own, which no known catalog lists: none of ours is sold there.
        """
        listed = self._sold.get((region_id, type_id))
        if listed is not None:
            return listed
        capabilities = self.any_region(region_id)["capabilities"]
        if "Distributed Plans" in capabilities:
            return False
        needed = {"gpu": "GPU Linodes", "premium": "Premium Plans"}.get(self.any_type(type_id)["class"])
        return needed is None or needed in capabilities


def by_id(rows: Sequence[Json]) -> dict[str, Json]:
    return {row["id"]: row for row in rows}


@cache
def seed() -> Catalogs:
    """Read once a process: the tables do not change while it runs."""
    return Catalogs(
        types=[tables.type_row(cells) for cells in tables.read_table("types.tsv")],
        regions=[tables.region_row(cells) for cells in tables.read_table("regions.tsv")],
        availability=tables.availability_rows(),
        images=[tables.image_row(cells) for cells in tables.read_table("images.tsv")],
        kernels=[tables.kernel_row(cells) for cells in tables.read_table("kernels.tsv")],
    )


_in_force: ContextVar[Catalogs | None] = ContextVar("catalogs", default=None)


def catalogs() -> Catalogs:
    """Those in force: the edited ones of the API that answers right now, else the seed."""
    return _in_force.get() or seed()


@contextmanager
def using(edited: Catalogs) -> Iterator[None]:
    token = _in_force.set(edited)
    try:
        yield
    finally:
        _in_force.reset(token)
