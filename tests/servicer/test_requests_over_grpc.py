"""Nothing is asked for twice: neither what a run has made itself, nor what one list says of many."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from emulators.linode_api.clock import HeldClock
from providers.linode.core.owner import Owner
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer
from tests.until import until


def urn(kind: str, name: str = "web-1") -> str:
    return f"urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{kind}::{name}"


def asked(world: World, form: str) -> list[str]:
    return [line for line in world.seen() if re.fullmatch(f"GET /v4{form}", line)]


def test_what_this_run_has_made_is_not_looked_up(provider: Servicer, world: World) -> None:
    owner = world.owner.as_props()
    volumes = provider.serve(LinodeProvider("Volume"), world.config, urn("Volume"))
    volumes.check({"label": "other", "region": "de-fra-2", "owner": owner})
    linodes = volumes.serve(LinodeProvider("Instance"), world.config, urn("Instance"))
    inputs, _ = linodes.check(world.inputs())
    id_, outs = linodes.create(inputs)

    volumes.serve(LinodeProvider("Volume"), world.config, urn("Volume"))
    wanted: Props = {"label": "data", "region": "de-fra-2", "linode_id": int(id_), "owner": owner}
    _, failures = volumes.check(wanted)
    names = volumes.serve(LinodeProvider("ReverseDNS"), world.config, urn("ReverseDNS"))
    for address in (outs["public_ipv4"], str(outs["ipv6"]).partition("/")[0]):
        failures += names.check({"address": address, "rdns": "web.example.org", "owner": owner})[1]

    assert failures == []
    assert asked(world, rf"/linode/instances/{id_}") == []
    assert asked(world, r"/networking/ips/.+") == []


def test_reserved_addresses_of_this_run_are_known_to_the_linodes_that_take_them(
    provider: Servicer, world: World
) -> None:
    failures = []
    for name in ("web-1", "web-2", "web-3"):
        owner = Owner(world.uuid, "fleet", "local", name).as_props()
        entries = provider.serve(LinodeProvider("ReservedIP"), world.config, urn("ReservedIP", name))
        entry, _ = entries.create(entries.check({"region": "de-fra-2", "owner": owner})[0])
        linodes = provider.serve(LinodeProvider("Instance"), world.config, urn("Instance", name))
        failures += linodes.check(world.inputs(label=name, owner=owner, reserved_ipv4=entry))[1]

    assert failures == []
    assert len(asked(world, "/networking/reserved/ips")) == 1, "what was there before any was made"


def test_a_zone_of_this_run_has_no_records_that_would_have_to_be_looked_for(
    provider: Servicer, world: World
) -> None:
    owner = world.owner.as_props()
    zones = provider.serve(LinodeProvider("Domain"), world.config, urn("Domain"))
    zone: Props = {"domain": f"{world.account}.example", "type": "master", "soa_email": "ops@a.example"}
    id_, _ = zones.create(zones.check({**zone, "owner": owner})[0])
    record: Props = {"domain_id": id_, "type": "A", "name": "web", "target": "192.0.2.1", "owner": owner}
    records = provider.serve(LinodeProvider("DomainRecord"), world.config, urn("DomainRecord"))
    first, _ = records.create(records.check(record)[0])

    there = [str(row["id"]) for row in world.call("GET", f"/domains/{id_}/records")["data"]]

    assert there == [first]
    assert len(asked(world, rf"/domains/{id_}/records")) == 1, "by hand"


def test_a_preview_reads_the_list_of_firewalls_once(provider: Servicer, world: World) -> None:
    rules: Props = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    wall = world.call("POST", "/networking/firewalls", {"label": "wall", "rules": rules})["id"]

    walls = provider.serve(LinodeProvider("Firewall"), world.config, urn("Firewall"))
    failures = walls.check({"label": "other", **rules, "owner": world.owner.as_props()})[1]
    linodes = walls.serve(LinodeProvider("Instance"), world.config, urn("Instance"))
    failures += linodes.check(world.inputs(firewall_id=wall))[1]

    assert failures == []
    assert len(asked(world, "/networking/firewalls")) == 1


def test_what_it_has_deleted_is_looked_up_again(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)
    provider.delete(id_, outs)
    volumes = provider.serve(LinodeProvider("Volume"), world.config, urn("Volume"))

    failures = volumes.check(
        {"label": "data", "region": "de-fra-2", "linode_id": int(id_), "owner": world.owner.as_props()}
    )[1]

    assert [name for name, _ in failures] == ["linode_id"]


def test_what_somebody_deletes_meanwhile_is_refused_by_the_api_and_nothing_is_made(
    provider: Servicer, world: World
) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, _ = provider.create(inputs)
    world.call("DELETE", f"/linode/instances/{id_}")
    until(lambda: world.linodes() == [])
    volumes = provider.serve(LinodeProvider("Volume"), world.config, urn("Volume"))
    wanted: Props = {"label": "data", "region": "de-fra-2", "linode_id": int(id_)}
    inputs, failures = volumes.check({**wanted, "owner": world.owner.as_props()})

    with pytest.raises(grpc.RpcError) as refused:
        volumes.create(inputs)

    assert failures == []
    assert "linode_id" in str(refused.value)
    assert world.call("GET", "/volumes")["data"] == []


def test_volumes_that_are_made_together_are_waited_for_by_one_list(held: World, clock: HeldClock) -> None:
    with Servicer(LinodeProvider("Volume"), held.config, urn=urn("Volume")) as servicer:

        def make(number: int) -> Props:
            owner = Owner(held.uuid, "fleet", "local", f"data-{number}").as_props()
            wanted: Props = {"label": f"data-{number}", "region": "de-fra-2", "size": 20, "owner": owner}
            return servicer.create(wanted)[1]

        with ThreadPoolExecutor(12) as pool:
            making = [pool.submit(make, number) for number in range(12)]
            until(lambda: held.seen().count("POST /v4/volumes") == 12, held.seen)
            until(lambda: len(asked(held, "/volumes")) > 2, held.seen)
            clock.advance(20)
            made = [each.result() for each in making]

    assert {outs["status"] for outs in made} == {"active"}
    assert len(asked(held, r"/volumes/\d+")) < 12, "the first ones were alone for a moment"


def test_a_refresh_asks_a_firewall_once_for_all_that_are_behind_it(provider: Servicer, world: World) -> None:
    rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    wall = world.call("POST", "/networking/firewalls", {"label": "wall", "rules": rules})["id"]
    made = []
    for name in ("web-1", "web-2", "web-3"):
        owner = Owner(world.uuid, "fleet", "local", name).as_props()
        legacy = world.inputs(label=name, owner=owner, firewall_id=wall, interface_generation="legacy_config")
        inputs, failures = provider.check(legacy)
        assert failures == []
        made.append(provider.create(inputs))
    device = world.call("GET", f"/networking/firewalls/{wall}/devices")["data"][1]
    world.call("DELETE", f"/networking/firewalls/{wall}/devices/{device['id']}")

    with Servicer(LinodeProvider("Instance"), world.config) as refreshing:
        seen = [refreshing.read(id_, outs)[2]["firewall_id"] for id_, outs in made]

    assert seen == [wall, 0, wall]
    assert asked(world, r"/networking/firewalls") != []
    assert len(asked(world, r"/linode/instances/\d+/firewalls")) == 1
