"""A Linode as a kind of resource: what a change takes, how it is made, read, changed and deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from providers.linode.api.errors import LinodeError
from providers.linode.api.records import Linode, is_private
from providers.linode.catalogs.records import LinodeType, Region
from providers.linode.core.effects import ACTION, KEPT, REPLACE, Takes
from providers.linode.core.forms import address_path
from providers.linode.core.owner import Owner, has_tag_from
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import BY_LABEL_AND_TAG, Changed, Checking, Refusal, Spec, Update
from providers.linode.core.waiting.goals import STABLE
from providers.linode.resources import lost_addresses
from providers.linode.resources.instance import (
    account_rules,
    deleting,
    interfaces,
    network_rules,
    steps,
)
from providers.linode.resources.instance.account_lookups import lookups
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.changes import (
    BACKUPS_OFF,
    BACKUPS_ON,
    BOOTED,
    MIGRATE,
    MIGRATE_WITHOUT_BACKUPS,
    OFF,
    REBOOT,
    REBUILD,
    RESIZE,
    SHUT_DOWN,
    WARM,
)
from providers.linode.resources.instance.rules import RULES, consents

Props = Mapping[str, object]

DESCRIBE = ("type", "region", "image", "label", "tags", "backups_enabled", "watchdog_enabled")
"""What a Linode that is only read, and so declares nothing, is shown with."""

IMPORTED = (*DESCRIBE, "placement_group")

REGIONAL = ("reserved_ipv4", "shared_ipv4", "placement_group", "interfaces")
"""What belongs to a region, and so can't move with a Linode: reserved addresses, groups, VPCs and VLANs."""


