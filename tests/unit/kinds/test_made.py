"""What a run has made is judged by what depends on it as what was there before is, and nobody asks for it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from providers.linode.core.check import ruled
from providers.linode.core.runtime import Session
from providers.linode.provider import SPECS
from tests import sessions
from tests.sessions import Answers, Prepared

Row = dict[str, Any]

LINODE: Row = {
    "id": 5, "label": "web", "status": "running", "region": "gb-lon", "interface_generation": "linode",
    "ipv4": ["192.0.2.5"], "ipv6": "2001:db8::5/128",
}  # fmt: skip
EMPTY: Answers = {
    "/domains": [], "/volumes": [], "/networking/ips": [], "/networking/reserved/ips": [],
    "/regions": [{"id": id_, "capabilities": ["Linodes", "Block Storage"]} for id_ in ("de-fra-2", "gb-lon")],
}  # fmt: skip


@pytest.fixture
def session() -> Session:
    """Whose lists have been read when there was nothing."""
    session = sessions.prepared(EMPTY)
    for kind in ("Instance", "Domain", "Volume"):
        session.rows(SPECS[kind])
    return session


def asked(session: Session) -> list[str]:
    assert isinstance(session.client.transport, Prepared)
    return session.client.transport.asked


def told(session: Session, kind: str, inputs: Mapping[str, object]) -> str:
    spec = SPECS[kind].within(inputs)
    return "; ".join(
        f"{each.field} {each.reason}" for each in ruled(spec, sessions.checking(spec, inputs, session))
    )


@pytest.mark.parametrize(
    ("made", "kind", "inputs", "why"),
    [
        (
            ("Domain", {"id": 7, "domain": "a.example", "type": "slave"}),
            "DomainRecord", {"domain_id": 7, "type": "A", "name": "www", "target": "192.0.2.1"},
            "domain_id names a.example, a slave",
        ),
        (
            ("Instance", LINODE), "Volume", {"label": "data", "region": "de-fra-2", "linode_id": 5},
            "linode_id Linode 5 is in gb-lon, and the volume in de-fra-2",
        ),
        (
            ("Instance", LINODE), "ReservedIP", {"region": "gb-lon", "linode_id": 5},
            "linode_id is 5, which has Linode interfaces",
        ),
        (
            ("Volume", {"id": 6, "label": "data", "region": "de-fra-2", "size": 30}),
            "Volume", {"label": "copy", "region": "de-fra-2", "size": 20, "source_volume_id": 6},
            "size is 20 GB, and its source has 30",
        ),
    ],
)  # fmt: skip
def test_what_was_made_a_moment_ago_is_judged(
    session: Session, made: tuple[str, Row], kind: str, inputs: Row, why: str
) -> None:
    spec = SPECS[made[0]]
    session.made(spec, spec.read(made[1]))

    assert why in told(session, kind, inputs)
    assert f"GET {spec.record_path(made[1]['id'])}" not in asked(session)


@pytest.mark.parametrize("address", ["192.0.2.5", "2001:db8::5"])
def test_its_addresses_are_the_accounts(session: Session, address: str) -> None:
    named = {"address": address, "rdns": "web.example.org"}
    session.made(SPECS["Instance"], SPECS["Instance"].read(LINODE))

    assert told(session, "ReverseDNS", named) == ""

    session.gone(SPECS["Instance"], "5")
    path = SPECS["ReverseDNS"].record_path(address)
    assert session.lacks(path) is False, "the token may not ask"
    assert asked(session)[-1] == f"GET {path}"


def test_what_is_deleted_is_asked_for_again(session: Session) -> None:
    spec = SPECS["Instance"]
    session.made(spec, spec.read(LINODE))
    assert session.known(spec, 5) is not None

    session.gone(spec, "5")

    told(session, "Volume", {"label": "data", "region": "gb-lon", "linode_id": 5})
    assert f"GET {spec.record_path(5)}" in asked(session)


def test_what_was_there_and_is_deleted_is_there_no_more_with_what_came_with_it() -> None:
    spec, address = SPECS["Instance"], "/networking/ips/192.0.2.5"
    there = {**EMPTY, "/linode/instances": [LINODE], address: {"address": "192.0.2.5"}}
    session = sessions.prepared(there)
    assert session.known(spec, 5) is not None
    assert not session.lacks(address)

    session.client.transport.answers |= {address: None, spec.record_path(5): None}  # type: ignore[attr-defined]
    session.gone(spec, "5")

    assert session.known(spec, 5) is None
    assert session.lacks(address)


def test_what_this_run_made_is_not_asked_for_when_something_else_is_deleted(session: Session) -> None:
    spec = SPECS["Instance"]
    session.made(spec, spec.read(LINODE))

    session.gone(spec, "6")

    assert session.known(spec, 5) is not None
    assert not session.lacks("/networking/ips/192.0.2.5")
    assert not [each for each in asked(session) if "/5" in each or ".5" in each]


def test_an_attachment_is_not_taken_for_its_volume(session: Session) -> None:
    attached = SPECS["VolumeAttachment"]
    session.made(attached, attached.read({"id": 6, "linode_id": 5, "region": "de-fra-2"}))

    session.client.transport.answers |= {"/volumes/6": {"id": 6, "label": "data", "size": 30}}  # type: ignore[attr-defined]
    found = session.known(SPECS["Volume"], 6)

    assert found is not None
    assert found.size == 30
