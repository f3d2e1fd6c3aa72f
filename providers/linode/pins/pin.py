"""A wish and its pin: what is asked of a catalog under one key, and what was chosen for it, why, when, at what price.

The form of both is a file format.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from providers.linode.api.errors import BadFilter
from providers.linode.catalogs import (
    Catalogs,
    Criteria,
    Image,
    ImageCriteria,
    Kernel,
    KernelCriteria,
    LinodeType,
    Pick,
    Region,
    RegionCriteria,
    TypeCriteria,
    pick_image,
    pick_kernel,
    pick_region,
    pick_type,
)
from providers.linode.catalogs.picks import KINDS, Kind

Fact = str | int | float | bool | None


@dataclass(frozen=True)
class Wish:
    """The criteria, and what else the answer depends on.

    `region`: the id of the region that a type is for, whose prices and stock count. `sells`: what a region
    must have on sale.
    """

    kind: Kind
    criteria: Criteria
    region: str = ""
    sells: TypeCriteria | None = None

    def as_json(self) -> dict[str, object]:
        """As it stands in a pin; the same for wishes that mean the same."""
        found: dict[str, object] = {"kind": self.kind, "criteria": _plain(self.criteria)}
        if self.region:
            found["for_region"] = self.region
        if self.sells is not None:
            found["sells"] = _plain(self.sells)
        return found

    @property
    def digest(self) -> str:
        """16 hex digits that differ when the wish does."""
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def is_of_account(self) -> bool:
        """Whether the answer is an image of the account's own, which no other account has."""
        return isinstance(self.criteria, ImageCriteria) and self.criteria.own

    def in_region(self, region: str) -> Wish:
        """The same wish for another region."""
        return replace(self, region=region)

    def pick(self, catalogs: Catalogs, today: date) -> Pick[Any]:
        """What the catalogs give today. Raises NoMatch, and what the client raises."""
        if isinstance(self.criteria, RegionCriteria):
            return pick_region(catalogs, self.criteria, sells=self.sells)
        if isinstance(self.criteria, TypeCriteria):
            return pick_type(catalogs, self.criteria, self.region)
        if isinstance(self.criteria, ImageCriteria):
            return pick_image(catalogs, self.criteria, today)
        if isinstance(self.criteria, KernelCriteria):
            return pick_kernel(catalogs, self.criteria)
        raise BadFilter(
            f"{self.criteria!r} are no criteria of a catalog. Next: use one of {', '.join(KINDS)}."
        )


def _plain(criteria: Criteria) -> dict[str, object]:
    found: dict[str, object] = json.loads(criteria.canonical_json())
    return found


class Pin(BaseModel):
    """A choice, frozen. Prices in US dollars, those of `for_region`, with backups where the criteria have them.

    `explanation` are the lines of the funnel; `facts` what a reviewer wants to know of what was chosen;
    `catalog` how many candidates there were and how many fit. `account` is set for an image of the account's
    own. `previous` is the choice before the last repin, `declined` the one that `pins keep` refused.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Kind
    chosen: str = Field(min_length=1)
    why: str
    explanation: tuple[str, ...] = ()
    runner_up: str | None = None
    monthly_usd: float | None = None
    hourly_usd: float | None = None
    picked_at: str
    criteria: dict[str, Any]
    for_region: str | None = None
    sells: dict[str, Any] | None = None
    criteria_hash: str
    facts: dict[str, Fact] = {}
    catalog: dict[str, int] = {}
    account: str | None = None
    declined: str | None = None
    previous: Pin | None = None
    sum: str = ""

    @property
    def wish(self) -> Wish:
        """What it answers. Raises BadFilter."""
        sells = TypeCriteria.read(self.sells) if self.sells is not None else None
        return Wish(self.kind, KINDS[self.kind][0].read(self.criteria), self.for_region or "", sells)

    @property
    def is_edited(self) -> bool:
        """Whether it is no longer what was written: changed by hand."""
        return self.sum != self.summed().sum

    def summed(self) -> Pin:
        """The pin with the sum of its content."""
        content = json.dumps(self.as_json(with_sum=False), sort_keys=True, ensure_ascii=False)
        return self.model_copy(update={"sum": hashlib.sha256(content.encode()).hexdigest()[:16]})

    def as_json(self, *, with_sum: bool = True) -> dict[str, object]:
        """As it stands in the file; what has no value is left out."""
        return self.model_dump(mode="json", exclude_none=True, exclude=None if with_sum else {"sum"})

    def moved_from(self, before: Pin) -> Pin:
        """The pin in the place of another, which it remembers."""
        return self.model_copy(
            update={"previous": before.model_copy(update={"previous": None}).summed()}
        ).summed()


def make_pin(wish: Wish, pick: Pick[Any], now: datetime, account: str | None = None) -> Pin:
    """The pin of a pick that was just made; `now` is aware."""
    chosen = pick.chosen
    hourly = None
    if isinstance(chosen, LinodeType) and isinstance(wish.criteria, TypeCriteria):
        hourly = chosen.hourly_usd(wish.region, wish.criteria.backups)
    return Pin(
        **wish.as_json(),  # type: ignore[arg-type]  # checked by the model
        chosen=pick.id,
        why=pick.why,
        explanation=tuple(line.strip() for line in str(pick.funnel).splitlines()),
        runner_up=pick.next_id or None,
        monthly_usd=pick.monthly_usd,
        hourly_usd=hourly,
        picked_at=now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        criteria_hash=wish.digest,
        facts=facts_of(chosen),
        catalog={"candidates": pick.funnel.start, "fit": len(pick.ranked)},
        account=account,
    ).summed()


FACTS: dict[type, tuple[str, ...]] = {
    LinodeType: ("label", "class_", "vcpus", "memory_mb", "disk_mb", "transfer_gb", "gpus"),
    Region: ("label", "country", "site_type"),
    Image: ("label", "vendor", "eol", "size_mb"),
    Kernel: ("label", "architecture"),
}
"""What a reviewer wants to know of what was chosen."""


def facts_of(record: object) -> dict[str, Fact]:
    facts = {name.rstrip("_"): getattr(record, name) for name in FACTS.get(type(record), ())}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}
