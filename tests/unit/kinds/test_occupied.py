"""What is deleted before a new one is made has to be empty: that is told at preview."""

from __future__ import annotations

from typing import Any

import pytest

from providers.linode.core import check, runtime
from providers.linode.core.runtime import Session
from providers.linode.resources import placement_group, subnet
from providers.linode.resources.instance import spec as instance
from tests import sessions
from tests.sessions import OWNER

Row = dict[str, Any]
GROUP: Row = {
    "label": "apart", "region": "de-fra-2", "placement_group_type": "anti_affinity:local",
    "placement_group_policy": "strict", "owner": OWNER.as_props(),
}  # fmt: skip
SUBNET: Row = {"vpc_id": 7, "label": "inner", "ipv4": "10.0.1.0/24", "owner": OWNER.as_props()}
LINODE: Row = {
    "type": "g6-nanode-1", "region": "de-fra-2", "label": "web-1", "placement_group": 5,
    "owner": OWNER.as_props(),
}  # fmt: skip
REGION: Row = {"id": "de-fra-2", "country": "de", "status": "ok", "capabilities": ["Placement Group", "VPCs"]}


def session_with(*members: int) -> Session:
    runtime.forget()
    linode = {**LINODE, "id": 31, "status": "running", "tags": [OWNER.tag()], "placement_group": {"id": 5}}
    return sessions.prepared(
        {
            "/placement/groups": [{**GROUP, "id": 5, "members": [{"linode_id": each} for each in members]}],
            "/vpcs": [{"id": 7, "label": "back"}],
            "/vpcs/7/subnets": [{**SUBNET, "id": 9, "linodes": [{"id": each} for each in members]}],
            "/regions": [REGION],
            "/linode/types": [{"id": "g6-nanode-1"}],
            "/linode/instances": [linode],
        }
    )


def group_problems(session: Session, **changed: object) -> list[tuple[str, str]]:
    return [(*each,) for each in check.check(placement_group.SPEC, session, GROUP, {**GROUP, **changed})[1]]


def test_a_placement_group_with_linodes_is_not_recreated() -> None:
    why = (
        "can't change yet: placement group 5 is deleted before the new one is made, which the API refuses as long as "
        "it has Linodes (31 and 32). Next: take them out in a run before, or declare a second group under another "
        "label and move them there."
    )

    assert group_problems(session_with(31, 32), placement_group_policy="flexible") == [
        ("placement_group_policy", why)
    ]


@pytest.mark.parametrize("members", [(), (31,)])
def test_one_that_is_empty_or_changed_in_place_is_fine(members: tuple[int, ...]) -> None:
    changed = {"label": "other"} if members else {"placement_group_policy": "flexible"}

    assert group_problems(session_with(*members), **changed) == []


def test_a_linode_that_this_run_takes_out_is_not_in_it() -> None:
    session = session_with(31)

    assert check.check(instance.SPEC, session, LINODE, {**LINODE, "placement_group": 0})[1] == []
    assert group_problems(session, placement_group_policy="flexible") == []


def test_a_subnet_with_linodes_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("providers.linode.core.engine.tell", lambda text, **_: told.append(text))

    found = check.check(subnet.SPEC, session_with(31, 32), SUBNET, {**SUBNET, "ipv4": "10.0.2.0/24"})[1]

    assert (found, told) == (
        [],
        [
            "subnet 9 is deleted before the new one is made, which the API refuses as long as it has Linodes "
            "(31 and 32): take them out in a run before, unless this run deletes or recreates them first"
        ],
    )
