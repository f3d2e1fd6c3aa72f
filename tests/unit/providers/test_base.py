"""What a resource class declares to the engine."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from datetime import date
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks

from providers.linode import (
    VPC,
    Firewall,
    FirewallArgs,
    Instance,
    InstanceArgs,
    InterfaceArgs,
    NodeBalancer,
    RootPassword,
    SSHKey,
    Subnet,
)
from providers.linode.core.values import DEEPEST

HALF = "\ud800"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"


class Engine(Mocks):
    """Keeps what was declared."""

    def __init__(self) -> None:
        self.types: dict[str, str] = {}
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.types[args.name], self.inputs[args.name] = args.typ, args.inputs
        return f"{args.name}-id", {**args.inputs, "created": "today"}

    def call(self, _args: MockCallArgs) -> tuple[dict[Any, Any], None]:
        return {}, None


class TeamKey(SSHKey):
    """A program's own class."""


def run(program: Callable[[], object], engine: Engine | None = None) -> Engine:
    """The engine after it has run the program."""
    engine = engine or Engine()

    def all_of_it() -> None:
        set_mocks(engine)
        as_a_test: Any = pulumi.runtime.test
        as_a_test(program)()

    contextvars.copy_context().run(all_of_it)
    return engine


def test_a_subclass_of_a_kind_is_of_that_kind_and_has_its_outputs() -> None:
    told: list[str] = []

    def program() -> pulumi.Output[None]:
        return TeamKey("mine", label="mine", ssh_key=KEY).created.apply(told.append)

    assert run(program).types["mine"] == "pulumi-python:dynamic/linode:SSHKey"
    assert told == ["today"]


def test_the_programs_options_win_wherever_they_stand() -> None:
    first: dict[str, bool | None] = {}

    def options(*, keep: bool | None = None) -> pulumi.ResourceOptions:
        def note(args: pulumi.ResourceTransformationArgs) -> None:
            first[args.name] = args.opts.delete_before_replace

        return pulumi.ResourceOptions(delete_before_replace=keep, transformations=[note])

    def program() -> None:
        Instance("a", InstanceArgs(type="t", region="r", opts=options()))
        Instance("b", InstanceArgs(type="t", region="r", opts=options(keep=False)))
        Instance("c", type="t", region="r", opts=options(keep=False))

    run(program)

    assert first == {"a": True, "b": False, "c": False}


def test_a_program_declares_as_many_resources_as_it_wants() -> None:
    """The SDK's own way of writing a provider into a state fails at about the 950th."""
    many = 600

    def program() -> None:
        for n in range(many):
            RootPassword(f"password-{n}")
        for n in range(many):
            SSHKey(f"key-{n}", label=f"key-{n}", ssh_key=KEY)

    types = run(program).types

    assert len(types) == 2 * many + 1, "and the account"


def test_a_reference_is_the_resource_itself_or_its_id() -> None:
    def program() -> None:
        web, db = (Instance(name, type="t", region="r") for name in ("web", "db"))
        Firewall("wall", inbound_policy="DROP", outbound_policy="DROP", linodes=[web, db.id, 7])
        wall = Firewall("other", FirewallArgs(inbound_policy="DROP", outbound_policy="DROP"))
        inner = Subnet("inner", vpc_id=VPC("net", region="r"), ipv4="10.0.0.0/24")
        inside: InterfaceArgs = {"purpose": "vpc", "subnet_id": inner}
        Instance(
            "behind", type="t", region="r", firewall_id=wall, interfaces=[inside], placement_group={"id": 8}
        )

    inputs = run(program).inputs

    assert inputs["wall"]["linodes"] == ["web-id", "db-id", 7]
    assert inputs["inner"]["vpc_id"] == "net-id"
    assert inputs["behind"]["firewall_id"] == "other-id"
    assert inputs["behind"]["interfaces"] == [{"purpose": "vpc", "subnet_id": "inner-id"}]


def made_inside(text: str) -> pulumi.Output[str]:
    """An output in which a program makes that."""
    return pulumi.Output.from_input("").apply(lambda empty: empty + text)


def later(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.from_input("").apply(lambda _: value)


def nested(depth: int) -> object:
    """Lists in lists."""
    value: object = "deep"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("tags", nested(depth)) for depth in (DEEPEST, 400, 900)),
        *(("stackscript_data", {"a": nested(depth)}) for depth in (DEEPEST - 1, 400)),
    ],
    ids=range(5),
)
def test_what_is_nested_too_deep_is_one_line_that_names_the_input(key: str, value: Any) -> None:
    with pytest.raises(pulumi.RunError) as told:
        run(lambda: Instance("web", type="t", region="r", **{key: value}))

    assert str(told.value) == f"Instance web: {key} has more than {DEEPEST} levels. Next: correct it."


def test_what_turns_out_to_be_nested_too_deep_is_one_line_too() -> None:
    with pytest.raises(pulumi.RunError, match=f"^Instance web: tags has more than {DEEPEST} levels"):
        run(lambda: Instance("web", type="t", region="r", tags=later(nested(DEEPEST))))


def test_what_is_nested_as_deep_as_that_is_handed_over() -> None:
    deep = {"a": nested(DEEPEST - 2)}

    made = run(lambda: Instance("web", type="t", region="r", stackscript_data=deep))

    assert made.inputs["web"]["stackscript_data"]["value"] == deep  # a secret


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [("user_data", b"#!/bin/sh", "bytes"), ("tags", {"web"}, "set"), ("label", date(2029, 1, 1), "date")],
)
def test_a_value_that_is_no_json_is_one_line_that_names_the_input(key: str, value: Any, kind: str) -> None:
    with pytest.raises(pulumi.RunError) as told:
        run(lambda: Instance("web", type="t", region="r", **{key: value}))

    said = f"Instance web: {key} has a value of type {kind}. Next: give a text, a number or a list."
    assert str(told.value) == said


@pytest.mark.parametrize(
    ("declare", "which"),
    [
        (lambda: Instance("web", type="t", region="r", tags=["ok", "\ud800"]), "Instance web: tags"),
        (lambda: Instance("web", type="t", region="r", user_data="echo secret-7 \udfff"), "Instance web: user_data"),
        (lambda: SSHKey("\ud800", label="mine", ssh_key=KEY), "SSHKey \\ud800: name"),
        (
            lambda: NodeBalancer("in", region="r", configs=[{"port": 80, "nodes": [{"address": "\ud800"}]}]),
            "NodeBalancer in: configs",
        ),
        (lambda: SSHKey("mine", label=made_inside(HALF), ssh_key=KEY), "SSHKey mine: label"),
        (
            lambda: NodeBalancer("in", region="r", configs=[{"port": 80, "nodes": [{"address": made_inside(HALF)}]}]),
            "NodeBalancer in: configs",
        ),
        (
            lambda: Instance("web", type="t", region="r", root_pass=made_inside("secret-7 \udfff")),
            "Instance web: root_pass",
        ),
    ],
)  # fmt: skip
def test_what_no_wire_can_hold_is_one_line_that_names_the_input(
    declare: Callable[[], object], which: str
) -> None:
    with pytest.raises(pulumi.RunError) as told:
        run(declare)

    assert str(told.value).startswith(f"{which} has a lone surrogate (U+D")
    assert b"secret-7" not in str(told.value).encode()
