"""Picks: the one plan, region, image or kernel that fits best, why, and what else there was; or NoMatch, in one line.

criteria ─► criteria_tree (nodes) ─► funnel (a question) ─► Pick

Every pick can also be a mere list, with `explain=False`: then a catalog that is not here yet is asked for with the
filter, and its funnel is told only where somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, TypeVar

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs import criteria_tree
from providers.linode.catalogs.attributes import Table
from providers.linode.catalogs.criteria import (
    Criteria,
    ImageCriteria,
    KernelCriteria,
    RegionCriteria,
    TypeCriteria,
)
from providers.linode.catalogs.criteria_tree import kilometres_from, kilometres_in_words, usd_a_month
from providers.linode.catalogs.filter import Here, name_key
from providers.linode.catalogs.funnel import (
    Criterion,
    Funnel,
    ItemT,
    Pick,
    Question,
    Ranking,
    all_refused,
    sieve,
)
from providers.linode.catalogs.lookup import Catalogs
from providers.linode.catalogs.records import Image, Kernel, LinodeType, Region, sold_in
from providers.linode.catalogs.tables import Availabilities, Images, Kernels, LinodeTypes, Regions
from providers.linode.nearest import did_you_mean

CriteriaT = TypeVar("CriteriaT", bound=Criteria)


def pick_type(
    catalogs: Catalogs, criteria: TypeCriteria, region: str = "", *, explain: bool = True
) -> Pick[LinodeType]:
    """The plan that fits best in a region (its id), at that region's prices; what is sold out is not picked.

    Without a region: of all plans, at the prices of the regions that have none of their own.

    Ties, documented so that they never move: the cheapest by month, then by hour, then the most memory, cores
    and disk, then the id (…-2 before …-16). The smallest by memory, cores, disk, month, id; the largest by
    most memory, cores and disk, then month, id. Raises NoMatch, and what the client raises.
    """
    place = known_region(catalogs, region) if region else None

    def question(wanted: TypeCriteria, whole: bool) -> Question[LinodeType]:
        nodes = _type_criteria(catalogs, wanted, place, whole=whole)
        where = f" in {region}" if region else ""
        price = lambda item: item.monthly_usd(region, wanted.backups)  # noqa: E731 - one line says it
        return Question("type", LinodeTypes, nodes, _type_ranking(wanted, region), where, price)

    return _answer(catalogs, criteria, question, explain)


def pick_region(
    catalogs: Catalogs, criteria: RegionCriteria, sells: TypeCriteria | None = None, *, explain: bool = True
) -> Pick[Region]:
    """The region that fits best; with `sells`, only one where a plan that fits those criteria is on sale.

    Ties, documented so that they never move: `prefer` in its order, then the nearest to `near`, then core
    before distributed, then the id. Raises NoMatch, and what the client raises.
    """
    selling = [_selling(catalogs, sells)] if sells is not None else []

    def question(wanted: RegionCriteria, _whole: bool) -> Question[Region]:
        nodes = (*criteria_tree.of_regions(wanted), *selling)
        return Question("region", Regions, nodes, _region_ranking(wanted))

    return _answer(catalogs, criteria, question, explain)


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
    for wanted in _alternatives(types):
        try:
            selling = pick_region(catalogs, regions, sells=wanted)
        except NoMatch as none:
            refused.append(none)
            continue
        places = [(pick_type(catalogs, wanted, region.id), region) for region in selling.ranked]
        ranked = [_type_ranking(wanted, region.id).place_of(pick.chosen) for pick, region in places]
        best, region = places[ranked.index(min(ranked))]
        others = tuple(each for each in selling.ranked if each.id != region.id)
        why = f"{region.id}: has the {wanted.choose} type that fits, {best.id}, of the regions that sell one"
        why += f": {len(places)}{selling.fallback}"
        there = replace(selling, chosen=region, id=region.id, why=why, ranked=(region, *others))
        return Place(best.after(refused), there.after(refused))
    raise all_refused(refused)


def pick_image(
    catalogs: Catalogs, criteria: ImageCriteria, today: date, *, explain: bool = True
) -> Pick[Image]:
    """The image that fits best; `today` is the day on which it must still be supported.

    Deprecated images and variants (Kubernetes', a GPU maker's) are out unless asked for. Ties, documented so
    that they never move: `prefer` in its order, then the highest version, then the plain one, then the id;
    of one's own images the last made, then the id. Raises NoMatch, and what the client raises.
    """

    def question(wanted: ImageCriteria, whole: bool) -> Question[Image]:
        spelt = _spelt(wanted, catalogs.images()) if whole else wanted
        key = _by_making if wanted.own else _by_version
        ranking = Ranking[Image]("newest", key, lambda image: image.label or image.id, wanted.prefer)
        return Question("image", Images, tuple(criteria_tree.of_images(spelt, today)), ranking)

    return _answer(catalogs, criteria, question, explain)


def pick_kernel(catalogs: Catalogs, criteria: KernelCriteria, *, explain: bool = True) -> Pick[Kernel]:
    """The kernel with the highest version, then the highest build, then by id; never a moving one.

    `linode/latest-64bit` and the boot loaders are no candidates. Raises NoMatch, and what the client raises.
    """

    def question(wanted: KernelCriteria, _whole: bool) -> Question[Kernel]:
        ranking = Ranking[Kernel]("newest", _by_build, lambda kernel: kernel.label, wanted.prefer)
        return Question("kernel", Kernels, tuple(criteria_tree.of_kernels(wanted)), ranking)

    return _answer(catalogs, criteria, question, explain)


def cheapest(types: Iterable[LinodeType], region: str, backups: bool = False) -> LinodeType:
    """The cheapest of the given plans in a region; those without a known price are passed over."""
    priced = [item for item in types if item.monthly_usd(region, backups) is not None]
    if not priced:
        raise NoMatch(f"none of the types has a price in {region}. Next: give at least one that has.")
    return min(priced, key=lambda item: _by_price(item, region, backups))


def smallest(types: Iterable[LinodeType]) -> LinodeType:
    """The one with the least memory, then cores, then disk, then by id."""
    return _first(types, "type", "smallest", lambda item: (*_size(item), name_key(item.id)))


def newest(images: Iterable[Image]) -> Image:
    """The one with the highest version, of images of one distribution; then the plain one, then by id."""
    return _first(images, "image", "newest", _by_version)


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


def _first(items: Iterable[ItemT], noun: str, word: str, key: Callable[[ItemT], Any]) -> ItemT:
    found = sorted(items, key=key)
    if not found:
        raise NoMatch(f"there is no {noun} to take the {word} of. Next: give at least one.")
    return found[0]


def _answer(
    catalogs: Catalogs,
    criteria: CriteriaT,
    question: Callable[[CriteriaT, bool], Question[ItemT]],
    explain: bool,
) -> Pick[ItemT]:
    """The pick by the criteria, or by what they say `otherwise`; NoMatch that tells of each when none fits.

    `question` is told whether the catalog is taken whole: that is so to explain, and where the filter finds nothing.
    """
    refused: list[NoMatch] = []
    for wanted in _alternatives(criteria):
        found = None if explain else question(wanted, False).listed(catalogs)
        try:
            found = found or question(wanted, True).explained(catalogs)
        except NoMatch as none:
            refused.append(none)
            continue
        return replace(found.after(refused), unknown=unknown_names(catalogs, criteria, found.ranked))
    raise all_refused(refused)


def _alternatives(criteria: CriteriaT) -> Iterator[CriteriaT]:
    """The criteria, then what they say `otherwise`, and so on; each on its own."""
    wanted: CriteriaT | None = criteria
    while wanted is not None:
        following: CriteriaT | None = getattr(wanted, "otherwise", None)
        yield wanted.model_copy(update={"otherwise": None}) if following is not None else wanted
        wanted = following


Kind = Literal["region", "type", "image", "kernel"]
KINDS: dict[Kind, tuple[type[Criteria], Table]] = {
    "region": (RegionCriteria, Regions),
    "type": (TypeCriteria, LinodeTypes),
    "image": (ImageCriteria, Images),
    "kernel": (KernelCriteria, Kernels),
}
"""What there are picks of: the criteria for it, and where it is listed."""

ID_LISTS = ("ids", "prefer", "exclude")
"""The criteria that are lists of ids; not every catalog's have all three."""


