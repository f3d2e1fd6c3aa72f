"""What criteria ask for, as nodes of the filter's tree: for each catalog its criteria, in a fixed order.

Attributes of the API are compared, so that `x_filter` can leave them to it; what only this side knows (a region's
price and stock, distances, releases) is `Here`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from math import inf
from typing import Any, TypeVar

from providers.linode.catalogs.attributes import Number, Text
from providers.linode.catalogs.criteria import ImageCriteria, KernelCriteria, RegionCriteria, TypeCriteria
from providers.linode.catalogs.filter import All, Here
from providers.linode.catalogs.funnel import Criterion, Named
from providers.linode.catalogs.places import coordinates_of, countries_of, distance_km
from providers.linode.catalogs.records import Image, Kernel, LinodeType, Region, Release
from providers.linode.catalogs.tables import Images, Kernels, LinodeTypes, Regions
from providers.linode.nearest import nearest_of_unknown

ItemT = TypeVar("ItemT", bound=Named)
Names = Sequence[str]

MEASURES = (
    ("vcpus", "vcpus", ""),
    ("memory_mb", "memory", " MB"),
    ("disk_mb", "disk", " MB"),
    ("transfer_gb", "transfer", " GB/month"),
    ("network_out_mbps", "network", " Mbit/s"),
    ("gpus", "gpus", ""),
)
"""What a plan has: the attribute, its word, its unit."""

BOUNDS = {"": ("=", "change "), "min_": ("≥", "lower min_"), "max_": ("≤", "raise max_")}
"""What stands before a measure's name in criteria: its sign, and what to do when it leaves nothing."""


def of_types(
    criteria: TypeCriteria, region: str, on_sale: Callable[[LinodeType], bool] | None
) -> Iterator[Criterion[LinodeType]]:
    """What the plan has, what the region (its id, or "") has left, and last the price: a miss tells what to pay."""
    ids, classes = criteria.ids, criteria.class_
    yield from _one_of(LinodeTypes.id, "id", ids, _todo("change ids", lambda plan: [plan.id], ids))
    todo = _todo("change class", lambda plan: [plan.class_], classes, listed="; the catalog has ")
    yield from _one_of(LinodeTypes.class_, "class", classes, todo)
    for name, word, unit in MEASURES:
        yield from _measured(criteria, LinodeTypes.attribute(name), word, unit)
    yield from _none_of(LinodeTypes.id, criteria.exclude)
    if on_sale is not None:
        text, sold_out = f"any left in {region}", "sold out or not offered there"
        move = "take another region, or loosen what the type must have"
        yield Criterion(text, Here(on_sale), move, lambda _: sold_out, implied=True)
    yield from _prices(criteria, region)


def of_regions(criteria: RegionCriteria) -> Iterator[Criterion[Region]]:
    """Where the region lies, then what it can do."""
    ids, there, away = criteria.ids, "; there are regions in ", kilometres_from(criteria.near)
    yield from _one_of(Regions.id, "id", ids, _todo("change ids", lambda region: [region.id], ids))
    if criteria.continent:
        inside = Regions.country.one_of(*countries_of(criteria.continent))
        todo = _todo("change continent", lambda region: [region.continent], listed=there)
        yield Criterion(f"continent {criteria.continent}", inside, todo)
    todo = _todo("change countries", lambda region: [region.country], listed=there)
    yield from _one_of(Regions.country, "country", criteria.countries, todo)
    if (most := criteria.max_distance_km) is not None:
        yield Criterion(
            f"distance ≤ {most} km",
            Here(lambda region: away(region) <= most),
            "raise max_distance_km",
            lambda region: kilometres_in_words(away(region)),
            away,
        )
    yield from _none_of(Regions.id, criteria.exclude)
    wait = "wait until the outage is over, or allow other regions"
    yield Criterion(
        "status ok", Regions.status == "ok", wait, lambda item: f"status {item.status}", implied=True
    )
    if (site := criteria.site_type) != "any":
        same, core = Regions.site_type == site, site == "core"
        yield Criterion(
            f"site type {site}", same, "set site_type to any", lambda item: item.site_type, implied=core
        )
    for name in criteria.capabilities:
        todo = _todo(
            f"drop or correct {name}", lambda region: region.capabilities, [name], ", which no region has"
        )
        yield Criterion(f"capability {name}", Regions.capabilities.contains(name), todo, _label)


