"""The interfaces of an Instance, of either generation: what a program may declare, and what each of them says.

Legacy ones have a `purpose` and belong to a configuration profile; Linode interfaces have one of the keys `public`,
`vlan` and `vpc`. Source: POST /linode/instances, interfaces.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pulumi.output import Unknown
from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, StrictStr, Tag as Case
from typing_extensions import NotRequired, TypedDict

from providers.linode.core.args import NONE, AnyId, AnyIdOrNone, AnyRef, Of
from providers.linode.core.forms import Address, AnyAddress, Flag, Ipv6Part
from providers.linode.core.problems import TOLD, told
from providers.linode.core.values import covers
from providers.linode.resources.guards import guard_of

if TYPE_CHECKING:
    from providers.linode.resources.firewall import Firewall
    from providers.linode.resources.reserved_ip import ReservedIP
    from providers.linode.resources.subnet import Subnet

KINDS = ("public", "vlan", "vpc")
NEITHER = (
    "needs a purpose (legacy interfaces) or exactly one of the keys (Linode interfaces) public, vlan or vpc. "
    "Next: correct it."
)
FIREWALL = "firewall_id"


def _is_with_prefix(text: str) -> str:
    """An address or a network, with its prefix: 10.0.0.1/24."""
    if "/" not in text:
        raise ValueError
    return str(ipaddress.IPv4Interface(text))


AutoOr = Annotated[Literal["auto"] | Address, told("must be an IPv4 address or 'auto'. Next: correct it.")]
AnyOr = Annotated[Literal["any", ""] | Address, told("must be an IPv4 address or 'any'. Next: correct it.")]
EmptyOr = Annotated[Literal[""] | Address, told("must be an IPv4 address. Next: correct it.")]
VlanLabel = Annotated[
    StrictStr,
    Field(pattern=r"\A(?!.*--)[A-Za-z0-9-]{1,64}\Z"),
    told("must have 1 to 64 letters, digits and '-', and no '--'. Next: correct it."),
]
OfLan = Annotated[
    Literal[""] | Annotated[StrictStr, AfterValidator(_is_with_prefix)],
    told("must be an IPv4 address with its prefix, such as 10.0.0.1/24. Next: correct it."),
]
Range = Annotated[
    StrictStr,
    AfterValidator(_is_with_prefix),
    told("must be an IPv4 range such as 10.0.4.0/28. Next: correct it."),
]
RangeOrPrefix = Annotated[
    StrictStr,
    Field(pattern=r"\A([0-9a-fA-F.:]*/[0-9]{1,3}|auto)\Z"),
    told("must be a range such as 10.0.4.0/28, only its prefix, /28, or 'auto'. Next: correct it."),
]
_ONE_SLAAC = told("takes one range: an interface has one address by SLAAC. Next: leave out the others.")


class LegacyPublic(TypedDict):
    purpose: Literal["public"]
    primary: NotRequired[Of[Flag]]


class LegacyVlan(TypedDict):
    purpose: Literal["vlan"]
    label: Of[VlanLabel]
    ipam_address: NotRequired[Of[OfLan]]


class LegacyIpv4(TypedDict):
    vpc: NotRequired[Of[EmptyOr]]
    nat_1_1: NotRequired[AnyRef[AnyOr, "ReservedIP"]]


class VpcIpv6Range(TypedDict):
    range: NotRequired[Of[Ipv6Part]]


class VpcSlaac(VpcIpv6Range):
    """`address` may stand as the API shows it, which makes it of the range: it says nothing."""

    address: NotRequired[Of[AnyAddress]]


class VpcIpv6(TypedDict):
    """In a subnet with IPv6: an address by SLAAC in a /64, ranges, and whether the internet reaches them.

    Where neither is asked for the API gives an address. Source: PUT …/configs/{configId}; page `linode_interface` of
    Terraform's provider.
    """

    slaac: NotRequired[Of[Annotated[list[VpcSlaac], Field(max_length=1), _ONE_SLAAC]]]
    ranges: NotRequired[Of[list[VpcIpv6Range]]]
    is_public: NotRequired[Of[Flag]]


class LegacyVpc(TypedDict):
    purpose: Literal["vpc"]
    subnet_id: AnyId["Subnet"]
    primary: NotRequired[Of[Flag]]
    ipv4: NotRequired[Of[LegacyIpv4]]
    ipv6: NotRequired[Of[VpcIpv6]]
    ip_ranges: NotRequired[Of[list[Range]]]


class DefaultRoute(TypedDict):
    ipv4: NotRequired[Of[Flag]]
    ipv6: NotRequired[Of[Flag]]


class PublicAddress(TypedDict):
    address: NotRequired[AnyRef[AutoOr, "ReservedIP"]]
    primary: NotRequired[Of[Flag]]


class VpcAddress(TypedDict):
    address: NotRequired[Of[AutoOr]]
    primary: NotRequired[Of[Flag]]
    nat_1_1_address: NotRequired[AnyRef[AutoOr, "ReservedIP"]]


class AddressRange(TypedDict):
    range: NotRequired[Of[RangeOrPrefix]]


class PublicIpv4(TypedDict):
    addresses: NotRequired[Of[list[PublicAddress]]]


class PublicIpv6(TypedDict):
    ranges: NotRequired[Of[list[AddressRange]]]


class Public(TypedDict):
    ipv4: NotRequired[Of[PublicIpv4]]
    ipv6: NotRequired[Of[PublicIpv6]]


class Vlan(TypedDict):
    vlan_label: Of[VlanLabel]
    ipam_address: NotRequired[Of[OfLan]]


class VpcIpv4(TypedDict):
    addresses: NotRequired[Of[list[VpcAddress]]]
    ranges: NotRequired[Of[list[AddressRange]]]


class Vpc(TypedDict):
    subnet_id: AnyId["Subnet"]
    ipv4: NotRequired[Of[VpcIpv4]]
    ipv6: NotRequired[Of[VpcIpv6]]


class LinodePublic(TypedDict):
    public: Of[Public]
    firewall_id: NotRequired[AnyIdOrNone["Firewall"]]
    default_route: NotRequired[Of[DefaultRoute]]


class LinodeVlan(TypedDict):
    vlan: Of[Vlan]


class LinodeVpc(TypedDict):
    vpc: Of[Vpc]
    firewall_id: NotRequired[AnyIdOrNone["Firewall"]]
    default_route: NotRequired[Of[DefaultRoute]]


Row = Mapping[str, Any]
"""An interface as JSON, declared or as the API has it."""


def without_slaac_addresses(value: object) -> object:
    """Interfaces without the addresses of VpcSlaac."""
    if isinstance(value, Mapping):
        found = {key: without_slaac_addresses(part) for key, part in value.items()}
        if isinstance(rows := found.get("slaac"), list):
            found["slaac"] = [
                {key: part for key, part in row.items() if key != "address"}
                if isinstance(row, Mapping)
                else row
                for row in rows
            ]
        return found
    return [without_slaac_addresses(part) for part in value] if isinstance(value, list) else value


def generation_of(item: object) -> str | None:
    """The generation that an interface's form tells, if it does."""
    if not isinstance(item, Mapping):
        return None
    if "purpose" in item:
        return "legacy_config"
    return "linode" if any(item.get(kind) is not None for kind in KINDS) else None


