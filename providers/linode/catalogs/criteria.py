"""What a pick looks for, as plain settings: the keys that stand under `type`, `region` and `image` in a
stack's `Pulumi.<stack>.yaml`.

Every criterion left out is no restriction, unless its default says otherwise. `otherwise` holds the criteria
to fall back on when nothing fits. Lists without an order are kept sorted, so that criteria that mean the
same are equal, and so is their JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from providers.linode.api.errors import BadFilter
from providers.linode.catalogs.places import CONTINENTS, Continent
from providers.linode.nearest import did_you_mean

CriteriaT = TypeVar("CriteriaT", bound="Criteria")


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _sorted_set(value: object) -> object:
    value = _one_or_more(value)
    listed = isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(each, str) for each in value)
    return tuple(sorted(set(value))) if listed else value  # type: ignore[call-overload]  # strings, just seen


def _countries(value: object) -> object:
    found = _sorted_set(value)
    return tuple(sorted({each.lower() for each in found})) if isinstance(found, tuple) else found


def _continent(value: object) -> object:
    return value.strip().lower().replace(" ", "-").replace("_", "-") if isinstance(value, str) else value


def _version(value: object) -> object:
    if isinstance(value, float) and not value.is_integer():
        raise ValueError("put the version in quotes: YAML reads 24.10 as the number 24.1")
    return str(int(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _usd(value: object) -> object:
    """A price that says in words what it is: `$40`, `40 USD`; one in another currency is refused."""
    if not isinstance(value, str):
        return value
    amount = re.fullmatch(r"(?:USD|US\$|\$)?\s*(\d+(?:\.\d+)?)\s*(?:USD|\$)?", value.strip(), re.IGNORECASE)
    if amount is None:
        raise ValueError("prices are in US dollars: give a number, such as 40")
    return float(amount[1])


_OneOrMore = str | tuple[str, ...]
"""What may be written, for the schema of editors."""

Ordered = Annotated[tuple[str, ...], BeforeValidator(_one_or_more, _OneOrMore)]
Unordered = Annotated[tuple[str, ...], BeforeValidator(_sorted_set, _OneOrMore)]
VersionText = Annotated[str, BeforeValidator(_version, str | float), Field(pattern=r"^\d+(\.\d+)*$")]
AtLeast = Annotated[int, Field(ge=0)]
Usd = Annotated[float, BeforeValidator(_usd, str | float), Field(ge=0)]


if TYPE_CHECKING:  # editors and mypy take a constructor's arguments from the fields
    from pydantic._internal._model_construction import ModelMetaclass as _OneLine
else:

    class _OneLine(type(BaseModel)):
        """Criteria made in code are refused in one line, too; within settings, every problem at once stays so."""

        def __call__(cls, *args, **values):
            try:
                return super().__call__(*args, **values)
            except ValidationError as error:
                raise BadFilter(_one_line(cls, error.errors()[0])) from None


class Criteria(BaseModel, metaclass=_OneLine):
    """Base of all: frozen, no unknown keys. Raises BadFilter, in one line, for a wrong key or value."""

    model_config = ConfigDict(
        defer_build=True, frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False
    )

    @classmethod
    def read(cls: type[CriteriaT], settings: Mapping[str, object]) -> CriteriaT:
        """The criteria from settings, with their names. Raises BadFilter."""
        return cls(**settings)

    @classmethod
    def setting_names(cls) -> list[str]:
        """Every key that settings may have, as they are written there."""
        return [field.serialization_alias or name for name, field in cls.model_fields.items()]

    def canonical_json(self) -> str:
        """The same text for the same criteria, whatever way they were written; defaults are left out."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class TypeCriteria(Criteria):
    """Which plan. Prices are those of the region, with backups if `backups` says so.

    `ids`: none but these. `prefer`: ids to take first, in that order, when they fit. `choose`: what to take
    else; cheapest by the month, smallest by memory, then cores and disk, largest the other way round.
    """

    ids: Unordered = ()
    class_: Unordered = Field(default=(), validation_alias="class", serialization_alias="class")
    vcpus: AtLeast | None = None
    min_vcpus: AtLeast | None = None
    max_vcpus: AtLeast | None = None
    memory_mb: AtLeast | None = None
    min_memory_mb: AtLeast | None = None
    max_memory_mb: AtLeast | None = None
    min_disk_mb: AtLeast | None = None
    min_transfer_gb: AtLeast | None = None
    min_network_out_mbps: AtLeast | None = None
    gpus: AtLeast | None = None
    min_gpus: AtLeast | None = None
    max_monthly_usd: Usd | None = None
    max_hourly_usd: Usd | None = None
    backups: bool = False
    exclude: Unordered = ()
    prefer: Ordered = ()
    choose: Literal["cheapest", "smallest", "largest"] = "cheapest"
    otherwise: TypeCriteria | None = None


