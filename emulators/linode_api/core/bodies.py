"""What requests may hold, in the API's words: a table of checks for each kind of body.

    FIELDS = {"label": length(3, 32), "status": choice("enabled", "disabled"), "tags": tags}
    check(body, FIELDS)

A check gives the reason why a value is refused, or None; `{name}` in it stands for the field. What is left out or null
is not checked, unless by `required` or `always`. Texts are recorded or reported ones where known (API notes: pages
"Create a Linode", "Update a Linode"); those marked * are a choice, their existence is known, their wording is not.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from emulators.linode_api.core import Body
from emulators.linode_api.core.errors import Problem, bad_request, raise_if

Check = Callable[[Any], str | None]
Checks = Mapping[str, Check]

NOT_VALID = "{name} is not valid"
LABEL = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?")
LABEL_RULE = "Must only use ASCII letters, numbers, underscores, dashes and periods"  # *
MAINTENANCE_POLICIES = ("linode/migrate", "linode/power_off_on")
NAMES_OF_KEYS = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")


@dataclass(frozen=True)
class Always:
    """A check that also sees what is left out or null, as None."""

    check: Check

    def __call__(self, value: Any) -> str | None:
        return self.check(value)


def problems_in(body: Body, checks: Checks, at: str = "") -> list[Problem]:
    """The first reason against each field, in the order of the table; `at` comes before their names."""
    found: list[Problem] = []
    for name, check in checks.items():
        value = body.get(name)
        why = check(value) if value is not None or isinstance(check, Always) else None
        if why:
            found.append((at + name, why.replace("{name}", name)))
    return found


def check(body: Body, checks: Checks) -> None:
    """Raises ApiError 400 with every reason."""
    raise_if(problems_in(body, checks))


def always(check: Check) -> Check:
    return Always(check)


def required(check: Check = lambda _: None) -> Check:
    return Always(lambda value: check(value) if value else "{name} is required")


def all_of(*checks: Check) -> Check:
    """Each in turn, until one has a reason."""
    return lambda value: next((why for check in checks if (why := check(value))), None)


def that(fits: Callable[[Any], object], why: str = NOT_VALID) -> Check:
    return lambda value: None if fits(value) else why


def length(shortest: int, longest: int) -> Check:
    return that(
        lambda value: isinstance(value, str) and shortest <= len(value) <= longest,
        f"Length must be {shortest}-{longest} characters",
    )


def matching(pattern: re.Pattern[str], why: str) -> Check:
    return that(lambda value: isinstance(value, str) and pattern.fullmatch(value), why)


def known(values: Callable[[], Container[Any]], why: str = NOT_VALID) -> Check:
    """One of what there is when the request comes."""
    return that(lambda value: isinstance(value, str) and value in values(), why)


def choice(*values: str, why: str = NOT_VALID) -> Check:
    return known(lambda: values, why)


def whole(least: int, why: str) -> Check:
    return that(lambda value: type(value) is int and value >= least, why)


def between(least: int, most: int) -> Check:
    return that(lambda value: type(value) is int and least <= value <= most, f"Must be {least}-{most}")


flag = that(lambda value: isinstance(value, bool), "Must be of type Boolean")  # *
text = that(lambda value: isinstance(value, str), "Must be a string")
json_object = that(lambda value: isinstance(value, dict), "Must be an object")
size = whole(1, "Must be a positive integer")
at_least_0 = whole(0, "Must be 0 or greater")  # *
maintenance_policy = choice(  # recording TestInstance_MaintenancePolicy
    *MAINTENANCE_POLICIES, why="Unsupported maintenance policy slug format."
)
linode_label = all_of(
    length(3, 64),
    matching(LABEL, LABEL_RULE),
    that(
        lambda label: not any(pair in label for pair in ("--", "__", "..")),
        "Must not contain two dashes, underscores or periods in a row",  # *
    ),
)
tags = that(lambda tags: all(3 <= len(tag) <= 50 for tag in tags), "Length must be 3-50 characters")


def begins_as_ssh_key(key: object) -> bool:
    return isinstance(key, str) and key.startswith(NAMES_OF_KEYS)


def is_ssh_key(key: object) -> bool:
    return begins_as_ssh_key(key) and len(str(key).split()) >= 2


def is_network(value: object) -> bool:
    """An IPv4 address or range, with or without its prefix."""
    try:
        ipaddress.IPv4Interface(value)
    except ValueError:
        return False
    return isinstance(value, str)


def unique_tags(tags: Sequence[str]) -> list[str]:
    """Tags without repeats; case does not tell two tags apart."""
    return list({tag.lower(): tag for tag in reversed(tags)}.values())[::-1]


def password(value: object) -> str | None:
    """11 to 128 characters, and hard to guess.

    The API's measure is not published. Taken is the best score of zxcvbn, which Linode's own Cloud Manager demands:
    the passwords "b4d_p4s5w0rd!!" and "myc00lp@ss!", which clients gave up when the API became stricter, score less,
    and all that are known to be accepted have it. Source: pull requests 8733 of linode/manager, 776 of
    linode/terraform-provider-linode.
    """
    if not isinstance(value, str) or not 11 <= len(value) <= 128:
        return "Length must be 11-128 characters"
    best = score(value[:72]) >= 4  # characters: the estimator takes no more
    return None if best else "Password does not meet strength requirement"


@lru_cache(maxsize=64)
def score(password: str) -> int:
    """0 to 4."""
    from zxcvbn import zxcvbn  # its word lists take 0.2 s to load: not at every start

    return int(zxcvbn(password)["score"])


OBJECT, LIST, TEXT, NUMBER, FLAG = dict, list, str, int, bool
SHAPES: dict[tuple[type, ...], str] = {  # null is always allowed
    (OBJECT,): "metadata placement_group alerts backups schedule devices helpers vlan default_route global",
    (
        LIST,
    ): "interfaces tags linodes firewall_ids authorized_keys authorized_users addresses ranges ip_ranges subnets"
    " ids ips disks assignments inbound outbound reserved_ipv4_addresses images domains volumes nodebalancers"
    " master_ips axfr_ips nodes vpcs slaac",
    (TEXT,): "label type region kernel root_pass password description username scopes expiry script address"
    " user_data route_target vlan_label ipam_address purpose nat_1_1 nat_1_1_address ssh_key lock_type entity_type"
    " status filesystem range",
    (OBJECT, FLAG): "public",
    (OBJECT, LIST): "rules",
    (OBJECT, LIST, FLAG): "ipv6",
    (LIST, TEXT): "image",
    (OBJECT, LIST, TEXT): "vpc",
    (OBJECT, LIST, TEXT, FLAG): "ipv4",
}
SHAPE_OF = {name: shapes for shapes, names in SHAPES.items() for name in names.split()}
ITEMS: dict[str, tuple[type, ...]] = {  # of lists
    **dict.fromkeys(
        ("interfaces", "addresses", "ranges", "slaac", "subnets", "nodes", "vpcs", "assignments"), (OBJECT,)
    ),
    **dict.fromkeys(
        (
            *("tags", "authorized_keys", "authorized_users", "ip_ranges", "master_ips", "axfr_ips"),
            "reserved_ipv4_addresses",
            "ips",
        ),
        (TEXT,),
    ),
    "images": (TEXT, OBJECT),
    **dict.fromkeys(
        ("linodes", "firewall_ids", "ids", "disks", "domains", "volumes", "nodebalancers"), (NUMBER,)
    ),
}
NAMES = {OBJECT: "an object", LIST: "a list", TEXT: "a string", NUMBER: "an integer", FLAG: "a Boolean"}
FREE = ("stackscript_data", "inbound", "outbound")  # judged, if at all, by who reads them


def parse(raw: bytes) -> Body:
    """A request's body; an absent one is empty: actions are often sent without. Raises ApiError 400."""
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw, parse_constant=no_number, parse_float=finite)
        if b"\\ud" in raw.lower():  # perhaps half a pair, which is no text
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request("The request body is not valid JSON") from None
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise bad_request("The request body must be a JSON object")
    raise_if(list(misshapen(body)))
    return body


