from __future__ import annotations

import base64
import logging
import socket
import time
from email.utils import formatdate

import pytest

from providers.linode.api import transport
from providers.linode.api.connection import Connection
from providers.linode.api.errors import (
    ApiMaintenance,
    ApiRefused,
    ApiUnreachable,
    Busy,
    LinodeError,
    NotAuthorized,
    NotFound,
)
from providers.linode.api.masking import SECRET_KEYS
from providers.linode.api.patience import one_operation
from providers.linode.api.rate_headers import retry_after_s
from providers.linode.api.transport import Transport, may_repeat, pause_s
from providers.linode.provider import SPECS
from tests.wire import Answer, ScriptedServer, errors


def test_the_token_is_sent_as_bearer() -> None:
    with ScriptedServer() as server:
        server.transport("abc").request("GET", "/profile")

    assert server.seen[0].headers["Authorization"] == "Bearer abc"


def test_a_netrc_file_does_not_replace_the_token(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:
        file.write("machine 127.0.0.1 login eve password stolen\n")
    monkeypatch.setenv("NETRC", netrc)

    with ScriptedServer() as server:
        server.transport("abc").request("GET", "/profile")

    assert server.seen[0].headers["Authorization"] == "Bearer abc"


def test_a_proxy_of_the_environment_does_not_get_loopback_traffic(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as proxy, ScriptedServer() as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        server.transport().request("GET", "/profile")

    assert (len(proxy.seen), len(server.seen)) == (0, 1)


def test_a_redirect_is_not_followed() -> None:
    with ScriptedServer() as other, ScriptedServer(Answer(302, headers={"Location": other.url})) as server:
        with pytest.raises(ApiRefused, match="redirect"):
            server.transport().request("GET", "/profile")

    assert other.seen == []


def test_the_filter_travels_as_a_header_and_the_page_as_a_query() -> None:
    with ScriptedServer() as server:
        server.transport().request("GET", "/images", query={"page": 2}, x_filter={"vendor": "Debian"})

    assert server.seen[0].headers["X-Filter"] == '{"vendor":"Debian"}'
    assert server.seen[0].path == "/v4/images?page=2"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_get_is_repeated_until_it_is_answered(status: int) -> None:
    with ScriptedServer(Answer(status, errors("x")), Answer(200, {"ok": 1})) as server:
        reply = server.transport().request("GET", "/profile")

    assert reply.body == {"ok": 1}
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_post_is_never_repeated_when_it_may_have_been_done(status: int) -> None:
    with ScriptedServer(Answer(status, errors("x")), Answer()) as server, pytest.raises(LinodeError):
        server.transport().request("POST", "/linode/instances", body={})

    assert len(server.seen) == 1


def test_a_post_is_not_repeated_after_its_answer_was_lost() -> None:
    with ScriptedServer(Answer(cut=True), Answer()) as server, pytest.raises(ApiUnreachable) as caught:
        server.transport().request("POST", "/linode/instances", body={})

    assert len(server.seen) == 1
    assert caught.value.did_nothing is False


def test_a_post_is_repeated_after_too_many_requests() -> None:
    with ScriptedServer(Answer(429, errors("Too many requests"), {"Retry-After": "2"}), Answer()) as server:
        server.transport().request("POST", "/linode/instances", body={})

    assert len(server.seen) == 2
    assert 2 <= server.slept[0] <= 2.5


def test_a_connection_that_is_refused_did_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        transport = Transport(Connection(f"http://127.0.0.1:{port}/v4", "t", "x"), sleep=lambda _: None)

        with pytest.raises(
            ApiUnreachable, match="can't be reached.*fleet api.*or correct LINODE_URL"
        ) as caught:
            transport.request("POST", "/linode/instances", body={})

    assert caught.value.did_nothing is True


def test_an_api_that_never_answers_is_waited_for_so_long_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "READ_TIMEOUT_S", 0.2)
    monkeypatch.setattr(transport, "pause_s", lambda *_, **__: 0.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v4"

        with pytest.raises(ApiUnreachable) as caught:
            Transport(Connection(url, "t", "LINODE_TOKEN")).request("POST", "/linode/instances", body={})

    assert caught.value.did_nothing is False, "nobody can tell"


def test_maintenance_is_not_waited_out() -> None:
    closed = Answer(503, errors("x"), {"X-Maintenance-Mode": "planned"})
    with ScriptedServer(closed, Answer()) as server, pytest.raises(ApiMaintenance, match="planned"):
        server.transport().request("GET", "/profile")

    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, errors("Not found"), NotFound),
        (400, errors("Linode busy."), Busy),
        (401, errors("Invalid Token"), NotAuthorized),
        (400, "<html>", ApiUnreachable),
        (400, errors("region is not valid", "region"), ApiRefused),
    ],
)
def test_each_refusal_has_its_own_type(status: int, body: object, kind: type[LinodeError]) -> None:
    with ScriptedServer(Answer(status, body)) as server, pytest.raises(kind) as caught:
        server.transport().request("POST", "/x", body={})

    assert "\n" not in str(caught.value)
    assert "planted-token" not in str(caught.value)


