"""Images that one account shares with another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import FROM_IMAGE, Caller, made, reasons, settled

ALL = "/images/sharegroups"


@pytest.fixture
def owner(api: LocalApi, account: str) -> Iterator[Caller]:
    opened = Caller(api, api.add_token(account), "/v4beta")
    yield opened
    opened.close()


@pytest.fixture
def other(api: LocalApi, account: str) -> Iterator[Caller]:
    """Of another account."""
    opened = Caller(api, api.add_token(f"{account}-friend"), "/v4beta")
    yield opened
    opened.close()


@pytest.fixture
def image(owner: Caller, clock: HeldClock) -> dict[str, Any]:
    linode = settled(owner, clock, **FROM_IMAGE)
    disk = owner.rows(f"/linode/instances/{linode['id']}/disks")[0]
    taken = made(owner.post("/images", {"disk_id": disk["id"], "label": "golden"}))
    clock.advance(150)
    return taken


def group_with(owner: Caller, image: dict[str, Any], **names: str) -> dict[str, Any]:
    return made(owner.post(ALL, {"label": "team", "images": [{"id": image["id"], **names}]}))


def accepted(owner: Caller, other: Caller, group: dict[str, Any]) -> str:
    """The other account as a member; the token's id."""
    token = made(other.post(ALL + "/tokens", {"label": "ours", "valid_for_sharegroup_uuid": group["uuid"]}))
    member = {"token": token["token"], "label": "friend"}
    made(owner.post(f"{ALL}/{group['id']}/members", member))
    return str(token["token_uuid"])


def test_a_member_sees_and_deploys_what_is_shared(
    owner: Caller, other: Caller, image: dict[str, Any]
) -> None:
    group = group_with(owner, image, label="shared golden")
    uuid = accepted(owner, other, group)

    [seen] = other.rows(f"{ALL}/tokens/{uuid}/sharegroup/images")
    linode = other.create(**{**FROM_IMAGE, "image": seen["id"]})

    assert (seen["id"].startswith("shared/"), seen["label"]) == (True, "shared golden")
    assert seen["image_sharing"]["shared_by"] == {
        "sharegroup_id": group["id"],
        "sharegroup_uuid": group["uuid"],
        "sharegroup_label": "team",
        "source_image_id": None,
    }
    assert made(other.get("/images/" + seen["id"].replace("/", "%2F"))) == seen
    assert (linode["image"], linode["status"]) == (seen["id"], "provisioning")
    assert made(other.get(f"{ALL}/tokens/{uuid}/sharegroup"))["label"] == "team"
    assert other.put("/images/" + seen["id"].replace("/", "%2F"), {"label": "mine"}).status_code == 404


def test_an_owner_sees_where_an_image_is_shared(owner: Caller, other: Caller, image: dict[str, Any]) -> None:
    path = "/images/" + image["id"].replace("/", "%2F")
    before = made(owner.get(path))
    group = group_with(owner, image)
    accepted(owner, other, group)

    after = made(owner.get(path))

    assert (before["is_shared"], after["is_shared"]) == (False, True)
    assert after["image_sharing"]["shared_with"]["sharegroup_count"] == 1
    [entry] = owner.rows(f"{ALL}/{group['id']}/images")
    assert entry["image_sharing"]["shared_by"]["source_image_id"] == image["id"]
    assert (entry["type"], entry["is_shared"], entry["updated"]) == ("shared", None, None)
    [listed] = owner.rows(path + "/sharegroups")
    assert listed == made(owner.get(f"{ALL}/{group['id']}"))
    assert (listed["images_count"], listed["members_count"], listed["updated"]) == (1, 1, None)


