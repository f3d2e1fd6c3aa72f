from __future__ import annotations

import json

import pytest

from emulators.linode_api.core.accounts import scopes_in_order
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import EMPTY, Caller, reasons

SCOPE_REFUSED = [(None, "Your OAuth token is not authorized to use this endpoint.")]


@pytest.mark.parametrize("token", ["wrong", None])
def test_a_wrong_or_missing_token_is_refused_where_one_is_needed(api: LocalApi, token: str | None) -> None:
    stranger = Caller(api, token)

    answers = [stranger.get(path) for path in ("/linode/instances", "/profile", "/images/linode%2Fdebian12")]

    assert {answer.status_code for answer in answers} == {401}
    assert all(answer.json() == {"errors": [{"reason": "Invalid Token"}]} for answer in answers)
    assert answers[0].headers["X-OAuth-Scopes"] == "unknown"
    assert answers[0].headers["X-Accepted-OAuth-Scopes"] == "linodes:read_only"
    assert "X-RateLimit-Limit" not in answers[0].headers
    stranger.close()


@pytest.mark.parametrize(
    "path", ["/regions", "/linode/types", "/linode/kernels", "/images", "/regions/availability"]
)
def test_public_catalogs_ignore_a_wrong_token(api: LocalApi, path: str) -> None:
    stranger = Caller(api, "wrong")

    answer = stranger.get(path)

    assert (answer.status_code, answer.headers["X-OAuth-Scopes"]) == (200, "unknown")
    stranger.close()


@pytest.mark.parametrize(
    ("granted", "method", "path", "allowed"),
    [
        ("linodes:read_only", "GET", "/linode/instances", True),
        ("linodes:read_only", "POST", "/linode/instances", False),
        ("linodes:read_write", "POST", "/linode/instances", True),
        ("linodes:read_write", "GET", "/account/events", False),
        ("events:read_only", "GET", "/account/events", True),
        ("events:read_only", "GET", "/profile", True),
        ("linodes:read_write", "GET", "/images/linode%2Fdebian12", False),
        ("account:read_only", "GET", "/tags", True),
        ("account:read_only", "POST", "/tags", False),
    ],
)
def test_a_scope_opens_its_own_doors_only(
    api: LocalApi, account: str, granted: str, method: str, path: str, *, allowed: bool
) -> None:
    holder = Caller(api, api.add_token(account, granted))

    answer = holder.send(method, path, {**EMPTY, "label": "some-label"} if method == "POST" else None)

    assert answer.status_code == (200 if allowed else 401)
    assert answer.headers["X-OAuth-Scopes"] == granted
    assert allowed or reasons(answer) == SCOPE_REFUSED
    holder.close()


def test_every_answer_names_the_account(api: LocalApi, caller: Caller) -> None:
    other = Caller(api, api.add_token("someone-else"))

    euuid = caller.get("/account").json()["euuid"]

    assert caller.get("/profile").headers["X-Customer-UUID"] == euuid
    assert [len(part) for part in euuid.split("-")] == [8, 4, 4, 16]
    assert other.get("/profile").headers["X-Customer-UUID"] != euuid
    other.close()


def test_both_versions_of_the_api_are_served(api: LocalApi, account: str) -> None:
    beta = Caller(api, api.add_token(account), "/v4beta")

    assert beta.get("/profile").json()["username"] == account
    beta.close()


def test_unknown_addresses_are_404_and_wrong_methods_405(caller: Caller) -> None:
    assert reasons(caller.get("/nope")) == [(None, "Not found")]
    assert caller.get("/linode/instances/abc").status_code == 404
    assert caller.get("/linode/instances/1").status_code == 404
    assert caller.delete("/linode/instances").status_code == 405
    assert caller.delete("/linode/instances").headers["Allow"] == "GET, POST"


@pytest.mark.parametrize("path", ["/account/payments", "/account/betas", "/profile/security-questions"])
def test_what_the_real_api_takes_at_an_address_that_is_only_looked_at_here_is_no_part_of_this_one(
    caller: Caller, path: str
) -> None:
    assert caller.get(path).status_code == 200
    assert (answer := caller.post(path, {})).status_code == 404
    assert "X-Local-API" in answer.headers