@dataclass(frozen=True)
class InstanceSpec(Spec[InstanceArgs, Linode]):
    """Source: /linode/instances."""

    def takes(self, name: str, changed: Changed[InstanceArgs]) -> Takes:
        """What a change of this input takes, once policies have been asked; no time where it is off and stays so."""
        found = self._takes(name, changed)
        stays_off = changed.before.get("status") == "offline" and changed.new.kept_status != "running"
        if found.level != "power off" or not stays_off:
            return found
        what = "{causes} changed while it is off" if found.how in (OFF.how, REBOOT.how) else found.what
        return replace(found, what=what, level="none", seconds_off=None)

    def _takes(self, name: str, changed: Changed[InstanceArgs]) -> Takes:
        old, new = changed.old, changed.new
        if name in (new.replace_on or ()):
            return REPLACE
        by_policy = {
            "image": {None: REPLACE, "replace": REPLACE, "rebuild": REBUILD, "ignore": KEPT}.get(
                new.on_image_change
            ),
            "root_pass": {None: KEPT, "keep": KEPT, "reset": OFF}.get(new.on_root_pass_change),
            "authorized_keys": FIRST_BOOT.get(new.on_access_change),
            "authorized_users": FIRST_BOOT.get(new.on_access_change),
            "user_data": FIRST_BOOT.get(new.on_user_data_change),
        }
        if name in by_policy:
            return by_policy[name] or REPLACE
        if name == "region":
            return moving(changed) if can_migrate(changed) else REPLACE
        if name == "type":
            return resizing(changed)
        if name == "reserved_ipv4" and old.reserved_ipv4 is None:
            return REBOOT
        if name == "interfaces":
            return rewiring(changed)
        if name == "booted" and new.booted is False:
            return SHUT_DOWN
        if name == "booted" and old.booted is False:
            return BOOTED
        if name == "backups_enabled":
            off = BACKUPS_OFF if has_backups(changed.before) else ACTION
            return off if new.backups_enabled is False else BACKUPS_ON
        return self.fields[name].takes

    def before(self, olds: Props, record: Linode | None) -> Props:
        """With its id, by which more is asked."""
        return {**super().before(olds, record), **({"id": record.id} if record is not None else {})}

    def destroyed(self, before: Props) -> tuple[str, ...]:
        """What is lost with a Linode: backups only where there are any."""
        return ("disks", *(("backups",) if has_backups(before) else ()), "id", "addresses")

    def opens(self, olds: Props, news: Props) -> tuple[str, ...]:
        """All of it, where it comes out from behind its firewall."""
        is_same = all(olds.get(key) == news.get(key) for key in network_rules.GUARDS)
        is_out = not is_same and network_rules.comes_out(self.args.read(olds), self.args.read(news))
        return ("everything on it",) if is_out else ()

    def staying(self, session: Session, before: Props, owner: Owner) -> str:
        """Volumes that the stack doesn't have: those of its own are attached again, or deleted by themselves."""
        id_ = before.get("id")
        there = lookups(session).volumes(id_) if isinstance(id_, int) else []
        others = [each for each in there if not has_tag_from(owner.stack_tag(), each.tags)]
        s = "s" if len(others) == 1 else ""
        how = f"which the stack does not have, stay{s} detached, and cost{s} as before"
        return f"{account_rules.named_volumes(others)}, {how}" if others else ""

    def still_named(self, session: Session, id_: str, outs: Props) -> list[str]:
        """By its addresses, too."""
        ipv4 = outs.get("ipv4")
        own = [*(ipv4 if isinstance(ipv4, list) else ()), str(outs.get("ipv6")).partition("/")[0]]
        going = lost_addresses.unreserved(session, own)
        return [*super().still_named(session, id_, outs), *lost_addresses.named_still(session, going)]

    def canonical(self, session: Session, news: Props) -> Props:
        """The region's id that the API uses today for an older form with a suffix: us-east-1a is us-east."""
        region = news.get("region")
        if not isinstance(region, str) or len(region) <= 3 or region[-3] != "-":
            return news
        base, old_form = region[:-3], region[-2].isdigit() and region[-1].isalpha()
        known = {each.id for each in session.catalogs.regions()} if old_form else set()
        return {**news, "region": base} if region not in known and base in known else news

    def is_adrift(self, olds: Props, args: InstanceArgs) -> bool:
        """Whether it is in another power state than declared."""
        kept = args.kept_status
        return (
            kept is not None and olds.get("status") in ("running", "offline") and olds.get("status") != kept
        )

    def kept_when_made_in_part(self, args: InstanceArgs) -> dict[str, object]:
        """The status that it is to get: a boot that failed leaves it off."""
        return {"power": args.first_status}

    def kept_when_cut_off(self, olds: Props) -> dict[str, object]:
        """The status to be restored: it may be off for the update alone."""
        return {key: olds[key] for key in ("status", "power") if key in olds}

    def kept_when_refreshed(self, olds: Props) -> dict[str, object]:
        """The same, while `status` shows what is."""
        return {"power": status} if (status := olds.get("power") or olds.get("status")) else {}

    def monthly_usd(self, session: Session, args: InstanceArgs) -> float | None:
        """The plan in its region, with backups if on."""
        with suppress(LinodeError):
            plan = _type_of(session, args.type)
            if plan is not None and args.region:
                return plan.monthly_usd(args.region, backups=bool(args.backups_enabled))
        return None

    # ---- made, changed, deleted

    def paths(self, record: Linode) -> Iterator[str]:
        """With its addresses."""
        yield from super().paths(record)
        yield from map(address_path, filter(None, [*record.ipv4, record.ipv6]))

    def settled(self, update: Update[InstanceArgs, Linode]) -> Linode:
        """The Linode, running if it is to be waited for. Raises WaitExpired and what the calls raise."""
        linode, wanted = update.record, update.wanted
        if wanted.wait_for == "accepted":
            return linode
        return steps.machine_of(update).settled(linode, wanted.first_status)

    def seen_first(self, update: Update[InstanceArgs, Linode]) -> dict[str, object]:
        """A new one shares nothing, which its request can't ask for."""
        return {name: each for name, each in super().seen_first(update).items() if name != "shared_ipv4"}

    def finish(self, update: Update[InstanceArgs, Linode]) -> Linode:
        """The Linode as it is wanted; never erased."""
        linode = update.record
        if update.wanted.wait_for == "accepted":
            body = steps.put_body(update, linode)
            if body:
                update.session.client.update_linode(linode.id, body)
            return self.get(update.session, linode.id) if body else linode
        kept = {name: each for name, each in update.takes.items() if not each.erases}
        update = replace(update, takes=kept)
        if not kept and not steps.put_body(update, linode):
            return linode
        return steps.run(update)

    def at_rest(self, update: Update[InstanceArgs, Linode]) -> Linode:
        return steps.machine_of(update).at_rest()

    def update(self, update: Update[InstanceArgs, Linode]) -> Linode:
        return steps.run(update)

    def delete(self, session: Session, id_: str, args: InstanceArgs, timeout_s: float) -> None:
        """Delete it and wait until it is gone, so that its label is free; at once with wait_for="accepted"."""
        delete = deleting.delete_with_final_image if args.final_snapshot else deleting.delete
        delete(session, id_, timeout_s, wait=args.wait_for != "accepted")

    def is_at_rest(self, record: Linode) -> bool:
        return record.status in STABLE

    def is_leaving(self, record: Linode) -> bool:
        return record.status == "deleting"

    # ---- read back

    def reported_inputs(self, record: Linode, declared: InstanceArgs) -> dict[str, object]:
        """Only the thresholds that are declared are compared; an image that is to be ignored is as declared, and so is
        when backups are made while none are.
        """
        found = super().reported_inputs(record, declared)
        if declared.alerts is not None and "alerts" in record.model_fields_set:
            there = {key: record.alerts.get(key) for key in declared.alerts}
            found["alerts"] = {key: value for key, value in there.items() if value is not None}
        if not record.backups.enabled:
            schedule = {"backups_day": declared.backups_day, "backups_window": declared.backups_window}
            found |= {name: value for name, value in schedule.items() if value is not None}
        if declared.on_image_change == "ignore" and declared.image is not None:
            found["image"] = declared.image
        return found

    def described(self, session: Session, record: Linode) -> dict[str, object]:
        found = super().imported(record)
        return {name: found[name] for name in DESCRIBE if name in found}

    def imported(self, record: Linode) -> dict[str, object]:
        """Without what is so by default."""
        found = {name: each for name, each in super().imported(record).items() if name in IMPORTED}
        defaults = {"backups_enabled": False, "watchdog_enabled": True}
        return {name: each for name, each in found.items() if defaults.get(name) is not each}

    def outputs(self, record: Linode) -> dict[str, object]:
        """status: when it was last looked at. ipv4: all addresses, public ones first, and the first of each. specs: MB
        of memory and disk, GB of transfer a month. created: UTC without a zone. ssh: the command to log in.
        """
        private = [address for address in record.ipv4 if is_private(address)]
        public = [address for address in record.ipv4 if address not in private]
        first = next(iter(public), None)
        return {
            "label": record.label,
            "status": record.status,
            "ipv4": [*public, *private],
            "public_ipv4": first,
            "private_ipv4": next(iter(private), None),
            "ipv6": record.ipv6,
            "specs": record.specs.model_dump(),
            "host_uuid": record.host_uuid,
            "created": record.created,
            "ssh": f"ssh root@{first}" if first else None,
            "backups": record.backups.model_dump(exclude_unset=True),
        }


