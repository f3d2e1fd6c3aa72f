"""Gather what a check needs to know, each thing once and only where it is asked about."""

from __future__ import annotations

from collections.abc import Mapping

from providers.linode.api.records import Linode
from providers.linode.catalogs.records import Region
from providers.linode.core.account_records import Held
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.resources.instance.fits import Facts
from providers.linode.resources.instance.inputs import is_unknown, known
from providers.linode.resources.instance.network_fits import firewall_ids, subnet_ids, unguarded

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
        held=_held(session, inputs, old, owner),
        owner=owner,
    )


def _held(session: Session, inputs: Props, old: Props, owner: Owner) -> Held:
    """What the inputs name by id, each looked up only where it is new here: it may be gone since it was used."""
    moved = inputs.get("region") != old.get("region")

    def new(*keys: str) -> bool:
        return any(key in inputs and (moved or inputs[key] != old.get(key)) for key in keys)

    holdings = session.holdings
    walls = new("firewall_id", "interfaces") and firewall_ids(inputs)
    networks = new("interfaces") and subnet_ids(inputs)
    script = _number(inputs, "stackscript_id") if new("stackscript_id", "stackscript_data", "image") else None
    backup = None if old else _number(inputs, "backup_id")
    ours = [each.id for each in session.linodes if _is_ours(each, owner) or each.id == inputs.get("adopt")]
    return Held(
        group_regions=holdings.group_regions if new("placement_group") else None,
        firewalls=holdings.firewalls if walls else None,
        default_firewalls=holdings.default_firewalls if new("interfaces") and unguarded(inputs) else None,
        usernames=holdings.usernames if new("authorized_users") else None,
        addresses=holdings.addresses if new("reserved_ipv4") else None,
        subnets=holdings.subnets if networks else None,
        stackscripts=holdings.stackscript(script) if script else None,
        backups=holdings.backup(backup, session.linodes, inputs.get("region")) if backup else None,
        own_linodes=ours,
    )


def _number(inputs: Props, key: str) -> int | None:
    value = inputs.get(key)
    return value if isinstance(value, int) else None


def _is_ours(linode: Linode, owner: Owner) -> bool:
    """Whether it belongs to the resource, in this generation or the one that is being replaced."""
    stem = owner.tag().rpartition(":")[0] + ":"
    return any(tag.startswith(stem) for tag in linode.tags)


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