def test_a_wrong_token_is_told_with_the_scope_it_needs() -> None:
    headers = {"X-OAuth-Scopes": "unknown", "X-Accepted-OAuth-Scopes": "linodes:read_write"}
    with ScriptedServer(Answer(401, errors("Invalid Token"), headers)) as server:
        with pytest.raises(NotAuthorized, match=r"LINODE_TOKEN.*linodes:read_write"):
            server.transport().request("GET", "/linode/instances")


def test_a_missing_scope_is_told_apart_from_a_wrong_token() -> None:
    headers = {"X-OAuth-Scopes": "linodes:read_only", "X-Accepted-OAuth-Scopes": "events:read_only"}
    body = errors("Your OAuth token is not authorized to use this endpoint.")
    with ScriptedServer(Answer(401, body, headers)) as server:
        with pytest.raises(
            NotAuthorized, match=r"has the scopes linodes:read_only; the call needs events:read_only"
        ):
            server.transport().request("GET", "/account/events")


def test_an_answer_that_is_no_json_is_told() -> None:
    with ScriptedServer(Answer(200, "<html>")) as server, pytest.raises(ApiUnreachable, match="no JSON"):
        server.transport().request("GET", "/profile")


@pytest.mark.parametrize("body", ["<html>", '{"id": 7', "[" * 100_000, '"text"', "null", "7"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_good_answer_that_cannot_be_read_counts_as_lost(method: str, body: str) -> None:
    with ScriptedServer(Answer(200, body), Answer(200, body), Answer(200, {"id": 7})) as server:
        reply = server.transport().request(method, "/profile/sshkeys/7")

    assert reply.body == {"id": 7}
    assert len(server.seen) == 3


@pytest.mark.parametrize("body", ["<html>", "[" * 100_000, '{"errors": ' + "[" * 100_000])
def test_a_refusal_that_cannot_be_read_is_one_line(body: str) -> None:
    with ScriptedServer(Answer(400, body)) as server, pytest.raises(ApiUnreachable) as caught:
        server.transport().request("PUT", "/profile/sshkeys/7")

    assert len(str(caught.value).splitlines()) == 1


def test_a_post_whose_answer_cannot_be_read_is_not_sent_again() -> None:
    with ScriptedServer(Answer(200, "<html>"), Answer()) as server, pytest.raises(ApiUnreachable) as caught:
        server.transport().request("POST", "/linode/instances/7/reboot")

    assert (len(server.seen), caught.value.did_nothing) == (1, False)


@pytest.mark.parametrize(
    ("status", "body", "advice"),
    [
        (408, errors("Please try again"), "try again; see status.linode.com"),
        (
            400,
            errors("Account limit reached"),
            "change what the API names; where it is a limit of the account",
        ),
        (400, errors("region is not valid", "region"), "correct the input named here"),
        (
            400,
            errors("Label must be unique", "label"),
            "give the resource another label, or delete or import the one that has it",
        ),
        (403, errors("The plan is not available in the selected region"), "choose another plan or region"),
        (403, errors("Unauthorized"), "ask for the grants of the token's user"),
        (404, errors("Not found"), "if it was deleted by hand, `refresh`, then `up`"),
    ],
)
def test_a_refusal_blames_what_is_to_blame(status: int, body: object, advice: str) -> None:
    with ScriptedServer(Answer(status, body)) as server, pytest.raises(LinodeError) as caught:
        server.transport().request("POST", "/networking/firewalls", body={})

    assert f"Next: {advice}" in str(caught.value)
    assert "Linode that" not in str(caught.value)


def test_secrets_of_a_request_are_masked_in_whatever_the_api_says_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    user_data = "#cloud-config\npassword: Inner-Passw0rd"
    body: dict[str, object] = {
        "label": "web-1",
        "root_pass": "Planted-Passw0rd",
        "metadata": {"user_data": base64.b64encode(user_data.encode()).decode()},
        "stackscript_data": {"db": "Script-Passw0rd"},
    }
    echo = f"web-1 planted-token {user_data} {body} password: Inner-Passw0rd Planted%2DPassw0rd"
    refused = Answer(400, errors(echo, "root_pass=Planted-Passw0rd"), {"Warning": "299 - Planted-Passw0rd"})
    with ScriptedServer(refused) as server, pytest.raises(ApiRefused) as caught:
        server.transport("planted-token").request("POST", "/linode/instances", body=body)

    for said in (str(caught.value), str(caught.value.reasons), caplog.text):
        assert "assw0rd" not in said
        assert "planted-token" not in said
    assert "web-1" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_secret_input_is_masked_under_the_key_that_it_is_sent_with() -> None:
    secret = [
        field for spec in SPECS.values() for field in spec.fields.values() if field.secret and field.key
    ]
    keys = {key for field in secret for key in field.secret_keys or (field.key,)}

    assert keys == SECRET_KEYS


@pytest.mark.parametrize(
    ("proxy", "named"),
    [
        ("http://me:Proxy-Passw0rd@127.0.0.1:1", "the proxy 127.0.0.1:1 can't be used"),
        ("http://me:Proxy/Passw0rd@127.0.0.1:1", "the proxy 127.0.0.1:1 can't be used"),
        ("http://me:Proxy#Passw0rd@127.0.0.1:1", "the proxy 127.0.0.1:1 can't be used"),
        ("http://me:Proxy@Passw0rd?x@127.0.0.1:1", "the proxy 127.0.0.1:1 can't be used"),
        ("http://me:Proxy:Passw0rd//x@127.0.0.1:1/", "the proxy 127.0.0.1:1 can't be used"),
        ("me:Proxy/Passw0rd@127.0.0.1:1", "the proxy 127.0.0.1:1 can't be used"),
        ("http://[::1", "the proxy [::1 can't be used"),
        (
            "socks5://me:Proxy-Passw0rd@127.0.0.1:1",
            "127.0.0.1:1 can't be used, as for SOCKS the package PySocks",
        ),
    ],
)
def test_a_proxy_that_does_not_work_is_named(monkeypatch: pytest.MonkeyPatch, proxy: str, named: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "")
    connection = Connection("https://api.example/v4", "planted-token", "LINODE_TOKEN")

    with pytest.raises(ApiUnreachable) as caught:
        Transport(connection, sleep=lambda _: None, most_tries=1).request("POST", "/profile")

    assert named in str(caught.value)
    assert "Next: correct or unset HTTPS_PROXY" in str(caught.value)
    assert "Passw0rd" not in str(caught.value)
    assert caught.value.did_nothing


def test_the_log_of_requests_never_holds_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedServer(Answer(429, errors("x")), Answer()) as server:
        server.transport("planted-token").request("GET", "/profile")

    assert "GET /profile" in caplog.text
    assert "planted-token" not in caplog.text


@pytest.mark.parametrize(
    "header", ["-1509450059", "soon", "", "nan", "inf", "1e999", f"Thu, {'9' * 30} Jan 1970 00:01:40 GMT"]
)
def test_absurd_retry_after_counts_as_none(header: str) -> None:
    assert retry_after_s(header, 0.0) is None


@pytest.mark.parametrize(
    "date",
    [
        "Thu, 01 Jan 1970 00:01:40 GMT",
        "Thursday, 01-Jan-70 00:01:40 GMT",
        "Thu Jan  1 00:01:40 1970",
        "Thu, 01 Jan 1970 00:01:40 -0000",
    ],
)
def test_an_http_date_is_read_as_seconds_from_now(date: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Chicago")
    time.tzset()
    try:
        assert retry_after_s(date, 90.0) == 10.0
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


def test_own_pauses_grow_and_stay_within_half_a_minute() -> None:
    assert [pause_s(tries, None, 0) for tries in (1, 2, 3)] == [0.5, 1, 2]
    assert pause_s(2000, None, 0) == 30


def test_what_the_api_asks_for_is_lengthened_and_never_cut_short() -> None:
    assert pause_s(1, 10, 1) == 12.5
    assert pause_s(1, 120, 0) == 120


def test_a_request_fails_when_it_is_to_wait_longer_than_five_minutes() -> None:
    refusal = Answer(429, errors("Too many requests"), {"Retry-After": "3000"})
    with ScriptedServer(refusal, Answer()) as server, pytest.raises(ApiRefused, match="wait"):
        server.transport().request("GET", "/profile")

    assert len(server.seen) == 1


NOW = 1_800_000_000
DATE = {"Date": formatdate(NOW)}


@pytest.mark.parametrize(
    ("status", "asked", "told"),
    [
        (429, {"Retry-After": "90000"}, "25 hours"),
        (429, {"Retry-After": "99999999"}, "1158 days"),
        (429, {"Retry-After": "310"}, "6 minutes"),
        (429, {**DATE, "Retry-After": formatdate(NOW + 90_000, usegmt=True)}, "25 hours"),
        (429, {**DATE, "X-RateLimit-Reset": str(NOW + 90_000)}, "25 hours"),
        (503, {"Retry-After": "90000"}, "25 hours"),
        (503, {**DATE, "Retry-After": formatdate(NOW + 90_000, usegmt=True)}, "25 hours"),
    ],
)
@pytest.mark.parametrize("body", [errors("Too many requests"), "<html>"])
def test_whoever_is_to_wait_longer_than_five_minutes_is_told_how_long(
    status: int, asked: dict[str, str], told: str, body: object
) -> None:
    with ScriptedServer(Answer(status, body, asked), Answer()) as server:
        with pytest.raises(LinodeError, match=f"Next: wait {told}, as the API asks") as caught:
            server.transport().request("GET", "/profile")

    assert (len(server.seen), server.slept) == (1, [])
    assert "\n" not in str(caught.value)


def test_the_waits_of_one_request_add_up_to_five_minutes_at_most() -> None:
    refused = Answer(429, errors("Too many requests"), {"Retry-After": "130"})
    with ScriptedServer(refused) as server, pytest.raises(ApiRefused) as caught:
        server.transport().request("GET", "/profile")

    assert 130 <= sum(server.slept) <= 300
    assert "s were waited for it already. Next: wait 3 minutes, as the API asks" in str(caught.value)


def test_refusals_that_ask_for_nothing_end_within_five_minutes_too() -> None:
    with ScriptedServer(Answer(429, errors("Too many requests"))) as server, pytest.raises(ApiRefused):
        server.transport().request("GET", "/profile")

    assert 200 <= sum(server.slept) <= 300


def test_the_waits_of_all_requests_of_one_operation_add_up_to_five_minutes_at_most() -> None:
    refused = Answer(429, errors("Too many requests"), {"Retry-After": "125"})
    busy = Answer(503, errors("x"), {"Retry-After": "50"})
    with ScriptedServer(refused, Answer(), busy, Answer(), refused, refused, Answer()) as server:
        transport = server.transport()
        with one_operation():
            for _ in range(2):
                transport.request("GET", "/profile")
            with pytest.raises(ApiRefused, match="Next: wait 3 minutes, as the API asks"):
                transport.request("GET", "/profile")
        in_one = sum(server.slept)
        transport.request("GET", "/profile")

    assert 175 <= in_one <= 300
    assert sum(server.slept) > in_one, "the next operation has its own"


def test_a_request_that_others_refusals_hold_up_waits_no_longer_either() -> None:
    """What the API has told another thread closes the window for all."""
    refused = Answer(429, errors("Too many requests"), {"Retry-After": "290"})
    with ScriptedServer(refused) as server:
        transport = server.transport()
        transport._limits.wait_s("GET", "/profile")
        with one_operation():
            transport._limits.answered("GET", "/profile", refused.headers, 429)
            with pytest.raises(ApiRefused, match="were waited for it already. Next: wait 5 minutes"):
                transport.request("GET", "/profile")

    assert 289 < sum(server.slept) <= 300


def test_a_refusal_whose_window_ends_in_fifty_minutes_is_an_error_that_says_so() -> None:
    reset = {"Date": formatdate(1_800_000_000), "X-RateLimit-Reset": "1800003000"}
    with ScriptedServer(Answer(429, errors("Too many requests"), reset), Answer()) as server:
        transport = server.transport()
        with pytest.raises(ApiRefused, match="wait 50 minutes"):
            transport.request("GET", "/profile")
        transport.request("GET", "/profile")

    assert sum(server.slept) < 70, "whoever comes next waits for a window of the usual length"


@pytest.mark.parametrize(("seconds", "times"), [(4, 2), (11, 1), (3, 5), (4, 1)])
def test_whoever_waits_for_more_than_ten_seconds_is_told_once(seconds: int, times: int) -> None:
    told: list[str] = []
    refused = Answer(429, errors("Too many requests"), {"Retry-After": str(seconds)})
    with ScriptedServer(*[refused] * times, Answer()) as server:
        transport = server.transport()
        transport._tell = told.append
        transport.request("GET", "/profile")

    assert len(told) == (sum(server.slept) > 10)
    assert all(line.startswith("GET /profile waits 1") for line in told)


def test_the_retry_after_of_a_500_means_nothing() -> None:
    with ScriptedServer(Answer(500, errors("x"), {"Retry-After": "106"}), Answer()) as server:
        server.transport().request("GET", "/profile")

    assert sum(server.slept) < 1


def test_a_post_survives_more_refusals_for_the_limit_than_failures() -> None:
    refused = Answer(429, errors("Too many requests"), {"Retry-After": "1"})
    with ScriptedServer(*[refused] * 12, Answer()) as server:
        server.transport().request("POST", "/linode/instances", body={})

    assert len(server.seen) == 13


def test_creates_wait_for_the_limit_before_they_are_sent() -> None:
    with ScriptedServer(Answer()) as server:
        transport = server.transport()
        for _ in range(21):
            transport.request("POST", "/linode/instances", body={})

    assert 5 < sum(server.slept) < 16, "the window is 15 s, less what 20 requests took"


@pytest.mark.parametrize(
    ("method", "status", "repeat"),
    [
        ("GET", 503, True),
        ("DELETE", 502, True),
        ("POST", 503, False),
        ("POST", 429, True),
        ("GET", 400, False),
    ],
)
def test_only_what_cannot_be_done_twice_is_repeated(method: str, status: int, repeat: bool) -> None:
    assert may_repeat(method, status) is repeat
