"""What interfaces of both generations get of a subnet, IPv6 above all, and who lists it."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, Caller, made, reasons, settled

Json = Any
OWN = {**EMPTY, "interface_generation": "linode", "booted": False}
NAT = {"ipv4": {"nat_1_1": "any"}}


@pytest.fixture
def subnet(caller: Caller) -> Json:
    """With four /64, and its VPC's id."""
    inside = {"label": "s", "ipv4": "10.0.0.0/24", "ipv6": [{"range": "/62"}]}
    body = {"label": "v", "region": "us-ord", "ipv6": [{"range": "auto"}], "subnets": [inside]}
    vpc = made(caller.post("/vpcs", body))
    return {**vpc["subnets"][0], "vpc_id": vpc["id"]}


def network(subnet: Json) -> IPv6Network:
    return IPv6Network(subnet["ipv6"][0]["range"])


def configured(caller: Caller, interface: Json) -> tuple[Json, Json]:
    """A Linode with the configuration that has the interface."""
    linode = caller.create(**EMPTY)
    path = f"/linode/instances/{linode['id']}/configs"
    return linode, made(caller.post(path, {"label": "c", "interfaces": [interface]}))


def inside(caller: Caller, subnet: Json, **vpc: Json) -> tuple[str, Json]:
    """The path of the only interface of a new Linode, and how it is."""
    wanted = {"vpc": {"subnet_id": subnet["id"], **vpc}, "firewall_id": None}
    path = f"/linode/instances/{caller.create(**OWN, interfaces=[wanted])['id']}/interfaces"
    [interface] = made(caller.get(path))["interfaces"]
    return f"{path}/{interface['id']}", interface


def test_a_legacy_interface_has_a_public_address_by_slaac_as_recorded(caller: Caller, subnet: Json) -> None:
    """Shapes: linodego's recordings TestVPC_ListAllIPv6Addresses, TestVPC_ListIPv6Addresses."""
    ipv6 = {"slaac": [{"range": "/64"}], "is_public": True}

    linode, config = configured(caller, {"purpose": "vpc", "subnet_id": subnet["id"], **NAT, "ipv6": ipv6})

    [interface] = config["interfaces"]
    [slaac] = interface["ipv6"]["slaac"]
    assert interface["ipv6"] == {"slaac": [slaac], "ranges": [], "is_public": True}
    assert IPv6Address(slaac["address"]) in IPv6Network(slaac["range"])
    assert IPv6Network(slaac["range"]).subnet_of(network(subnet))
    row = {
        "address": None, "address_range": None, "vpc_id": subnet["vpc_id"], "subnet_id": subnet["id"],
        "region": "us-ord", "linode_id": linode["id"], "config_id": config["id"], "interface_id": interface["id"],
        "nodebalancer_id": None, "database_id": None, "active": False, "nat_1_1": "", "gateway": None, "prefix": 64,
        "subnet_mask": "", "ipv6_range": slaac["range"], "ipv6_is_public": True,
        "ipv6_addresses": [{"slaac_address": slaac["address"]}],
    }  # fmt: skip
    assert caller.rows("/vpcs/ipv6s") == caller.rows(f"/vpcs/{subnet['vpc_id']}/ipv6s") == [row]
    assert list(caller.rows("/vpcs/ipv6s")[0]) == list(row)
    assert made(caller.get(f"/linode/instances/{linode['id']}/ips"))["ipv6"]["vpc"] == [row]
    assert caller.rows("/vpcs/ipv6s", where={"linode_id": linode["id"] + 1}) == []
    assert [one["address"] for one in caller.rows("/vpcs/ips")] == ["10.0.0.2"]


