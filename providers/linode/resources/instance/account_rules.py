"""What is wrong with an Instance's inputs against the catalogs, and against what the account has.

What can't be known (offline, or not told to this token) stays None, and is not judged; neither is what a Linode has
already: catalogs forget images and plans that are still in use.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from providers.linode.api.errors import LinodeError
from providers.linode.api.records import Disk, Linode, is_private
from providers.linode.api.refusals import if_allowed
from providers.linode.catalogs.records import Availability, Image, LinodeType, Region, sold_in
from providers.linode.core.args import NONE
from providers.linode.core.problems import Problem
from providers.linode.core.spec import Checking, Refusal, Spec
from providers.linode.core.values import is_unknown
from providers.linode.nearest import did_you_mean, listed, there_are
from providers.linode.resources import lost_addresses
from providers.linode.resources.instance import generation
from providers.linode.resources.instance.account_lookups import AccountLookups, lookups
from providers.linode.resources.instance.account_records import Attached, ReservedAddress, User
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.changes import REBUILD
from providers.linode.resources.instance.interfaces import parsed
from providers.linode.resources.instance.rules import Check
from providers.linode.resources.instance.steps import swap_steps
from providers.linode.resources.placement_group import PlacementGroupRecord
from providers.linode.resources.places import BALANCER, claimed, elsewhere, unable, unknown
from providers.linode.resources.stackscript import ANY_IMAGE, StackScriptRecord, UserDefinedField

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
    "placement_group": NONE,
    "interface_generation": "legacy_config",
}
"""The values that every region can do."""

OF_INTERFACES: Mapping[str, str] = {"vlan": "Vlans", "vpc": "VPCs"}

OF_EITHER = ("interfaces", "network_helper")
OF_A_PROFILE = ("boot_config_label", "kernel", *OF_EITHER)
"""What a configuration profile keeps; of OF_EITHER only that of a Linode with legacy interfaces."""

CAPACITY: Mapping[str, str] = {
    "strict": "maximum_linodes_per_pg",
    "flexible": "maximum_linodes_per_flexible_pg",
}
"""What a region says of the Linodes in a placement group, by the group's policy."""

DEFAULT_SWAP_MB = 512


@dataclass(frozen=True)
class Facts:
    """The catalogs, and how to look into the account."""

    types: Mapping[str, LinodeType]
    regions: Mapping[str, Region]
    images: Mapping[str, Image]
    kernels: Collection[str] | None
    availability: Collection[Availability]
    linodes: Mapping[str, Linode]
    account: AccountLookups


def gather(spec: Spec[InstanceArgs, Linode], check: Check) -> Facts:
    """What one resource's check needs to know, each thing asked once a session. Raises what the calls raise."""
    args, session = check.args, check.session
    catalogs = check.catalogs_with(type=args.type, region=args.region, image=args.image or "")
    return Facts(
        types={item.id: item for item in catalogs.types()},
        regions={item.id: item for item in catalogs.regions()},
        images={item.id: item for item in catalogs.images()},
        kernels={item.id for item in catalogs.kernels()} if args.kernel else None,
        availability=catalogs.availability(),
        linodes=session.by_id(spec),
        account=lookups(session),
    )


def judged(check: Check, facts: Facts) -> Iterator[Problem]:
    """Everything known to be wrong."""
    yield from _unknown_ids(check, facts)
    yield from _image(check, facts)
    yield from _plan(check, facts)
    yield from _region(check, facts)
    yield from _sizes(check, facts)
    yield from _placement_group(check, facts)
    yield from _users(check, facts)
    yield from _address(check, facts)
    yield from _reverse_names(check)
    yield from _shared(check, facts)
    yield from _script(check, facts)
    yield from _backup(check, facts)


def _unknown_ids(check: Check, facts: Facts) -> Iterator[Problem]:
    catalogs: tuple[tuple[str, Collection[str] | None], ...] = (
        ("type", facts.types),
        ("region", facts.regions),
        ("image", facts.images),
        ("kernel", facts.kernels),
    )
    for key, catalog in catalogs:
        if catalog is not None:
            yield from unknown(check, key, catalog)


