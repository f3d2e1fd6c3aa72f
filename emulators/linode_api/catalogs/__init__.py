"""The catalogs, with the questions the rest of the API asks of them.

A test may change them (see edits.py); the edited ones are in force while one of its requests is answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, cached_property

from emulators.linode_api.catalogs import tables
from emulators.linode_api.core import Json
from emulators.linode_api.core.errors import Problem, problem_if

NEEDED = {"gpu": "GPU Linodes", "premium": "Premium Plans", "accelerated": "NETINT Quadra T1U"}
"""What a region is able to that sells plans of a class."""


@dataclass(frozen=True)
class Catalogs:
    """Rows by id, in the API's own order. `past` holds rows that were taken off the lists."""

    types: Mapping[str, Json]
    regions: Mapping[str, Json]
    images: Mapping[str, Json]
    kernels: Mapping[str, Json]
    availability: Sequence[Json]
    past: Mapping[str, Json] = field(default_factory=dict)

    @cached_property
    def sold(self) -> dict[tuple[str, str], bool]:
        return {(row["region"], row["plan"]): bool(row["available"]) for row in self.availability}

    def any_type(self, type_id: str) -> Json:
        """Also one that is off the list: a Linode keeps its plan."""
        return self.types.get(type_id) or self.past[type_id]

    def any_region(self, region_id: str) -> Json:
        return self.regions.get(region_id) or self.past[region_id]

    def has(self, region_id: str, capability: str) -> bool:
        return capability in self.any_region(region_id)["capabilities"]

    def lacks(self, region_id: object, capability: str) -> bool:
        """Whether it is a region on the list, but has not that."""
        region = self.regions.get(str(region_id))
        return region is not None and capability not in region["capabilities"]

    def is_sold(self, type_id: str, region_id: str) -> bool:
        """Whether the region sells the plan: its availability row decides, else the region's capabilities.

        Distributed regions have plans of their own, which no known catalog lists: none of ours is sold there.
        """
        listed = self.sold.get((region_id, type_id))
        if listed is not None:
            return listed
        capabilities = self.any_region(region_id)["capabilities"]
        if "Distributed Plans" in capabilities:
            return False
        needed = NEEDED.get(self.any_type(type_id)["class"])
        return needed is None or needed in capabilities


@cache
def seed() -> Catalogs:
    """Read once a process: the tables do not change while it runs."""
    return Catalogs(
        **{name: tables.by_id(name) for name in ("types", "regions", "images", "kernels")},
        availability=tables.availability_rows(),
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


def region_problems(region_id: object, capability: str, things: str) -> list[Problem]:
    """Why `things` cannot be made in that region."""
    if str(region_id) not in catalogs().regions:
        return [("region", "region is not valid")]
    lacks = catalogs().lacks(region_id, capability)
    return problem_if(lacks, "region", f"{things} are not available in this region")  # *
