"""Carry out an update in place: what needs no downtime first, then moves, then one power cycle for the rest.

Every step looks at what is there before it acts, so an update that broke off can simply be run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from providers.linode.api.errors import LinodeError, NotAuthorized, NotFound
from providers.linode.api.records import Config, Disk, Linode, is_private
from providers.linode.core.args import Step
from providers.linode.core.effects import ACTION, Takes
from providers.linode.core.spec import Reading, Update, changed_tags
from providers.linode.core.waiting.goals import STABLE
from providers.linode.resources.instance import firewalls, interfaces
from providers.linode.resources.instance.changes import (
    MIGRATE,
    OFF,
    REBOOT,
    REBUILD,
    RESIZE,
    SHUT_DOWN,
    WARM,
    turns_off,
)
from providers.linode.resources.instance.power import Machine, boot_config

if TYPE_CHECKING:
    from providers.linode.resources.instance.args import InstanceArgs

    InstanceUpdate = Update[InstanceArgs, Linode]
    InstanceReading = Reading[InstanceArgs, Linode]

FIRST_BOOT = (
    "image", "root_pass", "authorized_keys", "authorized_users", "user_data", "booted", "disk_encryption",
    "stackscript_id", "stackscript_data",
)  # fmt: skip
"""What a rebuild takes. Source: POST /linode/instances/{linodeId}/rebuild."""


def machine_of(update: InstanceUpdate) -> Machine:
    return Machine(update.session, update.record.id, update.timeout_s, update.wanted.boot_config_label)


def run(update: InstanceUpdate) -> Linode:
    """The Linode afterwards, in the power state that it had or is to have.

    Raises ApiRefused, ApiUnreachable, WaitExpired.
    """
    machine = machine_of(update)
    is_new = update.record.status == "provisioning" and update.wanted.first_status == "running"
    if update.record.status not in STABLE and not is_new:
        update = replace(update, record=machine.at_rest())
    status = status_after(update)
    try:
        _while_it_runs(update)
        _do(update, MIGRATE)
        _do(update, RESIZE, WARM)
        _do(update, REBUILD)
        _power_cycle(update, status)
    except LinodeError:
        _boot_again(update, status)
        raise
    return machine.bring_to(status)


def status_after(update: InstanceUpdate) -> str:
    """The status after an update: what `booted` says, else what it was before; a rebuild boots as a create does.

    The status in the state counts where an earlier run may have broken off with the Linode turned off.
    """
    if update.wanted.kept_status is not None:
        return update.wanted.kept_status
    under_way = update.before.get("ready") is False or any(map(turns_off, update.takes.values()))
    before = update.before.get("power") or (update.before.get("status") if under_way else None)
    runs = update.record.status not in ("offline", "stopped")
    return "running" if update.of(REBUILD) or before == "running" or runs else "offline"


def _boot_again(update: InstanceUpdate, status: str) -> None:
    """What broke off half-way is no reason to leave a server off; the error that is on its way tells why."""
    client, id_ = update.session.client, update.record.id
    with suppress(LinodeError):
        if status == "running" and client.linode(id_).status == "offline":
            machine_of(update).boot()


def step_of(update: InstanceUpdate, name: str) -> Step:
    step = update.wanted.fields()[name].step
    assert step is not None  # noqa: S101 - a Spec is made only where every change that needs a step has one
    return step


def _do(update: InstanceUpdate, *takes: Takes) -> None:
    for step in dict.fromkeys(step_of(update, name) for name in update.of(*takes)):
        step(update)


def _while_it_runs(update: InstanceUpdate) -> None:
    _do(update, ACTION)
    linode = update.record
    if "backups_enabled" in update.takes:
        linode = update.session.client.linode(linode.id)
    if body := put_body(update, linode):
        update.session.client.update_linode(linode.id, body)


def put_body(update: InstanceUpdate, linode: Linode) -> dict[str, object]:
    """What PUT has to change, in one request; empty when nothing. Source: PUT /linode/instances/{linodeId}."""
    wanted = update.wanted
    body: dict[str, object] = {
        key: value
        for key in ("label", "watchdog_enabled", "maintenance_policy")
        if (value := wanted.value(key)) is not None and value != getattr(linode, key)
    }
    if (tags := changed_tags(linode, wanted.tags, update.owner)) is not None:
        body["tags"] = tags
    alerts: Mapping[str, object] = dict(wanted.alerts or {})
    if any(linode.alerts.get(key) != value for key, value in alerts.items()):
        body["alerts"] = alerts
    schedule = {"day": wanted.backups_day, "window": wanted.backups_window}
    given = {part: value for part, value in schedule.items() if value is not None}
    if linode.backups.enabled and any(
        linode.backups.schedule.get(key) != each for key, each in given.items()
    ):
        body["backups"] = {"schedule": given}
    return body


def rebuild(update: InstanceUpdate) -> None:
    machine, fields = machine_of(update), update.wanted.fields()
    body = {
        fields[name].key: fields[name].on_the_wire(value)
        for name in FIRST_BOOT
        if (value := update.wanted.value(name)) is not None
    }
    body |= {"booted": False} if _needing_off(update) else {}
    call, disks = partial(machine.client.rebuild, machine.id, body), _disk_ids(machine)
    job = machine.job_since_now("linode_rebuild", lambda: _disk_ids(machine) != disks)
    machine.act(call, job, "be rebuilt")
    machine.at_rest()


def _disk_ids(machine: Machine) -> set[int]:
    return {disk.id for disk in machine.client.disks(machine.id)}


def _lost_by_rebuild(update: InstanceUpdate) -> list[str]:
    """Declared inputs that a rebuild takes back: it makes other disks and another configuration profile."""
    keys = ["swap_size", "kernel", *([] if _has_linode_interfaces(update) else ["interfaces"])]
    return [key for key in keys if update.wanted.value(key) is not None] if update.of(REBUILD) else []


def _needing_off(update: InstanceUpdate) -> list[str]:
    """What is done while the Linode is off; after a rebuild, which then doesn't boot it."""
    changed = [name for name in update.of(OFF, SHUT_DOWN) if name != "booted"]
    return list(dict.fromkeys([*_lost_by_rebuild(update), *changed]))


