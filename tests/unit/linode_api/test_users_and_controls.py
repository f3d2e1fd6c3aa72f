from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD, Caller, made, reasons, settled


def control(api: LocalApi, method: str, path: str, body: Any = None) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, f"{api.url}/_local{path}", json=body, timeout=10)


def test_a_restricted_user_sets_no_tags(api: LocalApi, account: str) -> None:
    caller = Caller(api, api.add_token(account, restricted=True))
    linode = caller.create(**EMPTY)
    path = f"/linode/instances/{linode['id']}"

    answers = [
        caller.post("/linode/instances", {**EMPTY, "tags": ["blue"]}),
        caller.put(path, {"tags": ["blue"]}),
        caller.post("/tags", {"label": "blue"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert caller.put(path, {"label": "renamed", "tags": []}).status_code == 200
    assert caller.get("/profile").json()["restricted"] is True
    caller.close()


def test_a_restricted_user_makes_what_a_grant_allows(api: LocalApi, account: str) -> None:
    none = Caller(api, api.add_token(account, user="nobody", restricted=True, grants=()))
    some = Caller(api, api.add_token(account, user="builder", restricted=True, grants=("add_volumes",)))
    volume = {"label": "data", "region": "us-ord"}

    refused = [
        none.post("/linode/instances", EMPTY),
        none.post("/volumes", volume),
        some.get("/account/users"),
    ]

    assert [(answer.status_code, reasons(answer)) for answer in refused] == [
        (403, [(None, "Unauthorized")])
    ] * 3
    assert some.post("/volumes", volume).status_code == 200
    assert some.get("/profile/grants").json()["global"]["add_linodes"] is False
    none.close()
    some.close()


def test_an_owner_gives_and_takes_grants_and_users(api: LocalApi, caller: Caller, account: str) -> None:
    made(caller.post("/account/users", {"username": "helper"}))
    helper = Caller(api, api.add_token(account, user="helper", restricted=True, grants=()))

    caller.put("/account/users/helper/grants", {"global": {"add_linodes": True}})
    allowed = helper.post("/linode/instances", EMPTY)
    caller.delete("/account/users/helper")
    gone = helper.get("/linode/instances")

    assert (allowed.status_code, gone.status_code) == (200, 401)
    assert [row["username"] for row in caller.rows("/account/users")] == [account]
    assert caller.get("/profile/grants").status_code == 204
    helper.close()


def test_a_token_ends_when_it_expires_or_is_revoked(api: LocalApi, caller: Caller, clock: HeldClock) -> None:
    body = {"label": "ci", "scopes": "linodes:read_only"}
    lasting = made(caller.post("/profile/tokens", body))
    holder = Caller(api, lasting["token"])
    short = Caller(api, api.add_token("short-lived", expires_in_s=60))

    before = [holder.get("/linode/instances").status_code, short.get("/profile").status_code]
    clock.advance(61)
    expired = short.get("/profile")
    caller.delete(f"/profile/tokens/{lasting['id']}")
    revoked = holder.get("/linode/instances")

    assert before == [200, 200]
    assert [(answer.status_code, reasons(answer)) for answer in (expired, revoked)] == [
        (401, [(None, "Invalid Token")])
    ] * 2
    holder.close()
    short.close()


def test_a_token_shows_its_start_only_and_exceeds_nobody(api: LocalApi, account: str) -> None:
    small = Caller(api, api.add_token(account, "account:read_write linodes:read_only"))

    whole = made(small.post("/profile/tokens", {"label": "same", "expiry": "2031-01-01T00:00:00"}))
    more = small.post("/profile/tokens", {"label": "more", "scopes": "linodes:read_write"})
    listed = {row["id"]: row for row in small.rows("/profile/tokens")}[whole["id"]]

    assert (len(whole["token"]), listed["token"]) == (64, whole["token"][:16])
    assert (listed["scopes"], listed["expiry"]) == (
        "account:read_write linodes:read_only",
        "2031-01-01T00:00:00",
    )
    assert reasons(more)[0][0] == "scopes"
    small.close()


def test_locks_live_under_v4beta_and_hold_a_linode(api: LocalApi, caller: Caller, account: str) -> None:
    beta = Caller(api, api.add_token(account), "/v4beta")
    linode = caller.create(**EMPTY)
    path = f"/linode/instances/{linode['id']}"
    wanted = {"entity_type": "linode", "entity_id": linode["id"], "lock_type": "cannot_delete"}

    lock = made(beta.post("/locks", wanted))
    second = beta.post("/locks", {**wanted, "lock_type": "cannot_delete_with_subresources"})
    refused = caller.delete(path)

    assert caller.get("/locks").status_code == 404
    assert reasons(beta.post("/locks", {**wanted, "entity_id": -1})) == [
        ("entity_id", "entity_id is not valid")
    ]
    assert reasons(second) == [
        (
            "lock_type",
            f"The cannot_delete lock (Lock ID: {lock['id']}) needs to be removed to add"
            " cannot_delete_with_subresources lock. Can only have one of: cannot_delete,"
            " cannot_delete_with_subresources locks",
        )
    ]
    assert (refused.status_code, caller.linode(linode["id"])["locks"]) == (400, ["cannot_delete"])
    beta.delete(f"/locks/{lock['id']}")
    assert caller.delete(path).json() == {}
    beta.close()


def test_a_locked_nodebalancer_stays_with_its_configs(api: LocalApi, caller: Caller, account: str) -> None:
    beta = Caller(api, api.add_token(account), "/v4beta")
    balancer = made(caller.post("/nodebalancers", {"region": "us-ord", "label": "front", "configs": [{}]}))
    path = f"/nodebalancers/{balancer['id']}"
    config = f"{path}/configs/{caller.rows(path + '/configs')[0]['id']}"
    wanted = {"entity_type": "nodebalancer", "lock_type": "cannot_delete_with_subresources"}

    unknown = beta.post("/locks", {**wanted, "entity_id": -1})
    lock = made(beta.post("/locks", {**wanted, "entity_id": balancer["id"]}))

    assert reasons(unknown) == [("entity_id", "entity_id is not valid")]
    assert (lock["entity"]["type"], lock["entity"]["url"]) == ("nodebalancer", f"/v4{path}")
    assert made(caller.get(path))["locks"] == [wanted["lock_type"]]
    assert [caller.delete(one).status_code for one in (path, config)] == [400, 400]
    made(beta.delete(f"/locks/{lock['id']}"))
    assert [caller.delete(one).status_code for one in (config, path)] == [200, 200]
    beta.close()


def test_head_and_options_answer_without_a_body(api: LocalApi, caller: Caller) -> None:
    linode = caller.create(**EMPTY)

    head = caller.send("HEAD", f"/linode/instances/{linode['id']}")
    options = Caller(api, None).send("OPTIONS", "/linode/instances")

    assert (head.status_code, head.content) == (200, b"")
    assert options.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert caller.send("OPTIONS", "/nothing").status_code == 404


def test_the_account_sees_its_services_by_region(caller: Caller) -> None:
    row = caller.get("/account/availability/us-ord").json()

    assert (row["region"], "Linodes" in row["available"]) == ("us-ord", True)
    assert row in caller.rows("/account/availability", page_size=500)
    assert caller.get("/account/availability/us-none").status_code == 404


def test_a_plan_can_be_sold_out_and_come_back(own: LocalApi) -> None:
    caller = Caller(own, own.add_token())
    wanted = {"region": "us-ord", "plan": "g6-nanode-1", "available": False}

    control(own, "PUT", "/availability", wanted)
    sold_out = caller.post("/linode/instances", EMPTY)
    listed = caller.rows("/regions/availability", where={"plan": "g6-nanode-1"})
    control(own, "DELETE", "/catalog")

    assert (sold_out.status_code, listed) == (403, [wanted])
    assert caller.post("/linode/instances", EMPTY).status_code == 200
    assert control(own, "PUT", "/availability", {"region": "x"}).status_code == 400
    caller.close()


def test_catalogs_can_be_changed_by_hand(own: LocalApi) -> None:
    caller = Caller(own, own.add_token())
    old = caller.create(**EMPTY)
    edit = {
        "images": [
            {"id": "linode/debian14", "like": "linode/debian13", "label": "Debian 14"},
            {"id": "linode/debian12", "deprecated": True},
        ],
        "types": [{"id": "g9-tiny", "like": "g6-nanode-1", "memory": 512}],
        "remove": ["g6-nanode-1", "us-sea"],
    }

    report = control(own, "PUT", "/catalog", edit)
    new = caller.create(**{**FROM_IMAGE, "type": "g9-tiny", "image": "linode/debian14"})

    assert report.status_code == 200
    assert caller.get("/images/linode%2Fdebian12").json()["deprecated"] is True
    assert caller.get("/linode/types/g6-nanode-1").status_code == 404
    assert "us-sea" not in {row["id"] for row in caller.rows("/regions", page_size=500)}
    assert reasons(caller.post("/linode/instances", EMPTY))[0][0] == "type"
    assert (new["specs"]["memory"], caller.linode(old["id"])["specs"]) == (512, old["specs"])
    control(own, "DELETE", "/catalog")
    assert caller.get("/linode/types/g6-nanode-1").status_code == 200
    assert caller.get("/linode/types/g9-tiny").status_code == 404
    assert caller.linode(new["id"])["specs"]["memory"] == 512
    caller.close()


@pytest.mark.parametrize(
    "edit", [{"sizes": []}, {"images": [{}]}, {"images": [{"id": "x", "like": "y"}]}, {"remove": ["x"]}]
)
def test_a_bad_edit_changes_nothing_and_says_why(own: LocalApi, edit: dict[str, Any]) -> None:
    answer = control(own, "PUT", "/catalog", {"types": [{"id": "new"}], **edit})

    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert control(own, "GET", "/catalog").json() == {"edits": []}


def test_edits_and_everything_made_survive_a_restart(tmp_path: Path) -> None:
    clock = HeldClock()
    with LocalApi(tmp_path / "api.db", clock=clock) as first:
        token = first.add_token(user="second", restricted=True)
        control(first, "PUT", "/catalog", {"remove": ["linode/debian12"]})
        caller = Caller(first, first.add_token())
        guard = made(
            caller.post(
                "/networking/firewalls",
                {"label": "guard", "rules": {"inbound_policy": "DROP", "outbound_policy": "DROP"}},
            )
        )
        caller.close()

    with LocalApi(tmp_path / "api.db", clock=clock) as second:
        caller, restricted = Caller(second, second.add_token()), Caller(second, token)
        kept = caller.rows("/networking/firewalls")
        image = caller.get("/images/linode%2Fdebian12")
        profile = restricted.get("/profile").json()
        caller.close()
        restricted.close()

    assert (kept, image.status_code) == ([guard], 404)
    assert (profile["username"], profile["restricted"]) == ("second", True)


def test_maintenance_can_be_switched_on_and_off(api: LocalApi, caller: Caller) -> None:
    control(api, "PUT", "/maintenance", {"on": True})
    during = caller.get("/profile")
    control(api, "PUT", "/maintenance", {"on": False})

    assert (during.status_code, bool(during.headers["X-Maintenance-Mode"])) == (503, True)
    assert caller.get("/profile").status_code == 200
    assert control(api, "PUT", "/maintenance", {}).status_code == 400


def test_one_linode_can_be_kept_busy_locked_or_due_for_a_move(
    api: LocalApi, caller: Caller, clock: HeldClock
) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    path, hand = f"/linode/instances/{linode['id']}", f"/linodes/{linode['id']}"

    control(api, "PUT", hand, {"busy_s": 30, "lock": "cannot_delete", "pending_migration": True})
    busy = caller.post(path + "/shutdown")
    clock.advance(31)
    moved, locked = caller.post(path + "/migrate"), caller.delete(path)
    control(api, "PUT", hand, {"lock": None})

    assert reasons(busy) == [(None, "Linode busy.")]
    assert (moved.status_code, locked.status_code) == (200, 400)
    assert caller.delete(path).status_code == 200
    assert control(api, "PUT", "/linodes/1", {"busy_s": 1}).status_code == 404
    assert control(api, "PUT", hand, {"color": 1}).status_code == 400


def test_what_was_handed_to_cloud_init_can_be_read(own: LocalApi) -> None:
    caller = Caller(own, own.add_token())
    key, mine = (f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{letter * 43} {letter}" for letter in "AB")
    caller.post("/profile/sshkeys", {"label": "mine", "ssh_key": mine})
    keys = {"authorized_keys": [key], "authorized_users": ["local"]}
    plain, other = (
        caller.create(**FROM_IMAGE)["id"],
        caller.create(**FROM_IMAGE, **keys, metadata={"user_data": "Zmlyc3Q="})["id"],
    )

    first = [control(own, "GET", f"/linodes/{linode_id}").json() for linode_id in (plain, other)]

    assert first == [
        {"user_data": None, "root_keys": []},
        {"user_data": "Zmlyc3Q=", "root_keys": [key, mine]},
    ]
    rebuilt = {"image": "linode/debian12", "root_pass": PASSWORD}
    own.clock.advance(200)
    assert caller.post(f"/linode/instances/{other}/rebuild", rebuilt).status_code == 200
    assert control(own, "GET", f"/linodes/{other}").json() == {"user_data": "Zmlyc3Q=", "root_keys": []}
    assert control(own, "GET", "/linodes/1").status_code == 404


@pytest.fixture
def limited(api: LocalApi, account: str) -> Iterator[Caller]:
    """A restricted user, who may make Linodes and has no grant for anything that is there."""
    opened = Caller(api, api.add_token(account, user="limited", restricted=True))
    yield opened
    opened.close()


GRANTS = "/account/users/limited/grants"


def test_a_restricted_user_sees_and_changes_what_a_grant_names(caller: Caller, limited: Caller) -> None:
    first, second, third = (caller.create(**EMPTY)["id"] for _ in range(3))
    made(caller.put(GRANTS, {"linode": [
        {"id": first, "permissions": "read_only"}, {"id": second, "permissions": "read_write"},
    ]}))  # fmt: skip

    seen = [linode["id"] for linode in limited.rows("/linode/instances")]
    answers = [
        limited.send(method, f"/linode/instances/{linode_id}", body).status_code
        for linode_id in (first, second, third)
        for method, body in (("GET", None), ("PUT", {"label": f"l-{linode_id}"}))
    ]

    assert seen == [first, second]
    assert answers == [200, 403, 200, 200, 403, 403]
    assert limited.post(f"/linode/instances/{first}/reboot").status_code == 403
    assert limited.get(f"/linode/instances/{first}/disks").status_code == 200
    made(caller.put(GRANTS, {"linode": [{"id": first, "permissions": None}]}))
    assert [linode["id"] for linode in limited.rows("/linode/instances")] == [second]


def test_who_makes_a_thing_may_change_it(caller: Caller, limited: Caller) -> None:
    linode = limited.create(**EMPTY)

    changed = limited.put(f"/linode/instances/{linode['id']}", {"label": "mine"})

    assert changed.status_code == 200
    own = [one for one in made(caller.get(GRANTS))["linode"] if one["permissions"]]
    assert own == [{"id": linode["id"], "label": "mine", "permissions": "read_write"}]


def test_there_are_grants_for_each_kind_of_thing(caller: Caller, limited: Caller) -> None:
    rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    things = {
        "volume": ("/volumes", {"label": "data", "region": "us-ord"}),
        "firewall": ("/networking/firewalls", {"label": "guard", "rules": rules}),
        "domain": ("/domains", {"domain": "granted.example", "type": "master", "soa_email": "a@b.example"}),
        "vpc": ("/vpcs", {"label": "net", "region": "us-ord"}),
        "nodebalancer": ("/nodebalancers", {"region": "us-ord"}),
        "stackscript": (
            "/linode/stackscripts",
            {"label": "s-1", "images": ["any/all"], "script": "#!/bin/sh"},
        ),
    }
    ids = {kind: made(caller.post(path, body))["id"] for kind, (path, body) in things.items()}

    before = [limited.get(f"{path}/{ids[kind]}").status_code for kind, (path, _) in things.items()]
    made(caller.put(GRANTS, {kind: [{"id": one, "permissions": "read_only"}] for kind, one in ids.items()}))
    after = [limited.get(f"{path}/{ids[kind]}").status_code for kind, (path, _) in things.items()]
    deleted = [limited.delete(f"{path}/{ids[kind]}").status_code for kind, (path, _) in things.items()]

    assert (before, after, deleted) == ([403] * 6, [200] * 6, [403] * 6)
    held = made(limited.get("/profile/grants"))
    assert {kind: held[kind][-1]["permissions"] for kind in things} == dict.fromkeys(things, "read_only")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"linode": [{"id": 1, "permissions": "read_only"}]}, "linode[0].id"),
        ({"linode": [{"id": [], "permissions": "read_only"}]}, "linode[0].id"),
        ({"volume": "all"}, "volume"),
    ],
)
def test_a_grant_for_what_is_not_there_is_refused(
    caller: Caller, limited: Caller, body: dict[str, Any], field: str
) -> None:
    answer = caller.put(GRANTS, body)

    assert (answer.status_code, reasons(answer)[0][0]) == (400, field)
    assert limited.rows("/linode/instances") == []
