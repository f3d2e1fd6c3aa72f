"""What settings hand on to a kind of resource: which of its inputs, what is wrong with them, and their schema.

The kinds say it themselves. They take long to load, so they are loaded when settings are judged, and not before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from providers.linode.api.cache import PLACEHOLDER
from providers.linode.core.values import unknown_for
from providers.linode.nearest import did_you_mean
from stacks.layers import SECRET, Path_

LAST_PORT = 65_535

OPEN = "[open]"
"""Stands for what is known once the catalogs or the account were asked: nobody judges it."""

REGION = "region"
"""Stands for a region's id in names: it is as long as the shortest."""

Said = Mapping[str, tuple[Path_, object]]
"""Inputs that settings say in words of their own: where, and what."""


@dataclass(frozen=True)
class HandedOn:
    """Inputs of a kind that stand in settings as they are. `decided`: those that don't, and what says them instead.

    `given`: what the settings say of it by themselves, unless it stands there.
    """

    kind: str
    decided: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, object] = field(default_factory=dict)

    def names(self) -> list[str]:
        return [name for name in self._args().fields() if name not in self.decided]

    def problems(
        self,
        given: Mapping[str, object],
        path: Path_,
        beside: Collection[str] = (),
        label: str | None = None,
        said: Said | None = None,
    ) -> Iterator[tuple[Path_, str]]:
        """What the kind's own rules say of them, each under its path. `beside`: settings that may stand beside them.
        `label`: the one that it gets by itself, where none is given.
        """
        from providers.linode.core.check import by_itself
        from providers.linode.provider import SPECS

        said = said or {}
        names = [*beside, *self.names()]
        for name in given:
            if name in self.decided:
                yield (*path, name), f"no such setting{_instead(self.decided[name])}"
            elif name not in names:
                yield (*path, name), f"no such setting{did_you_mean(name, names)}"
        judged = {name: value for name, value in given.items() if name in names}
        whole = {"label": label, **self.given, **judged, **{name: value for name, (_, value) in said.items()}}
        for problem in by_itself(SPECS[self.kind], unknown_for(whole, (SECRET, PLACEHOLDER, OPEN))):
            if problem.field in said:
                yield said[problem.field][0], problem.reason
            elif problem.field in judged:
                yield (*path, problem.field), problem.reason
            elif problem.field == "label":
                why = problem.reason.partition(". Next:")[0]
                most = re.search(r"to (\d+) ", why)
                better = "a shorter" if label and most and len(label) > int(most[1]) else "another"
                yield path, f"gets the label {label}, which {why}. Next: choose {better} name"
            else:
                yield path, f"{problem.field} {problem.reason}"

    def schema(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """JSON schemas: of each input, and of what these refer to."""
        whole = self._args().json_schema()
        inputs = {name: each for name, each in whole["properties"].items() if name not in self.decided}
        return inputs, whole.get("$defs", {})

    def _args(self) -> Any:
        from providers.linode.provider import SPECS

        return SPECS[self.kind].args


SERVER = HandedOn(
    "Instance",
    {
        "authorized_keys": "ssh_keys",
        "backups_enabled": "backups",
        "booted": "running",
        "firewall_id": "firewall",
        "root_pass": "",
    },
    {**dict.fromkeys(("type", "region", "root_pass"), OPEN), "image": "any"},
)
ZONE = HandedOn("Domain", {"domain": ""}, {"type": "master"})
THERE = HandedOn("Domain", given={"type": "master", "soa_email": OPEN})
"""A zone that the account has."""

RECORD = HandedOn("DomainRecord", given={"domain_id": OPEN, "type": "A", "target": OPEN})
REVERSE = HandedOn("ReverseDNS", given={"address": OPEN})
VOLUME = HandedOn(
    "Volume", {"region": "", "linode_id": "", "config_id": ""}, {"region": OPEN, "linode_id": OPEN}
)
NETWORK = HandedOn("VPC", given={"region": OPEN})
SUBNET = HandedOn("Subnet", given={"vpc_id": OPEN})
PLACEMENT = HandedOn(
    "PlacementGroup",
    given={
        "region": OPEN,
        "placement_group_type": "anti_affinity:local",
        "placement_group_policy": OPEN,
    },
)
PORTS = HandedOn("NodeBalancer", given={"region": OPEN})
FIREWALL = HandedOn("Firewall", {"linodes": "firewall", "interfaces": "firewall", "nodebalancers": ""})


def address_records(interfaces: object) -> tuple[Literal["A", "AAAA"], ...]:
    """The types of record that the public addresses of a server with these interfaces take.

    A public one has both. Of Linode interfaces, one in a VPC has an IPv4 address alone, where it asks for one; a legacy
    Linode has both without any.
    """
    rows = [row for row in interfaces if isinstance(row, Mapping)] if isinstance(interfaces, list) else []
    if not rows or any("purpose" in row or row.get("public") is not None for row in rows):
        return "A", "AAAA"
    return ("A",) if _has("nat_1_1_address", rows) else ()


def _has(key: str, value: object) -> bool:
    """Whether a key stands anywhere in a value."""
    if isinstance(value, Mapping):
        return key in value or _has(key, [*value.values()])
    return isinstance(value, list) and any(_has(key, part) for part in value)


def _instead(name: str) -> str:
    return f" (say {name})" if name else ""


def subnet_name(network: str, region: str, ipv4: str) -> str:
    """Another range is another subnet: it is made before the servers move, and the old one goes after that."""
    return f"{network}-{region}-{re.sub('[^0-9]+', '-', ipv4)}"


def placement_name(group: str, region: str, how: str) -> str:
    """The same goes for another region, and another policy."""
    return f"{group}-{region}-{how.replace('_', '-')}"


def port_problems(ports: Sequence[object], path: Path_, label: str) -> Iterator[tuple[Path_, str]]:
    """What is wrong with a load balancer of that label: with its ports, which are the configs of a NodeBalancer, whose
    nodes are the servers.
    """
    rows = [
        {key: value for key, value in port.items() if key != "to"}
        for port in ports
        if isinstance(port, Mapping)
    ]
    yield from PORTS.problems({}, path, label=label, said={"configs": (path, rows)}) if rows else ()
    for number, port in enumerate(ports):
        to = port.get("to") if isinstance(port, Mapping) else None
        if to is not None and not (type(to) is int and 1 <= to <= LAST_PORT):
            yield path, f"[{number}].to must be a whole number, 1 to {LAST_PORT}. Next: correct it."
        if isinstance(port, Mapping) and "nodes" in port:
            yield path, f"[{number}].nodes are the group's servers. Next: leave them out."


def port_schema() -> tuple[dict[str, Any], dict[str, Any]]:
    """JSON schemas: of a port of a load balancer, and of what it refers to."""
    shared = PORTS.schema()[1]
    port = shared.pop("ConfigArgs")
    properties = {name: each for name, each in port["properties"].items() if name != "nodes"}
    to = {"type": "integer", "minimum": 1, "maximum": LAST_PORT}
    return {**port, "properties": {**properties, "to": to}}, shared