class RegionCriteria(Criteria):
    """Which region. A region must have every capability, and lie in one of the countries and the continent.

    `prefer`: ids to take first, in that order, when they fit; after them the nearest to `near` (latitude and
    longitude in degrees), or else the first by id. Countries are two-letter codes.
    """

    ids: Unordered = ()
    continent: Annotated[Continent | None, BeforeValidator(_continent)] = None
    countries: Annotated[tuple[str, ...], BeforeValidator(_countries, _OneOrMore)] = ()
    capabilities: Unordered = ()
    site_type: Literal["core", "distributed", "any"] = "core"
    near: tuple[Annotated[float, Field(ge=-90, le=90)], Annotated[float, Field(ge=-180, le=180)]] | None = (
        None
    )
    max_distance_km: AtLeast | None = None
    exclude: Unordered = ()
    prefer: Ordered = ()
    otherwise: RegionCriteria | None = None

    @model_validator(mode="after")
    def _distance_from_somewhere(self) -> RegionCriteria:
        if self.max_distance_km is not None and self.near is None:
            raise ValueError("max_distance_km needs `near`, a latitude and a longitude")
        return self


class ImageCriteria(Criteria):
    """Which image: the newest version of one vendor's or distribution's plain images, still supported.

    `vendor` as the API writes it (Debian, Ubuntu, CentOS …); `distribution` as the ids do (debian, centos-stream …).
    `version` 12 takes 12 and 12.5. `supported_until` asks for support beyond today. With `own` the account's
    own images are looked through instead, by `label` and `tags`, and the last made is taken.
    """

    vendor: str | None = None
    distribution: str | None = None
    version: VersionText | None = None
    min_version: VersionText | None = None
    max_version: VersionText | None = None
    lts: bool = False
    capabilities: Unordered = ()
    max_size_mb: AtLeast | None = None
    supported_until: date | None = None
    deprecated: bool = False
    variant: str | None = None
    own: bool = False
    label: str | None = None
    tags: Unordered = ()
    exclude: Unordered = ()
    prefer: Ordered = ()
    otherwise: ImageCriteria | None = None

    @model_validator(mode="after")
    def _comparable_versions(self) -> ImageCriteria:
        if not (self.own or self.vendor or self.distribution):
            raise ValueError("name a vendor or a distribution: versions of different ones don't compare")
        return self


class AnyImages(ImageCriteria):
    """As ImageCriteria, for lists of images, whose versions need not compare."""

    @model_validator(mode="after")
    def _comparable_versions(self) -> AnyImages:
        return self


class KernelCriteria(Criteria):
    """Which kernel: the newest version of those that fit and are not deprecated."""

    architecture: Literal["x86_64", "i386"] = "x86_64"
    kvm: bool = True
    version: VersionText | None = None
    prefer: Ordered = ()
    otherwise: KernelCriteria | None = None


def _one_line(cls: type[Criteria], problem: ErrorDetails) -> str:
    """`region.contries: no such key (did you mean countries?). Next: …`."""
    path = [str(part) for part in problem["loc"]]
    key = ".".join(path)
    keys = cls.setting_names()
    what = f"{cls.__name__}: {key}" if path else cls.__name__
    if problem["type"] == "extra_forbidden":
        return f"{what} is no criterion{did_you_mean(path[-1], keys)}. Next: use one of {', '.join(keys)}."
    if key == "continent":
        near = did_you_mean(str(problem["input"]), CONTINENTS)
        return f"{what} is {problem['input']!r}{near}. Next: use one of {', '.join(CONTINENTS)}."
    said = in_words(problem)
    got = f" (got {problem['input']!r})" if path else ""
    return f"{what}: {said[:1].lower()}{said[1:]}{got}. Next: correct it."


EXAMPLES = {
    "TypeCriteria": "{min_memory_mb: 2048} or {ids: [g6-standard-2]}",
    "RegionCriteria": "{continent: europe} or {ids: [de-fra-2]}",
    "ImageCriteria": "{vendor: Debian}",
    "KernelCriteria": "{architecture: x86_64}",
}


def in_words(problem: ErrorDetails) -> str:
    """What is wrong with a value, without the names of classes, which mean nothing in a file of settings."""
    if problem["type"] == "model_type" and (example := EXAMPLES.get(problem["ctx"]["class_name"])):
        return f"must be a map of criteria, such as {example}"
    if problem["type"] in ("model_type", "dict_type", "mapping_type"):
        return "must be a map of settings"
    if problem["type"] in ("bool_parsing", "bool_type"):
        return "must be true or false"
    if problem["type"] == "tuple_type":
        return "must be a list"
    said = str(problem["msg"]).removeprefix("Value error, ").partition(", unable to parse")[0]
    return said.replace("Input should be", "must be", 1)
