"""What the catalogs hold, as frozen records with the units in the names.

Fields of the API come and go: unknown ones are dropped, missing, null or odd ones get their default. A price
that is missing is None, never 0: nothing is picked for being free by accident. Releases of images are read from
their ids, not from dates: old releases are rebuilt, new ones are prepared early.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from providers.linode.catalogs.filter import parse_moment
from providers.linode.catalogs.places import Continent, continent_of


def _day(value: object) -> object:
    """The day of an API time; eol is given as the first second of it."""
    moment = parse_moment(value) if isinstance(value, str) else None
    return moment.date() if moment else value


def _stripped(value: object) -> object:
    """Labels have been seen to end with a tab."""
    return value.strip() if isinstance(value, str) else value


def _names(value: object) -> object:
    """The region ids of [{region, status}, …]."""
    if not isinstance(value, (list, tuple)):
        return value
    return tuple(str(each.get("region")) if isinstance(each, Mapping) else each for each in value)


class Record(BaseModel):
    """Base of all: frozen, built from the API's names or, in tests and programs, from the names here."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_missing(cls, row: Any) -> Any:
        if not isinstance(row, Mapping):
            return row
        return {key: value for key, value in row.items() if value is not None}


class Price(Record):
    """US dollars, without tax; `monthly_usd` is the most that a month costs. None: the API does not say."""

    hourly_usd: float | None = Field(default=None, validation_alias="hourly", ge=0)
    monthly_usd: float | None = Field(default=None, validation_alias="monthly", ge=0)


class RegionPrice(Price):
    """The price in one region, where it differs."""

    region: str = Field(validation_alias="id")


class Priced(Record):
    """What costs something, more in some regions. Source: GET /volumes/types, of which a row is a GB's."""

    id: str = ""
    label: str = ""
    price: Price = Price()
    region_prices: tuple[RegionPrice, ...] = ()

    def monthly_usd(self, region: str) -> float | None:
        return _price_in(region, self.price, self.region_prices).monthly_usd


def _price_in(region: str, price: Price, own: Iterable[RegionPrice]) -> Price:
    return next((each for each in own if each.region == region), price)


class LinodeType(Priced):
    """A plan: what a Linode of it has, and what it costs. Source: GET /linode/types."""

    id: str
    class_: str = Field(default="", validation_alias="class")
    vcpus: int = 0
    memory_mb: int = Field(default=0, validation_alias="memory")
    disk_mb: int = Field(default=0, validation_alias="disk")
    transfer_gb: int = Field(default=0, validation_alias="transfer")
    network_out_mbps: int = Field(default=0, validation_alias="network_out")
    gpus: int = 0
    accelerated_devices: int = 0
    successor: str | None = None
    backups_price: Price = Field(default=Price(), validation_alias=AliasPath("addons", "backups", "price"))
    backups_region_prices: tuple[RegionPrice, ...] = Field(
        default=(), validation_alias=AliasPath("addons", "backups", "region_prices")
    )

    def monthly_usd(self, region: str, backups: bool = False) -> float | None:
        """USD for a whole month in a region, with the backup service if wanted; None when not known."""
        return self._usd("monthly_usd", region, backups)

    def hourly_usd(self, region: str, backups: bool = False) -> float | None:
        """USD for an hour in a region, with the backup service if wanted; None when not known."""
        return self._usd("hourly_usd", region, backups)

    def _usd(self, per: str, region: str, backups: bool) -> float | None:
        """To the tenth of a cent of an hour, so that 12.0 + 2.5 is 14.5 and not a hair more."""
        asked = [(self.price, self.region_prices)]
        asked += [(self.backups_price, self.backups_region_prices)] if backups else []
        prices = [_price_in(region, *each) for each in asked]
        found = [getattr(price, per) for price in prices]
        return None if None in found else round(sum(found), 5)


class Region(Record):
    """A place with Linodes. `country` is two lower-case letters. Source: GET /regions."""

    id: str
    label: Annotated[str, BeforeValidator(_stripped)] = ""
    country: str = ""
    capabilities: tuple[str, ...] = ()
    status: str = "ok"
    site_type: str = "core"
    placement_group_limits: Mapping[str, int | None] = Field(default_factory=dict)

    @property
    def continent(self) -> Continent | None:
        return continent_of(self.country)


