"""An answer that leaves something out says nothing of it."""

from __future__ import annotations

import pytest

from providers.linode.api.records import Linode
from providers.linode.core.owner import Owner
from providers.linode.core.spec import changed_tags
from providers.linode.resources.instance.spec import SPEC, has_backups

OWNER = Owner("2BBC4467", "fleet", "dev", "web-1")
ROW = {"id": 1, "label": "web-1", "status": "running", "region": "de-fra-2"}


def test_tags_that_are_not_told_are_not_written_unless_they_are_declared() -> None:
    untold, told = Linode.read(ROW), Linode.read({**ROW, "tags": ["theirs"]})

    assert changed_tags(untold, None, OWNER) is None
    assert changed_tags(untold, ["mine"], OWNER) == ["mine", OWNER.tag()]
    assert changed_tags(told, None, OWNER) == ["theirs", OWNER.tag()]


@pytest.mark.parametrize(
    ("answer", "has"),
    [
        ({}, True),
        ({"backups": {"schedule": {"day": None, "window": None}}}, True),
        ({"backups": {"enabled": True}}, True),
        ({"backups": {"enabled": False}}, False),
    ],
)
def test_backups_that_are_not_told_are_what_the_state_says(answer: dict[str, object], has: bool) -> None:
    state = {"backups_enabled": True, "backups": {"enabled": True}}

    assert has_backups(SPEC.before(state, Linode.read({**ROW, **answer}))) is has
