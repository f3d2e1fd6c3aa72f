"""What a firewall lets everybody reach, as far as its rules alone say it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from providers.linode.core.forms import NUMBERS, port_ranges

Rule = Mapping[str, Any]

FAMILIES = {"ipv4": "0.0.0.0/0", "ipv6": "::/0"}
"""What stands for everybody."""

FIRST, LAST = 1, 65_535
SSH = 22
WITH_PORTS, WITHOUT = ("TCP", "UDP"), ("ICMP", "IPENCAP")
EVERY = "ALL"
"""Stands for every protocol, with all ports."""


@dataclass(frozen=True)
class Wall:
    """The inbound rules of a firewall, in their order, and its policy."""

    rules: Sequence[Rule]
    policy: str

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> Wall:
        """As a program declares it; one that is disabled lets everything through."""
        if inputs.get("status") == "disabled":
            return cls((), "ACCEPT")
        rows = inputs.get("inbound")
        rules = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, (list, tuple)) else []
        return cls(rules, str(inputs.get("inbound_policy")))

    def first(self, protocol: str, family: str, port: int = FIRST) -> Rule | None:
        """The first rule that is about everybody: it decides, and where there is none, the policy."""
        return next((rule for rule in self.rules if _is_about(rule, protocol, family, port)), None)

    def lets(self, protocol: str, family: str, port: int = FIRST) -> bool:
        rule = self.first(protocol, family, port)
        return (self.policy if rule is None else rule.get("action")) == "ACCEPT"

    def edges(self, protocol: str) -> set[int]:
        """Where what it says of ports may change."""
        spans = (span for rule in self.rules if named_protocol(rule) == protocol for span in _spans(rule))
        return {edge for first, last in spans for edge in (first, last + 1)}


CLOSED = Wall((), "DROP")
"""As good as what isn't there."""


def opened(before: Wall, after: Wall) -> Iterator[str]:
    """What everybody reaches then, and did not before: `TCP 443`, `UDP 8000-8080`, `all of TCP`, `ICMP`."""

    def is_new(protocol: str, port: int = FIRST) -> bool:
        return any(
            after.lets(protocol, family, port) and not before.lets(protocol, family, port)
            for family in FAMILIES
        )

    for protocol in WITH_PORTS:
        edges = sorted({FIRST, LAST + 1, *before.edges(protocol), *after.edges(protocol)})
        for first, end in _joined((first, end) for first, end in pairwise(edges) if is_new(protocol, first)):
            yield _words(protocol, first, end - 1)
    yield from (protocol for protocol in WITHOUT if is_new(protocol))
    numbers = {name for rule in (*before.rules, *after.rules) if (name := named_protocol(rule)).isdigit()}
    yield from (f"protocol {number}" for number in sorted(numbers, key=int) if is_new(number))


def ssh_to_everybody(wall: Wall) -> Iterator[str]:
    first = {net: wall.first("TCP", family, SSH) for family, net in FAMILIES.items()}
    if met := [net for net, rule in first.items() if rule is not None and rule["action"] == "ACCEPT"]:
        yield f"SSH (port {SSH}) is open to everybody: {' and '.join(met)}"
    if None in first.values() and wall.policy == "ACCEPT":
        yield f"SSH (port {SSH}) is open to everybody: inbound_policy accepts what no rule drops"


def _words(protocol: str, first: int, last: int) -> str:
    if (first, last) == (FIRST, LAST):
        return f"all of {protocol}"
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"


def _joined(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, end in spans:
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
    return found


def _is_about(rule: Rule, protocol: str, family: str, port: int) -> bool:
    addresses = rule.get("addresses")
    nets = addresses.get(family) if isinstance(addresses, Mapping) else None
    named = named_protocol(rule)
    if (
        named not in (protocol, EVERY)
        or not isinstance(nets, (list, tuple))
        or not any(_is_all(net) for net in nets)
    ):
        return False
    return protocol not in WITH_PORTS or any(first <= port <= last for first, last in _spans(rule))


def named_protocol(rule: Rule) -> str:
    """By its name, where it has one."""
    said = str(rule.get("protocol"))
    return NUMBERS.get(said, said)


def _is_all(net: object) -> bool:
    """Whether a network has every address: 1.2.3.4/0 has as many as 0.0.0.0/0."""
    return isinstance(net, str) and net.endswith("/0")


def _spans(rule: Rule) -> list[tuple[int, int]]:
    """Its ports, all of them where it names none; none where that is not known yet."""
    ports = rule.get("ports", f"{FIRST}-{LAST}")
    return port_ranges(ports) if isinstance(ports, str) else []
