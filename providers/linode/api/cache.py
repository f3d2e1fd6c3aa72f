"""Where the catalogs' pages are kept on disk: downloaded once for all processes of a run, and for later runs.

A file per address and token, so that nothing is ever answered for another address or another account; of a
token only a digest names the file, and no header of a request is kept but X-Filter. An address on this
machine is whatever was started there last: without a token, which a local API makes its own, nothing is kept
of it. What can't be read is thrown away and downloaded again; what can't be written makes no difference.

LINODE_CACHE_DIR names another folder, LINODE_CACHE=off keeps nothing, LINODE_OFFLINE=1 asks nobody.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from providers.linode.api.connection import Connection, is_loopback

if TYPE_CHECKING:
    from providers.linode.api.catalog_cache import CatalogCache

log = logging.getLogger("linode.cache")

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
PRICES = ("/volumes/types", "/nodebalancers/types", "/networking/reserved/ips/types")
"""What has a price, and no catalog that is chosen from."""

TTL_S: dict[str, int] = {
    "/linode/types": DAY_S,
    "/regions": DAY_S,
    "/regions/availability": 15 * MINUTE_S,
    "/images": HOUR_S,
    "/linode/kernels": 7 * DAY_S,
    **dict.fromkeys(PRICES, DAY_S),
}
"""Seconds for which a catalog counts as what the API says now: how often each changes, and what a late look costs."""

FORGET_AFTER_S = 30 * DAY_S
BUSY_TIMEOUT_MS = 10_000


PLACEHOLDER = "placeholder"
"""Stands for every secret in an offline preview: long enough for a token, and nothing opens with it."""


def is_offline(env: Mapping[str, str] | None = None) -> bool:
    """Whether LINODE_OFFLINE forbids to ask the API."""
    return (os.environ if env is None else env).get("LINODE_OFFLINE", "") not in ("", "0")


def open_cache(connection: Connection, env: Mapping[str, str] | None = None) -> CatalogCache | None:
    """The cache of a connection; None where there is none, with a warning if there should be one."""
    env = os.environ if env is None else env
    if env.get("LINODE_CACHE") == "off" or (is_loopback(connection.url) and not connection.token):
        return None
    from providers.linode.api.catalog_cache import (
        CatalogCache,  # its library takes a tenth of a second to load
    )

    file = cache_file(connection, env)
    folder = file.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            _forget_old(
                folder
            )  # once for each that comes: who has thousands does not wait for them at every command
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
        log.info("the catalogs kept in %s can't be read, and are downloaded again", file)
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
