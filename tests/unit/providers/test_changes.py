from __future__ import annotations

import pytest
from pulumi.output import Unknown

from providers.linode.api.records import Linode
from providers.linode.resources.instance import changes
from providers.linode.resources.instance.changes import Outcome
from providers.linode.resources.instance.inputs import as_reported, declared, put_body, request_body

OLD: dict[str, object] = {
    "type": "g6-standard-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "label": "web-1",
    "tags": ["a", "b"],
    "backups_enabled": False,
    "owner": {"account": "A", "project": "p", "stack": "s", "name": "web-1"},
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
    tags=("b", "a", "pulumi:x:y:1"),
)


@pytest.mark.parametrize(
    ("news", "outcomes"),
    [
        ({"label": "web-2"}, {"label": Outcome.PUT}),
        ({"tags": ["a", "c"]}, {"tags": Outcome.PUT}),
        ({"owner": {"account": "A", "project": "p", "stack": "s", "name": "app-1"}}, {"owner": Outcome.PUT}),
        ({"alerts": {"cpu": 90.0}}, {"alerts": Outcome.PUT}),
        ({"backups_enabled": True}, {"backups_enabled": Outcome.ACTION}),
        ({"firewall_id": 7.0}, {"firewall_id": Outcome.ACTION}),
        ({"type": "g6-standard-2"}, {"type": Outcome.RESIZE}),
        ({"region": "gb-lon"}, {"region": Outcome.REPLACE}),
        ({"region": "gb-lon", "region_move": "migrate"}, {"region": Outcome.MIGRATE}),
        ({"image": "linode/debian12"}, {"image": Outcome.REPLACE}),
        ({"image": "linode/debian12", "on_image_change": "rebuild"}, {"image": Outcome.REBUILD}),
        ({"image": "linode/debian12", "on_image_change": "ignore"}, {"image": Outcome.KEPT}),
        ({"root_pass": "another-password"}, {"root_pass": Outcome.KEPT}),
        ({"root_pass": "another-password", "on_root_pass_change": "reset"}, {"root_pass": Outcome.OFF}),
        ({"authorized_keys": ["ssh-ed25519 AAAA"]}, {"authorized_keys": Outcome.KEPT}),
        ({"user_data": "#cloud-config", "on_user_data_change": "rebuild"}, {"user_data": Outcome.REBUILD}),
        ({"swap_size": 1024}, {"swap_size": Outcome.OFF}),
        ({"kernel": "linode/latest-64bit"}, {"kernel": Outcome.REBOOT}),
        ({"private_ip": True}, {"private_ip": Outcome.REBOOT}),
        ({"booted": False}, {"booted": Outcome.OFF}),
        ({"booted": True}, {"booted": Outcome.ACTION}),
        ({"disk_encryption": "disabled"}, {"disk_encryption": Outcome.REPLACE}),
        ({"stackscript_id": 9}, {"stackscript_id": Outcome.KEPT}),
        (
            {"label": "web-2", "replace_on": ["label"]},
            {"label": Outcome.REPLACE, "replace_on": Outcome.NOTHING},
        ),
        ({"timeouts": {"create": 60}}, {"timeouts": Outcome.NOTHING}),
    ],
)
def test_each_input_changes_by_its_policy(news: dict[str, object], outcomes: dict[str, Outcome]) -> None:
    found = changes.between(OLD, {**OLD, **news})

    assert {key: found.outcomes[key] for key in outcomes} == outcomes
    assert set(found.outcomes) - set(outcomes) <= {key for key in news if key.startswith("on_")}


def test_a_reported_input_that_is_no_longer_declared_is_left_as_it_is() -> None:
    assert not changes.between(
        OLD, {key: value for key, value in OLD.items() if key not in ("tags", "image")}
    )


@pytest.mark.parametrize("value", [5, 5.0])
def test_floats_of_the_engine_are_whole_numbers(value: float) -> None:
    assert not changes.between({**OLD, "firewall_id": 5.0}, {**OLD, "firewall_id": value})


@pytest.mark.parametrize("tags", [["b", "a"], ["a", "b", "b"], ("b", "a")])
def test_tags_have_no_order(tags: object) -> None:
    assert not changes.between(OLD, {**OLD, "tags": tags})


@pytest.mark.parametrize("key", ["monthly_usd", "status", "ipv4"])
def test_what_is_computed_is_never_a_change(key: str) -> None:
    assert not changes.between(OLD, {**OLD, key: "other"})


def test_an_unknown_input_counts_as_changed() -> None:
    assert changes.between(OLD, {**OLD, "region": Unknown()}).replaces == ("region",)


def test_a_linode_without_an_image_is_to_stay_off() -> None:
    assert changes.first_status({"image": None}) == "offline"
    assert changes.first_status({"image": "linode/debian13"}) == "running"
    assert changes.first_status({"image": "linode/debian13", "booted": False}) == "offline"


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
    assert changes.unfinished(olds, {"booted": booted}) is expected


def test_unset_inputs_are_not_declared() -> None:
    assert "backups_enabled" not in declared({"backups_enabled": None, "label": "x"})


def test_the_create_request_carries_the_owners_tag_beside_the_users() -> None:
    body = request_body(declared(OLD), "pulumi:x:y:1")

    assert body["tags"] == ["a", "b", "pulumi:x:y:1"]
    assert "owner" not in body
    assert "status" not in body


def test_nothing_is_put_when_nothing_differs() -> None:
    assert put_body(declared(OLD), LINODE, "pulumi:x:y:1") == {}


def test_label_and_tags_go_in_one_request_and_our_tag_stays() -> None:
    body = put_body(declared({**OLD, "label": "web-9", "tags": ["c"]}), LINODE, "pulumi:x:y:1")

    assert body == {"label": "web-9", "tags": ["c", "pulumi:x:y:1"]}


def test_a_missing_owner_tag_is_put_back() -> None:
    assert put_body(declared(OLD), LINODE.model_copy(update={"tags": ("a", "b")}), "pulumi:x:y:1") == {
        "tags": ["a", "b", "pulumi:x:y:1"]
    }


def test_drift_shows_in_declared_inputs_alone() -> None:
    drifted = LINODE.model_copy(update={"label": "renamed", "type": "g6-standard-2"})
    inputs = {"label": "web-1", "region": "de-fra-2", "root_pass": "kept"}

    assert as_reported(inputs, drifted) == {"label": "renamed", "region": "de-fra-2", "root_pass": "kept"}
