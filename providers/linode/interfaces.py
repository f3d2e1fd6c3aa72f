"""Bring a Linode's interfaces to what is declared: in its configuration profile, or as Linode interfaces.

Both while it is off. Source: PUT /linode/instances/{linodeId}/configs/{configId}, and GET, POST, DELETE
/linode/instances/{linodeId}/interfaces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Interface = Mapping[str, object]
KINDS = ("public", "vlan", "vpc")


@dataclass(frozen=True)
class InterfaceSteps:
    """What to take away, by id, and what to add; what is there as declared stays."""

    remove: tuple[int, ...]
    add: tuple[Interface, ...]


def steps(there: Sequence[Interface], wanted: Sequence[Interface]) -> InterfaceSteps:
    """Removing goes first: a Linode has at most 3 interfaces, and one public one."""
    left = list(there)
    add = []
    for interface in wanted:
        match = next((one for one in left if _is(one, interface)), None)
        if match is None:
            add.append(interface)
        else:
            left.remove(match)
    return InterfaceSteps(tuple(int(str(one["id"])) for one in left), tuple(add))


def _is(there: Interface, wanted: Interface) -> bool:
    """Whether an interface is as declared, in everything that is declared."""
    kind = next((kind for kind in KINDS if wanted.get(kind) is not None), None)
    return kind is not None and there.get(kind) is not None and _holds(there, wanted)


def _holds(there: object, wanted: object) -> bool:
    """Whether everything wanted is there; "auto" is satisfied by any value, and what isn't told can't differ.

    The API never tells an interface's firewall_id, for one.
    """
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


def seen_linode(there: Sequence[Interface], wanted: Sequence[Interface]) -> list[Interface]:
    """Linode interfaces, as declared if they are so, else by their kind and what names it."""
    needed = steps(there, wanted)
    if not needed.remove and not needed.add:
        return list(wanted)
    return [_named(one) for one in there]


def _named(there: Interface) -> Interface:
    kind = next((kind for kind in KINDS if there.get(kind) is not None), "public")
    inner = there.get(kind)
    names = ("vlan_label", "subnet_id")
    return {kind: {key: inner[key] for key in names if inner.get(key)} if isinstance(inner, Mapping) else {}}