def kind_of(item: object) -> str | None:
    """public, vlan or vpc; None where the form does not tell, or not yet."""
    if not isinstance(item, Mapping):
        return None
    purpose = item.get("purpose")
    given = [purpose] if "purpose" in item else [kind for kind in KINDS if item.get(kind) is not None]
    return str(given[0]) if len(given) == 1 and given[0] in KINDS else None


def _case_of(item: object) -> str | None:
    if isinstance(item, Unknown) or (isinstance(item, Mapping) and isinstance(item.get("purpose"), Unknown)):
        return "not known"
    kind = kind_of(item)
    return f"{generation_of(item)} {kind}" if kind else None


InterfaceArgs = Union[LegacyPublic, LegacyVlan, LegacyVpc, LinodePublic, LinodeVlan, LinodeVpc]  # noqa: UP007 - a name
"""One interface of either generation."""

Judged = (
    Annotated[LegacyPublic, Case("legacy_config public")]
    | Annotated[LegacyVlan, Case("legacy_config vlan")]
    | Annotated[LegacyVpc, Case("legacy_config vpc")]
    | Annotated[LinodePublic, Case("linode public")]
    | Annotated[LinodeVlan, Case("linode vlan")]
    | Annotated[LinodeVpc, Case("linode vpc")]
    | Annotated[Any, Case("not known")]
)


