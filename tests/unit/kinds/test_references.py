"""What refers to another resource takes that resource, its `id`, or the same as a text or a number: every input of
every kind, and every key of its maps, when it runs and for both type checkers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pulumi.runtime import MockResourceArgs
from typing_extensions import is_typeddict

import providers.linode as kinds
from providers.linode.core.args import Args, Id, IdOrNone
from providers.linode.provider import SPECS
from tests.unit.kinds.test_types import mypy, pyright
from tests.unit.providers.test_base import Engine, run

IDS = {"ReservedIP": "192.0.2.7", "Image": "private/15"}
"""By kind, where it is no number."""

OF_TEXTS = {
    "Instance.image": "Image",
    "Instance.reserved_ipv4": "ReservedIP",
    "Instance.shared_ipv4": "ReservedIP",
    "Instance.interfaces.ipv4.nat_1_1": "ReservedIP",
    "Instance.interfaces.vpc.ipv4.addresses.nat_1_1_address": "ReservedIP",
    "Instance.interfaces.public.ipv4.addresses.address": "ReservedIP",
    "ReverseDNS.address": "ReservedIP",
    "StackScript.images": "Image",
}
"""What is named by a text that is its id."""

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


def places(hint: object, place: str) -> Iterator[tuple[str, object]]:
    """Every input and key with its type, by its path: `Instance.interfaces.vpc.subnet_id`."""
    yield place, hint
    if is_typeddict(hint):
        for key, inner in get_type_hints(hint, include_extras=True).items():
            yield from places(inner, f"{place}.{key}")
    else:
        for part in get_args(hint):
            yield from places(part, place)


def inputs() -> Iterator[tuple[str, object]]:
    for kind, spec in SPECS.items():
        hints = get_type_hints(spec.args, include_extras=True)
        for name in spec.args.fields().keys() - Args.fields().keys():
            yield from places(hints[name], f"{kind}.{name}")


REFERENCES = {place for place, hint in inputs() if hint in (Id, IdOrNone)} | OF_TEXTS.keys()


FORMS = {
    place: ("that", "that.id", repr(IDS[OF_TEXTS[place]]))
    if place in OF_TEXTS
    else ("that", "that.id", "'4711'", "4711")
    for place in REFERENCES
}
CASES = [(place, form) for place in sorted(FORMS) for form in FORMS[place]]


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
    names = {place: place.rpartition(".")[2] for place, _ in inputs()}

    assert {place for place, name in names.items() if name.endswith("_id")} <= REFERENCES
    assert {place for place, name in names.items() if nouns.search(name)} - REFERENCES == NOT_REFERENCES
    assert {place for place in REFERENCES if place.count(".") > 1} == SAMPLES.keys()


class Knowing(Engine):
    """Gives each resource the id that one of its kind has."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        super().new_resource(args)
        return IDS.get(args.typ.rpartition(":")[2], "4711"), args.inputs


@pytest.mark.parametrize(("place", "form"), CASES)
def test_a_reference_in_any_form_is_the_same_input_without_a_fault(place: str, form: str) -> None:
    kind, name = place.split(".")[:2]
    args, named = SPECS[kind].args, getattr(kinds, OF_TEXTS.get(place, "Volume"))

    def program() -> None:
        one = named("that", region="r")
        value = eval(given(place, form), {"that": one})  # noqa: S307 - text from above
        rest = {field: "r" for field, facts in args.fields().items() if facts.required and field != name}
        getattr(kinds, kind)("it", **{**rest, name: value})

    told = run(program, Knowing()).inputs["it"]
    wanted = eval(given(place, FORMS[place][-1]))  # noqa: S307 - text from above

    assert args.normal(told)[name] == args.normal({name: wanted})[name]
    assert [each for each in args.problems(told) if each.field == name] == []


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_a_reference_in_any_form_is_right_for_type_checkers(
    checker: Callable[[Path], set[int]], tmp_path: Path
) -> None:
    lines = ["from typing import Any", "import providers.linode as kinds", "rest: dict[str, Any] = {}"]
    for place, form in CASES:
        kind, name = place.split(".")[:2]
        refers_to = f'kinds.{OF_TEXTS.get(place, "Volume")}("that", region="r")'
        value = given(place, form.replace("that", refers_to))
        lines += [f"kinds.{kind}Args({name}={value}, **rest)", f'kinds.{kind}("it", {name}={value}, **rest)']
    groups = "[kinds.Volume('that', region='r'), kinds.Volume('that', region='r').id, '4711', 4711]"
    lines += [f"kinds.FleetArgs(count=1, instance=kinds.InstanceArgs(**rest), placement_groups={groups})"]
    (tmp_path / "program.py").write_text("\n".join(lines))

    assert [lines[number - 1] for number in sorted(checker(tmp_path / "program.py"))] == []
