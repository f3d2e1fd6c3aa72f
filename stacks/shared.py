"""What several servers share, or one keeps: firewalls, networks, addresses … Each is declared when one asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.output import Unknown

from providers.linode import (
    VPC,
    Domain,
    DomainArgs,
    Firewall,
    FirewallArgs,
    NodeBalancer,
    NodeBalancerArgs,
    PlacementGroup,
    PlacementGroupArgs,
    ReservedIP,
    ReservedIPArgs,
    Subnet,
    SubnetArgs,
    VPCArgs,
)
from providers.linode.api.cache import is_offline
from providers.linode.core import runtime as sessions
from providers.linode.core.args import NONE
from providers.linode.nearest import did_you_mean
from providers.linode.provider import SPECS
from stacks.inputs import placement_name, subnet_name
from stacks.layers import PROJECT_SPACE
from stacks.settings import SPREAD, Group, Problem, Settings


@dataclass(frozen=True)
class Shared:
    """Those of one stack. What a protected group uses is protected, and so is what was there before."""

    settings: Settings
    made: dict[tuple[str, ...], pulumi.CustomResource] = field(default_factory=dict)

    def firewall(self, name: str) -> pulumi.Output[int]:
        """The id of the one that the settings call so."""
        given = self.settings.firewalls[name]
        is_kept = self._protects(lambda group: group.firewall == name, given)
        opts = pulumi.ResourceOptions(protect=is_kept)
        args = FirewallArgs(**self.settings.ending(given))
        return self._once(("firewall", name), lambda: Firewall(name, args, opts))

    def subnet(self, name: str, region: str) -> pulumi.Output[int]:
        """The id of a network's subnet in a region: a VPC is in one region, so each region has one of its own."""
        opts = pulumi.ResourceOptions(protect=self._protects(lambda group: group.private_network == name))
        ipv4 = self.settings.private_networks[name].ipv4

        def made() -> Subnet:
            vpc = VPC(f"{name}-{region}", VPCArgs(region=region), opts)
            return Subnet(subnet_name(name, region, ipv4), SubnetArgs(vpc_id=vpc.id, ipv4=ipv4), opts)

        return self._once(("subnet", name, region), made)

    def placement_group(self, group: str, region: str, former: Iterable[str]) -> pulumi.Input[int] | None:
        """The id of a group's own, where it asks for one; 0 for none. `former`: names that it had."""
        how = self.settings.servers[group].placement
        if how is None:
            return None
        if how is False:
            return NONE
        called = placement_name(group, region, how)
        aliases = [pulumi.Alias(name=placement_name(name, region, how)) for name in former]
        opts = pulumi.ResourceOptions(protect=self.settings.servers[group].protect, aliases=aliases)
        args = PlacementGroupArgs(
            region=region,
            placement_group_type="anti_affinity:local",
            placement_group_policy="strict" if how == SPREAD else "flexible",
        )
        return self._once(("placement group", group), lambda: PlacementGroup(called, args, opts))

    def load_balancer(
        self,
        group: str,
        region: str,
        nodes: Mapping[str, pulumi.Input[str]],
        aliases: list[pulumi.Alias],
    ) -> None:
        """A group's own, before its servers, where it asks for one. `nodes`: their private addresses, by name."""
        ports = self.settings.servers[group].load_balancer
        if not ports:
            return
        configs: list[Any] = [
            {
                **{key: value for key, value in port.items() if key != "to"},
                "nodes": [
                    {
                        "address": pulumi.Output.concat(address, f":{port.get('to') or port['port']}"),
                        **_labelled(name),
                    }
                    for name, address in nodes.items()
                ],
            }
            for port in ports
        ]
        opts = pulumi.ResourceOptions(protect=self.settings.servers[group].protect, aliases=aliases)
        args = NodeBalancerArgs(region=region, configs=configs, **self.settings.ending({}))
        self._once(("load balancer", group), lambda: NodeBalancer(group, args, opts))

    def address(self, server: str, region: str, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
        """The one that a server keeps when it is recreated."""
        args = ReservedIPArgs(region=region, **self.settings.ending({}))
        return ReservedIP(f"{server}-address", args, opts).address

    def zone(self, domain: str) -> pulumi.Input[int]:
        """The id of a domain: the stack's own, or one that the account has, as `missing_zones` has seen."""
        given = self.settings.zones.get(domain)
        if given is None:
            return Unknown() if is_offline() else _zones_there()[domain]  # type: ignore[return-value]  # nobody can say
        is_kept = self._protects(lambda group: group.dns is not None and group.dns.zone == domain, given)
        opts = pulumi.ResourceOptions(protect=is_kept)
        args = DomainArgs(domain=domain, **{"type": "master", **self.settings.ending(given)})
        return self._once(("zone", domain), lambda: Domain(domain, args, opts))

    def _protects(self, uses: Callable[[Group], bool], given: Mapping[str, Any] | None = None) -> bool:
        """Whether a protected group uses it; or it was there before, and no group that uses it gives it up."""
        users = [group for group in self.settings.servers.values() if group.size and uses(group)]
        gives_up = any("protect" in group.model_fields_set and not group.protect for group in users)
        return any(group.protect for group in users) or ("adopt" in (given or {}) and not gives_up)

    def _once(self, key: tuple[str, ...], make: Callable[[], pulumi.CustomResource]) -> pulumi.Output[int]:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key].id.apply(int)


def missing_zones(settings: Settings) -> Iterator[Problem]:
    """The zones of groups that neither the settings nor the account have."""
    for name, group in settings.servers.items():
        zone = group.dns.zone if group.dns is not None and group.size else None
        if zone is None or zone in settings.zones or is_offline() or zone in _zones_there():
            continue
        near = did_you_mean(zone, [*_zones_there(), *settings.zones])
        yield (
            (f"{PROJECT_SPACE}servers", name, "dns", "zone"),
            f"the zone {zone} is neither in {PROJECT_SPACE}zones nor a domain of this account{near}. "
            f"Next: correct it, or add it to {PROJECT_SPACE}zones.",
        )


def _zones_there() -> dict[str, int]:
    """The account's domains, with their ids."""
    session = sessions.of_stack(pulumi.get_stack())
    return {str(row.domain): int(row.id) for row in session.rows(SPECS["Domain"])}


def _labelled(name: str) -> dict[str, str]:
    """The label of a node, which has 3 to 32 characters: without one it is called by its address."""
    return {"label": name} if 3 <= len(name) <= 32 else {}
