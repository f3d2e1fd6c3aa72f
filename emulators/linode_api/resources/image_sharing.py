"""Groups through which an account shares images with others, under /v4beta only.

Whoever wants to see a group's images makes a token for its `uuid` and hands it to the group's owner, who makes a member
of it; the images then have ids such as `shared/12` for the account of that token. Source: API pages "Image sharing";
the client library linodego; linode_api4's suite (texts, the 500). Texts marked * are a choice, as are that labels may
be used twice and that a shared image is not in the list of images.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import uuid as uuids
from collections.abc import Sequence

from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Body, Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import check, length, problems_in, required, text
from emulators.linode_api.core.errors import ApiError, Problem, bad_request, not_found, raise_if
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.records import (
    Kind,
    Record,
    add,
    all_of,
    anywhere,
    change,
    every,
    find,
    get,
    given,
    having,
    remove,
    remove_within,
)
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources import images

api = Routes("images", beta=True)
ALL = "/images/sharegroups"
GROUP = Kind("image_sharegroup", ALL + "/{image_sharegroup}", first_id=1_000, unique_label=False)
SHARE, MEMBER, TOKEN = "image_share", "image_sharegroup_member", "image_sharegroup_token"
ENTRY = GROUP.url + "/images/{image_id}"
ONE_MEMBER = GROUP.url + "/members/{uuid}"
ONE_TOKEN = ALL + "/tokens/{uuid}"
NAMES = {"label": length(1, 50), "description": length(0, 65_000)}
LABEL = {"label": required(NAMES["label"])}
HEADER = {"alg": "HS256", "typ": "JWT"}


def changed(record: Record) -> str | None:
    """When, null until then."""
    return stamp(record.updated) if record.updated != record.created else None


def seen_by_members(group: Record) -> Json:
    return {
        "id": group.id,
        **group.parts("uuid", "label", "description"),
        "is_suspended": False,
        "created": stamp(group.created),
        "updated": changed(group),
    }


@GROUP.shows
def row(account: Account, group: Record) -> Json:
    counts = {
        "images_count": len(all_of(account, SHARE, group.id)),
        "members_count": len(all_of(account, MEMBER, group.id)),
    }
    return {**seen_by_members(group), "expiry": None, **counts}


api.reads_of(GROUP, "id", "label", "uuid")


@api.post(ALL)
def create(call: Call) -> Record:
    """With its first images."""
    account, body = call.account, call.body
    wanted = body.get("images") or []
    raise_if(problems_in(body, {**NAMES, **LABEL}) + image_problems(account, wanted))
    kept = {"label": body["label"], "description": body.get("description") or "", "uuid": str(uuids.uuid4())}
    group = GROUP.create(account, kept)
    share(account, group, wanted)
    return group


@api.put(GROUP.url)
def update(call: Call, group: Record) -> Record:
    check(call.body, NAMES)
    return GROUP.update(call.account, group, given(call.body, "label", "description"))


@api.delete(GROUP.url)
def delete(call: Call, group: Record) -> None:
    """Its members see its images no more."""
    account = call.account
    for member in all_of(account, MEMBER, group.id):
        revoke(account, member)
    remove_within(account, group.id, SHARE)
    GROUP.delete(account, group)


@api.rows("/images/{image_id}/sharegroups", "id", "label", "uuid", budgets=())
def groups_of_image(call: Call, image_id: str) -> list[Record]:
    image = images.require_own(call.account, image_id, changes=False)
    return [find(call.account, GROUP.name, one) for one in sorted(images.groups_with(call.account, image.id))]


# ---- images of a group


def image_problems(account: Account, wanted: Sequence[Body], held: Sequence[int] = ()) -> list[Problem]:
    """Own images that are finished, each once in a group. Texts *."""
    problems: list[Problem] = []
    for number, one in enumerate(wanted):
        at = f"images[{number}]"
        if not isinstance(one, dict):
            problems.append((at, "Must be an object"))
            continue
        own = images.PRIVATE.fullmatch(str(one.get("id")))
        image = own and get(account, "image", int(own[1]))
        problems += problems_in(one, NAMES, f"{at}.")
        if image is None or images.status_of(account, image) != "available":
            problems.append((f"{at}.id", "id is not valid"))
        elif image.id in held:
            problems.append((f"{at}.id", "Image is already in the share group"))
    return problems


def share(account: Account, group: Record, wanted: Sequence[Body]) -> list[Record]:
    """Under the names that are given, else under their own; those stay when the image is renamed."""
    made = []
    for one in wanted:
        image = change(account, images.require_own(account, one["id"]), was_shared=True)
        names = {**image.parts("label", "description"), **given(one, "label", "description")}
        made.append(add(account, SHARE, {"image": image.id, **names}, group.id))
        tell(account, "add_image", made[-1], group)
    return made


def tell(account: Account, what: str, entry: Record, group: Record) -> None:
    shown = images.image_entity({"id": f"shared/{entry.id}", "label": entry["label"]})
    notify(account, f"image_sharegroup_{what}", shown, group.entity)


def shown(account: Account, entries: Sequence[Record]) -> list[Json]:
    return [images.shared_row(account, entry) for entry in entries]


@api.rows(GROUP.url + "/images", "id", "label", budgets=())
def images_of(call: Call, group: Record) -> list[Json]:
    return shown(call.account, all_of(call.account, SHARE, group.id))


@api.post(GROUP.url + "/images")
def add_images(call: Call, group: Record) -> Json:
    """A page of those that were added."""
    account, wanted = call.account, call.body.get("images") or []
    if not wanted:
        raise bad_request("images is required", "images")
    held = [entry["image"] for entry in all_of(account, SHARE, group.id)]
    raise_if(image_problems(account, wanted, held))
    rows = shown(account, share(account, group, wanted))
    return {"data": rows, "page": 1, "pages": 1, "results": len(rows)}


def find_entry(account: Account, group: Record, image_id: str) -> Record:
    shared = images.SHARED.fullmatch(image_id)
    return find(account, SHARE, int(shared[1]) if shared else 0, group.id)


@api.put(ENTRY)
def rename_image(call: Call, group: Record, image_id: str) -> Json:
    entry = find_entry(call.account, group, image_id)
    check(call.body, NAMES)
    renamed = change(call.account, entry, **given(call.body, "label", "description"))
    tell(call.account, "update_image", renamed, group)
    return images.shared_row(call.account, renamed)


@api.delete(ENTRY)
def remove_image(call: Call, group: Record, image_id: str) -> None:
    entry = find_entry(call.account, group, image_id)
    tell(call.account, "remove_image", entry, group)
    remove(call.account, entry)


# ---- members of a group


def member_row(member: Record) -> Json:
    dates = {"created": stamp(member.created), "updated": changed(member), "expiry": None}
    return {**member.parts("token_uuid", "status", "label"), **dates}


@api.rows(GROUP.url + "/members", "label", "status", "token_uuid", budgets=())
def members(call: Call, group: Record) -> list[Json]:
    return [member_row(member) for member in all_of(call.account, MEMBER, group.id)]


def find_member(account: Account, group: Record, uuid: str) -> Record:
    for member in all_of(account, MEMBER, group.id):
        if member["token_uuid"] == uuid:
            return member
    raise not_found()


@api.get(ONE_MEMBER)
def read_member(call: Call, group: Record, uuid: str) -> Json:
    return member_row(find_member(call.account, group, uuid))


@api.post(GROUP.url + "/members")
def add_member(call: Call, group: Record) -> Json:
    """With a token that was made for this group. Raises ApiError, 500 for what is no token at all."""
    account, body = call.account, call.body
    check(body, {**LABEL, "token": required(text)})
    if body["token"].count(".") != 2:
        raise ApiError(500, [(None, "Invalid token format")])
    for token in every(account.database, TOKEN):
        if token["digest"] == digest(body["token"]) and token["valid_for"] == group["uuid"]:
            break
    else:
        raise bad_request("token is not valid", "token")
    if token["group_id"] is not None or token["status"] != "active":
        raise bad_request("token was used already", "token")  # *
    change(account, token, group_id=group.id)
    kept = {"label": body["label"], "token_uuid": token["uuid"], "status": "active"}
    member = add(account, MEMBER, kept, group.id)
    notify(account, "image_sharegroup_add_member", group.entity)
    return member_row(member)


@api.put(ONE_MEMBER)
def rename_member(call: Call, group: Record, uuid: str) -> Json:
    member = find_member(call.account, group, uuid)
    check(call.body, LABEL)
    notify(call.account, "image_sharegroup_update_member", group.entity)
    return member_row(change(call.account, member, label=call.body["label"]))


@api.delete(ONE_MEMBER)
def remove_member(call: Call, group: Record, uuid: str) -> None:
    revoke(call.account, find_member(call.account, group, uuid))
    notify(call.account, "image_sharegroup_remove_member", group.entity)


def revoke(account: Account, member: Record) -> None:
    """Whose token shows nothing from now on."""
    for token in every(account.database, TOKEN):
        if token["uuid"] == member["token_uuid"]:
            change(account, token, group_id=None, status="revoked")
    remove(account, member)


# ---- tokens of those who want to be members


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_token(uuid: str) -> str:
    """Of the form of a JSON web token; nobody checks its signature."""
    parts = [json.dumps(part).encode() for part in (HEADER, {"jti": uuid})]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + (
        "." + secrets.token_urlsafe(32)
    )


def token_row(account: Account, token: Record) -> Json:
    group = anywhere(account.database, GROUP.name, token["group_id"])
    return {
        "token_uuid": token["uuid"],
        **token.parts("status", "label"),
        "valid_for_sharegroup_uuid": token["valid_for"],
        "created": stamp(token.created),
        "updated": changed(token),
        "expiry": None,
        "sharegroup_uuid": group and group["uuid"],
        "sharegroup_label": group and group["label"],
    }


@api.rows(ALL + "/tokens", "label", "status", "token_uuid", budgets=())
def tokens(call: Call) -> list[Json]:
    return [token_row(call.account, token) for token in all_of(call.account, TOKEN)]


@api.post(ALL + "/tokens")
def create_token(call: Call) -> Json:
    """The token itself is told once."""
    account, body = call.account, call.body
    check(body, {"label": NAMES["label"], "valid_for_sharegroup_uuid": required(text)})
    wanted = body["valid_for_sharegroup_uuid"]
    if having(account, GROUP.name, uuid=wanted):
        raise bad_request("You may not create a token for your own sharegroup", "valid_for_sharegroup_uuid")
    if wanted not in [group["uuid"] for group in every(account.database, GROUP.name)]:
        raise bad_request("valid_for_sharegroup_uuid is not valid", "valid_for_sharegroup_uuid")
    uuid = str(uuids.uuid4())
    token = new_token(uuid)
    kept = {"uuid": uuid, "label": body.get("label") or "", "valid_for": wanted, "digest": digest(token)}
    made = add(account, TOKEN, {**kept, "group_id": None, "status": "active"})
    notify(account, "image_sharegroup_member_token_create", None)
    return {"token": token, **token_row(account, made)}


def find_token(account: Account, uuid: str) -> Record:
    for token in having(account, TOKEN, uuid=uuid):
        return token
    raise not_found()


@api.get(ONE_TOKEN)
def read_token(call: Call, uuid: str) -> Json:
    return token_row(call.account, find_token(call.account, uuid))


@api.put(ONE_TOKEN)
def rename_token(call: Call, uuid: str) -> Json:
    token = find_token(call.account, uuid)
    check(call.body, LABEL)
    notify(call.account, "image_sharegroup_member_token_update", None)
    return token_row(call.account, change(call.account, token, label=call.body["label"]))


@api.delete(ONE_TOKEN)
def delete_token(call: Call, uuid: str) -> None:
    """It leaves the group that it was for."""
    token = find_token(call.account, uuid)
    for member in every(call.account.database, MEMBER):
        if member["token_uuid"] == uuid:
            remove(call.account, member)
    remove(call.account, token)
    notify(call.account, "image_sharegroup_member_token_delete", None)


def joined(account: Account, uuid: str) -> Record:
    """The group that has accepted a token. Raises ApiError 404 when none has."""
    group = anywhere(account.database, GROUP.name, find_token(account, uuid)["group_id"])
    if group is None:
        raise not_found()
    return group


@api.get(ONE_TOKEN + "/sharegroup")
def group_of_token(call: Call, uuid: str) -> Json:
    return seen_by_members(joined(call.account, uuid))


@api.rows(ONE_TOKEN + "/sharegroup/images", "id", "label", budgets=())
def images_of_token(call: Call, uuid: str) -> list[Json]:
    group = joined(call.account, uuid)
    return shown(call.account, every(call.account.database, SHARE, group.id))