def _without_blanks(item: object) -> object:
    """An interface without the keys of other kinds that the API shows empty, as it may be copied from there."""
    if not isinstance(item, Mapping):
        return item
    return {
        key: value
        for key, value in item.items()
        if value not in (None, "") and not (key == "primary" and value is False)
    }


def _judged(_: Any, handler: Any) -> Any:
    cases = Discriminator(_case_of, custom_error_type=TOLD, custom_error_message=NEITHER)
    return handler.generate_schema(Annotated[Judged, cases, BeforeValidator(_without_blanks)])


class ByKind:
    """For Annotated: an interface is judged as the kind that its form tells."""

    __get_pydantic_core_schema__ = staticmethod(_judged)


@dataclass(frozen=True)
class Interface:
    """What one declared interface says, whatever its generation: None and empty where it doesn't, or not yet.

    `vlan`: the VLAN's label. `firewall`: None if it names none, 0 if it wants none. `addresses`: those of a VPC that it
    asks for by name. `nat`: the public address of a legacy VPC interface. `routes`: what only one of them may be.
    """

    generation: str | None
    kind: str | None
    vlan: str | None = None
    subnet_id: int | None = None
    firewall: int | None = None
    names_firewall: bool = False
    addresses: tuple[str, ...] = ()
    nat: str | None = None
    routes: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: object) -> Interface:
        row: Row = item if isinstance(item, Mapping) else {}
        kind, generation = kind_of(row), generation_of(row)
        inner = row.get("vpc" if kind == "vpc" else "vlan")
        inner = row if generation == "legacy_config" or not isinstance(inner, Mapping) else inner
        label = inner.get("label" if generation == "legacy_config" else "vlan_label")
        ipv4 = inner.get("ipv4")
        asked: Row = ipv4 if isinstance(ipv4, Mapping) else {}
        rows = asked.get("addresses")
        listed = [
            each.get("address")
            for each in (rows if isinstance(rows, list) else ())
            if isinstance(each, Mapping)
        ]
        names = [
            each for each in (asked.get("vpc"), *listed) if isinstance(each, str) and each not in ("", "auto")
        ]
        subnet, firewall = inner.get("subnet_id"), row.get(FIREWALL)
        return cls(
            generation,
            kind,
            label if kind == "vlan" and isinstance(label, str) else None,
            subnet if isinstance(subnet, int) else None,
            firewall if isinstance(firewall, int) else None,
            FIREWALL in row,
            tuple(names),
            str(asked["nat_1_1"]) if asked.get("nat_1_1") else None,
            tuple(_routes(row)),
        )


def _routes(row: Row) -> list[str]:
    routes = row.get("default_route")
    found = ["primary interface"] if row.get("primary") is True else []
    given = [
        family for family in ("ipv4", "ipv6") if isinstance(routes, Mapping) and routes.get(family) is True
    ]
    return [*found, *(f"{family} default route" for family in given)]


def wired(inputs: Mapping[str, Any], subnet: Any, firewall: Any) -> dict[str, Any]:
    """What inputs of an Instance become by a subnet and a firewall: in front of a legacy Linode as a whole, or of each
    interface of the other generation that can have one. Of both ids False takes it out, None says nothing.
    """
    is_legacy = inputs.get("interface_generation") != "linode"
    public: dict[str, Any] = {"purpose": "public"} if is_legacy else {"public": {}}
    rows = [*(inputs.get("interfaces") or ())]
    if subnet is not None or (firewall is not None and not is_legacy):
        rows = rows or [public]
    if subnet is not None and subnet is not False:
        rows.append({"purpose": "vpc", "subnet_id": subnet} if is_legacy else {"vpc": {"subnet_id": subnet}})
    found: dict[str, Any] = {"interfaces": rows} if rows else {}
    if firewall is None:
        return found
    wall = {FIREWALL: NONE if firewall is False else firewall}
    if is_legacy:
        return {**wall, **found}
    return {"interfaces": [row if "vlan" in row else {**wall, **row} for row in rows]}


def parsed(rows: Sequence[object] | None) -> list[Interface]:
    return [Interface.of(row) for row in rows or ()]


# ---- against what is there: PUT …/configs/{configId}; GET, POST, DELETE …/interfaces


@dataclass(frozen=True)
class InterfaceSteps:
    """What to take away, by id, and what to add; what is there as declared stays."""

    remove: tuple[int, ...]
    add: tuple[Row, ...]