def migrate(update: InstanceUpdate) -> None:
    """Always cold: between regions the API takes nothing else."""
    machine, region = machine_of(update), update.wanted.region
    if update.record.region != region:
        call = partial(machine.client.migrate, machine.id, region, migration_type="cold")
        machine.act(call, lambda seen: seen.region == region, f"move to {region}")
        machine.at_rest(lambda seen: seen.region == region, f"be in {region}")


def resize(update: InstanceUpdate) -> None:
    machine, plan = machine_of(update), update.wanted.type
    if update.record.type != plan:
        how, disk = update.wanted.migration_type or "cold", update.wanted.resize_disk is not False
        call = partial(machine.client.resize, machine.id, plan, migration_type=how, resize_disk=disk)
        machine.act(call, lambda seen: seen.type == plan, f"be resized to {plan}")
        machine.at_rest(lambda seen: seen.type == plan, f"be a {plan}")


def _power_cycle(update: InstanceUpdate, status: str) -> None:
    """Everything that needs the Linode off or rebooted, in one go."""
    machine = machine_of(update)
    off, reboot = _needing_off(update), update.of(REBOOT)
    if off:
        machine.shut_down()
    for name in dict.fromkeys((*off, *reboot)):
        step_of(update, name)(update)
    if reboot and not off and status == "running":
        machine.reboot()


def brought(_: InstanceUpdate) -> None:
    """Nothing by itself: the update ends in the power state, and with the profile, that are wanted."""


def set_backups(update: InstanceUpdate) -> None:
    enabled = bool(update.wanted.backups_enabled)
    if enabled != update.record.backups.enabled:
        update.session.client.set_backups(update.record.id, enabled=enabled)


def set_placement_group(update: InstanceUpdate) -> None:
    wanted, current, client = update.wanted.group_id, update.record.placement_group, update.session.client
    if current is not None and current.id != wanted:
        with suppress(NotFound):  # the group is gone, and with it the assignment
            client.place(update.record.id, current.id, assigned=False)
    if wanted is not None and (current is None or current.id != wanted):
        client.place(update.record.id, wanted, assigned=True)


def reset_password(update: InstanceUpdate) -> None:
    machine, root_pass = machine_of(update), str(update.wanted.root_pass)
    call = partial(machine.client.reset_password, machine.id, root_pass)
    again = machine.job_since_now("password_reset", lambda: False)  # it is the same password a second time
    machine.act(call, again, "get another root password")


def resize_swap(update: InstanceUpdate) -> None:
    machine = machine_of(update)
    for disk_id, size_mb in swap_steps(machine.client.disks(machine.id), update.wanted.swap_size or 0):
        call = partial(machine.client.resize_disk, machine.id, disk_id, size_mb)
        machine.act(call, partial(_has_disk, machine, disk_id, size_mb), "have its disks resized")


def _has_disk(machine: Machine, disk_id: int, size_mb: int, _: Linode) -> bool:
    return (disk_id, size_mb) in [(disk.id, disk.size) for disk in machine.client.disks(machine.id)]


def swap_steps(disks: Sequence[Disk], swap_mb: int) -> list[tuple[int, int]]:
    """The resizes (disk id, MB) that give the swap disk its size and the main disk the rest.

    The one that shrinks goes first, so that both always fit the plan. Raises LinodeError where there is no swap disk,
    or is to be none, or nothing would be left of the main disk: then it can't be done in place.
    """
    swap = next((disk for disk in disks if disk.filesystem == "swap"), None)
    main = max(
        (disk for disk in disks if disk.filesystem != "swap"), key=lambda disk: disk.size, default=None
    )
    held_mb = swap.size if swap else 0
    if held_mb == swap_mb:
        return []
    if swap is None or main is None or not 0 < swap_mb < main.size + held_mb:
        raise LinodeError(
            f"can't become {swap_mb} MB in place: there are {held_mb} MB of swap beside a main disk of "
            f"{main.size if main else 0} MB. Next: leave it out, or replace the Linode with replace_on=['swap_size']."
        )
    steps = [(swap.id, swap_mb), (main.id, main.size + swap.size - swap_mb)]
    return steps if swap_mb < swap.size else steps[::-1]


