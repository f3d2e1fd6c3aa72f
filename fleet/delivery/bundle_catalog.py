"""What the catalogs say of a bundle's stack: rows of the types and images in use, and the best match of today."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from providers.linode.api.cache import open_cache
from providers.linode.api.catalog_cache import CatalogCache
from providers.linode.api.catalog_transport import CatalogTransport
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import REAL_API, Connection, versioned_url
from providers.linode.api.errors import LinodeError
from providers.linode.catalogs import Catalogs
from providers.linode.pins import PinFile

Json = dict[str, Any]
TYPE_KEYS = ("id", "label", "price", "region_prices", "addons", "disk", "successor")
IMAGE_KEYS = ("id", "deprecated", "eol")


class BundleCatalog:
    """The catalogs of one connection, from its cache where that has them."""

    def __init__(self, connection: Connection, env: Mapping[str, str]) -> None:
        self._cache: CatalogCache | None = open_cache(connection, env)
        self.client = LinodeClient(CatalogTransport(connection, self._cache))
        self._catalogs = Catalogs(self.client, narrow=False)

    def rows(self, names: Iterable[str], now: datetime) -> Json:
        """catalog.json: every row of these types and images, and when it was fetched. Raises LinodeError."""
        wanted = set(names)
        types = self._rows("/linode/types", wanted, TYPE_KEYS)
        images = self._rows("/images", wanted, IMAGE_KEYS)
        text = json.dumps([types, images], sort_keys=True)
        fetched = (self._cache.oldest("/linode/types", "/images") if self._cache else None) or now
        return {
            "fetched": fetched.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "hash": hashlib.sha256(text.encode()).hexdigest()[:7],
            "types": types,
            "images": images,
        }

    def newest(self, file: PinFile, now: datetime) -> dict[str, str]:
        """For each pin what would be picked today; a pin that nothing fits any more is left out."""
        found = {}
        for key, pin in file.pins.items():
            try:
                best = pin.wish.pick(self._catalogs, now.date()).id
            except LinodeError:  # one that nothing fits: the program itself tells of it
                continue
            if best != pin.declined:
                found[key] = best
        return found

    def close(self) -> None:
        self.client.transport.close()

    def _rows(self, path: str, wanted: set[str], keys: tuple[str, ...]) -> list[Json]:
        found = (row for row in self.client.list_rows(path) if row.get("id") in wanted)
        return sorted(({key: row.get(key) for key in keys} for row in found), key=lambda row: str(row["id"]))


def connection_of(url: str | None, token: str | None) -> Connection:
    """Catalogs are public: without a token only the account's own images are missing. Raises BadConnection."""
    return Connection(versioned_url(url or REAL_API), (token or "").strip(), "LINODE_TOKEN")


def now_utc() -> datetime:
    return datetime.now(timezone.utc)
