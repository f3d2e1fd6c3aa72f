"""However the rows of a list move while its pages are read: what is there all the time is found, and found once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from hypothesis import given, strategies as st

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiUnreachable
from providers.linode.api.transport import Reply, Transport
from tests.sessions import NOWHERE

SIZE = 3
Move = Callable[[list[int]], list[int]]


class Moving(Transport):
    """A list from which one row goes, or to which one comes, before some of its pages are given."""

    def __init__(self, rows: Sequence[int], moves: Sequence[Sequence[Move]]) -> None:
        super().__init__(NOWHERE)
        self.rows, self.moves = list(rows), list(moves)

    def request(
        self,
        method: str,  # noqa: ARG002 - the base's
        path: str,  # noqa: ARG002
        *,
        query: Mapping[str, str | int] | None = None,
        x_filter: Mapping[str, object] | None = None,  # noqa: ARG002
        body: Mapping[str, object] | None = None,  # noqa: ARG002
    ) -> Reply:
        for move in self.moves.pop(0) if self.moves else ():
            self.rows = move(self.rows)
        page = int((query or {})["page"])
        data = [{"id": row} for row in self.rows[(page - 1) * SIZE : page * SIZE]]
        pages = -(-len(self.rows) // SIZE)
        return Reply({"data": data, "page": page, "pages": pages, "results": len(self.rows)}, {})


def gone(number: int) -> Move:
    return lambda rows: [row for row in rows if row != number]


def come(number: int) -> Move:
    """A new one, at the end or, where the newest come first, at the beginning."""
    return lambda rows: [*rows, number] if number % 2 else [number, *rows]


def turned(by: int) -> Move:
    """Another order: a list that nobody sorts."""
    return lambda rows: rows[by:] + rows[:by]


def moves(move: st.SearchStrategy[Move]) -> st.SearchStrategy[list[list[Move]]]:
    return st.lists(st.lists(move, max_size=2), max_size=12)


CHANGES = moves(st.builds(gone, st.integers(0, 11)) | st.builds(come, st.integers(100, 140)))
ORDERS = moves(st.builds(turned, st.integers(1, 4)))


@given(st.integers(0, 12), CHANGES | ORDERS)
def test_what_is_there_all_the_time_is_in_the_list_once(count: int, moves: list[list[Move]]) -> None:
    transport = Moving(range(count), moves)

    with suppress(ApiUnreachable):
        found = [row["id"] for row in LinodeClient(transport, page_size=SIZE).list_rows("/things")]

        assert len(found) == len(set(found))
        assert set(range(count)) & set(transport.rows) <= set(found)


def test_a_list_that_comes_to_rest_is_read() -> None:
    transport = Moving(range(9), [[], [gone(0), come(101)], [], []])

    found = LinodeClient(transport, page_size=SIZE).list_rows("/things")

    assert [row["id"] for row in found] == [*range(1, 9), 101]
