"""The catalogs' pages on disk: downloaded once for all processes of a run, and for later runs.

A file per address and token, so that nothing is ever answered for another address or another account; of a
token only a digest names the file, and no header of a request is kept but X-Filter. An address on this
machine is whatever was started there last: without a token, which a local API makes its own, nothing is kept
of it. What can't be read is thrown away and made anew; what can't be written makes no difference.

LINODE_CACHE_DIR names another folder, LINODE_CACHE=off keeps nothing, LINODE_OFFLINE=1 asks nobody.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import sqlite3
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

import platformdirs
from requests import PreparedRequest, RequestException, Response
from requests.adapters import BaseAdapter, HTTPAdapter
from requests_cache import DO_NOT_CACHE, CachedSession
from requests_cache.backends.sqlite import SQLiteCache
from requests_cache.models.response import CachedResponse

from providers.linode.connection import Connection, is_loopback
from providers.linode.errors import Offline

log = logging.getLogger("linode.cache")
logging.getLogger("requests_cache").setLevel(
    logging.CRITICAL
)  # it reports with tracebacks what is handled here

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
TTL_S: dict[str, int] = {
    "/linode/types": DAY_S,
    "/regions": DAY_S,
    "/regions/availability": 15 * MINUTE_S,
    "/images": HOUR_S,
    "/linode/kernels": 7 * DAY_S,
}
"""Seconds for which a catalog counts as what the API says now: how often each changes, and what a late look costs."""

NOT_KEPT = ("Set-Cookie", "Vary", "X-Customer-UUID", "X-OAuth-Scopes", "X-Accepted-OAuth-Scopes")
"""Headers of answers that tell of the asker. One file holds the answers to one asker, so Vary has nothing to add."""

STALE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
FORGET_AFTER_S = 30 * DAY_S
BUSY_TIMEOUT_MS = 10_000


def is_offline(env: Mapping[str, str] | None = None) -> bool:
    """Whether LINODE_OFFLINE forbids to ask the API."""
    return (os.environ if env is None else env).get("LINODE_OFFLINE", "") not in ("", "0")


def open_cache(connection: Connection, env: Mapping[str, str] | None = None) -> CatalogCache | None:
    """The cache of a connection; None where there is none, with a warning if there should be one."""
    env = os.environ if env is None else env
    if env.get("LINODE_CACHE") == "off" or (is_loopback(connection.url) and not connection.token):
        return None
    file = cache_file(connection, env)
    folder = file.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _forget_old(folder)
        _make_sound(file)
        return CatalogCache(connection, file, offline=is_offline(env))
    except (OSError, sqlite3.Error) as error:
        log.warning("catalogs are not kept on disk: %s can't be used (%s)", file, error)
        return None


def cache_file(connection: Connection, env: Mapping[str, str]) -> Path:
    """Where the catalogs of a connection are kept; it need not be there yet."""
    folder = Path(env.get("LINODE_CACHE_DIR") or platformdirs.user_cache_dir("linode-catalogs"))
    return folder / f"{_digest(connection)}.sqlite"


def _digest(connection: Connection) -> str:
    return hashlib.sha256(f"{connection.url}\n{connection.token}".encode()).hexdigest()[:32]


def _forget_old(folder: Path) -> None:
    """Remove what no run has written to for a month: of a token or an address that is no more."""
    for file in folder.glob("*.sqlite"):
        with contextlib.suppress(FileNotFoundError):  # another process forgets it too
            if time.time() - file.stat().st_mtime > FORGET_AFTER_S:
                file.unlink()


def _make_sound(file: Path) -> None:
    """See that the file is a database that can be written to; one that is damaged is removed.

    Raises OSError, sqlite3.Error where it can't be used at all.
    """
    file.touch(mode=0o600)
    try:
        _probe(file)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        log.info("the catalogs kept in %s can't be read, and are downloaded anew", file)
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        _probe(file)


def _probe(file: Path) -> None:
    with contextlib.closing(
        sqlite3.connect(file, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    ) as database:
        database.execute("BEGIN IMMEDIATE")
        (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
        database.execute("ROLLBACK")
    if said != "ok":
        raise sqlite3.DatabaseError(said)


class CatalogCache(BaseAdapter):
    """Answers requests for catalogs from disk, or sends them and keeps the answer. Safe to share between threads.

    What is older than its time is used, with a warning, when the API can't be reached or is out of order; its
    refusals are handed on. Raises Offline for what is not here when offline, and what `requests` raises.
    """

    def __init__(
        self, connection: Connection, file: Path, *, offline: bool = False, ttl_s: Mapping[str, int] = TTL_S
    ) -> None:
        super().__init__()
        self.offline = offline
        self._paths = {connection.url + path: path for path in ttl_s}
        self._host = urlsplit(connection.url).netloc
        self._lock = RLock()
        self._down = False
        self._renewed_at: dict[str, datetime] = {}
        self._told_stale = False
        token = connection.token
        self._session = CachedSession(
            backend=SQLiteCache(str(file), serializer="json", busy_timeout=BUSY_TIMEOUT_MS),
            expire_after=DO_NOT_CACHE,
            urls_expire_after={
                re.compile(rf"{re.escape(url)}(\?|$)"): ttl_s[path] for url, path in self._paths.items()
            },
            match_headers=["X-Filter"],
            filter_fn=lambda answer: not token or token not in answer.text,
        )  # fmt: skip
        self._session.trust_env = False
        self._signing = _Signing(token)
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, self._signing)

    def oldest(self, *paths: str) -> datetime | None:
        """When the oldest page that is kept of these catalogs was downloaded; None when none is kept."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            kept = self._session.cache.responses.values()
            found = [
                page.created_at for page in kept if self._paths.get(str(page.url).partition("?")[0]) in paths
            ]
            return min(found, default=None)
        return None

    def renew(self, path: str) -> bool:
        """Have a catalog downloaded the next time it is asked for; False when that was just done, or is forbidden."""
        with self._lock:
            if self.offline or path in self._renewed_at:
                return False
            self._renewed_at[path] = datetime.now(timezone.utc)
            return True

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the base class has it; catalogs are read whole
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """One request as `requests` hands it over."""
        options = {"timeout": timeout, "verify": verify, "cert": cert, "proxies": dict(proxies or {})}
        path = self._paths.get(str(request.url).partition("?")[0])
        bare = request.copy()
        bare.headers.pop("Authorization", None)
        if request.method != "GET" or path is None:
            return self._signing.send(bare, **options)
        with self._lock:
            return self._find(bare, path, options)

    def close(self) -> None:
        with self._lock:
            self._session.close()  # type: ignore[no-untyped-call]  # theirs has no annotation

    def _find(self, request: PreparedRequest, path: str, options: dict[str, Any]) -> Response:
        """The answer from disk, from the API, or from disk because the API gives none."""
        kept = self._kept(request, options["verify"])
        if self.offline:
            return self._or_offline(kept, request)
        if kept is not None and self._down:
            return self._stale(kept)
        if kept is not None and path in self._renewed_at and kept.created_at < self._renewed_at[path]:
            self._session.cache.save_response(kept, kept.cache_key, kept.created_at)  # expired, but here
        try:
            answer = self._ask(request, options)
        except RequestException:
            self._down = True
            if kept is None:
                raise
            return self._stale(kept)
        return self._stale(kept) if kept and answer.status_code in STALE_STATUSES else answer

    def _ask(self, request: PreparedRequest, options: dict[str, Any]) -> Response:
        try:
            answer: Response = self._session.send(request, allow_redirects=False, **options)
            return answer
        except sqlite3.Error as error:
            log.info("the catalogs on disk can't be used: %s", error)
            return self._signing.send(request, **options)

    def _kept(self, request: PreparedRequest, verify: bool | str) -> CachedResponse | None:
        """What is on disk for the request, of whatever age."""
        try:
            key = self._session.cache.create_key(request, verify=verify)
            return self._session.cache.get_response(key)
        except sqlite3.Error:
            return None

    def _or_offline(self, kept: CachedResponse | None, request: PreparedRequest) -> Response:
        if kept is not None:
            return kept
        raise Offline(
            f"LINODE_OFFLINE is set, and {urlsplit(str(request.url)).path} of {self._host} was never kept here "
            "for this token. Next: unset LINODE_OFFLINE once, with a network."
        )

    def _stale(self, kept: CachedResponse) -> Response:
        """The answer of before; said once a process if it is older than it should be."""
        if kept.is_expired and not self._told_stale:
            self._told_stale = True
            made = kept.created_at.strftime("%Y-%m-%d %H:%M")
            log.warning(
                "%s can't be asked: the catalogs of %s UTC are used. Next: run it again later.",
                self._host,
                made,
            )
        return kept


class _Signing(HTTPAdapter):
    """Sends with the token what is kept without it."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def send(self, request: PreparedRequest, *args: Any, **named: Any) -> Response:
        signed = request.copy()
        if self._token:
            signed.headers["Authorization"] = f"Bearer {self._token}"
        answer = super().send(signed, *args, **named)
        answer.request = request
        answer.cookies.clear()
        for name in NOT_KEPT if answer.status_code == 200 else ():
            answer.headers.pop(name, None)
        return answer
