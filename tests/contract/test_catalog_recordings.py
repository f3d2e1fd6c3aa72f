"""The recorded catalog and filter calls of the real API: the same questions rendered, the same answers read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from providers.linode.catalogs import (
    Catalogs,
    Events,
    Images,
    Instances,
    Kernels,
    LinodeTypes,
    Regions,
    render,
)
from providers.linode.catalogs.filter import Filter, Order, parse_moment
from providers.linode.catalogs.x_filter import split
from tests.contract.recorded import RECORDINGS, exchanges

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="needs ../shared/recordings")

CATALOGS = {
    "/account/events": Events,
    "/images": Images,
    "/linode/instances": Instances,
    "/linode/kernels": Kernels,
    "/linode/types": LinodeTypes,
    "/regions": Regions,
}


def filtered_calls() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Path, X-Filter and answer of every recorded list call with a filter, each different question once."""
    found = {}
    for file in sorted(RECORDINGS.glob("*.jsonl")):
        for each in exchanges(file.stem):
            text = each["request"]["headers"].get("X-Filter")
            path = each["request"]["path"].removeprefix("/v4beta")
            if text and path in CATALOGS:
                found[path, text] = (path, json.loads(text), each["response"])
    return list(found.values())


class Replay:
    """Answers a list with its recorded pages, and notes what it was asked."""

    def __init__(self, name: str) -> None:
        self.pages = [
            each["response"]["body"]["data"]
            for each in exchanges(name)
            if each["request"]["method"] == "GET" and "data" in each["response"]["body"]
        ]
        self.asked: list[tuple[str, Mapping[str, object] | None]] = []

    def list_rows(
        self, path: str, x_filter: Mapping[str, object] | None = None
    ) -> Sequence[Mapping[str, object]]:
        self.asked.append((path, x_filter))
        return [row for page in self.pages for row in page]


def rebuilt(catalog: Any, asked: Mapping[str, Any]) -> tuple[Filter[Any], Order[Any] | None]:
    """A recorded filter, written with our names."""
    attributes = {catalog.attribute(name).field.api_name: catalog.attribute(name) for name in catalog.names()}
    parts = []
    for key, value in asked.items():
        if key.startswith("+"):
            continue
        attribute = attributes[key]
        if isinstance(value, Mapping):
            ((sign, bound),) = value.items()
            assert sign == "+gte"
            parts.append(attribute >= (parse_moment(bound) if attribute.field.kind == "moment" else bound))
        else:
            parts.append(attribute == value)
    where = parts[0]
    for part in parts[1:]:
        where = where & part
    if "+order_by" not in asked:
        return where, None
    by = attributes[asked["+order_by"]]
    return where, by.descending() if asked.get("+order") == "desc" else by.ascending()


def test_every_recorded_filter_is_rendered_the_same() -> None:
    calls = [call for call in filtered_calls() if call[2]["status"] == 200]

    for path, asked, _ in calls:
        where, order = rebuilt(CATALOGS[path], asked)
        assert render(where, order) == asked

    assert {path for path, _, _ in calls} >= {
        "/account/events",
        "/images",
        "/linode/kernels",
        "/linode/instances",
    }


def test_what_the_api_answered_to_a_filter_holds_here_too() -> None:
    checked = 0
    for path, asked, answer in filtered_calls():
        # The recorder replaced every time, in questions and in answers, so times say nothing.
        plain = {key: value for key, value in asked.items() if not isinstance(value, dict)}
        if answer["status"] != 200 or not any(not key.startswith("+") for key in plain):
            continue
        where, _ = rebuilt(CATALOGS[path], plain)
        for row in answer["body"]["data"]:
            assert where.holds(row)
            checked += 1

    assert checked > 3


def test_every_key_the_api_accepted_is_in_the_table_of_what_it_filters_on() -> None:
    for path, asked, answer in filtered_calls():
        keys = {key for key in asked if not key.startswith("+")}
        assert (keys <= CATALOGS[path].filterable) is (answer["status"] == 200)


def test_the_key_that_the_api_refused_is_refused_before_it_is_sent() -> None:
    (call,) = exchanges("ExampleListImages_badfilter")
    (key,) = json.loads(call["request"]["headers"]["X-Filter"])

    assert call["response"]["body"]["errors"] == [{"reason": f"Cannot filter on {key}", "field": "X-Filter"}]
    assert key not in Images.names()
    assert split(Images.created_by == "linode").sent is None


def test_one_kernel_of_all_is_found_by_one_filtered_call() -> None:
    client = Replay("ExampleListKernels_filtered")

    (kernel,) = Catalogs(client).kernels(Kernels.label == "5.17.5-x86_64-linode154")

    assert (kernel.version, kernel.kvm, kernel.architecture) == ("5.17.5", True, "x86_64")
    assert client.asked == [("/linode/kernels", {"label": "5.17.5-x86_64-linode154"})]


def test_an_image_that_is_not_there_is_no_image() -> None:
    assert Catalogs(Replay("ExampleListImages_notfound")).images(Images.label == "not-found") == ()


@pytest.mark.parametrize(
    ("name", "method", "count"),
    [
        ("TestTypes_List", "types", 37),
        ("TestRegions_List", "regions", 34),
        ("ExampleListImages_all", "images", 47),
        ("ExampleListKernels_all", "kernels", 330),
    ],
)
def test_a_recorded_list_is_read_to_the_last_row(name: str, method: str, count: int) -> None:
    catalogs = Catalogs(Replay(name))

    found = cast("tuple[Any, ...]", getattr(catalogs, method)())

    assert len(found) == count
    assert all(record.id and record.label for record in found)