def _put_config(update: InstanceUpdate, body: Mapping[str, object]) -> None:
    update.session.client.update_config(update.record.id, machine_of(update).boot_config().id, body)


def set_kernel(update: InstanceUpdate) -> None:
    _put_config(update, {"kernel": update.wanted.kernel})


def set_interfaces(update: InstanceUpdate) -> None:
    """All of them while it is off; where firewalls alone differ, those of Linode interfaces while it runs."""
    declared, client, linode_id = update.wanted.interfaces or [], update.session.client, update.record.id
    everything = "interfaces" not in update.of(ACTION)
    if not _has_linode_interfaces(update):
        if everything:
            _put_config(update, {"interfaces": declared})
        return
    there = client.interfaces(linode_id)
    firewalls.guard(client, linode_id, there, declared)
    if not everything:
        return
    machine, needed = machine_of(update), interfaces.steps(there, declared)
    for interface_id in needed.remove:
        machine.when_free(partial(client.delete_interface, linode_id, interface_id), "lose an interface")
    for interface in interfaces.on_the_wire(needed.add):
        machine.when_free(partial(client.add_interface, linode_id, interface), "get an interface")


def set_network_helper(update: InstanceUpdate) -> None:
    enabled = bool(update.wanted.network_helper)
    if _has_linode_interfaces(update):
        update.session.client.set_network_helper(update.record.id, enabled=enabled)
    else:
        _put_config(update, {"helpers": {"network": enabled}})


def _has_linode_interfaces(update: InstanceUpdate) -> bool:
    return update.record.interface_generation == "linode"


def add_private_address(update: InstanceUpdate) -> None:
    if update.wanted.private_ip and not any(map(is_private, update.record.ipv4)):
        _add_address(update)


def add_reserved_address(update: InstanceUpdate) -> None:
    address = str(update.wanted.reserved_ipv4)
    if address not in update.record.ipv4:
        _add_address(update, address)


def _add_address(update: InstanceUpdate, reserved: str | None = None) -> None:
    machine = machine_of(update)
    machine.when_free(partial(machine.client.add_address, machine.id, reserved), "get an address")


def share_addresses(update: InstanceUpdate) -> None:
    machine = machine_of(update)
    call = partial(machine.client.share, machine.id, update.wanted.shared_ipv4 or ())
    machine.when_free(call, "share addresses")


# ---- what is read back by a call of its own, only where it is declared


def seen_shared(reading: InstanceReading) -> object:
    return reading.session.client.shared_ipv4(reading.record.id)


def seen_reserved(reading: InstanceReading) -> object:
    address = reading.declared.reserved_ipv4
    return address if address in reading.record.ipv4 else None


def seen_swap(reading: InstanceReading) -> object:
    disks = reading.session.client.disks(reading.record.id)
    return sum(disk.size for disk in disks if disk.filesystem == "swap")


def seen_private(reading: InstanceReading) -> object:
    return any(map(is_private, reading.record.ipv4))


def seen_booted(reading: InstanceReading) -> object:
    status = reading.record.status
    return status == "running" if status in ("running", "offline") else reading.declared.booted


def seen_boot_config(reading: InstanceReading) -> object:
    config = _boots(reading)
    return config.label if config is not None else None


def seen_kernel(reading: InstanceReading) -> object:
    config = _boots(reading)
    return config.kernel if config is not None else None


def seen_network_helper(reading: InstanceReading) -> object:
    if reading.record.interface_generation == "linode":
        return reading.session.client.network_helper(reading.record.id)
    config = _boots(reading)
    return config.helpers.get("network") if config is not None else None


def seen_interfaces(reading: InstanceReading) -> object:
    """Of the configuration profile that it boots, or of the Linode itself."""
    client, linode = reading.session.client, reading.record
    wanted: list[interfaces.Row] = reading.declared.interfaces or []  # type: ignore[assignment]  # TypedDicts are mappings
    if linode.interface_generation != "linode":
        config = _boots(reading)
        return interfaces.seen_legacy(config.interfaces if config else (), wanted)
    there = client.interfaces(linode.id)
    try:
        held = firewalls.held(client, linode.id, there, wanted)
    except NotAuthorized:  # a refresh is not to fail because a token may not ask for firewalls
        held = {}
    return interfaces.seen_linode(there, wanted, held)


def _boots(reading: InstanceReading) -> Config | None:
    """The configuration profile that it boots, which says several inputs."""
    client, label = reading.session.client, reading.declared.boot_config_label
    found: Config | None = reading.asked("boots", lambda: boot_config(client, reading.record.id, label))
    return found
