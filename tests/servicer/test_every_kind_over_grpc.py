"""What holds for every kind, whatever is declared of it: inputs are drawn by the kind's own Spec.

An input takes those words and numbers of a common pool that its form takes; what the check then says does not go
together is left out. So a new kind is here with the line that says what one of it can't do without.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from hypothesis import Phase, assume, given, settings, strategies as st

from emulators.linode_api.core.faults import FAILURES, KINDS
from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import SPECS, LinodeProvider
from tests.servicer.test_half_made_over_grpc import failed_detail
from tests.servicer.test_lost_answers_over_grpc import KEY, OWN, RULE, STOPS
from tests.servicer.world import PLANTED, World
from tests.servicer_process import Props, Servicer
from tests.state_folder import state_with

NONE = 1
NUMBERS = count(1)
TEXTS = (
    "web", "Other-1", "two words", "de-fra-2", "gb-lon", "linode/debian12", "linode/debian13", "g6-standard-1",
    "ops@a.example", "Shop.a.example", "192.0.2.7", "2001:db8::7", "10.0.8.0/24", "192.0.2.0/24", "2001:db8::/64",
    "#!/bin/sh\necho\n", KEY, KEY.replace("IIII web", "IIIJ me"), PLANTED, f"{PLANTED}-too", "22, 8000-8080",
)  # fmt: skip
WHOLE = (1, 3, 5, 25, 40, 300, 3601)
PORTS: Mapping[int, Props] = {
    number: {"port": number, "protocol": "tcp", "nodes": [{"address": f"192.168.130.{number % 9}:{number}"}]}
    for number in (80, 443, 8080)
}
ROWS: Mapping[str, list[object]] = {
    "inbound": [[RULE], [{**RULE, "ports": "443", "label": "web"}, RULE]],
    "outbound": [[RULE]],
    "configs": [[PORTS[80]], [PORTS[80], PORTS[443]], [{**PORTS[8080], "check": "connection"}]],
    "interfaces": [[{"purpose": "public"}], [{"purpose": "public"}, {"purpose": "vlan", "label": "back"}]],
    "alerts": [{"cpu": 50}, {"cpu": 60, "io": 5000}],
}
"""By input, lists of maps and maps, which no pool of words makes."""

APART = (
    "adopt", "timeouts", "wait_for", "replace_on", "final_snapshot", "boot_config_label", "stackscript_data", "rdns",
)  # fmt: skip
"""What says how things are done, or names what the account, or the world, would have to have."""

FEW = max(2, settings().max_examples // 100)
"""Examples of each kind: every one makes some in the account."""

UNSHRUNK = (Phase.explicit, Phase.generate)
"""A failure is told as it was found: a smaller one would take minutes to look for."""

OVERCOME = tuple(kind for kind in KINDS if kind not in STOPS)

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
        self.there = self.ids()
        self.id, self.outs, self.inputs = "", Props(), Props()

    def command(self) -> Servicer:
        return self.world.next_command(self.shared, self.kind)

    def drawn(self, data: st.DataObject) -> Props:
        """What can be declared of it now, of what is drawn."""
        free = {name: found for name in self.spec.fields if (found := candidates(self.kind, name))}
        names = data.draw(st.lists(st.sampled_from(sorted(free)), max_size=4, unique=True))
        wanted = {name: data.draw(st.sampled_from(free[name])) for name in names}
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
        rows: Any = self.world.call("GET", self.spec.within(self.own).path)["data"]
        return {str(row.get("id") or row.get("address") or row["range"]) for row in rows}

    def unlike(self, declared: Props) -> object:
        """What the account has otherwise than declared, by its own words; nothing where it is the only one, and so."""
        spec = self.spec.within(declared)
        if not self.ids() - self.there <= {self.id}:
            return f"there are {self.ids()} where there were {self.there}"
        row = self.world.call("GET", spec.record_path(self.id))
        found = {}
        for name, value in spec.args.normal(declared).items():
            there: Any = row
            for part in (spec.fields[name].key or name).split("."):
                there = there.get(part) if isinstance(there, Mapping) else None
            field = spec.fields[name]
            if (
                isinstance(there, (str, int))
                and field.takes.how in ("in place", "recreated")
                and not field.policy
            ):
                seen = spec.args.normalised(name, there)
                is_cut = str(seen).endswith("...") and str(value).startswith(str(seen)[:-3])
                if seen != value and not is_cut:  # a StackScript's description is told in part
                    found[name] = (seen, value)
        return found or None


@pytest.fixture(scope="module")
def shared(served: LocalApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servicer]:
    backend = state_with(tmp_path_factory.mktemp("backend"), stack="local")
    with Servicer(LinodeProvider("Firewall"), World(served).config, backend) as servicer:
        yield servicer


@pytest.mark.parametrize("kind", EACH)
@settings(max_examples=FEW, phases=UNSHRUNK)
@given(data=st.data())
def test_after_any_changes_the_account_is_as_declared_and_nothing_is_left_to_do(
    api: LocalApi, shared: Servicer, kind: str, data: st.DataObject
) -> None:
    one = One(api, shared, kind)
    for _ in range(data.draw(st.integers(1, 3), label="ups")):
        declared = one.drawn(data)
        one.up(declared)

        assert one.differences(declared) is None
        one.refresh()
        assert one.differences(declared) is None
        assert one.unlike(declared) is None


faults = st.builds(
    lambda kind, early, method, skip: {
        "kind": kind, "method": method, "after_commit": not early and kind in ("cut", *FAILURES), "skip": skip,
    },
    st.sampled_from(OVERCOME), st.booleans(), st.sampled_from(("POST", "PUT", "DELETE", "GET")), st.integers(0, 3),
)  # fmt: skip
"""The first one to be tried cuts the answer to what makes it."""


@pytest.mark.parametrize("kind", EACH)
@settings(max_examples=FEW, phases=UNSHRUNK)
@given(data=st.data(), fault=faults)
def test_whatever_call_meets_a_fault_it_ends_with_exactly_what_was_declared(
    api: LocalApi, shared: Servicer, kind: str, data: st.DataObject, fault: Props
) -> None:
    # of what the account takes twice, nothing tells of the second one (docs/reliability.md)
    assume(SPECS[kind].identity.unique or (fault["kind"], fault["method"]) != ("twice", "POST"))
    one = One(api, shared, kind)
    for _ in range(2):
        declared = one.drawn(data)
        api.set_faults({**fault, "times": 1, "delay_s": 0.1})
        try:
            one.up(declared)
        except grpc.RpcError:
            api.set_faults()
            one.up(declared)
        finally:
            api.set_faults()

        assert one.differences(declared) is None
        assert one.unlike(declared) is None
