"""A Linode's interfaces against what is declared: in its configuration profile, or as Linode interfaces. Pure.

Both change while it is off; the firewalls of Linode interfaces (interface_firewalls) at any time.
Source: PUT /linode/instances/{linodeId}/configs/{configId}, and GET, POST, DELETE
/linode/instances/{linodeId}/interfaces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Interface = Mapping[str, object]
KINDS = ("public", "vlan", "vpc")
FIREWALL = "firewall_id"
NO_FIREWALL = 0
"""Declares that an interface has no firewall. The API says null, which engines drop from a program's values."""


@dataclass(frozen=True)
class InterfaceSteps:
    """What to take away, by id, and what to add; what is there as declared stays."""

    remove: tuple[int, ...]
    add: tuple[Interface, ...]


def pairs(
    there: Sequence[Interface], wanted: Sequence[Interface]
) -> list[tuple[Interface, Interface | None]]:
    """Each declared interface with the one that is there as declared, None where there is none."""
    left, found = list(there), []
    for interface in wanted:
        match = next((one for one in left if _is(one, interface)), None)
        if match is not None:
            left.remove(match)
        found.append((interface, match))
    return found


def steps(there: Sequence[Interface], wanted: Sequence[Interface]) -> InterfaceSteps:
    """Removing goes first: a Linode has at most 3 interfaces, and one public one."""
    found = pairs(there, wanted)
    kept = [match for _, match in found if match is not None]
    remove = tuple(id_of(one) for one in there if one not in kept)
    return InterfaceSteps(remove, tuple(interface for interface, match in found if match is None))


def id_of(interface: Interface) -> int:
    return int(str(interface["id"]))


def _is(there: Interface, wanted: Interface) -> bool:
    """Whether an interface is as declared, in everything that is declared but its firewall."""
    kind = next((kind for kind in KINDS if wanted.get(kind) is not None), None)
    return kind is not None and there.get(kind) is not None and _holds(there, _without_firewall(wanted))


def _without_firewall(interface: Interface) -> dict[str, object]:
    return {key: value for key, value in interface.items() if key != FIREWALL}


def only_firewalls_differ(old: object, new: object) -> bool:
    """Whether two declarations of `interfaces` differ in firewalls alone, which takes no power cycle."""
    if not isinstance(old, list) or not isinstance(new, list):
        return False
    return old != new and [_without_firewall(one) for one in old] == [_without_firewall(one) for one in new]


def on_the_wire(wanted: Sequence[Interface]) -> list[Interface]:
    """Declared interfaces as the API takes them."""
    return [{**one, FIREWALL: one[FIREWALL] or None} if FIREWALL in one else one for one in wanted]


def _holds(there: object, wanted: object) -> bool:
    """Whether everything wanted is there; "auto" is satisfied by any value, and what isn't told can't differ."""
    if isinstance(wanted, Mapping):
        told = [key for key in wanted if isinstance(there, Mapping) and key in there]
        return isinstance(there, Mapping) and all(_holds(there[key], wanted[key]) for key in told)
    if isinstance(wanted, list):
        return isinstance(there, list) and len(there) == len(wanted) and all(map(_holds, there, wanted))
    return wanted in (None, "auto") or there == wanted


LEGACY_KEYS = ("purpose", "label", "ipam_address", "subnet_id", "primary")


def seen_legacy(there: Sequence[Interface], wanted: Sequence[Interface]) -> list[Interface]:
    """The interfaces of a configuration profile, as declared if they are so, else as they are."""
    if len(there) == len(wanted) and all(map(_holds, there, wanted)):
        return list(wanted)
    return [{key: one[key] for key in LEGACY_KEYS if one.get(key)} for one in there]


def seen_linode(
    there: Sequence[Interface], wanted: Sequence[Interface], firewalls: Mapping[int, Sequence[int]]
) -> list[Interface]:
    """Linode interfaces, as declared if they are so, else by their kind and what names it.

    `firewalls` are those of an interface, by its id, where they were looked at.
    """
    found = pairs(there, wanted)
    if len(there) != len(wanted) or any(match is None for _, match in found):
        return [_named(one) for one in there]
    return [
        interface if match is None else _guarded(interface, firewalls.get(id_of(match)))
        for interface, match in found
    ]


def _guarded(wanted: Interface, firewalls: Sequence[int] | None) -> Interface:
    """The declared interface with the firewall that it has."""
    if firewalls is None or FIREWALL not in wanted or is_guarded(firewalls, wanted[FIREWALL]):
        return wanted
    return {**wanted, FIREWALL: firewalls[0] if firewalls else NO_FIREWALL}


def is_guarded(firewalls: Sequence[int], wanted: object) -> bool:
    """Whether an interface with these firewalls has the declared one; a disabled one beside it does no harm."""
    return wanted in firewalls if wanted else not firewalls


def _named(there: Interface) -> Interface:
    kind = next((kind for kind in KINDS if there.get(kind) is not None), "public")
    inner = there.get(kind)
    names = ("vlan_label", "subnet_id")
    return {kind: {key: inner[key] for key in names if inner.get(key)} if isinstance(inner, Mapping) else {}}
