"""One account as people look at it: every kind of thing in it, what each is doing, and what it would cost."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.events import event_row, progress_at
from emulators.linode_api.core.records import KINDS, ROWS, Record, get, stored
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources import ips, nodebalancers, volumes
from emulators.linode_api.resources.linode import linodes
from emulators.linode_api.resources.linode.linodes import Linode

MOST = 500
"""Things of one kind, and events, that are shown: the newest, and of Linodes those first that have a job."""

ANYBODY = Call(None, {}, None, {})
Things = dict[str, dict[str, Json]]
"""By kind and id."""

Told = Callable[[Json], str]

SHELVES: Mapping[str, tuple[str, Told]] = {
    "linode": ("Linodes", lambda _: ""),
    "disk": ("Disks", lambda row: f"{row['filesystem']}, {row['size']:,} MB"),
    "config": ("Configurations", lambda row: str(row["kernel"])),
    "interface": ("Interfaces", lambda row: next((one for one in ("public", "vpc", "vlan") if row[one]), "")),
    "backup": ("Snapshots", lambda _: ""),
    "lock": ("Locks", lambda row: f"{row['lock_type']} on {row['entity']['label']}"),
    "volume": (
        "Volumes",
        lambda row: (
            f"{row['size']:,} GB, " + (f"on {row['linode_label']}" if row["linode_id"] else "not attached")
        ),
    ),
    "image": ("Images", lambda row: f"{row['size']:,} MB"),
    "image_sharegroup": (
        "Shared images",
        lambda row: (
            f"{row['images_count']} shared with {row['members_count']} other account"
            + ("" if row["members_count"] == 1 else "s")
        ),
    ),
    "firewall": (
        "Firewalls",
        lambda row: (
            f"in {row['rules']['inbound_policy']}, {counted(row['rules']['inbound'], 'rule')};"
            f" out {row['rules']['outbound_policy']}, {counted(row['rules']['outbound'], 'rule')}"
        ),
    ),
    "device": ("Behind firewalls", lambda row: str(row["entity"]["type"])),
    "firewall_ruleset": ("Firewall rule sets", lambda _: ""),
    "nodebalancer": ("NodeBalancers", lambda row: str(row["ipv4"])),
    "nodebalancer_config": (
        "NodeBalancer ports",
        lambda row: f"{row['protocol']}, {row['nodes_status']['up']} up, {row['nodes_status']['down']} down",
    ),
    "nodebalancer_node": ("NodeBalancer nodes", lambda row: str(row["address"])),
    "nodebalancer_vpc": ("NodeBalancers in VPCs", lambda row: str(row["ipv4_range"])),
    "vpc": ("VPCs", lambda row: counted(row["subnets"], "subnet")),
    "subnet": ("Subnets", lambda row: f"{row['ipv4'] or 'IPv6'}, {counted(row['linodes'], 'Linode')}"),
    "reserved": (
        "Reserved addresses",
        lambda row: f"on {row['assigned_entity']['label']}" if row["linode_id"] else "free",
    ),
    "ipv6_range": ("IPv6 ranges", lambda row: counted(row["linodes"], "Linode")),
    "placement_group": (
        "Placement groups",
        lambda row: f"{row['placement_group_type']}, {counted(row['members'], 'Linode')}",
    ),
    "domain": ("Domains", lambda row: str(row["type"])),
    "domain_record": ("Domain records", lambda row: f"{row['type']} {row['target']}"),
    "stackscript": ("StackScripts", lambda row: f"used {row['deployments_total']} times"),
    "sshkey": ("SSH keys", lambda _: ""),
    "user": ("Users", lambda row: "restricted" if row["restricted"] else "unrestricted"),
    "token": ("Tokens", lambda row: f"scopes {row['scopes']}"),
}
"""What each kind is called, in the order of the page, and what is told of one beside label, status and region."""


STAND_FOR_LABELS: Mapping[str, Told] = {
    "device": lambda row: str(row["entity"]["label"]),
    "domain_record": lambda row: row["name"] or "@",
    "interface": lambda row: str(row["mac_address"]),
    "ipv6_range": lambda row: f"{row['range']}/{row['prefix']}",
    "nodebalancer_config": lambda row: f"port {row['port']}",
    "reserved": lambda row: str(row["address"]),
}


def title(kind: str) -> str:
    return SHELVES[kind][0] if kind in SHELVES else kind.replace("_", " ").capitalize() + "s"


def counted(things: list[Any], what: str) -> str:
    return f"{len(things)} {what}" + ("" if len(things) == 1 else "s")


def counts(account: Account) -> dict[str, int]:
    """How many of each kind there are, also of those that are too many to be shown; `busy` are Linodes with a job."""
    one, own = account.database.one, account.id
    of_records = account.database.all(
        "SELECT kind, count(*) FROM records WHERE account_id = ? GROUP BY kind", own
    )
    found = {
        "linode": one("SELECT count(*) FROM linodes WHERE account_id = ?", own)[0],
        **{kind: number for kind, number in of_records if kind in KINDS and kind in ROWS},
        "user": one("SELECT count(*) FROM users WHERE account_id = ?", own)[0],
        "token": one("SELECT count(*) FROM tokens WHERE account_id = ?", own)[0],
    }
    busy = "SELECT count(*) FROM linodes WHERE account_id = ? AND busy_until > ?"
    return {
        **{kind: number for kind, number in found.items() if number},
        "busy": one(busy, own, account.now)[0],
    }


def things(account: Account) -> Things:
    """Every thing of the account as a flat row: label, status, region, what is told of it, what it belongs to."""
    jobs = running_jobs(account)
    found: Things = {
        "linode": {str(one.id): linode_row(account, one, jobs[one.id]) for one in newest_linodes(account)}
    }
    for kind in KINDS.keys() & ROWS.keys():
        newest = replace(stored(account, kind), order="id DESC").read(MOST)[::-1]
        found[kind] = {str(one.id): record_row(account, one) for one in newest}
    return {**found, "user": users(account), "token": tokens(account)}


def newest_linodes(account: Account) -> list[Linode]:
    order = f"busy_until > {account.now!r} DESC, id DESC"
    return sorted(replace(linodes.stored(account), order=order).read(MOST), key=lambda one: one.id)


def linode_row(account: Account, linode: Linode, jobs: list[Json]) -> Json:
    price = prices(catalogs().any_type(linode["type"]), linode["region"])["monthly"]
    return {
        "label": linode.label,
        "status": linode.course.status_at(account.now),
        **linode.parts("region", "type", "image", "tags"),
        "address": next(iter(linode.public_ipv4), None),
        "monthly": price
        + backup_prices(linode["type"], linode["region"], linode["backups"]["enabled"])["monthly"],
        "jobs": jobs,
    }


def running_jobs(account: Account) -> defaultdict[int, list[Json]]:
    """Of each Linode, what it does and what waits, in order; `ends` since 1970, `speed` makes it the API's seconds."""
    found: defaultdict[int, list[Json]] = defaultdict(list)
    question = (
        "SELECT * FROM events WHERE account_id = ? AND ends > ? AND linode_id IS NOT NULL ORDER BY starts, id"
    )
    for row in account.database.all(question, account.id, account.now):
        progress = progress_at(row, account.now)
        percent = progress.percent if progress else 0
        found[row["linode_id"]].append(
            {"action": row["action"], "percent": percent, "ends": row["ends"], "speed": row["speed"]}
        )
    return found


