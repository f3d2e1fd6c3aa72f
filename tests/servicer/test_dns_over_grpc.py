"""Domains, their records and reverse names in the provider's real process, against the local API on a socket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.api.transport import MOST_TRIES
from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import UNKNOWN, Props, Servicer
from tests.state_folder import state_with
from tests.until import until

SAME, NONE = 0, 1


class Zone(World):
    """An account with a domain; `serve` has a command of its own for a kind."""

    def __init__(self, api: LocalApi, shared: Servicer) -> None:
        super().__init__(api)
        self.name = f"{self.account}.example"
        self.body: Props = {"domain": self.name, "type": "master", "soa_email": f"ops@{self.name}"}
        self.id = int(str(self.call("POST", "/domains", self.body)["id"]))
        self.records = f"/domains/{self.id}/records"
        self._shared = shared

    def serve(self, kind: str) -> Servicer:
        return self.next_command(self._shared, kind)

    def record(self, **inputs: object) -> Props:
        made = {"domain_id": self.id, "owner": self.owner.as_props(), **inputs}
        return {key: value for key, value in made.items() if value is not None}

    def by_hand(self, **body: object) -> int:
        return int(str(self.call("POST", self.records, body)["id"]))

    def rows(self) -> list[Props]:
        return list(self.call("GET", self.records)["data"])


@pytest.fixture(scope="module")
def shared(served: LocalApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servicer]:
    backend = state_with(tmp_path_factory.mktemp("backend"), stack="local")
    with Servicer(LinodeProvider("Domain"), World(served).config, backend) as servicer:
        yield servicer


@pytest.fixture
def zone(api: LocalApi, shared: Servicer) -> Zone:
    return Zone(api, shared)


# ---- domains


def test_what_a_domain_lacks_is_told_at_preview(zone: Zone) -> None:
    own: Props = {"domain": "shop", "type": "master", "ttl_sec": 2_419_201, "owner": zone.owner.as_props()}
    other: Props = {**zone.body, "owner": zone.owner.as_props()}

    wrong = zone.serve("Domain").check(own)[1]
    slave = zone.serve("Domain").check({**own, "domain": "shop.example", "type": "slave", "ttl_sec": 0})[1]
    taken = zone.serve("Domain").check(other)[1]

    assert [name for name, _ in wrong] == ["domain", "ttl_sec", "soa_email"]
    assert slave == [("master_ips", "is required for a slave. Next: give it.")]
    assert taken == [
        (
            "domain",
            f"is taken by domain {zone.id}, which is not this resource's; domains are unique in an account. "
            f"Next: choose another domain, delete that domain, or take it over with adopt={zone.id}.",
        )
    ]


def test_a_slave_has_an_address_of_somebody_or_of_nobody(zone: Zone) -> None:
    own = {"domain": f"own.{zone.name}", "master_ips": ["192.0.2.1"], "owner": zone.owner.as_props()}
    slave: Props = {**own, "type": "slave"}

    first, wrong = zone.serve("Domain").check({**slave, "soa_email": "ops@a.example"})
    id_, outs = zone.serve("Domain").create(first)
    command = zone.serve("Domain")
    nobody, failures = command.check({**slave, "soa_email": ""}, first)
    updated = command.update(id_, outs, nobody, olds=first)
    again, _ = zone.serve("Domain").check({**slave, "soa_email": ""}, nobody)
    master = zone.serve("Domain").check({**own, "type": "master", "soa_email": ""}, nobody)[1]

    assert (wrong, failures) == ([], [])
    assert zone.call("GET", f"/domains/{id_}")["soa_email"] == ""
    assert zone.serve("Domain").diff(id_, updated, again).changes == NONE
    assert master == [("soa_email", "is required for a master. Next: give it.")]


def test_a_domain_of_another_account_is_refused_in_the_words_of_the_api(zone: Zone, shared: Servicer) -> None:
    stranger = Zone(zone.api, shared)
    servicer = stranger.serve("Domain")
    inputs, failures = servicer.check({**zone.body, "owner": stranger.owner.as_props()})

    with pytest.raises(grpc.RpcError, match="domain: DNS zone already exists"):
        servicer.create(inputs)

    assert failures == []


def test_seconds_case_and_spelling_that_the_api_changes_are_no_difference(zone: Zone) -> None:
    odd = {"refresh_sec": 1, "retry_sec": 299, "expire_sec": 604_801, "ttl_sec": 0}
    lists = {"axfr_ips": ["2001:0DB8::0001", "192.0.2.7"], "master_ips": ["192.0.2.9", "192.0.2.8"]}
    declared: Props = {
        **zone.body,
        "domain": f"Shop.{zone.name}.",
        **odd,
        **lists,
        "owner": zone.owner.as_props(),
    }
    servicer = zone.serve("Domain")

    inputs, failures = servicer.check(declared)
    id_, outs = servicer.create(inputs)
    again, _ = servicer.check(declared, inputs)
    _, seen, read = servicer.read(id_, outs)

    row = zone.call("GET", f"/domains/{id_}")
    assert failures == []
    assert [row[name] for name in odd] == [30, 300, 1_209_600, 0]
    assert (servicer.diff(id_, outs, again).changes, seen, read["domain"]) == (
        NONE,
        outs,
        f"shop.{zone.name}",
    )


def test_a_domain_that_is_recreated_tells_that_its_records_go(zone: Zone) -> None:
    servicer = zone.serve("Domain")
    declared: Props = {**zone.body, "domain": f"shop.{zone.name}", "owner": zone.owner.as_props()}
    inputs, _ = servicer.check(declared)
    id_, outs = servicer.create(inputs)
    slave = {"type": "slave", "master_ips": ["192.0.2.1"]}

    news, failures = servicer.check({**declared, **slave}, inputs)
    found = servicer.diff(id_, outs, news)

    told = servicer.effects()[-1]
    assert (failures, list(found.replaces), found.deleteBeforeReplace) == ([], ["type"], True)
    assert (told["level"], told["destroys"]) == ("data loss", ["records", "id"])
    assert told["summary"] == "recreated because of type: all records are erased, id changes"


# ---- records


@pytest.mark.parametrize("name", ["www", "www.{}", "WWW.{}."])
def test_a_name_below_its_domain_and_in_full_is_the_same(zone: Zone, name: str) -> None:
    servicer = zone.serve("DomainRecord")
    declared = zone.record(type="A", name=name.format(zone.name), target="192.0.2.1")
    inputs, _ = servicer.check(declared)
    id_, outs = servicer.create(inputs)

    short, _ = servicer.check({**declared, "name": "www"}, inputs)

    [row] = zone.rows()
    assert (row["name"], inputs["name"]) == ("www", "www")
    assert servicer.diff(id_, outs, short).changes == NONE
    assert servicer.read(id_, outs)[1] == outs


RECORDS: list[Props] = [
    {"type": "A", "name": "@", "target": "192.0.2.1"},
    {"type": "AAAA", "name": "*", "target": "2001:0db8::0001"},
    {"type": "CNAME", "name": "cdn", "target": "Edge.example.net."},
    {"type": "MX", "target": "mail", "priority": 10, "ttl_sec": 299},
    {"type": "MX"},
    {"type": "TXT", "name": "_dmarc", "target": 'v=DMARC1; "' + "x" * 6000},
    {"type": "NS", "name": "sub", "target": "ns1.example.net"},
    {
        "type": "SRV",
        "service": "_sip",
        "protocol": "tcp",
        "port": 5060,
        "priority": 0,
        "weight": 0,
        "target": "sip",
    },
    {"type": "CAA", "tag": "iodef", "target": "mailto:ops@example.net"},
    {"type": "PTR", "name": "7", "target": "host.example.net"},
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record["type"]))
def test_a_record_of_each_type_is_made_read_and_imported_without_a_difference(
    zone: Zone, record: Props
) -> None:
    servicer = zone.serve("DomainRecord")
    inputs, failures = servicer.check(zone.record(**record))
    id_, outs = servicer.create(inputs)

    again, _ = servicer.check(zone.record(**record), inputs)
    _, seen, _ = servicer.read(id_, outs)
    number, _, imported = servicer.read(f"{zone.id}/{id_}", {"owner": zone.owner.as_props()})
    checked, wrong = servicer.check(imported, imported)

    assert failures == wrong == []
    assert (servicer.diff(id_, outs, again).changes, seen) == (NONE, outs)
    assert (number, servicer.diff(id_, outs, checked).changes) == (id_, NONE)
    assert [str(row["id"]) for row in zone.rows()] == [id_]


def test_the_longest_name_that_the_api_takes_is_taken_in_full_too(zone: Zone) -> None:
    servicer, name = zone.serve("DomainRecord"), "x." * 49 + "yz"
    for given in (name, f"{name}.{zone.name}"):
        inputs, failures = servicer.check(zone.record(type="A", name=given, target="192.0.2.1"))
        assert (failures, inputs["name"]) == ([], name)

    servicer.create(inputs)

    assert [row["name"] for row in zone.rows()] == [name]


@pytest.mark.parametrize("kind", ["A", "NS"])
def test_numbers_that_its_type_does_not_use_are_not_imported(zone: Zone, kind: str) -> None:
    target = "192.0.2.1" if kind == "A" else "ns1.example.net"
    id_ = zone.by_hand(type=kind, name="sub", target=target, priority=10, weight=5, port=7)
    servicer = zone.serve("DomainRecord")

    _, outs, imported = servicer.read(f"{zone.id}/{id_}", {"owner": zone.owner.as_props()})
    checked, wrong = servicer.check(imported, imported)

    assert not {"priority", "weight", "port"} & imported.keys()
    assert (wrong, servicer.diff(str(id_), outs, checked).changes) == ([], NONE)


@pytest.mark.parametrize(
    ("record", "field", "why"),
    [
        ({"type": "A", "name": "www"}, "target", "is required for a record of type A"),
        ({"type": "A", "name": "www", "target": "2001:db8::1"}, "target", "must be an IPv4 address"),
        ({"type": "A", "name": "www.other.example.", "target": "192.0.2.1"}, "name", "is not below {zone}"),
        ({"type": "A", "name": "-x", "target": "192.0.2.1"}, "name", "must be a name such as www"),
        ({"type": "A", "name": "x." * 50 + "y", "target": "192.0.2.1"}, "name", "has 101 characters below {zone}, and"),
        ({"type": "AAAA", "name": "www", "target": "192.0.2.1"}, "target", "must be an IPv6 address"),
        ({"type": "CNAME", "target": "a.example"}, "name", "is required for a record of type CNAME"),
        ({"type": "CNAME", "name": "smtp", "target": "b.example"}, "name", "has a CNAME already, record"),
        ({"type": "MX"}, "target", "is none, and the domain has MX record"),
        ({"type": "MX", "priority": 5}, "target", "is required, unless the domain takes no mail at all"),
        ({"type": "TXT", "name": "t", "target": "x" * 65_536}, "target", "must be a text of up to 65535"),
        ({"type": "TXT", "name": "t", "target": "x", "port": 5}, "port", "applies only to SRV"),
        ({"type": "CAA", "target": "ca.example"}, "tag", "is required for a record of type CAA"),
        ({"type": "NS", "name": "*", "target": "ns.example"}, "name", "can't be used for NS records"),
        ({"domain_id": 3_399_999, "type": "TXT", "target": "x"}, "domain_id", "is no domain of this account (there"),
    ],
)  # fmt: skip
def test_what_the_api_would_refuse_of_a_record_is_told_at_preview(
    zone: Zone, record: Props, field: str, why: str
) -> None:
    zone.by_hand(type="CNAME", name="smtp", target="a.example")
    zone.by_hand(type="MX", target="mail.example")

    failures = dict(zone.serve("DomainRecord").check(zone.record(**record))[1])

    assert why.format(zone=zone.name) in failures[field]


def test_a_cname_beside_others_is_a_doubt(api: LocalApi, tmp_path: Path) -> None:
    """The API takes it."""
    with Servicer(
        LinodeProvider("Domain"), World(api).config, state_with(tmp_path, stack="local")
    ) as servicer:
        zone = Zone(api, servicer)
        zone.by_hand(type="TXT", name="cdn", target="x")
        failures = zone.serve("DomainRecord").check(
            zone.record(type="CNAME", name="cdn", target="a.example")
        )[1]

    assert failures == []
    assert "cdn has a TXT record, too: resolvers see the CNAME alone" in servicer.printed


def test_records_of_a_slave_are_refused_and_those_of_a_domain_to_come_are_not_judged(zone: Zone) -> None:
    slave = {"domain": f"copy.{zone.name}", "type": "slave", "master_ips": ["192.0.2.1"]}
    id_ = zone.call("POST", "/domains", slave)["id"]
    servicer = zone.serve("DomainRecord")
    one: Props = {"type": "TXT", "target": "x"}

    [(field, why)] = servicer.check(zone.record(**one, domain_id=id_))[1]
    to_come = servicer.check(zone.record(**one, domain_id=UNKNOWN, name="www.example.org."))[1]

    assert (field, "a slave, whose records come from its masters" in why, to_come) == ("domain_id", True, [])


def test_records_of_a_domain_that_this_run_has_made_meanwhile_know_its_name(zone: Zone) -> None:
    servicer = zone.serve("DomainRecord")
    servicer.check(zone.record(type="TXT", target="x"))
    made = zone.call("POST", "/domains", {**zone.body, "domain": f"later.{zone.name}"})["id"]

    inputs, failures = servicer.check(
        zone.record(domain_id=made, type="A", name=f"www.later.{zone.name}", target="192.0.2.1")
    )

    assert (failures, inputs["name"]) == ([], "www")


def test_a_domain_of_this_run_is_asked_for_once_however_many_records_it_has(zone: Zone) -> None:
    servicer = zone.serve("DomainRecord")
    servicer.check(zone.record(type="TXT", target="x"))
    made = zone.call("POST", "/domains", {**zone.body, "domain": f"later.{zone.name}"})["id"]
    before = len(zone.seen())

    def check(number: int) -> list[tuple[str, str]]:
        record = zone.record(domain_id=made, type="TXT", name=f"t-{number}", target="x")
        return servicer.check(record, name=f"t-{number}")[1]

    with ThreadPoolExecutor(8) as pool:
        failures = [each for found in pool.map(check, range(8)) for each in found]

    assert failures == []
    assert sorted(zone.seen()[before:]) == [f"GET /v4/domains/{made}", f"GET /v4/domains/{made}/records"]


def test_a_type_recreates_and_all_else_is_one_put(zone: Zone) -> None:
    servicer = zone.serve("DomainRecord")
    inputs, _ = servicer.check(zone.record(type="A", name="www", target="192.0.2.1"))
    id_, outs = servicer.create(inputs)
    moved, _ = servicer.check(zone.record(type="A", name="@", target="192.0.2.2", ttl_sec=300), inputs)
    text, _ = servicer.check(zone.record(type="TXT", name="www", target="x"), inputs)
    before = len(zone.writes())

    replaced = servicer.diff(id_, outs, text)
    updated = servicer.update(id_, outs, moved)

    alias, _ = servicer.check(zone.record(type="CNAME", name="www", target="edge.example.net"), inputs)
    assert (list(replaced.replaces), replaced.deleteBeforeReplace) == (["type"], False)
    assert servicer.diff(id_, outs, alias).deleteBeforeReplace
    assert (updated["name"], updated["target"], updated["ttl_sec"]) == ("", "192.0.2.2", 300)
    assert zone.writes()[before:] == [f"PUT /v4{zone.records}/{id_}"]


def test_two_records_of_the_same_content_stay_two_whatever_becomes_of_the_answers(zone: Zone) -> None:
    servicer = zone.serve("DomainRecord")
    owners = [Owner(zone.uuid, "fleet", "local", name).as_props() for name in ("one", "two")]
    twin: Props = {"type": "A", "name": "www", "target": "192.0.2.1"}
    checked = [servicer.check(zone.record(**twin, owner=owner))[0] for owner in owners]
    zone.api.set_faults(
        {"method": "POST", "path": zone.records, "kind": "cut", "after_commit": True, "times": 1},
        {"method": "POST", "path": zone.records, "kind": "500", "times": 1},
    )

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(servicer.create, checked))
    zone.api.set_faults()

    assert {str(row["id"]) for row in zone.rows()} == {id_ for id_, _ in made}
    assert len(made) == 2


def test_a_refresh_of_many_records_asks_for_one_page(zone: Zone) -> None:
    servicer = zone.serve("DomainRecord")
    made = []
    for number in range(8):
        inputs, _ = servicer.check(zone.record(type="A", name=f"web-{number}", target="192.0.2.1"))
        made.append(servicer.create(inputs))
    refreshing = zone.serve("DomainRecord")
    before = len(zone.seen())

    for id_, outs in made:
        refreshing.read(id_, outs)

    asked = [line for line in zone.seen()[before:] if "/profile" not in line and "/account" not in line]
    assert asked == [f"GET /v4{zone.records}"]


# ---- reverse names


def named(zone: Zone, kind: str = "A") -> tuple[Props, str]:
    """What is declared of a Linode's address, and the address."""
    linode = zone.call("POST", "/linode/instances", {"type": "g6-nanode-1", "region": "de-fra-2"})
    address = linode["ipv4"][0] if kind == "A" else linode["ipv6"].partition("/")[0]
    return {"address": address, "rdns": f"web.{zone.name}", "owner": zone.owner.as_props()}, address


