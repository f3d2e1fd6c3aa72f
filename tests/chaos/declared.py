"""What chaos declares: resources of every kind as data, and the changes that are made to them."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from providers.linode.provider import SPECS
from tests.checkout import Checkout

REFERENCE = r"{([\w-]+)\.(\w+)}"
"""In an input: what another resource has. `{instance-1.id}`."""

PROGRAM = f"""

def chaos() -> None:
    '''What chaos declares beside the stack's servers.'''
    import json
    import re

    import pulumi

    from providers import linode

    with open("declared.json") as file:
        declared = json.load(file)
    made = {{}}

    def filled(value):
        others = re.findall(r"{REFERENCE}", value) if isinstance(value, str) else ()
        outputs = [getattr(made[name], key) for name, key in others]
        return pulumi.Output.format(re.sub(r"{REFERENCE}", "{{}}", value), *outputs) if others else value

    for kind, resources in declared.items():
        for name, inputs in resources.items():
            made[name] = getattr(linode, kind)(name, **{{key: filled(inputs[key]) for key in inputs}})


chaos()
"""
KEYS = tuple(f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{letter * 43} chaos" for letter in "IK")
NEEDED = ("Firewall", "Instance", "VPC", "Domain")
KINDS = (*NEEDED, *(kind for kind in SPECS if kind not in NEEDED))
"""Each after those that it may name."""

SCRIPTS = ("#!/bin/sh\n", "#!/bin/bash\n")
REGIONS = ("de-fra-2", "gb-lon")
WALLS, VPCS, ZONES = (
    tuple(f"{kind}-{number}" for number in (1, 2)) for kind in ("firewall", "vpc", "domain")
)
VENDORS = ("Debian", "Ubuntu")
IN_GROUP = "fleet-local-db-1"
"""The server of the stack's settings: its picks are what is pinned."""

FIRST, FIRST_OF = 3, {"VolumeAttachment": 2, "Image": 2, "ReverseDNS": 2, "IPv6Range": 2}
"""How many of a kind there are at first."""

ENOUGH = 4
"""Of a kind that has so many, `more` seldom makes another: every command looks at all that there is."""

MOST_OF = {"ReservedIP": 12, "Image": 12}
"""An account has few of these, and makes few images a minute."""

LEFT = {"tags", "swap_size", "kernel", "backups_enabled"}
"""What stays as it is where it is declared no more."""

UNSAID = {"Volume": 0, "ReservedIP": 0, "Image": None}
"""What of these names another one that goes: none then. The others go with it."""

PLANS = ("g6-standard-1", "g6-standard-2")

Inputs = dict[str, Any]


def other(value: object, *choices: object) -> object:
    """Of two choices the one that it isn't."""
    return choices[value == choices[0]]


def ref(name: str, output: str = "id") -> str:
    return f"{{{name}.{output}}}"


def named(value: object) -> list[str]:
    """The resources that an input names."""
    return [name for name, _ in re.findall(REFERENCE, value)] if isinstance(value, str) else []


def label_of(name: str, inputs: Inputs) -> str:
    return str(inputs.get("label") or inputs.get("name") or f"fleet-local-{name}")


