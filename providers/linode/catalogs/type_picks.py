"""Picks of a plan: by what it has, by its price in the region, and by whether the region has any left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs.criteria import TypeCriteria
from providers.linode.catalogs.field import name_key
from providers.linode.catalogs.funnel import Criterion, Funnel, sieve
from providers.linode.catalogs.lookup import Catalogs
from providers.linode.catalogs.pick import ItemT, Pick, Ranking, decide, first_that_fits
from providers.linode.catalogs.records import LinodeType, Region
from providers.linode.catalogs.stock import sold_in
from providers.linode.nearest import did_you_mean, nearest_of_unknown

TypeCriterion = Criterion[LinodeType]


def pick_type(catalogs: Catalogs, criteria: TypeCriteria, region: str = "") -> Pick[LinodeType]:
    """The plan that fits best in a region (its id), at that region's prices; what is sold out is not picked.

    Without a region: of all plans, at the prices of the regions that have none of their own.

    Ties, documented so that they never move: the cheapest by month, then by hour, then the most memory, cores
    and disk, then the id (…-2 before …-16). The smallest by memory, cores, disk, month, id; the largest by
    most memory, cores and disk, then month, id. Raises NoMatch, and what the client raises.
    """
    place = known_region(catalogs, region) if region else None
    return first_that_fits(catalogs, criteria, lambda wanted: _pick(catalogs, wanted, place))


def fitting_types(
    catalogs: Catalogs, criteria: TypeCriteria, region: Region | None
) -> tuple[list[LinodeType], Funnel]:
    """The plans that fit in a region, sorted by id, and where the others went; `otherwise` is not looked at."""
    types = catalogs.types()
    return sieve("type", types, [*_by_size(criteria, types), *_by_region(catalogs, criteria, region)])


def ranking_in(criteria: TypeCriteria, region: str) -> Ranking[LinodeType]:
    """How the criteria choose among the plans of a region."""
    keys: dict[str, Callable[[LinodeType], Any]] = {
        "cheapest": lambda item: cheapest_key(item, region, criteria.backups),
        "smallest": lambda item: (*_size(item), *cheapest_key(item, region, criteria.backups)),
        "largest": lambda item: (
            *(-part for part in _size(item)),
            *cheapest_key(item, region, criteria.backups),
        ),
    }
    return Ranking(
        criteria.choose,
        keys[criteria.choose],
        shows=lambda item: usd_a_month(item.monthly_usd(region, criteria.backups)),
        prefer=criteria.prefer,
    )


def cheapest(types: Iterable[LinodeType], region: str, backups: bool = False) -> LinodeType:
    """The cheapest of the given plans in a region; those without a known price are passed over."""
    priced = [item for item in types if item.monthly_usd(region, backups) is not None]
    if not priced:
        raise NoMatch(f"none of the types has a price in {region}. Next: give at least one that has.")
    return min(priced, key=lambda item: cheapest_key(item, region, backups))


def smallest(types: Iterable[LinodeType]) -> LinodeType:
    """The one with the least memory, then cores, then disk, then by id."""
    found = sorted(types, key=lambda item: (*_size(item), name_key(item.id)))
    if not found:
        raise NoMatch("there is no type to take the smallest of. Next: give at least one.")
    return found[0]


def cheapest_key(item: LinodeType, region: str, backups: bool) -> tuple[Any, ...]:
    """Sorts by month, hour, then by most memory, cores and disk, then by id; unknown prices come last."""
    monthly, hourly = item.monthly_usd(region, backups), item.hourly_usd(region, backups)
    prices = (monthly is None, monthly or 0.0, hourly is None, hourly or 0.0)
    return (*prices, *(-part for part in _size(item)), name_key(item.id))


def known_region(catalogs: Catalogs, region: str) -> Region:
    """The region of that id; NoMatch, with the nearest ids, when the account sees no such region."""
    return _known("region", region, catalogs.regions(), "name one that the account sees")


def known_type(catalogs: Catalogs, type_: str) -> LinodeType:
    """The plan of that id; NoMatch, with the nearest ids, when the catalog has no such plan."""
    return _known("type", type_, catalogs.types(), "name one of the catalog")


def _known(noun: str, id_: str, items: Iterable[ItemT], todo: str) -> ItemT:
    by_id = {item.id: item for item in items}
    if id_ not in by_id:
        raise NoMatch(f"there is no {noun} {id_!r}{did_you_mean(id_, by_id)}. Next: {todo}.")
    return by_id[id_]


def usd_a_month(price: float | None) -> str:
    return "price unknown" if price is None else f"{price:.2f} USD/month"


def _pick(catalogs: Catalogs, criteria: TypeCriteria, region: Region | None) -> Pick[LinodeType]:
    fits, funnel = fitting_types(catalogs, criteria, region)
    id_ = region.id if region else ""
    return decide(
        fits,
        funnel,
        ranking_in(criteria, id_),
        where=f" in {id_}" if id_ else "",
        monthly_usd=lambda item: item.monthly_usd(id_, criteria.backups),
    )


def _size(item: LinodeType) -> tuple[int, int, int]:
    return item.memory_mb, item.vcpus, item.disk_mb


def _by_size(criteria: TypeCriteria, types: Iterable[LinodeType]) -> list[TypeCriterion]:
    """What the plan has, in the order in which the settings list it."""
    wanted: list[TypeCriterion | None] = [
        _one_of_ids(criteria.ids, types),
        _one_of_classes(criteria.class_, types),
        _exact("vcpus", criteria.vcpus, "vcpus", ""),
        _at_least("vcpus", criteria.min_vcpus, "vcpus", ""),
        _at_most("vcpus", criteria.max_vcpus, "vcpus", ""),
        _exact("memory_mb", criteria.memory_mb, "memory", " MB"),
        _at_least("memory_mb", criteria.min_memory_mb, "memory", " MB"),
        _at_most("memory_mb", criteria.max_memory_mb, "memory", " MB"),
        _at_least("disk_mb", criteria.min_disk_mb, "disk", " MB"),
        _at_least("transfer_gb", criteria.min_transfer_gb, "transfer", " GB/month"),
        _at_least("network_out_mbps", criteria.min_network_out_mbps, "network", " Mbit/s"),
        _exact("gpus", criteria.gpus, "gpus", ""),
        _at_least("gpus", criteria.min_gpus, "gpus", ""),
        _none_of(criteria.exclude),
    ]
    return [criterion for criterion in wanted if criterion is not None]


def _by_region(catalogs: Catalogs, criteria: TypeCriteria, region: Region | None) -> list[TypeCriterion]:
    """What the region has left, and at what price; prices last, so that a miss tells what to pay."""
    return [
        *([_in_stock(catalogs, region)] if region else []),
        *_by_price(criteria, region.id if region else ""),
    ]


def _in_stock(catalogs: Catalogs, region: Region) -> TypeCriterion:
    on_sale = sold_in(region, catalogs.availability())
    return TypeCriterion(
        f"any left in {region.id}", on_sale, "take another region, or loosen what the type must have",
        shows=lambda _: "sold out or not offered there", implied=True,
    )  # fmt: skip


def _by_price(criteria: TypeCriteria, region: str) -> list[TypeCriterion]:
    """By the prices of a region (its id), or of those without their own for ""."""
    backups = " with backups" if criteria.backups else ""

    def monthly(item: LinodeType) -> float:
        return item.monthly_usd(region, criteria.backups) or 0.0

    def hourly(item: LinodeType) -> float:
        return item.hourly_usd(region, criteria.backups) or 0.0

    found = [
        TypeCriterion(f"a known price{backups}",
                      lambda item: item.monthly_usd(region, criteria.backups) is not None,
                      "ask for it without a price", shows=lambda _: "the API names no price", implied=True),
    ]  # fmt: skip
    if (most := criteria.max_monthly_usd) is not None:
        found.append(
            TypeCriterion(f"≤ {most:g} USD/month{backups}", lambda item: monthly(item) <= most,
                          "raise max_monthly_usd, or loosen another criterion",
                          shows=lambda item: usd_a_month(monthly(item)), miss=monthly)
        )  # fmt: skip
    if (most_hourly := criteria.max_hourly_usd) is not None:
        found.append(
            TypeCriterion(f"≤ {most_hourly:g} USD/hour{backups}", lambda item: hourly(item) <= most_hourly,
                          "raise max_hourly_usd, or loosen another criterion",
                          shows=lambda item: f"{hourly(item):g} USD/hour", miss=hourly)
        )  # fmt: skip
    return found


def _at_least(name: str, least: int | None, word: str, unit: str) -> TypeCriterion | None:
    if least is None:
        return None
    return _measured(name, word, "≥", least, unit, lambda has: has >= least, f"lower min_{name}")


def _at_most(name: str, most: int | None, word: str, unit: str) -> TypeCriterion | None:
    if most is None:
        return None
    return _measured(name, word, "≤", most, unit, lambda has: has <= most, f"raise max_{name}")


def _exact(name: str, wanted: int | None, word: str, unit: str) -> TypeCriterion | None:
    if wanted is None:
        return None
    return _measured(name, word, "=", wanted, unit, lambda has: has == wanted, f"change {name}")


def _measured(
    name: str, word: str, sign: str, value: int, unit: str, keeps: Callable[[int], bool], change: str
) -> TypeCriterion:
    def has(item: LinodeType) -> int:
        return int(getattr(item, name))

    return TypeCriterion(
        f"{word} {sign} {value}{unit}",
        lambda item: keeps(has(item)),
        change,
        shows=lambda item: f"{has(item)}{unit or ' ' + word}",
        miss=lambda item: abs(has(item) - value),
    )


def _one_of_ids(ids: tuple[str, ...], types: Iterable[LinodeType]) -> TypeCriterion | None:
    if not ids:
        return None
    hint = nearest_of_unknown(ids, [item.id for item in types])
    return TypeCriterion(f"id {' or '.join(ids)}", lambda item: item.id in ids, f"change ids{hint}")


def _one_of_classes(classes: tuple[str, ...], types: Iterable[LinodeType]) -> TypeCriterion | None:
    if not classes:
        return None
    known = sorted({item.class_ for item in types if item.class_})
    hint = nearest_of_unknown(classes, known)
    return TypeCriterion(
        f"class {' or '.join(classes)}",
        lambda item: item.class_ in classes,
        f"change class{hint}; the catalog has {', '.join(known)}",
    )


def _none_of(excluded: tuple[str, ...]) -> TypeCriterion | None:
    if not excluded:
        return None
    return TypeCriterion(
        f"id not {' or '.join(excluded)}", lambda item: item.id not in excluded, "shorten exclude"
    )
