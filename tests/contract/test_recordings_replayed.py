"""Every recorded call for a catalog, or with a filter, made again by our client on a socket.

The request must mean the same (path, page, page size, filter) and the answer must be read to the last row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused, NotFound
from providers.linode.catalogs import Availability, Catalogs, Image, Kernel, LinodeType, Region, render
from providers.linode.catalogs.records import Record, parse
from tests.contract.recorded import RECORDINGS, exchanges
from tests.contract.test_catalog_recordings import CATALOGS, rebuilt
from tests.wire import Answer, ScriptedServer, Seen

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="needs ../shared/recordings")

API_PAGE_SIZE = 100
"""Rows a page where the request does not say: the recorded ones do not."""

LISTS: dict[str, tuple[str, type[Record]]] = {
    "/linode/types": ("types", LinodeType),
    "/regions": ("regions", Region),
    "/regions/availability": ("availability", Availability),
    "/images": ("images", Image),
    "/linode/kernels": ("kernels", Kernel),
}


@dataclass(frozen=True)
class Call:
    """A list read over its recorded pages, or one thing: path without the version, filter, answers in order."""

    name: str
    path: str
    x_filter: str | None
    answers: tuple[Any, ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [row for answer in self.answers for row in answer["body"].get("data", [])]

    @property
    def asked(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.x_filter or "{}")
        return found


def recorded() -> list[Call]:
    """Every call for a catalog (or one thing of it) and every call with a filter, each different one once."""
    found: dict[str, Call] = {}
    for file in sorted(RECORDINGS.glob("*.jsonl")) if RECORDINGS.is_dir() else []:
        for each in exchanges(file.stem):
            request, answer = each["request"], each["response"]
            path = request["path"].removeprefix("/v4beta")
            x_filter = request["headers"].get("X-Filter")
            of_catalog = path in LISTS or any(path.startswith(f"{each}/") for each in LISTS)
            if request["method"] != "GET" or not (x_filter or of_catalog):
                continue
            page = int(request["query"].get("page", "1"))
            key = f"{path} {x_filter or ''}".strip()
            if page > 1:
                before = found[f"{file.stem}: {key}"]
                found[f"{file.stem}: {key}"] = Call(before.name, path, x_filter, (*before.answers, answer))
            else:
                found[f"{file.stem}: {key}"] = Call(f"{file.stem}: {key}", path, x_filter, (answer,))
    once = {
        (call.path, call.x_filter, json.dumps(call.answers, sort_keys=True)): call for call in found.values()
    }
    return list(once.values())


CALLS = recorded()
WHOLE = [call for call in CALLS if call.path in LISTS and call.x_filter is None]
FILTERED = [call for call in CALLS if call.x_filter and call.answers[0]["status"] == 200]
SINGLE = [call for call in CALLS if call.path not in LISTS and call.x_filter is None]


def served(call: Call) -> ScriptedServer:
    """All but the last page once more: a list is only trusted when they are the same."""
    pages = [*call.answers, *call.answers[:-1]]
    return ScriptedServer(*(Answer(each["status"], each["body"]) for each in pages))


def client_of(server: ScriptedServer) -> LinodeClient:
    return LinodeClient(server.transport(), page_size=API_PAGE_SIZE)


def assert_same_requests(seen: list[Seen], call: Call, sent: Mapping[str, Any] | None = None) -> None:
    """One request a page that is served, with the recorded meaning; `sent` is the filter where it is another one."""
    wanted = call.asked if sent is None else sent
    last = len(call.answers)
    numbers = [*range(1, last + 1), *range(1, last)]
    for number, request in zip(numbers, seen, strict=True):
        parts = urlsplit(request.path)
        assert (request.method, parts.path) == ("GET", f"/v4{call.path}")
        assert dict(parse_qsl(parts.query)) == {"page": str(number), "page_size": str(API_PAGE_SIZE)}
        assert json.loads(request.headers.get("X-Filter", "{}")) == wanted


def test_the_recordings_hold_every_kind_of_call() -> None:
    assert {call.path for call in WHOLE} == set(LISTS)
    assert {call.path for call in FILTERED} >= {
        "/account/events",
        "/images",
        "/linode/instances",
        "/linode/kernels",
    }
    assert max(len(call.answers) for call in WHOLE) == 4
    assert len(SINGLE) >= 8


@pytest.mark.parametrize("call", WHOLE, ids=lambda call: call.name)
def test_a_whole_list_is_asked_for_as_recorded_and_read_to_the_last_row(call: Call) -> None:
    method, model = LISTS[call.path]
    with served(call) as server:
        records = getattr(Catalogs(client_of(server)), method)()

        assert_same_requests(server.seen, call)
    assert records == tuple(parse(model, row) for row in call.rows)
    assert len(records) == call.answers[0]["body"]["results"]


@pytest.mark.parametrize(
    "call", [call for call in FILTERED if call.path in CATALOGS], ids=lambda call: call.name
)
def test_a_filter_written_with_our_names_is_sent_as_recorded(call: Call) -> None:
    where, order = rebuilt(CATALOGS[call.path], call.asked)
    with served(call) as server:
        rows = client_of(server).list_rows(call.path, render(where, order))

        assert_same_requests(server.seen, call)
    assert rows == call.rows


@pytest.mark.parametrize(
    "call", [call for call in FILTERED if call.path in LISTS], ids=lambda call: call.name
)
def test_a_catalog_leaves_the_recorded_filter_to_the_api_and_checks_it_again(call: Call) -> None:
    method, model = LISTS[call.path]
    where, _ = rebuilt(CATALOGS[call.path], call.asked)
    with served(call) as server:
        records = getattr(Catalogs(client_of(server)), method)(where)

        assert_same_requests(server.seen, call)
    assert records == tuple(parse(model, row) for row in call.rows)


@pytest.mark.parametrize(
    "call", [call for call in FILTERED if call.path not in LISTS], ids=lambda call: call.name
)
def test_a_filter_on_any_other_list_is_sent_as_recorded(call: Call) -> None:
    with served(call) as server:
        client = client_of(server)
        if call.path == "/account/events":
            found: list[Any] = [event.id for event in client.events(call.asked)]
        elif call.path == "/linode/instances":
            found = [linode.id for linode in client.linodes(call.asked)]
        else:
            found = [row.get("id") for row in client.list_rows(call.path, call.asked)]

        assert_same_requests(server.seen, call)
    assert found == [row.get("id") for row in call.rows]


@pytest.mark.parametrize("call", SINGLE, ids=lambda call: call.name)
def test_one_thing_of_a_catalog_is_read_or_told_to_be_missing(call: Call) -> None:
    (answer,) = call.answers
    model = next(model for path, (_, model) in LISTS.items() if call.path.startswith(f"{path}/"))
    with served(call) as server:
        transport = server.transport()
        if answer["status"] == 404:
            with pytest.raises(NotFound, match="Not found"):
                transport.request("GET", call.path)
            return
        body = transport.request("GET", call.path).body

        assert [request.path for request in server.seen] == [f"/v4{call.path}"]
    if "data" not in body:
        record = parse(model, body)
        assert record is not None
        assert record.model_dump()["id"] == answer["body"]["id"]


def test_a_key_that_the_api_refuses_is_told_with_its_reason() -> None:
    (call,) = [call for call in CALLS if call.answers[0]["status"] == 400]
    with served(call) as server:
        with pytest.raises(ApiRefused, match=r"400 X-Filter: Cannot filter on foo\. Next: ") as caught:
            client_of(server).list_rows(call.path, call.asked)

        assert_same_requests(server.seen, call)
    assert caught.value.reasons == (("X-Filter", "Cannot filter on foo"),)
