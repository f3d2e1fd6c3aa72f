"""Answers for catalogs from disk, from the API, or from disk because the API gives none."""

from __future__ import annotations

import contextlib
import logging
import re
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, RequestException, Response, codes
from requests.adapters import BaseAdapter, HTTPAdapter
from requests_cache import DO_NOT_CACHE, CachedSession
from requests_cache.backends.sqlite import SQLiteCache
from requests_cache.models.response import CachedResponse

from providers.linode.api.cache import BUSY_TIMEOUT_MS, TTL_S
from providers.linode.api.connection import Connection
from providers.linode.api.errors import Offline

log = logging.getLogger("linode.cache")
logging.getLogger("requests_cache").setLevel(
    logging.CRITICAL
)  # it reports with tracebacks what is handled here

NOT_KEPT = ("Set-Cookie", "Vary", "X-Customer-UUID", "X-OAuth-Scopes", "X-Accepted-OAuth-Scopes")
"""Headers of answers that tell of the asker. One file holds the answers to one asker, so Vary has nothing to add."""

STALE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})


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
        self._began_at = datetime.now(timezone.utc)
        self._told_stale = False
        token = connection.token
        self._session = CachedSession(
            backend=SQLiteCache(str(file), serializer="json", busy_timeout=BUSY_TIMEOUT_MS),
            expire_after=DO_NOT_CACHE,
            urls_expire_after={
                re.compile(rf"{re.escape(url)}(\?|$)"): ttl_s[path] for url, path in self._paths.items()
            },
            match_headers=["X-Filter"],
            # What it doesn't take is deleted, the older answer, too: an API that is out of order changes nothing.
            filter_fn=lambda answer: (
                answer.status_code != codes.ok or (_is_list(answer) and not (token and token in answer.text))
            ),
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
                page.created_at
                for page in kept
                if self._paths.get(str(page.url).partition("?")[0]) in paths
                and "X-Filter" not in page.request.headers
            ]
            return min(found, default=None)
        return None

    def keeps(self, path: str) -> bool:
        """Whether the whole list of a catalog is kept, of whatever age, beside the answers to filters."""
        return self.oldest(path) is not None

    def renew(self, path: str, *, if_new: bool = True) -> bool:
        """Have a catalog downloaded the next time it is asked for; False when that was just done, or is forbidden.

        if_new: even if what is kept has come since this cache was opened.
        """
        with self._lock:
            if self.offline or path in self._renewed_at:
                return False
            if not if_new and (oldest := self.oldest(path)) is not None and oldest >= self._began_at:
                return False
            self._renewed_at[path] = datetime.now(timezone.utc)
            return True

    def expire(self, path: str) -> None:
        """Whoever asks for a catalog from then on asks the API; what is kept stays for when that gives no answer."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            for key, page in [*self._session.cache.responses.items()]:
                if self._paths.get(str(page.url).partition("?")[0]) == path:
                    self._session.cache.save_response(page, key, page.created_at)

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
        if kept is not None and answer.status_code == codes.ok and not _is_list(answer):
            self._session.cache.save_response(kept, kept.cache_key, kept.expires)
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


def _is_list(answer: Response) -> bool:
    """Whether it is worth keeping: what is kept was judged then. Something on the way may have answered in the API's
    place, and who asks again is to ask the API.
    """
    if isinstance(answer, CachedResponse):
        return True
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return False
    return isinstance(body.get("data") if isinstance(body, Mapping) else body, list)


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
