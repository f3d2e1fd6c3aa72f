"""An approval is bound to a hash: what would be done differently has another one, what is told differently has not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fleet.report.forms.words import what
from fleet.report.judge.plan_hash import plan_hashes
from fleet.report.model import Change, Path as ChangedPath, StackReport, Value
from fleet.report.phrases import plain
from fleet.report.read.steps import SECRET_KEY, SECRET_SIGNATURE
from tests.unit.report.making import (
    UNKNOWN,
    Act,
    change_of,
    created,
    deleted,
    replaced,
    report,
    server,
    updated,
)

TEXT = ChangedPath(
    path="label", kind="update", before=Value(kind="text", text="a"), after=Value(kind="text", text="b")
)
CHANGE = Change(
    urn="u",
    name="web",
    type="t",
    server=True,
    op="replace",
    reasons=("label",),
    paths=(TEXT,),
    delete_first=False,
)
STACK = StackReport(stack="dev", verdict="look", word=(), complete=True, changes=(CHANGE,))


def changed(**more: Any) -> StackReport:
    return STACK.model_copy(update={"changes": (CHANGE.model_copy(update=more),)})


def after(value: Value) -> StackReport:
    return changed(paths=(TEXT.model_copy(update={"after": value}),))


@pytest.mark.parametrize(
    "other",
    [
        STACK.model_copy(update={"stack": "prod"}),
        STACK.model_copy(update={"complete": False}),
        STACK.model_copy(update={"drift": True}),
        changed(urn="v"),
        changed(op="delete"),
        changed(certainty="perhaps"),
        changed(reasons=()),
        changed(reasons=("image",)),
        changed(delete_first=True),
        changed(before="f" * 32),
        changed(paths=()),
        changed(paths=(TEXT.model_copy(update={"path": "group"}),)),
        changed(paths=(TEXT.model_copy(update={"kind": "add"}),)),
        after(Value(kind="text", text="c")),
        after(Value(kind="unknown")),
        after(Value(kind="secret")),
        after(Value(kind="absent")),
    ],
)
def test_another_plan_has_another_hash(other: StackReport) -> None:
    assert plan_hashes([other]) != plan_hashes([STACK])


@pytest.mark.parametrize(
    "other",
    [
        changed(cost_after=None, name="renamed", likely="open", sources=("x",), delete_first=None),
        STACK.model_copy(
            update={"verdict": "blocked", "run": "9.1", "commit": "abc", "catalog_date": "2026-01-01"}
        ),
        STACK.model_copy(update={"changes": (CHANGE, CHANGE.model_copy(update={"op": "same", "urn": "z"}))}),
    ],
)
def test_what_is_only_told_differently_is_the_same_plan(other: StackReport) -> None:
    assert plan_hashes([other]) == plan_hashes([STACK])


SECRET = {SECRET_KEY: SECRET_SIGNATURE, "ciphertext": "[secret]"}
LISTS: list[tuple[str, Callable[[object], object]]] = [
    ("list", lambda part: [{"vpc": part}, {"firewall": 1, "label": "a"}]),
    ("map", lambda part: {"vpc": part, "public": {"firewall": 1}}),
    ("deep", lambda part: {"a": [["x", part], "y"]}),
]
OTHERS: dict[str, object] = {
    "list": [{"vpc": "?"}, {"firewall": 999, "label": "totally-other"}],
    "map": {"vpc": "?", "public": {"firewall": 2}},
    "deep": {"a": [["x", "?"], "z"]},
}


def filled(value: object, part: object) -> object:
    if isinstance(value, dict):
        return {key: filled(inner, part) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, part) for inner in value]
    return part if value == "?" else value


@pytest.mark.parametrize("part", [UNKNOWN, SECRET], ids=["unknown", "secret"])
@pytest.mark.parametrize(("name", "make"), LISTS)
@pytest.mark.parametrize("op", ["create", "update", "replace"])
def test_what_stands_beside_an_unknown_or_secret_part_counts(
    tmp_path: Path, part: object, name: str, make: Callable[[object], object], op: str
) -> None:
    def plan(folder: str, interfaces: object) -> str:
        old, new = server(interfaces=["old"]), server(interfaces=interfaces)
        act = Act(op, "web", None if op == "create" else old, new, ("interfaces",) if op == "replace" else ())
        return report(tmp_path / folder, [act]).plan

    one, other = plan("1", make(part)), plan("2", filled(OTHERS[name], part))

    assert one == plan("3", make(part))
    assert one != other


def test_an_unknown_part_is_shown_as_one_and_the_rest_as_it_is(tmp_path: Path) -> None:
    interfaces = [{"vpc": UNKNOWN, "key": SECRET}, {"label": "04da"}]

    change = change_of(tmp_path, [updated("web", {"interfaces": interfaces}, interfaces=[])], "web")

    assert plain(what(change)).endswith('→ [{"key":"[secret]","vpc":(known after apply)},{"label":"04da"}]')


@pytest.mark.parametrize(
    ("new", "certainty"),
    [
        ([{"vpc": UNKNOWN}, {"firewall": 1}], "perhaps"),
        ([{"vpc": UNKNOWN}, {"firewall": 2}], "certain"),
        ([{"vpc": 7}, {"firewall": 1}, UNKNOWN], "perhaps"),
        ([{"vpc": UNKNOWN}], "certain"),
        (UNKNOWN, "perhaps"),
    ],
)
def test_a_change_is_a_maybe_only_if_nothing_known_differs(
    tmp_path: Path, new: object, certainty: str
) -> None:
    old = [{"vpc": 7}, {"firewall": 1}]

    found = [
        change_of(tmp_path / "1", [replaced("web", {"interfaces": new}, interfaces=old)], "web"),
        change_of(
            tmp_path / "2", [Act("update", "web", server(interfaces=old), server(interfaces=new))], "web"
        ),
    ]

    assert [change.certainty for change in found] == [certainty, certainty]


def test_a_secret_elsewhere_in_a_list_does_not_hide_a_change(tmp_path: Path) -> None:
    acts = [updated("web", {"tags": ["a", SECRET, "c"]}, tags=["a", SECRET, "b"])]

    (path,) = change_of(tmp_path, acts, "web").paths

    assert (path.before.text, path.after.text) == ('["a","[secret]","b"]', '["a","[secret]","c"]')


@pytest.mark.parametrize("form", ["events", "digest"])
@pytest.mark.parametrize(
    "act",
    [
        lambda **there: replaced("web", {"image": "linode/debian13"}, **there),
        lambda **there: updated("web", {"tags": ["env:dev", "blue"]}, **there),
        lambda **there: deleted("web", **there),
        lambda **there: Act(
            "delete", "data", {"size": 20, **there}, kind="pulumi-python:dynamic/linode:Volume"
        ),
    ],
    ids=["replaced", "updated", "deleted", "deleted volume"],
)
def test_what_is_there_before_counts(tmp_path: Path, act: Callable[..., Act], form: str) -> None:
    """A reader who approved the loss of one server did not approve that of another one."""
    one: dict[str, object] = {"region": "us-ord", "image": "linode/debian12"}

    def plan(folder: str, **there: object) -> str:
        return report(tmp_path / folder, [act(**{**one, **there})], form=form).plan

    assert plan("1") == plan("2")
    assert len({plan("1"), plan("3", region="us-east"), plan("4", image="linode/debian11")}) == 3


def test_what_a_provider_computes_and_what_is_secret_is_no_part_of_it(tmp_path: Path) -> None:
    plans = {
        report(tmp_path / str(number), [deleted("web", __provider=str(number), root_pass=SECRET)]).plan
        for number in range(2)
    }

    assert len(plans) == 1


def test_a_created_server_with_another_input_is_another_plan(tmp_path: Path) -> None:
    plans = {
        report(tmp_path / str(n), [created("web", group=value)]).plan
        for n, value in enumerate(["a", "b", UNKNOWN])
    }

    assert len(plans) == 3