def test_an_interface_asks_for_nothing_and_gets_an_address(caller: Caller, subnet: Json) -> None:
    path, interface = inside(caller, subnet)
    _, config = configured(caller, {"purpose": "vpc", "subnet_id": subnet["id"]})

    ipv6, legacy = interface["vpc"]["ipv6"], config["interfaces"][0]["ipv6"]
    settings = made(caller.get(path.rpartition("/")[0] + "/settings"))

    assert (len(ipv6["slaac"]), ipv6["ranges"], ipv6["is_public"]) == (1, [], False)
    assert legacy["slaac"][0]["range"] != ipv6["slaac"][0]["range"]
    assert settings["default_route"]["ipv6_eligible_interface_ids"] == [interface["id"]]
    assert interface["default_route"] == {"ipv4": True, "ipv6": True}


def test_what_a_change_does_not_say_stays(caller: Caller, subnet: Json) -> None:
    path, before = inside(caller, subnet, ipv6={"ranges": [{"range": "/64"}]})
    [held] = before["vpc"]["ipv6"]["ranges"]

    public = made(caller.put(path, {"vpc": {"ipv6": {"is_public": True}}}))["vpc"]
    both = made(caller.put(path, {"vpc": {"ipv6": {"slaac": [{"range": "auto"}]}}}))["vpc"]
    more = made(caller.put(path, {"vpc": {"ipv6": {"ranges": [held, {"range": "/64"}]}}}))["vpc"]
    none = made(caller.put(path, {"vpc": {"ipv6": {"slaac": [], "ranges": []}}}))["vpc"]

    assert before["vpc"]["ipv6"]["slaac"] == []
    assert public["ipv6"] == {"slaac": [], "ranges": [held], "is_public": True}
    assert (public["ipv4"], both["ipv6"]["ranges"]) == (before["vpc"]["ipv4"], [held])
    assert more["ipv6"]["slaac"] == both["ipv6"]["slaac"]
    assert len({one["range"] for one in (*more["ipv6"]["ranges"], *more["ipv6"]["slaac"])}) == 3
    assert none["ipv6"] == {"slaac": [], "ranges": [], "is_public": True}


