"""``login``, ``logout`` and ``whoami``, for backends in folders.

Source: the real command line's ``credentials.json``: current, accessTokens, accounts.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

from emulators.engine import project
from emulators.engine.backend import backend_url, home, open_backend, write_atomically
from emulators.engine.errors import EngineError
from emulators.engine.lock import user_name

Json = dict[str, Any]
LOCAL = "file://~"


def run(args: argparse.Namespace) -> int:
    {"login": _login, "logout": _logout, "whoami": _whoami}[args.command](args)
    return 0


def _file() -> Path:
    return home() / "credentials.json"


def _credentials() -> Json:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(_file().read_bytes())
        if isinstance(found, dict):
            return found
    return {}


def _keep(credentials: Json) -> None:
    if not credentials.get("accounts"):
        _file().unlink(missing_ok=True)
        return
    write_atomically(_file(), json.dumps(credentials, indent=4).encode())


def _url(args: argparse.Namespace) -> str:
    given = [url for url in (args.url, args.cloud_url, LOCAL if args.local else None) if url]
    if len(set(given)) > 1:
        raise EngineError("only one of the URL, --cloud-url and --local may be given")
    return str(given[0]) if given else ""


def _login(args: argparse.Namespace) -> None:
    url = _url(args) or backend_url(_url_of_project())
    open_backend(url, Path.cwd())
    credentials = _credentials()
    tokens, accounts = credentials.get("accessTokens") or {}, credentials.get("accounts") or {}
    account = accounts.get(url) or {"lastValidatedAt": "0001-01-01T00:00:00Z"}
    _keep({"current": url, "accessTokens": {**tokens, url: ""}, "accounts": {**accounts, url: account}})
    print(f"Logged in to {socket.gethostname()} as {user_name()} ({url})")


def _logout(args: argparse.Namespace) -> None:
    credentials = _credentials()
    if args.all:
        _keep({})
        print("Logged out of everything")
        return
    url = _url(args) or os.environ.get("PULUMI_BACKEND_URL") or str(credentials.get("current") or "")
    if not url:
        raise EngineError("not logged in to a backend")
    for part in ("accessTokens", "accounts"):
        credentials[part] = {key: item for key, item in (credentials.get(part) or {}).items() if key != url}
    if credentials.get("current") == url:
        credentials["current"] = ""
    _keep(credentials)
    print(f"Logged out of {url}")


def _whoami(args: argparse.Namespace) -> None:
    url = backend_url(_url_of_project())
    open_backend(url, Path.cwd())
    if getattr(args, "json", False):
        print(json.dumps({"user": user_name(), "url": url}, indent=2))
    elif args.verbose:
        print(f"User: {user_name()}\nOrganizations: \nBackend URL: {url}\nToken type: personal")
    else:
        print(user_name())


def _url_of_project() -> str | None:
    with contextlib.suppress(EngineError):
        return project.find(Path.cwd()).backend_url
    return None