@dataclass
class Declared:
    """By kind, name and input. `made`: how many of each kind have to have been made so far, replacements included."""

    resources: dict[str, dict[str, Inputs]]
    vendor: str = VENDORS[0]
    made: Counter[str] = field(default_factory=Counter)
    filled: set[str] = field(default_factory=set)
    """The Linodes whose disks take all of the larger plan, and so keep them there."""

    used: set[str] = field(default_factory=set)
    """Names that a change found: what it adds gets another one, and is not taken for one that it took away."""

    def add(self, kind: str, called: str = "", /, **inputs: object) -> str:
        """Its name. What it alone needs comes with it: the volume of an attachment, the record of a reverse name."""
        called = called or kind.lower()
        number = next(n for n in count(1) if f"{called}-{n}" not in self.used | {*self.resources[kind]})
        made = {**new(kind), **self._own(called, number), **inputs}
        self.resources[kind][f"{called}-{number}"] = made
        return f"{called}-{number}"

    def add_some(self, kind: str, how_many: int, /, **inputs: object) -> None:
        room = MOST_OF.get(kind, how_many + len(self.resources[kind])) - len(self.resources[kind])
        for _ in range(min(how_many, room)):
            self.add(kind, **inputs)

    def _own(self, called: str, number: int) -> Inputs:
        """What differs from one to the next, and what names others."""
        match called:
            case "volume":
                place = f"instance-{number}"
                return {"linode_id": ref(place) if place in self.around(REGIONS[0]) else 0}
            case "volumeattachment":
                return {"volume_id": ref(self.add("Volume", "apart")), "linode_id": ref(self._server(number))}
            case "image":
                return {"linode_id": ref(self._server(number))}
            case "back":
                return {"name": f"back-{number}"}
            case "reversedns":
                address = ref(self._free_server("ReverseDNS", "address"), "public_ipv4")
                record = self.add("DomainRecord", "back", target=address)
                return {"address": address, "rdns": f"{ref(record, 'name')}.{ref(ZONES[0], 'domain')}"}
            case "ipv6range":
                return {"route_target": ref(self._free_server("IPv6Range", "route_target"), "ipv6")}
            case "reservedip":
                return {"tags": [f"fleet-local-reservedip-{number}"]}
            case "subnet":
                return {"ipv4": f"10.0.{number}.0/24"}
            case "domain":
                return {"domain": f"fleet-local-domain-{number}.example"}
        return {}

    def _free_server(self, kind: str, key: str) -> str:
        """A Linode that none of the kind names."""
        taken = {name for each in self.resources[kind].values() for name in named(each[key])}
        return next((one for one in self.resources["Instance"] if one not in taken), "") or self.add(
            "Instance"
        )

    def _server(self, number: int) -> str:
        """A Linode of the first region: that of this number, if it can be."""
        there = self.around(REGIONS[0])
        if f"instance-{number}" in there:
            return f"instance-{number}"
        return there[0] if there else self.add("Instance")

    def around(self, region: str) -> list[str]:
        """The Linodes of a region."""
        return [name for name, inputs in self.resources["Instance"].items() if inputs["region"] == region]

    def of(self, name: str) -> Inputs | None:
        return next((each[name] for each in self.resources.values() if name in each), None)

    def own(self, kind: str) -> list[str]:
        """Those of a kind that are there for themselves, and not for another resource."""
        return sorted(name for name in self.resources[kind] if name.startswith(kind.lower()))

    def one(self, kind: str, dice: random.Random) -> Inputs:
        return self.resources[kind][dice.choice(self.own(kind) or [self.add(kind)])]

    def told(self, value: object) -> object:
        """An input with labels where it names other resources."""
        if not named(value):
            return value
        return re.sub(REFERENCE, lambda found: label_of(found[1], self.of(found[1]) or {}), str(value))

    def label(self, kind: str, name: str) -> str:
        """As the account tells it: an attachment has its volume's, a range its Linode's, a reverse name is one."""
        inputs = self.resources[kind][name]
        known_by = {"VolumeAttachment": "volume_id", "IPv6Range": "route_target", "ReverseDNS": "rdns"}.get(
            kind
        )
        return str(self.told(inputs[known_by])) if known_by else label_of(name, inputs)

    def labels(self, kind: str) -> list[str]:
        found = [self.label(kind, name) for name in self.resources[kind]]
        return [IN_GROUP, *found] if kind == "Instance" else found

    def write(self, checkout: Checkout) -> None:
        program = checkout.root / "__main__.py"
        if PROGRAM not in program.read_text():
            program.write_text(program.read_text() + PROGRAM)
        (checkout.root / "declared.json").write_text(json.dumps(self.resources))
        db = {"image": {"vendor": self.vendor}, "backups": False}
        settings = {"fleet:servers": {"web": {"count": 0}, "db": db}}
        checkout.settings.write_text(json.dumps({"config": settings}))

    def tidy(self) -> None:
        """What names something that goes, or a Linode that is elsewhere, names none, or goes too."""
        for kind, resources in self.resources.items():
            for name, inputs in list(resources.items()):
                for key in [key for key, value in inputs.items() if not self._is_there(inputs, value)]:
                    if kind in UNSAID:
                        inputs[key] = UNSAID[kind]
                    else:
                        resources.pop(name, None)

    def _is_there(self, inputs: Inputs, value: object) -> bool:
        others = [self.of(name) for name in named(value)]
        volume = next((self.of(name) or {} for name in named(inputs.get("volume_id"))), inputs)
        region = volume.get("region")
        return all(
            each is not None and ("image" not in each or region in (None, each["region"])) for each in others
        )


