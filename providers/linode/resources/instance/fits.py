"""What is wrong with an Instance's inputs against the catalogs and the account. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from providers.linode.api.records import Linode
from providers.linode.catalogs.records import Availability, Image, LinodeType, Region, sold_in
from providers.linode.core.account_records import Held
from providers.linode.core.owner import Owner, is_owner_tag
from providers.linode.core.problems import Problem
from providers.linode.nearest import did_you_mean
from providers.linode.resources.instance import changes
from providers.linode.resources.instance.inputs import as_reported
from providers.linode.resources.instance.interface_models import kind_of

Props = Mapping[str, object]

CAPABILITIES: Mapping[str, tuple[str, ...]] = {
    "user_data": ("Metadata",),
    "placement_group": ("Placement Group",),
    "maintenance_policy": ("Maintenance Policy",),
    "disk_encryption": ("Disk Encryption", "LA Disk Encryption"),
    "backups_enabled": ("Backups",),
    "interface_generation": ("Linode Interfaces",),
}
"""What a region must be able to do for an input: one of these. Source: GET /regions, capabilities."""

NEEDS_NOTHING: Mapping[str, object] = {
    "disk_encryption": "disabled",
    "backups_enabled": False,
    "interface_generation": "legacy_config",
}
"""The values that every region can do."""

OF_INTERFACES: Mapping[str, str] = {"vlan": "Vlans", "vpc": "VPCs"}


@dataclass(frozen=True)
class Facts:
    """What the API offers and holds: catalogs by id, Linodes by label in lower case.

    `mine` is the Linode of the resource as it is now, None for a new one; `disks_mb` the sum of its disks where
    a smaller plan is asked for; `held` what else of the account the inputs name.
    """

    types: Mapping[str, LinodeType]
    regions: Mapping[str, Region]
    images: Mapping[str, Image]
    linodes: Mapping[str, Linode]
    availability: Iterable[Availability] = ()
    kernels: Collection[str] | None = None
    mine: Linode | None = None
    disks_mb: int = 0
    held: Held = field(default_factory=Held)
    owner: Owner = field(default_factory=lambda: Owner("", "", "", ""))


def misfits(inputs: Props, old: Props, facts: Facts) -> Iterator[Problem]:
    """Everything known to be wrong. `old` are the inputs in the state, empty for a new resource."""
    yield from _unknown_ids(inputs, old, facts)
    yield from _label_taken(inputs, old, facts)
    if inputs.get("image") != old.get("image") or inputs.get("type") != old.get("type"):
        yield from _image(inputs, facts)
    yield from _plan(inputs, old, facts)
    yield from _region(inputs, old, facts)
    yield from _sizes(inputs, facts)
    if not old:
        yield from _adopted(inputs, facts)


def _unknown_ids(inputs: Props, old: Props, facts: Facts) -> Iterator[Problem]:
    """What a Linode has already is not judged: catalogs forget images and plans that are still in use."""
    catalogs: tuple[tuple[str, Collection[str] | None], ...] = (
        ("type", facts.types),
        ("region", facts.regions),
        ("image", facts.images),
        ("kernel", facts.kernels),
    )
    for key, catalog in catalogs:
        if key not in inputs or catalog is None or inputs[key] == old.get(key):
            continue
        if str(inputs[key]) not in catalog:
            hint = did_you_mean(str(inputs[key]), catalog)
            yield Problem(
                key, f"is not among the {len(catalog)} {key}s of this account{hint}. Next: correct the id."
            )


def _label_taken(inputs: Props, old: Props, facts: Facts) -> Iterator[Problem]:
    label = inputs.get("label")
    holder = facts.linodes.get(str(label).casefold())
    if holder is None or label == old.get("label") or facts.owner.tag() in holder.tags:
        return
    if holder.id in facts.held.own_linodes:  # of another generation: the one that is replaced
        return
    if inputs.get("adopt") is not None and str(inputs["adopt"]) == str(holder.id):
        return
    yield Problem(
        "label",
        f"is taken by Linode {holder.id} ({holder.region}), which is not this resource's; labels are unique in an "
        f"account. Next: choose another label, delete that Linode, or take it over with adopt={holder.id}.",
    )


def _image(inputs: Props, facts: Facts) -> Iterator[Problem]:
    image, plan = facts.images.get(str(inputs.get("image"))), facts.types.get(str(inputs.get("type")))
    if image is None:
        return
    if plan is not None and image.size_mb > plan.disk_mb:
        yield Problem(
            "image",
            f"needs a disk of {image.size_mb} MB, and {plan.id} has {plan.disk_mb} MB. Next: choose a larger type.",
        )
    if "user_data" in inputs and "cloud-init" not in image.capabilities:
        yield Problem(
            "image", "has no cloud-init, which user_data needs. Next: choose one with that capability."
        )


def _plan(inputs: Props, old: Props, facts: Facts) -> Iterator[Problem]:
    plan, region = facts.types.get(str(inputs.get("type"))), facts.regions.get(str(inputs.get("region")))
    if plan is None or region is None:
        return
    stays = (old.get("type"), old.get("region")) == (plan.id, region.id)
    if not stays and not sold_in(region, facts.availability)(plan):
        yield Problem("type", f"is not to be had in {region.id} now. Next: choose another type or region.")
    if facts.disks_mb > plan.disk_mb:
        yield Problem(
            "type",
            f"has a disk of {plan.disk_mb} MB, and the Linode's disks take {facts.disks_mb} MB. "
            "Next: shrink its disks first, or choose a larger type.",
        )


def _region(inputs: Props, old: Props, facts: Facts) -> Iterator[Problem]:
    region = facts.regions.get(str(inputs.get("region")))
    if region is None:
        return
    moved = inputs.get("region") != old.get("region")
    for key, value in inputs.items():
        if not moved and value == old.get(key):
            continue
        for able in _needed(key, value):
            if not set(able) & set(region.capabilities):
                yield Problem(
                    "region",
                    f"{region.id} has no '{able[0]}', which {key} needs. Next: choose another region.",
                )


def _needed(key: str, value: object) -> Iterator[tuple[str, ...]]:
    """What the region must be able to do for an input, each as its alternatives."""
    if key in CAPABILITIES and NEEDS_NOTHING.get(key) != value:
        yield CAPABILITIES[key]
    if key == "interfaces" and isinstance(value, list):
        for kind in dict.fromkeys(filter(None, map(kind_of, value))):
            if kind in OF_INTERFACES:
                yield (OF_INTERFACES[kind],)


def _sizes(inputs: Props, facts: Facts) -> Iterator[Problem]:
    """Disks that are asked for have to fit the plan."""
    plan = facts.types.get(str(inputs.get("type")))
    sizes = [inputs[key] for key in ("swap_size", "boot_size") if isinstance(inputs.get(key), int)]
    asked = sum(size for size in sizes if isinstance(size, int))
    if plan is not None and asked > plan.disk_mb:
        key = "boot_size" if "boot_size" in inputs else "swap_size"
        yield Problem(
            key, f"makes disks of {asked} MB, and {plan.id} has {plan.disk_mb} MB. Next: make them smaller."
        )


def _adopted(inputs: Props, facts: Facts) -> Iterator[Problem]:
    """A Linode is only taken over if it is free, and as it is declared: nothing is erased for it."""
    wanted = inputs.get("adopt")
    if wanted is None:
        return
    linode = next((linode for linode in facts.linodes.values() if linode.id == wanted), None)
    if linode is None:
        yield Problem(
            "adopt", f"{wanted} is no Linode of this account. Next: correct the id, or leave adopt out."
        )
        return
    owned = [tag for tag in linode.tags if is_owner_tag(tag) and tag != facts.owner.tag()]
    if owned:
        yield Problem(
            "adopt", f"{wanted} belongs to another resource ({owned[0]}). Next: remove it from there first."
        )
    found = changes.between(as_reported(inputs, linode), inputs)
    if erasing := found.of(changes.Outcome.REPLACE, changes.Outcome.REBUILD, changes.Outcome.MIGRATE):
        yield Problem(
            "adopt",
            f"{wanted} has another {' and '.join(erasing)}. Next: declare what it has; change it afterwards.",
        )