def _image(check: Check, facts: Facts) -> Iterator[Problem]:
    image, plan = facts.images.get(check.args.image or ""), facts.types.get(check.args.type)
    if image is None or not check.is_new("image", "type", "swap_size", "boot_size"):
        return
    swap_mb = DEFAULT_SWAP_MB if check.args.swap_size is None else check.args.swap_size
    if plan is not None and image.size_mb > min(plan.disk_mb - swap_mb, check.args.boot_size or plan.disk_mb):
        yield Problem(
            "image",
            f"needs a disk of {image.size_mb} MB, and {plan.id} has {plan.disk_mb} MB, of which {swap_mb} MB are for "
            "swap and boot_size may leave some. Next: choose a larger type or smaller sizes.",
        )
    if check.args.user_data is not None and "cloud-init" not in image.capabilities:
        yield Problem(
            "image", "has no cloud-init, which user_data needs. Next: choose one with that capability."
        )


def _plan(check: Check, facts: Facts) -> Iterator[Problem]:
    plan, region = facts.types.get(check.args.type), facts.regions.get(check.args.region)
    if plan is None or region is None:
        return
    if check.is_new("type", "region") and not sold_in(region, facts.availability)(plan):
        yield Problem("type", f"is not available in {region.id} now. Next: choose another type or region.")


def disks(check: Check) -> Iterator[Refusal]:
    """What the disks that are there, or that a rebuild makes, don't allow."""
    if check.mine is not None:
        yield from _too_large(check)
        yield from _swap(check)
        yield from _profile(check)


def named_volumes(volumes: Sequence[Attached]) -> str:
    return f"volume{'' if len(volumes) == 1 else 's'} {listed([each.label for each in volumes])}"


def left_behind(check: Check) -> Iterator[Refusal]:
    """A move detaches the volumes, which are bound to their region."""
    if "region" not in check.takes or check.mine is None or check.args.allow_data_loss:
        return
    if volumes := lookups(check.session).volumes(check.mine.id):
        there, one = check.mine.region, len(volumes) == 1
        why = (
            f"can't change in place without detaching {named_volumes(volumes)}, which "
            f"stay{'s' if one else ''} in {there}. Next: detach {'it' if one else 'them'} first, declare "
            f"region={there!r}, or allow_data_loss=True."
        )
        yield Refusal(["region"], Problem("region", why))


def _swap(check: Check) -> Iterator[Refusal]:
    """A rebuild makes a swap disk of the default size, whatever is declared."""
    wanted_mb = check.args.swap_size
    rebuilt = [name for name, each in check.takes.items() if each == REBUILD]
    if wanted_mb is None or not (rebuilt or "swap_size" in check.takes):
        return
    held = check.session.client.disks(check.mine.id)
    room_mb = sum(disk.size for disk in held)
    sizes = {"ext4": room_mb - DEFAULT_SWAP_MB, "swap": DEFAULT_SWAP_MB}
    main = [Disk(id=0, size=size, filesystem=kind) for kind, size in sizes.items()]
    try:
        swap_steps(main if rebuilt else held, wanted_mb)
    except LinodeError as error:
        yield Refusal(rebuilt or ["swap_size"], Problem("swap_size", str(error)))


def _profile(check: Check) -> Iterator[Refusal]:
    """A rebuild makes another one, whose name nobody knows yet."""
    label, name = check.args.boot_config_label, "boot_config_label"
    of_linode = OF_EITHER if check.mine.interface_generation == "linode" else ()
    changed = [each for each in OF_A_PROFILE if each in check.takes and each not in of_linode]
    if changed and REBUILD not in check.takes.values():
        if (configs := if_allowed(partial(check.session.client.configs, check.mine.id))) is None:
            return
        there = [config.label for config in configs]
        if not there:
            why = (
                f"is kept in a configuration profile, and Linode {check.mine.id} has none. Next: leave it out, "
                "or make a profile in the Cloud Manager first."
            )
            yield from (Refusal([each], Problem(each, why)) for each in changed)
        elif name in changed and label not in there:
            near = did_you_mean(str(label), there) or there_are((each, "") for each in there)
            why = f"{label!r} is no configuration profile of Linode {check.mine.id}{near}. Next: correct it."
            yield Refusal([name], Problem(name, why))