def first() -> Declared:
    declared = Declared({kind: {} for kind in KINDS})
    for kind in KINDS:
        declared.add_some(kind, FIRST_OF.get(kind, FIRST))
    declared.made = Counter({kind: len(declared.labels(kind)) for kind in KINDS})
    return declared


def new(kind: str) -> Inputs:
    """Every two keys, and records, have the same label and the same content."""
    inputs: dict[str, Inputs] = {
        "Instance": {
            "type": PLANS[0], "region": REGIONS[0], "image": "linode/debian13", "resize_disk": False,
            "root_pass": "First-Passw0rd-1", "on_root_pass_change": "reset", "on_image_change": "rebuild",
            "tags": ["turn-0"], "booted": True, "firewall_id": ref(WALLS[0]), "allow_data_loss": True,
        },
        "Firewall": {"inbound": [rule(8000)], "inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
        "SSHKey": {"label": "twin", "ssh_key": KEYS[0]},
        "Volume": {"region": REGIONS[0], "size": 20},
        "VPC": {"region": REGIONS[0], "description": "one"},
        "Subnet": {"vpc_id": ref(VPCS[0])},
        "ReservedIP": {"region": REGIONS[0], "linode_id": 0},
        "IPv6Range": {"prefix_length": 64},
        "StackScript": {"script": SCRIPTS[0], "images": ["linode/debian13"]},
        "Image": {"description": "one"},
        "Domain": {"type": "master", "soa_email": "ops@chaos.example", "description": "one"},
        "DomainRecord": {"domain_id": ref(ZONES[0]), "type": "A", "name": "twin", "target": "192.0.2.1"},
        "NodeBalancer": {"region": REGIONS[0], "client_conn_throttle": 5, "configs": [port(80, 7), port(443, 7)]},
        "PlacementGroup": {
            "region": REGIONS[0], "placement_group_type": "anti_affinity:local", "placement_group_policy": "strict",
        },
    }  # fmt: skip
    return inputs.get(kind, {})


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


Edit = Callable[[Declared, random.Random], None]


class Change(NamedTuple):
    """`sends`: which requests of disturbances.REQUESTS it sends beside lists and looks."""

    edit: Edit
    sends: str


def _toggles(kind: str, key: str, *choices: object) -> Edit:
    def edit(declared: Declared, dice: random.Random) -> None:
        one = declared.one(kind, dice)
        one[key] = other(one.get(key), *choices)

    return edit


def _tags(declared: Declared, dice: random.Random) -> None:
    for kind in ("Instance", "Firewall", "Volume", "Domain", "Image", "NodeBalancer"):
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
    name = dice.choice(declared.own("Instance"))
    server = declared.resources["Instance"][name]
    server["region"] = other(server["region"], *REGIONS)
    for volume in declared.resources["Volume"].values():
        if volume.get("linode_id") == ref(name) and dice.choice((True, False)):
            volume["region"] = server["region"]


def _again(kind: str) -> Edit:
    """Another one in its place; a Linode that has a volume, if any does; an image of a Linode that is there."""

    def edit(declared: Declared, dice: random.Random) -> None:
        one = declared.one(kind, dice)
        volumes = declared.resources["Volume"].values()
        holders = [name for volume in volumes for name in named(volume.get("linode_id"))]
        if kind == "Instance" and holders:
            one = declared.resources[kind][dice.choice(holders)]
        if kind == "Image":
            one["linode_id"] = ref(dice.choice(declared.own("Instance")))
        one["generation"] = one.get("generation", 1) + 1

    return edit


def _placed(kind: str, *, must: bool = False) -> Edit:
    """On another Linode of its region; on none where there is no other, unless it `must` be on one."""

    def edit(declared: Declared, dice: random.Random) -> None:
        one = declared.one(kind, dice)
        place = declared.of(*named(one["volume_id"])) if "volume_id" in one else one
        there = [ref(name) for name in declared.around((place or one)["region"])]
        others = [each for each in there if each != one["linode_id"]]
        one["linode_id"] = dice.choice(others or [one["linode_id"] if must else 0])

    return edit


def _taken_off(kind: str) -> Edit:
    def edit(declared: Declared, dice: random.Random) -> None:
        held = [each for name in declared.own(kind) if (each := declared.resources[kind][name])["linode_id"]]
        if held:
            dice.choice(held)["linode_id"] = 0

    return edit


def _resized(declared: Declared, dice: random.Random) -> None:
    own = declared.own("Instance")
    server = declared.resources["Instance"][
        dice.choice([each for each in own if each not in declared.filled] or own)
    ]
    server["type"] = other(server["type"], *PLANS)


def _grown(declared: Declared, dice: random.Random) -> None:
    dice.choice(list(declared.resources["Volume"].values()))["size"] += 10


def _renamed(kind: str, called: str = "", key: str = "label") -> Edit:
    def edit(declared: Declared, dice: random.Random) -> None:
        names = [name for name in sorted(declared.resources[kind]) if name.startswith(called or kind.lower())]
        for name in names and [dice.choice(names)]:
            one = declared.resources[kind][name]
            one[key] = other(label_of(name, one), f"{name}-too", name if called else label_of(name, {}))

    return edit


def _more(declared: Declared, dice: random.Random) -> None:
    """One or two of each kind of which there are not enough yet, and of some others."""
    others = dice.sample(KINDS, 3)
    for kind in KINDS:
        if kind in others or len(declared.own(kind)) < ENOUGH:
            declared.add_some(kind, dice.randrange(1, 3))


def _fewer(declared: Declared, dice: random.Random) -> None:
    """One of each kind less, but none of those that others need; where two are left, two more."""
    for kind, resources in declared.resources.items():
        own = declared.own(kind)
        free = [name for name in own if name not in (*WALLS, *VPCS, *ZONES)]
        if len(own) > 2 and free:
            del resources[dice.choice(free)]
        else:
            declared.add_some(kind, 2)
    declared.tidy()
    needed = {
        name
        for resources in declared.resources.values()
        for inputs in resources.values()
        for value in inputs.values()
        for name in named(value)
    }
    for kind, called in (("Volume", "apart"), ("DomainRecord", "back")):
        for name in [
            name for name in declared.resources[kind] if name.startswith(called) and name not in needed
        ]:
            del declared.resources[kind][name]


def crowd(how_many: int) -> Edit:
    def edit(declared: Declared, _: random.Random) -> None:
        for kind in KINDS:
            for number in range(0, how_many, 2):
                twins = {"label": f"twin-{number}"} if kind == "SSHKey" else {}
                declared.add_some(kind, min(2, how_many - number), **twins)

    return edit


def _another_image(declared: Declared, _: random.Random) -> None:
    """Settings whose picks are pinned again, and whose server is replaced."""
    declared.vendor = str(other(declared.vendor, *VENDORS))


IMAGES = ("linode/debian13", "linode/debian12")
CHANGES: dict[str, Change] = {
    "resize": Change(_resized, "action"),
    "migrate": Change(_migrated, "action"),
    "rebuild": Change(_toggles("Instance", "image", *IMAGES), "action"),
    "password": Change(_toggles("Instance", "root_pass", "First-Passw0rd-1", "Second-Passw0rd-2"), "action"),
    "swap": Change(_toggles("Instance", "swap_size", 512, 256), "action"),
    "kernel": Change(_toggles("Instance", "kernel", "linode/grub2", "linode/latest-64bit"), "action update"),
    "power": Change(_toggles("Instance", "booted", True, False), "action"),
    "backups": Change(_toggles("Instance", "backups_enabled", True, False), "action"),
    "attach": Change(_toggles("Instance", "firewall_id", *map(ref, WALLS)), "update"),
    "key renamed": Change(_toggles("SSHKey", "label", "twin", "brother"), "update"),
    "key replaced": Change(_toggles("SSHKey", "ssh_key", *KEYS), "create delete"),
    "volume attached": Change(_placed("Volume"), "action"),
    "volume detached": Change(_taken_off("Volume"), "action"),
    "volume grown": Change(_grown, "action"),
    "attachment moved": Change(_placed("VolumeAttachment", must=True), "action"),
    "attached volume renamed": Change(_renamed("Volume", "apart"), "update"),
    **{
        f"{kind.lower()} renamed": Change(_renamed(kind), "update")
        for kind in ("Volume", "Subnet", "PlacementGroup", "NodeBalancer", "Image")
    },
    **{f"{kind.lower()} recreated": Change(_again(kind), "create delete") for kind in KINDS},
    "address assigned": Change(_placed("ReservedIP"), "action"),
    "address taken off": Change(_taken_off("ReservedIP"), "delete"),
    "stackscript edited": Change(_toggles("StackScript", "script", *SCRIPTS), "update"),
    "placementgroup replaced": Change(
        _toggles("PlacementGroup", "placement_group_policy", "strict", "flexible"), "create delete"
    ),
    "ports": Change(_ports, "action update delete"),
    "nodebalancer replaced": Change(_toggles("NodeBalancer", "region", *REGIONS), "create delete"),
    "vpc described": Change(_toggles("VPC", "description", "one", "other"), "update"),
    "image described": Change(_toggles("Image", "description", "one", "other"), "update"),
    "subnet moved": Change(_toggles("Subnet", "vpc_id", *map(ref, VPCS)), "create delete"),
    "domain described": Change(_toggles("Domain", "description", "one", "other"), "update"),
    "record retargeted": Change(_toggles("DomainRecord", "target", "192.0.2.1", "192.0.2.2"), "update"),
    "record moved": Change(_toggles("DomainRecord", "domain_id", *map(ref, ZONES)), "create delete"),
    "reverse name changed": Change(_renamed("DomainRecord", "back", "name"), "update"),
    "tags": Change(_tags, "update"),
    "rules": Change(_rules, "update"),
    "more": Change(_more, "create action"),
    "fewer": Change(_fewer, "delete"),
    "another pick": Change(_another_image, "create delete"),
}


SURE = {"create": "another pick", "action": "swap", "update": "rules", "delete": "another pick"}
"""What sends such a request whatever is there."""


def sending(request: str) -> list[str]:
    """The changes that send such requests."""
    return [name for name, change in CHANGES.items() if request in (*change.sends.split(), "list", "read")]


def changed(before: Declared, edits: Iterable[Edit], dice: random.Random) -> Declared:
    after = deepcopy(before)
    after.used = {name for resources in before.resources.values() for name in resources}
    for edit in edits:
        edit(after, dice)
    after.tidy()
    after.filled = {
        name
        for name, server in after.resources["Instance"].items()
        if (server["type"] == PLANS[1] if _has_new_disks(server, before.of(name)) else name in before.filled)
    }
    _never_shrinks(after, before)
    after.made["Instance"] += before.vendor != after.vendor
    for kind, resources in after.resources.items():
        after.made[kind] += sum(_is_made(kind, name, before, after) for name in resources)
    return after


def _is_made(kind: str, name: str, before: Declared, after: Declared) -> bool:
    """Whether it is new, or replaces another one, as a part does of what is replaced, and an image of such a Linode.

    What is declared no more stays as it is; without a generation it is the first one.
    """
    spec, old, new = SPECS[kind], before.resources[kind].get(name), after.resources[kind][name]
    if old is None:
        return True
    fields = {} if kind == "Instance" else spec.fields  # of a Linode only policies tell
    replaces = [key for key, each in fields.items() if each.takes.replaces]
    others = [
        (of, name)
        for key in replaces
        for name in named(new.get(key))
        for of in KINDS
        if name in after.resources[of]
    ]
    return (
        old.get("generation", 1) != new.get("generation", 1)
        or any(new.get(key) not in (None, old.get(key)) for key in replaces)
        or any(_is_made(of, name, before, after) for of, name in others)
    )


def taken_back(wish: Declared, before: Declared) -> Declared:
    """What was declared before that wish, which may be fulfilled in part: what was left out then would stay as that
    wish has made it, or not, and so is declared as it has it.
    """
    back = deepcopy(before)
    for kind, resources in back.resources.items():
        for name, inputs in resources.items():
            wanted = wish.resources[kind].get(name, {})
            inputs |= {key: wanted[key] for key in wanted.keys() & LEFT - inputs.keys()}
    back.filled |= wish.filled
    _never_shrinks(back, wish)
    return back


def _has_new_disks(server: Inputs, before: Inputs | None) -> bool:
    """As large as its plan has them."""
    return before is None or any(server.get(key) != before.get(key) for key in ("image", "generation"))


def _never_shrinks(declared: Declared, before: Declared) -> None:
    for name in declared.filled & declared.resources["Instance"].keys():
        declared.resources["Instance"][name]["type"] = PLANS[1]
    for name, volume in declared.resources["Volume"].items():
        volume["size"] = max(volume["size"], before.resources["Volume"].get(name, volume)["size"])