def record_row(account: Account, record: Record) -> Json:
    shown = ROWS[record.kind](account, record)
    told = SHELVES[record.kind][1](shown) if record.kind in SHELVES else ""
    return {
        "label": label_of(record, shown),
        "status": shown.get("status"),
        "region": shown.get("region"),
        "about": told,
        "of": parent_label(account, record),
        "tags": shown.get("tags") or [],
    }


def label_of(record: Record, shown: Json) -> str:
    """A label, or what stands for one."""
    named = STAND_FOR_LABELS.get(record.kind, lambda _: record.body.get("label"))(shown)
    return str(named or record.id)


def parent_label(account: Account, record: Record) -> str | None:
    if not record.parent_id:
        return None
    if record.kind in ("disk", "config", "interface", "backup", "lock"):
        linode = linodes.get_linode(account, record.parent_id)
        return linode.label if linode else None
    words = KINDS[record.kind].url.split("{")
    parent = get(account, words[-2].partition("}")[0], record.parent_id) if len(words) > 2 else None
    return str(parent.body.get("label")) if parent else None


def users(account: Account) -> dict[str, Json]:
    rows = account.database.all(
        "SELECT * FROM users WHERE account_id = ? ORDER BY username LIMIT ?", account.id, MOST
    )
    return {row["username"]: flat("user", row["username"], dict(row)) for row in rows}


