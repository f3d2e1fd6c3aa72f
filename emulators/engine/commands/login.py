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

from emulators.engine.errors import EngineError
from emulators.engine.state import files, project
from emulators.engine.state.lock import user_name
from emulators.engine.values import Json

LOCAL = "file://~"


def _keep(credentials: Json) -> None:
    if credentials.get("accounts"):
        files.write_atomically(files.credentials_file(), json.dumps(credentials, indent=4).encode())
    else:
        files.credentials_file().unlink(missing_ok=True)


def _given(args: argparse.Namespace) -> str:
    given = {url for url in (args.url, args.cloud_url, LOCAL if args.local else None) if url}
    if len(given) > 1:
        raise EngineError("only one of the URL, --cloud-url and --local may be given")
    return str(given.pop()) if given else ""


def _current() -> str:
    """The backend of the project, if there is one here, or of the user."""
    with contextlib.suppress(EngineError):
        return files.backend_url(project.find(Path.cwd()).backend_url)
    return files.backend_url(None)


def login(args: argparse.Namespace) -> None:
    url = _given(args) or _current()
    files.open_backend(url, Path.cwd())
    known = files.read_json_object(files.credentials_file())
    tokens, accounts = known.get("accessTokens") or {}, known.get("accounts") or {}
    account = accounts.get(url) or {"lastValidatedAt": "0001-01-01T00:00:00Z"}
    _keep({"current": url, "accessTokens": {**tokens, url: ""}, "accounts": {**accounts, url: account}})
    print(f"Logged in to {socket.gethostname()} as {user_name()} ({url})")


def logout(args: argparse.Namespace) -> None:
    credentials = files.read_json_object(files.credentials_file())
    if args.all:
        _keep({})
        print("Logged out of everything")
        return
    url = _given(args) or os.environ.get("PULUMI_BACKEND_URL") or str(credentials.get("current") or "")
    if not url:
        raise EngineError("not logged in to a backend")
    for part in ("accessTokens", "accounts"):
        credentials[part] = {key: item for key, item in (credentials.get(part) or {}).items() if key != url}
    if credentials.get("current") == url:
        credentials["current"] = ""
    _keep(credentials)
    print(f"Logged out of {url}")


def whoami(args: argparse.Namespace) -> None:
    url = _current()
    files.open_backend(url, Path.cwd())
    if args.json:
        print(json.dumps({"user": user_name(), "url": url}, indent=2))
    elif args.verbose:
        print(f"User: {user_name()}\nOrganizations: \nBackend URL: {url}\nToken type: personal")
    else:
        print(user_name())
