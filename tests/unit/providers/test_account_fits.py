"""What inputs name by id, against what the account holds."""

from __future__ import annotations

import pytest
from pulumi.output import Unknown

from providers.linode.core.account_records import (
    BackedUpDisk,
    Backup,
    Firewall,
    Held,
    ReservedAddress,
    StackScript,
    Subnet,
    UserDefinedField,
)
from providers.linode.resources.instance.account_fits import doubts, misheld

HELD = Held(
    group_regions={5: "gb-lon", 6: "de-fra-2"},
    firewalls={12: Firewall(id=12, label="web"), 13: Firewall(id=13, label="old", status="disabled")},
    usernames=("alice", "bob"),
    addresses={
        "198.51.100.4": ReservedAddress(address="198.51.100.4", region="de-fra-2"),
        "198.51.100.5": ReservedAddress(address="198.51.100.5", region="de-fra-2", linode_id=7),
        "198.51.100.6": ReservedAddress(address="198.51.100.6", region="gb-lon"),
    },
    subnets={
        3: Subnet(id=3, label="web", region="de-fra-2", ipv4="10.0.0.0/24"),
        4: Subnet(id=4, label="db", region="gb-lon"),
    },
    stackscripts={
        9: StackScript(
            id=9,
            label="site",
            images=("linode/debian12", "linode/debian13"),
            user_defined_fields=(
                UserDefinedField(name="site"),
                UserDefinedField(name="greeting", default="hello"),
                UserDefinedField(name="size", default="small", one_of="small,large"),
                UserDefinedField(name="parts", default="a", many_of="a, b"),
                UserDefinedField(name="headline", header="Yes"),
            ),
        )
    },
    backups={
        20: Backup(id=20, region="de-fra-2", status="successful", disks=(BackedUpDisk(size=25_000),)),
        21: Backup(id=21, region="de-fra-2", status="pending"),
        22: Backup(id=22, region="gb-lon", status="successful"),
    },
)
REGION: dict[str, object] = {"region": "de-fra-2"}


def told(inputs: dict[str, object], held: Held = HELD) -> list[tuple[str, str]]:
    props = {**REGION, **inputs}
    return [(field, reason) for field, reason in misheld(props, props, held, 51_200)]


@pytest.mark.parametrize(
    "inputs",
    [
        {"placement_group": 6},
        {"firewall_id": 12},
        {"firewall_id": 13},
        {"authorized_users": ["alice", "bob"]},
        {"reserved_ipv4": "198.51.100.4"},
        {"interfaces": [{"purpose": "vpc", "subnet_id": 3}]},
        {"interfaces": [{"vpc": {"subnet_id": 3}, "firewall_id": 12}, {"public": {}, "firewall_id": None}]},
        {"stackscript_id": 9, "image": "linode/debian13", "stackscript_data": {"site": "x"}},
        {"stackscript_id": 9, "stackscript_data": {"site": "x", "size": "large", "parts": "b,a"}},
        {"backup_id": 20},
    ],
)
def test_what_the_account_has_fits(inputs: dict[str, object]) -> None:
    assert told(inputs) == []


@pytest.mark.parametrize(
    ("inputs", "field", "reason"),
    [
        ({"placement_group": 7}, "placement_group", "does not exist"),
        ({"placement_group": 5}, "placement_group", "is in gb-lon"),
        ({"firewall_id": 14}, "firewall_id", "14 does not exist in this account (there are 12 web, 13 old)"),
        ({"interfaces": [{"public": {}, "firewall_id": 14}]}, "interfaces", "firewall 14 does not exist"),
        ({"authorized_users": ["alice", "bobb"]}, "authorized_users",
         "'bobb' is no user of this account (did you mean bob"),
        ({"authorized_users": ["zoe"]}, "authorized_users", "(there are alice, bob)"),
        ({"reserved_ipv4": "198.51.100.44"}, "reserved_ipv4", "did you mean 198.51.100.4"),
        ({"reserved_ipv4": "198.51.100.6"}, "reserved_ipv4", "is in gb-lon"),
        ({"reserved_ipv4": "198.51.100.5"}, "reserved_ipv4", "is assigned to Linode 7"),
        ({"interfaces": [{"purpose": "vpc", "subnet_id": 8}]}, "interfaces",
         "subnet 8 is in no VPC of this account (there are 3 web)"),
        ({"interfaces": [{"vpc": {"subnet_id": 4}}]}, "interfaces", "subnet 4 is in gb-lon"),
        ({"stackscript_id": 10}, "stackscript_id", "10 is no StackScript"),
        ({"stackscript_id": 9, "image": "linode/debian11", "stackscript_data": {"site": "x"}}, "stackscript_id",
         "does not take linode/debian11 (did you mean linode/debian12"),
        ({"stackscript_id": 9}, "stackscript_data", "lacks 'site'"),
        ({"stackscript_id": 9, "stackscript_data": {"site": "x", "greating": "y"}}, "stackscript_data",
         "did you mean greeting"),
        ({"stackscript_id": 9, "stackscript_data": {"site": "x", "size": "s3cret"}}, "stackscript_data",
         "none of small, large"),
        ({"stackscript_id": 9, "stackscript_data": {"site": "x", "parts": "a,s3cret"}}, "stackscript_data",
         "none of a, b"),
        ({"backup_id": 23}, "backup_id", "23 is no backup"),
        ({"backup_id": 21}, "backup_id", "21 is pending"),
        ({"backup_id": 22}, "backup_id", "22 is in gb-lon"),
    ],
)  # fmt: skip
def test_what_the_account_has_not_is_told(inputs: dict[str, object], field: str, reason: str) -> None:
    [(name, said)] = told(inputs)

    assert name == field
    assert reason in said
    assert "Next:" in said
    assert "s3cret" not in said


