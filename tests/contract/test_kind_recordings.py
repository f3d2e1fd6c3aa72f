"""What the real API answered to a create is what the kind reads of it: nothing of it is a drift."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from providers.linode.core.owner import Owner, is_owner_tag
from providers.linode.provider import SPECS

RECORDINGS = Path(__file__).parents[2].parent / "shared" / "recordings"
pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="needs ../shared/recordings")

CREATES = [
    ("StackScript", "ExampleCreateStackscript"),
    ("PlacementGroup", "TestPlacementGroup_basic"),
    ("VPC", "TestVPC_CreateGet"),
]


def created(name: str, path: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The first create on that path: request and answer."""
    for line in (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        asked = each["request"]
        if (asked["method"], asked["path"]) == ("POST", f"/v4beta{path}"):
            return asked["body"], each["response"]["body"]
    raise AssertionError(name)


@pytest.mark.parametrize(("kind", "name"), CREATES)
def test_what_was_declared_is_what_the_answer_says(kind: str, name: str) -> None:
    spec = SPECS[kind]
    body, answer = created(name, spec.path)
    args = spec.args.read(body)

    sent = spec.body(args, Owner("A1", "fleet", "dev", "web"))
    seen = spec.reported_inputs(spec.read(answer), args)

    assert spec.args.problems(body) == []
    assert {key: value for key, value in sent.items() if not is_owner_tag(str(value))} == body
    assert seen == args.declared()
    assert spec.identity.matches(spec.read(answer), body)


def test_a_subnet_that_comes_with_its_vpc_is_read_as_one() -> None:
    body, answer = created("TestVPC_Subnet_Update", "/vpcs")
    spec = SPECS["Subnet"].within({"vpc_id": answer["id"]})
    declared = {"vpc_id": answer["id"], **body["subnets"][0]}
    args = spec.args.read(declared)

    assert spec.reported_inputs(spec.read(answer["subnets"][0]), args) == declared
    assert spec.record_path(7) == f"/vpcs/{answer['id']}/subnets/7"
