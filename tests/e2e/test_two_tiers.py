"""A service of two tiers, from settings and a StackScript: made, changed, drifted by hand, previewed, put back,
recreated, deleted.

After each step the account is as a plain model says, the report has said what the step does, and the cost is right to
the cent.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.checkout import Checkout
from tests.until import until

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII ops"
ZONE = "example.org"
USD = {"web": "12.00", "db with backups": "41.00", "NodeBalancer": "10.00", "GB": "0.10", "address": "2.00"}
"""A month, in de-fra-2."""

Json = dict[str, Any]
PREFIX = "fleet-local-"
PROGRAM = """
from providers.linode import StackScript
from stacks.program import run

run()
StackScript("site", script={script!r}, images=["any/all"])
"""
PORTS = {80: 8080, 25: 25}
"""The servers' by the load balancer's."""

PUT_BACK = {
    "Domain example.org": "soa_email changed in place",
    "DomainRecord web-3-a": "target changed in place",
    "Firewall web": "inbound changed in place; then reachable from the internet: TCP 443 and TCP 8443",
    "Instance db-1": "booted",
    "Instance web-1": "firewall_id changed in place",
    "NodeBalancer web": "configs changed in place",
    "ReverseDNS web-2-a": "created",
    "StackScript site": "script changed in place",
    "Volume db-1-data": "linode_id changed in place",
}
"""What is told of that which somebody changed by hand."""

RECREATED = {
    "DomainRecord db-1-a": ("update", "target changed in place"),
    "DomainRecord db-1-aaaa": ("update", "target changed in place"),
    "Instance db-1": (
        "replace",
        "deleted first, then a new server is made: disks and backups erased, new id, new addresses",
    ),
    "ReverseDNS db-1-a": ("replace", ""),
    "ReverseDNS db-1-aaaa": ("replace", ""),
    "Volume db-1-data": ("update", "linode_id changed in place"),
}
"""What is done and told where the database is made again: its new addresses are not known yet."""

GONE = {
    "Domain": "deleted with all its records",
    "DomainRecord": "deleted: its name answers no more",
    "Firewall": "deleted: what stood behind it is open",
    "Instance db-1": "deleted with its disks and backups",
    "Instance": "deleted with its disks",
    "NodeBalancer": "deleted: nothing answers at its addresses",
    "ReservedIP": "given back: nobody gets it again, unless something has it, which keeps it as an ordinary one",
    "ReverseDNS": "deleted: the API's own name is back",
    "RootPassword": "none",
    "StackScript": "deleted: servers made by it stay as they are",
    "Volume": "deleted with everything on it",
}
"""What is told of a deletion, by what it is; of all others no more than that."""


@dataclass(frozen=True)
class Service:
    """What is declared: so many web servers behind a NodeBalancer, and one database with a volume, all in a VPC.

    `script_id`: of the StackScript that a new database runs.
    """

    web: int = 3
    ports: str = "80, 443"
    size: int = 20
    name: str = "{n}.web"
    first_boot: str = "one"
    script: str = "#!/bin/sh\n"
    script_id: int | None = None

    def settings(self) -> Json:
        rule = {
            "action": "ACCEPT",
            "protocol": "TCP",
            "ports": self.ports,
            "addresses": {"ipv4": ["0.0.0.0/0"]},
        }
        wall = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [rule]}
        web = {
            "count": self.web,
            "firewall": "web",
            "private_network": "back",
            "load_balancer": [
                {"port": 80, "protocol": "http", "to": 8080, "check": "http", "check_path": "/health"},
                {"port": 25},
            ],
            "placement": "spread",
            "dns": {"zone": ZONE, "name": self.name, "reverse": True},
            "ssh_keys": ["ops"],
        }
        db = {
            "private_network": "back",
            "volumes": {"data": {"size": self.size}},
            "dns": {"zone": ZONE, "name": "db", "reverse": True},
            "reserved_ip": True,
            "user_data": f"#cloud-config\nhostname: ${{fleet.name}}-{self.first_boot}\n",
            "on_user_data_change": "replace",
            "stackscript_id": self.script_id,
        }
        return {
            "fleet:firewalls": {"web": wall},
            "fleet:private_networks": {"back": {"ipv4": "10.0.0.0/24"}},
            "fleet:zones": {ZONE: {"soa_email": f"ada@{ZONE}"}},
            "fleet:ssh_keys": {"ops": KEY},
            "fleet:guards": {"max_monthly": float(self.usd)},
            "fleet:servers": {"web": web, "db": db},
        }

    @property
    def servers(self) -> list[str]:
        return ["db-1", *self.web_servers]

    @property
    def web_servers(self) -> list[str]:
        return [f"web-{n}" for n in range(1, self.web + 1)]

    @property
    def hosts(self) -> dict[str, str]:
        """By server."""
        below = {server: self.name.format(n=server[4:]) for server in self.web_servers}
        return {server: f"{name}.{ZONE}" for server, name in {"db-1": "db", **below}.items()}

    @property
    def usd(self) -> Decimal:
        each = {what: Decimal(usd) for what, usd in USD.items()}
        web, data = self.web * each["web"], self.size * each["GB"]
        return web + each["db with backups"] + each["NodeBalancer"] + data + each["address"]

    def account(self) -> Json:
        """All that the account is to have."""
        records = {(kind, host): server for server, host in self.hosts.items() for kind in ("A", "AAAA")}
        return {
            "servers": {
                "db-1": ("running", "g6-dedicated-2", True),
                **dict.fromkeys(self.web_servers, ("running", "g6-standard-1", False)),
            },
            "firewall": ("DROP", self.ports, "ACCEPT", self.web_servers),
            "volumes": {"db-1-data": (self.size, "db-1")},
            "network": {"10.0.0.0/24": self.servers},
            "zone": f"ada@{ZONE}",
            "records": records,
            "reverse": {server: {host} for server, host in self.hosts.items()},
            "nodes": {
                (port, name, f"{name}:{to}") for name in self.web_servers for port, to in PORTS.items()
            },
            "reserved": ["db-1"],
            "apart": self.web_servers,
            "cloud-init": f"#cloud-config\nhostname: db-1-{self.first_boot}\n",
            "script": self.script,
        }


class Account:
    """The account by way of its API."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout

    def rows(self, path: str) -> list[Json]:
        found: Any = self.do("GET", path)["data"]
        return [row for row in found if row.get("mine", True)]

    def do(self, method: str, path: str, body: object = None) -> Json:
        answer = self.checkout.call(method, path, body)
        assert not answer.get("errors"), answer
        return answer

    def row(self, path: str, **wanted: object) -> Json:
        [found] = [row for row in self.rows(path) if wanted.items() <= row.items()]
        return found

    def linode(self, name: str) -> Json:
        return self.row("/linode/instances", label=f"{PREFIX}{name}")

    def seen(self) -> Json:
        """In the terms of the model."""
        linodes = {row["label"].removeprefix(PREFIX): row for row in self.rows("/linode/instances")}
        by_id = {row["id"]: name for name, row in linodes.items()}
        by_address = {
            address.partition("/")[0]: name
            for name, row in linodes.items()
            for address in [*row["ipv4"], row["ipv6"]]
        }
        wall, zone = self.row("/networking/firewalls"), self.row("/domains")
        records = self.rows(f"/domains/{zone['id']}/records")
        return {
            "servers": {
                name: (row["status"], row["type"], row["backups"]["enabled"]) for name, row in linodes.items()
            },
            "firewall": (
                wall["rules"]["inbound_policy"],
                ", ".join(rule["ports"] for rule in wall["rules"]["inbound"]),
                wall["rules"]["outbound_policy"],
                sorted(by_id[each["id"]] for each in wall["entities"]),
            ),
            "volumes": {
                row["label"].removeprefix(PREFIX): (row["size"], by_id.get(row["linode_id"]))
                for row in self.rows("/volumes")
            },
            "network": {
                row["ipv4"]: sorted(by_id[each["id"]] for each in row["linodes"])
                for row in self.row("/vpcs")["subnets"]
            },
            "zone": zone["soa_email"],
            "records": {
                (row["type"], f"{row['name']}.{zone['domain']}"): by_address.get(row["target"])
                for row in records
                if row["type"] in ("A", "AAAA")
            },
            "reverse": {
                name: {
                    row["rdns"]
                    for row in self.rows("/networking/ips")
                    if row["linode_id"] == linodes[name]["id"] and row["public"]
                }
                for name in linodes
            },
            "nodes": {
                (port, node["label"], by_address[address] + f":{to}")
                for port, node, _ in self.nodes()
                for address, _, to in [node["address"].partition(":")]
            },
            "reserved": [by_id.get(row["linode_id"]) for row in self.rows("/networking/reserved/ips")],
            "apart": sorted(by_id[each["linode_id"]] for each in self.row("/placement/groups")["members"]),
            "cloud-init": self.user_data(linodes["db-1"]["id"]),
            "script": self.row("/linode/stackscripts")["script"],
        }

    def user_data(self, linode_id: int) -> str:
        told = requests.get(f"{self.checkout.api}/_local/linodes/{linode_id}", timeout=10).json()
        return base64.b64decode(told["user_data"]).decode()

    def nodes(self) -> list[tuple[int, Json, str]]:
        """Port, node and its path."""
        path = f"/nodebalancers/{self.row('/nodebalancers')['id']}/configs"
        return [
            (config["port"], node, f"{path}/{config['id']}/nodes/{node['id']}")
            for config in self.rows(path)
            for node in self.rows(f"{path}/{config['id']}/nodes")
        ]

    def drift(self) -> None:
        """What somebody does by hand, in nine places."""
        call, wall = self.do, self.row("/networking/firewalls")
        rules = {**wall["rules"], "inbound": [{**wall["rules"]["inbound"][0], "ports": "22"}]}
        call("PUT", f"/networking/firewalls/{wall['id']}/rules", rules)
        devices = f"/networking/firewalls/{wall['id']}/devices"
        web_1 = self.linode("web-1")["id"]
        device = next(row for row in self.rows(devices) if row["entity"]["id"] == web_1)
        call("DELETE", f"{devices}/{device['id']}")
        call("POST", f"/volumes/{self.row('/volumes')['id']}/detach")
        until(lambda: self.row("/volumes")["linode_id"] is None)
        zone = self.row("/domains")["id"]
        record = self.row(f"/domains/{zone}/records", type="A", name="www-3")
        call("PUT", f"/domains/{zone}/records/{record['id']}", {"target": "192.0.2.1"})
        call("PUT", f"/domains/{zone}", {"soa_email": f"eve@{ZONE}"})
        call("PUT", f"/networking/ips/{self.linode('web-2')['ipv4'][0]}", {"rdns": None})
        call("DELETE", self.nodes()[0][2])
        script = self.row("/linode/stackscripts")["id"]
        call("PUT", f"/linode/stackscripts/{script}", {"script": "#!/bin/ksh\n"})
        call("POST", f"/linode/instances/{self.linode('db-1')['id']}/shutdown")
        until(lambda: self.linode("db-1")["status"] == "offline")


