"""What is left of a stack is named when its account, the last of its resources, is deleted: at the end of a destroy."""

from __future__ import annotations

from dataclasses import replace

from emulators.linode_api.server import LocalApi
from providers.linode.core.owner import Owner
from providers.linode.provider import AccountProvider, LinodeProvider
from tests.by_hand import Json
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer

URN = "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:Account::account"


def linode(world: World, label: str, owner: Owner) -> Json:
    body = {"type": "g6-nanode-1", "region": "de-fra-2", "label": label, "tags": ["web", owner.tag()]}
    return world.call("POST", "/linode/instances", body)


def firewall(world: World, label: str, owner: Owner) -> Json:
    rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    return world.call(
        "POST", "/networking/firewalls", {"label": label, "rules": rules, "tags": [owner.tag()]}
    )


def end_of_destroy(world: World, servicer: Servicer) -> str:
    """What is told when the account's resource is deleted."""
    props: Props = {"stack": "local", "uuid": world.uuid}
    with servicer:
        servicer.delete(world.uuid, props)
    return servicer.printed


def test_all_kinds_with_the_stacks_tag_are_named_with_their_cost_and_what_to_type(world: World) -> None:
    owner = world.owner
    web, wall = (
        linode(world, "web-1", owner),
        firewall(world, "wall", replace(owner, name="wall", generation=2)),
    )
    strangers = (replace(owner, account="x"), replace(owner, project="x"), replace(owner, stack="x"))
    others = [linode(world, f"other-{number}", each) for number, each in enumerate(strangers)]
    by_hand = world.call(
        "POST", "/linode/instances", {"type": "g6-nanode-1", "region": "de-fra-2", "label": "mine"}
    )

    said = end_of_destroy(world, Servicer(AccountProvider(), world.config, urn=URN))

    assert (
        f"firewall {wall['id']} (wall); Linode {web['id']} (web-1), 5.00 USD a month. Together 5.00 USD"
        in said
    )
    assert "`fleet reap --stack local`" in said
    assert not any(str(row["id"]) in said for row in [*others, by_hand])
    assert [line for line in world.writes() if line.startswith("DELETE")] == []


def test_what_has_no_tags_is_named_by_its_label_or_by_the_linodes_in_it(world: World) -> None:
    lost = linode(world, "web-1", world.owner)["id"]
    other = linode(world, "other", replace(world.owner, stack="x"))["id"]

    def group(label: str, *linodes: int) -> int:
        kind = {"placement_group_type": "anti_affinity:local", "placement_group_policy": "strict"}
        made = world.call("POST", "/placement/groups", {"label": label, "region": "de-fra-2", **kind})
        world.call("POST", f"/placement/groups/{made['id']}/assign", {"linodes": linodes})
        return int(made["id"])

    named = [
        f"VPC {world.call('POST', '/vpcs', {'label': 'fleet-local-net', 'region': 'de-fra-2'})['id']}",
        f"placement group {group('by-hand', lost)}",
    ]
    world.call("POST", "/vpcs", {"label": "fleet-other-net", "region": "de-fra-2"})
    strangers = [group("mixed", other), group("empty")]

    said = end_of_destroy(world, Servicer(AccountProvider(), world.config, urn=URN))

    assert f"Linode {lost} (web-1)" in said
    assert "perhaps left of stack 'local', by label or by the Linodes in it" in said
    assert all(each in said for each in named), said
    assert not any(f"placement group {id_} " in said for id_ in strangers)
    assert "fleet-other-net" not in said
    assert said.count("Next: ") == 1


def test_a_record_that_names_the_address_of_what_is_left_is_told(world: World) -> None:
    web, other = linode(world, "web-1", world.owner), linode(world, "other", replace(world.owner, stack="x"))

    def domain(name: str, *tags: str) -> int:
        body = {"domain": name, "type": "master", "soa_email": f"ada@{name}", "tags": list(tags)}
        return int(world.call("POST", "/domains", body)["id"])

    def record(zone: int, kind: str, target: str) -> int:
        body = {"type": kind, "name": "www", "target": target}
        return int(world.call("POST", f"/domains/{zone}/records", body)["id"])

    stays, own = domain("stays.example"), domain("own.example", world.owner.tag())
    found = [
        record(stays, "A", web["ipv4"][0]),
        record(stays, "AAAA", web["ipv6"].partition("/")[0]),
    ]
    strangers = [
        record(stays, "A", other["ipv4"][0]),
        record(stays, "TXT", "text"),
        record(own, "A", web["ipv4"][0]),
    ]

    said = end_of_destroy(world, Servicer(AccountProvider(), world.config, urn=URN))

    assert all(f"domain record {id_} (www-" in said for id_ in found), said
    assert not any(f"domain record {id_} (" in said for id_ in strangers), said
    assert f"of domain {stays}" in said
    assert "by hand" not in said


def test_a_record_that_names_an_address_which_somebody_still_has_is_left_alone(world: World) -> None:
    """The stack had its reverse name alone, and the Linode is another one's."""
    [address, *_] = linode(world, "other", replace(world.owner, stack="x"))["ipv4"]
    zone = world.call(
        "POST", "/domains", {"domain": "kept.example", "type": "master", "soa_email": "ada@kept.example"}
    )
    world.call("POST", f"/domains/{zone['id']}/records", {"type": "A", "name": "www", "target": address})
    urn = URN.replace("Account::account", "ReverseDNS::name")
    props: Props = {"address": address, "rdns": "www.kept.example", "owner": world.owner.as_props()}
    servicer = Servicer(LinodeProvider("ReverseDNS"), world.config, urn=urn)

    with servicer:
        servicer.delete(address, props)
        account = servicer.serve(AccountProvider(), world.config, URN)
        account.delete(world.uuid, {"stack": "local", "uuid": world.uuid})

    assert "domain record" not in servicer.printed


def test_nothing_left_is_nothing_told(world: World) -> None:
    assert "still" not in end_of_destroy(world, Servicer(AccountProvider(), world.config, urn=URN))


def test_kinds_that_the_token_may_not_list_are_left_out(api: LocalApi, world: World) -> None:
    web = linode(world, "web-1", world.owner)
    firewall(world, "wall", world.owner)
    token = api.add_token(world.account, "linodes:read_write")

    said = end_of_destroy(
        world, Servicer(AccountProvider(), {**world.config, "linode:token": token}, urn=URN)
    )

    assert f"Linode {web['id']} (web-1)" in said
    assert "wall" not in said


def test_a_look_that_fails_is_told_and_keeps_nothing_from_being_deleted(world: World) -> None:
    linode(world, "web-1", world.owner)
    world.api.set_faults({"kind": "maintenance", "method": "GET", "path": "/linode/instances"})

    said = end_of_destroy(world, Servicer(AccountProvider(), world.config, urn=URN))

    assert "whether anything of stack 'local' is left can't be told" in said
    assert said.count("Next: ") == 1
