"""Which resources a run with targets is about."""

from __future__ import annotations

import pytest

from emulators.engine.plan.targets import Targets, unprotected
from emulators.engine.state.checkpoint import Resource

PREFIX = "urn:pulumi:dev::sample::"


def entry(name: str, *needs: str, type_: str = "t", parent: str = "") -> Resource:
    return Resource(f"{PREFIX}{type_}::{name}", type_, True, dependencies=list(needs), parent=parent)


A = entry("a")
B = entry("b", A.urn)
C = entry("c", B.urn)
CHILD = entry("child", parent=B.urn)
D = entry("d")
ALL = [A, B, C, CHILD, D]


def test_without_targets_a_run_is_about_everything() -> None:
    targets = Targets()

    assert not targets.constrained
    assert all(targets.include(item) for item in ALL)
    assert targets.closure(ALL) == {item.urn for item in ALL}
    assert not any(targets.replaces(item.urn) for item in ALL)


@pytest.mark.parametrize(
    ("target", "included"),
    [
        (B.urn, {B.urn}),
        ("**::b", {B.urn}),
        (f"{PREFIX}t::*", {item.urn for item in ALL}),
        ("*", set()),
        ("**", {item.urn for item in ALL}),
        ("b", set()),
    ],
)
def test_a_target_is_a_urn_or_a_pattern(target: str, included: set[str]) -> None:
    targets = Targets(targets=(target,))

    assert {item.urn for item in ALL if targets.include(item)} == included


def test_dependents_are_included_with_their_own_dependents() -> None:
    targets = Targets(targets=(B.urn,), dependents=True)

    assert [item.name for item in ALL if targets.include(item)] == ["b", "c", "child"]
    assert targets.chosen(ALL) == {B.urn, C.urn, CHILD.urn}


def test_what_a_delete_takes_along_does_not_hang_on_the_flag() -> None:
    targets = Targets(targets=(B.urn,))

    assert targets.closure(ALL) == {B.urn, C.urn, CHILD.urn}
    assert targets.chosen(ALL) == {B.urn}


def test_the_stack_and_providers_are_always_included_but_imply_nothing() -> None:
    stack = entry("s", type_="pulumi:pulumi:Stack")
    provider = entry("p", type_="pulumi:providers:pulumi-python")
    targets = Targets(targets=(B.urn,), dependents=True)

    assert targets.include(stack)
    assert targets.include(provider)
    assert not targets.include(entry("x", stack.urn))


def test_nothing_means_providers_only() -> None:
    targets = Targets(targets=(B.urn,), nothing=True)

    assert not any(targets.include(item) for item in ALL)


def test_a_target_that_names_nothing_is_told() -> None:
    targets = Targets(targets=("x::y", "x$z::y", A.urn, "**"), replace=("gone",))

    assert targets.missing([A.urn]) == [
        "Target 'x::y' could not be found in the stack. Did you forget to escape $ in your shell?",
        "Target 'x$z::y' could not be found in the stack.",
    ]
    assert targets.missing_replacements([A.urn])[0].startswith("Target 'gone' could not be found")


@pytest.mark.parametrize(
    ("protected", "free"),
    [((), "abcd child"), (("d",), "abc child"), (("b",), "cd child"), (("child",), "cd")],
)
def test_what_something_protected_needs_is_left_with_it(protected: tuple[str, ...], free: str) -> None:
    entries = [item.changed(protect=item.name in protected) for item in ALL]
    names = {*free.replace("child", "")} - {" "} | ({"child"} if "child" in free else set())

    assert {urn.rpartition("::")[2] for urn in unprotected(entries)} == names
