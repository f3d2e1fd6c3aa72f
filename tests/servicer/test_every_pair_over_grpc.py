"""What a preview promises of a change, `up` keeps: for every input of every kind and every pair of its states.

Each pair has a resource of its own. A preview is check and diff; what was told is held against what the account shows,
and a second preview says nothing, neither at once nor after a refresh.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, permutations
from typing import Any

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.core.args import Args
from providers.linode.core.owner import Owner
from providers.linode.provider import SPECS, LinodeProvider
from tests.servicer.pair_states import KINDS, THINGS, states_of
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer

NONE = 1
NUMBERS = count(1)
QUICK = ("swap_size", "backups", "image not declared")
"""Of Instance's, those of `make test`; the others take minutes."""

REFUSED: Mapping[tuple[str, str], list[tuple[int, int]]] = {
    ("Instance", "type"): [(1, 0), (2, 0), (2, 1)],
    ("Instance", "resize_disk"): [(1, 0)],
    ("Instance", "region and backups"): [(0, 2), (1, 2)],
    ("Instance", "image rebuilt"): [(0, 2), (1, 2), (2, 1)],
    ("Instance", "swap_size"): [(0, 1), (1, 2), (1, 3), (2, 1), (3, 1)],
    ("Instance", "backups"): [(1, 2), (4, 2)],
    ("Instance", "private_ip"): [(1, 2)],
    ("Instance", "allow_downtime"): [(0, 2), (1, 2), (2, 0), (2, 1)],
    ("Volume", "all at once"): [(1, 0), (2, 0), (2, 1)],
    ("Volume", "size"): [(2, 1)],
    ("StackScript", "is_public"): [(1, 2)],
    ("NodeBalancer", "protocol"): [(1, 7), (2, 7), (10, 7)],
    ("NodeBalancer", "check"): [(2, 13), (3, 12), (3, 13), (4, 11), (4, 12), (4, 13), (6, 13), (7, 13), (8, 13),
                                (10, 12), (10, 13)],
}  # fmt: skip
"""Changes that a preview refuses, by the places of their states: disks that don't fit, a consent that lacks, what never
shrinks or is for good, and what doesn't go with what a port keeps.
"""

POWER = ("boot", "reboot", "shutdown", "resize", "migrate", "rebuild", "password")