def unknown_names(catalogs: Catalogs, criteria: Criteria, seen: Collection[Any] = ()) -> tuple[str, ...]:
    """Ids and classes in criteria, `otherwise` too, that the catalog does not have: misspelt, or of what has retired.

    `prefer names gb-lonn, which is no region (did you mean gb-lon?)` for each. No error, as long as something fits: a
    plan may have gone since the criteria were written. But never silent, for a misspelt preference changes the pick.
    The catalog is taken whole where a name is not of what was `seen` already. Raises what the client raises.
    """
    noun, table = next((kind, table) for kind, (model, table) in KINDS.items() if isinstance(criteria, model))
    known = {item.id: getattr(item, "class_", "") for item in seen}
    lines: list[str] = []
    for wanted in _alternatives(criteria):
        ids = [(key, name) for key in ID_LISTS for name in getattr(wanted, key, ())]
        classes = getattr(wanted, "class_", ())
        if any(name not in known for _, name in ids) or not set(classes) <= set(known.values()):
            known = {item.id: getattr(item, "class_", "") for _, item in catalogs.candidates(table)}
        lines += [
            f"{key} names {name}, which is no {noun}{did_you_mean(name, known)}"
            for key, name in ids
            if name not in known
        ]
        there = set(filter(None, known.values()))
        lines += [
            f"class names {name}, which is no class of the catalog{did_you_mean(name, there)}"
            for name in classes
            if name not in there
        ]
    return tuple(dict.fromkeys(lines))


