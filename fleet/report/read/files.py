"""The small files of a bundle, as typed records. Unknown fields are ignored; a wrong type is an error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

ValueT = TypeVar("ValueT")
Money = Annotated[Decimal, Field(ge=-(10**12), le=10**12, allow_inf_nan=False)]
"""US dollars a month, within what can be shown."""

DataLoss = Literal["block", "ack", "allow"]
"""From strict to loose."""

Level = Literal["none", "billing", "unknown", "power off", "data loss"]
Destroyed = Literal["disks", "backups", "records", "addresses", "id"]
SecondsOff = tuple[int, int]
"""The least and the most that a server is off."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Guard(Frozen, Generic[ValueT]):
    """A limit with the place in the settings that sets it. A bare value is one without a place."""

    value: ValueT
    file: str = ""
    line: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: object) -> object:
        return data if isinstance(data, (Mapping, Guard)) else {"value": data}

    @property
    def place(self) -> str:
        """`stacks/Pulumi.dev.yaml:14`, or empty."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file


class Guards(Frozen):
    """guards.json: what a stack's settings allow. What is missing is not guarded. Money in US dollars a month."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_monthly: Guard[Money] | None = None
    max_monthly_increase: Guard[Money] | None = None
    max_servers: Guard[int] | None = None
    allowed_regions: Guard[tuple[str, ...]] | None = None
    allowed_types: Guard[tuple[str, ...]] | None = None
    data_loss: Guard[DataLoss] | None = None
    protect: Guard[bool] | None = None
    max_power_off: Guard[int] | None = None
    end_of_life_days: Guard[int] | None = None


class Cause(Frozen):
    """One changed input, and what its change takes: a plain phrase in the provider's words."""

    input: str
    level: Level
    what: str


class Effects(Frozen):
    """A line of effects.ndjson: what the provider says that its change of one resource does.

    level: the worst of its causes. seconds_off: None when it is never off. opens: what the internet reaches then, and
    did not before. monthly_usd: before and after, None where it is not known or not there.
    """

    urn: str
    op: str = ""
    level: Level
    causes: tuple[Cause, ...] = ()
    seconds_off: SecondsOff | None = None
    destroys: tuple[Destroyed, ...] = ()
    opens: tuple[str, ...] = ()
    one_way: tuple[str, ...] = ()
    monthly_usd: tuple[Money | None, Money | None] = (None, None)
    summary: str = ""


class Price(Frozen):
    monthly: Money | None = None


class RegionPrice(Price):
    id: str


class BackupPrice(Frozen):
    price: Price = Price()
    region_prices: tuple[RegionPrice, ...] = ()


class Addons(Frozen):
    backups: BackupPrice = BackupPrice()


class CatalogType(Frozen):
    """One row of the types endpoint. Disk in MB. Source: GET /linode/types."""

    id: str
    label: str = ""
    price: Price = Price()
    region_prices: tuple[RegionPrice, ...] = ()
    addons: Addons = Addons()
    disk: int | None = None
    successor: str | None = None

    @field_validator("region_prices", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return () if value is None else value


class CatalogImage(Frozen):
    """One row of the images endpoint; eol is a date or a time. Source: GET /images."""

    id: str
    deprecated: bool = False
    eol: str | None = None

    @property
    def end_of_life(self) -> date | None:
        return _day(self.eol)


class Catalog(Frozen):
    """catalog.json: the rows that the stack uses and when they were fetched (YYYY-MM-DD…)."""

    fetched: str = ""
    hash: str = ""
    types: tuple[CatalogType, ...] = ()
    images: tuple[CatalogImage, ...] = ()

    @property
    def day(self) -> date | None:
        """The day that ends of life are counted from: reports have no clock of their own."""
        return _day(self.fetched)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


class Pin(Frozen):
    """What a filter was resolved to. `what` or `why` says it in words, `newest` is the best match today.

    `criteria_hash` is that of the filter: another one means that somebody edited a setting.
    """

    chosen: str
    what: str = Field(default="", validation_alias=AliasChoices("what", "why"))
    newest: str | None = None
    criteria_hash: str = ""


class Pins(Frozen):
    """pins.before.json and pins.after.json: each choice by its key, and the file they stand in.

    A stack's own file of pins will do; other fields of it are not looked at.
    """

    file: str = ""
    pins: Mapping[str, Pin] = Field(default_factory=dict)


class Meta(Frozen):
    """meta.json: who made the bundle. run is `number` or `number.attempt`; offline: without the stack's state."""

    stack: str = ""
    commit: str = ""
    run: str = ""
    run_url: str = ""
    engine: str = ""
    command: Literal["preview", "refresh", ""] = ""
    offline: bool = False

    @field_validator("run", "engine", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
