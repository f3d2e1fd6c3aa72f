"""Picks of a region: by place, by what it can do, by what it sells."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

from providers.linode.catalogs.criteria import RegionCriteria, TypeCriteria
from providers.linode.catalogs.field import name_key
from providers.linode.catalogs.funnel import Criterion, sieve
from providers.linode.catalogs.lookup import Catalogs
from providers.linode.catalogs.pick import Pick, Ranking, alternatives, decide, first_that_fits
from providers.linode.catalogs.places import coordinates_of, distance_km
from providers.linode.catalogs.records import Region
from providers.linode.catalogs.type_picks import fitting_types
from providers.linode.catalogs.unknown import unknown_names
from providers.linode.nearest import did_you_mean, nearest_of_unknown

RegionCriterion = Criterion[Region]


def pick_region(
    catalogs: Catalogs, criteria: RegionCriteria, sells: TypeCriteria | None = None
) -> Pick[Region]:
    """The region that fits best; with `sells`, only one where a plan that fits those criteria is to be had.

    Ties, documented so that they never move: `prefer` in its order, then the nearest to `near`, then core
    before distributed, then the id. Raises NoMatch, and what the client raises.
    """
    return first_that_fits(catalogs, criteria, lambda wanted: _pick(catalogs, wanted, sells))


def _pick(catalogs: Catalogs, criteria: RegionCriteria, sells: TypeCriteria | None) -> Pick[Region]:
    regions = catalogs.regions()
    wanted = [*_by_place(criteria, regions), *_by_ability(criteria, regions)]
    if sells is not None:
        wanted.append(_selling(catalogs, sells))
    fits, funnel = sieve("region", regions, wanted)
    return decide(fits, funnel, _ranking(criteria))


def _ranking(criteria: RegionCriteria) -> Ranking[Region]:
    near = criteria.near

    def shows(region: Region) -> str:
        return f"{region.label}, {_kilometres(region, near)}" if near else region.label

    def key(region: Region) -> tuple[Any, ...]:
        return _distance(region, near), region.site_type != "core", name_key(region.id)

    return Ranking("nearest" if near else "first by id", key, shows, criteria.prefer)


def _by_place(criteria: RegionCriteria, regions: Iterable[Region]) -> list[RegionCriterion]:
    found: list[RegionCriterion] = []
    if criteria.ids:
        hint = nearest_of_unknown(criteria.ids, [region.id for region in regions])
        found.append(
            RegionCriterion(
                f"id {_or(criteria.ids)}", lambda region: region.id in criteria.ids, f"change ids{hint}"
            )
        )
    if criteria.continent:
        found.append(
            RegionCriterion(
                f"continent {criteria.continent}",
                lambda region: region.continent == criteria.continent,
                f"change continent; there are regions in {_listed(region.continent for region in regions)}",
            )
        )
    if criteria.countries:
        found.append(
            RegionCriterion(
                f"country {_or(criteria.countries)}",
                lambda region: region.country.lower() in criteria.countries,
                f"change countries; there are regions in {_listed(region.country for region in regions)}",
            )
        )
    if criteria.max_distance_km is not None:
        found.append(_within(criteria.near, criteria.max_distance_km))
    if criteria.exclude:
        found.append(
            RegionCriterion(
                f"id not {_or(criteria.exclude)}",
                lambda region: region.id not in criteria.exclude,
                "shorten exclude",
            )
        )
    return found


def _by_ability(criteria: RegionCriteria, regions: Iterable[Region]) -> list[RegionCriterion]:
    known = {capability for region in regions for capability in region.capabilities}
    found = [
        RegionCriterion(
            "status ok",
            lambda region: region.status == "ok",
            "wait until the outage is over, or allow other regions",
            shows=lambda region: f"status {region.status}",
            implied=True,
        )
    ]
    if criteria.site_type != "any":
        found.append(
            RegionCriterion(
                f"site type {criteria.site_type}",
                lambda region: region.site_type == criteria.site_type,
                "set site_type to any",
                shows=lambda region: region.site_type,
                implied=criteria.site_type == "core",
            )
        )
    return [*found, *(_able(capability, known) for capability in criteria.capabilities)]


def _able(capability: str, known: Iterable[str]) -> RegionCriterion:
    known = sorted(known)
    hint = "" if capability in known else did_you_mean(capability, known)
    unknown = "" if capability in known else ", which no region has"
    return RegionCriterion(
        f"capability {capability}",
        lambda region: capability in region.capabilities,
        f"drop or correct {capability}{unknown}{hint}",
        shows=lambda region: region.label,
    )


def _within(near: tuple[float, float] | None, most: int) -> RegionCriterion:
    return RegionCriterion(
        f"distance ≤ {most} km",
        lambda region: _distance(region, near) <= most,
        "raise max_distance_km",
        shows=lambda region: _kilometres(region, near),
        miss=lambda region: _distance(region, near),
    )


def _selling(catalogs: Catalogs, criteria: TypeCriteria) -> RegionCriterion:
    """Only regions with a plan that fits; the miss tells what the first of the others lacks."""

    def sells(region: Region) -> bool:
        return any(fitting_types(catalogs, wanted, region)[0] for wanted in alternatives(criteria))

    unknown = "; ".join(unknown_names(catalogs, criteria))
    return RegionCriterion(
        "a type that fits",
        sells,
        f"correct the type's criteria: {unknown}"
        if unknown
        else "loosen the type's criteria or the region's",
        shows=lambda region: fitting_types(catalogs, criteria, region)[1].why_none(),
    )


def _distance(region: Region, near: tuple[float, float] | None) -> float:
    """Kilometres to the region; infinite when the table of cities does not know it."""
    there = coordinates_of(region.id)
    return inf if near is None or there is None else distance_km(near, there)


def _kilometres(region: Region, near: tuple[float, float] | None) -> str:
    away = _distance(region, near)
    return "at an unknown distance" if away == inf else f"{away:.0f} km away"


def _or(names: Iterable[str]) -> str:
    return " or ".join(names)


def _listed(names: Iterable[str | None]) -> str:
    return ", ".join(sorted({name for name in names if name}))
