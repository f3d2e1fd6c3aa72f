"""Names of properties and of resource types: how each provider spells them, and what we call them."""

from __future__ import annotations

import re
from functools import lru_cache

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
PROVIDER_KEY, DECLARED_KEY = "__provider", "__declared"

OURS = "pulumi-python:dynamic/linode:"
"""What the types of our own provider begin with."""

SERVER_TYPES = frozenset({OURS + "Instance", "linode:index/instance:Instance"})
"""Resources that are servers: they have disks, can be off and cost money."""

ADDRESSES = frozenset({"ipv4", "public_ipv4", "private_ipv4", "ipv6"})
COMPUTED = ADDRESSES | {PROVIDER_KEY, DECLARED_KEY}
"""Inputs that the provider fills in by itself. What they follow from is shown instead."""

SECRET = frozenset({"root_pass", "stackscript_data", "token", "password", "private_key"})
"""Shown as [secret] whatever the input says."""

SECRET_AS_SPELLED = frozenset({"user_data"})
"""Secret inputs of our own provider; another provider's `userData` is shown unless it is marked."""

SECRET_WORDS = re.compile(r"(?i)(passw|secret|token|private_?key|root_?pass|stackscript_?data)")

NAMES = 4096
"""Names of properties that are remembered: a stack has the same few over and over."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HEAD = re.compile(r"[^.\[]+")


def natural(name: str) -> list[tuple[int, str]]:
    """A key to sort by: `tags[2]` before `tags[10]`, web-2 before web-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


@lru_cache(maxsize=NAMES)
def canonical(name: str) -> str:
    """`rootPass` and `root_pass` are one property: the snake-case name."""
    return _HUMP.sub("_", name).lower()


def top_level(path: str) -> str:
    """The property that a path such as `tags[1]` or `metadata.user_data` lies in."""
    quoted = re.match(r'\["((?:[^"\\]|\\.)*)"\]', path)
    if quoted:
        return quoted.group(1)
    head = _HEAD.match(path)
    return head.group(0) if head else path


@lru_cache(maxsize=NAMES)
def is_secret(path: str) -> bool:
    """Whether a path names something that is never shown."""
    top = top_level(path)
    return top in SECRET_AS_SPELLED or canonical(top) in SECRET or SECRET_WORDS.search(path) is not None


def resource_type(urn: str) -> str:
    """The last type in `urn:pulumi:stack::project::parent$type::name`."""
    parts = urn.split("::", 3)
    return parts[2].rsplit("$", 1)[-1] if len(parts) == 4 else ""


def resource_name(urn: str) -> str:
    parts = urn.split("::", 3)
    return parts[3] if len(parts) == 4 else urn


def stack_name(urn: str) -> str:
    match = re.match(r"urn:pulumi:([^:]+)::", urn)
    return match.group(1) if match else ""


def group_of(name: str) -> str:
    """`web-1` and `web-12` are of the group `web`; a name without a number is a group of its own."""
    return re.sub(r"[-_.]?\d+$", "", name) or name