def rdns(zone: Zone, address: str) -> object:
    return zone.call("GET", f"/networking/ips/{address}")["rdns"]


@pytest.mark.parametrize("kind", ["A", "AAAA"])
def test_a_reverse_name_waits_for_its_forward_record(zone: Zone, kind: str) -> None:
    declared, address = named(zone, kind)
    servicer = zone.serve("ReverseDNS")
    inputs, failures = servicer.check(declared)
    refused = re.compile(rf"PUT /v4/networking/ips/{re.escape(address)}")

    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(servicer.create, inputs)
        until(lambda: any(map(refused.fullmatch, zone.writes())))
        zone.by_hand(type=kind, name="web", target=address)
        id_, outs = making.result()

    again, _ = servicer.check(declared, inputs)
    assert failures == []
    assert (id_, outs["rdns"], rdns(zone, address)) == (address, f"web.{zone.name}", f"web.{zone.name}")
    assert servicer.diff(id_, outs, again).changes == NONE


def test_a_name_that_a_killed_run_set_is_taken_over_by_the_next_and_one_of_somebody_else_is_not(
    zone: Zone, tmp_path: Path
) -> None:
    declared, address = named(zone)
    zone.by_hand(type="A", name="web", target=address)
    zone.call("PUT", f"/networking/ips/{address}", {"rdns": f"web.{zone.name}"})
    before, urn = zone.writes(), "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:ReverseDNS::web-1"

    [(_, why)] = zone.serve("ReverseDNS").check(declared)[1]
    state = state_with(tmp_path, stack="local", creating=(urn,))
    with Servicer(LinodeProvider("ReverseDNS"), zone.config, state, urn) as next_run:
        inputs, failures = next_run.check(declared)
        id_, outs = next_run.create(inputs)

    assert f"reverse name {address} has the address '{address}' and the content of this resource" in why
    assert f"adopt it with `LINODE_TAKE_OVER={address} pulumi up`" in why
    assert (failures, id_, outs["ready"]) == ([], address, True)
    assert zone.writes() == before


