from __future__ import annotations

from typing import Any

import pytest

from emulators.linode_api.resources.linode.create import create_linode
from tests.unit.linode_api.serving import EMPTY, Caller, reasons


@pytest.mark.parametrize(
    ("path", "first", "count"),
    [
        ("/linode/types", "g6-nanode-1", 38),
        ("/regions", "au-mel", 46),
        ("/images", "linode/almalinux10", 34),
        ("/linode/kernels", "linode/latest-2.6-32bit", 330),
    ],
)
def test_catalogs_come_in_the_apis_own_order(caller: Caller, path: str, first: str, count: int) -> None:
    answer = caller.get(path, page_size=500).json()

    assert (answer["data"][0]["id"], answer["results"]) == (first, count)
    twice = 2 if "kernels" in path else 0  # as in the recorded list
    assert len({row["id"] for row in answer["data"]}) == count - twice


def test_no_catalog_date_is_the_recorders_placeholder(caller: Caller) -> None:
    texts = [caller.get(path, page_size=500).text for path in ("/images", "/linode/kernels")]

    assert not any("2018-01-02" in text for text in texts)


def test_debian_releases_sort_by_their_real_dates(caller: Caller) -> None:
    debian = [row for row in caller.rows("/images", where={"vendor": "Debian"}) if "kube" not in row["id"]]

    assert [row["id"] for row in sorted(debian, key=lambda row: row["created"])] == [
        "linode/debian11",
        "linode/debian12",
        "linode/debian13",
    ]


@pytest.mark.parametrize(
    ("path", "where", "ids"),
    [
        ("/linode/types", {"class": "nanode"}, ["g6-nanode-1"]),
        (
            "/linode/types",
            {
                "memory": {"+gte": 2048, "+lt": 8192},
                "class": "standard",
                "+order_by": "memory",
                "+order": "desc",
            },
            ["g6-standard-2", "g6-standard-1"],
        ),
        ("/regions", {"country": "de", "site_type": "core"}, ["de-fra-2", "eu-central"]),
        ("/regions", {"+or": [{"country": "br"}, {"country": "no"}]}, ["no-osl-1", "br-gru"]),
        (
            "/images",
            {"label": {"+contains": "Debian 1"}, "vendor": "Debian", "size": {"+lt": 1800}},
            ["linode/debian11"],
        ),
        ("/images", {"+and": [{"vendor": "Alpine"}, {"deprecated": True}]}, ["linode/alpine3.20"]),
        ("/linode/kernels", {"label": "GRUB 2"}, ["linode/grub2"]),
        (
            "/linode/kernels",
            {"pvops": False, "kvm": True, "label": {"+neq": "GRUB 2"}},
            ["linode/grub-legacy", "linode/direct-disk"],
        ),
    ],
)
def test_filters_pick_and_sort(caller: Caller, path: str, where: dict[str, Any], ids: list[str]) -> None:
    found = [row["id"] for row in caller.rows(path, where=where)]

    assert sorted(found) == sorted(ids)
    assert "+order_by" not in where or found == ids


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/images", "foo"),
        ("/images", "id"),
        ("/regions", "id"),
        ("/regions", "capabilities"),
        ("/linode/types", "id"),
        ("/linode/types", "price.monthly"),
        ("/linode/instances", "status"),
        ("/linode/instances", "type"),
        ("/account/events", "status"),
        ("/linode/kernels", "id"),
        ("/tags", "label"),
    ],
)
def test_what_is_not_filterable_is_named(caller: Caller, path: str, key: str) -> None:
    answer = caller.get(path, where={key: "x"})

    assert (answer.status_code, reasons(answer)) == (400, [("X-Filter", f"Cannot filter on {key}")])


@pytest.mark.parametrize(
    "where",
    ["{", "[]", '{"label": {"+like": "x"}}', '{"+or": {}}', '{"+order_by": "status"}', '{"+order": "up"}'],
)
def test_filters_that_make_no_sense_are_400(caller: Caller, where: str) -> None:
    answer = caller.get("/images", where=where)

    assert (answer.status_code, reasons(answer)[0][0]) == (400, "X-Filter")


