"""Declare what groups of servers are: each server with its volumes and its names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pulumi

from providers.linode import (
    DomainRecord,
    DomainRecordArgs,
    Instance,
    InstanceArgs,
    ReverseDNS,
    ReverseDNSArgs,
    RootPassword,
    Volume,
    VolumeArgs,
)
from providers.linode.core import runtime as sessions
from providers.linode.pins import Pinned
from providers.linode.provider import SPECS
from providers.linode.resources.domain_record import below
from providers.linode.resources.instance.interfaces import wired
from stacks import inputs
from stacks.filling import IN_LABELS, IN_USER_DATA, filled
from stacks.picking import Picks
from stacks.settings import OF_EACH, Group, Settings
from stacks.shared import Shared


@dataclass(frozen=True)
class Server:
    """One of a group, the volumes that it has, by their names in the settings, and its name in DNS."""

    instance: Instance
    volumes: Mapping[str, Volume]
    host: str | None
    running: bool | None
    """Whether it is to run."""

    def facts(self) -> dict[str, Any]:
        """What the stack exports of it: what its resources don't tell by themselves, and how it is found. Short, for an
        engine shows outputs between the tree and its question.
        """
        one = self.instance
        volumes = {
            name: {
                "id": each.id,
                "size": each.size,
                "path": each.filesystem_path,
                "monthly_usd": each.monthly_usd,
            }
            for name, each in self.volumes.items()
        }
        return {
            "id": one.id,
            "ipv4": one.ipv4,
            **({"volumes": volumes} if volumes else {}),
            **({"host": self.host} if self.host else {}),
            "running": self.running,
        }


def root_passwords(picks: Iterable[str], pinned: Pinned) -> dict[str, RootPassword]:
    """One for each group."""
    return {
        name: RootPassword(f"{name}-root", pulumi.ResourceOptions(aliases=_aliases(pinned, name, "root")))
        for name in picks
    }


def declare(
    shared: Shared, picks: Mapping[str, Picks], pinned: Pinned, passwords: Mapping[str, RootPassword]
) -> dict[str, Server]:
    """Every server of every group that has some, by its name. Raises BadSettings."""
    settings, found = shared.settings, dict[str, Server]()
    for name, chosen in picks.items():
        group = settings.servers[name]
        group = group.model_copy(update=settings.ending({"tags": group.tags}))
        args = instance_args(group, chosen, passwords[name], keys_of(group, settings))
        args = replace(args, **_network(group, chosen, shared))
        if (
            placed := shared.placement_group(name, chosen.region.id, pinned.former.get(name, ()))
        ) is not None:
            args = replace(args, placement_group=placed)
        servers = Members(name, group, chosen, args, pinned, shared).declare()
        nodes = {each: server.instance.private_ipv4 for each, server in servers.items()}
        shared.load_balancer(name, chosen.region.id, nodes, _aliases(pinned, name))
        found |= servers
    return found


@dataclass(frozen=True)
class Members:
    """The servers of one group. `args`: what they have in common."""

    name: str
    group: Group
    chosen: Picks
    args: InstanceArgs
    pinned: Pinned
    shared: Shared

    def declare(self) -> dict[str, Server]:
        """Each with its volumes and names, by its own name. Raises BadSettings."""
        called, found = labels(self.group, pulumi.get_stack()), dict[str, Server]()
        before: Instance | None = None
        for part in (*range(1, self.group.count + 1), *self.group.adopt):
            opts = self._options(part)
            if part in called:
                opts.aliases = [*(opts.aliases or ()), pulumi.Alias(name=called[part])]
            if before and self.group.one_at_a_time:
                opts.depends_on = [before]
            before = Instance(self._name(part), self._args(part), opts)
            host, volumes = self._named(part, before), dict(self._volumes(part, before))
            found[self._name(part)] = Server(before, volumes, host, self.group.running)
        return found

    def _name(self, part: object) -> str:
        return f"{self.name}-{part}"

    def _options(
        self, part: int | str, end: str = "", *after: pulumi.Resource, is_kept: bool = False
    ) -> pulumi.ResourceOptions:
        """Those of a server, or of what belongs to it alone and is called like it with an `end`. is_kept: whether it
        was there before, and whoever forgets its line must not lose it.
        """
        is_kept = (is_kept or part in self.group.adopt) and "protect" not in self.group.model_fields_set
        return pulumi.ResourceOptions(
            protect=self.group.protect or is_kept,
            aliases=_aliases(self.pinned, self.name, f"{part}{end}"),
            depends_on=list(after) or None,
        )

    def _args(self, part: int | str) -> InstanceArgs:
        """With what is another text for each server. Raises BadSettings."""
        group, values, own = self.group, self._values(part), dict[str, Any]()
        if part in group.adopt:
            own["adopt"] = part
        elif (label := group.inputs.get("label")) is not None:
            own["label"] = filled(label, IN_LABELS, values)
        if (data := group.user_data()) is not None:
            own["user_data"] = filled(data, IN_USER_DATA, values)
        if group.reserved_ip:
            opts = self._options(part, "-address")
            own["reserved_ipv4"] = self.shared.address(self._name(part), self.chosen.region.id, opts)
        return replace(self.args, **own)

    def _values(self, part: int | str) -> dict[str, object]:
        return {
            "project": pulumi.get_project(),
            "stack": pulumi.get_stack(),
            "group": self.name,
            "n": part,
            "name": self._name(part),
            "region": self.chosen.region.id,
            "type": self.chosen.type.id,
        }

    def _volumes(self, part: int | str, server: Instance) -> Iterator[tuple[str, Volume]]:
        for name, given in self.group.volumes.items():
            values = self._values(part)
            texts = {key: given[key] for key in OF_EACH if isinstance(given.get(key), str)}
            own = {key: filled(text, IN_LABELS, values) for key, text in texts.items()}
            declared = self.shared.settings.ending({**given, **own})
            args = VolumeArgs(region=self.chosen.region.id, linode_id=server.id, **declared)
            opts = self._options(part, f"-{name}", is_kept="adopt" in given)
            yield name, Volume(f"{self._name(part)}-{name}", args, opts)

    def _named(self, part: int | str, server: Instance) -> str | None:
        """The name of a server, with a record for each public address, which stand for it, too. Raises BadSettings."""
        if (dns := self.group.dns) is None:
            return None
        host = below(filled(dns.name, IN_LABELS, self._values(part)), dns.zone)
        full = f"{host}.{dns.zone}" if host else dns.zone
        zone_id = self.shared.zone(dns.zone)
        addresses: dict[Literal["A", "AAAA"], pulumi.Output[str]] = {
            "A": server.public_ipv4,
            "AAAA": server.ipv6.apply(lambda network: (network or "").partition("/")[0]),
        }
        for kind in inputs.address_records(self.args.interfaces):
            address, end = addresses[kind], f"-{kind.lower()}"
            args = DomainRecordArgs(
                domain_id=zone_id, type=kind, name=host, target=address, ttl_sec=dns.ttl_sec
            )
            record = DomainRecord(f"{self._name(part)}{end}", args, self._options(part, end))
            if dns.reverse:
                ReverseDNS(
                    f"{self._name(part)}{end}",
                    ReverseDNSArgs(address=address, rdns=full),
                    self._options(part, end, record),
                )
        return full


def instance_args(group: Group, chosen: Picks, password: RootPassword, keys: Sequence[str]) -> InstanceArgs:
    """What the servers of a group have in common."""
    return InstanceArgs(
        type=chosen.type.id,
        region=chosen.region.id,
        image=chosen.image.id,
        kernel=chosen.kernel.id if chosen.kernel else None,
        tags=list(group.tags),
        root_pass=password.result,
        authorized_keys=list(keys) or None,
        backups_enabled=group.backups,
        booted=group.running,
        allow_downtime=group.allow_downtime,
        allow_data_loss=group.allow_data_loss,
        resize_disk=group.resize_disk,
        on_image_change=group.on_image_change,
        **{**group.inputs, **({"private_ip": True} if group.load_balancer else {})},
    )


def total_monthly_usd(settings: Settings, picks: Mapping[str, Picks]) -> float:
    """US dollars a month for servers and what hangs on them, from the prices of now: a stored one may be old.

    0 for what has no price.
    """
    session, total = sessions.of_stack(pulumi.get_stack()), 0.0

    def usd(kind: str, region: str, given: Mapping[str, Any]) -> float:
        return SPECS[kind].monthly_usd(session, SPECS[kind].args(region=region, **given)) or 0.0

    for name, chosen in picks.items():
        group, region = settings.servers[name], chosen.region.id
        volumes = sum(usd("Volume", region, given) for given in group.volumes.values())
        address = usd("ReservedIP", region, {}) if group.reserved_ip else 0.0
        total += group.size * (chosen.monthly_usd + volumes + address)
        total += usd("NodeBalancer", region, {}) if group.load_balancer else 0.0
    return round(total, 2)


def keys_of(group: Group, settings: Settings) -> list[str]:
    """The public keys that root gets."""
    return [*settings.authorized_keys, *(settings.ssh_keys[name] for name in group.ssh_keys)]


def labels(group: Group, stack: str) -> dict[int | str, str]:
    """By what the group adopts its label, which `fleet import` calls it by. A Linode that is not there is refused as a
    resource, alone.
    """
    by_id = any(isinstance(each, int) for each in group.adopt)
    known = (sessions.of_stack(stack).labels(SPECS["Instance"].path) if by_id else None) or {}
    return {
        each: label for each in group.adopt if (label := known.get(each) if isinstance(each, int) else each)
    }


def _network(group: Group, chosen: Picks, shared: Shared) -> dict[str, Any]:
    """Its interfaces, where the group says anything of them, and the firewall in front of them."""
    subnet_id = group.private_network and shared.subnet(group.private_network, chosen.region.id)
    return wired(group.inputs, subnet_id, group.firewall and shared.firewall(group.firewall))


def _aliases(pinned: Pinned, group: str, part: object = None) -> list[pulumi.Alias]:
    """What a renamed group, or a part of it, was called: the engine takes it for the same, and changes it in place."""
    end = "" if part is None else f"-{part}"
    return [pulumi.Alias(name=f"{name}{end}") for name in pinned.former.get(group, ())]
