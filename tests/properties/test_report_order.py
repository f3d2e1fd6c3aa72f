from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from fleet.report.forms import html_page, markdown, schema
from fleet.report.judge.report import build
from fleet.report.read.bundle import read_bundle
from tests.unit.report.making import (
    CATALOG,
    UNKNOWN,
    Act,
    created,
    deleted,
    events,
    kept,
    lines,
    replaced,
    updated,
    write,
)

ACTS = [
    created("new"),
    deleted("old"),
    kept("still"),
    updated("web-1", {"type": "g6-standard-2"}),
    updated("web-2", {"tags": ["x"]}),
    replaced("db", {"image": "linode/debian13"}),
    replaced("api", {"user_data": UNKNOWN}, {"user_data": ["db"]}, user_data="x"),
]
MORE: list[dict[str, Any]] = [
    {"diagnosticEvent": {"severity": "warning", "message": "careful"}},
    {"diagnosticEvent": {"severity": "warning", "message": "and here"}},
    {
        "policyEvent": {
            "policyName": "a",
            "message": "m",
            "enforcementLevel": "advisory",
            "resourceUrn": "u::v::w::x",
        }
    },
    {
        "policyEvent": {
            "policyName": "b",
            "message": "m",
            "enforcementLevel": "advisory",
            "resourceUrn": "u::v::w::x",
        }
    },
]
OUTPUTS = ({"gone": 1, "same": 1}, {"same": 1, "new": UNKNOWN})


def texts(folder: Path, found: list[dict[str, Any]]) -> list[str]:
    told = build([read_bundle(write(folder / "dev", events=lines(found), catalog=CATALOG, exit="0"))])
    return [
        markdown.comment(told),
        markdown.summary(told),
        html_page.html_page(told),
        schema.report_json(told),
    ]


@given(seed=st.integers(0, 10**6))
def test_any_order_of_arrival_gives_the_same_bytes(tmp_path: Path, seed: int) -> None:
    found = events(ACTS, more=MORE, outputs=OUTPUTS)
    shuffled = random.Random(seed).sample(found, len(found))

    assert texts(tmp_path / "a", shuffled) == texts(tmp_path / "b", found)


@given(order=st.permutations(ACTS))
def test_any_order_of_registration_gives_the_same_bytes(tmp_path: Path, order: list[Act]) -> None:
    assert texts(tmp_path / "a", events(order, outputs=OUTPUTS)) == texts(
        tmp_path / "b", events(ACTS, outputs=OUTPUTS)
    )


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda acts: acts[::-1], True),
        (lambda acts: acts[1:], False),
        (lambda acts: [*acts, kept("another")], True),
        (lambda acts: [*acts, created("another")], False),
        (lambda acts: [created("new", type="g6-nanode-1"), *acts[1:]], False),
        (lambda acts: [*acts[:3], updated("web-1", {"type": "g6-standard-4"}), *acts[4:]], False),
    ],
)
def test_the_plan_hash_is_of_what_would_be_done(tmp_path: Path, change: Any, same: bool) -> None:
    def plan(name: str, acts: list[Act], catalog: object, run: str) -> str:
        meta = {"stack": "dev", "run": run}
        return build(
            [read_bundle(write(tmp_path / name, events=lines(events(acts)), catalog=catalog, meta=meta))]
        ).plan

    assert (plan("a", ACTS, CATALOG, "1") == plan("b", change(ACTS), None, "2")) == same
