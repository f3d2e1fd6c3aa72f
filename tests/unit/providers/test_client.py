from __future__ import annotations

import pytest

from providers.linode.api.client import MOST_READS, LinodeClient
from providers.linode.api.errors import ApiUnreachable, NotAuthorized
from tests.wire import Answer, ScriptedServer, errors


def page(rows: list[int], number: int, pages: int, results: int) -> Answer:
    data = [{"id": row} for row in rows]
    return Answer(200, {"data": data, "page": number, "pages": pages, "results": results})


def test_a_list_is_read_over_all_its_pages() -> None:
    first = page([1, 2], 1, 2, 3)
    with ScriptedServer(first, page([3], 2, 2, 3), first) as server:
        rows = LinodeClient(server.transport(), page_size=2).list_rows("/linode/kernels")

    assert [row["id"] for row in rows] == [1, 2, 3]
    assert [seen.path for seen in server.seen] == [
        "/v4/linode/kernels?page=1&page_size=2",
        "/v4/linode/kernels?page=2&page_size=2",
        "/v4/linode/kernels?page=1&page_size=2",
    ]


def test_two_rows_of_one_id_and_different_labels_are_two() -> None:
    kernels = [{"id": "linode/2.6", "label": "Latest (2.6)"}, {"id": "linode/2.6", "label": "2.6"}]
    with ScriptedServer(Answer(200, {"data": kernels, "page": 1, "pages": 1, "results": 2})) as server:
        assert LinodeClient(server.transport()).list_rows("/linode/kernels") == kernels


def test_the_empty_page_of_images_is_an_empty_list() -> None:
    with ScriptedServer(page([], 0, 0, 0)) as server:
        assert LinodeClient(server.transport()).list_rows("/images", {"label": "none"}) == []


def test_a_list_that_shifts_between_pages_is_read_again() -> None:
    shifted = [page([1, 2], 1, 2, 3), page([], 2, 1, 2)]
    with ScriptedServer(*shifted, page([1, 3], 1, 1, 2)) as server:
        rows = LinodeClient(server.transport(), page_size=2).list_rows("/linode/instances")

    assert [row["id"] for row in rows] == [1, 3]


def test_a_list_that_never_stands_still_is_an_error_not_a_wrong_list() -> None:
    moving = [page([1], 1, 2, 2), page([2], 2, 2, 3)] * MOST_READS
    with ScriptedServer(*moving) as server, pytest.raises(ApiUnreachable, match="kept changing"):
        LinodeClient(server.transport()).list_rows("/linode/instances")


def test_a_list_that_promises_pages_without_end_ends_with_its_rows() -> None:
    with ScriptedServer(page([1, 2], 1, 1_000_000_000, 2)) as server:
        rows = LinodeClient(server.transport(), page_size=2).list_rows("/linode/instances")

    assert ([row["id"] for row in rows], len(server.seen)) == ([1, 2], 1)


def test_a_list_that_does_not_say_how_many_it_has_ends_at_an_empty_page() -> None:
    endless: dict[str, object] = {"data": [], "page": 2, "pages": 1_000_000_000}
    first = Answer(200, {**endless, "data": [{"id": 1}], "page": 1})
    with ScriptedServer(first, Answer(200, endless), first) as server:
        rows = LinodeClient(server.transport(), page_size=1).list_rows("/linode/instances")

    assert ([row["id"] for row in rows], len(server.seen)) == ([1], 3)


def test_a_server_that_gives_the_same_page_again_and_again_is_an_error() -> None:
    with ScriptedServer(page([1, 2], 1, 1_000_000_000, 1_000_000_000)) as server:
        with pytest.raises(ApiUnreachable, match="kept changing"):
            LinodeClient(server.transport(), page_size=2).list_rows("/linode/instances")

    assert len(server.seen) == 2 * MOST_READS


def test_ids_with_a_slash_stay_one_part_of_the_path() -> None:
    with ScriptedServer(Answer(404, errors("Not found"))) as server:
        client = LinodeClient(server.transport())
        with pytest.raises(Exception, match="404"):
            client.linode("1/../2")

    assert server.seen[0].path == "/v4/linode/instances/1%2F..%2F2"


