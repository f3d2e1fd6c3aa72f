"""What a preview promises of a change, `up` keeps: for every input and every pair of its states.

Each pair has a Linode (a firewall, a key) of its own. A preview is check and diff; what was told is held against
what the account shows, and a second preview says nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count, permutations
from typing import Any

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import SPECS, LinodeProvider
from tests.servicer.world import PLANTED, World
from tests.servicer_process import Props, Servicer

NONE = 1
KEYS = [
    f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII{end} web"
    for end in "IM"
]
OTHER = "Another-Passw0rd-8"
REBUILDS: Props = {
    "on_image_change": "rebuild",
    "on_user_data_change": "rebuild",
    "on_access_change": "rebuild",
}
NO_IMAGE: Props = {"image": None, "root_pass": None}
LINODE: Props = {"interface_generation": "linode"}
PUBLIC: Props = {"public": {}, "firewall_id": 0}
VLAN: Props = {"vlan": {"vlan_label": "back"}}
RULE: Props = {"action": "ACCEPT", "protocol": "TCP", "ports": "22", "addresses": {"ipv4": ["192.0.2.0/24"]}}
NUMBERS = count(1)

States = Sequence[Props]
INSTANCE: Mapping[str, States] = {
    "type": [{"type": "g6-nanode-1"}, {"type": "g6-standard-1"}, {"type": "g6-standard-2", "migration_type": "warm"}],
    "resize_disk": [{"type": each, "resize_disk": False} for each in ("g6-nanode-1", "g6-standard-1")],
    "region": [{}, {"region": "gb-lon"}, {"region": "us-ord", "migration_type": "warm"}],
    "region and backups": [
        {"backups_enabled": True, "region": each, "allow_data_loss": allowed}
        for each, allowed in (("de-fra-2", True), ("gb-lon", True), ("us-ord", False))
    ],
    "image": [{}, {"image": "linode/debian12"}, {"image": "linode/ubuntu24.04", "on_image_change": "ignore"}],
    "image rebuilt": [{**REBUILDS}, {**REBUILDS, "image": "linode/debian12", "swap_size": 1024},
                      {**REBUILDS, "image": "linode/debian12", "swap_size": 0, "kernel": "linode/latest-64bit"}],
    "image not declared": [{}, {**NO_IMAGE}, {**NO_IMAGE, "tags": ["red"]}, {**NO_IMAGE, "private_ip": True}],
    "label and tags": [{}, {"label": "other"}, {"tags": []}, {"tags": ["red", "blue"]}],
    "root_pass": [{}, {"root_pass": OTHER}, {"root_pass": OTHER + "9", "on_root_pass_change": "reset"}],
    "access": [{}, {"authorized_keys": KEYS[:1]}, {"authorized_keys": KEYS, "on_access_change": "rebuild"}],
    "user_data": [{}, {"user_data": "#!/bin/sh\n"}, {"user_data": "#cloud-config\n", **REBUILDS}],
    "swap_size": [{}, {"swap_size": 0}, {"swap_size": 512}, {"swap_size": 1024}],
    "booted": [{}, {"booted": True}, {"booted": False}],
    "kernel": [{}, {"kernel": "linode/latest-64bit"}, {"kernel": "linode/grub2", "booted": False}],
    "backups": [{}, {"backups_enabled": True}, {"backups_enabled": False},
                {"backups_enabled": False, "allow_data_loss": True},
                {"backups_enabled": True, "backups_day": "Monday", "backups_window": "W4"}],
    "watchdog and alerts": [{}, {"watchdog_enabled": False}, {"alerts": {"cpu": 50}}, {"alerts": {"cpu": 60, "io": 5}}],
    "private_ip": [{}, {"private_ip": True}, {"private_ip": False}],
    "disk_encryption": [{}, {"disk_encryption": "enabled"}, {"disk_encryption": "disabled"}],
    "interfaces": [{}, {"interfaces": [{"purpose": "public"}]},
                   {"interfaces": [{"purpose": "public"}, {"purpose": "vlan", "label": "back"}]}],
    "linode interfaces": [{**LINODE, "interfaces": each} for each in ([PUBLIC], [PUBLIC, VLAN], [VLAN])],
    "network_helper": [{}, {"network_helper": True}, {"network_helper": False}],
    "maintenance_policy": [{}, {"maintenance_policy": "linode/migrate"}, {"maintenance_policy": "linode/power_off_on"}],
    "allow_downtime": [{}, {"allow_downtime": False}, {"allow_downtime": False, "type": "g6-standard-1"}],
    "replace_on": [{}, {"replace_on": ["user_data"], "user_data": "#!/bin/sh\n"}],
    "ours": [{}, {"timeouts": {"update": 600}}, {"wait_for": "accepted"}, {"final_snapshot": True}],
}  # fmt: skip
FIREWALL: Mapping[str, States] = {
    "label": [{}, {"label": "other"}],
    "rules": [{"inbound_policy": "DROP", "inbound": each} for each in ([], [RULE], [{**RULE, "ports": "80"}, RULE])],
    "outbound": [{}, {"outbound": [RULE], "outbound_policy": "DROP"}, {"outbound": [], "outbound_policy": "DROP"}],
    "status": [{}, {"status": "disabled"}, {"status": "enabled"}],
    "tags": [{}, {"tags": ["red"]}, {"tags": []}],
}  # fmt: skip
SSH_KEY: Mapping[str, States] = {
    "label": [{}, {"label": "other"}],
    "ssh_key": [{"ssh_key": each} for each in KEYS],
}
OWN: Mapping[str, Props] = {
    "Instance": {"type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian13", "root_pass": PLANTED},
    "Firewall": {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
    "SSHKey": {"ssh_key": KEYS[0]},
}  # fmt: skip
KINDS = {"Instance": INSTANCE, "Firewall": FIREWALL, "SSHKey": SSH_KEY}
QUICK = ("swap_size", "backups", "image not declared")
"""Of Instance's, those of `make test`; the others take minutes."""