def test_a_forward_record_that_does_not_come_ends_the_wait_with_what_to_do(
    api: LocalApi, tmp_path: Path
) -> None:
    with Servicer(
        LinodeProvider("ReverseDNS"),
        World(api).config,
        {**state_with(tmp_path, stack="local"), "LINODE_DEBUG": "1"},
    ) as servicer:
        zone = Zone(api, servicer)
        declared, address = named(zone)
        command = zone.serve("ReverseDNS")
        inputs, _ = command.check(declared)

        with pytest.raises(grpc.RpcError) as caught:
            command.create(inputs, timeout_s=2)

    said = str(caught.value.details())
    assert (
        f"{address} can't be named web.{zone.name}: its A record did not answer with the address for 2 s"
        in said
    )
    assert "unable to perform a lookup" in said
    assert "Next: declare that record" in said
    assert f"waits up to 2 s until web.{zone.name} answers with {address}" in servicer.printed


def test_a_name_that_somebody_took_away_is_gone_and_another_is_drift(zone: Zone) -> None:
    declared, address = named(zone)
    dashed = f"{address.replace('.', '-')}.nip.io"
    inputs, _ = zone.serve("ReverseDNS").check({**declared, "rdns": f"{dashed.upper()}."})
    id_, outs = zone.serve("ReverseDNS").create(inputs)

    zone.call("PUT", f"/networking/ips/{address}", {"rdns": f"{address}.nip.io"})
    _, seen, _ = zone.serve("ReverseDNS").read(id_, outs)
    updated = zone.serve("ReverseDNS").update(id_, seen, inputs)
    zone.call("PUT", f"/networking/ips/{address}", {"rdns": None})
    gone, _, _ = zone.serve("ReverseDNS").read(id_, outs)

    assert (outs["rdns"], seen["rdns"], updated["rdns"], gone) == (dashed, f"{address}.nip.io", dashed, "")


