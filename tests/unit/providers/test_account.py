"""The account that resources find by themselves: one for each run of a program, however many a process has."""

from __future__ import annotations

import contextvars
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks

from providers.linode import Account, SSHKey

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"


class Engine(Mocks):
    """Keeps what was declared."""

    def __init__(self) -> None:
        self.declared: list[str] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.declared.append(args.name)
        return f"{args.name}-id", dict(args.inputs)

    def call(self, _args: MockCallArgs) -> tuple[dict[Any, Any], None]:
        return {}, None


def declared(*, first: bool = False) -> list[str]:
    """What a program with two keys declares, and an account before them if it makes its `first` by itself."""
    engine = Engine()
    set_mocks(engine)

    def program() -> None:
        if first:
            Account("mine")
        SSHKey("a", label="a", ssh_key=KEY)
        SSHKey("b", label="b", ssh_key=KEY)

    as_a_test: Any = pulumi.runtime.test
    as_a_test(program)()
    return sorted(engine.declared)


def test_each_run_in_a_process_has_one_account_of_its_own() -> None:
    runs = contextvars.copy_context().run(lambda: [declared(), declared(), declared(first=True)])

    assert runs == [["a", "account", "b"], ["a", "account", "b"], ["a", "b", "mine"]]
