"""Picks of an image: the newest version, by number and not by date, of what is plain and still supported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs.criteria import ImageCriteria
from providers.linode.catalogs.field import name_key
from providers.linode.catalogs.funnel import Criterion, sieve
from providers.linode.catalogs.lookup import Catalogs
from providers.linode.catalogs.pick import Pick, Ranking, decide, first_that_fits
from providers.linode.catalogs.records import Image
from providers.linode.nearest import did_you_mean

ImageCriterion = Criterion[Image]


def pick_image(catalogs: Catalogs, criteria: ImageCriteria, today: date) -> Pick[Image]:
    """The image that fits best; `today` is the day on which it must still be supported.

    Deprecated images and variants (Kubernetes', a GPU maker's) are out unless asked for. Ties, documented so
    that they never move: `prefer` in its order, then the highest version, then the plain one, then the id;
    of one's own images the last made, then the id. Raises NoMatch, and what the client raises.
    """
    return first_that_fits(catalogs, criteria, lambda wanted: _pick(catalogs, wanted, today))


def newest(images: Iterable[Image]) -> Image:
    """The one with the highest version, of images of one distribution; then the plain one, then by id."""
    found = sorted(images, key=_by_version)
    if not found:
        raise NoMatch("there is no image to take the newest of. Next: give at least one.")
    return found[0]


def _pick(catalogs: Catalogs, criteria: ImageCriteria, today: date) -> Pick[Image]:
    images = catalogs.images()
    kind = _own(criteria) if criteria.own else _public(criteria, images)
    fits, funnel = sieve("image", images, [*kind, *_any(criteria, today)])
    ranking = Ranking("newest", _by_making if criteria.own else _by_version, _label, criteria.prefer)
    return decide(fits, funnel, ranking)


def _label(image: Image) -> str:
    return image.label or image.id


def _by_version(image: Image) -> tuple[Any, ...]:
    release = image.release
    version = release.version if release else ()
    padded = (*(-part for part in version), *(0,) * 8)[:8]
    return release is None, padded, bool(release and release.variant), name_key(image.id)


def _by_making(image: Image) -> tuple[Any, ...]:
    return image.created is None, -image.created.timestamp() if image.created else 0.0, name_key(image.id)


def _own(criteria: ImageCriteria) -> list[ImageCriterion]:
    found = [ImageCriterion("own", lambda image: not image.is_public, "make an image, or set own to false")]
    if criteria.label is not None:
        found.append(
            ImageCriterion(
                f"label {criteria.label}",
                lambda image: image.label == criteria.label,
                "change label",
                shows=_label,
            )
        )
    tags = [ImageCriterion(f"tag {tag}", _has_tag(tag), "change tags", shows=_label) for tag in criteria.tags]
    return [*found, *tags]


def _public(criteria: ImageCriteria, images: Iterable[Image]) -> list[ImageCriterion]:
    found = [
        ImageCriterion("public", lambda image: image.is_public, "set own to true", implied=True),
        *_by_maker(criteria, images),
        ImageCriterion(
            f"variant {criteria.variant}" if criteria.variant else "no variant",
            lambda image: image.release is not None and image.release.variant == (criteria.variant or ""),
            "change variant",
            shows=_label,
            implied=not criteria.variant,
        ),
        *_by_number(criteria),
    ]
    if criteria.lts:
        found.append(
            ImageCriterion(
                "long-term support",
                lambda image: bool(image.release and image.release.lts),
                "set lts to false: only Ubuntu marks it",
                shows=_label,
            )
        )
    return found


def _by_maker(criteria: ImageCriteria, images: Iterable[Image]) -> list[ImageCriterion]:
    found: list[ImageCriterion] = []
    if (vendor := criteria.vendor) is not None:
        vendors = sorted({image.vendor for image in images if image.vendor})
        found.append(
            ImageCriterion(
                f"vendor {vendor}",
                lambda image: (image.vendor or "").casefold() == vendor.casefold(),
                f"change vendor{did_you_mean(vendor, vendors)}; the catalog has {', '.join(vendors)}",
            )
        )
    if (distribution := criteria.distribution) is not None:
        known = sorted({image.release.distribution for image in images if image.release})
        found.append(
            ImageCriterion(
                f"distribution {distribution}",
                lambda image: bool(image.release and image.release.distribution == distribution.casefold()),
                f"change distribution{did_you_mean(distribution, known)}",
            )
        )
    return found


def _by_number(criteria: ImageCriteria) -> list[ImageCriterion]:
    found: list[ImageCriterion] = []
    if criteria.version:
        exact = _parts(criteria.version)
        found.append(
            ImageCriterion(
                f"version {criteria.version}",
                lambda image: _version(image)[: len(exact)] == exact,
                "change version",
                shows=_label,
            )
        )
    if criteria.min_version:
        least = _parts(criteria.min_version)
        found.append(
            ImageCriterion(
                f"version ≥ {criteria.min_version}",
                lambda image: _version(image) >= least,
                "lower min_version",
                shows=_label,
            )
        )
    if criteria.max_version:
        most = _parts(criteria.max_version)
        found.append(
            ImageCriterion(
                f"version ≤ {criteria.max_version}",
                lambda image: _version(image)[: len(most)] <= most,
                "raise max_version",
                shows=_label,
            )
        )
    return found


def _any(criteria: ImageCriteria, today: date) -> list[ImageCriterion]:
    """What goes for public images and one's own: usable, supported, small enough."""
    day = max(today, criteria.supported_until or today)
    found = [
        ImageCriterion(
            "status available",
            lambda image: image.status == "available",
            "wait until it is made",
            shows=lambda image: image.status,
            implied=True,
        ),
        ImageCriterion(
            f"support on {day}",
            lambda image: image.eol is None or image.eol > day,
            "take a newer version, or an earlier supported_until",
            shows=lambda image: f"ended {image.eol}",
            miss=lambda image: (day - image.eol).days if image.eol else 0,
            implied=criteria.supported_until is None,
        ),
    ]
    if not criteria.deprecated:
        found.append(
            ImageCriterion(
                "not deprecated",
                lambda image: not image.deprecated,
                "take another version, or set deprecated to true",
                shows=_label,
                implied=True,
            )
        )
    return [*found, *_by_use(criteria)]


def _by_use(criteria: ImageCriteria) -> list[ImageCriterion]:
    found = [
        ImageCriterion(f"capability {each}", _can(each), f"drop {each} from capabilities", shows=_label)
        for each in criteria.capabilities
    ]
    if (most := criteria.max_size_mb) is not None:
        found.append(
            ImageCriterion(
                f"size ≤ {most} MB",
                lambda image: image.size_mb <= most,
                "raise max_size_mb",
                shows=lambda image: f"{image.size_mb} MB",
                miss=lambda image: image.size_mb,
            )
        )
    if criteria.exclude:
        found.append(
            ImageCriterion(
                f"id not {' or '.join(criteria.exclude)}",
                lambda image: image.id not in criteria.exclude,
                "shorten exclude",
            )
        )
    return found


def _has_tag(tag: str) -> Callable[[Image], bool]:
    return lambda image: tag in image.tags


def _can(capability: str) -> Callable[[Image], bool]:
    return lambda image: capability in image.capabilities


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _version(image: Image) -> tuple[int, ...]:
    return image.release.version if image.release else ()
