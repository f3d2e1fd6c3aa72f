"""What inputs name by id is looked up at preview: once a process, and only where an input names it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.provider import LinodeProvider
from tests.servicer.world import PLANTED, World
from tests.servicer_process import UNKNOWN, Props, Servicer
from tests.until import until

WALL: Props = {
    "label": "wall",
    "rules": {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [], "outbound": []},
}
SCRIPT: Props = {
    "label": "site",
    "images": ["linode/debian13"],
    "script": '#!/bin/bash\n# <UDF name="site" label="Site" />\n'
    '# <UDF name="size" label="S" oneof="a,b" default="a" />\n',
}
SUBNETS: Props = {"label": "net", "region": "de-fra-2", "subnets": [{"label": "web", "ipv4": "10.0.0.0/24"}]}
LOOKS = ("networking/", "account/users", "vpcs", "linode/stackscripts", "placement/", "/backups")


@pytest.fixture
def looks(world: World) -> Callable[[], list[str]]:
    """The requests so far that look up something of the account's."""

    def seen() -> list[str]:
        paths = [line.removeprefix("GET /v4/") for line in world.seen() if line.startswith("GET")]
        return [path for path in paths if any(word in path for word in LOOKS)]

    return seen


def made(world: World, path: str, body: Props) -> Props:
    found = world.call("POST", path, body)
    assert "errors" not in found, found
    return found


def snapshot(world: World) -> tuple[object, object]:
    """A Linode with a finished backup: their ids."""
    asked = {"type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian13", "root_pass": PLANTED}
    linode = made(world, "/linode/instances", {**asked, "label": "source", "backups_enabled": True})["id"]
    path = f"/linode/instances/{linode}"
    until(lambda: world.call("GET", path)["status"] == "running")
    backup = made(world, f"{path}/backups", {"label": "snap"})["id"]
    until(lambda: world.call("GET", f"{path}/backups/{backup}")["status"] == "successful")
    return linode, backup


def test_inputs_that_name_nothing_of_the_account_look_up_nothing(
    provider: Servicer, world: World, looks: Callable[[], list[str]]
) -> None:
    _, failures = provider.check(world.inputs())

    assert failures == []
    assert looks() == []


def test_what_is_there_is_looked_up_once_for_all_resources(
    provider: Servicer, world: World, looks: Callable[[], list[str]]
) -> None:
    subnets = made(world, "/vpcs", SUBNETS)["subnets"]
    assert isinstance(subnets, list)
    script = made(world, "/linode/stackscripts", SCRIPT)["id"]
    declared = world.inputs(
        firewall_id=made(world, "/networking/firewalls", WALL)["id"],
        authorized_users=[world.account],
        reserved_ipv4=made(world, "/networking/reserved/ips", {"region": "de-fra-2"})["address"],
        interfaces=[{"purpose": "vpc", "subnet_id": subnets[0]["id"]}],
        stackscript_id=script,
        stackscript_data={"site": "example.com"},
    )

    _, first = provider.check(declared)
    _, second = provider.check({**declared, "label": "web-2"})

    assert first == second == []
    assert sorted(looks()) == [
        "account/users",
        f"linode/stackscripts/{script}",
        "networking/firewalls",
        "networking/reserved/ips",
        "vpcs",
    ]


def test_what_is_not_there_is_told_all_at_once(provider: Servicer, world: World) -> None:
    wall = made(world, "/networking/firewalls", WALL)["id"]
    script = made(world, "/linode/stackscripts", SCRIPT)["id"]

    _, failures = provider.check(
        world.inputs(
            firewall_id=1,
            authorized_users=["nobody-of-us"],
            reserved_ipv4="198.51.100.7",
            interfaces=[{"purpose": "vpc", "subnet_id": 1}],
            stackscript_id=script,
            stackscript_data={"sight": "s3cret-1", "size": "s3cret-2"},
        )
    )

    found = [reason for _, reason in failures]
    assert [name for name, _ in failures] == [
        "firewall_id", "interfaces", "authorized_users", "reserved_ipv4", "", "", "",
    ]  # fmt: skip
    assert f"(there are {wall} wall)" in found[0]
    assert "lacks 'site'" in found[4]
    assert "did you mean site" in found[5] or "did you mean site" in found[6]
    assert "none of a, b" in str(found)
    assert "s3cret" not in str(failures)
    assert all("Next:" in reason for reason in found)


def test_what_a_linode_has_already_is_not_looked_up_again(
    provider: Servicer, world: World, looks: Callable[[], list[str]]
) -> None:
    declared = world.inputs(firewall_id=1, authorized_users=["gone"], reserved_ipv4="198.51.100.7")

    _, failures = provider.check({**declared, "tags": ["blue"]}, declared)

    assert failures == []
    assert looks() == []


def test_a_backup_is_found_through_its_linode(
    provider: Servicer, world: World, looks: Callable[[], list[str]]
) -> None:
    linode, backup = snapshot(world)
    before = len(looks())
    bare = world.inputs(image=None, root_pass=None)

    _, fine = provider.check({**bare, "backup_id": backup})
    _, wrong = provider.check({**bare, "backup_id": 1})
    _, elsewhere = provider.check({**bare, "backup_id": backup, "region": "gb-lon"})

    assert fine == []
    assert "1 is no backup of this account's Linodes" in dict(wrong)["backup_id"]
    assert "is in de-fra-2, and the Linode in gb-lon" in dict(elsewhere)["backup_id"]
    assert looks()[before:] == [f"linode/instances/{linode}/backups"]