def test_the_account_is_known_by_the_header_of_any_answer() -> None:
    with ScriptedServer(Answer(200, {}, {"X-Customer-UUID": "A-1"})) as server:
        assert LinodeClient(server.transport()).account_id() == "A-1"


def test_the_account_is_asked_for_where_the_header_is_missing() -> None:
    with ScriptedServer(Answer(), Answer(200, {"euuid": "E-1"})) as server:
        assert LinodeClient(server.transport()).account_id() == "E-1"


def test_an_account_that_cannot_be_told_names_the_scope_needed() -> None:
    with ScriptedServer(Answer(), Answer(401, errors("not authorized"))) as server:
        with pytest.raises(NotAuthorized, match="account:read_only"):
            LinodeClient(server.transport()).account_id()


def test_an_object_of_another_shape_is_asked_for_again() -> None:
    odd = Answer(200, {"id": {"of": []}, "status": 7})
    with ScriptedServer(
        odd, odd, Answer(200, {"id": 5, "region": "de-fra-2", "status": "running"})
    ) as server:
        assert LinodeClient(server.transport()).linode(5).region == "de-fra-2"


def test_an_object_that_keeps_another_shape_is_one_line() -> None:
    odd = Answer(200, {"id": {"of": []}, "status": 7})
    with (
        ScriptedServer(*[odd] * MOST_READS) as server,
        pytest.raises(ApiUnreachable, match="no Linode: id, region, status is missing or odd"),
    ):
        LinodeClient(server.transport()).linode(5)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": None, "page": 1, "pages": 1, "results": 0},
        {"data": "x", "page": 1, "pages": 1, "results": 1},
        {"data": [1, 2], "page": 1, "pages": 1, "results": 2},
        {"data": [{"id": 1}], "page": 1, "pages": "2", "results": 2},
        {"data": [{"id": 1}], "page": 1, "pages": 2, "results": "2"},
        {"data": [], "page": 1, "pages": 1, "results": -1},
        {"data": [{"id": 1}], "page": 1, "pages": 2, "results": -1},
        {"data": [], "page": 1, "pages": 1_000_000_000, "results": 1_000_000_000},
        {"data": [], "page": 1, "pages": 1_000_000_000},
        {"data": [{"id": 1}], "page": 1, "pages": 1, "results": 7},
        {"data": [{"id": 1}], "page": 1, "pages": 1, "results": 0},
    ],
)
def test_what_is_no_list_is_asked_for_again_and_never_counts_as_an_empty_one(body: dict[str, object]) -> None:
    wrong = Answer(200, body)
    with ScriptedServer(wrong, page([1], 1, 1, 1)) as server:
        assert [row["id"] for row in LinodeClient(server.transport()).list_rows("/profile/sshkeys")] == [1]
    with ScriptedServer(*[wrong] * MOST_READS) as server, pytest.raises(ApiUnreachable, match="is no list"):
        LinodeClient(server.transport()).list_rows("/profile/sshkeys")


@pytest.mark.parametrize(("reserved", "own"), [("192.0.2.9", "192.0.2.9"), (None, "192.168.130.9")])
def test_an_address_is_added_once_it_is_there_and_not_when_another_one_came_meanwhile(
    monkeypatch: pytest.MonkeyPatch, reserved: str | None, own: str
) -> None:
    monkeypatch.setattr("providers.linode.api.writes.PAUSES_S", (0.0,))

    def linode(*ipv4: str) -> Answer:
        return Answer(200, {"id": 7, "label": "web", "status": "running", "region": "r", "ipv4": list(ipv4)})

    others = "192.0.2.1", "192.0.2.8"
    with ScriptedServer(Answer(502), linode(*others), Answer(), linode(*others, own)) as server:
        client = LinodeClient(server.transport())
        client.add_address(7, reserved)

        assert own in client.linode(7).ipv4
        assert [seen.method for seen in server.seen].count("POST") == 2
