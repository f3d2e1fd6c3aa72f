"""The interfaces of an Instance, of either generation, each as the API takes it.

Legacy ones have a `purpose` and belong to a configuration profile; Linode interfaces have one of the keys
`public`, `vlan` and `vpc`. Source: POST /linode/instances, interfaces.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pulumi.output import Unknown
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    Tag,
)

from providers.linode.core.problems import TOLD, told

KINDS = ("public", "vlan", "vpc")
NEITHER = (
    "needs a purpose (legacy interfaces) or exactly one of the keys (Linode interfaces) public, vlan or vpc. "
    "Next: correct it."
)


class Part(BaseModel):
    """A piece of an interface: nothing but its own keys, each of its own kind."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, regex_engine="python-re"
    )


def _is_address(text: str) -> str:
    return str(ipaddress.IPv4Address(text))


def _is_with_prefix(text: str) -> str:
    """An address or a network, with its prefix: 10.0.0.1/24."""
    if "/" not in text:
        raise ValueError
    return str(ipaddress.IPv4Interface(text))


MAP = told("must be a map. Next: correct it.")
LIST = told("must be a list. Next: correct it.")

Id = Annotated[StrictInt, Field(ge=1), told("must be a whole number of 1 or more. Next: correct it.")]
Firewall = Annotated[
    StrictInt, Field(ge=0), told("must be a firewall's number, or 0 for none. Next: correct it.")
]
Flag = Annotated[StrictBool, told("must be true or false. Next: give a truth value, not a text.")]
Address = Annotated[
    StrictStr, AfterValidator(_is_address), told("must be an IPv4 address. Next: correct it.")
]
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
    Field(pattern=r"\A[0-9a-fA-F.:]*/[0-9]{1,3}\Z"),
    told("must be a range such as 10.0.4.0/28, or only its prefix, /28. Next: correct it."),
]
Nothing = Annotated[
    Literal[""] | None, told("belongs to another kind of interface. Next: leave it out, or change the kind.")
]
Never = Annotated[Literal[False] | None, told("can't be true for a VLAN. Next: leave it out.")]


class LegacyPublic(Part):
    purpose: Literal["public"]
    primary: Flag | None = None
    label: Nothing = None
    ipam_address: Nothing = None
    subnet_id: Nothing = None
    ipv4: Nothing = None
    ip_ranges: Nothing = None


class LegacyVlan(Part):
    purpose: Literal["vlan"]
    label: VlanLabel
    ipam_address: OfLan | None = None
    primary: Never = None
    subnet_id: Nothing = None
    ipv4: Nothing = None
    ip_ranges: Nothing = None


class LegacyIpv4(Part):
    vpc: EmptyOr | None = None
    nat_1_1: AnyOr | None = None


class LegacyVpc(Part):
    purpose: Literal["vpc"]
    subnet_id: Id
    primary: Flag | None = None
    ipv4: Annotated[LegacyIpv4, MAP] | None = None
    ipv6: Annotated[dict[str, Any], MAP] | None = None
    ip_ranges: Annotated[list[Range], LIST] | None = None
    label: Nothing = None
    ipam_address: Nothing = None


class DefaultRoute(Part):
    ipv4: Flag | None = None
    ipv6: Flag | None = None


class PublicAddress(Part):
    address: AutoOr | None = None
    primary: Flag | None = None


class VpcAddress(PublicAddress):
    nat_1_1_address: AutoOr | None = None


class AddressRange(Part):
    range: RangeOrPrefix | None = None


class PublicIpv4(Part):
    addresses: Annotated[list[Annotated[PublicAddress, MAP]], LIST] | None = None


class PublicIpv6(Part):
    ranges: Annotated[list[Annotated[AddressRange, MAP]], LIST] | None = None


class Public(Part):
    ipv4: Annotated[PublicIpv4, MAP] | None = None
    ipv6: Annotated[PublicIpv6, MAP] | None = None


class Vlan(Part):
    vlan_label: VlanLabel
    ipam_address: OfLan | None = None


class VpcIpv4(Part):
    addresses: Annotated[list[Annotated[VpcAddress, MAP]], LIST] | None = None
    ranges: Annotated[list[Annotated[AddressRange, MAP]], LIST] | None = None


class Vpc(Part):
    subnet_id: Id
    ipv4: Annotated[VpcIpv4, MAP] | None = None
    ipv6: Annotated[dict[str, Any], MAP] | None = None


class LinodePublic(Part):
    public: Annotated[Public, MAP]
    vlan: None = None
    vpc: None = None
    firewall_id: Firewall | None = None
    default_route: Annotated[DefaultRoute, MAP] | None = None


class LinodeVlan(Part):
    vlan: Annotated[Vlan, MAP]
    public: None = None
    vpc: None = None
    firewall_id: Nothing = None
    default_route: Nothing = None


class LinodeVpc(Part):
    vpc: Annotated[Vpc, MAP]
    public: None = None
    vlan: None = None
    firewall_id: Firewall | None = None
    default_route: Annotated[DefaultRoute, MAP] | None = None


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


def _model_of(item: object) -> str | None:
    """The tag of the model below that judges an interface."""
    if isinstance(item, Unknown) or (isinstance(item, Mapping) and isinstance(item.get("purpose"), Unknown)):
        return "not known"
    kind = kind_of(item)
    return f"{generation_of(item)} {kind}" if kind else None


Interface = Annotated[
    Annotated[LegacyPublic, Tag("legacy_config public")]
    | Annotated[LegacyVlan, Tag("legacy_config vlan")]
    | Annotated[LegacyVpc, Tag("legacy_config vpc")]
    | Annotated[LinodePublic, Tag("linode public")]
    | Annotated[LinodeVlan, Tag("linode vlan")]
    | Annotated[LinodeVpc, Tag("linode vpc")]
    | Annotated[Any, Tag("not known")],
    Discriminator(_model_of, custom_error_type=TOLD, custom_error_message=NEITHER),
]

MODELS: tuple[type[Part], ...] = (
    LegacyPublic, LegacyVlan, LegacyVpc, LegacyIpv4, LinodePublic, LinodeVlan, LinodeVpc, Public, PublicIpv4,
    PublicIpv6, PublicAddress, Vlan, Vpc, VpcIpv4, VpcAddress, AddressRange, DefaultRoute,
)  # fmt: skip
WORDS = frozenset(name for model in MODELS for name in model.model_fields)
"""Every key that stands somewhere in an interface: what a misspelt one may mean."""
