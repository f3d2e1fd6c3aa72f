"""What the API is asked, as its own log has it: lists and look-ups send the filter, picks take the catalog whole."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from fleet.cli.main import main
from providers.linode import catalogs as names
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import Connection
from providers.linode.api.errors import BadFilter
from providers.linode.api.records import Event, Linode
from providers.linode.api.transport import Transport
from providers.linode.catalogs import (
    Addresses,
    Catalogs,
    DomainRecords,
    Domains,
    Events,
    Firewalls,
    ImageCriteria,
    Images,
    Instances,
    Ipv6Ranges,
    KernelCriteria,
    Kernels,
    LinodeTypes,
    NodeBalancers,
    PlacementGroups,
    RegionCriteria,
    Regions,
    ReservedAddresses,
    SshKeys,
    StackScripts,
    Subnets,
    TypeCriteria,
    Users,
    VpcAddresses,
    Vpcs,
    find,
    pick_image,
    pick_kernel,
    pick_place,
    pick_region,
    pick_type,
)
from providers.linode.core import runtime as sessions

PROJECT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 6, 1)
Asked = list[tuple[str, Any]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalApi]:
    """Its time stands still: a Linode that ends its creation between two looks is in one of them alone."""
    with LocalApi(tmp_path_factory.mktemp("log") / "api.db", limits=False, clock=HeldClock()) as api:
        yield api


@pytest.fixture
def asked(served: LocalApi) -> Callable[[], Asked]:
    """Tells path and filter of every request since the test began."""
    seen = served.requests()
    begin = int(seen[-1]["id"]) if seen else 0

    def tell() -> Asked:
        return [
            (row["path"].removeprefix("/v4"), json.loads(row["filter"]) if row["filter"] else None)
            for row in served.requests(begin)
        ]

    return tell


@pytest.fixture(scope="module")
def account(served: LocalApi) -> Iterator[LinodeClient]:
    """A client whose account has a few Linodes, with tags."""
    transport = Transport(Connection(f"{served.url}/v4", served.add_token("filters"), "LINODE_TOKEN"))
    client = LinodeClient(transport)
    for number, tag in enumerate(("web", "database", "web")):
        body = {"type": "g6-nanode-1", "region": "us-ord", "label": f"log-{number}", "tags": [tag]}
        client.post_once("/linode/instances", body)
    served.clock.advance(3_600)
    yield client
    transport.close()


@pytest.fixture
def catalogs(account: LinodeClient) -> Catalogs:
    """Catalogs of which nothing is here yet."""
    return Catalogs(account)


@pytest.fixture
def run(served: LocalApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], list[str]]]:
    """Runs a command as a process of its own would, and gives the ids that it lists."""
    monkeypatch.setenv("LINODE_URL", served.url)
    monkeypatch.delenv("LINODE_TOKEN", raising=False)

    def call(line: str) -> list[str]:
        sessions.forget()
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert main([*shlex.split(line), "--format", "json"]) == 0
        return [row["id"] for row in json.loads(said.getvalue())]

    yield call
    sessions.forget()


def test_the_example_of_linodes_own_guide_is_asked_as_it_stands_there(
    catalogs: Catalogs, account: LinodeClient, asked: Callable[[], Asked]
) -> None:
    """Source: https://techdocs.akamai.com/linode-api/reference/filtering-and-sorting."""
    found = catalogs.images((Images.vendor == "Debian") | (Images.vendor == "Ubuntu"))

    assert asked() == [("/images", {"+or": [{"vendor": "Debian"}, {"vendor": "Ubuntu"}]})]
    assert {image.vendor for image in found} == {"Debian", "Ubuntu"}
    assert found == Catalogs(account, narrow=False).images(Images.vendor.one_of("Debian", "Ubuntu"))