def test_deleting_a_reverse_name_brings_back_the_apis_own(zone: Zone) -> None:
    declared, address = named(zone)
    own = rdns(zone, address)
    zone.by_hand(type="A", name="web", target=address)
    servicer = zone.serve("ReverseDNS")
    id_, outs = servicer.create(servicer.check(declared)[0])

    servicer.delete(id_, outs)
    servicer.delete(id_, outs)

    assert (rdns(zone, address), id_) == (own, address)
    [linode] = zone.call("GET", "/linode/instances")["data"]
    zone.call("DELETE", f"/linode/instances/{linode['id']}")
    until(lambda: "errors" in zone.call("GET", f"/networking/ips/{address}"))
    servicer.delete(id_, outs)


def test_an_address_that_is_not_there_or_private_or_has_a_name_is_refused_at_preview(zone: Zone) -> None:
    linode = zone.call(
        "POST", "/linode/instances", {"type": "g6-nanode-1", "region": "de-fra-2", "private_ip": True}
    )
    address, private = linode["ipv4"]
    zone.call("PUT", f"/networking/ips/{address}", {"rdns": f"{address}.nip.io"})
    servicer = zone.serve("ReverseDNS")

    def why(**inputs: object) -> list[tuple[str, str]]:
        return servicer.check({"rdns": "a.example", **inputs, "owner": zone.owner.as_props()})[1]

    [(_, unknown)] = why(address=f"{address}9"[:-1].rpartition(".")[0] + ".254")
    assert "is no address of this account (did you mean" in unknown
    assert why(address=private) == [("address", "is private: nobody looks it up. Next: name a public one.")]
    [(_, held)] = why(address=address)
    assert held.startswith(f"is taken by reverse name {address}")
    assert why(address=UNKNOWN, rdns="x.ip.linodeusercontent.com")[0][0] == "rdns"
    assert why(address="198.18.0") == [("address", "must be an IPv4 or IPv6 address. Next: correct it.")]


