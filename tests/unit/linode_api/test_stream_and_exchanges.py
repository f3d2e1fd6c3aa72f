"""What the page is told: the stream, and requests with their bodies and answers, without secrets and in bounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from emulators.linode_api import overview
from emulators.linode_api.core.exchanges import (
    HIDDEN,
    LONGEST,
    MOST,
    MOST_BYTES,
    Exchange,
    Exchanges,
    answered_text,
    query_text,
    sent_text,
)
from emulators.linode_api.core.records import KINDS, ROWS
from emulators.linode_api.server import LocalApi
from emulators.linode_api.stream import MOST_STREAMS, difference
from tests.unit.certificates import CERTIFICATE, KEY
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD, Caller, made
from tests.unit.linode_api.test_users_and_controls import control

SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPUBLIC me@example.com"
USER_DATA = "I2Nsb3VkLWNvbmZpZwo="
Messages = Iterator[tuple[str, Any]]


@contextmanager
def listening(api: LocalApi, account: str = "") -> Iterator[Messages]:
    with requests.Session() as session:
        session.trust_env = False
        url = f"{api.url}/_local/stream"
        with session.get(url, params={"account": account}, stream=True, timeout=60) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            yield messages(answer)


def messages(answer: requests.Response) -> Messages:
    """Until the stream has said for half a minute only that it is there."""
    topic, alive = "", 0
    for line in answer.iter_lines(chunk_size=None):
        name, _, value = line.decode().partition(": ")
        if name == "event":
            topic = value
        elif name == "data":
            alive = 0
            yield topic, json.loads(value)
        elif value == "alive" and (alive := alive + 1) > 2:
            raise TimeoutError(f"nothing new after {topic}")


def heard(stream: Messages, topic: str, fits: Callable[[Any], object] = lambda _: True) -> Any:
    """The next message of that topic that fits."""
    return next(payload for name, payload in stream if name == topic and fits(payload))


def of_linodes(payload: Any) -> list[Any]:
    return list(payload["set"].get("linode", {}).values())


def test_a_create_is_told_with_what_it_does_until_it_runs(local: Caller, own: LocalApi) -> None:
    clock = own.clock
    with listening(own) as stream:
        heard(stream, "costs")
        linode = local.create(**FROM_IMAGE, label="web-1", tags=["web"])
        [begun] = of_linodes(heard(stream, "things", of_linodes))
        clock.advance(20)
        [going] = of_linodes(heard(stream, "things", of_linodes))
        clock.advance(200)
        [done] = of_linodes(heard(stream, "things", of_linodes))
        events = heard(stream, "events", lambda rows: rows[-1]["status"] == "finished")

    assert (begun["label"], begun["status"], begun["tags"]) == ("web-1", "provisioning", ["web"])
    assert [job["action"] for job in begun["jobs"]] == ["linode_create", "linode_boot"]
    assert begun["jobs"][0]["percent"] == 0 < going["jobs"][0]["percent"] < 100
    assert begun["monthly"] == 5
    assert (done["status"], done["jobs"]) == ("running", [])
    assert {event["entity"]["id"] for event in events} == {linode["id"]}


def test_a_deletion_is_told_although_nobody_asks_the_api(local: Caller, own: LocalApi) -> None:
    linode = local.create(**EMPTY)
    own.clock.advance(100)
    with listening(own) as stream:
        heard(stream, "things")
        local.delete(f"/linode/instances/{linode['id']}")
        heard(stream, "things", lambda news: of_linodes(news)[0]["status"] == "deleting")

        own.clock.advance(100)

        gone = heard(stream, "things", lambda news: "linode" in news["gone"])
    assert gone["gone"]["linode"] == [str(linode["id"])]


def test_after_a_reset_and_a_snapshot_all_there_is_is_told_again(local: Caller, own: LocalApi) -> None:
    local.create(**EMPTY, label="kept")
    own.snapshot()
    with listening(own) as stream:
        heard(stream, "things")
        control(own, "POST", "/reset", {"account": "local"})
        heard(stream, "hello")
        empty = heard(stream, "counts")
        own.restore()
        heard(stream, "hello")
        again = heard(stream, "things")

    assert "linode" not in empty
    assert [row["label"] for row in of_linodes(again)] == ["kept"]


def test_requests_controls_and_time_are_told_as_they_change(local: Caller, own: LocalApi) -> None:
    with listening(own) as stream:
        heard(stream, "costs")
        local.get("/linode/instances", page_size=25)
        [request] = heard(stream, "requests")
        own.set_faults({"kind": "503", "times": 1})
        faults = heard(stream, "controls")["rules"]
        control(own, "PUT", "/time", {"speed": 5})
        time = heard(stream, "time")

    assert (request["method"], request["path"], request["status"]) == ("GET", "/v4/linode/instances", 200)
    assert (request["query"], request["account"]) == ("page_size=25", "local")
    assert [(rule["kind"], rule["on"], rule["fired"]) for rule in faults] == [("503", True, 0)]
    assert (time["speed"], time["held"], time["now"]) == (5, True, own.clock.now())


def test_one_account_is_shown_of_several(own: LocalApi) -> None:
    for name in ("one", "other"):
        caller = Caller(own, own.add_token(name))
        caller.create(**EMPTY, label=f"of-{name}")
        caller.close()

    with listening(own, "other") as stream:
        accounts = heard(stream, "accounts")
        rows = of_linodes(heard(stream, "things"))

    assert accounts == {"names": ["one", "other"], "shown": "other"}
    assert [row["label"] for row in rows] == ["of-other"]


def test_a_server_without_any_account_has_a_page_too(own: LocalApi) -> None:
    with listening(own) as stream:
        assert heard(stream, "accounts") == {"names": [], "shown": None}
        own.add_token("first")
        assert heard(stream, "accounts")["shown"] == "first"


def test_every_kind_of_thing_is_told_with_a_name_of_its_own(local: Caller, own: LocalApi) -> None:
    vpc = made(local.post("/vpcs", {"label": "inner", "region": "us-ord"}))
    made(local.post(f"/vpcs/{vpc['id']}/subnets", {"label": "front", "ipv4": "10.0.0.0/24"}))
    linode = local.create(**FROM_IMAGE, label="web-1", backups_enabled=True)
    rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [], "outbound": []}
    devices = {"linodes": [linode["id"]]}
    made(local.post("/networking/firewalls", {"label": "wall", "rules": rules, "devices": devices}))
    made(local.post("/volumes", {"label": "data", "size": 20, "linode_id": linode["id"]}))
    balancer = made(local.post("/nodebalancers", {"region": "us-ord", "label": "front"}))
    made(local.post(f"/nodebalancers/{balancer['id']}/configs", {"port": 443, "protocol": "tcp"}))
    domain = made(
        local.post("/domains", {"domain": "example.com", "type": "master", "soa_email": "a@example.com"})
    )
    made(local.post(f"/domains/{domain['id']}/records", {"type": "A", "name": "www", "target": "192.0.2.1"}))
    made(local.post("/profile/sshkeys", {"label": "laptop", "ssh_key": SSH_KEY}))
    made(local.post("/networking/reserved/ips", {"region": "us-ord"}))

    with listening(own) as stream:
        counts, costs, things = (heard(stream, topic) for topic in ("counts", "costs", "things"))

    told = {
        kind: [(row["label"], row.get("about"), row.get("of")) for row in rows.values()]
        for kind, rows in things["set"].items()
    }
    assert {kind: len(rows) for kind, rows in told.items()} == {
        k: n for k, n in counts.items() if k != "busy"
    }
    assert told["firewall"] == [("wall", "in DROP, 0 rules; out ACCEPT, 0 rules", None)]
    assert told["device"] == [("web-1", "linode", "wall")]
    assert told["volume"] == [("data", "20 GB, on web-1", None)]
    assert told["subnet"] == [("front", "10.0.0.0/24, 0 Linodes", "inner")]
    assert told["nodebalancer_config"] == [("port 443", "tcp, 0 up, 0 down", "front")]
    assert told["domain_record"] == [("www", "A 192.0.2.1", "example.com")]
    assert [of for _, _, of in told["disk"]] == ["web-1", "web-1"]
    assert {line["what"]: (line["count"], line["monthly"]) for line in costs} == {
        "Linodes": (1, 5), "Backups": (1, 2), "Volumes": (1, 2), "NodeBalancers": (1, 10), "Reserved addresses": (1, 2),
    }  # fmt: skip
    assert KINDS.keys() & ROWS.keys() <= overview.SHELVES.keys()


def test_of_very_many_the_busy_and_the_newest_are_told_and_all_are_counted(own: LocalApi) -> None:
    many = {"post": "/linode/instances", "count": 600, "body": {**EMPTY, "label": "web-{n}"}}
    own.seed({"things": [many]})
    caller = Caller(own, own.add_token())
    first = caller.rows("/linode/instances", page_size=25)[0]
    control(own, "PUT", f"/linodes/{first['id']}", {"busy_s": 60})
    caller.close()

    with listening(own) as stream:
        counts, things = heard(stream, "counts"), heard(stream, "things")

    assert (counts["linode"], counts["busy"]) == (600, 1)
    assert len(of_linodes(things)) == overview.MOST
    assert str(first["id"]) in things["set"]["linode"]


def test_the_server_ends_while_a_page_listens(tmp_path: Path) -> None:
    with LocalApi(tmp_path / "api.db") as api:
        with listening(api) as stream:
            heard(stream, "controls")
            api.stop()
            rest = list(stream)

    assert isinstance(rest, list)


def test_no_more_pages_than_the_server_can_bear(own: LocalApi) -> None:
    own.api.streams = MOST_STREAMS

    refused = control(own, "GET", "/stream")

    assert (refused.status_code, list(refused.json())) == (503, ["error"])


def test_what_was_sent_and_answered_is_kept_without_secrets(local: Caller, own: LocalApi) -> None:
    secrets = [PASSWORD, SSH_KEY, USER_DATA, "hush-hush", KEY.splitlines()[1]]
    wanted = {
        **FROM_IMAGE,
        "label": "web-1",
        "authorized_keys": [SSH_KEY],
        "metadata": {"user_data": USER_DATA},
    }
    local.create(**wanted)
    token = made(local.post("/profile/tokens", {"label": "ci", "scopes": "*"}))["token"]
    balancer = made(local.post("/nodebalancers", {"region": "us-ord"}))
    config = {"protocol": "https", "ssl_cert": CERTIFICATE, "ssl_key": KEY}
    local.post(f"/nodebalancers/{balancer['id']}/configs", config)
    local.post("/linode/instances", {**EMPTY, "stackscript_id": 1, "stackscript_data": {"word": "hush-hush"}})
    local.session.post(local.base + "/volumes", data="root_pass=hush-hush", timeout=10)
    local.session.get(local.base + "/profile", params={"access_token": "hush-hush"}, timeout=10)
    local.get("/linode/instances", where={"root_pass": "hush-hush"})
    ids = [row["id"] for row in own.requests()]

    kept = [control(own, "GET", f"/requests/{request_id}") for request_id in ids]
    with listening(own) as stream:
        told = heard(stream, "requests")

    said = "\n".join([*(answer.text for answer in kept), json.dumps(told)])
    authorization = str(local.session.headers["Authorization"]).removeprefix("Bearer ")
    assert [secret for secret in [*secrets, token, authorization] if secret in said] == []
    first = kept[0].json()
    sent, answered = json.loads(first["sent"]), json.loads(first["answered"])
    assert (sent["label"], sent["root_pass"], sent["metadata"]) == ("web-1", HIDDEN, {"user_data": HIDDEN})
    assert (answered["label"], answered["has_user_data"]) == ("web-1", True)
    assert json.loads(kept[1].json()["answered"])["token"] == HIDDEN


def test_of_a_request_that_is_long_past_only_the_line_is_left(local: Caller, own: LocalApi) -> None:
    local.get("/profile")
    own.api.exchanges.clear()

    line = control(own, "GET", "/requests/1").json()

    assert (line["path"], line["sent"], line["answered"]) == ("/v4/profile", None, None)
    assert control(own, "GET", "/requests/2").status_code == 404
    assert control(own, "GET", "/requests/" + "9" * 30).status_code == 400


def test_a_connection_that_was_cut_has_no_answer(local: Caller, own: LocalApi) -> None:
    own.set_faults({"kind": "cut", "times": 1})
    with pytest.raises(requests.ConnectionError):
        local.post("/linode/instances", {"label": "lost"})

    line = control(own, "GET", "/requests/1").json()

    assert (line["status"], line["fault"], line["answered"]) == (0, "cut", None)
    assert json.loads(line["sent"]) == {"label": "lost"}


def test_memory_is_bounded_by_number_and_by_size() -> None:
    small, large = Exchanges(), Exchanges()

    for number in range(3 * MOST):
        small.keep(number, Exchange("{}", "{}", {}, 1.0))
        large.keep(number, Exchange("x" * LONGEST, "y" * LONGEST, {}, 1.0))

    assert len(small) == MOST
    assert (small.get(3 * MOST - 1) is not None, small.get(0)) == (True, None)
    assert 0 < len(large) < MOST
    assert large.size <= MOST_BYTES


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        (b'{"label": "x", "root_pass": "p"}', f'{{"label":"x","root_pass":"{HIDDEN}"}}'),
        (b'{"root\\u005fpass": "p"}', f'{{"root_pass":"{HIDDEN}"}}'),
        (b'{"rootPassword": ["p"], "a": 1}', f'{{"rootPassword":"{HIDDEN}","a":1}}'),
        (b'{"a": [{"token": {"b": 1}}]}', f'{{"a":[{{"token":"{HIDDEN}"}}]}}'),
        (b'{"password": null, "ssl_key": "", "key": true}', '{"password":null,"ssl_key":"","key":true}'),
        (b"root_pass=p", "(11 bytes that are not JSON)"),
        (b"[" * 3000, "(3,000 bytes that are not JSON)"),
        (b"[" * 900 + b"]" * 900, "[" * 900 + "]" * 900),
    ],
)  # fmt: skip
def test_a_body_is_shown_without_what_is_secret(body: bytes, text: str) -> None:
    shown = sent_text(body)

    assert shown == text or (b"[[" in body and shown == f"({len(body):,} bytes that are not JSON)")


def test_answers_and_queries_hide_the_same() -> None:
    assert answered_text(b'{"token": "abc"}') == f'{{"token":"{HIDDEN}"}}'
    assert answered_text(b"<html>502 Bad Gateway</html>") == "<html>502 Bad Gateway</html>"
    assert answered_text(b'{"has_user_data": true}') == '{"has_user_data": true}'
    assert len(answered_text(b"x" * 10 * LONGEST)) < LONGEST + 100
    assert query_text("page=2&access%5Ftoken=abc&flag") == f"page=2&access%5Ftoken={HIDDEN}&flag"


def test_a_difference_is_what_was_set_and_what_is_gone() -> None:
    before = {"vpc": {"1": {"label": "a"}, "2": {"label": "b"}}, "volume": {"7": {"label": "c"}}}
    after = {"vpc": {"1": {"label": "A"}, "3": {"label": "d"}}, "volume": {"7": {"label": "c"}}}

    assert difference(before, after) == {
        "set": {"vpc": {"1": {"label": "A"}, "3": {"label": "d"}}},
        "gone": {"vpc": ["2"]},
    }
    assert difference(after, after) == {"set": {}, "gone": {}}
