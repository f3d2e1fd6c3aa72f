from __future__ import annotations

from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from tests.unit.linode_api.serving import EMPTY, Caller, made, reasons, settled

TYPE = {"placement_group_type": "anti_affinity:local"}


def group(
    caller: Caller, label: str = "spread", policy: str = "strict", region: str = "us-ord"
) -> dict[str, Any]:
    body = {"label": label, "region": region, "placement_group_policy": policy, **TYPE}
    return made(caller.post("/placement/groups", body))


def test_a_linode_shows_its_group_and_the_group_its_members(caller: Caller) -> None:
    spread = group(caller)

    linode = caller.create(**EMPTY, placement_group={"id": spread["id"]})

    assert linode["placement_group"]["label"] == "spread"
    assert caller.get(f"/placement/groups/{spread['id']}").json()["members"] == [
        {"linode_id": linode["id"], "is_compliant": True}
    ]
    assert [
        row["id"] for row in caller.rows("/linode/instances", where={"placement_group.label": "spread"})
    ] == [linode["id"]]
    caller.put(f"/placement/groups/{spread['id']}", {"label": "renamed"})
    assert caller.linode(linode["id"])["placement_group"]["label"] == "renamed"


def test_a_strict_group_takes_five(caller: Caller) -> None:
    spread = group(caller)
    body = {**EMPTY, "placement_group": {"id": spread["id"]}}

    answers = [caller.post("/linode/instances", body) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [400]
    assert reasons(answers[-1])[0][0] == "placement_group.id"


def test_a_group_is_for_its_region_only(caller: Caller) -> None:
    spread = group(caller, region="us-sea")
    linode = caller.create(**EMPTY)

    create = caller.post("/linode/instances", {**EMPTY, "placement_group": {"id": spread["id"]}})
    assign = caller.post(f"/placement/groups/{spread['id']}/assign", {"linodes": [linode["id"]]})

    assert reasons(create)[0][0] == "placement_group.id"
    assert reasons(assign)[0][0] == "linodes"


def test_assign_and_unassign_move_a_linode(caller: Caller) -> None:
    first, second = group(caller, "first"), group(caller, "second", "flexible")
    linode = caller.create(**EMPTY, placement_group={"id": first["id"]})
    wanted = {"linodes": [linode["id"]]}

    taken = caller.post(f"/placement/groups/{second['id']}/assign", wanted)
    not_there = caller.post(f"/placement/groups/{second['id']}/unassign", wanted)
    left = made(caller.post(f"/placement/groups/{first['id']}/unassign", wanted))
    joined = made(caller.post(f"/placement/groups/{second['id']}/assign", wanted))

    assert (taken.status_code, not_there.status_code) == (400, 400)
    assert (left["members"], [one["linode_id"] for one in joined["members"]]) == ([], [linode["id"]])
    assert caller.linode(linode["id"])["placement_group"]["id"] == second["id"]


def test_a_group_with_members_is_not_deleted(caller: Caller, clock: HeldClock) -> None:
    spread = group(caller)
    linode = settled(caller, clock, **EMPTY, placement_group={"id": spread["id"]})

    full = caller.delete(f"/placement/groups/{spread['id']}")
    caller.delete(f"/linode/instances/{linode['id']}")

    assert full.status_code == 400
    assert caller.delete(f"/placement/groups/{spread['id']}").json() == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"region": "us-none"}, "region"),
        ({"region": "us-den-1"}, "region"),
        ({"placement_group_type": "affinity"}, "placement_group_type"),
        ({"placement_group_policy": "loose"}, "placement_group_policy"),
        ({"label": "-"}, "label"),
    ],
)
def test_a_bad_group_is_refused(caller: Caller, change: dict[str, str], field: str) -> None:
    body = {"label": "spread", "region": "us-ord", "placement_group_policy": "strict", **TYPE, **change}

    answer = caller.post("/placement/groups", body)

    assert (answer.status_code, [name for name, _ in reasons(answer)]) == (400, [field])