def _too_large(check: Check) -> Iterator[Refusal]:
    """Disks that a smaller plan has no room for."""
    if "type" not in check.takes:
        return
    types = {item.id: item for item in check.catalogs_with(type=check.args.type).types()}
    plan, old = types.get(check.args.type), types.get(check.mine.type)
    if plan is None or old is None or plan.disk_mb >= old.disk_mb:
        return
    taken_mb = sum(disk.size for disk in check.session.client.disks(check.mine.id))
    if taken_mb > plan.disk_mb:
        why = (
            f"has a disk of {plan.disk_mb} MB, and the Linode's disks take {taken_mb} MB. Next: shrink its disks "
            f"first, declare type={old.id!r}, or replace the Linode with replace_on=['type']."
        )
        yield Refusal(["type"], Problem("type", why))


def _region(check: Check, facts: Facts) -> Iterator[Problem]:
    region = facts.regions.get(check.args.region)
    if region is None:
        return
    for key, value in check.args.declared().items():
        if not check.is_new("region", key):
            continue
        for ways in _needed(key, value):
            yield from unable(region, ways, key)
    unsaid = check.args.interface_generation is None and check.is_new("region")
    if unsaid and (found := generation.of(check)).name == "linode":
        yield from unable(region, CAPABILITIES[generation.NAME], f"{generation.NAME}='linode' ({found.why})")


def _needed(key: str, value: object) -> Iterator[tuple[str, ...]]:
    """What the region must be able to do for an input, each as its alternatives."""
    if key in CAPABILITIES and NEEDS_NOTHING.get(key) != value:
        yield CAPABILITIES[key]
    if key == "interfaces" and isinstance(value, list):
        for kind in dict.fromkeys(each.kind or "" for each in parsed(value)):
            if kind in OF_INTERFACES:
                yield (OF_INTERFACES[kind],)


def _sizes(check: Check, facts: Facts) -> Iterator[Problem]:
    """Disks that are asked for have to fit the plan."""
    plan, args = facts.types.get(check.args.type), check.args
    asked = (args.swap_size or 0) + (args.boot_size or 0)
    if plan is not None and asked > plan.disk_mb:
        key = "boot_size" if args.boot_size is not None else "swap_size"
        yield Problem(
            key, f"makes disks of {asked} MB, and {plan.id} has {plan.disk_mb} MB. Next: make them smaller."
        )


def _placement_group(check: Check, facts: Facts) -> Iterator[Problem]:
    group = check.args.group_id
    if is_unknown(check.props.get("placement_group")):
        yield from _too_many(check, facts)
    if group is None or not check.is_new("placement_group", "region"):
        return
    groups: Mapping[int, PlacementGroupRecord] | None = facts.account.holding("groups", [group])
    if groups is None:
        return
    if (there := groups.get(group)) is None:
        yield Problem(
            "placement_group", f"{group} does not exist in this account. Next: correct it, or 0 for none."
        )
    else:
        yield from elsewhere(check, "placement_group", group, there.region)
        yield from _full(check, facts, there)


def _full(check: Check, facts: Facts, group: PlacementGroupRecord) -> Iterator[Problem]:
    """A group whose region takes no more Linodes in it, counting those that this program puts there."""
    mine = check.mine.id if check.mine is not None else None
    most = _capacity(facts, group.region, group.placement_group_policy)
    members = check.session.asked(("members", group.id), lambda: [each.linode_id for each in group.members])
    if not most or mine in members:
        return
    count = len(members) + _number(check, group.id)
    if count > most:
        yield Problem(
            "placement_group",
            f"{group.id} takes {most} Linodes in {group.region}, and this is number {count}, after {len(members)} "
            "that are in it. Next: use another group, or take one out in a run before.",
        )


