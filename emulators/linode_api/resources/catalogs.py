"""The public catalogs: regions, what is on sale there, plans, kernels, maintenance policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.catalogs.tables import FOLDER
from emulators.linode_api.core import Json
from emulators.linode_api.core.errors import not_found
from emulators.linode_api.core.limits import COLLECTION, Budget
from emulators.linode_api.core.lists import row_with
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources import vpc_parts

public = Routes(None)
Price = tuple[float, float | None]
"""In US dollars: an hour, a month."""


def price_row(id_: str, label: str, price: Price, dearer: Mapping[str, Price] | None = None) -> Json:
    """What is no plan of a Linode; `dearer` by region."""

    def shown(price: Price) -> Json:
        return dict(zip(("hourly", "monthly"), price, strict=True))

    regions = [{"id": region, **shown(one)} for region, one in (dearer or {}).items()]
    return {"id": id_, "label": label, "price": shown(price), "region_prices": regions, "transfer": 0}


def catalog(
    path: str, rows: Callable[[], Mapping[str, Json]], *filterable: str, budgets: tuple[Budget, ...] = ()
) -> None:
    """GET of the rows, and of one by its id."""
    public.rows(path, *filterable, budgets=budgets)(lambda _: list(rows().values()))

    @public.get(path + "/{name}")
    def one(_: Call, row_id: str) -> Json:
        if row_id not in rows():
            raise not_found()
        return rows()[row_id]


@public.rows("/regions/availability", "region", "plan", "available")
def availability(_: Call) -> Sequence[Json]:
    return catalogs().availability


@Routes("vpc").rows("/regions/vpc-availability", budgets=())
def vpc_availability(_: Call) -> list[Json]:
    """Source: recording TestRegionsVPCAvailability_List, of an account without IPv6 in VPCs; this one has it."""
    return [
        {
            "region": region["id"],
            "available": "VPCs" in region["capabilities"],
            "available_ipv6_prefix_lengths": (
                [*vpc_parts.LENGTHS] if "VPC Dual Stack" in region["capabilities"] else []
            ),
        }
        for region in catalogs().regions.values()
    ]


@Routes("vpc").get("/regions/{region}/vpc-availability")
def vpc_availability_in(call: Call, region_id: str) -> Json:
    return row_with(vpc_availability(call), "region", region_id)


@public.get("/regions/{name}/availability")
def region_availability(_: Call, region_id: str) -> list[Json]:
    """A bare array, unlike every other list (API page "Get a region's availability")."""
    if region_id not in catalogs().regions:
        raise not_found()
    return [row for row in catalogs().availability if row["region"] == region_id]


@public.rows("/maintenance/policies", budgets=())
def policies(_: Call) -> list[Json]:
    found: list[Json] = json.loads((FOLDER / "policies.json").read_text(encoding="utf-8"))
    return found


TYPE_ATTRIBUTES = ("class", "disk", "gpus", "label", "memory", "network_out", "transfer", "vcpus")
KERNEL_ATTRIBUTES = ("architecture", "deprecated", "kvm", "label", "pvops", "version")
catalog("/regions", lambda: catalogs().regions, "country", "site_type")
catalog("/linode/types", lambda: catalogs().types, *TYPE_ATTRIBUTES)
catalog("/linode/kernels", lambda: catalogs().kernels, *KERNEL_ATTRIBUTES, budgets=(COLLECTION,))
