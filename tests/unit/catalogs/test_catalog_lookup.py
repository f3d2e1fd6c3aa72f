"""The catalogs: one download each, narrow questions, and everything checked again here."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence

import pytest
from pydantic import BaseModel

from providers.linode.api.errors import ApiRefused, ApiUnreachable, BadFilter
from providers.linode.api.records import Event
from providers.linode.catalogs import (
    Catalogs,
    Events,
    Images,
    Instances,
    Kernels,
    LinodeTypes,
    Number,
    Regions,
    Table,
    Text,
    find,
)
from tests.catalog_rows import KERNELS, Row, RowsClient

ONE = Kernels.label == "6.9.3-x86_64-linode165"


def test_each_catalog_is_downloaded_once() -> None:
    client = RowsClient()
    catalogs = Catalogs(client)

    for _ in range(2):
        catalogs.types(), catalogs.regions(), catalogs.availability(), catalogs.images(), catalogs.kernels()

    assert client.asked == [
        ("/linode/types", None),
        ("/regions", None),
        ("/regions/availability", None),
        ("/images", None),
        ("/linode/kernels", None),
    ]


def test_threads_share_one_download() -> None:
    class Slow(RowsClient):
        def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> Sequence[Row]:
            time.sleep(0.02)
            return super().list_rows(path, x_filter)

    client = Slow()
    catalogs = Catalogs(client)
    ask = (catalogs.types, lambda: catalogs.kernels(ONE))
    threads = [threading.Thread(target=ask[number % 2]) for number in range(16)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(client.asked, key=str) == [
        ("/linode/kernels", {"label": "6.9.3-x86_64-linode165"}),
        ("/linode/types", None),
    ]


def test_threads_share_one_failure() -> None:
    class Down(RowsClient):
        def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> Sequence[Row]:
            super().list_rows(path, x_filter)
            time.sleep(0.05)
            raise ApiUnreachable("GET /regions: no connection. Next: try again.", did_nothing=True)

    client, told = Down(), list[ApiUnreachable]()
    catalogs = Catalogs(client)

    def ask() -> None:
        with pytest.raises(ApiUnreachable) as failure:
            catalogs.regions()
        told.append(failure.value)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(client.asked) == 1
    assert len(told) == 6


def test_a_failed_download_is_tried_again_a_little_later(monkeypatch: pytest.MonkeyPatch) -> None:
    class Flaky(RowsClient):
        def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> Sequence[Row]:
            rows = super().list_rows(path, x_filter)
            if len(self.asked) == 1:
                raise ApiUnreachable("GET /regions: no connection. Next: try again.", did_nothing=True)
            return rows

    client = Flaky()
    catalogs = Catalogs(client)

    for _ in range(2):
        with pytest.raises(ApiUnreachable):
            catalogs.regions()
    assert len(client.asked) == 1, "whoever asks within a few seconds is told at once"
    monkeypatch.setattr("providers.linode.api.once.FAILS_FOR_S", 0)
    assert catalogs.regions()


def test_a_filter_that_the_api_can_do_is_sent_while_the_list_is_not_here() -> None:
    client = RowsClient(answer=[KERNELS[1]])

    found = Catalogs(client).kernels(ONE)

    assert [kernel.id for kernel in found] == ["linode/6.9.3-x86_64-linode165"]
    assert client.asked == [("/linode/kernels", {"label": "6.9.3-x86_64-linode165"})]


def test_the_same_narrow_question_is_asked_once_and_another_one_fetches_the_list() -> None:
    client = RowsClient(answer=[KERNELS[1]])
    catalogs = Catalogs(client)

    catalogs.kernels(ONE), catalogs.kernels(ONE)
    others = catalogs.kernels(Kernels.architecture == "i386")
    catalogs.kernels(Kernels.kvm == True)  # noqa: E712  # builds a filter

    assert [kernel.id for kernel in others] == ["linode/6.12.1-x86-linode168"]
    assert client.asked == [
        ("/linode/kernels", {"label": "6.9.3-x86_64-linode165"}),
        ("/linode/kernels", None),
    ]


def test_nothing_is_asked_once_the_list_is_here() -> None:
    client = RowsClient()
    catalogs = Catalogs(client)

    catalogs.kernels()
    catalogs.kernels(ONE)

    assert client.asked == [("/linode/kernels", None)]


def test_of_a_filter_that_the_api_can_only_do_in_part_that_part_is_sent() -> None:
    client = RowsClient()

    found = Catalogs(client).types((LinodeTypes.vcpus >= 2) & (LinodeTypes.monthly_usd < 30))

    assert [item.id for item in found] == ["g6-standard-2"]
    assert client.asked == [("/linode/types", {"vcpus": {"+gte": 2}})]


def test_a_catalog_can_be_told_to_ask_for_whole_lists_only() -> None:
    client = RowsClient()

    assert len(Catalogs(client, narrow=False).kernels(ONE)) == 1
    assert client.asked == [("/linode/kernels", None)]


def test_what_the_api_answers_is_filtered_again() -> None:
    client = RowsClient(answer=KERNELS)

    found = Catalogs(client).kernels(ONE)

    assert [kernel.id for kernel in found] == ["linode/6.9.3-x86_64-linode165"]


def test_an_api_that_refuses_a_filter_is_asked_for_the_whole_list() -> None:
    class Refuses(RowsClient):
        def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> Sequence[Row]:
            if x_filter is not None:
                raise ApiRefused("400", status=400, reasons=(("X-Filter", "Could not apply filter"),))
            return super().list_rows(path, x_filter)

    assert len(Catalogs(Refuses()).kernels(ONE)) == 1


def test_any_other_refusal_is_not_swallowed() -> None:
    class TooMany(RowsClient):
        def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> Sequence[Row]:
            rows = super().list_rows(path, x_filter)
            if x_filter is not None:
                raise ApiRefused("429 Too many requests", status=429)
            return rows

    client = TooMany()

    with pytest.raises(ApiRefused):
        Catalogs(client).kernels(ONE)
    assert len(client.asked) == 1


def test_an_order_sorts_here_and_puts_what_lacks_the_value_last() -> None:
    catalogs = Catalogs(RowsClient())

    by_memory = [item.id for item in catalogs.types(order=LinodeTypes.memory_mb.descending())]
    by_end = [image.id for image in catalogs.images(Images.vendor == "Debian", Images.eol.ascending())]

    assert by_memory == ["g1-gpu-rtx6000-1", "g6-standard-2", "g7-premium-2", "g6-standard-1", "g6-nanode-1"]
    assert by_end == ["linode/debian9", "linode/debian11", "linode/debian12", "linode/debian12-kube-v1.36.0"]


def test_versions_sort_as_numbers() -> None:
    found = Catalogs(RowsClient()).kernels(Kernels.kvm == True, Kernels.version.descending())  # noqa: E712

    assert [kernel.version for kernel in found][:3] == ["6.12.1", "6.11.0", "6.10.1"]


def test_a_filter_of_another_catalog_is_refused() -> None:
    catalogs = Catalogs(RowsClient())

    with pytest.raises(BadFilter, match=r"^Regions.country is no attribute of LinodeTypes\."):
        catalogs.types(Regions.country == "de")  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(BadFilter, match=r"^Regions.country is no attribute of LinodeTypes\."):
        catalogs.types(order=Regions.country.ascending())  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(BadFilter, match="is not a filter"):
        catalogs.types({"class": "gpu"})  # type: ignore[arg-type]  # that is what is tested


def test_rows_that_stand_twice_come_twice() -> None:
    ids = [kernel.id for kernel in Catalogs(RowsClient()).kernels()]

    assert ids.count("linode/6.10.1-x86_64-linode166") == 2


class Server(BaseModel):
    """What a program wants to know of a Linode."""

    id: int
    label: str = ""


SERVERS: list[Row] = [
    {"id": 3, "label": "web-3", "tags": ["web"], "region": "us-ord", "status": "running"},
    {"id": 1, "label": "web-1", "tags": ["web"], "region": "us-ord", "status": "offline"},
    {"id": 2, "label": "db-1", "tags": ["db"], "region": "us-ord", "status": "running"},
    {"label": "without an id", "tags": ["web"], "status": "running"},
]
PATHS = {"/linode/instances": SERVERS, "/vpcs/4/linodes": SERVERS[:1]}


def test_a_look_up_gives_the_records_that_the_filter_holds_for_in_order() -> None:
    client = RowsClient(PATHS)
    running = Instances.tags.contains("web") & (Instances.status == "running")

    found = find(client, Instances, Server, running)
    web = find(client, Instances, Server, Instances.tags.contains("web"), Instances.label.ascending())

    assert found == (Server(id=3, label="web-3"),)
    assert [each.id for each in web] == [1, 3]
    assert client.asked == [
        ("/linode/instances", {"tags": {"+contains": "web"}}),
        ("/linode/instances", {"+order_by": "label", "+order": "asc", "tags": {"+contains": "web"}}),
    ]


def test_a_look_up_asks_for_all_where_the_api_can_do_nothing_or_refuses() -> None:
    class Refuses(RowsClient):
        def list_rows(self, path: str, x_filter: Mapping[str, object] | None = None) -> Sequence[Row]:
            rows = super().list_rows(path, x_filter)
            if x_filter is not None:
                raise ApiRefused("400", status=400)
            return rows

    client, refusing = RowsClient(PATHS), Refuses(PATHS)

    assert [each.id for each in find(client, Instances, Server, Instances.status == "offline")] == [1]
    assert [each.id for each in find(refusing, Instances, Server, Instances.label == "db-1")] == [2]
    assert client.asked == [("/linode/instances", None)]
    assert [sent for _, sent in refusing.asked] == [{"label": "db-1"}, None]


def test_a_look_up_can_be_in_another_list_of_the_same_things() -> None:
    client = RowsClient(PATHS)

    (found,) = find(client, Instances, Server, path="/vpcs/4/linodes")

    assert found.id == 3
    assert client.asked == [("/vpcs/4/linodes", None)]


def test_a_look_up_with_the_filter_of_another_list_is_refused() -> None:
    with pytest.raises(BadFilter, match=r"^Events.action is no attribute of Instances\."):
        find(RowsClient(PATHS), Instances, Event, Events.action == "linode_boot")


def test_a_table_of_ones_own_is_asked_as_the_others() -> None:
    class Buckets(metaclass=Table, path="/buckets", record=Server):
        id = Number[Server](unique=True)
        label = Text[Server](filterable=True)

    client = RowsClient({"/buckets": [{"id": 1, "label": "a"}, {"id": 2, "label": "b"}]})

    (found,) = find(client, Buckets, Server, Buckets.label == "b")

    assert (found.id, Buckets.path, sorted(Buckets.filterable)) == (2, "/buckets", ["id", "label"])
    assert client.asked == [("/buckets", {"label": "b"})]
