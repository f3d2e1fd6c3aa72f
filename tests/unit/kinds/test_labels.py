"""Labels that are unique: two of one program with the same one are told at preview, before either is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import Unknown

from providers.linode.core import check, runtime
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Spec
from providers.linode.core.state_files import TYPE_TOKENS
from providers.linode.resources import firewall, placement_group, ssh_key, subnet, vpc
from tests import sessions
from tests.unit.providers.test_base import KEY

Row = dict[str, Any]
WALL: Row = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
GROUP: Row = {
    "region": "de-fra-2", "placement_group_type": "anti_affinity:local", "placement_group_policy": "strict",
}  # fmt: skip
VPC: Row = {"region": "de-fra-2"}
SUBNET: Row = {"ipv4": "10.0.1.0/24"}
REGION: Row = {"id": "de-fra-2", "country": "de", "status": "ok", "capabilities": ["Placement Group", "VPCs"]}


@pytest.fixture
def session() -> Session:
    runtime.forget()
    paths = (
        "/networking/firewalls",
        "/placement/groups",
        "/profile/sshkeys",
        "/vpcs/7/subnets",
        "/vpcs/8/subnets",
    )
    vpcs: list[Row] = [{"id": 7, "label": "one"}, {"id": 8, "label": "two"}]
    return sessions.prepared(
        {**{path: [] for path in paths}, "/regions": [REGION, {**REGION, "id": "gb-lon"}], "/vpcs": vpcs}
    )


def reasons(session: Session, spec: Spec[Any, Any], name: str, **props: object) -> list[str]:
    owner = Owner("A", "p", "s", name).as_props()
    return [each.reason for each in check.check(spec, session, {}, {**props, "owner": owner})[1]]


@pytest.mark.parametrize(
    ("spec", "props"),
    [(firewall.SPEC, WALL), (placement_group.SPEC, GROUP), (subnet.SPEC, {**SUBNET, "vpc_id": 7})],
)
def test_the_second_of_one_label_is_refused(session: Session, spec: Spec[Any, Any], props: Row) -> None:
    def apart(number: int) -> Row:
        return {**props, **({"ipv4": f"10.0.{number}.0/24"} if "ipv4" in props else {})}

    first = reasons(session, spec, "one", **props, label="web")
    again = reasons(session, spec, "one", **props, label="web")
    second = reasons(session, spec, "two", **apart(2), label="WEB")
    other = reasons(session, spec, "three", **apart(3), label="app")

    assert (first, again, other) == ([], [], [])
    assert second == [
        f"is already the label of 'one' in this program; {spec.realm}. Next: choose another label."
    ]


@pytest.mark.parametrize("kind", ["PlacementGroup", "VPC"])
def test_what_is_kept_when_another_one_is_made_keeps_its_label(
    session: Session, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs: dict[str, tuple[Spec[Any, Any], Row]] = {
        "PlacementGroup": (placement_group.SPEC, GROUP),
        "VPC": (vpc.SPEC, VPC),
    }
    spec, props = specs[kind]
    owner = Owner("A", "p", "s", "one").as_props()
    olds = {**props, "label": "web", "owner": owner}
    kept = {"type": f"{TYPE_TOKENS}{kind}", "id": "5", "retainOnDelete": True}
    file = tmp_path / ".pulumi" / "stacks" / "p" / "s.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [kept]}}}))
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    session.client.transport.answers = {  # type: ignore[attr-defined]  # of a prepared one
        **session.client.transport.answers,  # type: ignore[attr-defined]
        spec.path: [{**props, "label": "web", "id": 5}],
    }

    def problems(**changed: object) -> list[tuple[str, str]]:
        return [(*each,) for each in check.check(spec, session, olds, {**olds, **changed})[1]]

    assert problems(region="gb-lon") == [
        (
            "label",
            f"stays with {spec.name} 5, which retain_on_delete keeps when another one is made; labels are unique in an "
            "account. Next: give the new one another label, or take retain_on_delete away in a run before.",
        )
    ]
    assert problems(region="gb-lon", label="other") == []
    assert problems(label="other") == []


def test_labels_that_may_repeat_and_those_of_different_parents_pass(session: Session) -> None:
    keys = [reasons(session, ssh_key.SPEC, name, label="web", ssh_key=KEY) for name in ("one", "two")]
    parents: tuple[object, ...] = (7, 8, Unknown(), Unknown())
    subnets = [
        reasons(session, subnet.SPEC, f"in-{number}", **SUBNET, label="web", vpc_id=vpc)
        for number, vpc in enumerate(parents)
    ]

    assert [*keys, *subnets] == [[]] * 6
