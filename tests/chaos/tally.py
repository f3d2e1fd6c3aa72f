"""What an account really holds, counted in the local API's database, against the declarations and the state."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from providers.linode.provider import SPECS
from tests.chaos.declared import KINDS, Declared, Inputs, label_of
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
}
"""By kind: the event that tells that one was made; of an address none does."""

GOAL = 0.9


@dataclass
class Tally:
    """Sums over all turns and kinds. `creates`: those of crowds. `by_fault`: runs that met it, and that converged."""

    creates: int = 0
    kills: int = 0
    duplicates: int = 0
    orphans: int = 0
    lost: int = 0
    pending: int = 0
    unexplained: int = 0
    by_fault: dict[str, tuple[int, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def faulted(self, fault: str, *, converged: bool) -> None:
        met, there = self.by_fault.get(fault, (0, 0))
        self.by_fault[fault] = (met + 1, there + converged)

    def wrong(self, note: str) -> None:
        self.unexplained += 1
        self.notes.append(note)

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

    def lines(self) -> Iterator[str]:
        yield from (f"wrong: {note}" for note in self.notes)
        for fault, (met, there) in sorted(self.by_fault.items()):
            if there < met:
                yield f"not in the same run: {fault}, {met - there} of {met}"
        yield f"{self.lost} lost, {self.pending} pending operations"
        share = f" ({self.converged / self.runs:.0%})" if self.runs else ""
        yield f"{self.runs} faulted runs, {self.converged} converged in the same run{share}"
        yield (
            f"{self.creates} creates in crowds, {self.kills} kills: "
            f"{self.duplicates} duplicates, {self.orphans} orphans, {self.unexplained} unexplained"
        )


def name_of(row: Inputs) -> str:
    """Its label, or a domain's or record's name; of an address, which has none, the tag that it was declared with."""
    found = next((row[key] for key in ("label", "domain", "name") if key in row), None)
    tag = next((tag for tag in row.get("tags", ()) if not tag.startswith("pulumi:")), "")
    return str(tag if found is None else found).removesuffix(".example")


def in_account(checkout: Checkout, kind: str = "Instance") -> dict[Any, Inputs]:
    """Everything of a kind that is there, by id, each with a label, and that of what it is a part of."""
    spec = SPECS[kind]
    parents = _rows(checkout, spec.parents.path) if spec.parents else [{}]
    return {
        row.get("id") or row["address"]: {**row, "label": name_of(row), "in": name_of(parent)}
        for parent in parents
        for row in _rows(checkout, spec.within({spec.parent: parent.get("id")}).path)
        if row.get("mine", True)
    }


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
    there = {kind: {row["label"]: row for row in in_account(checkout, kind).values()} for kind in KINDS}
    for kind, differ in (
        ("Instance", _server), ("Firewall", _wall), ("Volume", _volume),
        ("ReservedIP", _address), ("NodeBalancer", _balancer),
        *((kind, _plain) for kind in ("VPC", "Subnet", "PlacementGroup", "StackScript", "Domain")),
    ):  # fmt: skip
        for name, inputs in declared.resources[kind].items():
            if (seen := there[kind].get(label_of(name, inputs))) is not None:
                yield from differ(checkout, name, inputs, seen)
                tags = [tag for tag in seen.get("tags", []) if not tag.startswith("pulumi:")]
                yield from _unlike(name, {"tags": inputs.get("tags", [])}, {"tags": tags})
    for name, inputs in declared.resources["Instance"].items():
        server, wall = (
            there["Instance"].get(label_of(name, {})),
            there["Firewall"].get(label_of(inputs["behind"], {})),
        )
        if server and wall:
            devices = _rows(checkout, f"/networking/firewalls/{wall['id']}/devices")
            if server["id"] not in [row["entity"]["id"] for row in devices]:
                yield f"{name} is not behind {inputs['behind']}"
    for kind, keys in (("SSHKey", ("label", "ssh_key")), ("DomainRecord", ("in", "name", "target"))):
        wanted = sorted([_told(inputs, key) for key in keys] for inputs in declared.resources[kind].values())
        found = sorted([row[key] for key in keys] for row in in_account(checkout, kind).values())
        if found != wanted:
            yield f"{kind}: {found}, declared are {wanted}"


def _told(inputs: Inputs, key: str) -> object:
    return label_of(inputs[key], {}) if key == "in" else inputs[key]


def _server(checkout: Checkout, name: str, inputs: Inputs, seen: Inputs) -> Iterator[str]:
    wanted = {key: inputs[key] for key in ("type", "region", "image")}
    wanted["status"] = "running" if inputs["booted"] else "offline"
    backups = inputs.get("backups_enabled")
    wanted |= {"backups": backups} if backups is not None else {}
    disks = _rows(checkout, f"/linode/instances/{seen['id']}/disks")
    wanted["swap"] = [inputs.get("swap_size", 512)]
    swap = [disk["size"] for disk in disks if disk["filesystem"] == "swap"]
    yield from _unlike(name, wanted, {**seen, "backups": seen["backups"]["enabled"], "swap": swap})


def _wall(_: Checkout, name: str, inputs: Inputs, seen: Inputs) -> Iterator[str]:
    wanted, found = (
        [each["ports"] for each in rules] for rules in (inputs["inbound"], seen["rules"]["inbound"])
    )
    yield from _unlike(name, {"ports": wanted}, {"ports": found})


def _volume(_: Checkout, name: str, inputs: Inputs, seen: Inputs) -> Iterator[str]:
    wanted = {key: inputs[key] for key in ("region", "size")}
    wanted["linode_label"] = label_of(inputs["on"], {}) if inputs["on"] else None
    yield from _unlike(name, wanted, seen)


def _balancer(checkout: Checkout, name: str, inputs: Inputs, seen: Inputs) -> Iterator[str]:
    path = f"/nodebalancers/{seen['id']}/configs"
    found = [
        (row["port"], sorted(node["address"] for node in _rows(checkout, f"{path}/{row['id']}/nodes")))
        for row in _rows(checkout, path)
    ]
    ports = [(each["port"], [node["address"] for node in each["nodes"]]) for each in inputs["configs"]]
    yield from _unlike(name, {**inputs, "configs": ports}, {**seen, "configs": sorted(found)})


def _address(_: Checkout, name: str, inputs: Inputs, seen: Inputs) -> Iterator[str]:
    holder = (seen["assigned_entity"] or {}).get("label")
    wanted = {"region": inputs["region"], "on": label_of(inputs["on"], {}) if inputs["on"] else None}
    yield from _unlike(name, wanted, {**seen, "on": holder})


def _plain(_: Checkout, name: str, inputs: Inputs, seen: Inputs) -> Iterator[str]:
    """What the API reports as it was declared."""
    yield from _unlike(name, {key: _told(inputs, key) for key in inputs if key != "tags"}, seen)


def _unlike(name: str, wanted: Inputs, found: Inputs) -> Iterator[str]:
    for key, value in wanted.items():
        if found[key] != value:
            yield f"{name} has {key} {found[key]!r}, declared is {value!r}"
