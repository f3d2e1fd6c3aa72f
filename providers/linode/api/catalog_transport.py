"""The transport of a session: catalogs go through the cache on disk, and offline nothing else goes at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from providers.linode.api.cache import TTL_S, is_offline
from providers.linode.api.connection import Connection
from providers.linode.api.errors import Offline
from providers.linode.api.transport import Reply, Transport, log

if TYPE_CHECKING:
    from providers.linode.api.catalog_cache import CatalogCache

OnPage = Callable[[str, int, int], None]
"""Told of every page of a list that has come: the path, its number, how many there are."""


class CatalogTransport(Transport):
    """As Transport, with a cache for the catalogs; None for no cache. Raises Offline besides."""

    def __init__(
        self,
        connection: Connection,
        cache: CatalogCache | None,
        on_page: OnPage | None = None,
        tell: Callable[[str], None] = log.warning,
    ) -> None:
        super().__init__(connection, tell=tell)
        self._on_page = on_page
        self._offline = cache.offline if cache else is_offline()
        self._cached = cache is not None
        if cache is not None:
            for path in TTL_S:
                self._session.mount(connection.url + path, cache)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        x_filter: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Reply:
        """See Transport.request."""
        if self._offline and not (method == "GET" and self._cached and path in TTL_S):
            raise Offline(
                f"LINODE_OFFLINE is set, and {method} {path} needs the API. Next: unset LINODE_OFFLINE."
            )
        reply = super().request(method, path, query=query, x_filter=x_filter, body=body)
        page, pages = reply.body.get("page"), reply.body.get("pages")
        if self._on_page is not None and isinstance(page, int) and isinstance(pages, int):
            self._on_page(path, page, pages)
        return reply
