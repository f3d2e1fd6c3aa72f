"""What a change of an Instance's inputs takes, and what is sent for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pulumi.dynamic import DiffResult
from pulumi.output import Unknown

from providers.linode.api.records import Linode
from providers.linode.core import diff, runtime
from providers.linode.core.effects import ACTION, KEPT, OURS, PUT, REPLACE, Takes
from providers.linode.core.spec import Update
from providers.linode.provider import LinodeProvider
from providers.linode.resources.instance import steps
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.changes import (
    BACKUPS_OFF,
    BACKUPS_ON,
    MIGRATE,
    OFF,
    REBOOT,
    REBUILD,
    RESIZE,
    SHUT_DOWN,
    WARM,
)
from providers.linode.resources.instance.spec import SPEC
from tests import sessions

OWNER = sessions.OWNER
OLD: dict[str, object] = {
    "type": "g6-standard-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "label": "web-1",
    "tags": ["a", "b"],
    "backups_enabled": False,
    "owner": OWNER.as_props(),
    "status": "running",
    "monthly_usd": 12.0,
}
LINODE = Linode(
    id=7,
    label="web-1",
    status="running",
    type="g6-standard-1",
    region="de-fra-2",
    image="linode/debian13",
    tags=("b", "a", OWNER.tag()),
)


GROWING = replace(RESIZE, one_way="the disk grows with the plan")
CATALOGS: sessions.Answers = {
    "/regions": [{"id": "de-fra-2"}, {"id": "gb-lon"}, {"id": "de-edge", "site_type": "distributed"}],
    "/linode/types": [
        {"id": "g6-nanode-1", "disk": 25600},
        {"id": "g6-standard-1", "disk": 51200},
        {"id": "g6-standard-2", "disk": 81920},
    ],
}


def between(news: dict[str, object], olds: dict[str, object] = OLD) -> dict[str, Takes]:
    return diff.between(SPEC, olds, news, sessions.prepared(CATALOGS))


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    runtime.forget()


def provided(olds: dict[str, object], news: dict[str, object]) -> DiffResult:
    """What the provider answers the engine; it asks nobody here."""
    runtime.learn({"linode:url": sessions.NOWHERE.url, "linode:token": sessions.NOWHERE.token})
    return LinodeProvider("Instance").diff("7", olds, news)


def put_body(news: dict[str, object], linode: Linode = LINODE) -> dict[str, object]:
    update = Update(sessions.prepared(), linode, InstanceArgs.read(news), {}, OWNER)
    return steps.put_body(update, linode)


@pytest.mark.parametrize(
    ("news", "takes"),
    [
        ({"label": "web-2"}, {"label": PUT}),
        ({"tags": ["a", "c"]}, {"tags": PUT}),
        ({"alerts": {"cpu": 90.0}}, {"alerts": PUT}),
        ({"backups_enabled": True}, {"backups_enabled": BACKUPS_ON}),
        ({"firewall_id": 7.0}, {"firewall_id": ACTION}),
        ({"type": "g6-nanode-1"}, {"type": RESIZE}),
        ({"type": "g6-standard-2"}, {"type": GROWING}),
        ({"type": "g6-standard-2", "resize_disk": False}, {"type": RESIZE, "resize_disk": OURS}),
        (
            {"type": "g6-nanode-1", "migration_type": "warm"},
            {"type": WARM, "migration_type": OURS},
        ),
        ({"region": "gb-lon"}, {"region": MIGRATE}),
        ({"region": "de-edge", "label": "web-2"}, {"region": REPLACE, "label": PUT}),
        ({"region": "gb-lon", "reserved_ipv4": "192.0.2.9"}, {"region": REPLACE, "reserved_ipv4": REBOOT}),
        ({"image": "linode/debian12"}, {"image": REPLACE}),
        ({"image": "linode/debian12", "on_image_change": "rebuild"}, {"image": REBUILD}),
        ({"image": "linode/debian12", "on_image_change": "ignore"}, {"image": KEPT}),
        ({"root_pass": "another-password"}, {"root_pass": KEPT}),
        ({"root_pass": "another-password", "on_root_pass_change": "reset"}, {"root_pass": OFF}),
        ({"authorized_keys": ["ssh-ed25519 AAAA"]}, {"authorized_keys": KEPT}),
        ({"user_data": "#cloud-config", "on_user_data_change": "rebuild"}, {"user_data": REBUILD}),
        ({"swap_size": 1024}, {"swap_size": OFF}),
        ({"kernel": "linode/latest-64bit"}, {"kernel": REBOOT}),
        ({"private_ip": True}, {"private_ip": REBOOT}),
        ({"booted": False}, {"booted": SHUT_DOWN}),
        ({"booted": True}, {"booted": ACTION}),
        ({"disk_encryption": "disabled"}, {"disk_encryption": REPLACE}),
        ({"stackscript_id": 9}, {"stackscript_id": KEPT}),
        (
            {"label": "web-2", "replace_on": ["label"]},
            {"label": REPLACE, "replace_on": OURS},
        ),
        ({"timeouts": {"create": 60}}, {"timeouts": OURS}),
    ],
)
def test_each_input_changes_by_its_policy(news: dict[str, object], takes: dict[str, Takes]) -> None:
    found = between({**OLD, **news})

    assert {key: found[key] for key in takes} == takes
    assert set(found) - set(takes) <= {key for key in news if key.startswith("on_")}


def test_a_reserved_address_that_is_missing_is_added_and_another_one_recreates() -> None:
    missing = between({**OLD, "reserved_ipv4": "192.0.2.9"})
    another = between({**OLD, "reserved_ipv4": "192.0.2.9"}, {**OLD, "reserved_ipv4": "192.0.2.8"})

    assert (missing, another) == ({"reserved_ipv4": REBOOT}, {"reserved_ipv4": REPLACE})


def test_backups_turned_off_are_lost() -> None:
    assert between({"backups_enabled": False}, {**OLD, "backups_enabled": True}) == {
        "backups_enabled": BACKUPS_OFF
    }


def test_where_the_regions_are_not_known_a_move_recreates() -> None:
    assert diff.between(SPEC, OLD, {**OLD, "region": "gb-lon"}) == {"region": REPLACE}


@pytest.mark.parametrize("part", ["project", "stack", "name"])
def test_another_owner_is_a_change_in_place(part: str) -> None:
    found = provided(OLD, {**OLD, "owner": {**OWNER.as_props(), part: "other"}})

    assert found.changes is None, "the engine shows which"
    assert not found.replaces


def test_another_generation_replaces() -> None:
    assert provided(OLD, {**OLD, "owner": replace(OWNER, generation=2).as_props()}).replaces == ["owner"]


def test_a_reported_input_that_is_no_longer_declared_is_left_as_it_is() -> None:
    assert not between({key: value for key, value in OLD.items() if key not in ("tags", "image")})


@pytest.mark.parametrize("value", [5, 5.0])
def test_floats_of_the_engine_are_whole_numbers(value: float) -> None:
    assert not between({**OLD, "firewall_id": value}, {**OLD, "firewall_id": 5.0})


@pytest.mark.parametrize("tags", [["b", "a"], ["a", "b", "b"], ("b", "a")])
def test_tags_have_no_order(tags: object) -> None:
    assert not between({**OLD, "tags": tags})


@pytest.mark.parametrize("key", ["monthly_usd", "status", "ipv4"])
def test_what_is_computed_is_never_a_change(key: str) -> None:
    assert not between({**OLD, key: "other"})


def test_an_unknown_input_counts_as_changed() -> None:
    assert diff.replacing(between({**OLD, "region": Unknown()})) == ["region"]


def test_a_linode_without_an_image_is_to_stay_off() -> None:
    assert InstanceArgs.read({"image": None}).first_status == "offline"
    assert InstanceArgs.read({"image": "linode/debian13"}).first_status == "running"
    assert InstanceArgs.read({"image": "linode/debian13", "booted": False}).first_status == "offline"


BROKE_OFF: dict[str, object] = {"ready": False, "power": "running"}


@pytest.mark.parametrize("image", ["linode/debian13", None])
@pytest.mark.parametrize(
    ("now", "before", "takes", "booted", "after"),
    [
        ("running", {}, {}, None, "running"),
        ("running", {"ready": False, "power": "offline"}, {}, None, "running"),
        ("running", {}, {}, False, "offline"),
        ("offline", {}, {}, None, "offline"),
        ("offline", {}, {}, True, "running"),
        ("offline", {"status": "running"}, {}, None, "offline"),
        ("offline", {"status": "running"}, {"kernel": REBOOT}, None, "running"),
        ("offline", BROKE_OFF, {}, None, "running"),
        ("offline", BROKE_OFF, {}, False, "offline"),
        ("offline", {}, {"image": REBUILD}, None, "running"),
    ],
)
def test_the_power_state_stays_whether_an_image_is_declared_or_not(
    now: str, before: dict[str, object], takes: dict[str, Takes], booted: object, after: str, image: object
) -> None:
    record = LINODE.model_copy(update={"status": now})
    wanted = InstanceArgs.read({**OLD, "image": image, "booted": booted})
    update = Update(sessions.prepared(), record, wanted, takes, OWNER, before=before)

    assert steps.status_after(update) == after


@pytest.mark.parametrize(
    ("olds", "booted", "expected"),
    [
        ({"ready": False, "status": "provisioning"}, None, True),
        ({"ready": True, "status": "offline"}, None, False),
        ({"ready": True, "status": "offline"}, True, True),
        ({"ready": True, "status": "running"}, False, True),
        ({"ready": True, "status": "booting"}, True, False),
    ],
)
def test_only_a_declared_power_state_is_held_up(
    olds: dict[str, object], booted: object, expected: bool
) -> None:
    news = {**OLD, "booted": booted}

    assert provided({**news, **olds}, news).changes is expected


def test_unset_inputs_are_not_declared() -> None:
    assert "backups_enabled" not in InstanceArgs.normal({"backups_enabled": None, "label": "x"})


def test_the_create_request_carries_the_owners_tag_beside_the_users() -> None:
    body = SPEC.body(InstanceArgs.read(OLD), OWNER)

    assert body["tags"] == ["a", "b", OWNER.tag()]
    assert "owner" not in body
    assert "status" not in body


def test_nothing_is_put_when_nothing_differs() -> None:
    assert put_body(OLD) == {}


def test_label_and_tags_go_in_one_request_and_our_tag_stays() -> None:
    body = put_body({**OLD, "label": "web-9", "tags": ["c"]})

    assert body == {"label": "web-9", "tags": ["c", OWNER.tag()]}


def test_a_missing_owner_tag_is_put_back() -> None:
    assert put_body(OLD, LINODE.model_copy(update={"tags": ("a", "b")})) == {"tags": ["a", "b", OWNER.tag()]}


def test_drift_shows_in_declared_inputs_alone() -> None:
    drifted = LINODE.model_copy(update={"label": "renamed", "image": "linode/debian12"})
    inputs = {"type": "g6-standard-1", "label": "web-1", "region": "de-fra-2", "root_pass": "kept"}

    assert SPEC.reported_inputs(drifted, InstanceArgs.read(inputs)) == {**inputs, "label": "renamed"}
