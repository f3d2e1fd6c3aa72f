"""What refers to another resource takes that resource, its `id`, or the same as a text or a number, and no resource of
another kind: every input of every kind, and every key of its maps, when it runs and for both type checkers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pulumi
import pytest
from pulumi.runtime import MockResourceArgs

import providers.linode as kinds
from providers.linode.core.args import Args, Id, IdOrNone, named, places
from providers.linode.provider import SPECS
from tests.unit.kinds.test_types import mypy, pyright
from tests.unit.providers.test_base import Engine, run

IDS = {"ReservedIP": "192.0.2.7", "Image": "private/15"}
"""By kind, where it is no number."""

NOT_REFERENCES = {
    "Domain.domain", "Instance.on_image_change", "Instance.stackscript_data", "Instance.interfaces.vpc",
    "Instance.interfaces.ipv4.vpc", "NodeBalancer.vpcs",
    "PlacementGroup.placement_group_type", "PlacementGroup.placement_group_policy",
}  # fmt: skip
"""What only sounds like one."""

SAMPLES = {
    "Instance.placement_group.id": '{"id": REF}',
    "Instance.interfaces.subnet_id": '[{"purpose": "public"}, {"purpose": "vpc", "subnet_id": REF}]',
    "Instance.interfaces.vpc.subnet_id": '[{"vpc": {"subnet_id": REF}}]',
    "Instance.interfaces.firewall_id":
        '[{"public": {}, "firewall_id": REF}, {"vpc": {"subnet_id": 5}, "firewall_id": REF}]',
    "Instance.interfaces.ipv4.nat_1_1": '[{"purpose": "vpc", "subnet_id": 5, "ipv4": {"nat_1_1": REF}}]',
    "Instance.interfaces.vpc.ipv4.addresses.nat_1_1_address":
        '[{"vpc": {"subnet_id": 5, "ipv4": {"addresses": [{"nat_1_1_address": REF}]}}}]',
    "Instance.interfaces.public.ipv4.addresses.address": '[{"public": {"ipv4": {"addresses": [{"address": REF}]}}}]',
    "NodeBalancer.vpcs.subnet_id": '[{"subnet_id": REF}]',
    "NodeBalancer.configs.nodes.subnet_id": '[{"port": 80, "nodes": [{"address": "10.0.0.9:80", "subnet_id": REF}]}]',
}  # fmt: skip
"""How a key of a map is given; an input is what it refers to, or a list of these."""


def inputs() -> Iterator[tuple[str, object]]:
    for kind, spec in SPECS.items():
        hints = get_type_hints(spec.args, include_extras=True)
        for name in spec.args.fields().keys() - Args.fields().keys():
            yield from places(hints[name], f"{kind}.{name}")


REFERENCES = {place: found.kinds for place, hint in inputs() if (found := named(hint))}
"""What each of them may name."""


def forms(named: tuple[str, ...]) -> list[str]:
    """How a reference to one of these may be written."""
    texts = [repr(IDS[kind]) for kind in named if kind in IDS]
    return [*(["that", "that.id"] if named else []), *(texts or ["'4711'", "4711"])]


FORMS = {place: forms(named) for place, named in REFERENCES.items()}
CASES = [(place, form) for place in sorted(FORMS) for form in FORMS[place]]
MADE = {
    "Domain": "Domain('that', domain='example.org', type='slave', master_ips=['192.0.2.1'])",
    "Firewall": "Firewall('that', inbound_policy='DROP', outbound_policy='DROP')",
    "IPv6Range": "IPv6Range('that', route_target='2001:db8::1', prefix_length=64)",
    "Image": "Image('that', disk_id=5)",
    "Instance": "Instance('that', type='t', region='r')",
    "PlacementGroup": "PlacementGroup('that', region='r', placement_group_type='anti_affinity:local', "
    "placement_group_policy='strict')",
    "SSHKey": "SSHKey('that', label='that', ssh_key='k')",
    "StackScript": "StackScript('that', script='#!', images=['any/all'])",
    "Subnet": "Subnet('that', vpc_id=7, ipv4='10.0.0.0/24')",
}
"""How one of a kind is declared, where a region alone is not enough."""


def made(kind: str) -> str:
    """As source."""
    return "kinds." + MADE.get(kind, f"{kind}('that', region='r')")


def given(place: str, form: str) -> str:
    """The input of a place with a reference in that form, as source."""
    kind, name, *inner = place.split(".")
    sample = SAMPLES.get(place) if inner else "[REF]" if is_list(kind, name) else "REF"
    assert sample, f"{place} has no sample"
    return sample.replace("REF", form)


def is_list(kind: str, name: str) -> bool:
    hint = get_type_hints(SPECS[kind].args)[name]
    return any(part is list or getattr(part, "__origin__", None) is list for part in (hint, *get_args(hint)))


def test_every_id_is_a_reference_and_so_is_what_is_called_like_a_kind() -> None:
    nouns = re.compile(
        "(^|_)(linode|firewall|volume|domain|image|nodebalancer|subnet|vpc|stackscript|reserved|placement)s?(_|$)"
    )
    called = {place: place.rpartition(".")[2] for place, _ in inputs()}

    assert {place for place, hint in inputs() if hint in (Id, IdOrNone)} <= REFERENCES.keys()
    assert {place for place, name in called.items() if name.endswith("_id")} <= REFERENCES.keys()
    assert {
        place for place, name in called.items() if nouns.search(name)
    } - REFERENCES.keys() == NOT_REFERENCES
    assert {place for place in REFERENCES if place.count(".") > 1} == SAMPLES.keys()


@pytest.mark.parametrize("place", [place for place in sorted(REFERENCES) if REFERENCES[place]])
def test_whoever_asks_what_names_a_kind_is_told_of_every_place(place: str) -> None:
    kind, name, *inner = place.split(".")
    args, key = SPECS[kind].args, inner[-1] if inner else name
    once = args.fields()[name].once

    for what in REFERENCES[place]:
        id_ = IDS.get(what, "4711")
        value = eval(given(place, repr(id_)))  # noqa: S307 - text from above
        named = [(by, kind, str(one)) for by, kind, one in args.read({name: value}).names()]

        assert (name, key) in args.naming(what)
        assert ((name, what, id_) in named) is not once


class Knowing(Engine):
    """Gives each resource the id that one of its kind has."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        super().new_resource(args)
        return IDS.get(args.typ.rpartition(":")[2], "4711"), args.inputs


