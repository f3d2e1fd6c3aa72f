"""One request to the Linode API: the token, a timeout, and repeats where a repeat can't do the work twice.

The one module here that knows `requests`.
"""

from __future__ import annotations

import json
import logging
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from providers.linode.api import interruption, limiter, refusals
from providers.linode.api.connection import Connection, is_loopback
from providers.linode.api.errors import (
    ApiMaintenance,
    ApiRefused,
    ApiUnreachable,
    BadConnection,
    FileNotSent,
)
from providers.linode.api.masking import masked, open_texts, secrets_in
from providers.linode.api.patience import Waited
from providers.linode.api.rate_headers import api_clock, asked_s, retry_after_s
from providers.linode.api.writes import UNSURE

log = logging.getLogger("linode.api")

Json = dict[str, object]

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
MOST_TRIES = 5
MOST_REFUSED = 20
"""Tries of a request that is refused for the API's limits: each did nothing, and other clients use the limit too."""

LONGEST_OWN_PAUSE_S = 30.0

PARALLEL_CONNECTIONS = 128
MOST_SAID = 300
"""Characters of what the API says that are handed on."""

SAFE_TWICE = frozenset({"GET", "PUT", "DELETE"})
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""What may name the authorities to trust: of `requests`, of curl, of OpenSSL."""

DID_NOTHING = frozenset({429})


@dataclass(frozen=True)
class Reply:
    """A successful answer: the JSON body and the headers (names in any case)."""

    body: Json
    headers: Mapping[str, str]


def may_repeat(method: str, status: int) -> bool:
    """Whether sending the same request again cannot do the work twice.

    A 429 was refused before anything was done. After 408 and 5xx nobody can tell: Linodes have been made by
    requests that were answered so, hence no second POST.
    """
    return status in DID_NOTHING or (status in UNSURE and method in SAFE_TWICE)


def pause_s(tries: int, asked_s: float | None, jitter: float) -> float:
    """Seconds to wait before try number `tries` + 1: what the API asks for, else 0.5, 1, 2, 4 … 30.

    `jitter` in 0..1 adds up to a quarter, so that parallel callers do not come back together.
    Source: https://techdocs.akamai.com/linode-api/reference/rate-limits
    """
    base = asked_s if asked_s is not None else min(0.5 * 2.0 ** min(tries - 1, 10), LONGEST_OWN_PAUSE_S)
    return base * (1 + jitter / 4)


class Transport:
    """Sends requests to one address with one token. Safe to share between threads.

    The token travels in the Authorization header alone: never over plain http but to loopback (Connection
    sees to that), never along a redirect, never to a host that ~/.netrc or a proxy variable names.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        sleep: Callable[[float], None] = interruption.sleep,
        most_tries: int = MOST_TRIES,
        limits: limiter.Limiter | None = None,
        tell: Callable[[str], None] = log.warning,
    ) -> None:
        """`tell` is for who waits: of every request that does for long."""
        self.connection = connection
        self._sleep = sleep
        self._limits = limits or limiter.shared(connection.url, connection.token)
        self._most_tries = most_tries
        self._tell = tell
        self._session = requests.Session()
        self._session.trust_env = not is_loopback(connection.url)
        self._session.verify = _authorities(connection.url)
        self._session.auth = self._authorize
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=PARALLEL_CONNECTIONS)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self.has_written = False
        """Whether anything but a look has gone out: what was seen before may be otherwise since."""

    def close(self) -> None:
        self._session.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        x_filter: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Reply:
        """The answer to one request, repeated where that is safe.

        `path` begins after the version: "/linode/types". `x_filter` is sent as the X-Filter header.
        Raises ApiRefused (NotAuthorized, NotFound, Busy), ApiUnreachable, ApiMaintenance.
        """
        headers = {"Accept": "application/json"}
        if x_filter:
            headers["X-Filter"] = json.dumps(x_filter, separators=(",", ":"))
        tries = refused = status = 0
        self.has_written = self.has_written or method != "GET"
        waited = Waited(f"{method} {path}", self._sleep, self._tell)
        while True:
            self._wait_for_limit(method, path, waited, was_refused=status in DID_NOTHING)
            try:
                answer = self._send(method, path, query, headers, body)
                if answer.ok:
                    return Reply(_json_object(answer, method, path), answer.headers)
            except ApiUnreachable as error:
                tries += 1
                again = tries < self._most_tries and (error.did_nothing or method in SAFE_TWICE)
                if not again or not waited.may_wait(pause_s(tries + refused, None, 0)):
                    raise
                asked, why, status = None, str(error), 0
            else:
                self._stop_in_maintenance(answer, method, path, body)
                status = answer.status_code
                refused += status in DID_NOTHING
                tries += status not in DID_NOTHING
                asked = self._asked_s(answer)
                again = may_repeat(method, status) and self._has_tries(tries, refused)
                if not again or not waited.may_wait(pause_s(tries + refused, asked, 0)):
                    raise self._refusal(answer, method, path, body, asked, waited.so_far_s if again else 0)
                why = f"answer {status}"
            wait = pause_s(tries + refused, asked, random.random())  # noqa: S311 - spreads load, guards nothing
            log.info("%s %s: %s, again in %.1f s (try %d)", method, path, why, wait, tries + refused + 1)
            waited.for_the_api(wait, why)

    def send_file(self, url: str, file: Path) -> None:
        """PUT a file to an address that the API gave out, whose query is the right to do so: it is told to nobody, and
        gets no token. Repeated where no answer came: a second one takes the place of the first. Raises FileNotSent.
        """
        where, tries, may_be_there = urlsplit(url).hostname, 0, False
        waited = Waited(f"the file {file}", self._sleep, self._tell)
        while True:
            tries += 1
            status, why = self._put_file(url, file)
            again = not status or status in (UNSURE | DID_NOTHING)
            if not again and (
                status < 400 or may_be_there
            ):  # refused for what came before, as the image will show
                return
            may_be_there = may_be_there or status not in DID_NOTHING
            wait = pause_s(tries, None, random.random())  # noqa: S311 - spreads load, guards nothing
            if not again or tries >= self._most_tries or not waited.may_wait(wait):
                raise FileNotSent(
                    f"{file} was not taken by {where}: {why}. Next: run `up` again, which sends it to a new address."
                )
            waited.for_the_api(wait, why)

    def _put_file(self, url: str, file: Path) -> tuple[int, str]:
        """The status of the answer, 0 without one, and what is wrong."""
        headers = {"Content-Type": "application/octet-stream"}
        try:
            with file.open("rb") as data, requests.Session() as session:
                session.trust_env, session.verify = not is_loopback(url), _authorities(url)
                session.auth = lambda request: request  # nothing that ~/.netrc has for that host
                answer = session.put(
                    url,
                    data=data,
                    headers=headers,
                    timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            return 0, type(error).__name__
        except OSError as error:
            return 0, error.strerror or type(error).__name__
        return answer.status_code, f"answer {answer.status_code}"

    def _has_tries(self, tries: int, refused: int) -> bool:
        return tries < self._most_tries and refused < MOST_REFUSED

    def _asked_s(self, answer: requests.Response) -> float | None:
        """Ordinary answers and 500s carry the headers too, and they mean nothing there; a 503 has no window."""
        if answer.status_code == 503:
            return retry_after_s(answer.headers.get("Retry-After"), api_clock(answer.headers, time.time()))
        return asked_s(answer.headers, time.time()) if answer.status_code == 429 else None

    def _wait_for_limit(self, method: str, path: str, waited: Waited, *, was_refused: bool) -> None:
        """Return when the request may go out, within what the API's limits leave to this process.

        Taking turns in windows of the usual length needs no patience, however many wait. Raises ApiRefused.
        """
        while wait := self._limits.wait_s(method, path):
            jittered, why = wait + random.random() * limiter.LOOK_AGAIN_S, "the API's limit"  # noqa: S311 - spreads load
            if wait <= limiter.USUAL_S and not was_refused:
                waited.wait(jittered, why)
            elif waited.may_wait(wait):
                waited.for_the_api(jittered, why)
            else:
                raise refusals.not_sent(method, path, wait, waited.so_far_s)
            was_refused = False

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.connection.token:
            request.headers["Authorization"] = f"Bearer {self.connection.token}"
        return request

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None,
        headers: Mapping[str, str],
        body: Mapping[str, object] | None,
    ) -> requests.Response:
        started = time.monotonic()
        try:
            answer = self._session.request(
                method,
                self.connection.url + path,
                params=query,
                headers=headers,
                json=body,
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            self._limits.answered(method, path, None, None)
            raise refusals.unreachable(method, path, self.connection, error) from None
        except BaseException:
            self._limits.answered(method, path, None, None)
            raise
        self._limits.answered(method, path, answer.headers, answer.status_code)
        log.debug("%s %s -> %d in %.3f s", method, path, answer.status_code, time.monotonic() - started)
        if warning := answer.headers.get("Warning"):
            log.warning("%s %s: the API warns: %s", method, path, self._said(warning, body))
        return answer

    def _said(self, text: str, body: object) -> str:
        """What the API says to a request, in one line and without the request's secrets."""
        secrets = [*secrets_in(body), *filter(None, [self.connection.token])]
        return masked(text, secrets, open_texts(body))[:MOST_SAID]

    def _stop_in_maintenance(self, answer: requests.Response, method: str, path: str, body: object) -> None:
        if answer.status_code == 503 and "X-Maintenance-Mode" in answer.headers:
            raise ApiMaintenance(
                f"{method} {path}: the Linode API is closed for maintenance "
                f"({self._said(answer.headers['X-Maintenance-Mode'], body)[:80]}). Next: see status.linode.com."
            )

    def _refusal(
        self,
        answer: requests.Response,
        method: str,
        path: str,
        body: object,
        asked: float | None,
        waited_s: float,
    ) -> ApiRefused | ApiUnreachable:
        reasons = tuple(
            (self._said(field, body), self._said(reason, body)) for field, reason in _reasons(answer)
        )
        return refusals.refusal(
            method, path, self.connection, answer.status_code, answer.headers, reasons, asked, waited_s
        )


def _authorities(url: str, environment: Mapping[str, str] = os.environ) -> str | bool:
    """The file or folder of authorities that the environment names, else those that `requests` brings along.

    Looked up here because a loopback address is asked past the environment, for the sake of its proxies.
    Raises BadConnection.
    """
    name = next((name for name in CA_VARIABLES if environment.get(name)), None)
    if name is None or not url.startswith("https:"):
        return True
    if not os.path.exists(environment[name]):
        raise BadConnection(f"{name}={environment[name]}: there is no such file. Next: correct or unset it.")
    return environment[name]


def _json_object(answer: requests.Response, method: str, path: str) -> Json:
    """The body as an object; bare arrays come as {"data": [...]}, nothing as {}.

    Raises ApiUnreachable for anything else: something between here and the API answered, maybe after the API did.
    """
    if not 200 <= answer.status_code < 300:
        raise ApiRefused(
            f"{method} {path}: the API answered {answer.status_code} with a redirect, which is not followed "
            "because the token would go along. Next: correct LINODE_URL or linode:url.",
            status=answer.status_code,
        )
    if not answer.content:
        return {}
    body = _parsed(answer)
    if isinstance(body, list):
        return {"data": body}
    if isinstance(body, dict):
        return body
    raise ApiUnreachable(
        f"{method} {path}: answer {answer.status_code} can't be read: no JSON, or none of the API's. "
        "Next: try again; if it stays so, check LINODE_URL or linode:url.",
        did_nothing=False,
    )


def _parsed(answer: requests.Response) -> object:
    """The body, None for what is no JSON or is nested too deeply to be read."""
    try:
        body: object = answer.json()
    except (ValueError, RecursionError):
        return None
    return body


def _reasons(answer: requests.Response) -> tuple[tuple[str, str], ...]:
    """Pairs (field or "", reason) of the errors array; none where a gateway answered with a page."""
    body = _parsed(answer)
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return ()
    return tuple(
        (str(item.get("field") or ""), str(item.get("reason", "")))
        for item in errors
        if isinstance(item, dict)
    )
