"""What chaos declares: resources of every kind as data, and the changes that are made to them."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from providers.linode.provider import SPECS
from tests.checkout import Checkout

PROGRAM = '''

def chaos() -> None:
    """What chaos declares beside the stack's servers."""
    import json

    from providers import linode

    with open("declared.json") as file:
        declared = json.load(file)
    made = {}
    first = ["Firewall", "Instance", "VPC", "Domain"]
    for kind in (*first, *(each for each in declared if each not in first)):
        parent = "domain_id" if kind == "DomainRecord" else "vpc_id"
        for name, inputs in declared[kind].items():
            for place, input in (("behind", "firewall_id"), ("on", "linode_id"), ("in", parent)):
                if place in inputs:
                    other = inputs.pop(place)
                    inputs[input] = made[other].id.apply(int) if other else 0
            made[name] = getattr(linode, kind)(name, **inputs)


chaos()
'''
KEYS = tuple(f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{letter * 43} chaos" for letter in "IK")
KINDS = tuple(kind for kind in SPECS if kind not in ("ReverseDNS", "VolumeAttachment", "Image"))
"""All but what is set and not made: nothing tells how often; and images, which take minutes each."""

RECREATES = {
    "Instance": "generation",
    "SSHKey": "ssh_key",
    "Volume": "region",
    "Subnet": "in",
    "PlacementGroup": "placement_group_policy",
    "DomainRecord": "in",
    "NodeBalancer": "region",
}
"""The inputs whose changes replace one of a kind."""

SCRIPTS = ("#!/bin/sh\n", "#!/bin/bash\n")
REGIONS = ("de-fra-2", "gb-lon")
WALLS, VPCS = ("firewall-1", "firewall-2"), ("vpc-1", "vpc-2")
ZONES = ("domain-1", "domain-2")
VENDORS = ("Debian", "Ubuntu")
IN_GROUP = "fleet-local-db-1"
"""The server of the stack's settings: its picks are what is pinned."""

Inputs = dict[str, Any]


def other(value: object, *choices: object) -> object:
    """Of two choices the one that it isn't."""
    return choices[value == choices[0]]


def label_of(name: str, inputs: Inputs) -> str:
    return str(inputs.get("label") or inputs.get("name") or f"fleet-local-{name}")


@dataclass
class Declared:
    """By kind, name and input. `made`: how many of each kind have to have been made so far, replacements included."""

    resources: dict[str, dict[str, Inputs]]
    vendor: str = VENDORS[0]
    made: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, inputs: Inputs) -> None:
        """A volume is attached to the Linode of its number, if it can be."""
        number = next(n for n in range(1, 1000) if f"{kind.lower()}-{n}" not in self.resources[kind])
        if kind == "Volume" and f"instance-{number}" in self.around(inputs):
            inputs = {**inputs, "on": f"instance-{number}"}
        if kind == "ReservedIP":
            inputs = {**inputs, "tags": [f"fleet-local-reservedip-{number}"]}
        if kind == "Subnet":
            inputs = {**inputs, "ipv4": f"10.0.{number}.0/24"}
        if kind == "Domain":
            inputs = {**inputs, "domain": f"fleet-local-domain-{number}.example"}
        self.resources[kind][f"{kind.lower()}-{number}"] = inputs

    def around(self, volume: Inputs) -> list[str]:
        """The Linodes of its region."""
        servers = self.resources["Instance"].items()
        return [name for name, inputs in servers if inputs["region"] == volume["region"]]

    def one(self, kind: str, dice: random.Random) -> Inputs:
        return self.resources[kind][dice.choice(sorted(self.resources[kind]))]

    def labels(self, kind: str) -> list[str]:
        named = [label_of(name, each) for name, each in self.resources[kind].items()]
        return [IN_GROUP, *named] if kind == "Instance" else named

    def write(self, checkout: Checkout) -> None:
        program = checkout.root / "__main__.py"
        if PROGRAM not in program.read_text():
            program.write_text(program.read_text() + PROGRAM)
        (checkout.root / "declared.json").write_text(json.dumps(self.resources))
        db = {"image": {"vendor": self.vendor}, "backups": False}
        settings = {"fleet:servers": {"web": {"count": 0}, "db": db}}
        checkout.settings.write_text(json.dumps({"config": settings}))


def first() -> Declared:
    declared = Declared({kind: {} for kind in KINDS})
    for kind in KINDS:
        for _ in range(3 if kind == "Instance" else 4):
            declared.add(kind, new(kind))
        declared.made[kind] = len(declared.labels(kind))
    return declared


def new(kind: str) -> Inputs:
    """Every two keys, and records, have the same label and the same content."""
    inputs: dict[str, Inputs] = {
        "Instance": {
            "type": "g6-standard-1", "region": REGIONS[0], "image": "linode/debian13", "resize_disk": False,
            "root_pass": "First-Passw0rd-1", "on_root_pass_change": "reset", "on_image_change": "rebuild",
            "tags": ["turn-0"], "booted": True, "behind": "firewall-1", "allow_data_loss": True,
        },
        "Firewall": {"inbound": [rule(8000)], "inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
        "SSHKey": {"label": "twin", "ssh_key": KEYS[0]},
        "Volume": {"region": REGIONS[0], "size": 20, "on": None},
        "VPC": {"region": REGIONS[0], "description": "one"},
        "Subnet": {"in": VPCS[0]},
        "ReservedIP": {"region": REGIONS[0], "on": None},
        "StackScript": {"script": SCRIPTS[0], "images": ["linode/debian13"]},
        "Domain": {"type": "master", "soa_email": "ops@chaos.example", "description": "one"},
        "DomainRecord": {"in": ZONES[0], "type": "A", "name": "twin", "target": "192.0.2.1"},
        "NodeBalancer": {"region": REGIONS[0], "client_conn_throttle": 5, "configs": [port(80, 7), port(443, 7)]},
        "PlacementGroup": {
            "region": REGIONS[0], "placement_group_type": "anti_affinity:local", "placement_group_policy": "strict",
        },
    }  # fmt: skip
    return inputs[kind]


def port(number: int, *nodes: int) -> Inputs:
    """Of a NodeBalancer. No Linode has these nodes: they are down."""
    return {
        "port": number,
        "protocol": "tcp",
        "nodes": [{"address": f"192.168.200.{each}:{number}"} for each in nodes],
    }


def rule(port: int) -> Inputs:
    addresses = {"ipv4": ["192.0.2.0/24"]}
    return {"action": "ACCEPT", "protocol": "TCP", "ports": str(port), "addresses": addresses}


def _toggles(kind: str, key: str, *choices: object) -> Edit:
    def edit(declared: Declared, dice: random.Random) -> None:
        one = declared.one(kind, dice)
        one[key] = other(one.get(key), *choices)

    return edit


def _tags(declared: Declared, dice: random.Random) -> None:
    for kind in ("Instance", "Firewall", "Volume", "Domain"):
        declared.one(kind, dice)["tags"] = [f"turn-{dice.randrange(1000)}"]


def _rules(declared: Declared, dice: random.Random) -> None:
    declared.one("Firewall", dice)["inbound"] = [rule(dice.randrange(1000, 9000))]


def _ports(declared: Declared, dice: random.Random) -> None:
    """Some of three ports, with other nodes."""
    chosen = sorted(dice.sample((80, 443, 8080), 2))
    declared.one("NodeBalancer", dice)["configs"] = [
        port(each, *sorted(dice.sample(range(5, 9), 2))) for each in chosen
    ]


def _migrated(declared: Declared, dice: random.Random) -> None:
    """Its volumes stay where they are, or are replaced by others where it goes."""
    name = dice.choice(sorted(declared.resources["Instance"]))
    server = declared.resources["Instance"][name]
    server["region"] = other(server["region"], *REGIONS)
    for volume in declared.resources["Volume"].values():
        if volume["on"] == name and dice.choice((True, False)):
            volume["region"] = server["region"]


def _recreated(declared: Declared, dice: random.Random) -> None:
    """A Linode that has a volume, if any does: that is attached to the new one."""
    holders = {volume["on"] for volume in declared.resources["Volume"].values() if volume["on"]}
    server = declared.resources["Instance"][dice.choice(sorted(holders or declared.resources["Instance"]))]
    server["generation"] = server.get("generation", 1) + 1


def _attached(declared: Declared, dice: random.Random) -> None:
    volume = declared.one("Volume", dice)
    volume["on"] = dice.choice([name for name in declared.around(volume) if name != volume["on"]] or [None])


def _detached(declared: Declared, dice: random.Random) -> None:
    attached = [volume for volume in declared.resources["Volume"].values() if volume["on"]]
    if attached:
        dice.choice(attached)["on"] = None


def _assigned(declared: Declared, dice: random.Random) -> None:
    """To a Linode of its region, or to none."""
    address = declared.one("ReservedIP", dice)
    address["on"] = None if address["on"] else next(iter(declared.around(address)), None)


def _grown(declared: Declared, dice: random.Random) -> None:
    declared.one("Volume", dice)["size"] += 10


def _renamed(kind: str) -> Edit:
    def edit(declared: Declared, dice: random.Random) -> None:
        name = dice.choice(sorted(declared.resources[kind]))
        one = declared.resources[kind][name]
        one["label"] = other(label_of(name, one), f"{name}-too", label_of(name, {}))

    return edit


def _more(declared: Declared, dice: random.Random) -> None:
    for kind in KINDS:
        for _ in range(dice.randrange(1, 3)):
            declared.add(kind, new(kind))


def _fewer(declared: Declared, dice: random.Random) -> None:
    """One of each kind less, but none of those that others need; where two are left, two more."""
    for kind, resources in declared.resources.items():
        free = [name for name in resources if name not in (*WALLS, *VPCS, *ZONES)]
        if len(resources) > 2 and free:
            del resources[dice.choice(free)]
        else:
            declared.add(kind, new(kind))
            declared.add(kind, new(kind))


def _another_image(declared: Declared, _: random.Random) -> None:
    """Settings whose picks are pinned anew, and whose server is replaced."""
    declared.vendor = str(other(declared.vendor, *VENDORS))


Edit = Callable[[Declared, random.Random], None]
IMAGES = ("linode/debian13", "linode/debian12")
CHANGES: dict[str, Edit] = {
    "resize": _toggles("Instance", "type", "g6-standard-1", "g6-standard-2"),
    "migrate": _migrated,
    "recreate": _recreated,
    "rebuild": _toggles("Instance", "image", *IMAGES),
    "password": _toggles("Instance", "root_pass", "First-Passw0rd-1", "Second-Passw0rd-2"),
    "swap": _toggles("Instance", "swap_size", 512, 256),
    "kernel": _toggles("Instance", "kernel", "linode/grub2", "linode/latest-64bit"),
    "power": _toggles("Instance", "booted", True, False),
    "backups": _toggles("Instance", "backups_enabled", True, False),
    "attach": _toggles("Instance", "behind", *WALLS),
    "key renamed": _toggles("SSHKey", "label", "twin", "brother"),
    "key replaced": _toggles("SSHKey", "ssh_key", *KEYS),
    "volume attached": _attached,
    "volume detached": _detached,
    "volume grown": _grown,
    **{
        f"{kind.lower()} renamed": _renamed(kind)
        for kind in ("Volume", "Subnet", "PlacementGroup", "NodeBalancer")
    },
    "address assigned": _assigned,
    "stackscript edited": _toggles("StackScript", "script", *SCRIPTS),
    "placementgroup replaced": _toggles("PlacementGroup", "placement_group_policy", "strict", "flexible"),
    "ports": _ports,
    "nodebalancer replaced": _toggles("NodeBalancer", "region", *REGIONS),
    "vpc described": _toggles("VPC", "description", "one", "other"),
    "subnet moved": _toggles("Subnet", "in", *VPCS),
    "domain described": _toggles("Domain", "description", "one", "other"),
    "record retargeted": _toggles("DomainRecord", "target", "192.0.2.1", "192.0.2.2"),
    "record moved": _toggles("DomainRecord", "in", *ZONES),
    "tags": _tags,
    "rules": _rules,
    "more": _more,
    "fewer": _fewer,
    "another pick": _another_image,
}


def changed(before: Declared, names: list[str], dice: random.Random) -> Declared:
    after = deepcopy(before)
    for name in names:
        CHANGES[name](after, dice)
    for one in (*after.resources["Volume"].values(), *after.resources["ReservedIP"].values()):
        if one["on"] not in after.around(one):  # that one is no longer declared, or moves away
            one["on"] = None
    after.made["Instance"] += before.vendor != after.vendor
    for kind, resources in after.resources.items():
        there = before.resources[kind]
        after.made[kind] += sum(_is_made(kind, there.get(name), inputs) for name, inputs in resources.items())
    return after


def _is_made(kind: str, before: Inputs | None, after: Inputs) -> bool:
    """Whether it is new, or replaces another one."""
    recreates = RECREATES.get(kind, "")
    return before is None or before.get(recreates) != after.get(recreates)


def taken_back(wish: Declared, before: Declared) -> Declared:
    """What was declared before that wish, which may be fulfilled in part: a volume that has grown never shrinks."""
    back = deepcopy(before)
    for name, volume in back.resources["Volume"].items():
        volume["size"] = max(volume["size"], wish.resources["Volume"].get(name, volume)["size"])
    return back