def tokens(account: Account) -> dict[str, Json]:
    """Never a token itself, nor its start."""
    question = "SELECT id, label, scopes, username FROM tokens WHERE account_id = ? ORDER BY id DESC LIMIT ?"
    rows = account.database.all(question, account.id, MOST)[::-1]
    return {str(row["id"]): {**flat("token", row["label"], dict(row)), "of": row["username"]} for row in rows}


def flat(kind: str, label: str, row: Json) -> Json:
    return {
        "label": label,
        "status": None,
        "region": None,
        "about": SHELVES[kind][1](row),
        "of": None,
        "tags": [],
    }


def prices(priced: Json, region: str) -> Json:
    """In US dollars, `hourly` and `monthly`, as that region has them."""
    return next((one for one in priced["region_prices"] if one["id"] == region), priced["price"])


def backup_prices(type_id: str, region: str, enabled: object) -> Json:
    if not enabled:
        return {"hourly": 0.0, "monthly": 0.0}
    return prices(catalogs().any_type(type_id)["addons"]["backups"], region)


def costs(account: Account) -> list[Json]:
    """What the account would cost, in US dollars, by what is paid for; nothing of it is charged here."""
    sums: dict[str, Json] = {}

    def add(what: str, number: int, price: Json, amount: float = 1) -> None:
        line = sums.setdefault(what, {"what": what, "count": 0, "hourly": 0.0, "monthly": 0.0})
        line["count"] += number
        for name in ("hourly", "monthly"):
            line[name] = round(line[name] + price[name] * number * amount, 6)

    parts = "json_extract(body, '$.type') AS type, json_extract(body, '$.region') AS region"
    backups = "json_extract(body, '$.backups.enabled') AS backups"
    question = f"SELECT {parts}, {backups}, count(*) AS n FROM linodes WHERE account_id = ? GROUP BY 1, 2, 3"  # noqa: S608 - words from above
    for row in account.database.all(question, account.id):
        add("Linodes", row["n"], prices(catalogs().any_type(row["type"]), row["region"]))
        if row["backups"]:
            add("Backups", row["n"], backup_prices(row["type"], row["region"], row["backups"]))
    for kind, what, priced in (
        ("volume", "Volumes", volumes.types(ANYBODY)),
        ("nodebalancer", "NodeBalancers", nodebalancers.types(ANYBODY)),
        ("reserved", "Reserved addresses", ips.reserved_types(ANYBODY)),
    ):
        for row in account.database.all(SIZES, account.id, kind):
            add(what, 1, prices(priced[0], row["region"]), row["size"] or 1)
    return list(sums.values())


SIZES = (
    "SELECT json_extract(body, '$.region') AS region, json_extract(body, '$.size') AS size"
    " FROM records WHERE account_id = ? AND kind = ?"
)


def newest_events(account: Account) -> dict[int, Json]:
    """By id, oldest first."""
    question = "SELECT * FROM events WHERE account_id = ? ORDER BY id DESC LIMIT ?"
    rows: list[sqlite3.Row] = account.database.all(question, account.id, MOST)
    return {row["id"]: event_row(row, account.now) for row in reversed(rows)}
