"""What kind of JSON value each field of a request may hold, wherever it stands: checked before anything reads it.

Null is always allowed. Fields whose kind depends on where they stand list every kind they may have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emulators.linode_api.errors import Problem

OBJECT, LIST, TEXT, NUMBER, FLAG = dict, list, str, int, bool
KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(
        ("metadata", "placement_group", "alerts", "backups", "schedule", "rules", "devices", "helpers", "vlan",
         "default_route", "global", "ipv6"),
        (OBJECT,),
    ),
    **dict.fromkeys(
        ("interfaces", "tags", "linodes", "firewall_ids", "authorized_keys", "authorized_users", "addresses",
         "ranges", "ip_ranges", "subnets", "ids", "inbound", "outbound", "images"),
        (LIST,),
    ),
    **dict.fromkeys(
        ("label", "type", "region", "image", "kernel", "root_pass", "password", "description", "username",
         "scopes", "expiry", "script", "address", "user_data", "vlan_label", "ipam_address", "purpose",
         "nat_1_1", "nat_1_1_address", "ssh_key", "lock_type", "entity_type", "status", "filesystem"),
        (TEXT,),
    ),
    "public": (OBJECT, FLAG),
    "vpc": (OBJECT, TEXT),
    "ipv4": (OBJECT, LIST, TEXT, FLAG),
}  # fmt: skip
KINDS["ipv6"] = (OBJECT, FLAG)
ITEMS = {  # of lists
    **dict.fromkeys(("interfaces", "addresses", "ranges", "subnets"), OBJECT),
    **dict.fromkeys(("tags", "authorized_keys", "authorized_users", "ip_ranges", "images"), TEXT),
    **dict.fromkeys(("linodes", "firewall_ids", "ids"), NUMBER),
}
NAMES = {OBJECT: "an object", LIST: "a list", TEXT: "a string", NUMBER: "an integer", FLAG: "a Boolean"}
FREE = ("stackscript_data", "inbound", "outbound")  # whatever they hold is kept as given


def problems_of(body: Mapping[str, Any], at: str = "") -> Iterator[Problem]:
    """Each field of the wrong kind, by its path (`interfaces[0].ipv4`)."""
    for name, value in body.items():
        allowed = KINDS.get(name, ())
        field = f"{at}.{name}" if at else name
        if allowed and value is not None and type(value) not in allowed:
            yield field, f"Must be {' or '.join(NAMES[kind] for kind in allowed)}"
        elif isinstance(value, list):
            yield from item_problems(name, value, field)
        elif isinstance(value, dict) and name not in FREE:
            yield from problems_of(value, field)


def item_problems(name: str, items: list[Any], field: str) -> Iterator[Problem]:
    wanted = ITEMS.get(name)
    for number, item in enumerate(items):
        own_config = name == "interfaces" and field.startswith("devices") and type(item) is int
        if wanted and type(item) is not wanted and not own_config:
            yield f"{field}[{number}]", f"Must be {NAMES[wanted]}"
        elif isinstance(item, dict) and name not in FREE:
            yield from problems_of(item, f"{field}[{number}]")