class Availability(Record):
    """Whether a plan of limited supply is on sale in a region. Source: GET /regions/availability."""

    region: str
    plan: str
    available: bool = True


class Image(Record):
    """A disk image. `size_mb` is the least disk it fits on; `eol` the day its maker's support ends.

    Public images have a vendor, and are in every region; own ones list theirs. Source: GET /images.
    """

    id: str
    label: str = ""
    vendor: str | None = None
    description: str = ""
    deprecated: bool = False
    is_public: bool = False
    status: str = "available"
    type: str = "manual"
    size_mb: int = Field(default=0, validation_alias="size")
    created: datetime | None = None
    eol: Annotated[date | None, BeforeValidator(_day)] = None
    tags: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    regions: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()

    @property
    def release(self) -> Release | None:
        """The distribution and version, by the id; None for an image of one's own."""
        return parse_release(self.id, self.label)


class Kernel(Record):
    """A kernel to boot instead of the image's. Two ids stand twice in the list. Source: GET /linode/kernels."""

    id: str
    label: str = ""
    version: str = ""
    architecture: str = ""
    kvm: bool = False
    pvops: bool = False
    deprecated: bool = False
    built: datetime | None = None


RecordT = TypeVar("RecordT", bound=BaseModel)


def parse(model: type[RecordT], row: Mapping[str, object]) -> RecordT | None:
    """The row as a record: fields that can't be read get their default; None when its id can't."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        odd = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
    try:
        return model.model_validate({key: value for key, value in row.items() if key not in odd})
    except ValidationError:
        return None


_ID = re.compile(
    r"linode/(?P<name>[a-z]+(?:-[a-z]+(?=\d))?)(?P<version>\d+(?:\.\d+)*)?(?P<lts>lts)?(?:-(?P<variant>.+))?"
)
_VARIANT_LABEL = re.compile(r"\b(kubernetes|lke|kpp|nvidia)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Release:
    """A distribution's release. `version` is () for one that has none, such as Arch; `variant` is "" for the plain."""

    distribution: str
    version: tuple[int, ...] = ()
    variant: str = ""
    lts: bool = False

    @property
    def version_text(self) -> str:
        """The version as written, but for leading zeros: 24.04 is kept."""
        if self.distribution == "ubuntu" and len(self.version) == 2:
            return f"{self.version[0]}.{self.version[1]:02}"
        return ".".join(str(part) for part in self.version)


def parse_release(image_id: str, label: str = "") -> Release | None:
    """The release that a public image holds; None for an id that names none, such as private/12345.

    The label tells of variants whose id does not. LTS is what the label or the id calls so, and Ubuntu's
    April releases of even years, which all are.
    """
    found = _ID.fullmatch(image_id)
    if found is None:
        return None
    version = tuple(int(part) for part in (found["version"] or "").split(".") if part)
    in_label = _VARIANT_LABEL.search(label)
    variant = found["variant"] or (in_label[1].lower() if in_label else "")
    even_april = found["name"] == "ubuntu" and version[1:2] == (4,) and version[0] % 2 == 0
    lts = bool(found["lts"]) or bool(re.search(r"\bLTS\b", label)) or even_april
    return Release(found["name"], version, variant, lts)


NEEDS: dict[str, str] = {
    "gpu": "GPU Linodes",
    "premium": "Premium Plans",
    "accelerated": "NETINT Quadra T1U",
}
"""The capability that a region must have for the plans of a class, where the availability list is silent."""


def sold_in(region: Region, availability: Iterable[Availability]) -> Callable[[LinodeType], bool]:
    """Tells whether a plan is on sale in the region.

    The availability list names plans of limited supply only, so a plan that it doesn't name is on sale
    wherever the region has what its class needs. Distributed regions have plans of their own, known by their
    ids (g6-dedicated-edge-2), and sell no others. Source: GET /regions/availability, GET /regions.
    """
    rows = {row.plan: row.available for row in availability if row.region == region.id}

    def on_sale(item: LinodeType) -> bool:
        if item.id in rows:
            return rows[item.id]
        if (region.site_type == "distributed") != ("-edge-" in item.id):
            return False
        needed = NEEDS.get(item.class_)
        return needed is None or needed in region.capabilities

    return on_sale
