"""The one line that tells a person what the API's refusal means and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from providers.linode.api.advice import typed
from providers.linode.api.cache import is_offline
from providers.linode.api.connection import HOW_TO_GIVE_ONE, NEEDED_SCOPES, Connection, is_loopback
from providers.linode.api.errors import ApiRefused, ApiUnreachable, Busy, NotAuthorized, NotFound
from providers.linode.api.masking import SCHEME, without_password
from providers.linode.api.patience import TOLD_AFTER_S
from providers.linode.api.writes import LABEL_TAKEN, UNSURE

T = TypeVar("T")

START_LOCAL_API = (
    f"start the local API with `{typed('api')}`, which says its address, or correct LINODE_URL or linode:url"
)
IN_CONFIG = "linode:token"
STALE_COPY = " (refresh and destroy use the copy in the state: LINODE_TOKEN or --run-program reaches them.)"
NOT_FOR_US = (401, 403, 404)
"""The token lacks the scope, its user the grant, or the account the service."""

UNITS = ((86_400, "days"), (3600, "hours"), (60, "minutes"))

PROXY_VARIABLES = "HTTPS_PROXY or ALL_PROXY; NO_PROXY names what needs none"
TRUST_IT = (
    "check LINODE_URL or linode:url; REQUESTS_CA_BUNDLE names the file of a certificate authority of your own"
)
CHECK_ADDRESS = "check the network and the address (LINODE_URL or linode:url)"


def refusal(
    method: str,
    path: str,
    connection: Connection,
    status: int,
    headers: Mapping[str, str],
    reasons: tuple[tuple[str, str], ...],
    asked_s: float | None = None,
    waited_s: float = 0.0,
) -> ApiRefused | ApiUnreachable:
    """The error for an answer of 400 and more, its type chosen by status and reason.

    `asked_s`: how long the API asks to wait. `waited_s`: how long the operation has.
    """
    said = "; ".join(f"{field}: {reason}" if field else reason for field, reason in reasons)
    what = f"{method} {path}: {status}" + (f" {said}" if said else "") + _waited(waited_s)
    if not reasons and status in (400, 408, 502, 503, 504):
        # A gateway in front of the API answered with a page of its own (seen: 502, and 400 from nginx).
        return ApiUnreachable(
            f"{what} from a gateway in front of the API. Next: {_wait(asked_s)}try again; nothing is lost.",
            did_nothing=status == 400,
        )
    if status == 401:
        return NotAuthorized(f"{what} {_about_token(connection, headers)}", status=status, reasons=reasons)
    if status == 404:
        return NotFound(
            f"{what.rstrip('.')}. Next: if it was deleted by hand, `refresh`, then `up`.",
            status=status,
            reasons=reasons,
        )
    if status == 400 and any(reason.startswith("Linode busy") for _, reason in reasons):
        return Busy(f"{what} Next: wait until its running job has ended.", status=status, reasons=reasons)
    return ApiRefused(
        f"{what.rstrip('.')}. Next: {_next_step(status, reasons, asked_s)}", status=status, reasons=reasons
    )


def not_sent(method: str, path: str, wait_s: float, waited_s: float) -> ApiRefused:
    """The error for a request that would have to wait for too long before it goes out."""
    then = _next_step(429, (), wait_s)
    return ApiRefused(
        f"{method} {path} was not sent: the API's limit is used up{_waited(waited_s)}. Next: {then}",
        status=429,
    )


def unreachable(
    method: str, path: str, connection: Connection, error: requests.RequestException | ValueError
) -> ApiUnreachable:
    """The error for a request without an answer; tells whether it can have been carried out."""
    host, proxy = urlsplit(connection.url).netloc, _proxy(connection.url)
    then = START_LOCAL_API if is_loopback(connection.url) else CHECK_ADDRESS
    if isinstance(error, requests.exceptions.SSLError):
        # Another TLS failure may have come after the request had been sent.
        did_nothing = "CERTIFICATE_VERIFY_FAILED" in str(error)
        why = "its certificate could not be verified" if did_nothing else "the TLS connection broke"
        then = TRUST_IT if did_nothing else then
    elif isinstance(error, (requests.exceptions.ProxyError, ValueError)):
        did_nothing = True
        socks = ", as for SOCKS the package PySocks is needed" if "SOCKS" in str(error) else ""
        why = f"the proxy {proxy} can't be used{socks}" if proxy else "the request can't be sent"
        then = f"correct or unset {PROXY_VARIABLES}" if proxy else then
    elif isinstance(error, requests.exceptions.ConnectTimeout):
        why, did_nothing = "it did not answer in time", True
    elif isinstance(error, requests.exceptions.Timeout):
        why, did_nothing = "the answer did not come in time", False
    elif _never_connected(error):
        why, did_nothing = "no connection", True
    else:
        why, did_nothing = "the connection broke before the answer", False
    if proxy and then == CHECK_ADDRESS:
        then = f"check the network, the address (LINODE_URL or linode:url) and the proxy {proxy}"
    return ApiUnreachable(
        f"{method} {path}: {host} can't be reached: {why}. Next: {then}.", did_nothing=did_nothing
    )


def _proxy(url: str) -> str | None:
    """Host and port of the proxy that requests to this address take, without its password; None where none does."""
    if is_loopback(url):
        return None
    found = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))
    return SCHEME.sub("", without_password(found), count=1).strip("/") if found else None


def if_allowed(ask: Callable[[], T]) -> T | None:
    """The answer; None offline, and where the API does not tell it to this token: the look is a courtesy."""
    if is_offline():
        return None
    try:
        return ask()
    except ApiRefused as refused:
        if refused.status in NOT_FOR_US:
            return None
        raise


def _never_connected(error: Exception) -> bool:
    """Whether the connection was refused, or its host not found, before anything was sent."""
    text = str(error)
    return isinstance(error, requests.exceptions.ConnectionError) and (
        "NewConnectionError" in text or "NameResolutionError" in text or "Failed to establish" in text
    )


def _about_token(connection: Connection, headers: Mapping[str, str]) -> str:
    if headers.get("X-OAuth-Scopes", "unknown") == "unknown":
        whose = "this token" if connection.token else "a call without a token"
        stale = STALE_COPY if connection.token_source == IN_CONFIG else ""
        return f"— the API does not know {whose} (from {connection.token_source}). Next: {HOW_TO_GIVE_ONE}.{stale}"
    needed = headers.get("X-Accepted-OAuth-Scopes", "*").replace("*", NEEDED_SCOPES)
    return (
        f"— the token (from {connection.token_source}) has the scopes "
        f"{headers['X-OAuth-Scopes']}; the call needs {needed}. Next: make a token that has them."
    )


def _next_step(status: int, reasons: tuple[tuple[str, str], ...], asked_s: float | None) -> str:
    said = " ".join(reason.lower() for _, reason in reasons)
    if LABEL_TAKEN in said:
        return "give the resource another label, or delete or import the one that has it."
    if status == 403 and ("plan" in said or "region" in said):
        return "choose another plan or region."
    if status == 403:
        return "ask for the grants of the token's user, or use another token."
    if status == 429:
        wait = _wait(asked_s) or "wait a minute, then "
        return f"{wait}try again; other clients of this account may use up its limit."
    if status >= 500 or status in UNSURE:
        return f"{_wait(asked_s)}try again; see status.linode.com."
    if any(field for field, _ in reasons):
        return "correct the input named here."
    return "change what the API names; where it is a limit of the account, ask Linode's support."


def _wait(asked_s: float | None) -> str:
    """`wait 50 minutes, as the API asks, then `; empty where it asks for nothing that is worth a word."""
    if asked_s is None or asked_s <= TOLD_AFTER_S:
        return ""
    unit_s, unit = next((each for each in UNITS if asked_s >= 2 * each[0]), (1, "seconds"))
    return f"wait {ceil(asked_s / unit_s)} {unit}, as the API asks, then "


def _waited(seconds: float) -> str:
    return f", and {seconds:.0f} s were waited for it already" if seconds >= 1 else ""
