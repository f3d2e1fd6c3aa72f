"""Lists that SQL picks, sorts and pages are those that Python would make of all their rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from emulators.linode_api.core import stored
from emulators.linode_api.core.lists import Selection
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, Caller

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA somebody"
DESCRIPTION = [
    {"post": "/placement/groups", "count": 2, "body": {
        "label": "apart-{n}", "region": "us-ord", "placement_group_type": "anti_affinity:local",
        "placement_group_policy": "strict",
    }},
    {"post": "/vpcs", "count": 2, "body": {"label": "inner-{n}", "region": "us-ord"}},
    {"post": "/vpcs/{inner-1}/subnets", "count": 3, "body": {"label": "net-{n}", "ipv4": "10.{n}.0.0/24"}},
    {"post": "/linode/instances", "count": 4, "body": {
        **FROM_IMAGE, "label": "web-{n}", "tags": ["web", "näher", "number-{n}"], "private_ip": True,
        "placement_group": {"id": "{apart-1}"},
    }},
    {"post": "/linode/instances", "count": 3, "body": {**EMPTY, "label": "db-{n}", "group": "data"}},
    {"post": "/linode/instances/{web-1}/configs", "count": 2, "body": {"label": "config-{n}", "devices": {}}},
    *({"post": "/linode/instances/{db-2}/disks", "body": {"label": f"disk-{n}", "size": 100 * n}} for n in (1, 2)),
    {"post": "/volumes", "count": 3, "body": {
        "label": "data-{n}", "size": 20, "linode_id": "{web-{n}}", "tags": ["number-{n}"]}},
    {"post": "/networking/firewalls", "count": 2, "body": {
        "label": "wall-{n}", "tags": ["web"], "devices": {"linodes": ["{db-{n}}"]},
        "rules": {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
    }},
    {"post": "/domains", "count": 2, "body": {
        "domain": "n{n}.example", "type": "master", "soa_email": "me@n.example", "tags": ["dns"]}},
    {"post": "/domains/{n1.example}/records", "count": 3, "body": {
        "type": "A", "name": "www{n}", "target": "192.0.2.{n}"}},
    {"post": "/nodebalancers", "count": 2, "body": {"label": "lb-{n}", "region": "us-ord", "tags": ["web"]}},
    {"post": "/linode/stackscripts", "body": {"label": "script", "script": "#!/bin/sh", "images": ["any/all"]}},
    {"post": "/profile/sshkeys", "count": 2, "body": {"label": "key-{n}", "ssh_key": KEY}},
    {"post": "/locks", "body": {"entity_type": "linode", "entity_id": "{web-1}", "lock_type": "cannot_delete"}},
]  # fmt: skip
LISTS = (
    "/linode/instances", "/linode/instances/{web-1}/configs", "/linode/instances/{db-2}/disks", "/volumes",
    "/networking/firewalls", "/networking/firewalls/{wall-1}/devices", "/placement/groups", "/vpcs",
    "/vpcs/{inner-1}/subnets", "/domains", "/domains/{n1.example}/records", "/nodebalancers", "/profile/sshkeys",
    "/locks", "/account/events", "/linode/stackscripts", "/networking/ips", "/images",
)  # fmt: skip


@pytest.fixture(scope="module")
def planted(served: LocalApi) -> Iterator[Caller]:
    served.seed({"account": "stored-lists", "things": DESCRIPTION})
    caller = Caller(served, served.add_token("stored-lists"), "/v4beta")
    yield caller
    caller.close()


@pytest.fixture(scope="module")
def ids(planted: Caller) -> dict[str, int]:
    rows = [row for path in LISTS if "{" not in path for row in all_rows(planted, path)]
    return {str(row.get("label", row.get("domain"))): row.get("id") for row in rows}


def all_rows(caller: Caller, path: str) -> list[Any]:
    return caller.rows(path, page_size=500)


def leaves(row: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every attribute with each of its values, lists' members one by one."""
    for name, value in row.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{at}{name}.")
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, dict | list):
                yield f"{at}{name}", one


def wanted_of(name: str, value: Any) -> list[dict[str, Any]]:
    found = [{name: value}, {name: {"+neq": value}}, {name: {"+gte": value}}, {name: {"+lt": value}}]
    found += [
        {name: str(value)},
        {name: {"+contains": str(value)[:2]}},
        {"+or": [{name: value}, {name: "no"}]},
    ]
    return [*found, {name: {"+gte": value}, "+order_by": name, "+order": "desc"}]


def filterable(caller: Caller, path: str, rows: list[Any]) -> dict[str, Any]:
    """A value of each attribute that the list can be filtered by."""
    some = {name: value for row in rows for name, value in leaves(row)}
    return {
        name: value
        for name, value in some.items()
        if caller.get(path, where={name: value}).status_code == 200
    }


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_filtered_as_its_rows_say(
    planted: Caller, ids: dict[str, int], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = re.sub(r"{(.+)}", lambda at: str(ids[at[1]]), path)
    rows = all_rows(planted, path)
    names = filterable(planted, path, rows)
    assert len(rows) >= 1
    assert names

    asked = [wanted for name, value in names.items() for wanted in wanted_of(name, value)]
    by_sql = [planted.get(path, where=wanted, page_size=500).json() for wanted in asked]
    monkeypatch.setattr(stored.Stored, "narrowed", unnarrowed)
    by_python = [planted.get(path, where=wanted, page_size=500).json() for wanted in asked]

    differing = [
        (wanted, ours["results"], theirs["results"])
        for wanted, ours, theirs in zip(asked, by_sql, by_python, strict=True)
        if ours != theirs
    ]
    assert differing == []
    assert any(answer["results"] > 0 for answer in by_sql)


def unnarrowed(rows: Any, selection: Selection) -> tuple[Any, Selection]:
    return replace(rows, order="id") if selection.order_by else rows, selection


def test_a_page_reads_no_row_of_another_page(planted: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    read = stored.Stored.read

    def seen(rows: Any, *which: int) -> Any:
        found = read(rows, *which)
        made.append(len(found))
        return found

    monkeypatch.setattr(stored.Stored, "read", seen)

    page = planted.get("/account/events", where={"action": {"+neq": "none"}}, page=1, page_size=25).json()

    assert (len(page["data"]), page["results"] > 25) == (25, True)
    assert made == [25]


@pytest.mark.parametrize(
    "wanted",
    [
        {"id": 2**70},
        {"label": "\ud800"},
        {"label": "a\0b"},
        {"label": None},
        {"id": float("inf")},
        {"id": True},
        {"+or": []},
        {"+and": []},
        {"+or": [{"id": number} for number in range(2000)]},
    ],
    ids=lambda wanted: str(wanted)[:20],
)
def test_what_sql_cannot_say_is_answered_all_the_same(planted: Caller, wanted: dict[str, Any]) -> None:
    answer = planted.get("/linode/instances", where=json.dumps(wanted))

    assert answer.status_code == 200
    assert answer.json()["results"] == (7 if wanted == {"+and": []} else 0)


def test_a_filter_may_be_as_deep_as_it_is_allowed_to_be(planted: Caller) -> None:
    wanted: dict[str, Any] = {"label": "web-1"}
    for _ in range(10):
        wanted = {"+or": [{"+and": [wanted, {"tags": "web"}]}, {"label": "never"}]}

    assert [row["label"] for row in planted.rows("/linode/instances", where=wanted)] == ["web-1"]
