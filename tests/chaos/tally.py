"""What an account really holds, counted in the local API's database, against the declarations and the state."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, fields
from typing import Any

from providers.linode.provider import SPECS
from tests.chaos.declared import KINDS, Declared, Inputs
from tests.checkout import Checkout

MADE = {
    "Instance": "linode_create",
    "Firewall": "firewall_create",
    "SSHKey": "user_ssh_key_add",
    "Volume": "volume_create",
    "VPC": "vpc_create",
    "Subnet": "subnet_create",
    "StackScript": "stackscript_create",
    "PlacementGroup": "placement_group_create",
    "Domain": "domain_create",
    "DomainRecord": "domain_record_create",
    "NodeBalancer": "nodebalancer_create",
    "Image": "disk_imagize",
}
"""By kind: the event that tells that one was made. None does of an address, and of what is set and not made."""

OWN: dict[str, Callable[[Inputs], bool]] = {
    "StackScript": lambda row: bool(row["mine"]),
    "Image": lambda row: not row["is_public"],
    "VolumeAttachment": lambda row: row["linode_id"] is not None and "apart" in row["label"],
    "ReverseDNS": lambda row: not (row["rdns"] or DEFAULT).endswith(DEFAULT),
}
"""Which rows of a list are of the kind, where not all are. A volume that declares its Linode has no attachment."""

DEFAULT = ".ip.linodeusercontent.com"
TWINS = {"SSHKey": ("label", "ssh_key"), "DomainRecord": ("domain_id", "name", "target")}
"""Of which an account has several of one label: what tells them apart as far as anything does."""

GOAL = 0.9


@dataclass
class Tally:
    """Sums over all turns and kinds. `creates`: those of crowds. `by_fault`: runs that met it, and that converged."""

    creates: int = 0
    crowd_faults: int = 0
    kills: int = 0
    duplicates: int = 0
    orphans: int = 0
    lost: int = 0
    pending: int = 0
    asked: int = 0
    unexplained: int = 0
    by_fault: dict[str, tuple[int, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def faulted(self, fault: str, *, converged: bool) -> None:
        met, there = self.by_fault.get(fault, (0, 0))
        self.by_fault[fault] = (met + 1, there + converged)

    def wrong(self, note: str) -> None:
        self.unexplained += 1
        self.notes.append(note)

    def add(self, other: Tally) -> None:
        for each in fields(self):
            mine, its = getattr(self, each.name), getattr(other, each.name)
            if not isinstance(mine, dict):
                setattr(self, each.name, mine + its)
        for fault, (met, there) in other.by_fault.items():
            before = self.by_fault.get(fault, (0, 0))
            self.by_fault[fault] = (before[0] + met, before[1] + there)

    @property
    def is_clean(self) -> bool:
        return not (self.duplicates or self.orphans or self.lost or self.pending or self.unexplained)

    @property
    def runs(self) -> int:
        return sum(met for met, _ in self.by_fault.values())

    @property
    def converged(self) -> int:
        return sum(there for _, there in self.by_fault.values())

    @property
    def is_good(self) -> bool:
        return self.is_clean and self.converged >= GOAL * self.runs


ROWS: dict[str, Callable[[Tally], object]] = {
    "runs that met faults": lambda tally: tally.runs,
    "… that converged in the same run": lambda tally: tally.converged,
    "kills": lambda tally: tally.kills,
    "creates in crowds": lambda tally: tally.creates,
    "… and faults that their requests met": lambda tally: tally.crowd_faults,
    "adopted or deleted as `up` asked": lambda tally: tally.asked,
    "duplicates": lambda tally: tally.duplicates,
    "orphans": lambda tally: tally.orphans,
    "lost": lambda tally: tally.lost,
    "operations left pending": lambda tally: tally.pending,
    "unexplained": lambda tally: tally.unexplained,
}


def summary(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """What was wrong, and a table with a column for each engine, as docs/reliability.md has it."""
    for engine, tally in tallies.items():
        yield from (f"wrong, {engine}: {note}" for note in tally.notes)
        for fault, (met, there) in sorted(tally.by_fault.items()):
            if there < met:
                yield f"not in the same run, {engine}: {fault}, {met - there} of {met}"
    yield f"| | {' | '.join(tallies)} |"
    yield "|---" * (len(tallies) + 1) + "|"
    for row, count in ROWS.items():
        yield f"| {row} | {' | '.join(str(count(tally)) for tally in tallies.values())} |"


def name_of(row: Inputs, kind: str = "") -> str:
    """Its label, or a domain's or record's name; of a reserved address, which has none, the tag that it was declared
    with.
    """
    keys = ("rdns",) if kind == "ReverseDNS" else ("label", "domain", "name")
    found = next((row[key] for key in keys if key in row), None)
    tag = next((tag for tag in row.get("tags", ()) if not tag.startswith("pulumi:")), "")
    return str(tag if found is None else found).removesuffix(".example")


def in_account(checkout: Checkout, kind: str = "Instance") -> dict[Any, Inputs]:
    """Everything of a kind that is there, by id, each with a label, and that of what it is a part of."""
    spec = SPECS[kind]
    parents = _rows(checkout, spec.parents.path) if spec.parents else [{}]
    routed = _addresses(checkout) if kind == "IPv6Range" else {}
    return {
        row.get("id") or row.get("address") or row["range"]: {
            **row,
            "label": routed.get(row.get("route_target")) or name_of(row, kind),
            spec.parent: name_of(parent),
        }
        for parent in parents
        for row in _rows(checkout, spec.within({spec.parent: parent.get("id")}).path)
        if kind not in OWN or OWN[kind](row)
    }


def _addresses(checkout: Checkout) -> dict[object, str]:
    """The labels of Linodes by their IPv6 addresses: a range has no label, and is told by its Linode's."""
    return {row["ipv6"].partition("/")[0]: row["label"] for row in _rows(checkout, "/linode/instances")}