def of_images(criteria: ImageCriteria, today: date) -> Iterator[Criterion[Image]]:
    """Whose and which release the image is, then whether it is usable, and supported on the day."""
    yield from _own_images(criteria) if criteria.own else _public_images(criteria)
    todo = "wait until it is made"
    yield Criterion(
        "status available", Images.status == "available", todo, lambda item: item.status, implied=True
    )
    day = max(today, criteria.supported_until or today)
    yield Criterion(
        f"support on {day}",
        ~(Images.eol < day + timedelta(days=1)),
        "take a newer version, or an earlier supported_until",
        lambda image: f"ended {image.eol}",
        lambda image: (day - image.eol).days if image.eol else 0,
        implied=criteria.supported_until is None,
    )
    if not criteria.deprecated:
        todo = "take another version, or set deprecated to true"
        yield Criterion("not deprecated", Images.deprecated.is_(False), todo, _label, implied=True)
    for each in criteria.capabilities:
        able = Images.capabilities.contains(each)
        yield Criterion(f"capability {each}", able, f"drop {each} from capabilities", _label)
    yield from _measured(criteria, Images.size_mb, "size", " MB")
    yield from _none_of(Images.id, criteria.exclude)


def of_kernels(criteria: KernelCriteria) -> Iterator[Criterion[Kernel]]:
    """Kernels with a version and a build of their own, for this kind of machine."""
    fixed = Here[Kernel](lambda kernel: build_of(kernel) is not None)
    yield Criterion("a fixed version", fixed, "name one", implied=True)
    machine = criteria.architecture
    yield Criterion(f"architecture {machine}", Kernels.architecture == machine, "change architecture")
    todo = "take another version"
    yield Criterion("not deprecated", Kernels.deprecated.is_(False), todo, _label, implied=True)
    boots = Kernels.kvm.is_(True) if criteria.kvm else All[Kernel](())
    yield Criterion("KVM", boots, "set kvm to false", implied=True)
    yield from _versions("", criteria.version, lambda kernel: (build_of(kernel) or ((), 0))[0])


_BUILD = re.compile(r"^linode/(?P<version>\d+(?:\.\d+)*)-.*linode(?P<build>\d+)$")


def build_of(kernel: Kernel) -> tuple[tuple[int, ...], int] | None:
    """Version and build by the id; None for what moves or is no kernel."""
    found = _BUILD.match(kernel.id)
    return (_numbers(found["version"]), int(found["build"])) if found else None


def kilometres_from(near: tuple[float, float] | None) -> Callable[[Region], float]:
    """Tells how far a region is; infinite when the table of cities does not know it, or there is no `near`."""

    def away(region: Region) -> float:
        there = coordinates_of(region.id)
        return inf if near is None or there is None else distance_km(near, there)

    return away


def kilometres_in_words(away: float) -> str:
    return "at an unknown distance" if away == inf else f"{away:.0f} km away"


def usd_a_month(price: float | None) -> str:
    return "price unknown" if price is None else f"{price:.2f} USD/month"


def _prices(criteria: TypeCriteria, region: str) -> Iterator[Criterion[LinodeType]]:
    """By the prices of a region (its id), or of those without their own for ""."""
    backups = " with backups" if criteria.backups else ""

    def monthly(item: LinodeType) -> float:
        return item.monthly_usd(region, criteria.backups) or 0.0

    def hourly(item: LinodeType) -> float:
        return item.hourly_usd(region, criteria.backups) or 0.0

    priced = Here[LinodeType](lambda item: item.monthly_usd(region, criteria.backups) is not None)
    unknown, todo = "the API names no price", "ask for it without a price"
    yield Criterion(f"a known price{backups}", priced, todo, lambda _: unknown, implied=True)
    todo = ", or loosen another criterion"
    if (most := criteria.max_monthly_usd) is not None:
        yield Criterion(
            f"≤ {most:g} USD/month{backups}",
            Here(lambda item: monthly(item) <= most),
            f"raise max_monthly_usd{todo}",
            lambda item: usd_a_month(monthly(item)),
            monthly,
        )
    if (dear := criteria.max_hourly_usd) is not None:
        yield Criterion(
            f"≤ {dear:g} USD/hour{backups}",
            Here(lambda item: hourly(item) <= dear),
            f"raise max_hourly_usd{todo}",
            lambda item: f"{hourly(item):g} USD/hour",
            hourly,
        )