def test_broken_json_is_a_400(caller: Caller) -> None:
    answer = caller.session.post(caller.base + "/linode/instances", data=b"{", timeout=5)

    assert answer.status_code == 400


def test_scopes_that_do_not_exist_are_refused_with_a_hint() -> None:
    with pytest.raises(ValueError, match="unknown scope 'linodes'"):
        scopes_in_order("linodes")


def test_the_request_log_counts_creates_and_holds_no_token(api: LocalApi, account: str) -> None:
    token = api.add_token(account)
    caller = Caller(api, token)
    before = api.requests()[-1]["id"] if api.requests() else 0

    made = caller.create(**EMPTY, label="logged")

    [entry] = api.requests(after=before)
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", "/v4/linode/instances", 200)
    assert (entry["created_id"], entry["account"]) == (made["id"], account)
    stored = b"".join(path.read_bytes() for path in api.database.path.parent.iterdir())
    assert token.encode() not in stored
    caller.close()


def test_controls_answer_on_this_machine_only(api: LocalApi, caller: Caller, account: str) -> None:
    caller.create(**EMPTY)
    reset = caller.session.post(api.url + "/_local/reset", json={"account": account}, timeout=5)
    rebound = caller.session.get(api.url + "/_local/health", headers={"Host": "evil.example"}, timeout=5)
    health = caller.session.get(api.url + "/_local/health", timeout=5).json()

    assert reset.status_code == 200
    assert caller.rows("/linode/instances") == []
    assert rebound.status_code == 403
    assert {"pid", "speed", "database", "started", "url"} <= health.keys()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "198.18.0.1", "127.0.0.1.evil.example"])
def test_no_name_but_this_machines_own_reaches_the_api(api: LocalApi, caller: Caller, host: str) -> None:
    """A page whose name was pointed at 127.0.0.1 meanwhile asks under that name."""
    refused = caller.session.get(api.url + "/v4/regions", headers={"Host": host}, timeout=5)

    assert refused.status_code == 403
    assert "data" not in refused.json()


@pytest.mark.parametrize("host", ["localhost", "localhost:8041", "127.0.0.1", "[::1]:8041"])
def test_every_name_of_this_machine_reaches_the_api(api: LocalApi, caller: Caller, host: str) -> None:
    assert caller.session.get(api.url + "/v4/regions", headers={"Host": host}, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Origin": "https://evil.example", "Content-Type": "application/json"}, "not from another web page"),
        ({"Origin": "null", "Content-Type": "application/json"}, "not from another web page"),
        ({"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"}, "not from another web page"),
        ({"Sec-Fetch-Site": "same-site", "Content-Type": "application/json"}, "not from another web page"),
        ({"Content-Type": "text/plain"}, "send the body as application/json"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "send the body as application/json"),
        ({}, "send the body as application/json"),
    ],
)
def test_no_web_page_can_empty_an_account(
    api: LocalApi, caller: Caller, account: str, headers: dict[str, str], why: str
) -> None:
    """What a form or a script of a page elsewhere can send without being asked for leave."""
    made = caller.create(**EMPTY)
    body = json.dumps({"account": account})

    refused = caller.session.post(api.url + "/_local/reset", data=body, headers=headers, timeout=5)

    assert (refused.status_code, refused.json()) == (403, {"error": why})
    assert [row["id"] for row in caller.rows("/linode/instances")] == [made["id"]]


def test_a_page_of_the_local_api_itself_may_use_the_controls(api: LocalApi, caller: Caller) -> None:
    headers = {"Origin": api.url, "Sec-Fetch-Site": "same-origin"}

    done = caller.session.put(api.url + "/_local/faults", json={"rules": []}, headers=headers, timeout=5)

    assert done.status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tags": "blue"}, "tags"),
        ({"interfaces": [5]}, "interfaces[0]"),
        ({"metadata": {"user_data": 5}}, "metadata.user_data"),
        ({"placement_group": 7}, "placement_group"),
        ({"interfaces": [{"vpc": {"ipv4": {"addresses": ["auto"]}}}]}, "interfaces[0].vpc.ipv4.addresses[0]"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_path(
    caller: Caller, body: dict[str, object], field: str
) -> None:
    answer = caller.post("/linode/instances", {**EMPTY, **body})

    assert answer.status_code == 400
    assert [name for name, _ in reasons(answer)] == [field]
