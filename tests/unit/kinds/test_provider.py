"""What the one provider of all kinds keeps when something fails between its steps."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from pulumi.dynamic import ResourceProvider

from providers.linode.api.errors import ApiUnreachable
from providers.linode.api.patience import LONGEST_S, Waited
from providers.linode.api.records import Linode
from providers.linode.core import adoption, diff, runtime
from providers.linode.core.spec import Checking
from providers.linode.provider import LinodeProvider
from providers.linode.resources import volume
from providers.linode.resources.account import AccountProvider
from tests import sessions
from tests.sessions import OWNER

PROPS: dict[str, Any] = {
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "label": "web-1",
    "owner": OWNER.as_props(),
}
ROW = {"id": 7, "label": "web-1", "type": "g6-nanode-1", "region": "de-fra-2", "status": "running"}


def unreachable(*_: object, **__: object) -> Any:
    raise ApiUnreachable("the catalogs can't be reached", did_nothing=True)


def test_what_was_made_keeps_its_id_when_the_catalogs_fail_right_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = sessions.prepared({"/linode/instances/7": ROW})
    monkeypatch.setattr(runtime, "of_owner", lambda _: session)
    monkeypatch.setattr(adoption, "find_or_make", lambda *_: Linode.model_validate(ROW))
    monkeypatch.setattr(diff, "between", unreachable)

    made = LinodeProvider("Instance").create(PROPS)

    assert made.id == "7"
    assert made.outs is not None
    assert made.outs["ready"] is False


def test_a_refresh_keeps_the_cost_that_it_cannot_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    session = sessions.prepared({"/linode/instances": [ROW], "/linode/instances/7": ROW})
    monkeypatch.setattr(runtime, "of_owner", lambda _: session)
    monkeypatch.setattr(session.catalogs, "types", unreachable)

    seen = LinodeProvider("Instance").read("7", {**PROPS, "ready": True, "monthly_usd": 5.0})

    assert (seen.outs or {})["monthly_usd"] == 5.0


CALLS: dict[str, tuple[Any, ...]] = {
    "check": ({}, PROPS),
    "diff": ("7", PROPS, PROPS),
    "create": (PROPS,),
    "read": ("7", PROPS),
    "update": ("7", PROPS, PROPS),
    "delete": ("7", PROPS),
}


@pytest.mark.parametrize(
    "provider", [LinodeProvider("Instance"), AccountProvider()], ids=["Instance", "Account"]
)
@pytest.mark.parametrize("call", CALLS)
def test_all_requests_of_one_call_of_the_engine_share_one_patience(
    monkeypatch: pytest.MonkeyPatch, provider: ResourceProvider, call: str
) -> None:
    left: list[float] = []

    def ask(*_: object) -> Any:
        for _request in range(2):
            waited = Waited("GET /x", sleep=lambda _: None, tell=lambda _: None)
            waited.for_the_api(100, "answer 429")
            left.append(waited.patience.left_s)
        raise ApiUnreachable("the API refuses", did_nothing=True)

    monkeypatch.setattr(runtime, "of_owner", ask)
    monkeypatch.setattr(runtime, "of_stack", ask)
    props: dict[str, Any] = {"stack": "local", "uuid": "A", **PROPS}
    arguments = [props if each is PROPS else each for each in CALLS[call]]

    if call == "update" and isinstance(provider, AccountProvider):
        return  # nothing of it changes
    if call == "diff" and isinstance(provider, AccountProvider):
        assert getattr(provider, call)(*arguments).changes is False
        return
    with suppress(ApiUnreachable):
        getattr(provider, call)(*arguments)

    assert left[:2] == [LONGEST_S - 100, LONGEST_S - 200]


@pytest.mark.parametrize(("generation", "replaces"), [(1, False), (2, True)])
def test_another_generation_replaces_as_an_input_does(generation: int, replaces: bool) -> None:
    """What goes with the old one is no reason to refuse: a smaller plan, a smaller volume."""
    before = {"owner": OWNER.as_props(), "size": 40}
    owner = replace(OWNER, generation=generation)
    check: Checking[Any] = Checking(
        sessions.prepared({}), volume.SPEC.args(region="r", size=20), {}, None, owner, {}, before=before
    )

    assert check.replaces is replaces
    assert bool(list(volume.SPEC.refused(check))) is not replaces
