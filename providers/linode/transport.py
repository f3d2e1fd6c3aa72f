"""One request to the Linode API: the token, a timeout, and repeats where a repeat can't do the work twice.

The one module here that knows `requests`.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests
from requests.adapters import HTTPAdapter

from providers.linode import refusals
from providers.linode.connection import Connection, is_loopback
from providers.linode.errors import ApiMaintenance, ApiRefused, ApiUnreachable

log = logging.getLogger("linode.api")

Json = dict[str, object]

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
MOST_TRIES = 5
LONGEST_PAUSE_S = 60.0
PARALLEL_CONNECTIONS = 64

SAFE_TWICE = frozenset({"GET", "PUT", "DELETE"})
DID_NOTHING = frozenset({429})
UNSURE = frozenset({408, 500, 502, 503, 504})


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


def pause_s(tries: int, retry_after: str | None, jitter: float) -> float:
    """Seconds to wait before try number `tries` + 1: what the API asks for, else 0.5, 1, 2, 4 …

    `jitter` in 0..1 adds up to a quarter, so that parallel callers do not come back together. Absurd values
    of the header (seen: -1509450059) count as none; long ones are cut to a minute.
    Source: https://techdocs.akamai.com/linode-api/reference/rate-limits
    """
    asked = _seconds(retry_after)
    base = asked if asked is not None else 0.5 * 2 ** (tries - 1)
    return min(base * (1 + jitter / 4), LONGEST_PAUSE_S)


def _seconds(retry_after: str | None) -> float | None:
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return seconds if 0 <= seconds < 86_400 else None


class Transport:
    """Sends requests to one address with one token. Safe to share between threads.

    The token travels in the Authorization header alone: never over plain http but to loopback (Connection
    sees to that), never along a redirect, never to a host that ~/.netrc or a proxy variable names.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        sleep: Callable[[float], None] = time.sleep,
        most_tries: int = MOST_TRIES,
    ) -> None:
        self.connection = connection
        self._sleep = sleep
        self._most_tries = most_tries
        self._session = requests.Session()
        self._session.trust_env = not is_loopback(connection.url)
        self._session.auth = self._authorize
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=PARALLEL_CONNECTIONS)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

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
        tries = 1
        while True:
            try:
                answer = self._send(method, path, query, headers, body)
            except ApiUnreachable as error:
                if tries >= self._most_tries or not (error.did_nothing or method in SAFE_TWICE):
                    raise
                retry_after = None
                why = "no answer"
            else:
                if answer.ok:
                    return Reply(_json_object(answer, method, path), answer.headers)
                self._stop_in_maintenance(answer, method, path)
                if tries >= self._most_tries or not may_repeat(method, answer.status_code):
                    raise self._refusal(answer, method, path)
                retry_after = answer.headers.get("Retry-After")
                why = f"answer {answer.status_code}"
            wait = pause_s(tries, retry_after, random.random())  # noqa: S311 - spreads load, guards nothing
            log.info("%s %s: %s, again in %.1f s (try %d)", method, path, why, wait, tries + 1)
            self._sleep(wait)
            tries += 1

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
        except requests.RequestException as error:
            raise refusals.unreachable(method, path, self.connection, error) from None
        log.debug("%s %s -> %d in %.3f s", method, path, answer.status_code, time.monotonic() - started)
        if warning := answer.headers.get("Warning"):
            log.warning("%s %s: the API warns: %s", method, path, warning[:300])
        return answer

    def _stop_in_maintenance(self, answer: requests.Response, method: str, path: str) -> None:
        if answer.status_code == 503 and "X-Maintenance-Mode" in answer.headers:
            raise ApiMaintenance(
                f"{method} {path}: the Linode API is closed for maintenance "
                f"({answer.headers['X-Maintenance-Mode'][:80]}). Next: see status.linode.com."
            )

    def _refusal(self, answer: requests.Response, method: str, path: str) -> ApiRefused | ApiUnreachable:
        return refusals.refusal(
            method, path, self.connection, answer.status_code, answer.headers, _reasons(answer)
        )


def _json_object(answer: requests.Response, method: str, path: str) -> Json:
    """The body as an object; bare arrays come as {"data": [...]}, nothing as {}."""
    if not 200 <= answer.status_code < 300:
        raise ApiRefused(
            f"{method} {path}: the API answered {answer.status_code} with a redirect, which is not followed "
            "because the token would go along. Next: correct LINODE_URL or linode:url.",
            status=answer.status_code,
        )
    if not answer.content:
        return {}
    try:
        body: object = answer.json()
    except ValueError:
        raise ApiUnreachable(
            f"{method} {path}: answer {answer.status_code} is no JSON. Next: check LINODE_URL or linode:url.",
            did_nothing=False,
        ) from None
    if isinstance(body, list):
        return {"data": body}
    return body if isinstance(body, dict) else {}


def _reasons(answer: requests.Response) -> tuple[tuple[str, str], ...]:
    """Pairs (field or "", reason) of the errors array; none where a gateway answered with a page."""
    try:
        body: object = answer.json()
    except ValueError:
        return ()
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return ()
    return tuple(
        (str(item.get("field") or ""), str(item.get("reason", ""))[:300])
        for item in errors
        if isinstance(item, dict)
    )