@pytest.mark.parametrize(
    ("ask", "sent"),
    [
        (
            lambda c: c.types((LinodeTypes.vcpus >= 8) & (LinodeTypes.gpus == 0)),
            ("/linode/types", {"vcpus": {"+gte": 8}, "gpus": 0}),
        ),
        (
            lambda c: c.types((LinodeTypes.memory_mb > 4096) & (LinodeTypes.memory_mb <= 65536)),
            ("/linode/types", {"+and": [{"memory": {"+gt": 4096}}, {"memory": {"+lte": 65536}}]}),
        ),
        (
            lambda c: c.types((LinodeTypes.class_ == "gpu") | (LinodeTypes.memory_mb <= 1024)),
            ("/linode/types", {"+or": [{"class": "gpu"}, {"memory": {"+lte": 1024}}]}),
        ),
        (lambda c: c.types(LinodeTypes.label.contains("GB")), ("/linode/types", {"label": {"+contains": "GB"}})),
        (lambda c: c.types(LinodeTypes.class_ != "gpu"), ("/linode/types", {"class": {"+neq": "gpu"}})),
        (
            lambda c: c.regions(
                Regions.country.one_of("jp", "in") & Regions.capabilities.contains("GPU Linodes")
            ),
            ("/regions", {"+or": [{"country": "jp"}, {"country": "in"}]}),
        ),
        (lambda c: c.regions(Regions.site_type == "distributed"), ("/regions", {"site_type": "distributed"})),
        (lambda c: c.regions(Regions.capabilities.contains("Metadata")), ("/regions", None)),
        (
            lambda c: c.images(Images.deprecated.is_(False) & Images.label.contains("Debian")),
            ("/images", {"deprecated": False, "label": {"+contains": "Debian"}}),
        ),
        (
            lambda c: c.kernels((Kernels.architecture == "i386") & Kernels.kvm.is_(True)),
            ("/linode/kernels", {"architecture": "i386", "kvm": True}),
        ),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_what_a_program_asks_of_a_catalog_is_in_the_header(
    catalogs: Catalogs,
    account: LinodeClient,
    asked: Callable[[], Asked],
    ask: Callable[[Catalogs], tuple[Any, ...]],
    sent: tuple[str, Any],
) -> None:
    found = ask(catalogs)

    assert asked() == [sent]
    assert found == ask(Catalogs(account, narrow=False))
    assert found


class Labelled(BaseModel):
    """Any thing of an account that has a label, or a name that stands for one."""

    id: int = 0
    label: str = ""


LOOK_UPS: list[tuple[Any, type[BaseModel], Any, Any, tuple[str, Any]]] = [
    (Instances, Linode, Instances.tags.contains("web"), None,
     ("/linode/instances", {"tags": {"+contains": "web"}})),
    (Instances, Linode, Instances.tags.contains("web"), Instances.label.descending(),
     ("/linode/instances", {"+order_by": "label", "+order": "desc", "tags": {"+contains": "web"}})),
    (Instances, Linode, None, Instances.id.ascending(),
     ("/linode/instances", {"+order_by": "id", "+order": "asc"})),
    (Instances, Linode, (Instances.region == "us-ord") & (Instances.status == "offline"), None,
     ("/linode/instances", {"region": "us-ord"})),
    (Events, Event, (Events.entity_type == "linode") & (Events.action == "linode_create"), Events.id.descending(),
     ("/account/events", {"+order_by": "id", "+order": "desc", "entity.type": "linode", "action": "linode_create"})),
    (Firewalls, Labelled, Firewalls.id == 7, None, ("/networking/firewalls", {"id": 7})),
    (Firewalls, Labelled, Firewalls.label == "web", None, ("/networking/firewalls", {"label": "web"})),
    (Users, Labelled, Users.username == "ops", None, ("/account/users", {"username": "ops"})),
    (StackScripts, Labelled, StackScripts.label.contains("nginx") & StackScripts.mine.is_(True), None,
     ("/linode/stackscripts", {"label": {"+contains": "nginx"}, "mine": True})),
    (Vpcs, Labelled, Vpcs.id.one_of(4, 5), None, ("/vpcs", {"+or": [{"id": 4}, {"id": 5}]})),
    (ReservedAddresses, Labelled, ReservedAddresses.address == "192.0.2.4", None,
     ("/networking/reserved/ips", {"address": "192.0.2.4"})),
    (Ipv6Ranges, Labelled, Ipv6Ranges.route_target == "2001:db8::1", None, ("/networking/ipv6/ranges", None)),
    (PlacementGroups, Labelled, PlacementGroups.id == 3, None, ("/placement/groups", None)),
    (NodeBalancers, Labelled, (NodeBalancers.region == "us-ord") & NodeBalancers.tags.contains("web"), None,
     ("/nodebalancers", {"region": "us-ord", "tags": {"+contains": "web"}})),
    (Domains, Labelled, (Domains.domain == "shop.example") & (Domains.type == "master"), None,
     ("/domains", {"domain": "shop.example"})),
    (VpcAddresses, Labelled, (VpcAddresses.vpc_id == 4) & (VpcAddresses.subnet_id == 5), None,
     ("/vpcs/ips", {"subnet_id": 5})),
    (SshKeys, Labelled, SshKeys.label == "laptop", None, ("/profile/sshkeys", None)),
    (Addresses, Labelled, (Addresses.region == "us-ord") & Addresses.public.is_(True), None,
     ("/networking/ips", {"region": "us-ord"})),
]  # fmt: skip


@pytest.mark.parametrize(("table", "record", "where", "order", "sent"), LOOK_UPS)
def test_a_look_up_in_the_account_sends_the_filter(
    account: LinodeClient,
    asked: Callable[[], Asked],
    table: Any,
    record: type[BaseModel],
    where: Any,
    order: Any,
    sent: tuple[str, Any],
) -> None:
    found = find(account, table, record, where, order)

    assert asked() == [sent]
    rows = account.list_rows(table.path)
    wanted = [row for row in rows if where is None or where.holds(row)]
    assert len(found) == len(wanted)


def test_a_firewall_is_found_by_its_label_as_whatever_record_is_wanted(account: LinodeClient) -> None:
    rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    for label in ("webb", "web"):
        account.transport.request("POST", "/networking/firewalls", body={"label": label, "rules": rules})

    (found,) = find(account, Firewalls, Labelled, Firewalls.label == "web")

    assert (type(found), found.label, found.id > 0) == (Labelled, "web", True)


def test_the_parts_of_one_parent_are_found_by_its_path(
    account: LinodeClient, asked: Callable[[], Asked]
) -> None:
    zone = account.post_once(
        "/domains", {"domain": "parts.example", "type": "master", "soa_email": "ops@parts.example"}
    )
    records = f"/domains/{zone['id']}/records"
    for kind, target in (("A", "192.0.2.1"), ("MX", "mail.parts.example")):
        account.post_once(records, {"type": kind, "name": "", "target": target})
    before = len(asked())

    (found,) = find(account, DomainRecords, Labelled, DomainRecords.type == "MX", path=records)

    assert found.id > 0
    assert asked()[before:] == [(records, {"type": "MX"})]


@pytest.mark.parametrize(("table", "path"), [(DomainRecords, "/domains/{"), (Subnets, "/vpcs/{")])
def test_parts_of_no_parent_in_particular_are_refused(
    account: LinodeClient, asked: Callable[[], Asked], table: Any, path: str
) -> None:
    with pytest.raises(BadFilter, match=rf"one parent at a time\. Next: give path, as {re.escape(path)}"):
        find(account, table, Labelled)

    assert asked() == []


def test_the_look_up_of_the_document_is_sent_as_it_says(
    account: LinodeClient, asked: Callable[[], Asked]
) -> None:
    text = (PROJECT / "docs" / "catalogs.md").read_text(encoding="utf-8")
    found = re.search(r"^(find\(.+\))\nGET (\S+) +X-Filter: (.+)$", text, re.MULTILINE)
    assert found is not None

    eval(found[1], {**vars(names), "Linode": Linode, "client": account})  # noqa: S307 - the document's own code

    assert asked() == [(found[2], json.loads(found[3]))]


def test_linodes_by_tag_come_in_the_order_asked_for(account: LinodeClient) -> None:
    found = find(account, Instances, Linode, Instances.tags.contains("web"), Instances.label.descending())

    assert [linode.label for linode in found] == ["log-2", "log-0"]


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        (
            "images --vendor Debian",
            [("/images", {"is_public": True, "vendor": "Debian", "status": "available", "deprecated": False})],
        ),
        ("images --distribution debian --deprecated", [("/images", {"is_public": True, "status": "available"})]),
        (
            "kernels --version 6",
            [("/linode/kernels", {"architecture": "x86_64", "deprecated": False, "kvm": True})],
        ),
        ("kernels --any --architecture i386", [("/linode/kernels", {"architecture": "i386", "deprecated": False})]),
        (
            "types --min-memory 4096 --gpus 0 --max-vcpus 8 --max-monthly 50",
            [("/linode/types", {"vcpus": {"+lte": 8}, "memory": {"+gte": 4096}, "gpus": 0})],
        ),
        ("types --class gpu", [("/linode/types", {"class": "gpu"})]),
        (
            "types --class gpu --class dedicated --region us-southeast",
            [
                ("/regions", None),
                ("/regions/availability", {"region": "us-southeast"}),
                ("/linode/types", {"+or": [{"class": "dedicated"}, {"class": "gpu"}]}),
            ],
        ),
        ("regions --country jp --country in", [("/regions", {"+or": [{"country": "in"}, {"country": "jp"}]})]),
        ("regions --site-type core", [("/regions", {"site_type": "core"})]),
        ("regions --capability Metadata", [("/regions", None)]),
    ],
)  # fmt: skip
def test_a_list_in_a_terminal_that_explains_nothing_sends_the_filter(
    run: Callable[[str], list[str]], asked: Callable[[], Asked], line: str, sent: Asked
) -> None:
    narrow = run(line)

    assert asked() == sent
    assert narrow
    assert narrow == run(f"{line} --explain")


