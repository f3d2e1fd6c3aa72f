"""Fleet: many Linodes that are alike, asked for at once and waited for together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from providers.linode.api.errors import LinodeError
from providers.linode.resources.account import Account
from providers.linode.resources.gate import Gate
from providers.linode.resources.instance.resource import Instance, InstanceArgs
from providers.linode.resources.leaving import Leaving


@dataclass(frozen=True, kw_only=True)
class FleetArgs:
    """What the fleet is to be. Member n (from 1) depends on n alone, so that growing and shrinking touch no other.

    `label` and `tags` are patterns: {n} or {n:03} is the member's number, {name} the fleet's name, {region} the
    member's region, where it is known. `regions` and `placement_groups` are dealt out in turn: member n gets
    number (n - 1) modulo their count, so a longer or shorter list moves members. With both, the lists go
    together: group i is in region i. Tags are added to those of `instance`.
    """

    count: int
    instance: InstanceArgs
    label: str | None = None
    tags: Sequence[str] = ()
    regions: Sequence[pulumi.Input[str]] = ()
    placement_groups: Sequence[pulumi.Input[int]] = ()
    timeout_s: float = 900.0
    """Seconds from the last accepted request until all of them run."""


class Fleet(pulumi.ComponentResource):
    """N Instances and one gate. The outputs are there once every member runs.

    ids: Linode ids. ipv4s: each member's public address. by_name: id and address by the name of the resource,
    `<fleet>-001`. `instances` are the resources themselves, there as soon as they are accepted.
    """

    ids: pulumi.Output[list[str]]
    ipv4s: pulumi.Output[list[str]]
    by_name: pulumi.Output[dict[str, dict[str, str]]]

    def __init__(
        self, name: str, args: FleetArgs, account: Account, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Raises LinodeError if a pattern or a list can't be used."""
        super().__init__("linode:index:Fleet", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        leaving = Leaving(f"{name}-leaving", account, opts=inside)
        behind = pulumi.ResourceOptions(parent=self, depends_on=[leaving])
        self.instances: dict[str, Instance] = {
            member_name(name, n): Instance(member_name(name, n), member(name, n, args), account, behind)
            for n in range(1, args.count + 1)
        }
        self.gate = Gate(
            f"{name}-gate",
            {member: instance.id for member, instance in self.instances.items()},
            account,
            status=first_status(args.instance),
            timeout_s=args.timeout_s,
            opts=inside,
        )
        self.by_name = self._once_open(
            {key: {"id": one.id, "ipv4": one.public_ipv4} for key, one in self.instances.items()}
        )
        self.ids = self.by_name.apply(lambda found: [one["id"] for one in found.values()])
        self.ipv4s = self.by_name.apply(lambda found: [one["ipv4"] for one in found.values()])
        self.register_outputs({"ids": self.ids, "ipv4s": self.ipv4s, "by_name": self.by_name})

    def _once_open(self, facts: Mapping[str, Mapping[str, Any]]) -> pulumi.Output[dict[str, dict[str, str]]]:
        """The facts, when the gate is open. Its id is known in a preview as long as the fleet is there."""
        return pulumi.Output.all(facts, self.gate.id).apply(lambda both: dict(both[0]))


def member_name(name: str, n: int) -> str:
    """The resource name of member n: `web-001`."""
    return f"{name}-{n:03}"


def member(name: str, n: int, args: FleetArgs) -> InstanceArgs:
    """What member n is to be. Raises LinodeError."""
    if len(args.regions) > 1 and args.placement_groups and len(args.regions) != len(args.placement_groups):
        raise LinodeError(
            f"fleet {name}: {len(args.regions)} regions and {len(args.placement_groups)} placement groups do not go "
            "together. Next: give as many of the ones as of the others, group i being in region i."
        )
    region = args.regions[(n - 1) % len(args.regions)] if args.regions else args.instance.region
    groups = args.placement_groups
    known = {"n": n, "name": name, "region": region if isinstance(region, str) else "?"}
    own = [_filled(name, pattern, known) for pattern in args.tags]
    common = args.instance.tags
    return replace(
        args.instance,
        region=region,
        label=_filled(name, args.label, known) if args.label else args.instance.label,
        tags=pulumi.Output.from_input(common).apply(lambda tags: [*(tags or []), *own]) if own else common,
        placement_group=groups[(n - 1) % len(groups)] if groups else args.instance.placement_group,
        wait_for="accepted",
    )


def _filled(name: str, pattern: str, known: Mapping[str, object]) -> str:
    try:
        return pattern.format(**known)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise LinodeError(
            f"fleet {name}: the pattern '{pattern}' can't be filled ({error}). "
            "Next: use {n}, {n:03}, {name} and {region} alone."
        ) from None


def first_status(args: InstanceArgs) -> str:
    """What the members settle in: without an image or a backup, or with booted=False, they stay off."""
    boots = args.booted is not False and (args.image is not None or args.backup_id is not None)
    return "running" if boots else "offline"
