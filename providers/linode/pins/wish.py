"""A wish: what is asked of a catalog under one key, as a value that can be hashed, stored and asked again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from providers.linode.api.errors import BadFilter
from providers.linode.catalogs import (
    Catalogs,
    Criteria,
    ImageCriteria,
    KernelCriteria,
    Pick,
    RegionCriteria,
    TypeCriteria,
    pick_image,
    pick_kernel,
    pick_region,
    pick_type,
)

Kind = Literal["region", "type", "image", "kernel"]
CRITERIA: dict[Kind, type[Criteria]] = {
    "region": RegionCriteria,
    "type": TypeCriteria,
    "image": ImageCriteria,
    "kernel": KernelCriteria,
}


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
        """What `from_json` reads; the same for wishes that mean the same."""
        found: dict[str, object] = {"kind": self.kind, "criteria": _plain(self.criteria)}
        if self.region:
            found["for_region"] = self.region
        if self.sells is not None:
            found["sells"] = _plain(self.sells)
        return found

    @classmethod
    def from_json(cls, found: Mapping[str, object]) -> Wish:
        """The wish from `as_json`. Raises BadFilter, in one line."""
        kind, criteria, sells = found.get("kind"), found.get("criteria"), found.get("sells")
        odd = sells is not None and not isinstance(sells, Mapping)
        if kind not in CRITERIA or not isinstance(criteria, Mapping) or odd:
            raise BadFilter(f"{kind!r} with {criteria!r} is no wish. Next: use one of {', '.join(CRITERIA)}.")
        return cls(
            kind,
            CRITERIA[kind].read(criteria),
            str(found.get("for_region") or ""),
            TypeCriteria.read(sells) if isinstance(sells, Mapping) else None,
        )

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
            f"{self.criteria!r} are no criteria of a catalog. Next: use one of {', '.join(CRITERIA)}."
        )


def _plain(criteria: Criteria) -> dict[str, object]:
    found: dict[str, object] = json.loads(criteria.canonical_json())
    return found