def _too_many(check: Check, facts: Facts) -> Iterator[Problem]:
    """More Linodes than the groups take together that this run makes in a region: which one it is isn't known yet."""
    region = check.args.region
    rooms = [
        _capacity(facts, region, each.args.placement_group_policy)
        for each in check.session.planned_of("PlacementGroup")
        if each.args.region == region and (each.old is None or each.replaces)
    ]
    known, count = [room for room in rooms if room], _number(check, region)
    if known and known == rooms and count > sum(known):
        groups = "placement group" if len(known) == 1 else f"{len(known)} placement groups"
        yield Problem(
            "placement_group",
            f"is number {count} for the {groups} that this run makes in {region}, with room for {sum(known)} Linodes. "
            "Next: declare fewer, another group, or a policy that takes more.",
        )


def _capacity(facts: Facts, region_id: str, policy: str) -> int | None:
    """How many Linodes a placement group takes there; None where that isn't known."""
    region = facts.regions.get(region_id)
    return region.placement_group_limits.get(CAPACITY.get(policy, "")) if region is not None else None


def _number(check: Check, place: int | str) -> int:
    """Which one of those for a group, or for the new ones of a region, this Linode is, from 1 on."""
    joining = check.session.asked(("joining", place), dict[str, int])
    with check.session.alone(("joining", place)):
        return joining.setdefault(check.owner.name, len(joining) + 1)


def _users(check: Check, facts: Facts) -> Iterator[Problem]:
    if not check.args.authorized_users or not check.is_new("authorized_users", "region"):
        return
    known: Mapping[str, User] | None = facts.account.holding("users", check.args.authorized_users)
    if known is None:
        return
    for name in (name for name in check.args.authorized_users if name not in known):
        near = did_you_mean(name, known) or there_are((each, "") for each in known)
        yield Problem(
            "authorized_users", f"{name!r} is no user of this account{near}. Next: correct the name."
        )


def _reverse_names(check: Check) -> Iterator[Problem]:
    """Those of addresses that go with what there is: told by whichever of both is checked last."""
    names = check.session.planned_of(lost_addresses.NAMING) if check.takes or check.is_recreated else ()
    for named in names:
        address = named.args.address
        if address and (how := lost_addresses.lost(check.session, address, check)):
            why = f"{how}, and {address} goes with it, which {named.owner.name} gives a reverse name"
            yield Problem("", f"{why}. {lost_addresses.BY_OUTPUT}")


def _address(check: Check, facts: Facts) -> Iterator[Problem]:
    def is_ours(found: ReservedAddress) -> bool:
        holder = facts.linodes.get(str(found.linode_id))
        adopted = found.linode_id is not None and found.linode_id == check.args.adopt
        return adopted or (holder is not None and check.is_own(holder))

    stays = check.mine.id if check.mine is not None and not check.is_recreated else None
    yield from reserved_address(check, "Instance", stays, is_ours)


def reserved_address(
    check: Checking[Any], kind: str, linode: int | None, is_ours: Callable[[ReservedAddress], bool]
) -> Iterator[Problem]:
    """A reserved address to begin with: of the account and the region, and nobody else's. linode: as for `claimed`."""
    name, wanted = "reserved_ipv4", check.args.reserved_ipv4
    if wanted is None:
        return
    for claim in claimed(check, wanted, kind, linode).values():
        yield Problem(name, f"{wanted} is {claim} in the same program. Next: leave one of the two out.")
    if not check.is_new(name, "region"):
        return
    addresses: Mapping[str, ReservedAddress] | None = lookups(check.session).holding("addresses", [wanted])
    if addresses is None:
        return
    if (found := addresses.get(wanted)) is None:
        near = did_you_mean(wanted, addresses)
        yield Problem(
            name, f"{wanted} is no reserved address of this account{near}. Next: correct or reserve it."
        )
        return
    yield from elsewhere(check, name, wanted, found.region, kind if kind == BALANCER else "Linode")
    holders = {"Linode": found.linode_id, BALANCER: found.nodebalancer_id}
    for noun, id_ in holders.items() if not is_ours(found) else ():
        if id_ is not None:
            yield Problem(name, f"{wanted} is assigned to {noun} {id_}. Next: use one that is free.")