def has_backups(before: Props) -> bool:
    """Whether the backup service is on; by the account's word where there is one."""
    service = before.get("backups")
    declared = before.get("backups_enabled")
    return bool(service.get("enabled", declared) if isinstance(service, Mapping) else declared)


FIRST_BOOT: Mapping[str | None, Takes] = {None: KEPT, "keep": KEPT, "rebuild": REBUILD, "replace": REPLACE}
"""By on_access_change and on_user_data_change."""


def can_migrate(changed: Changed[InstanceArgs]) -> bool:
    """Whether the API moves it to the other region in place: between core regions, with nothing that is bound to one.

    Source: POST /linode/instances/{linodeId}/migrate.
    """
    old, new = changed.old, changed.new
    if changed.session is None or not old.region or not new.region:
        return False
    if any(new.value(name) for name in REGIONAL):
        return False
    regions = {each.id: each for each in changed.session.catalogs.regions()}
    return _is_core(regions.get(old.region)) and _is_core(regions.get(new.region))


def moving(changed: Changed[InstanceArgs]) -> Takes:
    """A migration, with what it leaves behind: backups, and volumes, which are bound to a region."""
    found = MIGRATE_WITHOUT_BACKUPS if has_backups(changed.before) else MIGRATE
    session, id_ = changed.session, changed.before.get("id")
    volumes = lookups(session).volumes(id_) if session is not None and isinstance(id_, int) else None
    if not volumes:
        return found
    return replace(found, what=found.what.replace("volumes", account_rules.named_volumes(volumes)))


def _is_core(region: Region | None) -> bool:
    return region is not None and region.site_type == "core"


def resizing(changed: Changed[InstanceArgs]) -> Takes:
    """A resize, warm or cold; one-way where the disk grows with the plan."""
    how = WARM if changed.new.migration_type == "warm" else RESIZE
    if changed.session is None or changed.new.resize_disk is False:
        return how
    before, after = (_type_of(changed.session, args.type) for args in (changed.old, changed.new))
    grows = before is not None and after is not None and after.disk_mb > before.disk_mb
    return replace(how, one_way="the disk grows with the plan") if grows else how


def rewiring(changed: Changed[InstanceArgs]) -> Takes:
    """Other interfaces: firewalls alone while it runs; without its public one it loses the address."""
    old, new = changed.old.interfaces, changed.new.interfaces
    if interfaces.only_firewalls_differ(old, new):
        return ACTION
    return replace(OFF, destroys=("addresses",)) if interfaces.public_goes(old, new) else OFF


def _type_of(session: Session, id_: str) -> LinodeType | None:
    return next((each for each in session.catalogs.types() if each.id == id_), None)


def _judged(check: Checking[InstanceArgs]) -> Iterator[Problem]:
    """Against catalogs and account, and what the token's user may not do."""
    facts = account_rules.gather(SPEC, check)
    yield from network_rules.attached(check)
    yield from account_rules.judged(check, facts)


def _refused(check: Checking[InstanceArgs]) -> Iterator[Refusal]:
    """A change of what is there; a replacement asks for none of it."""
    if check.old is not None:
        yield from consents(check)
        if not check.replaces:
            yield from account_rules.disks(check)
            yield from account_rules.left_behind(check)


MOVED_BY = ("region", "interfaces", "private_ip", "reserved_ipv4")
LASTING = {
    **dict.fromkeys(("ipv4", "public_ipv4", "private_ipv4", "ipv6", "ssh"), MOVED_BY),
    "specs": ("type",),
}

NETWORK = (network_rules.generations, network_rules.interfaces_together, network_rules.first_addresses)

SPEC = InstanceSpec(
    "Instance", "/linode/instances", InstanceArgs, Linode, BY_LABEL_AND_TAG, "linodes:read_write", "Linode",
    rules=(*RULES, *NETWORK, _judged), agreed=(network_rules.agreed,), refused=_refused, doubts=network_rules.doubts,
    erases=("disks", "id", "addresses"), lasting=LASTING,
)  # fmt: skip