def _own_images(criteria: ImageCriteria) -> Iterator[Criterion[Image]]:
    yield Criterion("own", Images.is_public.is_(False), "make an image, or set own to false")
    if (label := criteria.label) is not None:
        yield Criterion(f"label {label}", Images.label == label, "change label", _label)
    for tag in criteria.tags:
        yield Criterion(f"tag {tag}", Images.tags.contains(tag), "change tags", _label)


def _public_images(criteria: ImageCriteria) -> Iterator[Criterion[Image]]:
    yield Criterion("public", Images.is_public.is_(True), "set own to true", implied=True)
    if (vendor := criteria.vendor) is not None:
        todo = _todo("change vendor", lambda image: [image.vendor], [vendor], listed="; the catalog has ")
        yield Criterion(f"vendor {vendor}", Images.vendor == vendor, todo)
    if (name := criteria.distribution) is not None:
        of_it = Here[Image](lambda image: _release(image).distribution == name.casefold())
        todo = _todo("change distribution", lambda image: [_release(image).distribution], [name])
        yield Criterion(f"distribution {name}", of_it, todo)
    variant = criteria.variant or ""
    same = Here[Image](lambda image: image.release is not None and image.release.variant == variant)
    text = f"variant {variant}" if variant else "no variant"
    yield Criterion(text, same, "change variant", _label, implied=not variant)
    for bound in BOUNDS:
        yield from _versions(
            bound, getattr(criteria, f"{bound}version"), lambda image: _release(image).version
        )
    if criteria.lts:
        lts = Here[Image](lambda image: _release(image).lts)
        yield Criterion("long-term support", lts, "set lts to false: only Ubuntu marks it", _label)


def _measured(criteria: object, measure: Number[ItemT], word: str, unit: str) -> Iterator[Criterion[ItemT]]:
    """What the criteria say of a measure by its name: exactly, at least, at most. What is not known is not too much."""
    name = measure.field.name
    for bound, (sign, todo) in BOUNDS.items():
        if (value := getattr(criteria, bound + name, None)) is not None:
            where = {"": measure == value, "min_": measure >= value, "max_": ~(measure > value)}[bound]
            yield Criterion(f"{word} {sign} {value}{unit}", where, f"{todo}{name}", unit=unit or f" {word}")


def _versions(
    bound: str, version: str | None, version_of: Callable[[ItemT], tuple[int, ...]]
) -> Iterator[Criterion[ItemT]]:
    """By the numbers of a version: 12 is also 12.5, and so no more than 12."""
    if not version:
        return
    asked, (sign, todo) = _numbers(version), BOUNDS[bound]
    tests: dict[str, Callable[[ItemT], bool]] = {
        "": lambda item: version_of(item)[: len(asked)] == asked,
        "min_": lambda item: version_of(item) >= asked,
        "max_": lambda item: version_of(item)[: len(asked)] <= asked,
    }
    text = f"version {sign} {version}" if bound else f"version {version}"
    yield Criterion(text, Here(tests[bound]), f"{todo}version", _label)


def _one_of(
    attribute: Text[ItemT], word: str, names: Names, todo: Callable[[Sequence[ItemT]], str]
) -> Iterator[Criterion[ItemT]]:
    if names:
        yield Criterion(f"{word} {' or '.join(names)}", attribute.one_of(*names), todo)


def _none_of(attribute: Text[ItemT], names: Names) -> Iterator[Criterion[ItemT]]:
    if names:
        yield Criterion(f"id not {' or '.join(names)}", ~attribute.one_of(*names), "shorten exclude")


def _todo(
    do: str,
    of: Callable[[Any], Iterable[str | None]],
    names: Names = (),
    unknown: str = "",
    listed: str = "",
) -> Callable[[Sequence[Any]], str]:
    """What to do, with the nearest to the first of the names that no candidate has, and with all that they have."""

    def todo(items: Sequence[Any]) -> str:
        known = sorted({each for item in items for each in of(item) if each})
        missing = unknown if set(names) - set(known) else ""
        there = f"{listed}{', '.join(known)}" if listed else ""
        return f"{do}{missing}{nearest_of_unknown(names, known)}{there}"

    return todo


def _label(item: Named) -> str:
    return item.label or item.id


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _release(image: Image) -> Release:
    """The image's release; one without any name or number where it has none."""
    return image.release or Release("")
