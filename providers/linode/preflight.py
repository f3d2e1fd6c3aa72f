"""Gather what a check needs to know, each thing once and only where it is asked about."""

from __future__ import annotations

from collections.abc import Mapping

from providers.linode.catalogs.records import Region
from providers.linode.fits import Facts
from providers.linode.inputs import is_unknown, known
from providers.linode.owner import Owner
from providers.linode.records import Linode
from providers.linode.sessions import Session

Props = Mapping[str, object]


def gather(session: Session, props: Props, old: Props) -> Facts:
    """The facts for one resource's check. Raises what the calls raise."""
    inputs, owner = known(props), Owner.from_props(props)
    catalogs = session.catalogs_with(inputs)
    types = {item.id: item for item in catalogs.types()}
    mine = _mine(session.linodes, owner) if old else None
    plan = types.get(str(inputs.get("type")))
    old_plan = types.get(str(old.get("type")))
    shrinks = plan is not None and old_plan is not None and plan.disk_mb < old_plan.disk_mb
    return Facts(
        types=types,
        regions={item.id: item for item in catalogs.regions()},
        images={item.id: item for item in catalogs.images()},
        linodes={linode.label.casefold(): linode for linode in session.linodes},
        availability=catalogs.availability(),
        kernels={item.id for item in catalogs.kernels()} if "kernel" in inputs else None,
        mine=mine,
        disks_mb=sum(disk.size for disk in session.client.disks(mine.id)) if mine and shrinks else 0,
        group_regions=session.group_regions if inputs.get("placement_group") is not None else None,
        owner=owner,
    )


def _mine(linodes: list[Linode], owner: Owner) -> Linode | None:
    return next((linode for linode in linodes if owner.tag() in linode.tags), None)


def region_move(inputs: Props, old: Props, facts: Facts) -> str | None:
    """How another region is reached: `migrate` in place or `replace`; None where the region stays.

    The API migrates between core regions that sell the plan. Reserved addresses, placement groups, VPCs and
    VLANs belong to a region. Source: POST /linode/instances/{linodeId}/migrate.
    """
    if not old.get("region") or is_unknown(inputs.get("region")) or old["region"] == inputs.get("region"):
        return None
    there, here = facts.regions.get(str(inputs["region"])), facts.regions.get(str(old["region"]))
    bound = any(inputs.get(key) for key in ("reserved_ipv4", "placement_group", "interfaces"))
    return "migrate" if _core(there) and _core(here) and not bound else "replace"


def _core(region: Region | None) -> bool:
    return region is not None and region.site_type == "core"


def canonical_region(region: str, regions: Mapping[str, object]) -> str:
    """The id that the API uses today for an older form with a suffix: us-east-1a is us-east."""
    base = region[:-3]
    old_form = len(region) > 3 and region[-3] == "-" and region[-2].isdigit() and region[-1].isalpha()
    return base if region not in regions and old_form and base in regions else region