def test_a_list_of_tags_is_refused(caller: Caller) -> None:
    answer = caller.get("/linode/instances", where={"tags": ["one"]})

    assert reasons(answer) == [("X-Filter", "Tags filter must be a string or dict")]


def test_instances_are_found_by_label_tag_address_and_id(caller: Caller) -> None:
    made = caller.create(**EMPTY, label="find-me", tags=["blue", "green"])
    caller.create(**EMPTY, label="not-me")

    for where in (
        {"label": "find-me"},
        {"tags": "green"},
        {"ipv4": made["ipv4"][0]},
        {"id": made["id"]},
        {"tags": {"+contains": "gre"}},
        {"+and": [{"tags": "blue"}, {"tags": "green"}]},
    ):
        assert [row["label"] for row in caller.rows("/linode/instances", where=where)] == ["find-me"], where


def test_images_without_a_match_say_page_0_of_0_and_others_page_1(caller: Caller) -> None:
    images = caller.get("/images", where={"label": "not-found"}).json()
    regions = caller.get("/regions", where={"country": "xx"}).json()

    assert images == {"data": [], "page": 0, "pages": 0, "results": 0}
    assert regions == {"data": [], "page": 1, "pages": 1, "results": 0}


@pytest.mark.parametrize(
    ("name", "value"), [("page_size", 24), ("page_size", 501), ("page_size", "x"), ("page", 0)]
)
def test_pages_out_of_range_are_400(caller: Caller, name: str, value: object) -> None:
    query: dict[str, Any] = {name: value}

    answer = caller.get("/linode/kernels", **query)

    assert (answer.status_code, reasons(answer)[0][0]) == (400, name)


def test_a_page_number_past_all_measure_gives_the_last_page(caller: Caller) -> None:
    answer = caller.get("/linode/kernels", page=2**64, page_size=25).json()

    assert (answer["page"], len(answer["data"])) == (14, 5)


def test_kernels_come_in_pages_of_25(caller: Caller) -> None:
    pages = [caller.get("/linode/kernels", page=page, page_size=25).json() for page in range(1, 15)]

    ids = [row["id"] for page in pages for row in page["data"]]
    assert {(page["pages"], page["results"]) for page in pages} == {(14, 330)}
    assert ids == [row["id"] for row in caller.rows("/linode/kernels", page_size=500)]


def test_the_availability_of_one_region_is_a_bare_array(caller: Caller) -> None:
    rows = caller.get("/regions/us-ord/availability").json()

    assert {row["region"] for row in rows} == {"us-ord"}
    assert {row["plan"]: row["available"] for row in rows}["g7-premium-2"] is True
    assert caller.get("/regions/xx/availability").status_code == 404
    assert caller.get("/regions/availability").json()["results"] == 486


def test_slashes_in_ids_may_be_encoded_or_not(caller: Caller) -> None:
    encoded = caller.get("/images/linode%2Fdebian12")
    plain = caller.get("/images/linode/debian12")

    assert encoded.json() == plain.json()


def test_a_page_of_five_hundred_linodes_asks_the_database_no_more_often_than_one_of_twenty_five(
    caller: Caller,
) -> None:
    with caller.api.database.transaction():
        for _ in range(525):
            create_here(caller)
    caller.rows("/linode/instances", page=1, page_size=25)  # what a server asks once in its life is asked
    asked: list[str] = []
    caller.api.database.sql.set_trace_callback(asked.append)

    large = caller.rows("/linode/instances", page=1, page_size=500)
    for_large = len(asked)
    small = caller.rows("/linode/instances", page=21, page_size=25)
    for_small = len(asked) - for_large
    caller.api.database.sql.set_trace_callback(None)

    assert len({row["id"] for row in large + small}) == 525
    assert for_large == for_small


def create_here(caller: Caller) -> None:
    """A create without the wire."""

    who = caller.api.accounts.identify(str(caller.session.headers["Authorization"]))
    assert who
    create_linode(who, EMPTY)
