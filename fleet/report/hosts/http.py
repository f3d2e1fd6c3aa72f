"""One request to a code host: its token, its time limit, and the bounded repeats that are safe."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from urllib.parse import urlsplit

import requests

from fleet.report.errors import HostRefused
from fleet.report.masking import mask

TRIES = 4
LONGEST_WAIT_S, LONGEST_LIMIT_S = 30.0, 900.0
"""Of a wait for a host that is busy, and of all waits together for its rate limits, which have an end."""
UNTOLD_LIMIT_S = 60.0
BUSY = frozenset({500, 502, 503, 504})
SAFE_TWICE = frozenset({"GET", "PUT", "PATCH", "DELETE"})
NEXT_STEPS = {
    401: "check the token",
    403: "give the token write access to pull requests and issues",
    404: "check the repository, the number and what the token may see",
}


LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def authorities() -> str | bool:
    """The file of the authorities to trust, by the first of the variables that is set; True for the usual ones."""
    return next(filter(None, map(os.environ.get, CA_VARIABLES)), True)


@dataclass(frozen=True)
class Answer:
    """An answer below 300. body: parsed JSON, None when there is none. has_next: a list goes on."""

    body: object
    has_next: bool


@dataclass
class Http:
    """Calls below one address. `header` and `token` make up the credential; it is sent nowhere else."""

    base_url: str
    header: str
    token: str = field(repr=False)
    accept: str = "application/json"
    timeout_s: float = 20.0
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], float] = time.time
    session: requests.Session = field(default_factory=requests.Session, repr=False)
    limits_s: list[float] = field(default_factory=list)
    """Rate limits that were waited for, by this one and its copies."""

    def __post_init__(self) -> None:
        self.session.verify = authorities()
        if LOOPBACK.fullmatch(urlsplit(self.base_url).hostname or ""):
            self.session.trust_env = False  # no proxy stands before this machine

    def call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: object = None
    ) -> Answer:
        """Raises HostRefused: at once for a refusal, after the last try for a host that is busy or silent.

        A request beyond the host's rate limit has done nothing, so any is sent again after it.
        """
        for attempt in range(TRIES):
            wait_s: float | None = 2.0**attempt
            limit_s = None
            try:
                # Redirects are not followed: the credential belongs to this address. No .netrc can replace it.
                response = self.session.request(
                    method, self.base_url.rstrip("/") + path, params=params, json=body, timeout=self.timeout_s,
                    allow_redirects=False, auth=self._authorize,
                )  # fmt: skip
            except requests.RequestException as error:
                refused = HostRefused(f"{method} {path}: no answer ({type(error).__name__})")
            else:
                if response.status_code < 300:
                    return _answer(method, path, response)
                limit_s, wait_s = self._limit_s(response), _wait_s(response, attempt)
                refused = self._refusal(method, path, response, limit_s)
            if limit_s is not None:
                wait_s = limit_s if sum(self.limits_s) + limit_s <= LONGEST_LIMIT_S else None
            if wait_s is None or attempt == TRIES - 1 or (method not in SAFE_TWICE and limit_s is None):
                break
            if limit_s is not None:
                self.limits_s.append(limit_s)
            self.sleep(wait_s)
        raise refused

    def download(self, path: str) -> bytes:
        """A file, from where the host says that it lies, which gets no credential. Raises HostRefused."""
        address = self.base_url.rstrip("/") + path
        try:
            answer = self.session.get(
                address, timeout=self.timeout_s, allow_redirects=False, auth=self._authorize
            )
            if answer.is_redirect:
                answer = requests.get(answer.headers["Location"], timeout=self.timeout_s)
        except requests.RequestException as error:
            raise HostRefused(f"GET {path}: no answer ({type(error).__name__})") from None
        if answer.status_code >= 300:
            raise self._refusal("GET", path, answer, self._limit_s(answer))
        return answer.content

    def _limit_s(self, response: requests.Response) -> float | None:
        """Seconds until the host's rate limit ends; None for an answer that is not about one.

        Source: GitHub, rate limits of the REST API (403 or 429, for a missing permission without these headers);
        GitLab, user and IP rate limits (429).
        """
        if response.status_code not in (403, 429):
            return None
        told = response.headers.get("Retry-After", "")
        if told.isdigit():
            return float(told)
        for name in ("X-RateLimit-", "RateLimit-"):
            end = response.headers.get(f"{name}Reset", "")
            if response.headers.get(f"{name}Remaining") == "0" and end.isdigit():
                return max(float(end) - self.now(), 0.0) + 1.0
        return UNTOLD_LIMIT_S if response.status_code == 429 or "rate limit" in response.text else None

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers[self.header] = self.token
        request.headers["Accept"] = self.accept
        return request

    def _refusal(
        self, method: str, path: str, response: requests.Response, limit_s: float | None
    ) -> HostRefused:
        """One line with the host's own reason and the next step; the token is never in it."""
        status = response.status_code
        try:
            found = response.json()
            reason = found.get("message") or found.get("error") if isinstance(found, dict) else ""
        except ValueError:
            reason = ""
        secrets = sorted({self.token, self.token.split(" ")[-1]} - {""})
        text = f"{method} {path}: {status} {mask(str(reason), secrets)[:200]}".strip()
        next_step = NEXT_STEPS.get(status, "try again later" if status >= 500 else "see the host's reason")
        if limit_s is not None:
            end = datetime.fromtimestamp(self.now() + limit_s, timezone.utc)
            next_step = f"the host's rate limit ends at {end:%H:%M} UTC; run this again then"
        return HostRefused(mask(f"{text}. Next: {next_step}.", secrets), status)


def _answer(method: str, path: str, response: requests.Response) -> Answer:
    try:
        body = response.json() if response.content else None
    except ValueError as error:
        raise HostRefused(f"{method} {path}: the answer is not JSON", response.status_code) from error
    return Answer(body, "next" in response.links or bool(response.headers.get("X-Next-Page", "").strip()))


def _wait_s(response: requests.Response, attempt: int) -> float | None:
    """Seconds until the next try of a host that is busy; None when another try is no use."""
    if response.status_code not in BUSY:
        return None
    told = response.headers.get("Retry-After", "")
    wait_s = float(told) if told.isdigit() else 2.0**attempt
    return wait_s if wait_s <= LONGEST_WAIT_S else None


def text_at(address: str, timeout_s: float = 20.0) -> str:
    """What stands at an https address, asked without a credential. Raises HostRefused."""
    try:
        answer = requests.get(address, timeout=timeout_s, verify=authorities())
        answer.raise_for_status()
    except requests.RequestException as error:
        status = (
            f"status {error.response.status_code}" if error.response is not None else type(error).__name__
        )
        raise HostRefused(
            f"{address} can't be read ({status}). Next: check the address, or name a file."
        ) from error
    return answer.text


def posted(address: str, content: object, timeout_s: float = 20.0) -> int | None:
    """The status of what an address answers to JSON, None where it doesn't. The address is told to nobody else."""
    try:
        return requests.post(address, json=content, timeout=timeout_s, allow_redirects=False).status_code
    except requests.RequestException:
        return None