CASES = [
    pytest.param(
        kind,
        name,
        id=f"{kind} {name}",
        marks=[] if kind != "Instance" or name in QUICK else pytest.mark.all,
    )
    for kind, inputs in KINDS.items()
    for name in inputs
]
REFUSED: Mapping[str, list[tuple[int, int]]] = {
    "type": [(1, 0), (2, 0), (2, 1)],
    "resize_disk": [(1, 0)],
    "region and backups": [(0, 2), (1, 2)],
    "image rebuilt": [(0, 2), (1, 2), (2, 1)],
    "swap_size": [(0, 1), (1, 2), (1, 3), (2, 1), (3, 1)],
    "backups": [(1, 2), (4, 2)],
    "private_ip": [(1, 2)],
    "allow_downtime": [(0, 2), (1, 2), (2, 0), (2, 1)],
}
"""Changes that a preview refuses, by the places of their states: disks that don't fit, or a consent that lacks."""

POWER = ("boot", "reboot", "shutdown", "resize", "migrate", "rebuild", "password")


@dataclass
class Pair:
    """One resource that is to go from one state to another; each method is a command with a process of its own."""

    world: World
    kind: str
    old: Props
    new: Props
    refused: str = ""
    broken: str = ""

    def __post_init__(self) -> None:
        self.name = f"pair-{next(NUMBERS)}"

    def inputs(self, state: Props) -> Props:
        owner = Owner(self.world.uuid, "fleet", "local", self.name).as_props()
        label = f"{self.name}-{state.get('label', 'own')}"
        return {**OWN[self.kind], **state, "label": label, "owner": owner}

    def create(self, servicer: Servicer) -> None:
        self.olds, failures = servicer.check(self.inputs(self.old))
        assert failures == [], (self.old, failures)
        self.id, self.outs = servicer.create(self.olds)

    def change(self, servicer: Servicer) -> None:
        before = self.there()
        self.news, failures = servicer.check(self.inputs(self.new), self.olds)
        if failures:
            self.refused = " ".join(reason for _, reason in failures)
            return
        answer = servicer.diff(self.id, self.outs, self.news)
        told = self.told(servicer)
        if answer.replaces:
            self.refused = "replaced"
            self.broken = "" if told["op"] == "replace" else f"a replacement is told as {told}"
            return
        seen = self.last_request()
        try:
            if answer.changes != NONE:
                self.outs = servicer.update(self.id, self.outs, self.news, olds=self.olds)
        except grpc.RpcError as error:
            self.broken = f"passes the preview, and fails: {error.details()}"
            return
        self.broken = "; ".join(self.differences(told, before, self.there(), self.requests(seen)))

    def again(self, servicer: Servicer) -> None:
        """Says nothing, neither at once nor after a refresh."""
        if self.refused or self.broken:
            return
        checked, failures = servicer.check(self.news, self.news)
        if failures or servicer.diff(self.id, self.outs, checked).changes != NONE:
            self.broken = f"a second preview says {failures or 'a change'}"
            return
        _, outs, inputs = servicer.read(self.id, self.outs)
        checked, failures = servicer.check(self.news, inputs)
        if failures or servicer.diff(self.id, outs, checked).changes != NONE:
            found = {
                key: (inputs.get(key), self.news[key])
                for key in self.news
                if inputs.get(key) != self.news[key]
            }
            self.broken = f"after a refresh it says {failures or found}"

    def told(self, servicer: Servicer) -> Props:
        nothing: Props = {"op": "update", "level": "none", "destroys": [], "seconds_off": None}
        rows = [row for row in servicer.effects() if str(row["urn"]).endswith(f"::{self.name}")]
        return rows[-1] if rows else nothing

    def there(self) -> Props:
        """What can be lost: disks, addresses, and whether there are backups."""
        if self.kind != "Instance":
            return {}
        path = f"/linode/instances/{self.id}"
        linode = self.world.call("GET", path)
        disks: Any = self.world.call("GET", f"{path}/disks")["data"]
        backups: Any = linode["backups"]
        return {
            "disks": sorted(disk["id"] for disk in disks),
            "addresses": linode["ipv4"],
            "backups": backups["enabled"],
            "region": linode["region"],
            "status": linode["status"],
        }

    def last_request(self) -> int:
        return max(int(row["id"]) for row in self.world.api.requests())

    def requests(self, seen: int) -> list[str]:
        """The power actions on this one since."""
        rows = self.world.api.requests(seen)
        paths = [str(row["path"]).split("/") for row in rows if row["method"] == "POST"]
        return [path[-1] for path in paths if self.id in path and path[-1] in POWER]

    def differences(self, told: Props, before: Props, after: Props, power: list[str]) -> Iterator[str]:
        if self.kind != "Instance":
            return
        destroys: Any = told["destroys"]
        lost = {
            "disks": before["disks"] != after["disks"],
            "addresses": not set(before["addresses"]) <= set(after["addresses"]),  # type: ignore[call-overload]
            "backups": before["backups"] and (not after["backups"] or before["region"] != after["region"]),
        }
        if found := [part for part, gone in lost.items() if bool(gone) != (part in destroys)]:
            yield f"{found} lost or not, told {destroys}"
        off = told["level"] in ("power off", "data loss") and destroys != ["backups"]
        started_only = power == ["boot"]
        if off != (bool(power) and not started_only and before["status"] == "running"):
            yield f"{power or 'no power action'}, told {told['level']}"
        if self.new.get("booted") is None and "disks" not in destroys and before["status"] != after["status"]:
            yield f"{before['status']} before, {after['status']} afterwards"


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_preview_keeps_its_word_for_every_pair_of_states(api: LocalApi, kind: str, name: str) -> None:
    world, states = World(api), KINDS[kind][name]
    pairs = [Pair(world, kind, old, new) for old, new in permutations(states, 2)]

    for command in (Pair.create, Pair.change, Pair.again):
        with Servicer(LinodeProvider(kind), world.config) as servicer, ThreadPoolExecutor(4) as pool:
            list(pool.map(command, pairs, [named(servicer, pair.name) for pair in pairs]))

    assert [(pair.old, pair.new, pair.broken) for pair in pairs if pair.broken] == []
    refused = [(states.index(pair.old), states.index(pair.new)) for pair in pairs if "Next:" in pair.refused]
    assert refused == REFUSED.get(name, []), [pair.refused for pair in pairs if pair.refused]


def named(servicer: Servicer, name: str) -> Servicer:
    """The same process, for another resource."""
    other = copy.copy(servicer)
    other._urn = f"{servicer._urn.rpartition('::')[0]}::{name}"
    return other


def test_every_input_is_among_them() -> None:
    apart = {"stackscript_id", "stackscript_data", "backup_id", "boot_size", "reserved_ipv4", "adopt",
             "boot_config_label", "authorized_users", "firewall_id", "placement_group"}  # fmt: skip
    """For new ones only, or ids of things that tests of their own make."""
    devices = {"linodes", "interfaces", "nodebalancers"}
    for kind, inputs in KINDS.items():
        named = {key for states in (*inputs.values(), [OWN[kind]]) for state in states for key in state}
        missing = set(SPECS[kind].fields) - named - (apart if kind == "Instance" else devices)
        assert missing == set(), kind
