"""An answer of another shape than the API's is an error, and never counts as none of what was asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from providers.linode.api.client import MOST_READS, LinodeClient
from providers.linode.api.errors import ApiUnreachable
from providers.linode.core.runtime import Session
from providers.linode.resources import guards
from providers.linode.resources.instance.account_lookups import AccountLookups
from tests.sessions import NOWHERE
from tests.wire import Answer, ScriptedServer

Ask = Callable[[LinodeClient], object]


def over(client: LinodeClient) -> Session:
    session = Session(NOWHERE)
    session.client = client
    return session


def row(**values: object) -> dict[str, object]:
    return {"data": [values], "page": 1, "pages": 1, "results": 1}


QUESTIONS: dict[str, tuple[Ask, list[object], object, object]] = {
    "interfaces": (
        lambda client: client.interfaces(7),
        [{}, {"interfaces": None}, {"interfaces": {}}, {"interfaces": ["x"]}, {"interfaces": [{"public": {}}]}],
        {"interfaces": [{"id": 1, "public": {}}]},
        [{"id": 1, "public": {}}],
    ),
    "network helper": (
        lambda client: client.network_helper(7),
        [{}, {"network_helper": [True]}, {"network_helper": None}],
        {"network_helper": False},
        False,
    ),
    "default firewalls": (
        lambda client: guards.defaults(over(client)),
        [{}, {"default_firewall_ids": None}, {"default_firewall_ids": []}, {"default_firewall_ids": {"linode": "x"}}],
        {"default_firewall_ids": {"linode": 7, "vpc_interface": None}},
        {"linode": 7, "vpc_interface": None},
    ),
    "newest event": (
        lambda client: client.newest_event(),
        [{}, {"data": None}, {"data": {}}, {"data": ["x"]}],
        {"data": [], "page": 1, "pages": 1, "results": 0},
        None,
    ),
    "subnets": (
        lambda client: AccountLookups(client).subnets,
        [row(id=1), row(id=1, subnets=None), row(id=1, subnets={}), row(id=1, subnets=["x"])],
        row(id=1, region="de-fra-2", subnets=[]),
        {},
    ),
    "backups": (
        lambda client: AccountLookups(client)._read_backups(7),
        [
            {},
            {"automatic": None, "snapshot": None},
            {"automatic": [], "snapshot": []},
            {"automatic": ["x"], "snapshot": {"current": None, "in_progress": None}},
        ],
        {"automatic": [], "snapshot": {"current": None, "in_progress": None}},
        [],
    ),
    "users": (
        lambda client: {*(AccountLookups(client).users or ())},
        [row(), row(username=None), row(username=7)],
        row(username="deploy"),
        {"deploy"},
    ),
    "devices": (
        lambda client: client.devices(7),
        [row(id=1), row(id=1, entity=None), row(id=1, entity=[])],
        {"data": [], "page": 1, "pages": 1, "results": 0},
        [],
    ),
    "configuration profiles": (
        lambda client: client.configs(7),
        [row(id=1), row(id=1, kernel="k", helpers={}, interfaces=None), row(id=1, kernel="k", interfaces=[])],
        {"data": [], "page": 1, "pages": 1, "results": 0},
        [],
    ),
    "disks": (
        lambda client: client.disks(7),
        [row(id=1), row(id=1, size=1, filesystem=None), row(id=1, size="x", filesystem="swap")],
        {"data": [], "page": 1, "pages": 1, "results": 0},
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "wrong"), [(name, wrong) for name, (_, shapes, *_) in QUESTIONS.items() for wrong in shapes]
)
def test_another_shape_is_one_line(name: str, wrong: object) -> None:
    ask = QUESTIONS[name][0]
    with ScriptedServer(*[Answer(200, wrong)] * MOST_READS) as server:
        with pytest.raises(ApiUnreachable, match="the API's answer .*Next: try again") as caught:
            ask(LinodeClient(server.transport()))

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_right_shape_is_read_also_after_another_one(name: str) -> None:
    ask, (wrong, *_), right, value = QUESTIONS[name]
    with ScriptedServer(Answer(200, wrong), Answer(200, right)) as server:
        assert ask(LinodeClient(server.transport())) == value
