"""Forms that inputs of many kinds have, each with the line that tells what is wrong."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pulumi.output import Unknown
from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StrictStr,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from typing_extensions import NotRequired, TypedDict

from providers.linode.core.args import Id as Id, Listed, Of
from providers.linode.core.owner import is_owner_tag
from providers.linode.core.problems import told, wrong

KEY_TYPES = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
PORTS = re.compile("[0-9]{1,5}(-[0-9]{1,5})?(, ?[0-9]{1,5}(-[0-9]{1,5})?)*")
MOST_PIECES = 15
"""Of a rule's ports: one port is a piece, and a range is two. Source: POST /networking/firewalls."""


def tag(most: int) -> AfterValidator:
    """For Annotated: a tag of a program's own, of 3 characters to so many."""

    def judge(text: str) -> str:
        if not 3 <= len(text) <= most or is_owner_tag(text):
            raise wrong(
                f"{text!r} must have 3 to {most} characters and not begin with 'pulumi:'. Next: correct it."
            )
        return text

    return AfterValidator(judge)


def whole_key(key: str) -> str:
    """In full: its second word is the key itself, fields that each begin with their length; the first names its type.
    One that is cut off lets nobody in, though the API takes it among `authorized_keys`. Source: RFC 4253, section 6.6.
    """
    words = key.split()
    if not key.startswith(KEY_TYPES) or len(words) < 2:
        raise ValueError
    try:
        data = base64.b64decode(words[1], validate=True)
    except binascii.Error:
        raise ValueError from None
    fields = []
    while data:
        end = 4 + int.from_bytes(data[:4], "big")
        fields.append(data[4:end])
        if len(data) < end:
            raise ValueError
        data = data[end:]
    if fields[:1] != [words[0].encode()] or len(fields) < 2:
        raise ValueError
    return key


def _is_address(text: str) -> str:
    return str(ipaddress.IPv4Address(text))


def canonical_address(text: str) -> str:
    """An IPv4 or IPv6 address in its one short form, without the /128 of a Linode's; what is none stays as it is."""
    try:
        return str(ipaddress.ip_address(text.removesuffix("/128")))
    except ValueError:
        return text


def address_path(text: str) -> str:
    """Where an address of an account is read. Source: GET /networking/ips/{address}."""
    return f"/networking/ips/{quote(canonical_address(text), safe='')}"


def _is_any_address(text: str) -> str:
    return str(ipaddress.ip_address(text))


def _network(version: int) -> AfterValidator:
    """With a number for its prefix, and without a zone (fe80::1%eth0), which says nothing elsewhere."""

    def judge(text: str) -> str:
        is_plain = re.search(r"/(0|[1-9][0-9]{0,2})\Z", text) and "%" not in text
        if not is_plain or ipaddress.ip_network(text, strict=False).version != version:
            raise ValueError
        return text

    return AfterValidator(judge)


def port_ranges(text: str) -> list[tuple[int, int]]:
    """First and last port of each part of "22, 8000-8080". Raises ValueError."""
    if not PORTS.fullmatch(text):
        raise ValueError
    parts = [part.split("-") for part in text.split(",")]
    return [(int(ends[0]), int(ends[-1])) for ends in parts]


def _ports(text: str) -> str:
    """Source: POST /networking/firewalls, which takes no leading zeros and no range of one port."""
    ranges, numbers = port_ranges(text), re.findall(r"\d+", text)
    of_one_port = re.search(r"\b(\d+)-\1\b", text)
    if of_one_port or len(numbers) > MOST_PIECES or any(number.startswith("0") for number in numbers):
        raise ValueError
    if not all(first <= last <= 65_535 for first, last in ranges):
        raise ValueError
    return text


def length(least: int, most: int) -> WrapValidator:
    """For Annotated, around a Field with these bounds: what is wrong with a text's length."""
    return told(f"must have {least} to {most} characters. Next: correct it.")


