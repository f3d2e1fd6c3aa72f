"""What a preview knows of the outputs of a resource that is changed in place: all that the change leaves as it is.

An engine calls nothing for a change in a preview: it takes the checked inputs for outputs, and the rest for unknown.
What is unknown makes a change of everything that uses it, and where that can only be recreated, a replacement.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.output import UNKNOWN, Unknown
from pulumi.runtime import MockResourceArgs, set_mocks

from providers.linode import VPC, Instance, NodeBalancer, ReservedIP, Volume
from providers.linode.core.runtime import Session
from tests import sessions
from tests.sessions import Prepared
from tests.unit.providers.test_base import Engine

Row = dict[str, Any]
LINODE: Row = {
    "id": 31, "status": "running", "type": "g6-nanode-1", "region": "de-fra-2", "label": "web",
    "ipv4": ["198.51.100.7"], "ipv6": "2001:db8::7/128", "specs": {"memory": 1024},
}  # fmt: skip
HELD: sessions.Answers = {
    "/linode/instances": [LINODE],
    "/nodebalancers": [{"id": 31, "label": "web", "hostname": "nb.example", "ipv4": "198.51.100.9"}],
    "/volumes": [{"id": 31, "label": "web", "filesystem_path": "/dev/disk/by-id/web"}],
    "/vpcs": [{"id": 31, "label": "web", "ipv4": [{"range": "10.0.0.0/8"}]}],
    "/networking/reserved/ips": [
        {"address": "198.51.100.4", "region": "de-fra-2", "gateway": "198.51.100.1"}
    ],
}
ADDRESS: Row = {"ipv4": ["198.51.100.7"], "public_ipv4": "198.51.100.7", "ipv6": "2001:db8::7/128"}
ADDRESS |= {"ssh": "ssh root@198.51.100.7"}
SPECS: Row = {"specs": {"disk": 0, "memory": 1024, "vcpus": 0, "gpus": 0, "transfer": 0}}


class Previewing(Engine):
    """Knows an id, and inputs for outputs, as of a change in place, unless told otherwise."""

    def __init__(self, id_: str, **outputs: object) -> None:
        super().__init__()
        self.id, self.outputs = id_, outputs

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, Row]:
        return self.id, {**args.inputs, **self.outputs}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    made = sessions.prepared(HELD)
    monkeypatch.setattr("providers.linode.core.runtime.of_stack", lambda _: made)
    return made


def asked(session: Session) -> list[str]:
    assert isinstance(session.client.transport, Prepared)
    return session.client.transport.asked


def known(
    engine: Engine, make: Callable[[], pulumi.CustomResource], *names: str, preview: bool = True
) -> Row:
    """The outputs of these that a program knows of what it makes."""
    told: list[Row] = []

    def program() -> pulumi.Output[None]:
        made = make()
        shown = {name: getattr(made, name).apply(lambda value: _or_none(value), True) for name in names}
        return pulumi.Output.all(**shown).apply(told.append)

    def all_of_it() -> None:
        set_mocks(engine, preview=preview)
        as_a_test: Any = pulumi.runtime.test
        as_a_test(program)()

    contextvars.copy_context().run(all_of_it)
    return {name: value for name, value in told[0].items() if value is not None}


def _or_none(value: object) -> object:
    return None if isinstance(value, Unknown) else value


def instance(**changed: object) -> Callable[[], Instance]:
    given: Row = {"type": "g6-nanode-1", "region": "de-fra-2", "label": "web", "tags": ["blue"], **changed}
    return lambda: Instance("web", **given)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, {**ADDRESS, **SPECS}),
        ({"private_ip": False, "image": "linode/debian13"}, {**ADDRESS, **SPECS}),
        ({"private_ip": True}, SPECS),
        ({"region": "gb-lon"}, SPECS),
        ({"type": "g6-standard-1"}, ADDRESS),
        ({"interfaces": [{"purpose": "vpc", "subnet_id": UNKNOWN}]}, SPECS),
    ],
)
def test_an_instance_keeps_its_addresses_unless_its_network_changes(
    session: Session, changed: Row, found: Row
) -> None:
    names = ("ipv4", "public_ipv4", "private_ipv4", "ipv6", "ssh", "specs", "status")

    assert known(Previewing("31"), instance(**changed), *names) == found
    assert asked(session) == ["GET /linode/instances"]


@pytest.mark.parametrize(
    ("id_", "make", "found"),
    [
        (
            "31",
            lambda: NodeBalancer("web", region="de-fra-2", tags=["blue"]),
            {"hostname": "nb.example", "ipv4": "198.51.100.9"},
        ),
        (
            "31",
            lambda: Volume("web", region="de-fra-2", label="web"),
            {"filesystem_path": "/dev/disk/by-id/web"},
        ),
        ("31", lambda: Volume("web", region="de-fra-2", label="new"), {}),
        ("31", lambda: VPC("web", region="de-fra-2"), {"ipv4_ranges": ["10.0.0.0/8"]}),
        (
            "198.51.100.4",
            lambda: ReservedIP("web", region="de-fra-2", tags=["blue"]),
            {"address": "198.51.100.4", "gateway": "198.51.100.1"},
        ),
    ],
)
def test_so_does_every_kind(
    session: Session, id_: str, make: Callable[[], pulumi.CustomResource], found: Row
) -> None:
    del session  # of which all this is asked

    assert known(Previewing(id_), make, *(found or ["filesystem_path"])) == found


@pytest.mark.parametrize("engine", [Previewing(""), Previewing("31", **ADDRESS, **SPECS)])
def test_of_what_is_new_or_stays_as_it_is_nothing_is_asked(session: Session, engine: Engine) -> None:
    known(engine, instance(), "public_ipv4", "private_ipv4")  # which the state lacks
    known(Previewing("31"), instance(), "public_ipv4", preview=False)

    assert asked(session) == []


def test_what_is_not_told_to_the_token_stays_unknown(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(session.client.transport, Prepared)
    monkeypatch.setattr(session.client.transport, "answers", {})

    assert known(Previewing("31"), instance(), "public_ipv4") == {}