@pytest.mark.parametrize(
    "fault", [{"kind": "cut", "after_commit": True}, {"kind": "500"}, {"kind": "502", "after_commit": True}]
)
def test_a_name_whose_answer_is_lost_is_set_once(zone: Zone, fault: Props) -> None:
    declared, address = named(zone)
    zone.by_hand(type="A", name="web", target=address)
    servicer = zone.serve("ReverseDNS")
    inputs, _ = servicer.check(declared)
    zone.api.set_faults({"method": "PUT", "path": "/networking/ips/*", "times": 1, **fault})

    id_, outs = servicer.create(inputs)

    assert (id_, outs["rdns"], outs["ready"]) == (address, f"web.{zone.name}", True)


@pytest.mark.parametrize("name_is_first", [True, False])
@pytest.mark.parametrize(
    ("changed", "how"),
    [
        ({"disk_encryption": "disabled"}, "is recreated"),
        ({"region": "gb-lon"}, "moves"),
        ({"tags": ["blue"]}, ""),
    ],
)
def test_an_address_that_its_linode_loses_in_the_same_run_is_refused_whichever_is_checked_first(
    api: LocalApi, changed: Props, how: str, name_is_first: bool
) -> None:
    world, urn = World(api), "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{}::{}"
    linode = world.inputs(image=None, root_pass=None)
    with Servicer(LinodeProvider("Instance"), world.config, urn=urn.format("Instance", "web-1")) as earlier:
        inputs, _ = earlier.check(linode)
        earlier.create(inputs)
    [there] = world.linodes()
    address = there["ipv4"][0]
    back: Props = {
        "address": address,
        "rdns": f"{address}.nip.io",
        "owner": {**world.owner.as_props(), "name": "back"},
    }

    with Servicer(LinodeProvider("Instance"), world.config) as command:

        def of_name() -> list[tuple[str, str]]:
            command.serve(LinodeProvider("ReverseDNS"), world.config, urn.format("ReverseDNS", "back"))
            return command.check(back)[1]

        def of_linode() -> list[tuple[str, str]]:
            command.serve(LinodeProvider("Instance"), world.config, urn.format("Instance", "web-1"))
            return command.check({**inputs, **changed}, inputs)[1]

        first, last = (of_name(), of_linode()) if name_is_first else (of_linode(), of_name())

    assert first == []
    assert [how in why for _, why in last] == ([True] if how else []), last
    assert [address in why or field == "address" for field, why in last] == [True] * len(last)
    assert all("Next: name it by the Linode's output" in why for _, why in last)