def _type_criteria(
    catalogs: Catalogs, criteria: TypeCriteria, region: Region | None, *, whole: bool = True
) -> tuple[Criterion[LinodeType], ...]:
    """The criteria for a plan in a region; for a list, only that region's stock is asked for."""
    if region is None:
        return tuple(criteria_tree.of_types(criteria, "", None))
    stock = catalogs.availability(None if whole else Availabilities.region == region.id)
    return tuple(criteria_tree.of_types(criteria, region.id, sold_in(region, stock)))


def _fitting_types(
    catalogs: Catalogs, criteria: TypeCriteria, region: Region
) -> tuple[list[LinodeType], Funnel]:
    """The plans that fit in a region, and where the others went; `otherwise` is not looked at."""
    return sieve("type", catalogs.candidates(LinodeTypes), _type_criteria(catalogs, criteria, region))


OF_TYPES = "a type that fits"
"""The criterion of regions that is about types."""


def _selling(catalogs: Catalogs, criteria: TypeCriteria) -> Criterion[Region]:
    """Only regions with a plan that fits; the miss tells what the first of the others lacks. Where no region at all
    has one, the types are to blame.
    """

    def sells(region: Region) -> bool:
        return any(_fitting_types(catalogs, wanted, region)[0] for wanted in _alternatives(criteria))

    def lacks(region: Region) -> str:
        return _fitting_types(catalogs, criteria, region)[1].why_none()

    def todo(everywhere: Sequence[Region]) -> str:
        if unknown := "; ".join(unknown_names(catalogs, criteria)):
            return f"correct the type's criteria: {unknown}"
        selling = next((region.id for region in everywhere if sells(region)), None)
        return "loosen the type's criteria" + (f", or the region's: {selling} has one" if selling else "")

    def blames(everywhere: Sequence[Region], removed: Sequence[Region]) -> str:
        first = removed[0]
        none = not any(map(sells, everywhere))
        return f"no type fits in any region; in {first.id} {lacks(first)}" if none else ""

    return Criterion(OF_TYPES, Here(sells), todo, shows=lacks, blames=blames)


def _type_ranking(criteria: TypeCriteria, region: str) -> Ranking[LinodeType]:
    """How the criteria choose among the plans of a region."""

    def key(item: LinodeType) -> tuple[Any, ...]:
        by_price = _by_price(item, region, criteria.backups)
        if criteria.choose == "cheapest":
            return by_price
        sign = 1 if criteria.choose == "smallest" else -1
        return (*(sign * part for part in _size(item)), *by_price)

    def price(item: LinodeType) -> str:
        return usd_a_month(item.monthly_usd(region, criteria.backups))

    return Ranking(criteria.choose, key, price, criteria.prefer)


def _by_price(item: LinodeType, region: str, backups: bool) -> tuple[Any, ...]:
    """Sorts by month, hour, then by most memory, cores and disk, then by id; unknown prices come last."""
    monthly, hourly = item.monthly_usd(region, backups), item.hourly_usd(region, backups)
    prices = (monthly is None, monthly or 0.0, hourly is None, hourly or 0.0)
    return (*prices, *(-part for part in _size(item)), name_key(item.id))


def _size(item: LinodeType) -> tuple[int, int, int]:
    return item.memory_mb, item.vcpus, item.disk_mb


def _region_ranking(criteria: RegionCriteria) -> Ranking[Region]:
    away = kilometres_from(criteria.near)

    def shows(region: Region) -> str:
        return f"{region.label}, {kilometres_in_words(away(region))}" if criteria.near else region.label

    def key(region: Region) -> tuple[Any, ...]:
        return away(region), region.site_type != "core", name_key(region.id)

    return Ranking("nearest" if criteria.near else "first by id", key, shows, criteria.prefer)


def _spelt(criteria: ImageCriteria, images: Iterable[Image]) -> ImageCriteria:
    """The criteria with their vendor as the catalog writes it: filters count the case, people need not."""
    wanted = (criteria.vendor or "").casefold()
    found = sorted({image.vendor for image in images if image.vendor and image.vendor.casefold() == wanted})
    return criteria.model_copy(update={"vendor": found[0]}) if found else criteria


def _by_version(image: Image) -> tuple[Any, ...]:
    release = image.release
    version = _falling(release.version if release else ())
    return release is None, version, bool(release and release.variant), name_key(image.id)


def _by_making(image: Image) -> tuple[Any, ...]:
    return image.created is None, -image.created.timestamp() if image.created else 0.0, name_key(image.id)


def _by_build(kernel: Kernel) -> tuple[Any, ...]:
    version, build = criteria_tree.build_of(kernel) or ((), 0)
    return _falling(version), -build, name_key(kernel.id)


def _falling(version: tuple[int, ...]) -> tuple[int, ...]:
    """Sorts the highest first: eight numbers, the missing ones as 0."""
    return (*(-part for part in version), *(0,) * 8)[:8]
