"""The local API on a socket, served by a thread of this process.

    with LocalApi(tmp_path / "api.db", speed=600) as api:
        token = api.add_token()
        requests.get(api.url + "/v4/profile", headers={"Authorization": f"Bearer {token}"}, timeout=5)

Raises PortInUse, DatabaseUnusable, NotLoopback.
"""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from typing_extensions import Self

from emulators.linode_api import page
from emulators.linode_api.app import Api, build_app, is_loopback
from emulators.linode_api.clock import Clock, stamp
from emulators.linode_api.control import Controls
from emulators.linode_api.core.database import Database
from emulators.linode_api.core.faults import CuttableProtocol, Rule, parse_rule
from emulators.linode_api.seeding import seed

KEEP_ALIVE_S = 75
START_WITHIN_S = 10.0
STOP_WITHIN_S = 2


class PortInUse(Exception):
    """Another program listens on that port."""


class NotLoopback(Exception):
    """The local API is for this machine only."""


class LocalApi:
    """A context manager. `speed` 60 makes 60 s of the real API one second; port 0 picks a free one."""

    def __init__(
        self,
        database: Path,
        speed: float = 60.0,
        limits: bool = True,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        clock: Clock | None = None,
        latency_s: float = 0.0,
    ) -> None:
        self.clock, self.limits = clock or Clock(speed), limits
        self._socket = listen(host, port)
        try:
            self.database = Database(database)
        except BaseException:
            self._socket.close()
            raise
        self.api = Api(self.database, self.clock, limits=limits, latency_s=latency_s)
        self.accounts = self.api.accounts
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://{'[::1]' if ':' in host else host}:{self.port}"
        facts = {
            "url": self.url,
            "database": str(database.resolve()),
            "started": stamp(time.time()),
        }
        self._server = uvicorn.Server(
            uvicorn.Config(
                build_app(self.api, [*page.routes(), *Controls(self.api, facts).routes()]),
                http=CuttableProtocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                access_log=False,
                log_config=None,
                server_header=False,
                date_header=False,  # the API's own clock has it
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=STOP_WITHIN_S,
            )
        )
        serve = partial(self._server.run, sockets=[self._socket])
        self._thread = threading.Thread(target=serve, name="local-api", daemon=True)

    def start(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + START_WITHIN_S
        while not self._server.started and self._thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.002)
        if not self._server.started:
            self.stop()
            raise RuntimeError(f"the local API did not start within {START_WITHIN_S:.0f} s")
        return self

    def stop(self) -> None:
        """Ends open requests and streams, then closes socket and database."""
        self.api.ending = True
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add_token(
        self,
        account: str = "local",
        scopes: str = "*",
        *,
        user: str | None = None,
        restricted: bool = False,
        grants: Iterable[str] = ("add_linodes",),
        expires_in_s: float | None = None,
    ) -> str:
        """A new token (see Accounts.token_for); `expires_in_s` is in real seconds."""
        expiry = None if expires_in_s is None else self.clock.now() + expires_in_s
        return self.accounts.token_for(account, scopes, user, grants if restricted else None, expiry)

    def seed(self, description: object) -> None:
        """Makes what a description says (see seeding.py). Raises ValueError."""
        seed(self.api, description)

    def snapshot(self, name: str = "latest") -> None:
        """Keeps all there is: accounts, Linodes, events, tokens, the moment."""
        self.database.snapshot(name, self.clock.now())

    def restore(self, name: str = "latest") -> None:
        """Everything is as it was then. Raises KeyError when there is no such snapshot."""
        self.api.restore(name)

    def requests(self, after: int = 0) -> list[dict[str, Any]]:
        """Requests that the API saw, oldest first (see Api.requests)."""
        return self.api.requests(after)

    def counts(self, account: str = "local") -> dict[str, int]:
        """Linodes of an account: those there, ever made, deleted."""
        return self.api.counts()[account]

    def set_faults(self, *rules: Rule | dict[str, Any], seed: int = 0) -> None:
        """Replaces the faults in force; none given: no faults."""
        parsed: Sequence[Rule] = [rule if isinstance(rule, Rule) else parse_rule(rule) for rule in rules]
        self.api.faults.set(parsed, seed)


def listen(host: str, port: int) -> socket.socket:
    """A bound socket of this machine's own network."""
    if not is_loopback(host):
        raise NotLoopback(
            f"{host} is not a loopback address: the local API checks no certificates and serves this machine"
            " only. Next: use --host 127.0.0.1."
        )
    if not 0 <= port <= 65535:
        raise ValueError(f"{port} is not a port. Next: give a --port from 0 to 65535 (0 picks a free one).")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named; with it each answer takes 40 ms.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(2048)
    except OSError as failure:
        opened.close()
        if failure.errno != errno.EADDRINUSE:
            raise
        raise PortInUse(
            f"port {port} is in use by another program. Next: stop that program, or choose another --port"
            " (0 picks a free one)."
        ) from failure
    return opened
