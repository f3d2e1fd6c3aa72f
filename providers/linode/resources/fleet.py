"""Fleet: many Linodes that are alike, with names, labels, regions and groups dealt out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pulumi

from providers.linode.api.errors import LinodeError
from providers.linode.core.args import AnyId
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.resource import Instance

if TYPE_CHECKING:
    from providers.linode.resources.placement_group import PlacementGroup


@dataclass(frozen=True, kw_only=True)
class FleetArgs:
    """What the fleet is to be. Member n (from 1) depends on n alone, so that growing and shrinking touch no other.

    `label` and `tags` are patterns: {n} or {n:03} is the member's number, {name} the fleet's name, {region} the
    member's region, where it is known. `regions` and `placement_groups` are dealt out in turn: member n gets
    number (n - 1) modulo their count, so a longer or shorter list moves members. With both, the lists go
    together: group i is in region i. Tags are added to those of `instance`. `one_at_a_time`: each member depends on
    the one before.
    """

    count: int
    instance: InstanceArgs
    label: str | None = None
    tags: Sequence[str] = ()
    regions: Sequence[pulumi.Input[str]] = ()
    placement_groups: Sequence[AnyId["PlacementGroup"]] = ()
    one_at_a_time: bool = False


class Fleet(pulumi.ComponentResource):
    """N Instances.

    ids: Linode ids. ipv4s: each member's public address. by_name: id and address by the name of the resource,
    `<fleet>-001`. `instances` are the resources themselves.
    """

    ids: pulumi.Output[list[str]]
    ipv4s: pulumi.Output[list[str]]
    by_name: pulumi.Output[dict[str, dict[str, str]]]

    def __init__(self, name: str, args: FleetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Raises LinodeError if a pattern or a list can't be used."""
        super().__init__("linode:index:Fleet", name, None, opts)
        self.instances: dict[str, Instance] = {}
        before: Instance | None = None
        for n in range(1, args.count + 1):
            after = [before] if before is not None and args.one_at_a_time else None
            options = pulumi.ResourceOptions(parent=self, depends_on=after)
            before = Instance(member_name(name, n), member(name, n, args), options)
            self.instances[member_name(name, n)] = before
        facts = {key: {"id": one.id, "ipv4": one.public_ipv4} for key, one in self.instances.items()}
        self.by_name = pulumi.Output.all(facts).apply(lambda found: dict(found[0]))
        self.ids = self.by_name.apply(lambda found: [one["id"] for one in found.values()])
        self.ipv4s = self.by_name.apply(lambda found: [one["ipv4"] for one in found.values()])
        self.register_outputs({"ids": self.ids, "ipv4s": self.ipv4s, "by_name": self.by_name})


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
    dealt: dict[str, object] = {}
    if args.regions:
        dealt["region"] = args.regions[(n - 1) % len(args.regions)]
    if groups := args.placement_groups:
        dealt["placement_group"] = groups[(n - 1) % len(groups)]
    region = dealt.get("region", args.instance.region)
    known = {"n": n, "name": name, **({"region": region} if isinstance(region, str) else {})}
    if args.label:
        dealt["label"] = _filled(name, args.label, known)
    if own := [_filled(name, pattern, known) for pattern in args.tags]:
        common = pulumi.Output.from_input(args.instance.tags)
        dealt["tags"] = common.apply(lambda tags: [*(tags or []), *own])
    return replace(args.instance, **dealt)  # type: ignore[arg-type]  # inputs by their names


def _filled(name: str, pattern: str, known: Mapping[str, object]) -> str:
    try:
        return pattern.format(**known)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise LinodeError(
            f"fleet {name}: the pattern '{pattern}' can't be filled ({error}). "
            "Next: use {n}, {n:03} and {name} alone, and {region} where regions are texts and no outputs."
        ) from None