@dataclass
class Pair:
    """One resource that is to go from one state to another; each method is a command with a process of its own."""

    world: World
    kind: str
    old: Props
    new: Props
    refused: str = ""
    broken: str = ""
    things: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.name = f"pair-{next(NUMBERS)}"

    def inputs(self, state: Props) -> Props:
        owner = Owner(self.world.uuid, "fleet", "local", self.name).as_props()
        label = {"label": "{name}-own"} if "label" in SPECS[self.kind].fields else {}
        made = {**label, **KINDS[self.kind].own, **state}
        is_left_out = self.kind != "Instance"
        made = {key: value for key, value in made.items() if value is not None or not is_left_out}
        return {**self.filled(made), "owner": owner}

    def filled(self, value: Any) -> Any:
        """The value with what is made by hand for it."""
        if isinstance(value, dict):
            return {key: self.filled(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        if not isinstance(value, str):
            return value
        if whole := re.fullmatch("{([a-z ]+)}", value):
            return self.thing(whole[1])
        return re.sub("{([a-z ]+)}", lambda part: str(self.thing(part[1])), value)

    def thing(self, name: str) -> object:
        if name == "name":
            return self.name
        if name not in self.things:
            make = THINGS[name.removeprefix("other").strip() or "linode"]
            self.things[name] = make(self.world, f"{self.name}-{name.replace(' ', '-')}")
        return self.things[name]

    def create(self, servicer: Servicer) -> None:
        self.olds, failures = servicer.check(self.inputs(self.old))
        if failures:
            self.broken = f"the first state is refused: {failures}"
            return
        try:
            self.id, self.outs = servicer.create(self.olds)
        except grpc.RpcError as error:
            self.broken = f"the first state passes the preview, and fails: {error.details()}"

    def change(self, servicer: Servicer) -> None:
        if self.broken:
            return
        before = self.there()
        self.news, failures = servicer.check(self.inputs(self.new), self.olds)
        if failures:
            self.refused = " ".join(reason for _, reason in failures)
            return
        answer = servicer.diff(self.id, self.outs, self.news)
        told, seen = self.told(servicer), self.last_request()
        try:
            if answer.replaces:
                self.broken = "" if told["op"] == "replace" else f"a replacement is told as {told}; "
                self.replace(servicer, is_first=answer.deleteBeforeReplace)
                return
            if answer.changes != NONE:
                self.outs = servicer.update(self.id, self.outs, self.news, olds=self.olds)
        except grpc.RpcError as error:
            self.broken += f"passes the preview, and fails: {error.details()}"
            return
        if self.kind == "Instance":
            self.broken += "; ".join(self.differences(told, before, self.there(), self.requests(seen)))

    def replace(self, servicer: Servicer, *, is_first: bool) -> None:
        """In the order of an engine, which checks the new one as if there were none."""
        old = self.id, self.outs
        self.news, failures = servicer.check(self.inputs(self.new))
        if failures:
            self.broken += f"the new one is refused: {failures}"
            return
        if is_first:
            servicer.delete(*old)
        self.id, self.outs = servicer.create(self.news)
        if not is_first:
            servicer.delete(*old)

    def again(self, servicer: Servicer) -> None:
        """Says nothing, neither at once nor after a refresh."""
        if self.refused or self.broken:
            return
        checked, failures = servicer.check(self.news, self.news)
        if failures or servicer.diff(self.id, self.outs, checked).changes != NONE:
            self.broken = f"a second preview says {failures or 'a change'}"
            return
        id_, outs, inputs = servicer.read(self.id, self.outs)
        if not id_:
            self.broken = "a refresh says that it is gone"
            return
        checked, failures = servicer.check(self.news, inputs)
        if failures or servicer.diff(self.id, outs, checked).changes != NONE:
            found = {
                key: (inputs.get(key), self.news[key])
                for key in self.news
                if inputs.get(key) != self.news[key]
            }
            self.broken = f"after a refresh it says {failures or found}"

    def told(self, servicer: Servicer) -> Props:
        nothing: Props = {"op": "update", "level": "none", "destroys": [], "seconds_off": None}
        rows = [row for row in servicer.effects() if str(row["urn"]).endswith(f"::{self.name}")]
        return rows[-1] if rows else nothing

    def there(self) -> Props:
        """What can be lost: disks, addresses, and whether there are backups."""
        if self.kind != "Instance":
            return {}
        path = f"/linode/instances/{self.id}"
        linode = self.world.call("GET", path)
        disks: Any = self.world.call("GET", f"{path}/disks")["data"]
        ipv4: Any = self.world.call("GET", f"{path}/ips")["ipv4"]
        backups: Any = linode["backups"]
        return {
            "disks": sorted(disk["id"] for disk in disks),
            "addresses": [
                row["address"] for row in (*ipv4["public"], *ipv4["private"]) if is_answered(linode, row)
            ],
            "backups": backups["enabled"],
            "region": linode["region"],
            "status": linode["status"],
        }

    def last_request(self) -> int:
        if self.kind != "Instance":
            return 0
        return max(int(row["id"]) for row in self.world.api.requests())

    def requests(self, seen: int) -> list[str]:
        """The power actions on this one since."""
        rows = self.world.api.requests(seen)
        paths = [str(row["path"]).split("/") for row in rows if row["method"] == "POST"]
        return [path[-1] for path in paths if self.id in path and path[-1] in POWER]

    def differences(self, told: Props, before: Props, after: Props, power: list[str]) -> Iterator[str]:
        destroys: Any = told["destroys"]
        lost = {
            "disks": before["disks"] != after["disks"],
            "addresses": not set(before["addresses"]) <= set(after["addresses"]),  # type: ignore[call-overload]
            "backups": before["backups"] and (not after["backups"] or before["region"] != after["region"]),
        }
        if found := [part for part, gone in lost.items() if bool(gone) != (part in destroys)]:
            yield f"{found} lost or not, told {destroys}"
        off = told["level"] in ("power off", "data loss") and destroys != ["backups"]
        started_only = power == ["boot"]
        if off != (bool(power) and not started_only and before["status"] == "running"):
            yield f"{power or 'no power action'}, told {told['level']}"
        if self.new.get("booted") is None and "disks" not in destroys and before["status"] != after["status"]:
            yield f"{before['status']} before, {after['status']} afterwards"


def is_answered(linode: Props, address: Props) -> bool:
    """Whether the Linode can be reached there: it keeps the address of an interface that is gone."""
    return linode["interface_generation"] != "linode" or address["interface_id"] is not None


@dataclass(frozen=True)
class Case:
    """The pairs of some states of an input."""

    kind: str
    name: str

    def places(self) -> list[tuple[int, int]]:
        return list(permutations(range(len(states_of(self.kind)[self.name])), 2))

    def some(self) -> list[tuple[int, int]]:
        """One of each input, and of many a third: from a state to the next one."""
        last = len(states_of(self.kind)[self.name])
        return [(number, (number + 1) % last) for number in range(0, last, 3)]


ALL = [Case(kind, name) for kind in KINDS for name in states_of(kind)]


def failed(api: LocalApi, cases: Mapping[Case, Sequence[tuple[int, int]]]) -> list[str]:
    """What became of these pairs and should not have; also which of them were refused by mistake, or were not."""
    pairs: dict[Case, dict[tuple[int, int], Pair]] = {}
    for case, places in cases.items():
        world, states = World(api), states_of(case.kind)[case.name]
        pairs[case] = {(old, new): Pair(world, case.kind, states[old], states[new]) for old, new in places}
    for command in (Pair.create, Pair.change, Pair.again):
        with (
            Servicer(LinodeProvider("Instance"), World(api).config) as servicer,
            ThreadPoolExecutor(4) as pool,
        ):
            for case, each in pairs.items():
                list(pool.map(command, each.values(), served(servicer, case, each.values())))
    found: list[str] = []
    for case, each in pairs.items():
        for place, pair in each.items():
            is_meant = place in REFUSED.get((case.kind, case.name), ())
            if pair.broken or bool(pair.refused) != is_meant:
                why = pair.broken or pair.refused or "is not refused"
                found.append(f"{case.kind} {case.name} {place}: {pair.old} -> {pair.new}: {why}")
    return found


def served(servicer: Servicer, case: Case, pairs: Iterable[Pair]) -> list[Servicer]:
    """The same process for each of these resources."""
    found: list[Servicer] = []
    for pair in pairs:
        provider = LinodeProvider(case.kind)
        provider.account = pair.world.account  # type: ignore[attr-defined]  # another text, so that it is configured again
        urn = f"urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{case.kind}::{pair.name}"
        if not found:
            servicer.serve(provider, pair.world.config, urn)
        other = copy.copy(servicer)
        other._urn = urn
        found.append(other)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_preview_keeps_its_word_between_some_states_of_every_input(api: LocalApi, kind: str) -> None:
    quick = [case for case in ALL if case.kind == kind and (kind != "Instance" or case.name in QUICK)]

    assert failed(api, {case: case.some() for case in quick}) == []


@pytest.mark.all
@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.kind} {case.name}") for case in ALL])
def test_a_preview_keeps_its_word_for_every_pair_of_states(api: LocalApi, case: Case) -> None:
    assert failed(api, {case: case.places()}) == []


def test_every_input_of_every_kind_is_among_them() -> None:
    assert KINDS.keys() == SPECS.keys()
    for kind, table in KINDS.items():
        found = {
            key for states in (*states_of(kind).values(), [table.own]) for state in states for key in state
        }
        assert set(SPECS[kind].fields) - set(Args.fields()) - found - table.apart == set(), kind
