"""Every write of every kind meets every kind of fault: the same call gets there, and does nothing twice.

Each case is run once without a fault, which tells its writes; then once a kind of fault, with each of these writes
failing at its first try. All cases of a kind of fault run at the same time, on Linodes of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import grpc
import pytest

from emulators.linode_api.core.faults import FAILURES, KINDS
from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer
from tests.until import until

STOPS = ("maintenance", "job_fails", "busy")
"""What isn't to be overcome here: the API is closed, did what was asked for and failed, or has a job to end first."""

QUICK = (("cut", True), ("garbled", False), ("twice", False))
"""The faults of `make test`, by kind and whether the work is done; the others take minutes."""

FAULTS = [
    fault if fault in QUICK else pytest.param(*fault, marks=pytest.mark.all)
    for fault in (
        *((kind, False) for kind in KINDS if kind not in STOPS),
        *((kind, True) for kind in ("cut", *FAILURES)),
    )
]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"
RULE = {"action": "ACCEPT", "protocol": "TCP", "ports": "22", "addresses": {"ipv4": ["192.0.2.0/24"]}}
PORT: Props = {"port": 80, "nodes": [{"address": "192.168.130.7:80"}]}
OWN: Mapping[str, Callable[[World, int], Props] | Props] = {
    "Instance": {
        "type": "g6-nanode-1",
        "region": "de-fra-2",
        "image": "linode/debian13",
        "root_pass": "Planted-Passw0rd-7",
    },
    "Firewall": {"inbound": [RULE], "inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
    "SSHKey": {"ssh_key": KEY},
    "Volume": {"region": "de-fra-2"},
    "VPC": {"region": "de-fra-2"},
    "PlacementGroup": {
        "region": "de-fra-2",
        "placement_group_type": "anti_affinity:local",
        "placement_group_policy": "strict",
    },
    "StackScript": {"script": "#!/bin/sh\n", "images": ["linode/debian13"]},
    "ReservedIP": {"region": "de-fra-2"},
    "IPv6Range": lambda world, number: {"route_target": guest_address(world, number), "prefix_length": 64},
    "Domain": lambda world, number: {
        "domain": f"case-{number}.{world.account}.example",
        "type": "master",
        "soa_email": "ops@a.example",
    },
    "DomainRecord": lambda world, number: {
        "domain_id": zone(world, number),
        "type": "A",
        "name": "web",
        "target": "192.0.2.1",
    },
    "ReverseDNS": lambda world, number: address(world, number),
    "VolumeAttachment": lambda world, number: {
        "volume_id": block(world, number),
        "linode_id": guest(world, number),
    },
    "NodeBalancer": {"region": "de-fra-2", "configs": [PORT]},
    "Image": lambda world, number: {"linode_id": deployed(world, number)},
    "Subnet": lambda world, number: {"vpc_id": vpc(world, number), "ipv4": "10.0.0.0/24"},
}
NUMBERS = count(1)


@dataclass
class Case:
    """What is changed: inputs before and after, None for a delete. What needs the account is made when it runs."""

    name: str
    after: Callable[[World, int], Props] | Props | None
    before: Callable[[World, int], Props] | Props = field(default_factory=dict)
    kind: str = "Instance"


def group(world: World, number: int, name: str) -> int:
    body = {
        "label": f"{name}-{number}",
        "region": "de-fra-2",
        "placement_group_type": "anti_affinity:local",
        "placement_group_policy": "strict",
    }
    return int(world.call("POST", "/placement/groups", body)["id"])


def wall(world: World, number: int, name: str) -> int:
    rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    return int(
        world.call("POST", "/networking/firewalls", {"label": f"{name}-{number}", "rules": rules})["id"]
    )


def guest(world: World, number: int) -> int:
    """A Linode to stand behind a firewall."""
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": f"guest-{number}", "booted": False}
    return int(world.call("POST", "/linode/instances", body)["id"])


def guest_address(world: World, number: int) -> str:
    return str(world.call("GET", f"/linode/instances/{guest(world, number)}")["ipv6"])


def zone(world: World, number: int) -> int:
    name = f"zone-{number}.{world.account}.example"
    body = {"domain": name, "type": "master", "soa_email": "ops@a.example"}
    return int(world.call("POST", "/domains", body)["id"])


def address(world: World, _: int) -> Props:
    found = str(world.call("POST", "/networking/reserved/ips", {"region": "de-fra-2"})["address"])
    return {"address": found, "rdns": f"{found.replace('.', '-')}.nip.io"}


def deployed(world: World, number: int) -> int:
    """A Linode with a disk."""
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": f"deployed-{number}", "booted": False}
    body |= {"image": "linode/debian13", "root_pass": "Planted-Passw0rd-7"}
    return int(world.call("POST", "/linode/instances", body)["id"])


def block(world: World, number: int) -> int:
    made = world.call("POST", "/volumes", {"label": f"block-{number}", "region": "de-fra-2", "size": 20})
    until(lambda: world.call("GET", f"/volumes/{made['id']}")["status"] == "active")
    return int(made["id"])


def vpc(world: World, number: int) -> int:
    return int(world.call("POST", "/vpcs", {"label": f"vpc-{number}", "region": "de-fra-2"})["id"])


LINODE = {"interface_generation": "linode"}
PUBLIC: Props = {"public": {}, "firewall_id": 0}
VLAN: Props = {"vlan": {"vlan_label": "back"}}

CASES = [
    Case("resize", {"type": "g6-standard-1"}),
    Case("warm resize", {"type": "g6-standard-1", "migration_type": "warm"}),
    Case("migrate", {"region": "us-ord"}),
    Case("another image", {"image": "linode/debian12", "on_image_change": "rebuild"}),
    Case("the same image again", {"user_data": "#cloud-config\na: 2", "on_user_data_change": "rebuild"}),
    Case("password", {"root_pass": "Another-Passw0rd-8", "on_root_pass_change": "reset"}),
    Case("swap", {"swap_size": 1024}, {"swap_size": 512}),
    Case("kernel", {"kernel": "linode/latest-64bit"}),
    Case("private address", {"private_ip": True}),
    Case("backups on", {"backups_enabled": True}),
    Case("backups off", {"backups_enabled": False, "allow_data_loss": True}, {"backups_enabled": True}),
    Case(
        "placement group",
        lambda world, number: {"placement_group": group(world, number, "to")},
        lambda world, number: {"placement_group": group(world, number, "from")},
    ),
    Case("firewall", lambda world, number: {"firewall_id": wall(world, number, "of")}),
    Case("label and tags", {"label": "other", "tags": ["web", "red"], "watchdog_enabled": False}),
    Case("off", {"booted": False}),
    Case("on", {"booted": True}, {"booted": False}),
    Case("network helper", {"network_helper": False}, {**LINODE, "interfaces": [PUBLIC]}),
    Case("more interfaces", {"interfaces": [PUBLIC, VLAN]}, {**LINODE, "interfaces": [PUBLIC]}),
    Case("fewer interfaces", {"interfaces": [PUBLIC]}, {**LINODE, "interfaces": [PUBLIC, VLAN]}),
    Case("legacy interfaces", {"interfaces": [{"purpose": "public"}, {"purpose": "vlan", "label": "back"}]}),
    Case(
        "firewall of an interface",
        lambda world, number: {"interfaces": [{**PUBLIC, "firewall_id": wall(world, number, "to")}]},
        lambda world, number: {
            **LINODE,
            "interfaces": [{**PUBLIC, "firewall_id": wall(world, number, "from")}],
        },
    ),
    Case("delete", None),
    Case("delete with an image", None, {"final_snapshot": True}),
    Case("rules", {"inbound": [{**RULE, "ports": "22, 443"}], "label": "other"}, kind="Firewall"),
    Case(
        "devices",
        lambda world, number: {"linodes": [guest(world, number)]},
        lambda world, number: {"linodes": [guest(world, 10_000 + number)]},
        kind="Firewall",
    ),
    Case("delete", None, kind="Firewall"),
    Case("label", {"label": "other"}, kind="SSHKey"),
    Case("delete", None, kind="SSHKey"),
    Case("grown", {"size": 40}, kind="Volume"),
    Case("attached", lambda world, number: {"linode_id": guest(world, number)}, kind="Volume"),
    Case(
        "moved",
        lambda world, number: {"linode_id": guest(world, number)},
        lambda world, number: {"linode_id": guest(world, 10_000 + number)},
        kind="Volume",
    ),
    Case(
        "detached", {"linode_id": 0}, lambda world, number: {"linode_id": guest(world, number)}, kind="Volume"
    ),
    Case(
        "attached until the next boot",
        lambda world, number: {"linode_id": guest(world, number), "persist_across_boots": False},
        kind="Volume",
    ),
    Case("label and tags", {"label": "other", "tags": ["red"]}, kind="Volume"),
    Case("delete", None, kind="Volume"),
    Case("label", {"label": "other"}, kind="VPC"),
    Case("delete", None, kind="VPC"),
    Case("label", {"label": "other"}, kind="PlacementGroup"),
    Case("delete", None, kind="PlacementGroup"),
    Case("script and label", {"label": "other", "script": "#!/bin/bash\n"}, kind="StackScript"),
    Case("delete", None, kind="StackScript"),
    Case("assigned", lambda world, number: {"linode_id": guest(world, number)}, kind="ReservedIP"),
    Case(
        "assigned to another",
        lambda world, number: {"linode_id": guest(world, number)},
        lambda world, number: {"linode_id": guest(world, 10_000 + number)},
        kind="ReservedIP",
    ),
    Case("tags", {"tags": ["red"]}, kind="ReservedIP"),
    Case("delete", None, kind="ReservedIP"),
    Case("delete", None, kind="IPv6Range"),
    Case("description and tags", {"description": "shop", "tags": ["red"]}, kind="Domain"),
    Case("delete", None, kind="Domain"),
    Case("name and target", {"name": "shop", "target": "192.0.2.2"}, kind="DomainRecord"),
    Case("delete", None, kind="DomainRecord"),
    Case("delete", None, kind="ReverseDNS"),
    Case("detach", None, kind="VolumeAttachment"),
    Case(
        "ports and nodes",
        {
            "label": "other",
            "configs": [
                {"port": 80, "algorithm": "leastconn", "nodes": [{"address": "192.168.130.8:80"}]},
                {"port": 443, "protocol": "tcp", "nodes": [{"address": "192.168.130.7:443", "weight": 9}]},
            ],
        },
        kind="NodeBalancer",
    ),
    Case("fewer ports", {"configs": [{**PORT, "port": 81}]}, kind="NodeBalancer"),
    Case("behind", lambda world, number: {"firewall_id": wall(world, number, "of")}, kind="NodeBalancer"),
    Case("delete", None, kind="NodeBalancer"),
    Case("label and tags", {"label": "other", "tags": ["red"]}, kind="Image"),
    Case("kept in two regions", {"replica_regions": ["de-fra-2", "us-ord"]}, kind="Image"),
    Case("delete", None, kind="Image"),
    Case("label", {"label": "other"}, kind="Subnet"),
    Case("delete", None, kind="Subnet"),
]


@dataclass
class Run:
    """One case on a resource of its own. `numbers`: ids that are this run's alone, the resource's first."""

    case: Case
    servicer: Servicer
    world: World
    wanted: Props | None
    olds: Props
    outs: Props
    numbers: list[str]
    error: str = ""

    @classmethod
    def prepared(cls, case: Case, servicer: Servicer, world: World) -> Run:
        number = next(NUMBERS)
        name = f"case-{number}"
        owner = Owner(world.uuid, "fleet", "local", name).as_props()
        before = case.before(world, number) if callable(case.before) else case.before
        after = case.after(world, number) if callable(case.after) else case.after
        own = OWN[case.kind]
        own = {**(own(world, number) if callable(own) else own), "label": name, "owner": owner}
        if after is not None and "label" in after:
            after = {**after, "label": f"{name}-{after['label']}"}
        olds, failures = servicer.check({**own, **before})
        assert failures == [], (case, failures)
        id_, outs = servicer.create(olds)
        wanted = None if after is None else {**own, **before, **after}
        return cls(
            case,
            servicer,
            world,
            wanted,
            olds,
            outs,
            [id_, *ids_in([before, after]), id_.removeprefix("private/")],
        )

    @property
    def id(self) -> str:
        return self.numbers[0]

    def rules(self, writes: Iterable[str], kind: str, *, after_commit: bool) -> list[Props]:
        """A fault for the first try of each of these writes."""
        lines = [line.split() for line in writes]
        return [
            {
                "kind": kind,
                "after_commit": after_commit,
                "method": method,
                "path": path.format(*self.numbers),
                "times": 1,
                "delay_s": 0.1,
            }
            for method, path in lines
        ]

    def go(self) -> Run:
        try:
            if self.wanted is None:
                self.servicer.delete(self.id, self.outs)
                return self
            news, failures = self.servicer.check(self.wanted, self.olds)
            assert failures == [], (self.case, failures)
            outs = self.servicer.update(self.id, self.outs, news)
            self.error = self.difference(outs, news)
        except grpc.RpcError as error:
            self.error = str(error.details())
        return self

    def difference(self, outs: Props, news: Props) -> str:
        """What the account has otherwise than declared."""
        _, seen, inputs = self.servicer.read(self.id, outs)
        declared = {key: value for key, value in news.items() if key in inputs and key != "owner"}
        found = {key: inputs[key] for key in declared}
        status = "offline" if news.get("booted") is False else "running"
        if self.case.kind == "Instance" and seen["status"] != status:
            return f"it is {seen['status']}"
        return "" if found == declared else f"{found} for {declared}"

    def writes(self, rows: Iterable[Mapping[str, Any]]) -> Counter[str]:
        """This run's writes that were carried out, each with its ids by their place among `numbers`."""
        found: Counter[str] = Counter()
        for row in rows:
            parts = str(row["path"]).removeprefix("/v4").split("/")
            if row["method"] != "GET" and row["status"] == 200 and self.is_of(parts):
                found[f"{row['method']} {'/'.join(map(self.named, parts))}"] += 1
        return found

    def is_of(self, parts: list[str]) -> bool:
        if parts[1] == "images":
            own = self.case.kind == "Image"
            return (
                any(part in self.numbers for part in parts)
                if own
                else "final_snapshot" in self.outs and len(parts) == 2
            )
        mine = any(part in self.numbers for part in parts)
        return mine and ("sshkeys" in parts) == (self.case.kind == "SSHKey")

    def named(self, part: str) -> str:
        if part in self.numbers:
            return f"{{{self.numbers.index(part)}}}"
        return "*" if part.isdigit() else part


def ids_in(value: object) -> list[str]:
    """The ids among inputs: the local API gives large numbers alone."""
    if isinstance(value, Mapping):
        return [found for part in value.values() for found in ids_in(part)]
    if isinstance(value, (list, tuple)):
        return [found for part in value for found in ids_in(part)]
    return [str(value)] if isinstance(value, int) and value > 100_000 else []


def all_runs(api: LocalApi, rules: Callable[[int, Run], list[Props]]) -> tuple[list[Run], list[Counter[str]]]:
    """Every case in an account of its own for all, and what was carried out for each."""
    world = World(api)
    with ExitStack() as stack:
        kinds = {
            kind: stack.enter_context(Servicer(LinodeProvider(kind), world.config, urn=urn(kind)))
            for kind in OWN
        }
        pool = stack.enter_context(ThreadPoolExecutor(len(CASES)))
        runs = list(pool.map(lambda case: Run.prepared(case, kinds[case.kind], world), CASES))
        seen = max(int(row["id"]) for row in api.requests())
        api.set_faults(*(rule for number, run in enumerate(runs) for rule in rules(number, run)))
        list(pool.map(Run.go, runs))
        assert [rule["path"] for rule in api.api.faults.report() if rule["fired"] == 0] == []
        api.set_faults()
        rows = api.requests(seen)
    return runs, [run.writes(rows) for run in runs]


def urn(kind: str) -> str:
    return f"urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{kind}::case"


@pytest.fixture(scope="module")
def undisturbed(served: LocalApi) -> list[Counter[str]]:
    served.clock.speed = 2000.0
    runs, writes = all_runs(served, lambda _number, _run: [])
    assert {run.case.name: run.error for run in runs if run.error} == {}
    return writes


def test_each_case_writes_something(undisturbed: list[Counter[str]]) -> None:
    assert [case.name for case, writes in zip(CASES, undisturbed, strict=True) if not writes] == []


@pytest.mark.parametrize(("kind", "after_commit"), FAULTS)
def test_each_write_whose_answer_fails_once_is_done_once_and_in_the_same_call(
    undisturbed: list[Counter[str]], api: LocalApi, kind: str, after_commit: bool
) -> None:
    runs, writes = all_runs(
        api, lambda number, run: run.rules(undisturbed[number], kind, after_commit=after_commit)
    )

    assert {run.case.name: run.error for run in runs if run.error} == {}
    others = 1 if kind == "twice" else 0  # done by what doubled the request
    twice = {
        run.case.name: more
        for run, done, wanted in zip(runs, writes, undisturbed, strict=True)
        if (
            more := {
                line: times
                for line, times in done.items()
                if hurts(line) and not wanted[line] <= times <= wanted[line] + others
            }
        )
    }
    assert twice == {}


def hurts(line: str) -> bool:
    """Whether it does harm to do it twice: a PUT and a DELETE leave things as they are."""
    return line.startswith("POST")
