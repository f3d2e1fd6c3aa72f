"""A restricted user is told at preview what would be refused; nobody else is asked about grants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import UNKNOWN, Servicer

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII web"


STRICT = {"placement_group_type": "anti_affinity:local", "placement_group_policy": "strict"}


@pytest.fixture
def restricted(world: World) -> Iterator[Servicer]:
    token = world.api.add_token(world.account, user="deploy", restricted=True, grants=("add_linodes",))
    with Servicer(LinodeProvider("Instance"), {**world.config, "linode:token": token}) as servicer:
        yield servicer


def granted(world: World, linode_id: int) -> None:
    """The restricted user may read and change it."""
    permission = {"id": linode_id, "permissions": "read_write"}
    world.call("PUT", "/account/users/deploy/grants", {"linode": [permission]})


def asked(world: World) -> list[str]:
    return [line for line in world.seen() if line.endswith("/profile/grants")]


def test_a_new_linode_is_refused_at_preview_and_grants_are_asked_for_once(
    restricted: Servicer, world: World
) -> None:
    first = restricted.check(world.inputs())[1]
    second = restricted.check(world.inputs(label="web-2"))[1]

    assert [name for name, _ in first] == [""]
    assert "can't be made by the token's user 'deploy', who is restricted" in first[0][1]
    assert first == second
    assert len(asked(world)) == 1


def test_an_unrestricted_user_is_not_asked_about(provider: Servicer, world: World) -> None:
    _, failures = provider.check(world.inputs())

    assert failures == []
    assert asked(world) == []


def test_of_a_linode_that_is_there_only_the_tags_are_refused(
    provider: Servicer, restricted: Servicer, world: World
) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outs = provider.create(inputs)
    granted(world, int(id_))

    same = restricted.check(world.inputs(), inputs)[1]
    watched, harmless = restricted.check(world.inputs(watchdog_enabled=False), inputs)
    tagged = restricted.check(world.inputs(tags=["other"]), inputs)[1]
    replaced = restricted.check(world.inputs(image="linode/debian12"), inputs)[1]
    after = restricted.update(id_, outs, watched)

    assert (same, harmless) == ([], [])
    assert [name for name, _ in tagged] == ["tags"]
    assert "can't be made by the token's user" in replaced[0][1]
    assert after["watchdog_enabled"] is False


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("Instance", {}),
        ("Firewall", {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}),
        ("SSHKey", {"label": "web", "ssh_key": KEY}),
        ("Volume", {"label": "web", "region": "de-fra-2"}),
        ("VPC", {"label": "web", "region": "de-fra-2"}),
        ("PlacementGroup", {**STRICT, "label": "web", "region": "de-fra-2"}),
        ("StackScript", {"label": "web", "script": "#!/bin/sh\n", "images": ["linode/debian13"]}),
        ("ReservedIP", {"region": "de-fra-2"}),
        ("IPv6Range", {"route_target": UNKNOWN, "prefix_length": 64}),
        ("Domain", {"domain": "web.example", "type": "slave", "master_ips": ["192.0.2.1"]}),
        ("DomainRecord", {"domain_id": UNKNOWN, "type": "A", "name": "web", "target": "192.0.2.1"}),
        ("ReverseDNS", {"address": UNKNOWN, "rdns": "web.example"}),
        ("VolumeAttachment", {"volume_id": UNKNOWN, "linode_id": UNKNOWN}),
        ("NodeBalancer", {"label": "web", "region": "de-fra-2", "configs": [{"port": 80}]}),
        ("Image", {"linode_id": UNKNOWN}),
        ("Subnet", {"vpc_id": UNKNOWN, "label": "web", "ipv4": "10.0.0.0/24"}),
    ],
)
def test_a_token_that_may_only_read_is_enough_for_previews(
    world: World, kind: str, own: dict[str, object]
) -> None:
    """Those of pull requests have no other."""
    families = ("linodes", "firewall", "account", "volumes", "domains", "ips", "nodebalancers")
    reading = " ".join(f"{family}:read_only" for family in families)
    token = world.api.add_token(world.account, reading)
    inputs = world.inputs() if kind == "Instance" else {**own, "owner": world.owner.as_props()}
    with Servicer(LinodeProvider(kind), {**world.config, "linode:token": token}) as servicer:
        assert servicer.check(inputs)[1] == []


def test_a_firewall_is_refused_to_a_restricted_user_as_a_linode_is(world: World) -> None:
    token = world.api.add_token(world.account, user="deploy", restricted=True, grants=("add_firewalls",))
    policies = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    with Servicer(LinodeProvider("Firewall"), {**world.config, "linode:token": token}) as servicer:
        _, failures = servicer.check({**policies, "label": "web-1", "owner": world.owner.as_props()})

    assert "the tag in the create request is what shows whose a firewall is" in failures[0][1]
