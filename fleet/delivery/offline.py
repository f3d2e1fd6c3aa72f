"""A preview without a network, secrets or state, for pull requests of forks: an empty state, placeholders, catalogs.

Everything lies in one throw-away folder. The catalogs are those that this machine keeps of the API; where it
keeps none, those that the local API is made with.
"""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from fleet.engine.engine import Engine
from fleet.engine.local_api import LocalApi
from fleet.engine.local_stack import new_stack
from fleet.engine.run import Run
from providers.linode.api.cache import PLACEHOLDER, PRICES, TTL_S, cache_file
from providers.linode.api.catalog_transport import CatalogTransport
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import LOCAL_STACK, REAL_API, Connection, versioned_url
from providers.linode.api.errors import LinodeError
from providers.linode.api.refusals import if_allowed
from stacks import layers, sources
from stacks.errors import BadSettings

NEEDED = ("/linode/types", "/regions", "/regions/availability", "/images")


@contextmanager
def offline_run(stack: str, engine: Engine, env: Mapping[str, str]) -> Iterator[Run]:
    """A run of a stack against nothing. Raises BadSettings, EngineFailed."""
    if stack == LOCAL_STACK:
        raise BadSettings(
            f"stack '{LOCAL_STACK}' needs no offline preview: its API is on this machine. Next: leave --offline out."
        )
    own, layer = sources.file_of(stack), sources.of_files(stack)
    with TemporaryDirectory(prefix="offline-") as folder:
        home = Path(folder)
        inside = _environment(home, env)
        inside |= catalogs_for(home, sources.linode_values(layer), inside)
        settings = home / own.name
        salt = new_stack(stack, engine, inside)
        settings.write_text(without_secrets(own.read_text(encoding="utf-8"), salt), encoding="utf-8")
        yield Run(stack, engine, inside, str(settings))


def _environment(home: Path, env: Mapping[str, str]) -> dict[str, str]:
    """No credential of anybody, and a state of its own."""
    (home / "state").mkdir()
    kept = {
        key: value
        for key, value in env.items()
        if key not in ("LINODE_CACHE", "LINODE_TOKEN", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_ACCESS_TOKEN")
        and not key.startswith("AWS_")
    }
    return {
        **kept,
        "LINODE_CACHE_DIR": str(home / "catalogs"),
        "LINODE_OFFLINE": "1",
        "PULUMI_BACKEND_URL": f"file://{home / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": PLACEHOLDER,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def catalogs_for(home: Path, settings: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """LINODE_URL and LINODE_TOKEN with which the catalogs in the throw-away cache are found."""
    url = versioned_url(env.get("LINODE_URL") or settings.get("linode:url") or REAL_API)
    outside = {key: value for key, value in env.items() if key != "LINODE_CACHE_DIR"}
    kept = cache_file(Connection(url, "", "LINODE_TOKEN"), outside)
    here = cache_file(Connection(url, PLACEHOLDER, "LINODE_TOKEN"), env)
    here.parent.mkdir(parents=True, exist_ok=True)
    if kept.exists():
        shutil.copy(kept, here)
        with suppress(LinodeError):
            _read_all(Connection(url, PLACEHOLDER, "LINODE_TOKEN"), env)
            return {"LINODE_URL": url, "LINODE_TOKEN": PLACEHOLDER}
    return _of_local_api(home, env)


def _of_local_api(home: Path, env: Mapping[str, str]) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    api = LocalApi(home / "api", port)
    api.start()
    try:
        token = api.token_file.read_text(encoding="utf-8").strip()
        online = {key: value for key, value in env.items() if key != "LINODE_OFFLINE"}
        _read_all(Connection(versioned_url(api.url), token, "LINODE_TOKEN"), online)
    finally:
        api.stop()
    return {"LINODE_URL": api.url, "LINODE_TOKEN": token}


def _read_all(connection: Connection, env: Mapping[str, str]) -> None:
    """Every catalog once, so that it is on disk. Raises LinodeError."""
    client = LinodeClient(CatalogTransport(connection, env))
    try:
        for path in TTL_S if "LINODE_OFFLINE" not in env else NEEDED:
            ask = partial(client.list_rows, path)
            if_allowed(ask) if path in PRICES else ask()
    finally:
        client.transport.close()


def without_secrets(text: str, salt: str) -> str:
    """A stack's file with a placeholder for every encrypted value, and another salt."""
    document = yaml.safe_load(text)
    values = (document.get("config") if isinstance(document, dict) else None) or {}
    config = layers.without_secrets(values, PLACEHOLDER)
    return yaml.safe_dump({"encryptionsalt": salt, "config": config}, allow_unicode=True)
