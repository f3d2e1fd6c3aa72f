"""What inputs name by id, against what the account has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier, BrokenBarrierError
from typing import Any, cast

import pytest
from pulumi.output import Unknown

from providers.linode.core import check, runtime
from providers.linode.resources import placement_group, places
from providers.linode.resources.instance import account_rules, network_rules
from providers.linode.resources.instance.account_lookups import lookups
from providers.linode.resources.instance.spec import SPEC
from tests import sessions
from tests.sessions import OWNER, Answers

UNKNOWN: Answers = {
    "/linode/types": [{"id": "g6-standard-1", "disk": 51_200}, {"id": "g6-tiny", "disk": 20_000}],
    "/regions": [{"id": "de-fra-2", "capabilities": ["Placement Group", "Vlans", "VPCs"]}, {"id": "gb-lon"}],
    "/images": [{"id": f"linode/debian{version}"} for version in (11, 12, 13)],
    "/linode/instances": [
        {"id": 30, "status": "running", "region": "de-fra-2", "backups": {"enabled": True}},
        {"id": 7, "status": "running", "region": "de-fra-2"},
    ],
}
"""The catalogs, and an account of which the token may read nothing but its Linodes."""

ROOM_FOR_ONE: dict[str, object] = {
    "id": 8, "region": "de-fra-2", "placement_group_policy": "strict",
    "members": [{"linode_id": 91}, {"linode_id": 92}],
}  # fmt: skip
SCRIPT = {
    "id": 9,
    "label": "site",
    "images": ["linode/debian12", "linode/debian13"],
    "user_defined_fields": [
        {"name": "site"},
        {"name": "greeting", "default": "hello"},
        {"name": "size", "default": "small", "oneof": "small,large"},
        {"name": "parts", "default": "a", "manyof": "a, b"},
        {"name": "headline", "header": "Yes"},
    ],
}
HELD: Answers = {
    **UNKNOWN,
    "/placement/groups": [{"id": 5, "region": "gb-lon"}, {"id": 6, "region": "de-fra-2"}, ROOM_FOR_ONE],
    "/networking/firewalls": [
        {"id": 12, "label": "web", "status": "enabled"},
        {"id": 13, "label": "old", "status": "disabled"},
    ],
    **{f"/networking/firewalls/{missing}": None for missing in (1, 14)},
    "/account/users": [{"username": "alice"}, {"username": "bob"}],
    "/networking/reserved/ips": [
        {"address": "198.51.100.4", "region": "de-fra-2"},
        {"address": "198.51.100.5", "region": "de-fra-2", "linode_id": 7},
        {"address": "198.51.100.6", "region": "gb-lon"},
    ],
    "/vpcs": [
        {"id": 1, "region": "de-fra-2", "subnets": [{"id": 3, "label": "web", "ipv4": "10.0.0.0/24"}]},
        {"id": 2, "region": "gb-lon", "subnets": [{"id": 4, "label": "db"}]},
    ],
    "/linode/stackscripts/9": SCRIPT,
    "/linode/stackscripts/1": None,
    "/linode/stackscripts/10": None,
    "/linode/instances/30/backups": {
        "automatic": [
            {"id": 20, "region": "de-fra-2", "status": "successful", "disks": [{"size": 25_000}]},
            {"id": 21, "region": "de-fra-2", "status": "pending"},
            {"id": 22, "region": "gb-lon", "status": "successful"},
        ],
        "snapshot": {"current": None, "in_progress": None},
    },
}
PLACE: dict[str, object] = {"type": "g6-standard-1", "region": "de-fra-2", "owner": OWNER.as_props()}


def told(inputs: dict[str, object], account: Answers = HELD) -> list[tuple[str, str]]:
    check = sessions.checking(SPEC, {**PLACE, **inputs}, sessions.prepared(account))
    return [
        (field, reason)
        for found in (
            account_rules.judged(check, account_rules.gather(SPEC, check)),
            network_rules.attached(check),
        )
        for field, reason in found
    ]


def doubts(inputs: dict[str, object]) -> list[str]:
    check = sessions.checking(SPEC, {**PLACE, **inputs}, sessions.prepared(HELD))
    return list(network_rules.doubts(check))


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


def test_a_group_takes_as_many_linodes_as_its_region_says_those_of_the_program_too() -> None:
    limits = {"maximum_linodes_per_pg": 3, "maximum_linodes_per_flexible_pg": None}
    region = {"id": "de-fra-2", "capabilities": ["Placement Group"], "placement_group_limits": limits}
    regions: Answers = {"/regions": [region]}
    session = sessions.prepared({**HELD, **regions})

    def problems(name: str) -> list[tuple[str, str]]:
        check = sessions.checking(SPEC, {**PLACE, "placement_group": 8}, session)
        check = replace(check, owner=replace(OWNER, name=name))
        return list(account_rules.judged(check, account_rules.gather(SPEC, check)))

    first, second, again = (problems(name) for name in ("one", "two", "one"))

    assert (first, again) == ([], [])
    assert [field for field, _ in second] == ["placement_group"]
    assert "8 takes 3 Linodes in de-fra-2, and this is number 4, after 2 that are in it" in second[0][1]


def test_two_linodes_that_are_counted_at_once_have_different_numbers() -> None:
    both = Barrier(2)

    class Joining(dict[str, int]):
        def __len__(self) -> int:
            found = super().__len__()
            with suppress(BrokenBarrierError):
                both.wait(0.2)
            return found

    session = sessions.prepared(HELD)
    session.asked(("joining", 8), Joining)
    first = sessions.checking(SPEC, PLACE, session)
    checks = [replace(first, owner=replace(OWNER, name=name)) for name in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        numbers = pool.map(lambda each: account_rules._number(each, 8), checks)

    assert sorted(numbers) == [1, 2]


def test_a_claim_that_comes_while_others_are_compared_does_no_harm() -> None:
    session = sessions.prepared(HELD)
    claims: dict[tuple[str, str], int | None] = session.asked(("claims", "198.51.100.4"), dict)

    class Slow(int):
        def __ne__(self, other: object) -> bool:
            claims["ReservedIP", "late"] = None
            return super().__ne__(other)

    claims["ReservedIP", "early"] = Slow(30)
    check = sessions.checking(SPEC, PLACE, session)

    assert places.claimed(check, "198.51.100.4", "Instance", 7) == {
        "early": "given to another Linode by early (linode_id)"
    }


@pytest.mark.parametrize(
    ("policies", "count", "said"),
    [
        (
            ["strict"],
            3,
            "number 3 for the placement group that this run makes in de-fra-2, with room for 2 Linodes",
        ),
        (["strict"], 2, ""),
        (
            ["strict", "strict"],
            5,
            "number 5 for the 2 placement groups that this run makes in de-fra-2, with room for 4 Linodes",
        ),
        (["strict", "strict"], 4, ""),
        (["strict", "flexible"], 9, ""),
        ([], 9, ""),
    ],
)
def test_groups_of_this_run_take_as_many_linodes_as_their_region_says(
    policies: list[str], count: int, said: str
) -> None:
    limits = {"maximum_linodes_per_pg": 2, "maximum_linodes_per_flexible_pg": None}
    region = {"id": "de-fra-2", "capabilities": ["Placement Group"], "placement_group_limits": limits}
    session = sessions.prepared({**HELD, "/regions": [region], "/placement/groups": []})
    runtime.forget()
    for number, policy in enumerate(policies):
        owner = replace(OWNER, name=f"apart-{number}").as_props()
        group: dict[str, object] = {"placement_group_type": "anti_affinity:local", "owner": owner}
        group |= {"region": "de-fra-2", "placement_group_policy": policy}
        assert check.check(placement_group.SPEC, session, {}, group)[1] == []

    def problems(name: str) -> list[str]:
        one = sessions.checking(SPEC, {**PLACE, "placement_group": Unknown()}, session)
        one = replace(one, owner=replace(OWNER, name=name))
        return [reason for _, reason in account_rules.judged(one, account_rules.gather(SPEC, one))]

    once, twice = ([problems(f"web-{each}") for each in range(count)] for _ in range(2))

    assert once == twice
    assert once[: count - 1] == [[]] * (count - 1)
    assert once[-1] == [] if not said else said in once[-1][0]


@pytest.mark.parametrize(
    ("path", "table", "inputs", "made"),
    [
        ("/placement/groups", "groups", {"placement_group": 77}, {"id": 77, "region": "de-fra-2"}),
        ("/networking/reserved/ips", "addresses", {"reserved_ipv4": "198.51.100.77"},
         {"address": "198.51.100.77", "region": "de-fra-2"}),
        ("/vpcs", "subnets", {"interfaces": [{"purpose": "vpc", "subnet_id": 77}]},
         {"id": 7, "region": "de-fra-2", "subnets": [{"id": 77}]}),
    ],
)  # fmt: skip
def test_what_this_run_has_made_since_a_list_was_read_is_there(
    path: str, table: str, inputs: dict[str, object], made: dict[str, object]
) -> None:
    rows = [*cast(list[dict[str, Any]], HELD[path])]
    without, session = (sessions.prepared({**HELD, path: rows}) for _ in range(2))

    def problems(session: runtime.Session) -> list[str]:
        check = sessions.checking(SPEC, {**PLACE, **inputs}, session)
        facts = account_rules.gather(SPEC, check)
        rules = (*account_rules.judged(check, facts), *network_rules.attached(check))
        return [reason for _, reason in rules if "region" not in reason]

    before = problems(without)
    getattr(lookups(session), table)
    rows.append(made)

    assert len(before) == 1
    assert problems(session) == []


def test_a_firewall_that_came_after_the_list_was_read_is_there() -> None:
    held = {**HELD, "/networking/firewalls/14": {"id": 14, "label": "new"}}

    assert told({"firewall_id": 14}, held) == []


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
    [(field, reason)] = told({"type": "g6-tiny", "backup_id": 20})

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

    assert told(wanted, UNKNOWN) == []
    assert {field for field, _ in told(wanted)} == set(wanted)


def test_an_address_of_the_linode_that_is_replaced_is_free_for_its_successor() -> None:
    own = {"id": 7, "status": "running", "region": "de-fra-2", "tags": [replace(OWNER, generation=2).tag()]}

    assert told({"reserved_ipv4": "198.51.100.5"}, {**HELD, "/linode/instances": [own]}) == []
    assert told({"reserved_ipv4": "198.51.100.5", "adopt": 7}) == []


def test_values_that_are_not_known_yet_count_as_given() -> None:
    def with_data(data: object) -> list[tuple[str, str]]:
        return told({"stackscript_id": 9, "stackscript_data": data})

    assert with_data(Unknown()) == []
    assert with_data({"site": Unknown(), "size": Unknown()}) == []
    assert "lacks 'site'" in str(with_data({"size": Unknown()}))


def test_a_firewall_that_is_off_is_a_doubt() -> None:
    assert doubts({"firewall_id": 12}) == []
    assert "firewall 13 (old) is disabled" in doubts({"firewall_id": 13})[0]


def test_an_interface_without_a_firewall_needs_a_default_one_of_the_account() -> None:
    defaults = {"public_interface": 12, "vpc_interface": None, "linode": 12}
    held: Answers = {**UNKNOWN, "/networking/firewalls/settings": {"default_firewall_ids": defaults}}
    public: dict[str, object] = {"public": {}}
    vlan: dict[str, object] = {"vlan": {"vlan_label": "lan"}}

    [(field, reason)] = told({"interfaces": [public, vlan, {"vpc": {"subnet_id": 3}}]}, held)

    assert (field, "[2] needs firewall_id" in reason) == ("interfaces", True)
    assert "Next: name one, or 0 for none." in reason
    assert told({"interfaces": [{"vpc": {"subnet_id": 3}, "firewall_id": 0}]}, held) == []
    assert told({"interfaces": [{"purpose": "vpc", "subnet_id": 3}]}, held) == []
    assert told({"interfaces": [{"vpc": {"subnet_id": 3}}]}, UNKNOWN) == []


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
