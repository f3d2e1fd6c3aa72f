"""docs/compared.md says of us what is so: every kind, its look-up, and every input."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import get_type_hints

import pytest

from providers.linode import NodeBalancer, catalogs
from providers.linode.catalogs.attributes import Table
from providers.linode.core.args import Args
from providers.linode.core.forms import RuleArgs, VPCRangeArgs
from providers.linode.project import PROJECT
from providers.linode.provider import SPECS
from providers.linode.resources.instance.args import AlertsArgs, InstanceArgs
from providers.linode.resources.nodebalancer import PlaceArgs
from providers.linode.resources.ports import ConfigArgs, NodeArgs
from providers.linode.resources.vpc import VPCRange4Args

TEXT = (PROJECT / "docs" / "compared.md").read_text(encoding="utf-8")
MAPS = {
    "Instance.alerts": AlertsArgs,
    "Firewall.inbound": RuleArgs,
    "VPC.ipv4": VPCRange4Args,
    "VPC.ipv6": VPCRangeArgs,
    "Subnet.ipv6": VPCRangeArgs,
    "NodeBalancer.vpcs": PlaceArgs,
    "NodeBalancer.configs": ConfigArgs,
    "NodeBalancer.configs.nodes": NodeArgs,
}
INPUTS: dict[str, Collection[str]] = {
    **{kind: spec.fields.keys() - Args.fields().keys() for kind, spec in SPECS.items()},
    **{name: get_type_hints(shape) for name, shape in MAPS.items()},
    "Instance.interfaces": InstanceArgs.nested_names()["interfaces"],
}
"""By kind, or by the input of one that takes maps; without what every kind has."""


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def rows(text: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def marked(name: str) -> str:
    return TEXT.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n")[1].split("\n## ")[0]


COMPARED = {names(row[0])[0]: row[1:] for row in rows(marked("compared"))}


def test_every_kind_is_compared_and_so_is_every_input_that_takes_maps() -> None:
    assert [names(row[0])[0] for row in rows(section("At a glance"))] == list(
        dict.fromkeys(each.partition(".")[0] for each in COMPARED)
    )
    assert COMPARED.keys() == INPUTS.keys()


@pytest.mark.parametrize("kind", INPUTS)
def test_the_inputs_that_are_ours_are_those_of_the_code(kind: str) -> None:
    both, renamed, _, ours = COMPARED[kind]
    pairs = [names(pair) for pair in renamed.split(", ") if pair]
    here = [*names(both), *dict.fromkeys(new for _, new in pairs), *names(ours)]

    assert sorted(here) == sorted(INPUTS[kind])


@pytest.mark.parametrize("kind", INPUTS)
def test_what_only_terraform_has_is_not_here(kind: str) -> None:
    _, renamed, theirs, _ = COMPARED[kind]
    pairs = [names(pair) for pair in renamed.split(", ") if pair]

    assert not {*names(theirs), *(old for old, _ in pairs)} & {*INPUTS[kind]}


def test_every_look_up_is_there() -> None:
    found = [names(row[3]) for row in rows(section("At a glance"))]

    assert all(found)
    assert all(isinstance(getattr(catalogs, name), Table) for each in found for name in each)


def test_outputs_and_look_ups_that_stand_for_theirs_are_there() -> None:
    found = rows(marked("attributes"))
    here = {name for row in found for name in names(row[2])}
    look_ups = {name for name in here if name[0].isupper()}

    assert all(isinstance(getattr(catalogs, name), Table) for name in look_ups)
    assert here - look_ups <= {*NodeBalancer.__annotations__, "id"}
    assert {*names(found[0][1])} <= {*NodeBalancer.__annotations__, "id"}