class Story:
    """The stack and its account. Each step declares something, and looks at what becomes of it."""

    def __init__(self, checkout: Checkout, folder: Path) -> None:
        self.checkout, self.folder, self.account = checkout, folder, Account(checkout)

    def declare(self, service: Service) -> None:
        self.checkout.settings.write_text(yaml.safe_dump({"config": service.settings()}))
        (self.checkout.root / "__main__.py").write_text(PROGRAM.format(script=service.script))

    def declare_nothing(self) -> None:
        none = {name: {"count": 0} for name in ("web", "db")}
        self.checkout.settings.write_text(yaml.safe_dump({"config": {"fleet:servers": none}}))
        (self.checkout.root / "__main__.py").write_text("from stacks.program import run\n\nrun()\n")

    def run(self, *words: str) -> str:
        """What a command said that succeeded."""
        done = self.checkout.run(*words)
        assert done.code == 0, done.said
        return done.said

    def reported(self, *words: str) -> Json:
        """What the report says of the stack, of a preview that changes nothing."""
        bundle, out = self.folder / "bundle", self.folder / "report"
        before = len(self.checkout.writes())
        self.run("bundle", "--stack", "local", "--out", str(bundle), *words)
        self.checkout.run("report", "write", str(bundle), "--out", str(out))
        assert len(self.checkout.writes()) == before
        [stack] = json.loads((out / "report.json").read_text())["stacks"]
        assert stack["verdict"] != "failed", stack["messages"]
        return dict(stack)

    def up(self, service: Service, *words: str) -> None:
        """The account is as declared afterwards, another preview has nothing to do, and the table has the cost."""
        said = self.run("up", "--yes", *words)
        assert self.account.seen() == service.account()
        self.run("preview", "--refresh", "--expect-no-changes")
        assert f"{len(service.servers)} servers, {service.usd} USD a month" in said
        assert Decimal(str(self.checkout.output("monthly_usd"))) == service.usd