def matching(pattern: str) -> AfterValidator:
    """For Annotated: a text that the pattern fits whole; `told` says what is wrong with another."""
    form = re.compile(pattern)

    def judge(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError
        return text

    return AfterValidator(judge)


def label(least: int, most: int) -> WrapValidator:
    """For Annotated: what Linode takes for the label of a Linode, a firewall and other things."""
    end = r"[A-Za-z0-9]"
    rest = rf"(?!.*(--|__|\.\.))[A-Za-z0-9._-]{{{max(least - 2, 0)},{most - 2}}}{end}"
    form = re.compile(f"{end}({rest}){'?' if least == 1 else ''}")

    def judge(value: Any, _: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, Unknown) or (isinstance(value, str) and form.fullmatch(value)):
            return value
        raise wrong(
            f"must have {least} to {most} letters, digits, '-', '_' or '.', no two of these in a row, and begin and "
            "end with a letter or digit. Next: correct the label."
        )

    return WrapValidator(judge)


def whole(least: int, most: int) -> WrapValidator:
    """For Annotated: a whole number within these."""

    def judge(value: Any, _: ValidatorFunctionWrapHandler) -> Any:
        if isinstance(value, Unknown) or (type(value) is int and least <= value <= most):
            return value
        raise wrong(f"must be a whole number, {least} to {most}. Next: correct it.")

    return WrapValidator(judge)


LINODES = Listed("Linode", "/linode/instances")
FIREWALLS = Listed("firewall", "/networking/firewalls")
BALANCERS = Listed("NodeBalancer", "/nodebalancers")
VPCS = Listed("VPC", "/vpcs")
VOLUMES = Listed("volume", "/volumes")
DOMAINS = Listed("domain", "/domains")

Text = Annotated[str, Field(min_length=1), told("must be a text, and not empty. Next: correct it.")]
_TAG = told("must be a text. Next: correct it.")
Tag = Annotated[str, tag(50), _TAG]
"""Source of the lengths: POST /tags."""

ImageTag = Annotated[str, tag(100), _TAG]
"""Source of the lengths: POST /images."""

Flag = Annotated[StrictBool, told("must be true or false. Next: give a truth value, not a text.")]
Address = Annotated[
    StrictStr, AfterValidator(_is_address), told("must be an IPv4 address. Next: correct it.")
]
AnyAddress = Annotated[
    StrictStr, AfterValidator(_is_any_address), told("must be an IPv4 or IPv6 address. Next: correct it.")
]
_NETWORK = "must be an {} network with its prefix, such as {}. Next: correct it."
Network4 = Annotated[StrictStr, _network(4), told(_NETWORK.format("IPv4", "192.0.2.0/24 or 0.0.0.0/0"))]
Network6 = Annotated[StrictStr, _network(6), told(_NETWORK.format("IPv6", "2001:db8::/32 or ::/0"))]


MOST_NETWORKS = 255
"""Of a rule, in both families. Source: POST /networking/firewalls."""


_NO_NETWORK = told("must name a network, such as 0.0.0.0/0 or ::/0 for all. Next: name one, or leave it out.")


class Networks(TypedDict):
    """Networks with their prefix."""

    ipv4: NotRequired[Of[Annotated[list[Network4], Field(min_length=1), _NO_NETWORK]]]
    ipv6: NotRequired[Of[Annotated[list[Network6], Field(min_length=1), _NO_NETWORK]]]


def _enough(networks: Networks) -> Networks:
    count = sum(len(each) for each in networks.values() if isinstance(each, list))
    if not networks or count > MOST_NETWORKS:
        raise wrong(f"must have ipv4, ipv6 or both, with up to {MOST_NETWORKS} networks. Next: correct it.")
    return networks


RuleNetworks = Annotated[Networks, AfterValidator(_enough)]


def _ipv6_range(text: str) -> str:
    if text != "auto" and not re.fullmatch(r"/\d{1,3}", text):
        ipaddress.IPv6Network(text)
    return text


Ipv6Part = Annotated[
    StrictStr,
    AfterValidator(_ipv6_range),
    told("must be auto, a length such as /52, or a prefix such as 2001:db8::/52. Next: correct it."),
]


class VPCRangeArgs(TypedDict):
    """IPv6 addresses of a VPC or subnet: `auto`, a length such as /52, or a prefix of one's own."""

    range: NotRequired[Of[Ipv6Part]]
    allocation_class: NotRequired[Of[Text]]


def is_a_range_of(old: Any, new: Any) -> bool:
    """Whether the ranges that were given out are what was asked for."""
    asked = [each.get("range") or "auto" for each in new]
    return len(old) == len(asked) and all(
        text == "auto" or str(there.get("range")).endswith(text)
        for there, text in zip(old, asked, strict=True)
    )


NUMBERS = {"1": "ICMP", "4": "IPENCAP", "6": "TCP", "17": "UDP"}
"""IP protocols that have a name, too."""

Protocol = Annotated[
    str,
    Field(pattern=r"\A(TCP|UDP|ICMP|IPENCAP|ALL|25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\Z"),
    told(
        'must be TCP, UDP, ICMP, IPENCAP, ALL or the number of an IP protocol, such as "47". Next: correct it.'
    ),
]
"""Source of ALL and numbers: linodego's recording TestFirewallRules_ExtendedProtocols."""

Policy = Literal["ACCEPT", "DROP"]

Ports = Annotated[
    str,
    AfterValidator(_ports),
    told('must be a text of ports, such as "22, 80, 8000-8080". Next: correct it.'),
]


class RuleArgs(TypedDict):
    """One rule. `protocol`: TCP, UDP, ICMP, IPENCAP, ALL, or a number as a text. `ports`: all of them if left out."""

    action: Of[Policy]
    protocol: Of[Protocol]
    addresses: Of[RuleNetworks]
    ports: NotRequired[Of[Ports]]
    label: NotRequired[Of[Annotated[str, Field(min_length=3, max_length=32), length(3, 32)]]]
    description: NotRequired[Of[Annotated[str, Field(min_length=1, max_length=100), length(1, 100)]]]


def in_requests(rules: Any) -> Any:
    """Rules as the API takes them: without the family of no network that its own templates have.

    Source: "Get a firewall template", of vpc.
    """
    if not isinstance(rules, (list, tuple)):
        return rules
    return [
        {**rule, "addresses": {family: rows for family, rows in nets.items() if rows != []} or nets}
        if isinstance(rule, Mapping) and isinstance(nets := rule.get("addresses"), Mapping)
        else rule
        for rule in rules
    ]


AS_A_KEY = "must be an SSH public key in full: ssh-ed25519 AAAA…"
SshKey = Annotated[str, AfterValidator(whole_key), told(f"{AS_A_KEY}. Next: correct it.")]
