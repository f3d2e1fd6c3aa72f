"""A plan and a region picked together: the cheapest plan wherever it is to be had."""

from __future__ import annotations

from dataclasses import dataclass, replace

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs.criteria import RegionCriteria, TypeCriteria
from providers.linode.catalogs.lookup import Catalogs
from providers.linode.catalogs.pick import Pick, all_refused, alternatives
from providers.linode.catalogs.records import LinodeType, Region
from providers.linode.catalogs.region_picks import pick_region
from providers.linode.catalogs.type_picks import pick_type, ranking_in


@dataclass(frozen=True)
class Place:
    """A plan and the region to have it in."""

    type: Pick[LinodeType]
    region: Pick[Region]


def pick_place(catalogs: Catalogs, types: TypeCriteria, regions: RegionCriteria) -> Place:
    """The best plan over all regions that fit, at each region's own price.

    Equal plans are settled by the rank of their regions (`prefer`, distance, id). Raises NoMatch when no
    region fits, or none of those sells a plan that does.
    """
    refused: list[NoMatch] = []
    for wanted in alternatives(types):
        found = _place(catalogs, wanted, regions)
        if isinstance(found, Place):
            return Place(found.type.after(refused), found.region.after(refused))
        refused.append(found)
    raise all_refused(refused)


def _place(catalogs: Catalogs, types: TypeCriteria, regions: RegionCriteria) -> Place | NoMatch:
    try:
        selling = pick_region(catalogs, regions, sells=types)
    except NoMatch as none:
        return none
    places = [(pick_type(catalogs, types, region.id), region) for region in selling.ranked]
    best, region = min(places, key=lambda place: ranking_in(types, place[1].id).place_of(place[0].chosen))
    others = tuple(each for each in selling.ranked if each.id != region.id)
    why = f"{region.id}: has the {types.choose} type that fits, {best.id}, of the regions that sell one: {len(places)}"
    why += selling.fallback
    return Place(best, replace(selling, chosen=region, id=region.id, why=why, ranked=(region, *others)))