def _shared(check: Check, facts: Facts) -> Iterator[Problem]:
    """Addresses of other Linodes that it is to use, too."""
    wanted, name = check.args.shared_ipv4, "shared_ipv4"
    if not wanted or not check.is_new(name, "region"):
        return
    holders: Mapping[str, Linode] | None = facts.account.holding("holders", wanted)
    if holders is None:
        return
    for address in wanted:
        if is_private(address):
            yield Problem(name, f"has {address}, which is private. Next: name public ones.")
        elif (linode := holders.get(address)) is None:
            near = did_you_mean(address, (each for each in holders if not is_private(each)))
            yield Problem(
                name, f"has {address}, which no Linode of this account has{near}. Next: correct it."
            )
        elif check.mine is not None and linode.id == check.mine.id:
            yield Problem(name, f"has {address}, which is its own. Next: leave it out.")
        else:
            what = f"{address} of Linode {linode.id}"
            yield from elsewhere(check, name, what, linode.region, todo="leave it out")


def _script(check: Check, facts: Facts) -> Iterator[Problem]:
    wanted, image = check.args.stackscript_id, check.args.image
    if wanted is None or not check.is_new("stackscript_id", "stackscript_data", "image", "region"):
        return
    if (scripts := facts.account.stackscript(wanted)) is None:
        return
    if (script := scripts.get(wanted)) is None:
        yield Problem(
            "stackscript_id", f"{wanted} is no StackScript that this account may use. Next: correct it."
        )
        return
    if image and not {ANY_IMAGE, image} & set(script.images):
        near = did_you_mean(image, script.images)
        yield Problem(
            "stackscript_id", f"{wanted} ({script.label}) does not take {image}{near}. Next: change either."
        )
    given = check.props.get("stackscript_data")
    if given is None or isinstance(given, Mapping):
        yield from _script_data(given or {}, script)


def _script_data(data: Mapping[str, object], script: StackScriptRecord) -> Iterator[Problem]:
    """Names only: the values are secret."""
    fields = {each.name: each for each in script.user_defined_fields}
    for name, each in fields.items():
        if name not in data and each.default is None and each.header is None:
            yield Problem(
                "stackscript_data", f"lacks {name!r}, which StackScript {script.id} needs. Next: give it."
            )
    for name, value in data.items():
        if name not in fields:
            near = did_you_mean(str(name), fields)
            yield Problem(
                "stackscript_data",
                f"has {name!r}, which StackScript {script.id} does not ask for{near}. Next: correct it.",
            )
        elif not is_unknown(value) and (words := _refusing(fields[name], value)):
            yield Problem(
                "stackscript_data", f"has for {name!r} none of {', '.join(words)}. Next: choose from these."
            )


def _refusing(field: UserDefinedField, value: object) -> list[str]:
    """The words that a field takes, where the value is another."""
    words = [word.strip() for word in (field.one_of or field.many_of or "").split(",") if word.strip()]
    given = [str(value)] if field.one_of else [word.strip() for word in str(value).split(",")]
    return [] if set(given) <= set(words) else words


def _backup(check: Check, facts: Facts) -> Iterator[Problem]:
    wanted, plan = check.args.backup_id, facts.types.get(check.args.type)
    if wanted is None or check.old is not None:
        return
    backups = facts.account.backup(wanted, facts.linodes.values(), check.args.region or None)
    if backups is None:
        return
    if (backup := backups.get(wanted)) is None:
        yield Problem("backup_id", f"{wanted} is no backup of this account's Linodes. Next: correct the id.")
        return
    if backup.status != "successful":
        yield Problem(
            "backup_id", f"{wanted} is {backup.status}, and only a successful one is restored. Next: wait."
        )
    if check.args.region not in ("", backup.region):
        yield Problem(
            "backup_id",
            f"{wanted} is in {backup.region}, and the Linode in {check.args.region}. Next: create it there.",
        )
    if plan is not None and backup.size_mb > plan.disk_mb:
        yield Problem(
            "backup_id",
            f"{wanted} has disks of {backup.size_mb} MB, and the plan has {plan.disk_mb} MB. Next: a larger type.",
        )