def test_a_name_is_set_again_in_the_same_run_whatever_becomes_of_the_answers(zone: Zone) -> None:
    declared, address = named(zone)
    declared["rdns"] = f"{address}.nip.io"
    servicer = zone.serve("ReverseDNS")
    inputs, _ = servicer.check(declared)
    id_, outs = servicer.create(inputs)
    again: Props = {**declared, "owner": replace(zone.owner, generation=2).as_props()}
    command = zone.next_command(servicer, "ReverseDNS", "web-1")
    news, failures = command.check(again, inputs)
    recreated = command.diff(id_, outs, news)
    command.delete(id_, outs)
    lost: Props = {"method": "PUT", "path": "/networking/ips/*", "kind": "cut", "after_commit": True}
    zone.api.set_faults({**lost, "times": MOST_TRIES})

    same, named_again = command.create(news)

    assert (failures, list(recreated.replaces), recreated.deleteBeforeReplace) == ([], ["owner"], True)
    assert (same, named_again["rdns"], rdns(zone, address)) == (id_, f"{address}.nip.io", f"{address}.nip.io")


def test_an_address_that_a_linode_gets_in_the_same_run_can_be_named(api: LocalApi) -> None:
    world, urn = World(api), "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{}::{}"
    with Servicer(LinodeProvider("Instance"), world.config, urn=urn.format("Instance", "web-1")) as earlier:
        inputs, _ = earlier.check(world.inputs(image=None, root_pass=None))
        id_, outs = earlier.create(inputs)

    with Servicer(LinodeProvider("Instance"), world.config, urn=urn.format("Instance", "web-1")) as command:
        moved, _ = command.check({**inputs, "region": "gb-lon"}, inputs)
        updated = command.update(id_, outs, moved, olds=inputs)
        address = str(updated["public_ipv4"])
        back: Props = {"address": address, "rdns": f"{address}.nip.io", "owner": world.owner.as_props()}
        command.serve(LinodeProvider("ReverseDNS"), world.config, urn.format("ReverseDNS", "back"))
        failures = command.check(back)[1]

    assert address != outs["public_ipv4"]
    assert failures == []