def changes(stack: Json) -> dict[str, Json]:
    """Those of the report, as `Instance web-1`."""
    return {
        f"{change['type'].rpartition(':')[2]} {change['name']}": change
        for change in stack["changes"]
        if change["op"] != "same" and not change["type"].endswith(":Stack")
    }


def told(change: Json) -> str:
    words = ["".join(piece["text"] for piece in effect["what"]) for effect in change["effects"]]
    return "; ".join(words)


def costs(stack: Json) -> tuple[Decimal, Decimal]:
    """Now and then; nothing in them is unknown."""
    assert not any(stack[when]["at_least"] for when in ("now", "then")), stack
    return Decimal(str(stack["now"]["amount"])), Decimal(str(stack["then"]["amount"]))


def guard(stack: Json, name: str) -> str:
    [found] = [each for each in stack["guards"] if each["name"] == name]
    return str(found["state"])


def test_a_service_of_two_tiers(checkout: Checkout, tmp_path: Path) -> None:
    story, service = Story(checkout, tmp_path), Service()
    account = story.account

    # made
    story.declare(service)
    story.run("preview")
    first = story.reported()
    story.up(service)

    declared = changes(first).keys()
    assert {change["op"] for change in changes(first).values()} == {"create"}
    assert "then reachable from the internet: TCP 80 and TCP 443" in told(changes(first)["Firewall web"])
    assert costs(first) == (Decimal(0), service.usd)
    assert guard(first, "max_monthly") == "warn", "all of it is allowed, and no cent more"

    # changed: a rule, a size, a name, a node
    before, kept = service, account.seen() and {name: account.linode(name)["id"] for name in service.servers}
    service = replace(service, web=4, ports="443, 8443", size=30, name="www-{n}")
    story.declare(service)
    plan = story.reported()
    story.up(service)

    found = changes(plan)
    opened = "inbound changed in place; then reachable from the internet: TCP 8443"
    assert told(found["Firewall web"]) == opened
    assert "grown from 20 to 30 GB; for good: a volume never shrinks" in told(found["Volume db-1-data"])
    assert told(found["DomainRecord web-2-aaaa"]) == "name changed in place"
    assert told(found["ReverseDNS web-2-aaaa"]) == "rdns changed in place"
    assert told(found["NodeBalancer web"]) == "configs changed in place"
    assert told(found["Instance web-4"]) == "created"
    assert not {f"Instance {name}" for name in kept} & found.keys()
    assert costs(plan) == (before.usd, service.usd)
    assert {name: account.linode(name)["id"] for name in kept} == kept

    # drifted by hand in nine places, previewed, put back
    account.drift()
    drifted = account.seen()
    drift, plan = story.reported("--drift"), story.reported("--refresh")

    assert changes(drift).keys() == PUT_BACK.keys()
    assert {name: told(each) for name, each in changes(plan).items()} == PUT_BACK
    assert costs(drift) == costs(plan) == (service.usd, service.usd)
    assert account.seen() == drifted
    story.up(service, "--refresh")

    # one server recreated, its volume and its address kept
    old, disk = account.linode("db-1"), account.row("/volumes")["id"]
    script = account.row("/linode/stackscripts")["id"]
    service = replace(service, first_boot="two", script_id=script)
    story.declare(service)
    plan = story.reported()
    story.up(service)

    found = changes(plan)
    assert {name: (each["op"], told(each)) for name, each in found.items()} == RECREATED
    assert found["Instance db-1"]["destroys"] == ["disks", "backups", "addresses", "id"]
    assert costs(plan) == (service.usd, service.usd)
    new = account.linode("db-1")
    assert new["id"] != old["id"]
    assert (account.row("/volumes")["id"], account.row("/volumes")["linode_id"]) == (disk, new["id"])
    assert new["ipv4"] == old["ipv4"], "its address is reserved"

    # the StackScript that it was made by edited in place
    service = replace(service, script="#!/bin/bash\n")
    story.declare(service)
    plan = story.reported()
    said = story.run("up")

    assert {name: change["op"] for name, change in changes(plan).items()} == {"StackScript site": "update"}
    made = f"1 Linode was made by StackScript {script} and stays as it is: db-1 of this stack"
    assert made in " ".join(said.split())
    assert (account.seen(), account.linode("db-1")["id"]) == (service.account(), new["id"])

    # destroyed: first as a plan that declares nothing
    story.declare_nothing()
    plan = story.reported()
    found = changes(plan)

    ends = [f"{kind} web-4-{end}" for kind in ("DomainRecord", "ReverseDNS") for end in ("a", "aaaa")]
    assert found.keys() == declared - {"Account account"} | {"Instance web-4", *ends}
    assert {each["op"] for each in found.values()} == {"delete"}
    assert {name: told(each) for name, each in found.items()} == {
        name: GONE.get(name) or GONE.get(name.partition(" ")[0], "deleted") for name in found
    }
    assert costs(plan) == (service.usd, Decimal(0))
    assert account.seen() == service.account()
    story.run("down")

    for path in ("/linode/instances", "/volumes", "/networking/firewalls", "/vpcs", "/domains", "/nodebalancers",
                 "/networking/reserved/ips", "/networking/ips", "/placement/groups",
                 "/linode/stackscripts"):  # fmt: skip
        assert account.rows(path) == [], path