def test_a_backup_that_does_not_fit_the_plan_is_told() -> None:
    [(field, reason)] = misheld({**REGION, "backup_id": 20}, {}, HELD, 20_000)

    assert (field, "25000 MB" in reason) == ("backup_id", True)


def test_nothing_is_said_of_what_can_t_be_known() -> None:
    wanted: dict[str, object] = {
        "placement_group": 1,
        "firewall_id": 1,
        "authorized_users": ["nobody"],
        "reserved_ipv4": "192.0.2.1",
        "interfaces": [{"purpose": "vpc", "subnet_id": 1}],
        "stackscript_id": 1,
        "backup_id": 1,
    }

    assert told(wanted, Held()) == []
    assert {field for field, _ in told(wanted)} == set(wanted)


def test_an_address_of_the_linode_that_is_replaced_is_free_for_its_successor() -> None:
    held = Held(addresses=HELD.addresses, own_linodes=(7,))

    assert told({"reserved_ipv4": "198.51.100.5"}, held) == []


def test_values_that_are_not_known_yet_count_as_given() -> None:
    def with_data(data: object) -> list[tuple[str, str]]:
        return told({"stackscript_id": 9, "stackscript_data": data})

    assert with_data(Unknown()) == []
    assert with_data({"site": Unknown(), "size": Unknown()}) == []
    assert "lacks 'site'" in str(with_data({"size": Unknown()}))


def test_a_firewall_that_is_off_is_a_doubt() -> None:
    assert list(doubts({"firewall_id": 12}, HELD)) == []
    assert "firewall 13 (old) is disabled" in next(iter(doubts({"firewall_id": 13}, HELD)))


def test_an_interface_without_a_firewall_needs_a_default_one_of_the_account() -> None:
    held = Held(default_firewalls={"public_interface": 12, "vpc_interface": None, "linode": 12})
    public: dict[str, object] = {"public": {}}
    vlan: dict[str, object] = {"vlan": {"vlan_label": "lan"}}

    [(field, reason)] = told({"interfaces": [public, vlan, {"vpc": {"subnet_id": 3}}]}, held)

    assert (field, "[2] needs firewall_id" in reason) == ("interfaces", True)
    assert "Next: name one, or 0 for none." in reason
    assert told({"interfaces": [{"vpc": {"subnet_id": 3}, "firewall_id": 0}]}, held) == []
    assert told({"interfaces": [{"purpose": "vpc", "subnet_id": 3}]}, held) == []
    assert told({"interfaces": [{"vpc": {"subnet_id": 3}}]}, Held()) == []


@pytest.mark.parametrize(
    ("interface", "place"),
    [
        ({"purpose": "vpc", "subnet_id": 3, "ipv4": {"vpc": "10.0.1.5"}}, "10.0.1.5"),
        ({"purpose": "vpc", "subnet_id": 3, "ipv4": {"vpc": "10.0.0.1"}}, "10.0.0.1"),
        ({"vpc": {"subnet_id": 3, "ipv4": {"addresses": [{"address": "10.0.0.254"}]}}}, "10.0.0.254"),
    ],
)
def test_an_address_that_the_subnet_does_not_give_is_told(interface: dict[str, object], place: str) -> None:
    [(field, reason)] = told({"interfaces": [interface]})

    assert field == "interfaces"
    assert f"{place} is no usable address of subnet 3 (10.0.0.0/24)" in reason


def test_addresses_that_a_subnet_gives_are_fine() -> None:
    legacy = {"purpose": "vpc", "subnet_id": 3, "ipv4": {"vpc": "10.0.0.2", "nat_1_1": "any"}}
    auto = {
        "vpc": {"subnet_id": 3, "ipv4": {"addresses": [{"address": "auto"}, {}, {"address": "10.0.0.253"}]}}
    }

    assert told({"interfaces": [legacy]}) == told({"interfaces": [auto]}) == []
    assert told({"interfaces": [{"purpose": "vpc", "subnet_id": 3, "ipv4": "x"}]}) == []
