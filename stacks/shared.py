"""What several servers share: firewalls, private networks, placement groups. Each is declared when one asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pulumi

from providers.linode import (
    VPC,
    Firewall,
    FirewallArgs,
    PlacementGroup,
    PlacementGroupArgs,
    Subnet,
    SubnetArgs,
    VPCArgs,
)
from stacks.settings import SPREAD, Group, Settings


@dataclass(frozen=True)
class Shared:
    """Those of one stack. What a protected group uses is protected."""

    settings: Settings
    made: dict[tuple[str, ...], pulumi.CustomResource] = field(default_factory=dict)

    def firewall(self, name: str) -> pulumi.Output[int]:
        """The id of the one that the settings call so."""
        opts = pulumi.ResourceOptions(protect=self._protects(lambda group: group.firewall == name))
        args = FirewallArgs(**self.settings.firewalls[name])
        return self._once(("firewall", name), lambda: Firewall(name, args, opts))

    def subnet(self, name: str, region: str) -> pulumi.Output[int]:
        """The id of a network's subnet in a region: a VPC is in one region, so each region has one of its own."""
        opts = pulumi.ResourceOptions(protect=self._protects(lambda group: group.private_network == name))
        ipv4 = self.settings.private_networks[name].ipv4

        def made() -> Subnet:
            vpc = VPC(f"{name}-{region}", VPCArgs(region=region), opts)
            return Subnet(f"{name}-{region}", SubnetArgs(vpc_id=vpc.id, label=name, ipv4=ipv4), opts)

        return self._once(("subnet", name, region), made)

    def placement_group(
        self, group: str, region: str, aliases: list[pulumi.Alias]
    ) -> pulumi.Output[int] | None:
        """The id of a group's own, where it asks for one. `aliases`: for a group that was renamed."""
        how = self.settings.servers[group].placement
        if how is None:
            return None
        opts = pulumi.ResourceOptions(protect=self.settings.servers[group].protect, aliases=aliases)
        args = PlacementGroupArgs(
            region=region,
            placement_group_type="anti_affinity:local",
            placement_group_policy="strict" if how == SPREAD else "flexible",
        )
        return self._once(("placement", group), lambda: PlacementGroup(group, args, opts))

    def _protects(self, uses: Callable[[Group], bool]) -> bool:
        return any(group.protect for group in self.settings.servers.values() if group.size and uses(group))

    def _once(self, key: tuple[str, ...], make: Callable[[], pulumi.CustomResource]) -> pulumi.Output[int]:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key].id.apply(int)
