"""Domains and their records, as the nameservers would have them. Nothing is resolved beyond this database.

Source: recordings TestDomain_Get, TestDomainRecords_List, TestDomainRecord_Update; API pages "Create a domain", "Create
a domain record", "Get a domain zone file". Texts are those that linode-cli's suite expects, and clients report
(ddns-updater 341, ansible_linode 635); those marked * are a choice.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Any

from emulators.linode_api.core import Body, Json, bodies
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import (
    always,
    check,
    choice,
    length,
    matching,
    problems_in,
    required,
    that,
)
from emulators.linode_api.core.errors import Problem, bad_request, problem_if, raise_if
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.records import (
    Kind,
    Record,
    add,
    all_of,
    change,
    every,
    given,
    remove,
    remove_within,
)
from emulators.linode_api.core.routes import Call, Routes

api = Routes("domains")
DOMAIN = Kind(
    "domain",
    "/domains/{domain}",
    first_id=3_300_000,
    unique_label=False,
    columns={"domain": "$.label"},
    granted=True,
)
RECORD = Kind("domain_record", "/domains/{domain}/records/{domain_record}", first_id=40_000_000)
STEPS = (
    0, 30, 120, 300, 3600, 7200, 14_400, 28_800, 57_600, 86_400, 172_800, 345_600, 604_800, 1_209_600, 2_419_200,
)  # fmt: skip
SECONDS = {"refresh_sec": 14_400, "retry_sec": 14_400, "expire_sec": 1_209_600, "ttl_sec": 86_400}
"""What 0 stands for."""

MOST_RECORDS = 12_000
NAMESERVERS = 5
NAME = re.compile(r"(\*\.)?([a-zA-Z0-9-_]{1,63}\.)+([a-zA-Z]{2,3}\.)?([a-zA-Z]{2,16}|xn--[a-zA-Z0-9]+)")
HOST = re.compile(
    r"(\*|[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*"
)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def is_address(value: object, *versions: int) -> bool:
    try:
        return isinstance(value, str) and ipaddress.ip_address(value).version in (versions or (4, 6))
    except ValueError:
        return False


seconds = bodies.whole(0, "Must be 0 or greater")  # *
addresses = bodies.all_of(
    that(
        lambda ips: isinstance(ips, list) and all(map(is_address, ips)), "Must be a list of IP addresses"
    ),  # *
    that(lambda ips: len("".join(ips)) <= 1000, "Length must be 0-1000 characters"),  # *
)
FIELDS = {
    "domain": bodies.all_of(length(1, 253), matching(NAME, "Invalid domain name")),  # *
    "type": choice("master", "slave", why="Must be master or slave"),  # *
    "soa_email": matching(EMAIL, "Invalid email address"),  # *
    "description": length(0, 253),
    "group": length(0, 50),
    "status": choice("active", "disabled"),
    **dict.fromkeys(SECONDS, seconds),
    "master_ips": addresses,
    "axfr_ips": addresses,
    "tags": bodies.tags,
}
LEFT_OUT: Json = {
    "group": "", "status": "active", "description": "", "soa_email": "", **dict.fromkeys(SECONDS, 0),
    "master_ips": [], "axfr_ips": [], "tags": [],
}  # fmt: skip


def rounded(seconds: int) -> int:
    """Up to the next step; what is more than the last one is the last one."""
    return next((step for step in STEPS if seconds <= step), STEPS[-1])


@DOMAIN.shows
def row(_: Account, domain: Record) -> Json:
    return {
        "id": domain.id,
        "type": domain["type"],
        "domain": domain["label"],
        **domain.parts("tags", "group", "status"),
        "errors": "",
        **domain.parts("description", "soa_email", "retry_sec", "master_ips", "axfr_ips"),
        **domain.parts("expire_sec", "refresh_sec", "ttl_sec"),
        **domain.dates,
    }


def whole_problems(account: Account, body: Body, besides: int = 0) -> list[Problem]:
    """What a domain as it would be is refused for: its kind's needs, and a name that is somebody's already."""
    master, name = body["type"] == "master", str(body["domain"]).casefold()
    taken = any(
        one["label"].casefold() == name for one in every(account.database, "domain") if one.id != besides
    )
    no_master = "You need at least one master DNS server IP address for this zone."
    return [
        *problem_if(master and not body["soa_email"], "soa_email", "soa_email required when type=master"),
        *problem_if(not master and not body["master_ips"], "master_ips", no_master),
        *problem_if(taken, "domain", "DNS zone already exists."),  # *
    ]


def stored(body: Body) -> Json:
    kept = {name: body[name] for name in ("type", *LEFT_OUT)}
    return {"label": body["domain"], **kept, **{name: rounded(body[name]) for name in SECONDS}}


api.reads_of(DOMAIN, "domain", "group", "tags")


@api.post("/domains", grant="add_domains")
def create(call: Call) -> Record:
    needed = {name: required(FIELDS[name]) for name in ("domain", "type")}
    check(call.body, {**FIELDS, **needed})
    body = {**LEFT_OUT, **given(call.body, *FIELDS)}
    raise_if(whole_problems(call.account, body))
    return DOMAIN.create(call.account, stored(body))


@api.put(DOMAIN.url)
def update(call: Call, domain: Record) -> Record:
    """Texts that are null are emptied."""
    check(call.body, FIELDS)
    emptied = {name: "" for name in ("description", "group", "soa_email") if name in call.body}
    body = {**domain.body, "domain": domain["label"], **emptied, **given(call.body, *FIELDS)}
    raise_if(whole_problems(call.account, body, besides=domain.id))
    return DOMAIN.update(call.account, domain, stored(body))


@api.delete(DOMAIN.url)
def delete(call: Call, domain: Record) -> None:
    """With all its records."""
    remove_within(call.account, domain.id, RECORD.name)
    DOMAIN.delete(call.account, domain)


@api.post("/domains/import", grant="add_domains")
def take_over(call: Call) -> None:
    """There is no network here to fetch a zone over."""
    check(call.body, {"domain": required(FIELDS["domain"]), "remote_nameserver": required(bodies.text)})
    raise bad_request("This API runs without a network and transfers no zones.", "remote_nameserver")  # *


@api.post(DOMAIN.url + "/clone", grant="add_domains")
def clone(call: Call, domain: Record) -> Record:
    """With its records and tags."""
    check(call.body, {"domain": required(FIELDS["domain"])})
    body = {**domain.body, "domain": call.body["domain"]}
    raise_if(whole_problems(call.account, body))
    copy = DOMAIN.create(call.account, stored(body))
    for record in all_of(call.account, RECORD.name, domain.id):
        add(call.account, RECORD.name, record.body, copy.id)
    return copy


@api.get(DOMAIN.url + "/zone-file")
def zone_file(call: Call, domain: Record) -> Json:
    """The real one has it some minutes after a change, this one at once."""
    times = {name: domain[name] or default for name, default in SECONDS.items()}
    shown = " ".join(str(times[name]) for name in ("refresh_sec", "retry_sec", "expire_sec", "ttl_sec"))
    who = domain["soa_email"].replace("@", ".")
    serial = f"{int(domain.updated)}"
    lines = [f"; {domain['label']} [{domain.id}]", f"$TTL {times['ttl_sec']}"]
    lines += [f"@  IN  SOA  ns1.linode.com. {who}. {serial} {shown}"]
    lines += [f"@    NS  ns{number}.linode.com." for number in range(1, NAMESERVERS + 1)]
    return {"zone_file": [*lines, *(line(one) for one in all_of(call.account, RECORD.name, domain.id))]}


def line(record: Record) -> str:
    """One record in a zone file; long texts in pieces of 255 characters."""
    kind, target = record["type"], record["target"]
    numbers = {"MX": ("priority",), "SRV": ("priority", "weight", "port")}.get(kind, ())
    if kind == "TXT":
        escaped = target.replace("\\", "\\\\").replace('"', '\\"')
        target = " ".join(f'"{escaped[at : at + 255]}"' for at in range(0, len(escaped), 255))
    elif kind == "CAA":
        target = f'0 {record["tag"]} "{target}"'
    elif kind not in ("A", "AAAA"):
        target += "."
    parts = [record["ttl_sec"] or "", kind, *(record[name] for name in numbers), target]
    return " ".join(map(str, [record["name"] or "@", *(part for part in parts if part != "")]))


@RECORD.shows
def record_row(_: Account, record: Record) -> Json:
    names = ("type", "name", "target", "priority", "weight", "port", "service", "protocol", "ttl_sec", "tag")
    return {"id": record.id, **record.parts(*names), **record.dates}


api.reads_of(RECORD, "name", "target", "type", "tag")


def full_name(record: Record, domain: Record) -> str:
    return ".".join(filter(None, (record["name"], domain["label"]))).casefold()


def resolved(account: Account, name: str) -> set[str]:
    """The addresses that a name stands for, in the domains of any account here; `nip.io` says them itself."""
    name = name.casefold().removesuffix(".")
    found = {str(ipaddress.ip_address(address)) for address in wildcard_dns(name)}
    for domain in every(account.database, "domain"):
        if name == domain["label"].casefold() or name.endswith("." + domain["label"].casefold()):
            for record in every(account.database, RECORD.name, domain.id):
                if record["type"] in ("A", "AAAA") and full_name(record, domain) == name:
                    found.add(record["target"])
    return found


def wildcard_dns(name: str) -> Iterator[str]:
    """192.0.2.1.nip.io and 192-0-2-1.nip.io, which suites of clients use, as that service answers them."""
    if found := re.search(r"(?:^|[.-])(\d{1,3}(?:([.-])\d{1,3}){3})\.nip\.io$", name):
        address = found[1].replace("-", ".")
        if is_address(address, 4):
            yield address


INVALID = "Name contains invalid characters"
name_form = bodies.all_of(bodies.text, length(0, 100))
record_fields = {
    "name": name_form,
    "target": bodies.all_of(bodies.text, length(0, 65_535)),
    "priority": that(lambda value: type(value) is int and 0 <= value <= 255, "Must be 0-255"),  # *
    **dict.fromkeys(
        ("weight", "port"),
        that(lambda value: type(value) is int and 0 <= value <= 65_535, "Must be 0-65535"),  # *
    ),
    "service": bodies.text,
    "protocol": bodies.text,
    "ttl_sec": seconds,
    "tag": choice("issue", "issuewild", "iodef"),
}
DEFAULTS: Json = {
    "name": "", "target": "", "priority": 0, "weight": 0, "port": 0, "service": None, "protocol": None, "ttl_sec": 0,
    "tag": None,
}  # fmt: skip
is_host = that(lambda name: len(name) <= 253 and HOST.fullmatch(name), "Invalid hostname")
TARGETS: dict[str, Callable[[Any], str | None]] = {
    "A": that(lambda target: is_address(target, 4), "Invalid IPv4 address"),  # *
    "AAAA": that(lambda target: is_address(target, 6), "Invalid IPv6 address"),  # *
    **dict.fromkeys(("CNAME", "MX", "NS", "SRV", "PTR"), is_host),
    "TXT": that(bool, "target is required"),
    "CAA": that(
        lambda target: re.fullmatch(r"(\w+:)?[^\s.]+\.\S+(;.*)?|;", target), "Invalid CAA value"
    ),  # *
}
KINDS_OF_RECORD = tuple(TARGETS)


def as_kept(body: Body, domain: Record) -> Json:
    """A record as the API keeps it: names below the domain, targets without their last dot, seconds in steps."""
    kept, kind, zone = {**body, "ttl_sec": rounded(body["ttl_sec"])}, body["type"], domain["label"]
    kept["name"] = re.sub(rf"(^|\.){re.escape(zone)}$", "", kept["name"], flags=re.IGNORECASE)
    if kind not in ("A", "AAAA", "CAA", "TXT"):
        kept["target"] = kept["target"].removesuffix(".")
    if kind == "A" and kept["target"] == "[remote_addr]":
        kept["target"] = "127.0.0.1"  # whoever calls is on this machine
    if kind == "AAAA" and is_address(kept["target"], 6):
        kept["target"] = str(ipaddress.IPv6Address(kept["target"]))
    if kind == "SRV":
        kept |= {part: str(kept[part] or "").strip("_.") for part in ("service", "protocol")}
        kept["protocol"] = kept["protocol"] or "tcp"  # *
        kept["name"] = f"_{kept['service']}._{kept['protocol']}"
        if kept["target"] and "." not in kept["target"]:
            kept["target"] += f".{zone}"
    return kept


def record_problems(kept: Json, others: list[Record]) -> Iterator[Problem]:
    """`kept` beside the other records of its domain."""
    kind, name, target = kept["type"], kept["name"], kept["target"]
    if name and not re.fullmatch(r"[A-Za-z0-9_.*-]*[A-Za-z0-9_*-]", name):
        yield "name", INVALID
    if name and not HOST.fullmatch(name):
        yield "name", "Invalid hostname"
    is_null_mx = kind == "MX" and not target
    if is_null_mx:
        yield from problem_if(name, "name", "A Null MX record has no name")  # *
        yield from problem_if(kept["priority"], "priority", "A Null MX record has priority 0")  # *
    elif why := "target is required" if not target else TARGETS[kind](target):
        yield "target", why
    yield from problem_if(kind == "CNAME" and not name, "name", "name is required")
    yield from problem_if(kind == "NS" and "*" in name, "name", "Wildcard NS records are not supported")  # *
    yield from problem_if(kind == "CAA" and not kept["tag"], "tag", "tag is required")
    yield from problem_if(kind == "SRV" and not kept["service"], "service", "service is required")
    same = [one for one in others if one["type"] == kind]
    twice = kind == "CNAME" and any(one["name"].casefold() == name.casefold() for one in same)
    yield from problem_if(twice, "name", "Record conflict - CNAMES must be unique")
    mixed = kind == "MX" and any(is_null_mx or not one["target"] for one in same)
    yield from problem_if(mixed, "target", "A Null MX record is a domain's only MX record")  # *


def judged(call: Call, domain: Record, body: Body, own: int = 0) -> Json:
    """The record as it is kept. Raises ApiError 400."""
    others = [one for one in all_of(call.account, RECORD.name, domain.id) if one.id != own]
    if len(others) >= MOST_RECORDS:
        raise bad_request(f"A domain can have up to {MOST_RECORDS} records")  # *
    kept = as_kept(body, domain)
    raise_if(list(record_problems(kept, others)))
    return kept


@api.post(DOMAIN.url + "/records")
def create_record(call: Call, domain: Record) -> Record:
    kinds = choice(*KINDS_OF_RECORD, why="Must be " + ", ".join(KINDS_OF_RECORD))  # *
    check(call.body, {"type": required(kinds), **record_fields})
    needed = ("service", "port", "priority", "weight") if call.body["type"] == "SRV" else ()
    missing = always(that(lambda value: value is not None, "{name} is required"))
    raise_if(problems_in(call.body, dict.fromkeys(needed, missing)))
    body = {**DEFAULTS, **given(call.body, "type", *record_fields)}
    made = add(call.account, RECORD.name, judged(call, domain, body), domain.id)
    notify(call.account, "domain_record_create", domain.entity)
    return made


@api.put(RECORD.url)
def update_record(call: Call, domain: Record, record: Record) -> Record:
    """Its type stays."""
    same = choice(record["type"], why="The type of a record cannot be changed")  # *
    check(call.body, {"type": same, **record_fields})
    changed = judged(call, domain, {**record.body, **given(call.body, *record_fields)}, record.id)
    notify(call.account, "domain_record_update", domain.entity)
    return change(call.account, record, **changed)


@api.delete(RECORD.url, scope="domains:read_only")
def delete_record(call: Call, domain: Record, record: Record) -> None:
    """For reading alone, as the recorded answers say."""
    remove(call.account, record)
    notify(call.account, "domain_record_delete", domain.entity)