def test_members_and_images_come_and_go(
    owner: Caller, other: Caller, image: dict[str, Any], clock: HeldClock
) -> None:
    group = made(owner.post(ALL, {"label": "team"}))
    path = f"{ALL}/{group['id']}"
    uuid = accepted(owner, other, group)
    [entry] = made(owner.post(path + "/images", {"images": [{"id": image["id"]}]}))["data"]
    one = f"{path}/images/{entry['id'].replace('/', '%2F')}"
    clock.advance(5)

    renamed = made(owner.put(one, {"label": "silver"}))
    twice = owner.post(path + "/images", {"images": [{"id": image["id"]}]})
    member = made(owner.put(f"{path}/members/{uuid}", {"label": "friends"}))
    held = other.rows(f"{ALL}/tokens/{uuid}/sharegroup/images")
    made(owner.delete(f"{path}/members/{uuid}"))

    assert (entry["label"], renamed["label"], held[0]["label"]) == ("golden", "silver", "silver")
    assert reasons(twice) == [("images[0].id", "Image is already in the share group")]
    assert (member["label"], member["status"]) == ("friends", "active")
    assert other.get(f"{ALL}/tokens/{uuid}/sharegroup").status_code == 404
    assert other.get("/images/" + entry["id"].replace("/", "%2F")).status_code == 404
    assert made(other.get(f"{ALL}/tokens/{uuid}"))["status"] == "revoked"
    assert owner.rows(path + "/members") == []
    made(owner.delete(one))
    assert owner.rows(path + "/images") == []


def test_a_token_is_for_one_group_of_another_account_and_used_once(owner: Caller, other: Caller) -> None:
    first, second = (made(owner.post(ALL, {"label": label})) for label in ("first", "second"))
    wish = {"label": "ours", "valid_for_sharegroup_uuid": first["uuid"]}
    token = made(other.post(ALL + "/tokens", wish))
    member = {"token": token["token"], "label": "friend"}

    own = owner.post(ALL + "/tokens", wish)
    nonsense = owner.post(f"{ALL}/{first['id']}/members", {"token": "notExistingToken", "label": "x"})
    wrong = owner.post(f"{ALL}/{second['id']}/members", member)
    made(owner.post(f"{ALL}/{first['id']}/members", member))
    again = owner.post(f"{ALL}/{first['id']}/members", member)

    assert reasons(own) == [
        ("valid_for_sharegroup_uuid", "You may not create a token for your own sharegroup")
    ]
    assert (nonsense.status_code, reasons(nonsense)) == (500, [(None, "Invalid token format")])
    assert [reasons(answer)[0][0] for answer in (wrong, again)] == ["token", "token"]
    assert "token" not in made(other.get(f"{ALL}/tokens/{token['token_uuid']}"))
    made(other.delete(f"{ALL}/tokens/{token['token_uuid']}"))
    assert owner.rows(f"{ALL}/{first['id']}/members") == []


def test_a_group_that_is_deleted_shows_nothing_any_more(
    owner: Caller, other: Caller, image: dict[str, Any]
) -> None:
    group = group_with(owner, image)
    uuid = accepted(owner, other, group)
    [entry] = other.rows(f"{ALL}/tokens/{uuid}/sharegroup/images")

    made(owner.delete(f"{ALL}/{group['id']}"))

    assert owner.get(f"{ALL}/{group['id']}").status_code == 404
    assert other.post("/linode/instances", {**FROM_IMAGE, "image": entry["id"]}).status_code == 400
    [kept] = owner.rows("/images", where={"is_public": False})
    assert (kept["id"], kept["image_sharing"]["shared_with"]["sharegroup_count"]) == (image["id"], 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "label"),
        ({"label": "x", "images": [{"id": "private/1"}]}, "images[0].id"),
        ({"label": "x", "images": ["private/1"]}, "images[0]"),
        ({"label": "x", "images": [{"id": "linode/debian12"}]}, "images[0].id"),
    ],
)
def test_what_can_not_be_shared_is_refused(owner: Caller, body: dict[str, Any], field: str) -> None:
    answer = owner.post(ALL, body)

    assert (answer.status_code, reasons(answer)[0][0]) == (400, field)


def test_share_groups_are_a_beta(owner: Caller, caller: Caller) -> None:
    assert (owner.get(ALL).status_code, caller.get(ALL).status_code) == (200, 404)


def test_an_image_shrinks_to_what_is_on_its_disk(owner: Caller, image: dict[str, Any]) -> None:
    now = made(owner.get("/images/" + image["id"].replace("/", "%2F")))

    assert now["status"] == "available"
    assert now["size"] == now["total_size"] < image["size"]