def test_a_list_that_is_to_be_explained_takes_the_catalog_whole(
    run: Callable[[str], list[str]], asked: Callable[[], Asked]
) -> None:
    run("images --vendor Debian --explain")

    assert asked() == [("/images", None)]


def test_what_nothing_fits_is_explained_from_the_whole_catalog(
    run: Callable[[str], list[str]], asked: Callable[[], Asked]
) -> None:
    assert run("images --vendor debian")[0] == "linode/debian13"

    assert [path for path, _ in asked()] == ["/images", "/images"]
    assert asked()[0][1]["vendor"] == "debian"
    assert asked()[1][1] is None


@pytest.mark.parametrize(
    ("pick", "paths"),
    [
        (lambda c: pick_image(c, ImageCriteria(vendor="Debian"), TODAY), ["/images"]),
        (lambda c: pick_kernel(c, KernelCriteria()), ["/linode/kernels"]),
        (lambda c: pick_region(c, RegionCriteria(countries=("de",))), ["/regions"]),
        (
            lambda c: pick_type(c, TypeCriteria(min_memory_mb=4096), "us-ord"),
            ["/regions", "/regions/availability", "/linode/types"],
        ),
        (
            lambda c: pick_place(c, TypeCriteria(min_gpus=1), RegionCriteria(countries=("us",))),
            ["/regions", "/regions/availability", "/linode/types"],
        ),
    ],
)
def test_a_pick_takes_its_catalogs_whole_and_once_for_the_funnel(
    catalogs: Catalogs, asked: Callable[[], Asked], pick: Callable[[Catalogs], Any], paths: list[str]
) -> None:
    pick(catalogs), pick(catalogs)

    assert sorted(asked()) == [(path, None) for path in sorted(paths)]


def test_a_catalog_that_is_kept_on_disk_is_not_asked_for_with_a_filter(
    served: LocalApi,
    run: Callable[[str], list[str]],
    asked: Callable[[], Asked],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LINODE_CACHE", "on")
    monkeypatch.setenv("LINODE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("LINODE_TOKEN", served.add_token("kept"))

    cold, again = run("images --vendor Debian"), run("images --vendor Debian")
    other = run("images --vendor Ubuntu --explain")
    warm = (
        run("images --vendor Debian"),
        run("images --vendor Alpine"),
        run("images --vendor Debian --explain"),
    )

    assert cold == again == warm[0] == warm[2]
    assert other
    assert warm[1]
    assert [(path, sent and sent["vendor"]) for path, sent in asked()] == [
        ("/images", "Debian"),
        ("/images", None),
    ]


def test_a_funnel_that_somebody_asks_for_after_all_is_that_of_the_whole_catalog(
    catalogs: Catalogs, account: LinodeClient
) -> None:
    criteria = ImageCriteria(vendor="Debian")

    listed = pick_image(catalogs, criteria, TODAY, explain=False)

    assert listed.explain() == pick_image(Catalogs(account), criteria, TODAY).explain()