def test_a_reserved_address_stays_whatever_becomes_of_its_linode(api: LocalApi) -> None:
    world, urn = World(api), "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{}::{}"
    address = str(world.call("POST", "/networking/reserved/ips", {"region": "de-fra-2"})["address"])
    linode = world.inputs(image=None, root_pass=None, reserved_ipv4=address)
    with Servicer(LinodeProvider("Instance"), world.config, urn=urn.format("Instance", "web-1")) as earlier:
        inputs, failures = earlier.check(linode)
        earlier.create(inputs)
    back: Props = {
        "address": address,
        "rdns": f"{address}.nip.io",
        "owner": {**world.owner.as_props(), "name": "back"},
    }

    with Servicer(LinodeProvider("Instance"), world.config, urn=urn.format("Instance", "web-1")) as command:
        failures += command.check({**inputs, "disk_encryption": "disabled"}, inputs)[1]
        command.serve(LinodeProvider("ReverseDNS"), world.config, urn.format("ReverseDNS", "back"))
        failures += command.check(back)[1]

    assert failures == []


@pytest.mark.parametrize(("kind", "is_reserved"), [("ipv4", False), ("ipv6", False), ("ipv4", True)])
def test_a_name_that_goes_with_a_linode_that_the_program_drops_is_told(
    api: LocalApi, kind: str, is_reserved: bool
) -> None:
    world, urn = World(api), "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{}::{}"
    reserved = world.call("POST", "/networking/reserved/ips", {"region": "de-fra-2"})["address"]
    linode = world.inputs(image=None, root_pass=None, reserved_ipv4=reserved if is_reserved else None)
    with Servicer(LinodeProvider("Instance"), world.config, urn=urn.format("Instance", "web-1")) as earlier:
        inputs, _ = earlier.check(linode)
        id_, outs = earlier.create(inputs)
    address = str(outs["public_ipv4"] if kind == "ipv4" else outs["ipv6"]).partition("/")[0]
    owner = {**world.owner.as_props(), "name": "back"}

    with Servicer(
        LinodeProvider("ReverseDNS"), world.config, urn=urn.format("ReverseDNS", "back")
    ) as command:
        failures = command.check({"address": address, "rdns": "web.example.org", "owner": owner})[1]
        command.serve(LinodeProvider("Instance"), world.config, urn.format("Instance", "web-1"))
        command.delete(id_, outs)

    told = f"Linode {id_} is no longer declared, and the program names it or a part of it still: address of back. "
    assert failures == []
    assert (told in command.printed) == (not is_reserved), command.printed


