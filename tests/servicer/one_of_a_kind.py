"""One resource of any kind, as an engine has it, with what can be drawn for its inputs, and a model of it.

Inputs are drawn by the kind's own Spec.

An input takes those words and numbers of a common pool that its form takes, and one that names something else, either
of two of these; what the check then says does not go together is left out. So a new kind is here with the line that
says what one of it can't do without.

The model is what was declared, input by input, since it was made or made again: what is declared no more stays as it
is. What the account has is read by hand, and neither by the provider nor from its outputs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from hypothesis import Phase, assume, settings, strategies as st

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import SPECS
from tests.servicer.test_half_made_over_grpc import failed_detail
from tests.servicer.test_lost_answers_over_grpc import (
    KEY,
    OWN,
    RULE,
    block,
    deployed,
    group,
    guest,
    guest_address,
    vpc,
    wall,
    zone,
)  # fmt: skip
from tests.servicer.world import PLANTED, World
from tests.servicer_process import Props, Servicer

NONE = 1
RANGES = "/networking/ipv6/ranges"
NUMBERS = count(1)
TEXTS = (
    "web", "Other-1", "two words", "de-fra-2", "gb-lon", "linode/debian12", "linode/debian13", "g6-standard-1",
    "ops@a.example", "Shop.a.example", "192.0.2.7", "2001:db8::7", "10.0.8.0/24", "192.0.2.0/24", "2001:db8::/64",
    "#!/bin/sh\necho\n", KEY, KEY.replace("IIII web", "IIIJ me"), PLANTED, f"{PLANTED}-too", "22, 8000-8080",
)  # fmt: skip
WHOLE = (1, 3, 5, 25, 40, 300, 3601)
ROWS: Mapping[str, list[object]] = {
    "inbound": [[RULE], [{**RULE, "ports": "443", "label": "web"}, RULE]],
    "outbound": [[RULE]],
    "interfaces": [[{"purpose": "public"}], [{"purpose": "public"}, {"purpose": "vlan", "label": "back"}]],
    "alerts": [{"cpu": 50}, {"cpu": 60, "io": 5000}],
}
"""By input, lists of maps and maps, which no pool of words makes."""

APART = (
    "adopt", "timeouts", "wait_for", "replace_on", "final_snapshot", "boot_config_label", "stackscript_data",
    "source_volume_id",
)  # fmt: skip
"""What says how things are done, or names what the account would have to have."""


def balancer(world: World, number: int) -> int:
    body = {"label": f"nb-{number}", "region": "de-fra-2"}
    return int(world.call("POST", "/nodebalancers", body)["id"])


def ports(world: World, number: int) -> list[Props]:
    """One or two of a load balancer with a Linode behind them."""
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": f"node-{number}", "private_ip": True}
    made = world.call("POST", "/linode/instances", {**body, "booted": False})
    [private] = [each for each in made["ipv4"] if each.startswith("192.168.")]
    port = {"port": 8000 + number, "protocol": "tcp", "nodes": [{"address": f"{private}:{8000 + number}"}]}
    return [{**port, "port": 80 + number % 7, "check": "connection"}, port][number % 2 :]


def record_of(world: World, number: int) -> str:
    """A name below that of an address, which stands for it."""
    return f"www-{number}.{str(address(world)).replace('.', '-')}.nip.io"


def address(world: World) -> str:
    return str(world.call("GET", "/networking/reserved/ips")["data"][0]["address"])


OTHERS: Mapping[str, Callable[[World, int], Any]] = {
    "/linode/instances": guest, "/networking/firewalls": lambda world, number: wall(world, number, "wall"),
    "/volumes": block, "/vpcs": vpc, "/domains": zone, "/nodebalancers": balancer,
    "placement_group": lambda world, number: group(world, number, "group"),
    "firewall_id": lambda world, number: wall(world, number, "wall"),
    "configs": ports, "route_target": guest_address, "rdns": record_of,
    "Image linode_id": deployed,
}  # fmt: skip
"""What an input can name, by its list, by its name, or by kind and name: made by hand, two of each."""

UNTOLD: Mapping[str, frozenset[str]] = {
    "Instance": frozenset({
        "root_pass", "authorized_keys", "authorized_users", "user_data", "stackscript_id", "backup_id", "boot_size",
        "reserved_ipv4", "shared_ipv4", "network_helper", "interfaces", "swap_size", "backups_day", "backups_window",
    }),
    "Volume": frozenset({"persist_across_boots", "config_id"}),
    "VolumeAttachment": frozenset({"persist_across_boots", "config_id"}),
    "Image": frozenset({"linode_id", "disk_id", "file_path", "file_hash", "region"}),
}  # fmt: skip
"""What the account does not say of one, or in words that other tests are about."""

FEW = max(2, settings().max_examples // 10)
"""Examples of each kind: every one makes some in the account."""

UNSHRUNK = (Phase.explicit, Phase.generate)
"""A failure is told as it was found: a smaller one would take minutes to look for."""

EACH = [pytest.param(kind, marks=pytest.mark.all) if kind == "Instance" else kind for kind in SPECS]
"""Linodes take as long as ten other kinds."""


@functools.cache
def candidates(kind: str, name: str) -> list[object]:
    """What the pool has for an input."""
    spec = SPECS[kind]
    if spec.fields[name].ids or name in APART:
        return []
    words = [*TEXTS, *_choices(spec.args.json_schema()["properties"][name])]
    lists = [[], *([word] for word in words), [words[0], words[1]]]
    pool = [*words, *WHOLE, True, False, *lists, *ROWS.get(name, ())]
    return [value for value in pool if all(each.field != name for each in spec.args.problems({name: value}))]


def _choices(schema: Any) -> Iterator[str]:
    """The words of a choice, at any depth."""
    if isinstance(schema, Mapping):
        yield from (word for word in schema.get("enum", ()) if isinstance(word, str))
        schema = [*schema.values()]
    for part in schema if isinstance(schema, list) else ():
        yield from _choices(part)


WHICH = ("the one", "the other")
NO_OTHER = "none"


class One:
    """One resource of a stack, as an engine has it; each command has a session of its own."""

    def __init__(self, api: LocalApi, shared: Servicer, kind: str) -> None:
        self.world, self.shared, self.kind, self.spec = World(api), shared, kind, SPECS[kind]
        self.name = f"one-{next(NUMBERS)}"
        own = OWN[kind]
        self.own: Props = {**(own(self.world, 1) if callable(own) else own)}
        self.own["owner"] = Owner(self.world.uuid, "fleet", "local", self.name).as_props()
        if "label" in self.spec.fields:
            self.own["label"] = self.name
        self.others = dict[tuple[str, object], Any]()
        self.there = self.ids()
        self.id, self.outs, self.inputs = "", Props(), Props()
        self.expected, self.expected_of = Props(), ""

    def command(self) -> Servicer:
        return self.world.next_command(self.shared, self.kind)

    def drawn(self, data: st.DataObject) -> Props:
        """What can be declared of it now, of what is drawn."""
        free = {name: found for name in self.spec.fields if (found := self.candidates(name))}
        names = data.draw(st.lists(st.sampled_from(sorted(free)), max_size=4, unique=True))
        wanted = {name: self.named(name, data.draw(st.sampled_from(free[name]))) for name in names}
        if "domain" in wanted:
            wanted["domain"] = f"{self.name}.{wanted['domain']}"  # unique among all accounts
        for _ in range(len(wanted) + 1):
            declared = {**self.own, **wanted}
            failures = self.command().check(declared, self.inputs or None)[1]
            if not failures:
                return declared
            wrong = {field or reason.split()[0] for field, reason in failures}
            wanted = {name: value for name, value in wanted.items() if name not in wrong}
        assume(False)
        raise AssertionError

    def candidates(self, name: str) -> list[object]:
        """What the pool has for an input; of what names others, which of the two, and none."""
        if self.other(name) is None:
            return candidates(self.kind, name)
        none = [NO_OTHER] if self.spec.fields[name].none == 0 or self.is_list(name) else []
        return [*WHICH, *none]

    def other(self, name: str) -> Callable[[World, int], Any] | None:
        """How to make what an input names."""
        field = self.spec.fields[name]
        path = field.ids_of.path if field.ids_of and name not in APART else ""
        return next((OTHERS[key] for key in (f"{self.kind} {name}", name, path) if key in OTHERS), None)

    def is_list(self, name: str) -> bool:
        return bool(self.spec.fields[name].unordered)

    def named(self, name: str, drawn: object) -> object:
        """The value of what was drawn for an input; what it names is made once in an example."""
        if (make := self.other(name)) is None:
            return drawn
        if drawn == NO_OTHER:
            return [] if self.is_list(name) else 0
        if (name, drawn) not in self.others:
            before = self.ids()
            self.others[name, drawn] = make(self.world, next(NUMBERS))
            self.there |= self.ids() - before
        found = self.others[name, drawn]
        return [found] if self.is_list(name) else found

    def up(self, declared: Props) -> None:
        """Raises RpcError, once what an engine would keep is kept."""
        servicer = self.command()
        news, failures = servicer.check(declared, self.inputs or None)
        assert failures == []
        try:
            self._carry_out(servicer, declared, news)
        except grpc.RpcError as error:
            if "status-details" in str(error.trailing_metadata()):
                failed = failed_detail(error)
                kept = json_format.MessageToDict(failed.properties)
                kept.pop("__provider")
                self.id, self.outs, self.inputs = failed.id, kept, news
            raise
        self.expect(declared)

    def expect(self, declared: Props) -> None:
        """Take what is declared into the model; of one that was recreated nothing else is known."""
        news = self.spec.args.normal(declared)
        again = [
            name
            for name, value in news.items()
            if self.spec.fields[name].takes.how == "recreated" and self.expected.get(name, value) != value
        ]
        is_another = self.id != self.expected_of
        assert is_another or not again or self.kind == "VolumeAttachment", (
            again
        )  # that one has its volume's id
        self.expected = {**({} if again or is_another else self.expected), **news}
        self.expected_of = self.id

    def _carry_out(self, servicer: Servicer, declared: Props, news: Props) -> None:
        if not self.id:
            self.id, self.outs = servicer.create(news)
        else:
            answer, old = servicer.diff(self.id, self.outs, news), (self.id, self.outs)
            if answer.replaces and answer.deleteBeforeReplace:
                servicer.delete(*old)
                self.id, self.outs, self.inputs = "", Props(), Props()
                news, failures = servicer.check(declared)
                assert failures == []
                self.id, self.outs = servicer.create(news)
            elif answer.replaces:
                self.id, self.outs = servicer.create(news)
                servicer.delete(*old)
            elif answer.changes != NONE:
                self.outs = servicer.update(self.id, self.outs, news, olds=self.inputs)
        self.inputs = news

    def down(self) -> None:
        """Nothing is there any more but what was before."""
        try:
            self.command().delete(self.id, self.outs)
        except grpc.RpcError:
            self.world.api.set_faults()
            self.command().delete(self.id, self.outs)
        self.world.api.set_faults()
        assert self.ids() == self.there

    def refresh(self) -> None:
        self.id, self.outs, self.inputs = self.command().read(self.id, self.outs, self.inputs)

    def differences(self, declared: Props) -> object:
        """What a preview shows; nothing where it is as declared."""
        servicer = self.command()
        news, failures = servicer.check(declared, self.inputs)
        answer = servicer.diff(self.id, self.outs, news)
        if not failures and answer.changes == NONE:
            return None
        unlike = {
            key: (self.inputs.get(key), news.get(key)) for key in news if self.inputs.get(key) != news[key]
        }
        return failures or [*answer.replaces] or unlike or "only outputs differ"

    def ids(self) -> set[str]:
        """Of all there are of the kind, in whatever they can be a part of."""
        parents = [
            self.own.get(self.spec.parent),
            *(self.others.get((self.spec.parent, each)) for each in WHICH),
        ]
        places = {
            self.spec.within({self.spec.parent: each}).path
            for each in parents
            if each or not self.spec.parent
        }
        rows: list[Any] = [row for path in places for row in self.world.call("GET", path)["data"]]
        return {str(row.get("id") or row.get("address") or row["range"]) for row in rows}

    def unlike(self) -> object:
        """What the account has otherwise than the model, by its own words; nothing where it is the only one, and so."""
        if self.ids() - self.there - {self.id}:
            return f"there are {self.ids()} where there were {self.there}"
        seen, found = self.seen(), {}
        for name, value in self.expected.items():
            field = self.spec.fields[name]
            if field.takes.how == "nothing at the API" or name in UNTOLD.get(self.kind, ()):
                continue
            there = seen[name]
            if not is_as(value, self.spec.args.normalised(name, there), is_set=field.unordered):
                found[name] = (there, value)
        return found or None

    def seen(self) -> Props:
        """What the account says of its inputs, read by hand."""
        spec = self.spec.within(self.expected)
        path = spec.record_path(self.id)
        row: Any = self.world.call("GET", path)
        found = {name: _at(row, field.key or name) for name, field in spec.fields.items()}
        if "tags" in found:
            assert sum(tag.startswith("pulumi:") for tag in row["tags"]) == 1
            found["tags"] = [tag for tag in row["tags"] if not tag.startswith("pulumi:")]
        return {
            **found,
            **spec.known,
            **(MORE[self.kind](self.world, path, row) if self.kind in MORE else {}),
        }


def _at(row: Any, key: str) -> Any:
    for part in key.split("."):
        row = row.get(part) if isinstance(row, Mapping) else None
    return row


def is_as(declared: object, there: object, *, is_set: bool = False) -> bool:
    """Whether what is there says all that is declared; a long description is told in part."""
    if isinstance(declared, Mapping) and isinstance(there, Mapping):
        return all(is_as(value, there.get(key)) for key, value in declared.items())
    if isinstance(declared, (list, tuple)) and isinstance(there, (list, tuple)):
        if is_set:
            return {str(each).casefold() for each in declared} == {str(each).casefold() for each in there}
        return len(declared) == len(there) and all(map(is_as, declared, there))
    if isinstance(there, str) and there.endswith("..."):
        return str(declared).startswith(there[:-3])
    return declared == there or (not declared and not there)


def _devices(world: World, path: str, _: Any) -> Props:
    rows = [row["entity"] for row in world.call("GET", f"{path}/devices")["data"]]
    return {
        f"{type_}s": [row["id"] for row in rows if row["type"] == type_]
        for type_ in ("linode", "nodebalancer")
    }


def _balanced(world: World, path: str, _: Any) -> Props:
    walls = world.call("GET", f"{path}/firewalls")["data"]
    found = [
        {**row, "nodes": world.call("GET", f"{path}/configs/{row['id']}/nodes")["data"]}
        for row in world.call("GET", f"{path}/configs")["data"]
    ]
    return {
        "firewall_id": walls[0]["id"] if walls else 0,
        "configs": sorted(found, key=lambda row: int(row["port"])),
    }


def _range(world: World, path: str, _: Any) -> Props:
    range_, rows = (
        path.rpartition("/")[2].replace("%3A", ":").partition("%2F")[0],
        world.call("GET", RANGES)["data"],
    )
    [row] = [each for each in rows if each["range"] == range_]
    return {"route_target": row["route_target"], "prefix_length": row["prefix"]}


def _of_a_server(world: World, path: str, row: Any) -> Props:
    walls, profiles = (world.call("GET", f"{path}/{what}")["data"] for what in ("firewalls", "configs"))
    return {
        "firewall_id": walls[0]["id"] if walls else 0,
        "booted": row["status"] == "running",
        "kernel": profiles[0]["kernel"] if profiles else None,
        "private_ip": any(each.startswith("192.168.") for each in row["ipv4"]),
        "placement_group": (row.get("placement_group") or {}).get("id", 0),
        "backups_enabled": row["backups"]["enabled"],
    }


MORE: Mapping[str, Callable[[World, str, Any], Props]] = {
    "Firewall": _devices,
    "NodeBalancer": _balanced,
    "IPv6Range": _range,
    "Instance": _of_a_server,
    "ReservedIP": lambda _world, _path, row: {"linode_id": (row.get("assigned_entity") or {}).get("id", 0)},
    "Image": lambda _world, _path, row: {
        "replica_regions": [each["region"] for each in row["regions"]],
        "cloud_init": "cloud-init" in row["capabilities"],
    },
    "VolumeAttachment": lambda _world, _path, row: {"volume_id": row["id"]},
}
"""By kind, what its own record does not say in the words of its inputs."""
