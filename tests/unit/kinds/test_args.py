"""Inputs as data: each declared once, judged, brought into normal form, and read back typed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pulumi
import pytest
from pulumi.output import Unknown
from pydantic import Field
from typing_extensions import Never, NotRequired, TypedDict

from providers.linode import Instance
from providers.linode.core.args import Args, In, InIds, InList, InRows, Listed, Of, arg, ids, ours
from providers.linode.core.effects import ACTION, KEPT, PUT, REPLACE
from providers.linode.core.forms import Flag, Tag, Text
from providers.linode.core.problems import told
from providers.linode.resources import firewall, nodebalancer
from providers.linode.resources.instance import args as instance


def done(_: object) -> None:
    """A step that has nothing to do."""


class ServiceArgs(TypedDict):
    port: Of[Annotated[int, Field(ge=1), told("must be a port. Next: correct it.")]]
    check: NotRequired[Of[Literal["http", "tcp"]]]


class ThingArgs(Args):
    label: In[Text] = arg(PUT)
    """What it is called."""

    mode: In[Literal["fast", "slow"] | None] = arg(REPLACE, default=None, else_="slow")
    """How it runs,
    and for how long."""

    tags: InList[Tag] = arg(PUT, default=None, unordered=True)
    services: InRows[ServiceArgs] = arg(
        ACTION, step=done, default=None, wire="network.services", seen="services"
    )
    linodes: InIds[Never] = ids(
        ACTION, step=done, default=None, wire="devices.linodes", of=Listed("Linode", "/linode/instances")
    )
    password: In[Text | None] = arg(KEPT, default=None, secret=True, seen="")
    booted: In[Flag | None] = ours(default=None)


def wrong(**props: object) -> list[str]:
    return [f"{field} {reason}" for field, reason in ThingArgs.problems({"label": "a", **props})]


def test_the_fields_come_in_the_order_of_their_declaration_and_with_their_docstrings() -> None:
    fields = ThingArgs.documented()

    assert [field.name for field in fields][:3] == ["label", "mode", "tags"]
    assert [field.doc for field in fields][:3] == [
        "What it is called.",
        "How it runs,\nand for how long.",
        "",
    ]
    assert [field.default for field in fields][:3] == ["required", "slow", "none"]


def test_a_field_says_where_it_is_sent_and_where_it_is_seen() -> None:
    fields = ThingArgs.fields()

    assert (fields["label"].key, fields["label"].attribute) == ("label", "label")
    assert (fields["services"].key, fields["services"].attribute) == ("network.services", "services")
    assert (fields["linodes"].key, fields["linodes"].attribute) == ("devices.linodes", "linodes")
    assert (fields["booted"].key, fields["booted"].attribute) == ("", "")


def test_arguments_that_are_missing_or_misspelt_are_a_type_error_that_engines_tell_in_one_line() -> None:
    with pytest.raises(TypeError, match="label") as missing:
        ThingArgs()  # type: ignore[call-arg]  # that is what is tested
    with pytest.raises(TypeError, match="labell") as misspelt:
        ThingArgs(label="a", labell="b")  # type: ignore[call-arg]  # that is what is tested
    with pytest.raises(TypeError) as in_a_program:
        Instance("web", typ="g6-nanode-1", region="de-fra-2")  # type: ignore[call-overload]  # as above

    told = [missing.value, misspelt.value, in_a_program.value]
    assert all(isinstance(each, pulumi.RunError) for each in told)
    assert [str(each) for each in told] == [
        "label is required. Next: give it.",
        "takes no 'labell' (did you mean label?). Next: correct the name, or leave it out.",
        "Instance web: takes no 'typ' (did you mean type?). Next: correct the name, or leave it out.",
    ]


@pytest.mark.parametrize(
    ("props", "problem"),
    [
        ({"label": ""}, "label must be a text, and not empty. Next: correct it."),
        ({"label": None}, "label is required. Next: give it."),
        ({"mode": "fasst"}, "mode must be one of fast, slow (did you mean fast?). Next: correct it."),
        ({"tags": "web"}, "tags must be a list. Next: correct it."),
        ({"tags": ["web", 7]}, "tags [1] must be a text. Next: correct it."),
        ({"tags": ["pulumi:mine"]}, "tags [0] 'pulumi:mine' must have 3 to 50 characters and not begin with"),
        ({"services": {"port": 80}}, "services must be a list. Next: correct it."),
        ({"services": [80]}, "services [0] must be a map. Next: correct it."),
        ({"services": [{}]}, "services [0].port is required. Next: give it."),
        ({"services": [{"port": 0}]}, "services [0].port must be a port. Next: correct it."),
        ({"services": [{"port": 1, "check": "htp"}]},
         "services [0].check must be one of http, tcp (did you mean http or tcp?). Next: correct it."),
        ({"services": [{"port": 1, "chekc": "tcp"}]}, "services [0] takes no 'chekc' (did you mean check?). Next: "),
        ({"linodes": ["web-1"]}, "linodes [0] must be a whole number of 1 or more. Next: correct it."),
        ({"booted": "yes"}, "booted must be true or false. Next: give a truth value, not a text."),
    ],
)  # fmt: skip
def test_each_wrong_input_is_one_line(props: dict[str, Any], problem: str) -> None:
    found = wrong(**props)

    assert len(found) == 1
    assert found[0].startswith(problem)


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert [line.split()[0] for line in wrong(label="", mode="x", tags="web")] == ["label", "mode", "tags"]


def test_what_is_not_known_yet_is_not_judged_wherever_it_stands() -> None:
    unknown = Unknown()

    assert wrong(label=unknown, mode=unknown, tags=[unknown, "web"], linodes=[unknown]) == []
    assert wrong(services=[{"port": unknown, "check": unknown}]) == []


@pytest.mark.parametrize(
    ("args", "name", "value"),
    [
        (firewall.FirewallArgs, "linodes", [Unknown(), "31"]),
        (instance.InstanceArgs, "interfaces", [{"vpc": {"subnet_id": "9"}, "firewall_id": Unknown()}]),
        (instance.InstanceArgs, "stackscript_data", {"site_id": "9", "site": Unknown()}),
        (
            nodebalancer.NodeBalancerArgs,
            "configs",
            [{"port": 80, "nodes": [{"address": Unknown(), "subnet_id": "9"}]}],
        ),
    ],
)
def test_what_another_resources_id_is_is_an_id_beside_something_unknown_too(
    args: type[Args], name: str, value: object
) -> None:
    assert [problem for problem in args.problems({name: value}) if problem.field == name] == []


def test_what_is_known_beside_something_unknown_is_judged() -> None:
    assert len(wrong(services=[{"port": Unknown(), "check": "htp"}, {"port": 80.5}])) == 2


def test_an_engines_numbers_are_whole_ones_beside_what_is_not_known_yet() -> None:
    assert wrong(services=[{"port": Unknown()}, {"port": 80.0}]) == []


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("tags", ["web", "Blue", "web"], ["Blue", "web"]),
        ("linodes", ["10", 9.0, 9], [9, 10]),
        ("services", [{"port": 80.0, "check": None}], [{"port": 80}]),
    ],
)
def test_what_means_the_same_has_one_normal_form(name: str, one: object, other: object) -> None:
    assert ThingArgs.normalised(name, one) == ThingArgs.normalised(name, other) == other


def test_the_normal_form_of_what_is_wrong_is_no_failure() -> None:
    assert ThingArgs.normal({"tags": [{"a": 1}, "b"], "linodes": "x", "label": 3.0})["label"] == 3


def test_read_arguments_are_typed_and_what_is_unknown_or_missing_is_none() -> None:
    read = ThingArgs.read({"label": Unknown(), "tags": ["web"], "linodes": [7.0], "mode": None, "owner": {}})

    assert (read.label, read.tags, read.linodes, read.mode) == ("", ["web"], [7], None)


def test_declared_are_the_inputs_that_are_there() -> None:
    assert ThingArgs(label="a", tags=["web"]).declared() == {"label": "a", "tags": ["web"]}