def declared(place: str, form: str, *of: str) -> None:
    """One whose input refers to another one of that kind, in that form."""
    kind, name = place.split(".")[:2]
    that = {}
    for each in of:
        that["that"] = eval(made(each), {"kinds": kinds})  # noqa: S307 - text from above
    fields = SPECS[kind].args.fields().items()
    rest = {field: "r" for field, facts in fields if facts.required and field != name}
    value = eval(given(place, form), that)  # noqa: S307 - text from above
    getattr(kinds, kind)("it", **{**rest, name: value})


@pytest.mark.parametrize(("place", "form"), CASES)
def test_a_reference_in_any_form_is_the_same_input_without_a_fault(place: str, form: str) -> None:
    kind, name = place.split(".")[:2]
    args = SPECS[kind].args
    told = run(lambda: declared(place, form, *REFERENCES[place][:1]), Knowing()).inputs["it"]
    wanted = eval(given(place, FORMS[place][-1]))  # noqa: S307 - text from above

    assert args.normal(told)[name] == args.normal({name: wanted})[name]
    assert [each for each in args.problems(told) if each.field == name] == []


@pytest.mark.parametrize("form", ["that", "that.id"])
@pytest.mark.parametrize("place", sorted(REFERENCES))
def test_a_resource_of_another_kind_is_refused_in_one_line(place: str, form: str) -> None:
    kind = place.partition(".")[0]
    other = "SSHKey" if place.endswith("subnet_id") else "Subnet"

    with pytest.raises(pulumi.RunError) as told:
        run(lambda: declared(place, form, other), Knowing())

    key, wanted = place.rpartition(".")[2], " or ".join(REFERENCES[place])
    where = f"where a resource of kind {wanted} belongs" if wanted else "where no resource belongs"
    assert str(told.value).startswith(f"{kind} it: {key} has {other} 'that', {where}. Next: give ")


def test_what_another_provider_declares_may_be_named() -> None:
    class Wall(pulumi.CustomResource):
        """Of the official provider, say."""

    def program() -> None:
        wall: Any = Wall("linode:index/firewall:Firewall", "wall", {})
        kinds.Instance("it", type="t", region="r", firewall_id=wall)

    assert run(program, Knowing()).inputs["it"]["firewall_id"] == "4711"


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_a_reference_in_any_form_is_right_for_type_checkers_and_one_of_another_kind_is_not(
    checker: Callable[[Path], set[int]], tmp_path: Path
) -> None:
    head = ["from typing import Any", "import providers.linode as kinds", "rest: dict[str, Any] = {}"]
    right = [
        line
        for place, form in CASES
        for line in lines_of(
            place, form.replace("that", made(*REFERENCES[place][:1]) if REFERENCES[place] else form)
        )
    ]
    group = made("PlacementGroup")
    groups = "kinds.FleetArgs(count=1, instance=kinds.InstanceArgs(**rest), placement_groups=[{}])"
    right += [groups.format(f"{group}, {group}.id, '4711', 4711")]
    wrong = [line for place in sorted(REFERENCES) for line in lines_of(place, made("SSHKey"))]
    wrong += [groups.format(made("SSHKey"))]
    lines = [*head, *right, *wrong]
    (tmp_path / "program.py").write_text("\n".join(lines))

    refused = {lines[number - 1] for number in checker(tmp_path / "program.py")}
    assert sorted(refused - {*wrong}) == []
    assert sorted({*wrong} - refused) == []


def lines_of(place: str, form: str) -> list[str]:
    """Both ways to declare one."""
    kind, name = place.split(".")[:2]
    value = given(place, form)
    return [f"kinds.{kind}Args({name}={value}, **rest)", f'kinds.{kind}("it", {name}={value}, **rest)']