def _rows(checkout: Checkout, path: str) -> list[Inputs]:
    rows: Any = checkout.call("GET", f"{path}?page_size=500")["data"]
    return list(rows)


def labels_in_account(checkout: Checkout) -> dict[str, int]:
    """Label and id of every Linode that is there."""
    return {str(row["label"]): id_ for id_, row in in_account(checkout).items()}


def ever_created(checkout: Checkout, kind: str = "Instance") -> int:
    database = f"file:{checkout.local / 'linode.sqlite3'}?mode=ro"
    with closing(sqlite3.connect(database, uri=True, timeout=30)) as sql:
        question = "SELECT count(*) FROM events WHERE action = ?"
        return int(sql.execute(question, (MADE[kind],)).fetchone()[0])


def state_of(checkout: Checkout, kind: str = "Instance") -> tuple[set[Any], int]:
    """Ids of a kind in the state, and the number of pending operations."""
    latest = json.loads(checkout.checkpoint())["checkpoint"]["latest"]
    ids = {
        int(entry["id"]) if entry["id"].isdigit() else entry["id"]
        for entry in latest.get("resources") or []
        if entry["type"].endswith(f"linode:{kind}") and entry.get("id")
    }
    return ids, len(latest.get("pending_operations") or [])


def compare(tally: Tally, checkout: Checkout, declared: Declared, *, exact: bool) -> bool:
    """Count what is wrong; whether nothing is. exact: how many were to be made doesn't depend on the moment."""
    notes = len(tally.notes)
    for kind in KINDS:
        labels, there, (ids, pending) = (
            declared.labels(kind),
            in_account(checkout, kind),
            state_of(checkout, kind),
        )
        made = ever_created(checkout, kind) if kind in MADE else declared.made[kind]
        right = declared.made[kind] if exact else made
        seen = Counter(str(row["label"]) for row in there.values())
        if not SPECS[kind].identity.unique and seen == Counter(labels):
            right = made  # the API takes a doubled request as two, and the one too many is gone again
        tally.duplicates += max(0, made - right, len(there) - len(labels))
        tally.orphans += len(set(there) - ids)
        tally.lost += len(ids - set(there)) + (Counter(labels) - seen).total()
        tally.pending += pending
        if made != right or seen != Counter(labels) or ids != set(there) or pending:
            tally.notes.append(
                f"{kind}: made {made} of {right}; declared {sorted(labels)}, there {sorted(seen.elements())}, "
                f"in state {sorted(ids)}, there as {sorted(there)}, pending {pending}"
            )
        declared.made[kind] = made
    for problem in _differences(checkout, declared):
        tally.wrong(problem)
    return len(tally.notes) == notes


