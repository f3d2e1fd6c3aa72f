"""Groups whose renaming broke off are told by the numbers of their servers."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from stacks.renaming import halves, instead

Servers = Mapping[str, Collection[int]]


@pytest.mark.parametrize("group", ["web", "front"])
@pytest.mark.parametrize(("web", "front"), [([2, 3], [1]), ([1], [3, 2]), ([1, 4], [2])])
def test_a_row_of_numbers_under_two_names_is_one_group(group: str, web: list[int], front: list[int]) -> None:
    [other] = {"web", "front"} - {group}

    assert halves([group, "db"], {"web": web, "front": front, "db": [1, 2]}) == {other: group}


@pytest.mark.parametrize(
    "servers",
    [
        {"web": [1, 2], "front": [1, 2]},
        {"web": [1, 2, 3], "front": [1]},
        {"web": [1]},
        {"front": [1]},
        {"web": [2], "front": [1], "back": [1]},
    ],
)
def test_anything_else_is_two_groups(servers: Servers) -> None:
    assert halves(["web"], servers) == {}


@pytest.mark.parametrize(
    ("groups", "servers", "comes"),
    [
        (["web", "db"], {"front": [1, 2], "db": [1]}, {"front": "web"}),
        (["web", "db"], {"front": [1]}, {}),
        (["web"], {"front": [1], "back": [1]}, {}),
        (["web"], {"front": [1], "web": [2]}, {}),
        (["web"], {"web": [1]}, {}),
    ],
)
def test_a_group_without_servers_comes_instead_of_one_that_is_gone(
    groups: list[str], servers: Servers, comes: Mapping[str, str]
) -> None:
    assert instead(groups, servers) == comes
