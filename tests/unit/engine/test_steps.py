"""The rules by which registrations become steps, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.engine.plan.deletes import delete_waves, dependants, dragged_along, needs_no_call
from emulators.engine.plan.diffs import Difference, differences, parse_path, with_ignored
from emulators.engine.plan.goals import AliasSpec, alias_urns
from emulators.engine.plan.steps import Diff, decide, decide_component
from emulators.engine.state.checkpoint import Resource
from emulators.engine.values import UNKNOWN, Secret

STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"


def urn(name: str, type_: str = "t:m:T") -> str:
    return f"urn:pulumi:dev::p::{type_}::{name}"


def entry(name: str, *needs: str, **fields: Any) -> Resource:
    fields = {"custom": True, "type": "t:m:T", "id": f"{name}-1", **fields}
    return Resource(urn=urn(name), dependencies=[urn(need) for need in needs], **fields)


@pytest.mark.parametrize(
    ("diff", "old", "new", "kind", "keys"),
    [
        (Diff(False), {"a": 1}, {"a": 2}, "same", ()),
        (Diff(True), {"a": 1}, {"a": 1}, "update", ()),
        (Diff(True, ("a",)), {"a": 1}, {"a": 2}, "replace", ("a",)),
        (Diff(False, ("a",)), {"a": 1}, {"a": 2}, "same", ()),
        (Diff(None), {"a": 1}, {"a": 1.0}, "same", ()),
        (Diff(None), {"a": 1}, {"a": 2}, "update", ()),
        (Diff(None), {"a": 1}, {"a": Secret(1)}, "same", ()),
        (Diff(None), {"a": 1}, {"a": UNKNOWN}, "update", ()),
        (Diff(None), {}, {"a": 1}, "update", ()),
        (Diff(None, ("a",)), {"a": 1}, {"a": 2}, "replace", ("a",)),
        (Diff(None, ("a",)), {"a": 1}, {"a": 1}, "same", ()),
    ],
)
def test_the_providers_answer_decides(
    diff: Diff, old: dict[str, Any], new: dict[str, Any], kind: str, keys: tuple[str, ...]
) -> None:
    decision = decide(diff, entry("r", inputs=old), new, (), None)

    assert (decision.kind, decision.replace_keys) == (kind, keys)


@pytest.mark.parametrize(
    ("changes", "patterns", "kind"),
    [
        (None, ["a"], "replace"),
        (None, ["a.b"], "replace"),
        (None, ["*"], "replace"),
        (None, ["c"], "update"),
        (None, ["a.c"], "update"),
        (True, ["a"], "update"),
    ],
)
def test_replace_on_changes_works_only_when_the_engine_compares(
    changes: bool | None, patterns: list[str], kind: str
) -> None:
    old = entry("r", inputs={"a": {"b": 1}})

    assert decide(Diff(changes), old, {"a": {"b": 2}}, patterns, None).kind == kind


def test_what_the_provider_says_differs_is_what_is_shown() -> None:
    said = (Difference("label", "update"),)
    old = entry("r", inputs={"label": "a", "tags": ["x"]})

    found = decide(Diff(True, detailed=said), old, {"label": "b"}, ["tags"], None)
    replaced = decide(Diff(True, detailed=said), old, {"label": "b"}, ["label"], None)

    assert (found.kind, found.detailed) == ("update", said)
    assert (replaced.kind, replaced.replace_keys) == ("replace", ("label",))


@pytest.mark.parametrize(
    ("option", "said", "first"), [(None, True, True), (False, True, False), (True, False, True)]
)
def test_the_option_outweighs_the_provider_on_the_order(option: bool | None, said: bool, first: bool) -> None:
    decision = decide(Diff(True, ("a",), said), entry("r"), {}, (), option)

    assert decision.delete_before_replace is first


def test_a_resource_that_is_not_ready_is_updated_though_nothing_differs() -> None:
    assert decide(Diff(False), entry("r", init_errors=["slow"]), {}, (), None).kind == "update"


def test_a_component_is_compared_by_its_inputs() -> None:
    component = entry("c", custom=False, id="", inputs={"a": 1})

    assert decide_component(component, {"a": 1}).kind == "same"
    assert decide_component(component, {"a": 2}).kind == "update"


@pytest.mark.parametrize(
    ("ignored", "new", "expected"),
    [
        (["a"], {"a": 2, "b": 2}, {"a": 1, "b": 2}),
        (["c"], {"c": 9}, {}),
        (["a"], {}, {"a": 1}),
        (["t.x"], {"t": {"x": 2, "y": 2}}, {"t": {"x": 1, "y": 2}}),
        (["t.*"], {"t": {"x": 2, "y": 2}}, {"t": {"x": 1}}),
        (["l[0]"], {"l": [9, 9]}, {"l": [1, 9]}),
        (["l[*].k"], {"l": [9]}, {"l": [9]}),
        (["*"], {"a": 2, "z": 3}, {"a": 1, "t": {"x": 1}, "l": [1, 2], "s": Secret("o")}),
        (["s"], {"s": Secret("n")}, {"s": Secret("o")}),
        (["n.q", "n.z[3]", "gone.x"], {"n": {"q": 1, "r": 2}}, {"n": {"r": 2}}),
        (["n.m.q"], {"n": {"m": {"q": 1}}}, {"n": {"m": {}}}),
        (["n.q"], {"n": [1]}, {"n": [1]}),
    ],
)
def test_what_is_ignored_is_reset_to_the_old_inputs(
    ignored: list[str], new: dict[str, Any], expected: dict[str, Any]
) -> None:
    old = {"a": 1, "t": {"x": 1}, "l": [1, 2], "s": Secret("o")}

    assert with_ignored(new, old, ignored) == expected


@pytest.mark.parametrize(
    ("alias", "former"),
    [
        (AliasSpec(urn=urn("old")), urn("old")),
        (AliasSpec(name="old"), urn("old")),
        (AliasSpec(type="t:m:U"), urn("new", "t:m:U")),
        (AliasSpec(name="old", stack="prod"), urn("old").replace("dev", "prod")),
        (AliasSpec(parent=urn("c", "x:y:C")), urn("new", "x:y:C$t:m:T")),
        (AliasSpec(no_parent=True, name="old"), urn("old")),
    ],
)
def test_an_alias_is_a_former_urn(alias: AliasSpec, former: str) -> None:
    assert alias_urns(entry("new", parent=STACK), [alias], {}) == [former]


def test_a_renamed_parent_gives_its_children_their_former_urns() -> None:
    parent = urn("new", "x:y:C")
    child = Resource(urn("new-child", "x:y:C$t:m:T"), "t:m:T", parent=parent)

    found = alias_urns(child, [], {parent: [urn("old", "x:y:C")]})

    assert found == [urn("old-child", "x:y:C$t:m:T")]


def test_dependants_are_found_through_others() -> None:
    a, b, c, d = entry("a"), entry("b", "a"), entry("c", "b"), entry("d")

    assert dependants(a, [a, b, c, d]) == [b, c]


def test_only_dependants_that_ask_for_it_are_dragged_along() -> None:
    a = entry("a")
    linked = entry("linked", "a", property_dependencies={"x": [urn("a")]})
    further = entry("further", "linked", property_dependencies={"x": [urn("linked")]})
    noted = entry("noted", "a", property_dependencies={"y": [urn("a")]})
    ordered = entry("ordered", "a")
    component = entry("component", "a", custom=False, id="")
    gone_with = entry("gone", deleted_with=urn("a"))
    resources = [a, linked, further, noted, ordered, component, gone_with]

    found = dragged_along(a, resources, lambda _: False, lambda r, _: "x" in r.property_dependencies)

    assert [resource.name for resource in found] == ["linked", "further", "gone"]


def test_what_was_registered_already_is_not_dragged_along() -> None:
    a, b = entry("a"), entry("b", "a", property_dependencies={"x": [urn("a")]})

    assert dragged_along(a, [a, b], lambda name: name == urn("b"), lambda _r, _s: True) == []


def test_deletes_go_in_waves_from_the_leaves() -> None:
    a, b, c, d = entry("a"), entry("b", "a"), entry("c", "a"), entry("d", "b", "c")

    waves = delete_waves([a, b, c, d], [])

    assert [[resource.name for resource in wave] for wave in waves] == [["d"], ["b", "c"], ["a"]]


def test_what_a_kept_resource_needs_stays() -> None:
    a, b, c = entry("a"), entry("b", "a"), entry("c")

    assert delete_waves([a, c], [b]) == [[c]]


def test_a_dependency_on_a_component_is_one_on_its_children() -> None:
    component = entry("component", custom=False, id="")
    child = entry("child", parent=component.urn)
    user = entry("user", "component")

    waves = delete_waves([component, child, user], [])

    assert [[resource.name for resource in wave] for wave in waves] == [["user"], ["child"], ["component"]]


def test_a_long_chain_of_deletes_is_planned_quickly() -> None:
    chain = [entry("r0")] + [entry(f"r{number}", f"r{number - 1}") for number in range(1, 2000)]

    assert len(delete_waves(chain, [])) == 2000


@pytest.mark.parametrize(
    ("fields", "quiet"),
    [
        ({}, False), ({"external": True}, True), ({"retain_on_delete": True}, True),
        ({"custom": False, "id": ""}, True), ({"deleted_with": urn("other")}, True),
        ({"deleted_with": urn("kept")}, False), ({"pending_replacement": True}, True),
        ({"type": "pulumi:providers:pulumi-python"}, True),
    ],
)  # fmt: skip
def test_some_deletes_need_no_call(fields: dict[str, Any], quiet: bool) -> None:
    assert needs_no_call(entry("r", **fields), {urn("other")}) is quiet


def test_differences_are_told_by_path() -> None:
    found = differences(
        {"a": 1, "l": [1, 2], "t": {"x": 1}, "odd key": 1},
        {"l": [1, 3, 4], "t": {"x": 2}, "b": 1, "odd key": 2},
    )

    assert {change.path: change.kind for change in found} == {
        "a": "delete", "b": "add", "l[1]": "update", "l[2]": "add", "t.x": "update", '["odd key"]': "update",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a", ["a"]), ("a.b[0]", ["a", "b", 0]), ('a["x.y"][*]', ["a", "x.y", "*"]), ("*", ["*"])],
)
def test_paths_are_parsed(text: str, parts: list[str | int]) -> None:
    assert parse_path(text) == parts
