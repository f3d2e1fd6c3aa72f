"""What is deleted before a new one is made has to be empty: that is told at preview."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from providers.linode.core import check, runtime
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Spec
from providers.linode.core.state_files import TYPE_TOKENS
from providers.linode.resources import placement_group, subnet, vpc
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


def session_with(*members: int, balancers: Sequence[int] = (), databases: Sequence[int] = ()) -> Session:
    runtime.forget()
    inside = {
        noun: [{"id": each} for each in ids]
        for noun, ids in (("linodes", members), ("nodebalancers", balancers), ("databases", databases))
    }
    linode = {**LINODE, "id": 31, "status": "running", "tags": [OWNER.tag()], "placement_group": {"id": 5}}
    return sessions.prepared(
        {
            "/placement/groups": [{**GROUP, "id": 5, "members": [{"linode_id": each} for each in members]}],
            "/vpcs": [{**VPC, "id": 7, "subnets": [{"id": 9, **inside}, {"id": 10}]}],
            "/vpcs/7/subnets": [{**SUBNET, "id": 9, **inside}],
            "/regions": [REGION, {**REGION, "id": "gb-lon"}],
            "/linode/types": [{"id": "g6-nanode-1"}],
            "/linode/instances": [linode],
        }
    )


def group_problems(session: Session, **changed: object) -> list[tuple[str, str]]:
    return [(*each,) for each in check.check(placement_group.SPEC, session, GROUP, {**GROUP, **changed})[1]]


def test_a_placement_group_with_linodes_is_not_recreated() -> None:
    why = (
        "can't change yet: placement group 5 is deleted before the new one is made, which the API refuses as long as "
        "it has Linodes (31 and 32). Next: take them out in a run before, or declare a second placement group under "
        "another label and move them there."
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


VPC: Row = {"label": "back", "region": "de-fra-2", "owner": OWNER.as_props()}
NETWORKS: dict[str, tuple[Spec[Any, Any], Row, Row]] = {
    "subnet": (subnet.SPEC, SUBNET, {"ipv4": "10.0.2.0/24"}),
    "VPC": (vpc.SPEC, VPC, {"region": "gb-lon"}),
}


def network_problems(session: Session, noun: str, **changed: object) -> list[tuple[str, str]]:
    spec, olds, other = NETWORKS[noun]
    return [(*each,) for each in check.check(spec, session, olds, {**olds, **(changed or other)})[1]]


@pytest.mark.parametrize(("noun", "id_", "field"), [("subnet", 9, "ipv4"), ("VPC", 7, "region")])
def test_a_network_with_linodes_is_not_recreated(noun: str, id_: int, field: str) -> None:
    why = (
        f"can't change yet: {noun} {id_} is deleted before the new one is made, which the API refuses as long as it "
        f"has Linodes (31 and 32). Next: take them out in a run before, or declare a second {noun} under another label "
        "and move them there."
    )

    assert network_problems(session_with(31, 32), noun) == [(field, why)]
    assert network_problems(session_with(31, 32), noun, label="other") == []
    assert network_problems(session_with(), noun) == []


@pytest.mark.parametrize("noun", list(NETWORKS))
def test_a_network_with_what_else_can_be_in_it_is_not_recreated(noun: str) -> None:
    [(_, with_all)] = network_problems(session_with(31, balancers=[5], databases=[6, 7]), noun)
    [(_, with_balancer)] = network_problems(session_with(balancers=[5]), noun)

    assert "as long as it has Linodes (31), NodeBalancers (5) and databases (6 and 7). Next: " in with_all
    assert "as long as it has NodeBalancers (5). Next: " in with_balancer


@pytest.mark.parametrize("noun", list(NETWORKS))
def test_nodebalancers_of_the_stack_are_recreated_with_it_and_go_before_it(
    noun: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep({"type": f"{TYPE_TOKENS}NodeBalancer", "id": "5", "urn": "…::lb"}, folder=tmp_path)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")

    assert network_problems(session_with(balancers=[5]), noun) == []
    assert (
        "as long as it has NodeBalancers (6)" in network_problems(session_with(balancers=[5, 6]), noun)[0][1]
    )


def keep(*resources: Row, folder: Path) -> None:
    """As the stack's state."""
    file = folder / ".pulumi" / "stacks" / OWNER.project / f"{OWNER.stack}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}}))


@pytest.mark.parametrize("noun", list(NETWORKS))
def test_linodes_that_are_recreated_for_its_sake_go_before_it(
    noun: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = {"type": f"{TYPE_TOKENS}Instance", "id": "31", "inputs": {"replace_on": ["image", "interfaces"]}}
    staying = {"type": f"{TYPE_TOKENS}Instance", "id": "32", "inputs": {"replace_on": ["image"]}}
    keep(going, staying, folder=tmp_path)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")

    assert network_problems(session_with(31), noun) == []
    assert "as long as it has Linodes (32)" in network_problems(session_with(31, 32), noun)[0][1]