def pairs(there: Sequence[Row], wanted: Sequence[Row]) -> list[tuple[Row, Row | None]]:
    """Each declared interface with the one that is there as declared, None where there is none."""
    left, found = list(there), []
    for interface in wanted:
        match = next((one for one in left if _is(one, interface)), None)
        if match is not None:
            left.remove(match)
        found.append((interface, match))
    return found


def steps(there: Sequence[Row], wanted: Sequence[Row]) -> InterfaceSteps:
    """Removing goes first: a Linode has at most 3 interfaces, and one public one."""
    found = pairs(there, wanted)
    kept = [match for _, match in found if match is not None]
    remove = tuple(id_of(one) for one in there if one not in kept)
    return InterfaceSteps(remove, tuple(interface for interface, match in found if match is None))


def id_of(interface: Row) -> int:
    return int(interface["id"])


def _is(there: Row, wanted: Row) -> bool:
    """Whether an interface is as declared, in everything that is declared but its firewall."""
    kind = next((kind for kind in KINDS if wanted.get(kind) is not None), None)
    return kind is not None and there.get(kind) is not None and _holds(there, _without_firewall(wanted))


def _without_firewall(interface: Row) -> dict[str, Any]:
    return {key: value for key, value in interface.items() if key != FIREWALL}


def only_firewalls_differ(old: Sequence[Row] | None, new: Sequence[Row] | None) -> bool:
    """Whether two declarations of `interfaces` differ in firewalls alone, which takes no power cycle."""
    if not old or not new:
        return False
    return old != new and [_without_firewall(one) for one in old] == [_without_firewall(one) for one in new]


def public_goes(old: Sequence[Row] | None, new: Sequence[Row] | None) -> bool:
    """Whether a Linode's public interface goes, and with it its address; a legacy one leaves it to the Linode."""
    kept = [match for _, match in pairs(old or (), new or ()) if match is not None]
    return any(one.get("public") is not None and one not in kept for one in old or ())


def says_all(old: object, new: object) -> bool:
    """Whether Linode interfaces stay as they are; legacy ones are written as a whole."""
    rows = new if isinstance(new, list) else []
    return not any(isinstance(row, Mapping) and "purpose" in row for row in rows) and covers(old, new)


def on_the_wire(wanted: Sequence[Row]) -> list[Row]:
    """Declared interfaces as the API takes them."""
    return [{**one, FIREWALL: one[FIREWALL] or None} if FIREWALL in one else one for one in wanted]


def _holds(there: object, wanted: object) -> bool:
    """Whether everything wanted is there; what isn't told can't differ.

    "auto" is satisfied by any value, and the length of a range by any range of that length.
    """
    if isinstance(wanted, Mapping):
        told = [key for key in wanted if isinstance(there, Mapping) and key in there]
        return isinstance(there, Mapping) and all(_holds(there[key], wanted[key]) for key in told)
    if isinstance(wanted, list):
        return isinstance(there, list) and len(there) == len(wanted) and all(map(_holds, there, wanted))
    is_length = isinstance(wanted, str) and wanted.startswith("/")
    return wanted in (None, "auto") or there == wanted or (is_length and str(there).endswith(str(wanted)))


LEGACY_KEYS = ("purpose", "label", "ipam_address", "subnet_id", "primary")


def seen_legacy(there: Sequence[Row], wanted: Sequence[Row]) -> list[Row]:
    """The interfaces of a configuration profile, as declared if they are so, else as they are."""
    if len(there) == len(wanted) and all(map(_holds, there, wanted)):
        return list(wanted)
    return [{key: one[key] for key in LEGACY_KEYS if one.get(key)} for one in there]


def seen_linode(
    there: Sequence[Row], wanted: Sequence[Row], firewalls: Mapping[int, Sequence[int]]
) -> list[Row]:
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


def _guarded(wanted: Row, firewalls: Sequence[int] | None) -> Row:
    """The declared interface with the firewall that it has."""
    if firewalls is None or FIREWALL not in wanted:
        return wanted
    return {**wanted, FIREWALL: guard_of(firewalls, wanted[FIREWALL])}


def _named(there: Row) -> Row:
    kind = next((kind for kind in KINDS if there.get(kind) is not None), "public")
    inner = there.get(kind)
    names = ("vlan_label", "subnet_id")
    return {kind: {key: inner[key] for key in names if inner.get(key)} if isinstance(inner, Mapping) else {}}
