"""How many of a group may be off at once: the largest set of which none has to wait for another."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from fleet.report.judge.outages import largest_independent
from fleet.report.model import GuardState
from fleet.report.phrases import plain
from tests.unit.report.making import Act, created, digest, kept, report, stack_of, updated

RESIZE = {"type": "g6-standard-2"}


def after(name: str, *others: str) -> Act:
    return updated(name, RESIZE, deps={"user_data": others}, user_data="x")


FIVE = [updated("web-1", RESIZE), updated("web-2", RESIZE), updated("web-3", RESIZE), after("web-4", "web-1"),
        after("web-5", "web-1")]  # fmt: skip
CHAIN = [updated("web-1", RESIZE), *(after(f"web-{n}", f"web-{n - 1}") for n in range(2, 6))]


@pytest.mark.parametrize(
    ("acts", "limit", "state", "names"),
    [
        (FIVE, 3, "block", "web-2, web-3, web-4 and web-5 are off at once"),
        (FIVE, 4, "pass", "never more than 4"),
        (CHAIN, 1, "pass", "never more than 1"),
        ([updated("web-1", RESIZE), created("db-1"), after("web-2", "db-1")], 1, "block", "web-1 and web-2"),
        ([updated("web-1", RESIZE), after("db-1", "web-1"), after("web-2", "db-1")], 1, "pass", "never more"),
    ],
)
def test_the_largest_set_that_waits_for_nobody_counts(
    tmp_path: Path, acts: list[Act], limit: int, state: GuardState, names: str
) -> None:
    (guard,) = stack_of(tmp_path, acts, form="digest", guards={"max_power_off": limit}).guards

    assert (guard.state, names in plain(guard.what)) == (state, True), plain(guard.what)


def test_one_waits_also_through_what_is_no_server(tmp_path: Path) -> None:
    gate = Act(
        "update",
        "gate",
        {"a": 1},
        {"a": 2},
        deps={"a": ["web-1"]},
        kind="pulumi-python:dynamic/linode:Firewall",
    )
    acts = [updated("web-1", RESIZE), gate, after("web-2", "gate")]

    (guard,) = stack_of(tmp_path, acts, form="digest", guards={"max_power_off": 1}).guards

    assert guard.state == "pass"


def test_events_alone_know_of_no_waiting_and_with_the_digest_they_do(tmp_path: Path) -> None:
    """Events hold no dependencies: what could be off together counts as if it were."""
    guards = {"max_power_off": 1}
    (alone,) = stack_of(tmp_path / "1", CHAIN, guards=guards).guards
    (both,) = stack_of(tmp_path / "2", CHAIN, guards=guards, digest=digest(CHAIN)).guards

    assert (alone.state, both.state) == ("block", "pass")
    assert "web-1, web-2, web-3, web-4 and web-5 are off at once" in plain(alone.what)


def test_a_group_is_down_only_if_all_of_it_may_be_off_at_once(tmp_path: Path) -> None:
    apart = report(tmp_path / "1", CHAIN, form="digest")
    together = report(tmp_path / "2", [*FIVE[:3]], form="digest")
    with_one_left = report(tmp_path / "3", [*FIVE[:3], kept("web-9")])

    assert ["at the same time" in plain(told.findings[0].title) for told in (apart, together, with_one_left)] == [
        False, True, False,
    ]  # fmt: skip


Needs = dict[str, tuple[str, ...]]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Needs, list[str]]:
    size = draw(st.integers(1, 9))
    names = [f"n{number}" for number in range(size)]
    needs = {
        name: tuple(draw(st.lists(st.sampled_from(names[:index]), unique=True, max_size=3))) if index else ()
        for index, name in enumerate(names)
    }
    return needs, draw(st.lists(st.sampled_from(names), unique=True, min_size=1))


def reaches(needs: Needs, start: str, goal: str) -> bool:
    return any(below == goal or reaches(needs, below, goal) for below in needs[start])


@given(graphs())
def test_it_is_the_largest_by_trying_all(given_: tuple[Needs, list[str]]) -> None:
    needs, inside = given_

    found = largest_independent(inside, needs)

    def apart(names: tuple[str, ...]) -> bool:
        return not any(reaches(needs, a, b) or reaches(needs, b, a) for a, b in combinations(names, 2))

    assert apart(found)
    assert set(found) <= set(inside)
    assert not any(apart(more) for more in combinations(inside, len(found) + 1))
    assert found == largest_independent(inside[::-1], needs)


def test_a_circle_ends_and_long_chains_and_wide_groups_are_done_soon() -> None:
    circle: Needs = {"a": ("b",), "b": ("a",), "c": ()}
    chain: Needs = {f"n{n:04}": (f"n{n - 1:04}",) if n else () for n in range(2000)}
    wide: Needs = {f"n{n:04}": () for n in range(2000)}

    assert "c" in largest_independent(list(circle), circle)
    assert len(largest_independent(list(chain), chain)) == 1
    assert len(largest_independent(list(wide), wide)) == 2000
