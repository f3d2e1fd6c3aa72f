"""A StackScript: an edit changes it in place, and says whom it leaves as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from providers.linode.core import check, diff, effects
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking
from providers.linode.core.state_files import TYPE_TOKENS
from providers.linode.resources.stackscript import SPEC
from tests import sessions
from tests.sessions import OWNER, Prepared

Row = dict[str, Any]
DECLARED: Row = {"label": "site", "script": "#!/bin/sh\n", "images": ["linode/debian13"]}
MINE: Row = {**DECLARED, "id": 12, "mine": True, "deployments_active": 3}


@pytest.fixture
def session() -> Session:
    return sessions.prepared({"/linode/stackscripts": [MINE], "/images": [{"id": "linode/debian13"}]})


@pytest.fixture
def fresh() -> Session:
    """Of an account without any."""
    return sessions.prepared({"/linode/stackscripts": [], "/images": [{"id": "linode/debian13"}]})


def problems(session: Session, olds: Row, **changed: object) -> list[Problem]:
    return check.check(SPEC, session, olds, {**DECLARED, "owner": OWNER.as_props(), **changed})[1]


def used(session: Session, **changed: object) -> list[str]:
    news = {**DECLARED, **changed}
    takes = diff.between(SPEC, DECLARED, news, session)
    known = Checking(session, SPEC.args.read(news), news, SPEC.args.read(DECLARED), OWNER, takes)
    return list(SPEC.doubts(known))


@pytest.mark.parametrize("changed", [{"script": "#!/bin/bash\n"}, {"images": ["any/all"]}])
def test_an_edit_says_how_many_linodes_stay_as_they_are(session: Session, changed: Row) -> None:
    assert used(session, **changed) == [
        "3 Linodes were made by StackScript 12 and stay as they are; new ones run what is declared now"
    ]


def test_one_linode_stays_as_it_is() -> None:
    session = sessions.prepared({"/linode/stackscripts": [{**MINE, "deployments_active": 1}]})

    assert used(session, script="#!/bin/bash\n") == [
        "1 Linode was made by StackScript 12 and stays as it is; new ones run what is declared now"
    ]


USERS: tuple[Row, ...] = (
    {"urn": "urn:pulumi:s::p::k::web-1", "inputs": {"stackscript_id": 12.0}},
    {"urn": "urn:pulumi:s::p::k::web-2", "inputs": {"stackscript_id": "12"}},
    {"urn": "urn:pulumi:s::p::k::db-1", "inputs": {"stackscript_id": 13}},
    {"urn": "urn:pulumi:s::p::k::account"},
)


def kept_in(folder: Path, monkeypatch: pytest.MonkeyPatch, *entries: Row) -> None:
    """The stack's state."""
    state = folder / ".pulumi" / "stacks" / "p" / "s.json"
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": entries}}}))
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{folder}")


@pytest.mark.parametrize(
    "there",
    [
        [{**MINE, "script": "#!/bin/sh\necho by hand\n"}],
        [MINE, {**MINE, "id": 13, "deployments_active": 7}],
    ],
    ids=["changed by hand", "another one like it"],
)
def test_it_is_known_by_the_id_that_its_state_has_whatever_there_is(
    there: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"urn": f"urn:pulumi:s::p::k::{OWNER.name}", "type": f"{TYPE_TOKENS}StackScript", "id": "12"}
    kept_in(tmp_path, monkeypatch, own, *USERS)
    session = sessions.prepared({"/linode/stackscripts": there})

    [line] = used(session, script="#!/bin/bash\n")

    assert line.startswith("3 Linodes were made by StackScript 12 and stay as they are: web-1 and web-2")


def test_those_of_the_stack_are_named_by_its_state(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_in(tmp_path, monkeypatch, *USERS)

    [line] = used(session, script="#!/bin/bash\n")

    assert "stay as they are: web-1 and web-2 of this stack; new ones" in line


def test_another_note_concerns_nobody_and_asks_nothing(session: Session) -> None:
    transport = session.client.transport
    assert isinstance(transport, Prepared)

    assert used(session, rev_note="second") == []
    assert transport.asked == []


def test_it_names_an_image_at_least(fresh: Session) -> None:
    for olds in ({}, DECLARED):
        [(field, why)] = problems(fresh, olds, images=[])
        assert (field, why) == ("images", "has none. Next: name an image, or any/all for all.")


def test_nothing_of_it_recreates_it() -> None:
    assert {name for name, each in SPEC.fields.items() if each.takes.replaces} == set()


def test_public_is_for_good(session: Session) -> None:
    made = {**DECLARED, "is_public": False}
    there = {**DECLARED, "is_public": True}

    told = diff.effects(SPEC, session, made, there, diff.between(SPEC, made, there, session))

    assert isinstance(told, effects.Effects)
    assert told.one_way == ["a public StackScript never becomes private"]
    [(field, reason)] = problems(session, there, is_public=False)
    assert (field, "never becomes private" in reason) == ("is_public", True)


def test_images_that_the_account_lacks_are_told_of_new_ones_alone(fresh: Session) -> None:
    gone = {**DECLARED, "images": ["linode/debian9", "linode/debian13"]}

    [(field, reason)] = problems(fresh, {}, images=["linode/debian14", "any/all"])

    assert (field, "has linode/debian14, which is no image of this account" in reason) == ("images", True)
    assert "linode/debian13" in reason
    assert problems(fresh, gone, images=["linode/debian9"]) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("label", "ab"), ("script", "echo"), ("script", ""), ("rev_note", "x" * 513), ("images", "any/all")],
)
def test_what_the_api_would_refuse_is_told_of_its_input(fresh: Session, name: str, value: object) -> None:
    [(field, reason)] = problems(fresh, {}, **{name: value})

    assert (field, "Next: " in reason) == (name, True)


def test_what_it_asks_for_is_an_output() -> None:
    field = {"name": "site", "label": "Name", "oneof": "a,b", "default": "a"}
    record = SPEC.read({**MINE, "user_defined_fields": [field]})

    assert SPEC.outputs(record)["user_defined_fields"] == [
        {"name": "site", "label": "Name", "one_of": "a,b", "default": "a"}
    ]
    assert "deployments_active" not in SPEC.outputs(record)
