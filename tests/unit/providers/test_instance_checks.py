"""Everything that is told of an Instance before money is spent."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest
from pulumi.output import Unknown

from providers.linode.core import check, diff, runtime
from providers.linode.resources.instance.spec import SPEC
from tests import sessions
from tests.sessions import Answers, Rows

OWNER = sessions.OWNER
GOOD: dict[str, object] = {
    "type": "g6-standard-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "label": "web-1",
    "root_pass": "long-enough-1",
    "owner": OWNER.as_props(),
}
TYPES: Rows = [
    {"id": "g6-standard-1", "disk": 51200},
    {"id": "g6-nanode-1", "disk": 25600},
    {"id": "g7-premium-2", "disk": 81920, "class": "premium"},
]
ACCOUNT: Answers = {
    "/linode/types": TYPES,
    "/regions": [
        {"id": "de-fra-2", "capabilities": ["Metadata", "Backups", "Vlans", "VPCs"]},
        {"id": "gb-lon"},
    ],
    "/images": [
        {"id": "linode/debian13", "size": 2000, "capabilities": ["cloud-init"]},
        {"id": "linode/slackware15.0", "size": 2000},
        {"id": "private/7", "size": 40000},
    ],
    "/regions/availability": [{"region": "de-fra-2", "plan": "g7-premium-2", "available": False}],
    "/linode/kernels": [{"id": "linode/grub2"}, {"id": "linode/latest-64bit"}],
    "/placement/groups": [{"id": 5, "region": "gb-lon"}],
    "/linode/instances": [{"id": 30, "status": "running", "region": "gb-lon", "backups": {"enabled": True}}],
}
"""Of the rest, such as the backups of Linode 30, the token may read nothing."""
ABLE: Answers = {
    **ACCOUNT, "/regions": [{"id": "de-fra-2", "capabilities": ["Metadata", "LA Disk Encryption"]}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    runtime.forget()


def found(
    changed: dict[str, object] | None = None,
    account: Answers = ACCOUNT,
    old: dict[str, object] | None = None,
) -> list[tuple[str, str]]:
    news = {**GOOD, **(changed or {})}
    _, problems = check.check(SPEC, sessions.prepared(account), old or {}, news)
    return [(problem.field, problem.reason) for problem in problems]


def with_linode(**changed: object) -> Answers:
    """The account with a Linode 9 that is as GOOD says, but for what is changed."""
    made: dict[str, Any] = {"id": 9, "label": "WEB-1", "status": "running", "type": "g6-standard-1",
                            "region": "de-fra-2", "image": "linode/debian13"}  # fmt: skip
    return {**ACCOUNT, "/linode/instances": [{**made, **changed}]}


def holding(*tags: str) -> Answers:
    return with_linode(region="gb-lon", tags=list(tags))


def test_good_inputs_have_no_problem() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("key", "value", "field", "reason"),
    [
        ("type", "g6-standard-11", "type", "did you mean g6-standard-1"),
        ("region", "de-fra-1", "region", "did you mean de-fra-2"),
        ("image", "linode/debain13", "image", "did you mean linode/debian13"),
        ("type", None, "type", "is required"),
        ("label", "ab", "label", "3 to 64"),
        ("label", "-web", "label", "begin"),
        ("label", "web--1", "label", "'--'"),
        ("label", "x" * 65, "label", "3 to 64"),
        ("label", "wéb", "label", "letters"),
        ("tags", ["ok"], "tags", "3 to 50"),
        ("tags", ["pulumi:mine"], "tags", "not begin"),
        ("tags", "web", "tags", "list"),
        ("on_image_change", "rebiuld", "on_image_change", "did you mean rebuild"),
        ("backups_window", "W1", "backups_window", "W0"),
        ("swap_size", -1, "swap_size", "0 or more"),
        ("firewall_id", "main", "firewall_id", "whole number"),
        ("alerts", {"cpus": 90}, "alerts", "did you mean cpu"),
        ("timeouts", "long", "timeouts", "map of numbers"),
        ("kernel", "linode/grub3", "kernel", "did you mean linode/grub2"),
        ("placement_group", 6, "placement_group", "does not exist"),
        ("placement_group", 5, "placement_group", "is in gb-lon"),
        ("interfaces", [{"purpose": "lan"}], "interfaces", "public, vlan or vpc"),
        (
            "interfaces",
            [{"purpose": "public"}, *({"purpose": "vlan", "label": label} for label in "abc")],
            "interfaces",
            "the API takes 3",
        ),
        ("backup_id", 3, "backup_id", "one of the two"),
        ("type", "g7-premium-2", "type", "is not available in de-fra-2"),
        ("stackscript_data", {"a": "b"}, "", "stackscript_id"),
    ],
)
def test_each_wrong_input_is_told(key: str, value: object, field: str, reason: str) -> None:
    seen = [problem for problem in found({key: value}) if "Placement Group" not in problem[1]]

    assert [name for name, _ in seen] == [field]
    assert reason in seen[0][1]
    assert "Next:" in seen[0][1]


def test_an_image_that_does_not_fit_the_disk_is_told() -> None:
    [(field, reason)] = found({"image": "private/7", "type": "g6-nanode-1"})

    assert field == "image"
    assert "needs a disk of 40000 MB, and g6-nanode-1 has 25600 MB" in reason


def test_a_short_password_is_told_without_naming_the_field() -> None:
    [(field, reason)] = found({"root_pass": "short"})

    assert field == ""
    assert "11 to 128" in reason
    assert "short" not in reason


def test_an_image_needs_a_way_to_log_in() -> None:
    [(field, reason)] = found({"root_pass": None})

    assert (field, "authorized_keys" in reason) == ("image", True)


def test_a_password_that_is_not_known_yet_is_a_way_to_log_in() -> None:
    assert found({"root_pass": Unknown()}) == []


@pytest.mark.parametrize("key", ["type", "region", "image", "label", "tags"])
def test_unknown_inputs_are_not_judged(key: str) -> None:
    assert found({key: Unknown()}) == []


def test_a_label_that_somebody_else_has_is_told_with_its_holder() -> None:
    [(field, reason)] = found(account=holding("someone"))

    assert field == "label"
    assert "taken by Linode 9 (gb-lon)" in reason


def test_a_label_that_this_resource_has_is_free() -> None:
    assert found(account=holding(OWNER.tag())) == []
    assert found(account=holding(), old={"label": "web-1"}) == []


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"image": "linode/slackware15.0", "user_data": "x"}, "image", "cloud-init"),
        ({"region": "gb-lon", "user_data": "x"}, "region", "'Metadata', which user_data needs"),
        ({"region": "gb-lon", "backups_enabled": True}, "region", "'Backups'"),
        ({"image": None, "root_pass": None, "booted": True}, "booted", "without an image"),
        ({"interface_generation": "linode", "firewall_id": 3}, "firewall_id", "legacy"),
        (
            {"interface_generation": "legacy_config", "network_helper": True},
            "network_helper",
            "Linode interfaces",
        ),
        ({"image": "private/7", "stackscript_id": 3}, "stackscript_id", "private image"),
        ({"user_data": "x" * 65_536}, "", "65535"),
    ],
)
def test_inputs_that_do_not_go_together_are_told(changed: dict[str, object], field: str, reason: str) -> None:
    assert any(name == field and reason in text for name, text in found(changed))


def test_a_plan_that_a_running_linode_has_may_be_sold_out() -> None:
    old = {**GOOD, "type": "g7-premium-2"}

    assert found({"type": "g7-premium-2"}, old=old) == []


def test_disks_that_do_not_fit_a_smaller_plan_are_told() -> None:
    account = {
        **with_linode(tags=[OWNER.tag()]),
        "/linode/instances/9/disks": [
            {"id": 1, "size": 50688, "filesystem": "ext4"},
            {"id": 2, "size": 512, "filesystem": "swap"},
        ],
    }

    [(field, reason)] = found({"type": "g6-nanode-1"}, account, old=dict(GOOD))

    assert field == "type"
    assert "take 51200 MB" in reason
    for replaced in (
        {"replace_on": ["type"]},
        {"image": "linode/slackware15.0"},
        {"disk_encryption": "disabled"},
    ):
        others = {**account, "/regions": ABLE["/regions"]}
        assert found({"type": "g6-nanode-1", **replaced}, others, old=dict(GOOD)) == []


def test_a_change_with_downtime_can_be_forbidden() -> None:
    [(field, reason)] = found({"type": "g6-nanode-1", "allow_downtime": False}, old=dict(GOOD))

    assert (field, "type can't change while" in reason) == ("allow_downtime", True)
    assert found({"tags": ["blue"], "allow_downtime": False}, old=dict(GOOD)) == []


def test_backups_are_not_turned_off_without_saying_that_they_are_lost() -> None:
    old = {**GOOD, "backups_enabled": True}

    [(field, reason)] = found({"backups_enabled": False}, old=old)

    assert (field, "delete every backup" in reason) == ("backups_enabled", True)
    assert found({"backups_enabled": False, "allow_data_loss": True}, old=old) == []


@pytest.mark.parametrize("enabled", [True, False])
def test_a_backup_service_that_nobody_declared_is_kept_only_where_it_is_on(enabled: bool) -> None:
    account = with_linode(tags=[OWNER.tag()], backups={"enabled": enabled})

    told = found({"backups_enabled": False}, account, old=dict(GOOD))

    assert [field for field, _ in told] == ["backups_enabled"] * enabled
    assert found({"backups_enabled": False}, old=dict(GOOD)) == []


def test_a_private_address_cannot_be_taken_away() -> None:
    old = {**GOOD, "private_ip": True}

    assert [field for field, _ in found({"private_ip": False}, old=old)] == ["private_ip"]
    assert found({"private_ip": False, "replace_on": ["private_ip"]}, old=old) == []


def test_a_free_linode_that_is_as_declared_can_be_adopted() -> None:
    assert found({"adopt": 9}, account=with_linode()) == []


@pytest.mark.parametrize("adopted", [True, False])
@pytest.mark.parametrize(
    ("there", "fits"),
    [
        ({}, True),
        ({"status": "offline"}, True),
        ({"image": None}, True),
        ({"image": None, "status": "offline"}, False),
    ],
)
@pytest.mark.parametrize("key", ["booted", "swap_size", "root_pass", "user_data"])
def test_what_needs_an_image_goes_by_what_is_there(
    key: str, there: dict[str, object], fits: bool, adopted: bool
) -> None:
    disks = [{"id": 1, "size": 9000, "filesystem": "ext4"}, {"id": 2, "size": 512, "filesystem": "swap"}]
    tags = [] if adopted else [OWNER.tag()]
    account = {**with_linode(tags=tags, **there), "/linode/instances/9/disks": disks}
    values: dict[str, object] = {
        "booted": True,
        "swap_size": 1024,
        "root_pass": GOOD["root_pass"],
        "user_data": TEXT,
    }
    undeclared = {"image": None, "root_pass": None, "adopt": 9 if adopted else None}

    told = found({**undeclared, key: values[key]}, account, old=None if adopted else {**GOOD, **undeclared})

    assert [key in f"{field} {reason}" for field, reason in told] == [True] * (not fits)


def test_a_rebuild_needs_the_image_declared() -> None:
    undeclared = {**GOOD, "image": None, "root_pass": None}
    changed = {**undeclared, "user_data": TEXT, "on_user_data_change": "rebuild"}

    told = found(changed, with_linode(tags=[OWNER.tag()]), old=undeclared)

    assert ["needs an image" in reason for _, reason in told] == [True]


@pytest.mark.parametrize("key", ["type", "region", "image", "label"])
def test_what_is_not_known_yet_does_not_forbid_to_adopt(key: str) -> None:
    assert found({"adopt": 9, key: Unknown()}, with_linode()) == []


TEXT = "#cloud-config\npackages: [nginx]\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"#!/bin/sh\n",
        b"MIME-Version: 1.0\n",
        b"Content-Type: multipart/mixed",
        b"## template: jinja\n#cloud-config\n",
        b"\n#include\nhttps://192.0.2.1/init\n",
        gzip.compress(TEXT.encode(), mtime=0),
    ],
)
def test_user_data_that_is_encoded_already_is_told_without_showing_it(data: bytes) -> None:
    encoded = base64.b64encode(data)
    forms = [encoded, base64.encodebytes(data), encoded.rstrip(b"="), base64.urlsafe_b64encode(data)]
    forms += [base64.b64encode(encoded), base64.urlsafe_b64encode(base64.encodebytes(encoded)).rstrip(b"=")]
    for given in [form.decode() for form in forms] + [
        f"\r\n{encoded.decode()[:8]}\r\n {encoded.decode()[8:]}"
    ]:
        [(field, reason)] = found({"user_data": given})

        assert field == ""
        assert reason.startswith("user_data is Base64 already")
        assert "Next: give the text itself" in reason
        assert given not in reason


@pytest.mark.parametrize(
    "data",
    [TEXT, "#!/bin/sh\n", "deadbeef", "abcd", "abcde", "a", "=", "", base64.b64encode(b"key").decode()],
)
def test_user_data_that_is_a_text_is_taken(data: str) -> None:
    assert found({"user_data": data}) == []


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ({"id": 10, "label": "other"}, "9 is no Linode of this account"),
        ({"tags": ["pulumi:aaaaaaaaaaaa:bbbbbbbbbbbb:1"]}, "belongs to another resource"),
        ({"image": "linode/debian12"}, "has another image"),
        ({"region": "gb-lon"}, "has another region"),
    ],
)
def test_what_would_have_to_be_erased_or_stolen_is_not_adopted(there: dict[str, object], reason: str) -> None:
    assert any(
        field == "adopt" and reason in text
        for field, text in found({"adopt": 9}, account=with_linode(**there))
    )


def test_an_image_that_left_the_catalog_does_not_block_what_has_it() -> None:
    gone: Answers = {**ACCOUNT, "/images": [], "/linode/types": TYPES[:1]}

    assert found({"tags": ["blue"]}, gone, old=dict(GOOD)) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"allow_downtime": "false"}, "allow_downtime"),
        ({"booted": "yes"}, "booted"),
        ({"authorized_keys": "ssh-ed25519 AAAA"}, "authorized_keys"),
        ({"replace_on": ["tipe"]}, "replace_on"),
        ({"timeouts": {"create": float("nan")}}, "timeouts"),
        ({"timeouts": {"create": -5}}, "timeouts"),
        ({"timeouts": {"create": 1e300}}, "timeouts"),
        ({"timeouts": {"create": 604_801}}, "timeouts"),
        ({"timeouts": {"update": "9999999d" * 200}}, "timeouts"),
        ({"timeouts": {"delete": "7d1s"}}, "timeouts"),
        ({"alerts": {"cpu": True}}, "alerts"),
        ({"swap_size": 1_000_000}, "swap_size"),
        ({"adopt": "abc"}, "adopt"),
    ],
)
def test_values_of_the_wrong_kind_are_told(changed: dict[str, object], field: str) -> None:
    assert field in {name for name, _ in found(changed)}


WEAK = "b4d_p4s5w0rd!!"


@pytest.mark.parametrize(
    "changed",
    [
        {"disk_encryption": "disabled"},
        {"image": "linode/slackware15.0"},
        {"image": "linode/slackware15.0", "on_image_change": "rebuild"},
        {"root_pass": WEAK, "on_root_pass_change": "reset"},
    ],
)
def test_a_weak_password_is_told_before_something_is_deleted_for_it(changed: dict[str, object]) -> None:
    old = {**GOOD, "root_pass": WEAK, "disk_encryption": "enabled"}
    if "root_pass" in changed:
        old["root_pass"] = "another-l0ng-one-2"

    [(field, reason)] = found({**old, **changed}, ABLE, old=old)

    assert field == ""
    assert "root_pass is too easy to guess" in reason
    assert WEAK not in reason


def test_a_weak_password_of_a_linode_that_stays_is_not_judged() -> None:
    old = {**GOOD, "root_pass": WEAK}

    assert [field for field, _ in found({"root_pass": WEAK})] == [""]
    assert found({**old, "tags": ["blue"]}, old=old) == []
    assert found({"root_pass": WEAK}, old=dict(GOOD)) == [], "kept: it is sent nowhere"


def test_a_rebuild_needs_a_way_to_log_in_too() -> None:
    old = {**GOOD, "root_pass": None}
    changed: dict[str, object] = {
        "root_pass": None,
        "image": "linode/slackware15.0",
        "on_image_change": "rebuild",
    }

    assert [field for field, _ in found(changed, old=old)] == ["image"]


@pytest.mark.parametrize(
    ("inputs", "missing"),
    [
        ({"interfaces": [{"purpose": "vlan", "label": "a"}]}, "'Vlans', which interfaces needs"),
        ({"interfaces": [{"vpc": {"subnet_id": 3}}]}, "'VPCs', which interfaces needs"),
        ({"interface_generation": "linode", "booted": False}, "'Linode Interfaces'"),
        ({"disk_encryption": "enabled"}, "'Disk Encryption'"),
    ],
)
def test_a_region_must_be_able_to_do_what_is_asked(inputs: dict[str, object], missing: str) -> None:
    [(field, reason)] = found({**inputs, "region": "gb-lon"})

    assert (field, missing in reason) == ("region", True)


def test_a_region_must_be_able_to_do_what_the_account_gives_new_linodes() -> None:
    settings = {"interfaces_for_new_linodes": "linode_only"}
    declared: dict[str, object] = {"booted": False, "region": "gb-lon"}

    assert found(declared) == []
    assert found(declared, {**ACCOUNT, "/account/settings": settings}) == [
        (
            "region",
            "gb-lon has no 'Linode Interfaces', which interface_generation='linode' (new Linodes of this account get "
            "Linode interfaces) needs. Next: choose another region.",
        )
    ]


@pytest.mark.parametrize(("generation", "told"), [("linode", ["region"]), ("legacy_config", [])])
def test_a_linode_with_linode_interfaces_moves_to_a_region_that_has_them(
    generation: str, told: list[str]
) -> None:
    sites: Rows = [{"id": id_, "site_type": "core"} for id_ in ("de-fra-2", "gb-lon")]
    there = with_linode(label="web-1", tags=[OWNER.tag()], interface_generation=generation)
    account = {**there, "/regions": sites, "/linode/instances/9/volumes": []}

    assert [field for field, _ in found({"region": "gb-lon"}, account, old=dict(GOOD))] == told


def test_what_every_region_can_do_is_not_asked_of_it() -> None:
    plain: dict[str, object] = {
        "disk_encryption": "disabled",
        "interface_generation": "legacy_config",
        "backups_enabled": False,
    }

    assert found({**plain, "region": "gb-lon"}) == []
    assert found({"disk_encryption": "enabled"}, ABLE) == []


def test_several_wrong_inputs_are_told_at_once() -> None:
    wrong: dict[str, object] = {
        "label": "x",
        "interfaces": [{"purpose": "lan"}],
        "swap_size": -1,
        "timeouts": 5,
        "image": "linode/debain13",
    }

    assert {field for field, _ in found(wrong)} == set(wrong)


def test_a_new_linode_has_no_address_yet_that_a_nat_could_name() -> None:
    nat = {"purpose": "vpc", "subnet_id": 3, "ipv4": {"nat_1_1": "198.51.100.9"}}
    declared: dict[str, object] = {"interfaces": [nat]}

    [(field, reason)] = found(declared)

    assert (field, "[0].ipv4.nat_1_1 can't be" in reason) == ("interfaces", True)
    assert found(declared, old=dict(GOOD)) == []
    assert found({"interfaces": [{**nat, "ipv4": {"nat_1_1": "any"}}]}) == []


@pytest.mark.parametrize(
    ("there", "declared", "name", "why"),
    [
        ({"image": "linode/debian13"}, {"image": "private/8"}, "image", "is not among the 3 images"),
        ({"type": "g6-standard-1"}, {"type": "g7-premium-2"}, "type", "is not available in de-fra-2"),
        ({"kernel": "linode/grub2"}, {"kernel": "linode/old"}, "kernel", "is not among the 2 kernels"),
        ({"image": "linode/debian13"}, {"image": "linode/debian12", "placement_group": 6}, "image", "does not exist"),
        ({"tags": ["red"]}, {"tags": ["web"], "placement_group": 6}, "", ""),
    ],
)  # fmt: skip
def test_what_a_rule_refuses_of_a_drift_alone_is_left_as_it_is(
    there: dict[str, object], declared: dict[str, object], name: str, why: str
) -> None:
    """A replacement needs all inputs again, what changes in place no other one."""
    images = [*ACCOUNT["/images"], {"id": "linode/debian12"}] if "placement_group" in declared else None  # type: ignore[misc]
    session = sessions.prepared({**with_linode(), **({"/images": images} if images else {})})
    wanted = {**GOOD, **declared}
    before = {**wanted, **there}
    takes = diff.between(SPEC, before, wanted, session)
    record = session.listed(SPEC, "9")
    assert record is not None

    left = check.left_undone(SPEC, session, before, wanted, takes, record)

    assert list(takes) == list(there)
    if not name:
        assert left == []
        return
    assert {tuple(each.names) for each in left} == {(name,)}
    assert any(why in each.problem.reason for each in left)
