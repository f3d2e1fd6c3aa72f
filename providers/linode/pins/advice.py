"""What the catalog says of a pin today: something newer or cheaper, or what is wrong with what is pinned.

It never changes a plan: it is told, and `repin` moves the pin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeVar

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs import Availability, Catalogs, Image, Kernel, LinodeType, Pick, Region
from providers.linode.catalogs.funnel import HasId
from providers.linode.catalogs.tree import Filter, Order
from providers.linode.pins.pin import Pin
from providers.linode.pins.wish import Kind

ItemT = TypeVar("ItemT", bound=HasId)

CATALOG_OF: Mapping[Kind, str] = {
    "type": "LinodeTypes",
    "region": "Regions",
    "image": "Images",
    "kernel": "Kernels",
}
BETTER: Mapping[Kind, str] = {
    "type": "would be picked now",
    "region": "would be picked now",
    "image": "is newer",
    "kernel": "is newer",
}


@dataclass(frozen=True)
class Note:
    """One line about one pin. `warning`: what is pinned is at its end; else there is a choice."""

    severity: Literal["info", "warning"]
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


def advise(key: str, pin: Pin, catalogs: Catalogs, today: date, repin: str) -> Note | None:
    """What there is to say of a pin; None when it is what would be picked now, at its price.

    `repin` is the command that moves pins; the note ends with it. Raises what the client raises.
    """
    if (trouble := _trouble(pin, catalogs, today)) is not None:
        return Note("warning", key, f"{trouble}. The plan keeps it. Next: {repin} {key}")
    fresh = pin.wish.pick(catalogs, today)
    if fresh.id == pin.chosen:
        return _price_note(key, pin, fresh)
    if fresh.id == pin.declined:
        return None
    return Note("info", key, f"{_better(pin, fresh)}; the plan keeps {pin.chosen}. Next: {repin} {key}")


def _trouble(pin: Pin, catalogs: Catalogs, today: date) -> str | None:
    """Why what is pinned would not be picked, whatever else there is; None when it still fits."""
    if not catalogs.has(CATALOG_OF[pin.kind], pin.chosen):
        return f"{pin.chosen} is pinned, and no longer in the catalog"
    try:
        pin.wish.pick(Only(catalogs, pin.kind, pin.chosen), today)
    except NoMatch as none:
        return f"{pin.chosen} is pinned, and {_in_words(none.criterion)}"
    return None


def _in_words(criterion: str) -> str:
    """What it means no longer to meet a criterion."""
    if criterion == "not deprecated":
        return "deprecated"
    if criterion.startswith("any left in "):
        return f"sold out in {criterion.removeprefix('any left in ')}"
    if criterion.startswith("support on "):
        return "no longer supported by its maker"
    return f"no longer meets `{criterion}`" if criterion else "no longer fits"


def _better(pin: Pin, fresh: Pick[Any]) -> str:
    now, then = fresh.monthly_usd, pin.monthly_usd
    if now is not None and then is not None and now < then:
        return f"{fresh.id} is cheaper, {now:.2f} instead of {then:.2f} USD/month"
    return f"{fresh.id} {BETTER[pin.kind]}"


def _price_note(key: str, pin: Pin, fresh: Pick[Any]) -> Note | None:
    now, then = fresh.monthly_usd, pin.monthly_usd
    if now is None or then is None or now == then:
        return None
    return Note("info", key, f"{pin.chosen} costs {now:.2f} USD/month now, {then:.2f} when it was pinned")


class Only(Catalogs):
    """Catalogs in which one kind of thing has one candidate: to ask whether that one fits."""

    def __init__(self, catalogs: Catalogs, kind: Kind, id_: str) -> None:
        self._catalogs = catalogs
        self._kind = kind
        self._id = id_

    def availability(
        self, where: Filter[Availability] | None = None, order: Order[Availability] | None = None
    ) -> tuple[Availability, ...]:
        return self._catalogs.availability(where, order)

    def types(
        self, where: Filter[LinodeType] | None = None, order: Order[LinodeType] | None = None
    ) -> tuple[LinodeType, ...]:
        return self._one("type", self._catalogs.types, where, order)

    def regions(
        self, where: Filter[Region] | None = None, order: Order[Region] | None = None
    ) -> tuple[Region, ...]:
        return self._one("region", self._catalogs.regions, where, order)

    def images(
        self, where: Filter[Image] | None = None, order: Order[Image] | None = None
    ) -> tuple[Image, ...]:
        return self._one("image", self._catalogs.images, where, order)

    def kernels(
        self, where: Filter[Kernel] | None = None, order: Order[Kernel] | None = None
    ) -> tuple[Kernel, ...]:
        return self._one("kernel", self._catalogs.kernels, where, order)

    def _one(
        self, kind: Kind, find: Callable[..., tuple[ItemT, ...]], where: object, order: object
    ) -> tuple[ItemT, ...]:
        found = find(where, order)
        return tuple(item for item in found if item.id == self._id) if kind == self._kind else found