def test_a_token_that_may_not_look_is_no_failure(api: LocalApi, world: World) -> None:
    narrow = api.add_token(world.account, "linodes:read_write events:read_only")
    declared = world.inputs(
        firewall_id=1, authorized_users=["nobody"], reserved_ipv4="198.51.100.7", stackscript_id=1
    )

    with Servicer(LinodeProvider("Instance"), {**world.config, "linode:token": narrow}) as provider:
        _, failures = provider.check(declared)

    assert failures == []


def test_a_restricted_user_who_may_not_read_users_is_no_failure(api: LocalApi, world: World) -> None:
    token = api.add_token(world.account, user="intern", restricted=True)

    with Servicer(LinodeProvider("Instance"), {**world.config, "linode:token": token}) as provider:
        _, failures = provider.check(world.inputs(authorized_users=["nobody"]))

    assert "authorized_users" not in dict(failures)


def test_an_interface_whose_subnet_is_not_known_yet_is_passed_over(provider: Servicer, world: World) -> None:
    interfaces = [{"purpose": "vpc", "subnet_id": UNKNOWN}, {"purpose": "vlan", "label": "a--b"}]

    _, failures = provider.check(world.inputs(interfaces=interfaces, tags=["web", UNKNOWN]))

    assert [name for name, _ in failures] == ["interfaces"]
    assert "[1].label" in failures[0][1]


def test_a_linode_interface_needs_a_firewall_where_the_account_has_no_default(
    provider: Servicer, world: World, looks: Callable[[], list[str]]
) -> None:
    declared = world.inputs(interface_generation="linode", interfaces=[{"public": {}}])

    _, open_to_all = provider.check({**declared, "interfaces": [{"public": {}, "firewall_id": 0}]})
    before = looks()
    _, failures = provider.check(declared)

    assert (open_to_all, before) == ([], [])
    assert "[0] needs firewall_id" in dict(failures)["interfaces"]
    assert looks() == ["networking/firewalls/settings"]


def test_an_address_of_the_linode_that_is_replaced_is_free_for_the_new_one(
    provider: Servicer, world: World
) -> None:
    address = made(world, "/networking/reserved/ips", {"region": "de-fra-2"})["address"]
    inputs, _ = provider.check(world.inputs(reserved_ipv4=address))
    provider.create(inputs)
    stranger = {**world.owner.as_props(), "name": "web-2"}

    with Servicer(LinodeProvider("Instance"), world.config) as later:
        _, replaced = later.check(world.inputs(reserved_ipv4=address, disk_encryption="disabled"))
        _, other = later.check(world.inputs(reserved_ipv4=address, label="web-2", owner=stranger))

    assert replaced == []
    assert "is assigned to Linode" in dict(other)["reserved_ipv4"]


def test_a_firewall_that_is_off_is_said_and_no_failure(world: World) -> None:
    wall = made(world, "/networking/firewalls", WALL)["id"]
    world.call("PUT", f"/networking/firewalls/{wall}", {"status": "disabled"})

    with Servicer(LinodeProvider("Instance"), world.config) as provider:
        _, failures = provider.check(world.inputs(firewall_id=wall))

    assert failures == []
    assert f"firewall {wall} (wall) is disabled" in provider.printed


def test_a_password_that_the_api_refuses_is_told_before_anything_is_deleted(
    provider: Servicer, world: World
) -> None:
    weak = "b4d_p4s5w0rd!!"
    inputs, _ = provider.check(world.inputs())

    _, kept = provider.check(world.inputs(root_pass=weak), inputs)
    _, replaced = provider.check(world.inputs(root_pass=weak, disk_encryption="disabled"), inputs)

    assert kept == []
    assert [name for name, _ in replaced] == [""]
    assert "too easy to guess" in replaced[0][1]
    assert weak not in str(replaced)


def test_a_firewall_that_this_run_has_made_meanwhile_is_no_unknown_one(
    provider: Servicer, world: World
) -> None:
    rules = {"inbound_policy": "DROP", "outbound_policy": "DROP"}
    _, unknown = provider.check(world.inputs(firewall_id=7))

    made = world.call("POST", "/networking/firewalls", {"label": "made-meanwhile", "rules": rules})
    _, known = provider.check(world.inputs(firewall_id=made["id"]))

    assert [name for name, _ in unknown] == ["firewall_id"]
    assert known == []


@pytest.mark.parametrize(
    ("generation", "changed", "names"),
    [
        ("legacy_config", {"kernel": "linode/latest-64bit"}, ["kernel"]),
        ("legacy_config", {"boot_config_label": "mine"}, ["boot_config_label"]),
        ("legacy_config", {"interfaces": [{"purpose": "public"}]}, ["interfaces"]),
        ("linode", {"network_helper": True}, []),
        ("legacy_config", {"image": "linode/debian13", "root_pass": PLANTED, "kernel": "linode/latest-64bit"}, []),
    ],
)  # fmt: skip
def test_what_a_profile_keeps_is_refused_for_a_linode_that_has_none(
    provider: Servicer, world: World, generation: str, changed: Props, names: list[str]
) -> None:
    empty = world.inputs(image=None, root_pass=None, interface_generation=generation)
    inputs, failures = provider.check(empty)
    assert failures == []
    id_, _ = provider.create(inputs)

    with Servicer(LinodeProvider("Instance"), world.config) as later:
        _, failures = later.check({**empty, **changed, "on_image_change": "rebuild"}, inputs)

    assert [name for name, _ in failures] == names
    assert all(f"Linode {id_} has none" in why for _, why in failures)
