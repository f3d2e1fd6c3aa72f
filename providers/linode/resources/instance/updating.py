"""Carry out an update in place: what needs no downtime first, then moves, then one power cycle for the rest.

Every step looks at what is there before it acts, so an update that broke off can simply be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import LinodeError, NotFound
from providers.linode.api.records import Disk, Linode
from providers.linode.resources.instance import interface_firewalls, interfaces
from providers.linode.resources.instance.changes import Changes, Outcome
from providers.linode.resources.instance.inputs import put_body, rebuild_body
from providers.linode.resources.instance.outputs import is_private
from providers.linode.resources.instance.power import Machine, status_after

Props = Mapping[str, object]


@dataclass(frozen=True)
class Update:
    """One Linode as it was found, what it is to be, and what differs."""

    machine: Machine
    linode: Linode
    wanted: Props
    changes: Changes
    owner_tag: str
    before: object = None
    """The status in the state, where an earlier update may have turned the Linode off and broken off."""

    @property
    def client(self) -> LinodeClient:
        return self.machine.client

    def run(self) -> Linode:
        """The Linode afterwards, in the power state that it had or is to have.

        Raises ApiRefused, ApiUnreachable, WaitExpired.
        """
        status = status_after(self.linode, self.wanted, self.changes, self.before)
        try:
            self._without_downtime()
            self._migrate()
            self._resize()
            self._rebuild()
            self._power_cycle(status)
        except LinodeError:
            self._boot_again(status)
            raise
        return self.machine.bring_to(status)

    def _boot_again(self, status: str) -> None:
        """What broke off half-way is no reason to leave a server off; the error that is on its way tells why."""
        with suppress(LinodeError):
            if status == "running" and self.client.linode(self.linode.id).status == "offline":
                self.client.boot(self.linode.id)

    def _without_downtime(self) -> None:
        for key in self.changes.of(Outcome.ACTION):
            if action := ACTIONS.get(key):
                action(self)
        linode = (
            self.client.linode(self.linode.id) if "backups_enabled" in self.changes.outcomes else self.linode
        )
        if body := put_body(self.wanted, linode, self.owner_tag):
            self.client.update_linode(self.linode.id, body)

    def _rebuild(self) -> None:
        if self.changes.of(Outcome.REBUILD):
            body = rebuild_body(self.wanted) | ({"booted": False} if self._lost_by_rebuild() else {})
            self.machine.when_free(lambda: self.client.rebuild(self.linode.id, body), "be rebuilt")
            self.machine.at_rest()

    def _lost_by_rebuild(self) -> list[str]:
        """Declared inputs that a rebuild takes back: it makes disks and configuration profile anew."""
        keys = ["swap_size", "kernel", *([] if _has_linode_interfaces(self) else ["interfaces"])]
        return [key for key in keys if key in self.wanted] if self.changes.of(Outcome.REBUILD) else []

    def _migrate(self) -> None:
        region = str(self.wanted.get("region"))
        if self.changes.of(Outcome.MIGRATE) and self.linode.region != region:
            how = self._migration_type
            self.machine.when_free(
                lambda: self.client.migrate(self.linode.id, region, migration_type=how), f"move to {region}"
            )
            self.machine.at_rest(lambda seen: seen.region == region, f"be in {region}")

    def _resize(self) -> None:
        plan = str(self.wanted.get("type"))
        if self.changes.of(Outcome.RESIZE) and self.linode.type != plan:
            how, disk = self._migration_type, bool(self.wanted.get("resize_disk", True))
            self.machine.when_free(
                lambda: self.client.resize(self.linode.id, plan, migration_type=how, resize_disk=disk),
                f"be resized to {plan}",
            )
            self.machine.at_rest(lambda seen: seen.type == plan, f"be a {plan}")

    def _power_cycle(self, status: str) -> None:
        """Everything that needs the Linode off or booted anew, in one go."""
        changed = [key for key in self.changes.of(Outcome.OFF) if key != "booted"]
        off = list(dict.fromkeys([*self._lost_by_rebuild(), *changed]))
        reboot = self.changes.of(Outcome.REBOOT)
        if off:
            self.machine.shut_down()
        for key in dict.fromkeys((*off, *reboot)):
            if step := POWER_STEPS.get(key):
                step(self)
        if reboot and not off and status == "running":
            self.machine.reboot()

    @property
    def _migration_type(self) -> str:
        return str(self.wanted.get("migration_type", "cold"))


def _set_backups(update: Update) -> None:
    enabled = bool(update.wanted.get("backups_enabled"))
    if enabled != update.linode.backups.enabled:
        update.client.set_backups(update.linode.id, enabled=enabled)


def _set_firewall(update: Update) -> None:
    firewall = update.wanted.get("firewall_id")
    update.client.set_firewalls(update.linode.id, [] if firewall is None else [int(str(firewall))])


def _set_placement_group(update: Update) -> None:
    wanted = update.wanted.get("placement_group")
    current = update.linode.placement_group
    if current is not None and current.id != wanted:
        with suppress(NotFound):  # the group is gone, and with it the assignment
            update.client.place(update.linode.id, current.id, assigned=False)
    if wanted is not None and (current is None or current.id != wanted):
        update.client.place(update.linode.id, int(str(wanted)), assigned=True)


def _reset_password(update: Update) -> None:
    root_pass = str(update.wanted["root_pass"])
    update.machine.when_free(
        lambda: update.client.reset_password(update.linode.id, root_pass), "get another root password"
    )


def _resize_swap(update: Update) -> None:
    disks = update.client.disks(update.linode.id)
    for disk_id, size_mb in swap_steps(update.linode.id, disks, int(str(update.wanted["swap_size"]))):
        update.machine.when_free(
            partial(update.client.resize_disk, update.linode.id, disk_id, size_mb), "have its disks resized"
        )


def swap_steps(linode_id: int, disks: Sequence[Disk], swap_mb: int) -> list[tuple[int, int]]:
    """The resizes (disk id, MB) that give the swap disk its size and the main disk the rest.

    The one that shrinks goes first, so that both always fit the plan. Raises LinodeError without a swap disk.
    """
    swap = next((disk for disk in disks if disk.filesystem == "swap"), None)
    main = max(
        (disk for disk in disks if disk.filesystem != "swap"), key=lambda disk: disk.size, default=None
    )
    if swap is None or main is None:
        raise LinodeError(
            f"Linode {linode_id} has no swap disk of its own to resize. "
            "Next: leave swap_size out, or replace the Linode with replace_on=['swap_size']."
        )
    if swap.size == swap_mb:
        return []
    steps = [(swap.id, swap_mb), (main.id, main.size + swap.size - swap_mb)]
    return steps if swap_mb < swap.size else steps[::-1]


def _put_config(update: Update, body: Mapping[str, object]) -> None:
    update.client.update_config(update.linode.id, update.machine.boot_config().id, body)


def _set_kernel(update: Update) -> None:
    _put_config(update, {"kernel": update.wanted["kernel"]})


def _set_interfaces(update: Update) -> None:
    wanted = update.wanted.get("interfaces")
    declared = wanted if isinstance(wanted, list) else []
    if not _has_linode_interfaces(update):
        _put_config(update, {"interfaces": declared})
        return
    linode_id = update.linode.id
    there = update.client.interfaces(linode_id)
    interface_firewalls.put(update.client, linode_id, there, declared)
    needed = interfaces.steps(there, declared)
    for interface_id in needed.remove:
        update.machine.when_free(
            partial(update.client.delete_interface, linode_id, interface_id), "lose an interface"
        )
    for interface in interfaces.on_the_wire(needed.add):
        update.machine.when_free(
            partial(update.client.add_interface, linode_id, interface), "get an interface"
        )


def _set_interface_firewalls(update: Update) -> None:
    wanted, linode_id = update.wanted.get("interfaces"), update.linode.id
    if isinstance(wanted, list) and _has_linode_interfaces(update):
        interface_firewalls.put(update.client, linode_id, update.client.interfaces(linode_id), wanted)


def _set_network_helper(update: Update) -> None:
    enabled = bool(update.wanted["network_helper"])
    if _has_linode_interfaces(update):
        update.client.set_network_helper(update.linode.id, enabled=enabled)
    else:
        _put_config(update, {"helpers": {"network": enabled}})


def _has_linode_interfaces(update: Update) -> bool:
    return update.linode.interface_generation == "linode"


def _add_private_address(update: Update) -> None:
    if update.wanted.get("private_ip") and not any(map(is_private, update.linode.ipv4)):
        update.client.add_private_address(update.linode.id)


ACTIONS: Mapping[str, Callable[[Update], None]] = {
    "backups_enabled": _set_backups,
    "firewall_id": _set_firewall,
    "interfaces": _set_interface_firewalls,
    "placement_group": _set_placement_group,
}
POWER_STEPS: Mapping[str, Callable[[Update], None]] = {
    "root_pass": _reset_password,
    "swap_size": _resize_swap,
    "interfaces": _set_interfaces,
    "kernel": _set_kernel,
    "network_helper": _set_network_helper,
    "private_ip": _add_private_address,
}
