"""Ids and classes in criteria that the catalog does not have: misspelt, or of something that has retired.

No error, as long as something fits: a plan may have gone since the criteria were written. But never silent, for
a misspelt preference changes the pick.
"""

from __future__ import annotations

from collections.abc import Collection

from providers.linode.catalogs.criteria import (
    Criteria,
    ImageCriteria,
    KernelCriteria,
    RegionCriteria,
    TypeCriteria,
)
from providers.linode.catalogs.lookup import Catalogs
from providers.linode.nearest import did_you_mean

ID_LISTS = ("ids", "prefer", "exclude")
"""The criteria that are lists of ids; not every catalog's have all three."""


def unknown_names(catalogs: Catalogs, criteria: Criteria) -> tuple[str, ...]:
    """`prefer names gb-lonn, which is no region (did you mean gb-lon?)` for each unknown one, `otherwise` too.

    Raises what the client raises.
    """
    found: list[str] = []
    wanted: Criteria | None = criteria
    while wanted is not None:
        found += _of_one(catalogs, wanted)
        wanted = getattr(wanted, "otherwise", None)
    return tuple(dict.fromkeys(found))


def _of_one(catalogs: Catalogs, criteria: Criteria) -> list[str]:
    named = [(key, name) for key in ID_LISTS for name in getattr(criteria, key, ())]
    classes = criteria.class_ if isinstance(criteria, TypeCriteria) else ()
    if not named and not classes:
        return []
    noun, ids = _ids(catalogs, criteria)
    found = [
        f"{key} names {name}, which is no {noun}{did_you_mean(name, ids)}"
        for key, name in named
        if name not in ids
    ]
    known = {item.class_ for item in catalogs.types() if item.class_} if classes else set()
    return found + [
        f"class names {name}, which is no class of the catalog{did_you_mean(name, known)}"
        for name in classes
        if name not in known
    ]


def _ids(catalogs: Catalogs, criteria: Criteria) -> tuple[str, Collection[str]]:
    """What the criteria are about, and the ids of all of them."""
    if isinstance(criteria, TypeCriteria):
        return "type", {item.id for item in catalogs.types()}
    if isinstance(criteria, RegionCriteria):
        return "region", {item.id for item in catalogs.regions()}
    if isinstance(criteria, ImageCriteria):
        return "image", {item.id for item in catalogs.images()}
    assert isinstance(criteria, KernelCriteria), criteria  # noqa: S101 - the four are all there are
    return "kernel", {item.id for item in catalogs.kernels()}
