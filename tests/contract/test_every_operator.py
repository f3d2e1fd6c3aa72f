"""Every operator that the API documents, by our client on a socket: the same rows as filtering here.

Source: https://techdocs.akamai.com/linode-api/reference/filtering-and-sorting
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from providers.linode import catalogs
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import Connection
from providers.linode.api.errors import ApiRefused, BadFilter
from providers.linode.api.transport import Transport
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
from providers.linode.catalogs.attributes import Table
from providers.linode.catalogs.filter import Filter, Order

START = datetime(2020, 1, 1, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LinodeClient]:
    """A client whose account has a few Linodes, and the events of their making; small pages, so that it pages."""
    with LocalApi(tmp_path_factory.mktemp("operators") / "api.db", limits=False) as api:
        connection = Connection(f"{api.url}/v4", api.add_token("operators"), "LINODE_TOKEN")
        transport = Transport(connection)
        made = LinodeClient(transport, page_size=25)
        for number, region in enumerate(("us-ord", "de-fra-2", "us-ord", "gb-lon")):
            made.post_once(
                "/linode/instances",
                {
                    "type": "g6-nanode-1",
                    "region": region,
                    "label": f"op-{number}",
                    "tags": ["odd"] if number % 2 else [],
                },
            )
        yield made
        transport.close()


CASES: list[tuple[str, Filter[Any], Order[Any] | None]] = [
    ("bare", LinodeTypes.class_ == "premium", None),
    ("bare", (LinodeTypes.class_ == "dedicated") & (LinodeTypes.vcpus == 4), None),
    ("bare", Images.deprecated == True, None),  # noqa: E712 - builds a filter
    ("bare", Instances.region == "us-ord", None),
    ("bare", Instances.tags.contains("odd"), None),
    ("bare", Events.entity_type == "linode", None),
    (
        "+and",
        (LinodeTypes.memory_mb > 4096) & (LinodeTypes.memory_mb < 65536) & (LinodeTypes.gpus == 0),
        None,
    ),
    ("+or", (LinodeTypes.class_ == "gpu") | (LinodeTypes.memory_mb <= 1024), None),
    ("+or", Images.vendor.one_of("Debian", "Arch"), None),
    ("+or", ((LinodeTypes.class_ == "gpu") & (LinodeTypes.gpus > 1)) | (LinodeTypes.vcpus == 1), None),
    ("+gt", LinodeTypes.memory_mb > 98304, None),
    ("+gte", LinodeTypes.memory_mb >= 98304, None),
    ("+gte", Events.created >= START, None),
    ("+lt", LinodeTypes.disk_mb < 51200, None),
    ("+lte", LinodeTypes.disk_mb <= 51200, None),
    ("+contains", Kernels.label.contains("x86_64"), None),
    ("+contains", Images.label.contains("Kubernetes"), None),
    ("+neq", Kernels.architecture != "x86_64", None),
    ("+neq", Regions.site_type != "core", None),
    ("+order_by", LinodeTypes.vcpus >= 8, LinodeTypes.memory_mb.ascending()),
    ("+order", LinodeTypes.vcpus >= 8, LinodeTypes.memory_mb.descending()),
    ("+order", Instances.region == "us-ord", Instances.label.descending()),
]


def ids(rows: Any) -> list[Any]:
    return [row["id"] for row in rows]


def table_of(where: Filter[Any]) -> Table:
    found: Table = getattr(catalogs, next(iter(where.comparisons())).field.table)
    return found


@pytest.mark.parametrize(("operator", "where", "order"), CASES, ids=lambda value: str(value)[:60])
def test_the_api_and_this_side_agree_on_every_operator(
    client: LinodeClient, operator: str, where: Filter[Any], order: Order[Any] | None
) -> None:
    path = table_of(where).path
    said = render(where, order)
    everything = client.list_rows(path)

    answered = client.list_rows(path, said)

    here: list[dict[str, Any]] = [row for row in everything if where.holds(row)]
    assert operator == "bare" or f'"{operator}"' in str(said).replace("'", '"')
    assert 0 < len(here) < len(everything) or path == "/account/events"
    if order is None:
        assert ids(answered) == ids(here)
    else:
        key = order.field.api_name
        assert sorted(ids(answered)) == sorted(ids(here))
        assert [row[key] for row in answered] == sorted((row[key] for row in here), reverse=order.descending)


def test_every_documented_operator_has_a_case() -> None:
    documented = {
        "bare",
        "+and",
        "+or",
        "+gt",
        "+gte",
        "+lt",
        "+lte",
        "+contains",
        "+neq",
        "+order_by",
        "+order",
    }

    assert {operator for operator, _, _ in CASES} == documented


CATALOG_METHODS = {"LinodeTypes": "types", "Kernels": "kernels", "Images": "images", "Regions": "regions"}
OF_CATALOGS = [where for _, where, _ in CASES if table_of(where).__name__ in CATALOG_METHODS]


@pytest.mark.parametrize("where", OF_CATALOGS, ids=lambda where: str(where)[:60])
def test_a_catalog_gives_the_same_whether_it_asks_narrowly_or_for_all(
    client: LinodeClient, where: Filter[Any]
) -> None:
    name = CATALOG_METHODS[table_of(where).__name__]

    narrow = getattr(Catalogs(client), name)(where)
    whole = getattr(Catalogs(client, narrow=False), name)(where)

    assert narrow == whole


@pytest.mark.parametrize(
    ("path", "x_filter", "reason"),
    [
        ("/regions", {"id": "us-ord"}, "Cannot filter on id"),
        ("/linode/types", {"price": 5}, "Cannot filter on price"),
        ("/images", {"foo": "bar"}, "Cannot filter on foo"),
    ],
)
def test_an_attribute_that_the_api_refuses_is_one_line(
    client: LinodeClient, path: str, x_filter: dict[str, object], reason: str
) -> None:
    with pytest.raises(ApiRefused, match=rf"400 X-Filter: {reason}.*Next: "):
        client.list_rows(path, x_filter)


def test_an_attribute_that_the_api_refuses_is_filtered_here(client: LinodeClient) -> None:
    assert [region.id for region in Catalogs(client).regions(Regions.id == "us-ord")] == ["us-ord"]


def test_a_misspelt_attribute_is_told_with_the_nearest() -> None:
    with pytest.raises(BadFilter, match=r"no attribute 'memroy_mb' \(did you mean memory_mb"):
        LinodeTypes.attribute("memroy_mb")


TABLES = [found for name in catalogs.__all__ if isinstance(found := getattr(catalogs, name), Table)]
PARENTS = {
    "domain_id": ("/domains", {"domain": "op.example", "type": "master", "soa_email": "ops@op.example"}),
    "vpc_id": ("/vpcs", {"label": "op", "region": "us-ord"}),
}
FILTERABLE = [(table, each) for table in TABLES for each in sorted(table.filterable)]
OPERANDS = {"number": 1, "flag": True, "moment": "2026-01-01T00:00:00"}


def placed(client: LinodeClient, table: Table) -> str:
    """The table's path; of parts, that of a parent which is made for it once."""
    parent = table.path.partition("{")[2].partition("}")[0]
    if not parent:
        return table.path
    path, body = PARENTS[parent]
    there = client.list_rows(path) or [client.post_once(path, body)]
    return table.path.format(**{parent: there[0]["id"]})


@pytest.mark.parametrize(
    ("table", "attribute"), FILTERABLE, ids=lambda value: getattr(value, "__name__", value)
)
def test_the_api_refuses_no_attribute_that_we_call_filterable(
    client: LinodeClient, table: Table, attribute: str
) -> None:
    """A look-up falls back on the whole list where it is refused, so nothing else would tell of a wrong name."""
    fields = {field.api_name: field for field in (table.attribute(name).field for name in table.names())}

    client.list_rows(placed(client, table), {attribute: OPERANDS.get(fields[attribute].kind, "x")})
