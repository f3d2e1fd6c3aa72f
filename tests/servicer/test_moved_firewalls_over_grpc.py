"""From behind one firewall to behind another one: in one run, in either order, whatever answers are lost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer

NONE = 1
"""DIFF_NONE: nothing to do."""

RULES: Props = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
PLACE: Props = {"type": "g6-nanode-1", "region": "de-fra-2"}
TYPES = {"linodes": "linode", "nodebalancers": "nodebalancer", "interfaces": "linode_interface"}
DEFAULTS = ("linode", "nodebalancer", "public_interface")
ORDERS = ("ab", "ba")
EXCHANGED = ("linodes", "nodebalancers")
"""What the API exchanges the firewall of in one request."""

WRITES = (
    "/linode/instances/*/firewalls",
    "/nodebalancers/*/firewalls",
    "/networking/firewalls/*/devices",
    "/networking/firewalls/*/devices/*",
)


class Guarded(World):
    """An account with one thing of each sort, and what guards it."""

    def __init__(self, api: LocalApi) -> None:
        super().__init__(api)
        self.things: dict[str, int] = {}

    def make(self, default: int | None = None) -> None:
        """One thing of each sort. `default`: the firewall that the account puts them behind."""
        if default is not None:
            ids = dict.fromkeys(DEFAULTS, default)
            self.call("PUT", "/networking/firewalls/settings", {"default_firewall_ids": ids})
        legacy = {**PLACE, "label": "old", "interface_generation": "legacy_config"}
        public: Props = {"public": {}, **({} if default else {"firewall_id": None})}
        linode = {**PLACE, "label": "new", "interface_generation": "linode", "interfaces": [public]}
        new = self.call("POST", "/linode/instances", linode)["id"]
        self.things = {
            "linodes": self.call("POST", "/linode/instances", legacy)["id"],
            "nodebalancers": self.call("POST", "/nodebalancers", {"region": "de-fra-2"})["id"],
            "interfaces": self.call("GET", f"/linode/instances/{new}/interfaces")["interfaces"][0]["id"],
        }

    def firewall(self, label: str) -> int:
        return int(self.call("POST", "/networking/firewalls", {"label": label, "rules": RULES})["id"])

    def walls(self, key: str) -> list[str]:
        """The labels of the firewalls that guard that thing."""
        rows: Any = self.call("GET", "/networking/firewalls")["data"]
        wanted = TYPES[key], self.things[key]
        return [
            row["label"] for row in rows if wanted in [(one["type"], one["id"]) for one in row["entities"]]
        ]


class Two:
    """A stack of two firewalls, a and b, each command in a session of its own."""

    def __init__(self, world: Guarded, servicer: Servicer) -> None:
        self.world, self._servicer = world, servicer
        self._states: dict[str, tuple[str, Props, Props]] = {}
        self.failures: list[tuple[str, str]] = []

    def up(
        self, declared: Mapping[str, Props], order: Sequence[str] = "ab", *, together: bool = False
    ) -> list[str]:
        """What there was something to do for. together: all are checked before the first is changed."""
        self._begin()
        checked = {name: self._check(name, declared[name]) for name in order} if together else {}
        return [
            name
            for name in order
            if name in declared and self._change(name, checked.get(name) or self._check(name, declared[name]))
        ]

    def preview(self, declared: Mapping[str, Props]) -> list[tuple[str, str]]:
        """What is wrong, as (property, reason)."""
        self._begin()
        self.failures = []
        for name in declared:
            self._check(name, declared[name])
        return self.failures

    def id(self, name: str) -> str:
        return self._states[name][0]

    def refresh(self) -> None:
        self._begin()
        for name, (id_, outs, inputs) in self._states.items():
            self._states[name] = self._as(name).read(id_, outs, inputs)

    def _begin(self) -> None:
        token = self.world.api.add_token(self.world.account)
        self._config = {**self.world.config, "linode:token": token}

    def _as(self, name: str) -> Servicer:
        provider = LinodeProvider("Firewall")
        provider.token = self._config["linode:token"]  # type: ignore[attr-defined]  # so that it is configured again
        urn = f"urn:pulumi:local::fleet::pulumi-python:dynamic/linode:Firewall::{name}"
        return self._servicer.serve(provider, self._config, urn)

    def _check(self, name: str, declared: Props) -> Props:
        owner = Owner(self.world.uuid, "fleet", "local", name).as_props()
        _, _, inputs = self._states.get(name, ("", {}, {}))
        wanted = {**RULES, "label": f"wall-{name}", **declared, "owner": owner}
        checked, failures = self._as(name).check(wanted, inputs)
        self.failures += failures
        return checked

    def _change(self, name: str, checked: Props) -> bool:
        provider = self._as(name)
        if name not in self._states:
            self._states[name] = (*provider.create(checked), checked)
            return True
        id_, outs, inputs = self._states[name]
        if provider.diff(id_, outs, checked).changes == NONE:
            return False
        self._states[name] = (id_, provider.update(id_, outs, checked, olds=inputs), checked)
        return True


@pytest.fixture
def world(api: LocalApi) -> Guarded:
    return Guarded(api)


@pytest.fixture
def two(world: Guarded, provider: Servicer) -> Iterator[Two]:
    made = Two(world, provider)
    yield made
    assert made.failures == []


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("key", TYPES)
def test_either_order_ends_behind_the_other_one_alone(
    world: Guarded, two: Two, key: str, order: str, together: bool
) -> None:
    world.make()
    there: Props = {key: [world.things[key]]}
    gone: Props = {key: []}
    two.up({"a": there, "b": gone})

    moved = two.up({"a": gone, "b": there}, order, together=together)
    first = world.walls(key)
    again = two.up({"a": gone, "b": there}, order)
    two.refresh()
    refreshed = two.up({"a": gone, "b": there}, order)
    back = two.up({"a": there, "b": gone}, order, together=together)

    assert (sorted(moved), first) == (["a", "b"], ["wall-b"])
    assert (again, refreshed) == ([], [])
    assert (sorted(back), world.walls(key)) == (["a", "b"], ["wall-a"])


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("key", EXCHANGED)
def test_what_is_exchanged_is_never_without_a_firewall(
    world: Guarded, two: Two, key: str, order: str, together: bool
) -> None:
    """Where the engine has not asked for the other one yet, the program has told of it."""
    world.make()
    two.up({"a": {key: [world.things[key]]}, "b": {key: []}})
    before = len(world.writes())
    others: Props = {} if together else {"others": json.dumps({key: [str(world.things[key])]})}

    two.up({"a": {key: [], **others}, "b": {key: [world.things[key]]}}, order, together=together)

    path = f"/v4/{'linode/instances' if key == 'linodes' else key}/{world.things[key]}/firewalls"
    assert world.writes()[before:] == [f"PUT {path}"]


@pytest.mark.parametrize("order", ORDERS)
def test_two_that_exchange_what_they_guard(world: Guarded, two: Two, order: str) -> None:
    world.make()
    first, second = ({key: [world.things[key]]} for key in EXCHANGED)
    none: Props = {key: [] for key in EXCHANGED}
    two.up({"a": {**none, **first}, "b": {**none, **second}})

    two.up({"a": {**none, **second}, "b": {**none, **first}}, order)

    assert [world.walls(key) for key in EXCHANGED] == [["wall-b"], ["wall-a"]]


@pytest.mark.parametrize(("kind", "after_commit"), [("cut", False), ("cut", True), ("garbled", False)])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("key", TYPES)
def test_a_lost_answer_is_settled_in_the_same_run(
    world: Guarded, two: Two, key: str, order: str, kind: str, after_commit: bool
) -> None:
    world.make()
    there: Props = {key: [world.things[key]]}
    two.up({"a": there, "b": {key: []}})
    writes = ({"method": method, "path": path} for method in ("PUT", "POST", "DELETE") for path in WRITES)
    world.api.set_faults(
        *({**each, "kind": kind, "after_commit": after_commit, "times": 1} for each in writes)
    )

    two.up({"a": {key: []}, "b": there}, order)

    fired = [rule["path"] for rule in world.api.api.faults.report() if rule["fired"]]
    world.api.set_faults()
    assert fired
    assert world.walls(key) == ["wall-b"]
    assert two.up({"a": {key: []}, "b": there}) == []


@pytest.mark.parametrize("key", TYPES)
def test_where_the_other_one_can_not_take_it_it_stays_guarded(world: Guarded, two: Two, key: str) -> None:
    world.make()
    there: Props = {key: [world.things[key]]}
    two.up({"a": there, "b": {key: []}})
    refused = {"kind": "busy", "times": 99}
    world.api.set_faults(
        {**refused, "method": "PUT", "path": WRITES[0]},
        {**refused, "method": "PUT", "path": WRITES[1]},
        {**refused, "method": "POST", "path": f"/networking/firewalls/{two.id('b')}/devices"},
    )

    with pytest.raises(grpc.RpcError):
        two.up({"a": {key: []}, "b": there}, together=True)

    world.api.set_faults()
    assert world.walls(key) == ["wall-a"]
    two.up({"a": {key: []}, "b": there}, together=True)
    assert world.walls(key) == ["wall-b"]


@pytest.mark.parametrize("is_made", [False, True])
@pytest.mark.parametrize("key", TYPES)
def test_the_accounts_default_firewall_gives_way(world: Guarded, two: Two, key: str, is_made: bool) -> None:
    world.make(world.firewall("default"))
    if is_made:
        two.up({"a": {key: []}})

    two.up({"a": {key: [world.things[key]]}})

    assert world.walls(key) == ["wall-a"]
    assert two.up({"a": {key: [world.things[key]]}}) == []


@pytest.mark.parametrize("key", TYPES)
def test_a_disabled_one_stands_beside_the_one_in_force(world: Guarded, two: Two, key: str) -> None:
    world.make()
    there: Props = {key: [world.things[key]]}
    two.up({"a": {key: []}, "b": {"status": "disabled", **there}})

    two.up({"a": there, "b": {"status": "disabled", **there}})
    beside = world.walls(key)
    two.up({"a": {"status": "disabled", **there}, "b": {"status": "enabled", **there}})
    turned = two.up({"a": {"status": "disabled", **there}, "b": {"status": "enabled", **there}})

    assert (beside, turned) == (["wall-a", "wall-b"], [])
    assert world.walls(key) == ["wall-a", "wall-b"]


@pytest.mark.parametrize("key", TYPES)
def test_two_in_force_for_one_thing_are_refused_at_preview(
    world: Guarded, provider: Servicer, key: str
) -> None:
    world.make()
    id_ = world.things[key]
    there: Props = {key: [id_]}

    wrong = Two(world, provider).preview({"a": there, "b": there})

    assert wrong == [
        (
            key,
            f"has {id_}, as 'a' in this program has: one enabled firewall guards it. Next: leave it to one of them.",
        )
    ]


@pytest.mark.parametrize("key", TYPES)
def test_whose_firewall_loses_it_is_told_at_preview(world: Guarded, key: str) -> None:
    noun = {"linodes": "Linode", "nodebalancers": "NodeBalancer", "interfaces": "interface"}[key]
    default, other = world.firewall("default"), world.firewall("other")
    world.make(default)
    there: Props = {key: [world.things[key]]}
    with Servicer(LinodeProvider("Firewall"), world.config) as first:
        Two(world, first).preview({"a": there})
    world.call("PUT", "/networking/firewalls/settings", {"default_firewall_ids": dict.fromkeys(DEFAULTS)})
    with Servicer(LinodeProvider("Firewall"), world.config) as second:
        Two(world, second).preview({"a": there})

    what = f"takes {noun} {world.things[key]} from behind firewall {default} (default)"
    assert f"{what}, the account's default one" in first.printed
    assert f"{what}, which is not of this stack" in second.printed
    assert ("without rules" in first.printed) is (key == "interfaces")
    assert str(other) not in first.printed


def test_the_same_is_told_of_a_linode_that_names_its_firewall_itself(world: Guarded) -> None:
    default, other = world.firewall("default"), world.firewall("other")
    world.make(default)
    bare = world.inputs(image=None, root_pass=None, interface_generation="legacy_config")
    with Servicer(LinodeProvider("Instance"), world.config) as provider:
        inputs, _ = provider.check(bare)
        id_, outs = provider.create(inputs)
    with Servicer(LinodeProvider("Instance"), world.config) as provider:
        news, failures = provider.check({**bare, "firewall_id": other}, inputs)
        provider.diff(id_, outs, news)
        provider.update(id_, outs, news, olds=inputs)

    assert failures == []
    assert (
        f"takes Linode {id_} from behind firewall {default} (default), the account's default one"
        in provider.printed
    )
    assert [row["id"] for row in world.call("GET", f"/linode/instances/{id_}/firewalls")["data"]] == [other]