def no_number(word: str) -> float:
    raise ValueError(word)


def finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else no_number(text)


def misshapen(body: Body, at: str = "") -> Iterator[Problem]:
    """What is of the wrong kind of JSON, wherever it stands, by its path (`interfaces[0].ipv4`).

    Looked for before anything reads the body. Fields whose kind depends on where they stand may be of either.
    """
    for name, value in body.items():
        allowed = SHAPE_OF.get(name, ())
        field = f"{at}.{name}" if at else name
        if allowed and value is not None and type(value) not in allowed:
            yield field, must_be(allowed)
        elif isinstance(value, list):
            yield from misshapen_items(name, value, field)
        elif isinstance(value, dict) and name not in FREE:
            yield from misshapen(value, field)


def must_be(kinds: Sequence[type]) -> str:
    return f"Must be {' or '.join(NAMES[kind] for kind in kinds)}"


def misshapen_items(name: str, items: list[Any], field: str) -> Iterator[Problem]:
    wanted = ITEMS.get(name)
    for number, item in enumerate(items):
        of_firewall = name == "interfaces" and field.startswith("devices") and type(item) is int
        if wanted and type(item) not in wanted and not of_firewall:
            yield f"{field}[{number}]", must_be(wanted)
        elif isinstance(item, dict) and name not in (*FREE, "rules"):  # as an object those are judged
            yield from misshapen(item, f"{field}[{number}]")