@pytest.mark.parametrize(
    ("ipv6", "field"),
    [
        ({"slaac": [{"range": "/60"}]}, "ipv6.slaac[0].range"),
        ({"slaac": [{"range": "auto"}, {"range": "auto"}]}, "ipv6.slaac"),
        ({"ranges": [{"range": "/56"}]}, "ipv6.ranges[0].range"),
        ({"ranges": [{"range": "/65"}]}, "ipv6.ranges[0].range"),
        ({"ranges": [{"range": "2001:db8::/64"}]}, "ipv6.ranges[0].range"),
        ({"ranges": [{"range": 64}]}, "ipv6.ranges[0].range"),
        ({"ranges": [{"range": "/62"}, {"range": "/64"}]}, "ipv6.ranges[1].range"),
        ({"is_public": "yes"}, "ipv6.is_public"),
        ({"slaac": "auto"}, "ipv6.slaac"),
        (True, "ipv6"),
    ],
)
def test_what_no_subnet_can_give_is_refused(caller: Caller, subnet: Json, ipv6: Json, field: str) -> None:
    interface = {"vpc": {"subnet_id": subnet["id"], "ipv6": ipv6}, "firewall_id": None}
    legacy = {"purpose": "vpc", "subnet_id": subnet["id"], "ipv6": ipv6}

    answers = [
        caller.post("/linode/instances", {**OWN, "interfaces": [interface]}),
        caller.post("/linode/instances", {**FROM_IMAGE, "interfaces": [legacy]}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert {
        str(reasons(answer)[0][0]).removeprefix("interfaces[0].").removeprefix("vpc.") for answer in answers
    } == {field}


def test_a_range_is_given_once_and_free_again_with_its_interface(caller: Caller, subnet: Json) -> None:
    wanted = {"ranges": [{"range": str(network(subnet))}]}
    path, _ = inside(caller, subnet, ipv6=wanted)
    interface = {"vpc": {"subnet_id": subnet["id"]}, "firewall_id": None}

    full = caller.post("/linode/instances", {**OWN, "interfaces": [interface]})
    made(caller.delete(path))
    again = caller.post("/linode/instances", {**OWN, "interfaces": [interface]})

    assert [field for field, _ in reasons(full)] == ["ipv6.slaac[0].range"]
    assert again.status_code == 200


def test_a_plain_subnet_has_no_ipv6_to_give(caller: Caller) -> None:
    plain = {"label": "v", "region": "us-ord", "subnets": [{"label": "s", "ipv4": "10.0.0.0/24"}]}
    subnet = made(caller.post("/vpcs", plain))["subnets"][0]

    _, interface = inside(caller, subnet, ipv6={"slaac": [], "is_public": False})
    _, config = configured(caller, {"purpose": "vpc", "subnet_id": subnet["id"]})
    wanted = {"vpc": {"subnet_id": subnet["id"], "ipv6": {"is_public": True}}, "firewall_id": None}
    refused = caller.post("/linode/instances", {**OWN, "interfaces": [wanted]})

    assert interface["vpc"]["ipv6"] is config["interfaces"][0]["ipv6"] is None
    assert [field for field, _ in reasons(refused)] == ["interfaces[0].vpc.ipv6"]


def test_ipv4_ranges_of_a_length_are_given_listed_and_nobody_elses(caller: Caller, subnet: Json) -> None:
    path, interface = inside(caller, subnet, ipv4={"ranges": [{"range": "/28"}]})
    own = interface["vpc"]["ipv4"]

    more = made(caller.put(path, {"vpc": {"ipv4": {"ranges": [{"range": "/28"}, {"range": "auto"}]}}}))[
        "vpc"
    ]["ipv4"]
    _, other = inside(caller, subnet)
    taken = {
        "vpc": {"subnet_id": subnet["id"], "ipv4": {"addresses": [{"address": "10.0.0.17"}]}},
        "firewall_id": None,
    }
    refused = caller.post("/linode/instances", {**OWN, "interfaces": [taken]})

    assert (own["addresses"][0]["address"], own["ranges"]) == ("10.0.0.2", [{"range": "10.0.0.16/28"}])
    assert more == {**own, "ranges": [*own["ranges"], {"range": "10.0.0.3/32"}]}
    assert other["vpc"]["ipv4"]["addresses"][0]["address"] == "10.0.0.4"
    assert reasons(refused)[0][1] == "Address is already in use in this subnet"
    rows = caller.rows("/vpcs/ips", where={"linode_id": int(path.split("/")[3])})
    assert [(row["address"], row["address_range"]) for row in rows] == [
        ("10.0.0.2", None),
        (None, "10.0.0.16/28"),
        (None, "10.0.0.3/32"),
    ]


def test_another_subnet_means_other_addresses(caller: Caller, subnet: Json) -> None:
    beside = {"label": "t", "ipv4": "10.0.1.0/24", "ipv6": [{"range": "/62"}]}
    second = made(caller.post(f"/vpcs/{subnet['vpc_id']}/subnets", beside))
    path, before = inside(caller, subnet, ipv4={"ranges": [{"range": "/28"}]})

    after = made(caller.put(path, {"vpc": {"subnet_id": second["id"]}}))["vpc"]

    assert after["ipv4"]["addresses"][0]["address"] == "10.0.1.2"
    assert after["ipv4"]["ranges"] == []
    assert IPv6Network(after["ipv6"]["slaac"][0]["range"]).subnet_of(network(second))
    assert before["vpc"]["ipv6"] != after["ipv6"]


def test_legacy_interfaces_keep_id_and_addresses_in_another_order(caller: Caller, subnet: Json) -> None:
    vpc = {"purpose": "vpc", "subnet_id": subnet["id"], "ipv4": {"vpc": "10.0.0.9"}}
    linode, config = configured(caller, vpc)
    path = f"/linode/instances/{linode['id']}/configs/{config['id']}"

    after = made(caller.put(path, {"interfaces": [{"purpose": "public"}, vpc]}))

    assert after["interfaces"][1] == config["interfaces"][0]


def test_ranges_of_a_public_interface_are_the_linodes(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **OWN)
    first = made(caller.post("/networking/ipv6/ranges", {"prefix_length": 64, "linode_id": linode["id"]}))
    path = f"/linode/instances/{linode['id']}/interfaces"
    body = {
        "ipv4": {"addresses": [{"address": linode["ipv4"][0]}]},
        "ipv6": {"ranges": [{"range": first["range"]}]},
    }

    new = made(caller.post(path, {"public": body, "firewall_id": None}))
    own = f"{path}/{new['id']}"
    wanted = {"ipv4": {"addresses": [{"address": linode["ipv4"][0]}, {"address": "auto", "primary": True}]}}
    after = made(
        caller.put(own, {"public": {**wanted, "ipv6": {"ranges": [{"range": "/64"}, {"range": "/56"}]}}})
    )
    left = made(caller.put(own, {"public": {"ipv6": {"ranges": []}}}))
    made(caller.delete(own))

    target = linode["ipv6"].removesuffix("/128")
    assert new["public"]["ipv6"]["ranges"] == [{"range": first["range"], "route_target": target}]
    assert [one["primary"] for one in after["public"]["ipv4"]["addresses"]] == [False, True]
    assert after["public"]["ipv4"]["addresses"][0]["address"] == linode["ipv4"][0]
    assert [one["range"].partition("/")[2] for one in after["public"]["ipv6"]["ranges"]] == ["64", "56"]
    assert after["public"]["ipv6"]["ranges"][0]["range"] == first["range"]
    assert (left["public"]["ipv6"]["ranges"], caller.rows("/networking/ipv6/ranges")) == ([], [])
    assert left["public"]["ipv4"] == after["public"]["ipv4"]


def test_a_public_address_of_another_is_refused(caller: Caller, subnet: Json) -> None:
    other = caller.create(**EMPTY)["ipv4"][0]
    public = {"public": {"ipv4": {"addresses": [{"address": other}]}}, "firewall_id": None}
    vpc = {"subnet_id": subnet["id"], "ipv4": {"addresses": [{"nat_1_1_address": other}]}}

    fields = [
        reasons(caller.post("/linode/instances", {**OWN, "interfaces": [interface]}))[0][0]
        for interface in (public, {"vpc": vpc, "firewall_id": None})
    ]

    assert fields == [
        "interfaces[0].public.ipv4.addresses[0].address",
        "interfaces[0].vpc.ipv4.addresses[0].nat_1_1_address",
    ]


def test_an_upgrade_keeps_ipv6_and_leaves_the_address_behind_nat_to_the_vpc(
    caller: Caller, clock: HeldClock, subnet: Json
) -> None:
    """As linode_api4's suite has it."""
    vpc = {"purpose": "vpc", "subnet_id": subnet["id"], "primary": True, **NAT, "ip_ranges": ["10.0.0.5/32"]}
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)
    path = f"/linode/instances/{linode['id']}"
    [config] = caller.rows(path + "/configs")
    before = made(caller.put(f"{path}/configs/{config['id']}", {"interfaces": [{"purpose": "public"}, vpc]}))

    told = made(caller.post(path + "/upgrade-interfaces", {"dry_run": False}))["interfaces"]

    assert [one["default_route"] for one in told] == [
        dict.fromkeys(("ipv4", "ipv6"), wins) for wins in (False, True)
    ]
    assert told[0]["public"]["ipv4"]["addresses"] == []
    assert told[1]["vpc"]["ipv4"]["addresses"][0]["nat_1_1_address"] == linode["ipv4"][0]
    assert told[1]["vpc"]["ipv6"] == before["interfaces"][1]["ipv6"]
    assert caller.linode(linode["id"])["ipv4"] == linode["ipv4"]


def test_a_subnet_is_told_all_that_is_wrong_with_it(caller: Caller, subnet: Json) -> None:
    body = {"label": "other", "ipv4": "10.0.0.0/24", "ipv6": [{"range": "2600:3c11:e5b9::/5a"}]}

    answer = caller.post(f"/vpcs/{subnet['vpc_id']}/subnets", body)

    assert [field for field, _ in reasons(answer)] == ["ipv4", "ipv6[0].range"]
