"""The transport of a session: catalogs come from the cache on disk, and offline nothing else is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from providers.linode.api.cache import TTL_S, is_offline, open_cache
from providers.linode.api.connection import Connection
from providers.linode.api.errors import Offline
from providers.linode.api.once import once
from providers.linode.api.transport import Reply, Transport, log

if TYPE_CHECKING:
    from providers.linode.api.catalog_cache import CatalogCache

OnPage = Callable[[str, int, int], None]
"""Told of every page of a list that has come: the path, its number, how many there are."""


class CatalogTransport(Transport):
    """As Transport, with the cache for the catalogs that `env` names. Raises Offline besides."""

    def __init__(
        self,
        connection: Connection,
        env: Mapping[str, str] | None = None,
        on_page: OnPage | None = None,
        tell: Callable[[str], None] = log.warning,
    ) -> None:
        super().__init__(connection, tell=tell)
        self._env = env
        self._on_page = on_page

    @once
    def cache(self) -> CatalogCache | None:
        """The cache, None where there is none; opened for whoever needs a catalog, as many commands need none."""
        if (found := open_cache(self.connection, self._env)) is not None:
            for path in TTL_S:
                self._session.mount(self.connection.url + path, found)
        return found

    def keeps(self, path: str) -> bool:
        """Whether the whole list of a catalog is on disk."""
        return self.cache is not None and self.cache.keeps(path)

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
        kept = path in TTL_S and self.cache is not None
        if not (kept and method == "GET") and is_offline(self._env):
            raise Offline(
                f"LINODE_OFFLINE is set, and {method} {path} needs the API. Next: unset LINODE_OFFLINE."
            )
        reply = super().request(method, path, query=query, x_filter=x_filter, body=body)
        page, pages = reply.body.get("page"), reply.body.get("pages")
        if self._on_page is not None and isinstance(page, int) and isinstance(pages, int):
            self._on_page(path, page, pages)
        return reply
