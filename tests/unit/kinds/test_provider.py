"""What the one provider of all kinds keeps when something fails between its steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from providers.linode.api.errors import ApiUnreachable
from providers.linode.api.records import Linode
from providers.linode.core import adoption, diff, runtime
from providers.linode.core.spec import Checking
from providers.linode.provider import LinodeProvider
from providers.linode.resources import volume
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
