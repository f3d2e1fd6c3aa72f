"""What a resource class declares to the engine."""

from __future__ import annotations

import contextvars
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks

from providers.linode import SSHKey

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"


class Engine(Mocks):
    """Keeps what was declared."""

    def __init__(self) -> None:
        self.types: dict[str, str] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.types[args.name] = args.typ
        return f"{args.name}-id", {**args.inputs, "created": "today"}

    def call(self, _args: MockCallArgs) -> tuple[dict[Any, Any], None]:
        return {}, None


class TeamKey(SSHKey):
    """A program's own class."""


def test_a_subclass_of_a_kind_is_of_that_kind_and_has_its_outputs() -> None:
    engine, told = Engine(), list[str]()

    def program() -> pulumi.Output[None]:
        return TeamKey("mine", label="mine", ssh_key=KEY).created.apply(told.append)

    def run() -> None:
        set_mocks(engine)
        as_a_test: Any = pulumi.runtime.test
        as_a_test(program)()

    contextvars.copy_context().run(run)

    assert engine.types["mine"] == "pulumi-python:dynamic/linode:SSHKey"
    assert told == ["today"]
