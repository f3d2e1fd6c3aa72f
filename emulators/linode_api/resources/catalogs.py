"""The public catalogs: regions, what is on sale there, plans, kernels, maintenance policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Json
from emulators.linode_api.core.errors import not_found
from emulators.linode_api.core.routes import Call, Routes

public = Routes(None)
POLICIES: tuple[Json, ...] = (
    {
        "slug": "linode/migrate",
        "label": "Migrate",
        "description": "Moves the Linode to another host while it keeps running.",
        "type": "migrate",
        "notification_period_sec": 10_800,
        "is_default": True,
    },
    {
        "slug": "linode/power_off_on",
        "label": "Power Off / Power On",
        "description": "Powers the Linode off for the time of the maintenance, then on again.",
        "type": "power_off_on",
        "notification_period_sec": 604_800,
        "is_default": False,
    },
)


def one_of(rows: Mapping[str, Json], wanted: str) -> Json:
    if wanted not in rows:
        raise not_found()
    return rows[wanted]


@public.rows("/regions", "country", "site_type", budgets=())
def regions(_: Call) -> Sequence[Json]:
    return catalogs().regions


@public.rows("/regions/availability", "region", "plan", "available")
def availability(_: Call) -> Sequence[Json]:
    return catalogs().availability


@Routes("vpc").rows("/regions/vpc-availability", budgets=())
def vpc_availability(_: Call) -> list[Json]:
    """Source: recording TestRegionsVPCAvailability_List."""
    return [
        {
            "region": region["id"],
            "available": "VPCs" in region["capabilities"],
            "available_ipv6_prefix_lengths": [],
        }
        for region in catalogs().regions
    ]


@public.get("/regions/{name}/availability")
def region_availability(_: Call, region_id: str) -> list[Json]:
    """A bare array, unlike every other list (API page "Get a region's availability")."""
    one_of(catalogs().region_by_id, region_id)
    return [row for row in catalogs().availability if row["region"] == region_id]


@public.get("/regions/{name}")
def region(_: Call, region_id: str) -> Json:
    return one_of(catalogs().region_by_id, region_id)


@public.rows(
    "/linode/types",
    *("class", "disk", "gpus", "label", "memory", "network_out", "transfer", "vcpus"),
    budgets=(),
)
def types(_: Call) -> Sequence[Json]:
    return catalogs().types


@public.get("/linode/types/{name}")
def type_(_: Call, type_id: str) -> Json:
    return one_of(catalogs().type_by_id, type_id)


@public.rows("/linode/kernels", "architecture", "deprecated", "kvm", "label", "pvops", "version")
def kernels(_: Call) -> Sequence[Json]:
    return catalogs().kernels


@public.get("/linode/kernels/{name}")
def kernel(_: Call, kernel_id: str) -> Json:
    return one_of(catalogs().kernel_by_id, kernel_id)


@public.rows("/maintenance/policies", budgets=())
def policies(_: Call) -> Sequence[Json]:
    return POLICIES
