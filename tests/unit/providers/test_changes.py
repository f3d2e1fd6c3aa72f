from __future__ import annotations

import pytest
from pulumi.output import Unknown

from providers.linode import changes
from providers.linode.inputs import as_reported, declared, put_body, request_body
from providers.linode.records import Linode

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
    ("key", "value", "in_place", "replaces"),
    [
        ("label", "web-2", ("label",), ()),
        ("tags", ["a", "c"], ("tags",), ()),
        ("type", "g6-standard-2", ("type",), ()),
        ("backups_enabled", True, ("backups_enabled",), ()),
        ("owner", {"account": "A", "project": "p", "stack": "s", "name": "app-1"}, ("owner",), ()),
        ("region", "gb-lon", (), ("region",)),
        ("image", "linode/debian12", (), ("image",)),
        ("root_pass", "another-password", (), ()),
        ("authorized_keys", ["ssh-ed25519 AAAA"], (), ()),
    ],
)
def test_each_input_changes_by_its_policy(
    key: str, value: object, in_place: tuple[str, ...], replaces: tuple[str, ...]
) -> None:
    found = changes.between(OLD, {**OLD, key: value})

    assert (found.in_place, found.replaces) == (in_place, replaces)


@pytest.mark.parametrize("tags", [["b", "a"], ["a", "b", "b"], ("b", "a")])
def test_tags_have_no_order(tags: object) -> None:
    assert not changes.between(OLD, {**OLD, "tags": tags})


@pytest.mark.parametrize("key", ["monthly_usd", "status", "ipv4"])
def test_what_is_computed_is_never_a_change(key: str) -> None:
    assert not changes.between(OLD, {**OLD, key: "other"})


def test_an_unknown_input_counts_as_changed() -> None:
    assert changes.between(OLD, {**OLD, "region": Unknown()}).replaces == ("region",)


def test_a_linode_without_an_image_is_to_stay_off() -> None:
    assert changes.target_status({"image": None}) == "offline"
    assert changes.target_status({"image": "linode/debian13"}) == "running"


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
