"""The small files of a bundle: who made it, what is pinned, what an earlier run left open, what the catalogs say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from fleet.delivery import ci, git
from providers.linode.api.catalog_transport import CatalogTransport
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import Connection
from providers.linode.api.errors import LinodeError
from providers.linode.catalogs import Catalogs
from providers.linode.pins import PinFile

Json = dict[str, Any]
SHOWN = {
    "/linode/types": ("id", "label", "price", "region_prices", "addons", "disk", "successor"),
    "/images": ("id", "deprecated", "eol"),
}
"""What catalog.json has of each row."""


def meta(
    stack: str, env: Mapping[str, str], *, commit: str, engine: str, command: str, offline: bool
) -> Json:
    """meta.json."""
    run, url = ci.run_of(env)
    return {
        "stack": stack,
        "commit": commit or ci.commit_of(env) or git.head(),
        "run": run,
        "run_url": url,
        "engine": engine,
        "command": command,
        "offline": offline,
    }


def pending(deployment: Json) -> list[Json]:
    """pending.json: which operations never ended, without what is in the state.

    Source: apitype.DeploymentV3 of the engine.
    """
    return [
        {"type": operation["type"], "resource": {"urn": operation["resource"]["urn"]}}
        for operation in deployment.get("pending_operations") or []
    ]


def pins(text: str | None, file: str, newest: Mapping[str, str]) -> Json:
    """pins.before.json, pins.after.json: the file's choices, with the best match of today where it is known."""
    try:
        found = json.loads(text).get("pins") if text else None
    except (ValueError, AttributeError):
        found = None
    chosen = {
        key: {
            "chosen": pin["chosen"],
            "what": pin.get("why", ""),
            "criteria_hash": pin.get("criteria_hash", ""),
            **({"newest": newest[key]} if newest.get(key) else {}),
        }
        for key, pin in (found if isinstance(found, dict) else {}).items()
        if isinstance(pin, dict) and pin.get("chosen")
    }
    return {"file": file, "pins": chosen}


def in_use(text: str, pinned: Json) -> set[str]:
    """Every type and image that the preview (JSON, a line or a document) or the pins name."""
    found = {pin[key] for pin in pinned["pins"].values() for key in ("chosen", "newest") if key in pin}
    return found.union(*(_named(json.loads(line)) for line in text.splitlines()))


def _named(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        inputs = value.get("inputs")
        own = (value.get("image"), inputs.get("type") if isinstance(inputs, Mapping) else None)
        yield from (name for name in own if isinstance(name, str))
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _named(part)


class BundleCatalog:
    """The catalogs of one connection, from its cache where that has them."""

    def __init__(self, transport: CatalogTransport) -> None:
        self._client, self._cache = LinodeClient(transport), transport.cache
        self._catalogs = Catalogs(self._client, narrow=False)

    @classmethod
    @contextmanager
    def of(cls, connection: Connection, env: Mapping[str, str]) -> Iterator[BundleCatalog]:
        transport = CatalogTransport(connection, env)
        try:
            yield cls(transport)
        finally:
            transport.close()

    def rows(self, names: Iterable[str], now: datetime) -> Json:
        """catalog.json: every row of these types and images, and when it was fetched. Raises LinodeError."""
        wanted = set(names)
        types, images = (self._rows(path, wanted) for path in SHOWN)
        text = json.dumps([types, images], sort_keys=True)
        fetched = (self._cache.oldest(*SHOWN) if self._cache else None) or now
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

    def _rows(self, path: str, wanted: set[str]) -> list[Json]:
        found = (row for row in self._client.list_rows(path) if row.get("id") in wanted)
        return sorted(
            ({key: row.get(key) for key in SHOWN[path]} for row in found), key=lambda row: str(row["id"])
        )


def write(folder: Path, name: str, content: object) -> None:
    """A text as it is, anything else as JSON."""
    text = content if isinstance(content, str) else json.dumps(content, indent=1, sort_keys=True) + "\n"
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
