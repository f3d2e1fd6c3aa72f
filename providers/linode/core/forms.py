"""Forms that inputs of many kinds have, each with the line that tells what is wrong."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr

from providers.linode.core.owner import is_owner_tag
from providers.linode.core.problems import told, wrong

KEY_TYPES = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")


def _users_tag(tag: str) -> str:
    if not 3 <= len(tag) <= 50 or is_owner_tag(tag):
        raise wrong(f"{tag!r} must have 3 to 50 characters and not begin with 'pulumi:'. Next: correct it.")
    return tag


def _ssh_key(key: str) -> str:
    """In full: its second word is the key itself, which begins with the length and the name of its type."""
    words = key.split()
    if not key.startswith(KEY_TYPES) or len(words) < 2:
        raise ValueError
    try:
        data = base64.b64decode(words[1], validate=True)
    except binascii.Error:
        raise ValueError from None
    if data[4 : 4 + int.from_bytes(data[:4], "big")] != words[0].encode():
        raise ValueError
    return key


def _is_address(text: str) -> str:
    return str(ipaddress.IPv4Address(text))


def _is_network(text: str) -> str:
    if "/" not in text:
        raise ValueError
    ipaddress.ip_network(text, strict=False)
    return text


MAP = told("must be a map. Next: correct it.")
LIST = told("must be a list. Next: correct it.")

Text = Annotated[str, Field(min_length=1), told("must be a text, and not empty. Next: correct it.")]
Tag = Annotated[str, AfterValidator(_users_tag), told("must be a text. Next: correct it.")]
"""Source of the lengths: POST /tags."""

Id = Annotated[StrictInt, Field(ge=1), told("must be a whole number of 1 or more. Next: correct it.")]
Flag = Annotated[StrictBool, told("must be true or false. Next: give a truth value, not a text.")]
Address = Annotated[
    StrictStr, AfterValidator(_is_address), told("must be an IPv4 address. Next: correct it.")
]
Network = Annotated[
    StrictStr,
    AfterValidator(_is_network),
    told("must be a network with its prefix, such as 192.0.2.0/24 or 0.0.0.0/0. Next: correct it."),
]
FullSshKey = Annotated[
    str,
    AfterValidator(_ssh_key),
    told("must be an SSH public key in full: ssh-ed25519 AAAA… Next: correct it."),
]