@pytest.mark.parametrize(
    ("other", "own", "apart"),
    [
        ({"type": "A", "name": "mail", "target": "192.0.2.9"}, {"type": "A", "target": "192.0.2.9"}, ("name", "")),
        ({"type": "TXT", "name": "cdn", "target": "x"}, {"type": "TXT", "target": "x"}, ("name", "")),
        (
            {"type": "MX", "target": "m.example.net", "priority": 10}, {"type": "MX", "target": "m.example.net"},
            ("priority", 0),
        ),
        (
            {"type": "SRV", "service": "sip", "protocol": "tcp", "port": 1, "priority": 10, "weight": 1, "target": "x"},
            {"type": "SRV", "service": "sip", "protocol": "tcp", "port": 1, "priority": 0, "weight": 1, "target": "x"},
            ("priority", 0),
        ),
    ],
)  # fmt: skip
def test_a_record_without_a_name_or_priority_is_no_record_that_has_another_one(
    zone: Zone, other: Props, own: Props, apart: tuple[str, object]
) -> None:
    key, unsaid = apart
    by_hand = zone.by_hand(**other)
    servicer = zone.serve("DomainRecord")
    inputs, failures = servicer.check(zone.record(**own))

    id_, outs = servicer.create(inputs)

    assert (failures, id_ != str(by_hand)) == ([], True)
    assert [row[key] for row in zone.rows()] == [other[key], unsaid]
    assert servicer.diff(id_, outs, inputs).changes == NONE