def _differences(checkout: Checkout, declared: Declared) -> Iterator[str]:
    """What is there otherwise than declared."""
    there = {kind: in_account(checkout, kind) for kind in KINDS}
    linodes = {id_: row["label"] for id_, row in there["Instance"].items()}
    linodes |= {address: row["label"] for row in there["Instance"].values() for address in row["ipv4"]}
    linodes |= _addresses(checkout)
    for kind, resources in declared.resources.items():
        rows = [_as_told(row, linodes) for row in there[kind].values()]
        told = {name: _told(declared, inputs) for name, inputs in resources.items()}
        if kind in TWINS:
            wanted, found = (
                sorted([each[key] for key in TWINS[kind]] for each in some) for some in (told.values(), rows)
            )
            yield from _unlike(kind, {"them": wanted}, {"them": found})
            continue
        by_label = {row["label"]: row for row in rows}
        differ = {"Instance": _server, "Firewall": _wall, "NodeBalancer": _balancer}.get(kind, _plain)
        for name, inputs in told.items():
            if (seen := by_label.get(declared.label(kind, name))) is not None:
                yield from differ(checkout, name, inputs, seen)


def _told(declared: Declared, inputs: Inputs) -> Inputs:
    """What the API reports of these inputs, with labels where it has ids and addresses."""
    told = {key: declared.told(value) for key, value in inputs.items() if key != "generation"}
    return {"tags": [], **told}


def _as_told(row: Inputs, linodes: dict[Any, str]) -> Inputs:
    """The same of what is there. An image doesn't tell its Linode, and is compared without."""
    places: Inputs = {
        key: linodes.get(row[key], row[key] or 0)
        for key in ("linode_id", "address", "target", "route_target")
        if key in row
    }
    tags = [tag for tag in row.get("tags", ()) if not tag.startswith("pulumi:")]
    rdns = (row.get("rdns") or "").removesuffix(".example")
    return {
        **row,
        **places,
        "tags": tags,
        "rdns": rdns,
        "volume_id": row["label"],
        "prefix_length": row.get("prefix"),
    }


def _server(checkout: Checkout, name: str, inputs: Inputs, seen: Inputs) -> Iterator[str]:
    wanted = {key: inputs[key] for key in ("type", "region", "image", "tags", "firewall_id")}
    wanted["status"] = "running" if inputs["booted"] else "offline"
    backups = inputs.get("backups_enabled")
    wanted |= {"backups": backups} if backups is not None else {}
    wanted["swap"] = [inputs.get("swap_size", 512)]
    path = f"/linode/instances/{seen['id']}"
    swap = [disk["size"] for disk in _rows(checkout, f"{path}/disks") if disk["filesystem"] == "swap"]
    walls = [wall["label"] for wall in _rows(checkout, f"{path}/firewalls")]
    is_saved = seen["backups"]["enabled"]
    found = {"backups": is_saved, "swap": swap, "firewall_id": ", ".join(walls)}
    yield from _unlike(name, wanted, {**seen, **found})


def _wall(_: Checkout, name: str, inputs: Inputs, seen: Inputs) -> Iterator[str]:
    wanted, found = (
        {"tags": each["tags"], "ports": [one["ports"] for one in rules]}
        for each, rules in ((inputs, inputs["inbound"]), (seen, seen["rules"]["inbound"]))
    )
    yield from _unlike(name, wanted, found)


def _balancer(checkout: Checkout, name: str, inputs: Inputs, seen: Inputs) -> Iterator[str]:
    path = f"/nodebalancers/{seen['id']}/configs"
    found = [
        (row["port"], sorted(node["address"] for node in _rows(checkout, f"{path}/{row['id']}/nodes")))
        for row in _rows(checkout, path)
    ]
    ports = [(each["port"], [node["address"] for node in each["nodes"]]) for each in inputs["configs"]]
    yield from _unlike(name, {**inputs, "configs": ports}, {**seen, "configs": sorted(found)})


def _plain(_: Checkout, name: str, inputs: Inputs, seen: Inputs) -> Iterator[str]:
    """What the API reports as it was declared."""
    source = {"linode_id": inputs.get("linode_id")} if "private/" in str(seen.get("id")) else {}
    yield from _unlike(name, inputs, {**seen, **source})


def _unlike(name: str, wanted: Inputs, found: Inputs) -> Iterator[str]:
    for key, value in wanted.items():
        if found[key] != value:
            yield f"{name} has {key} {found[key]!r}, declared is {value!r}"
