"""The local API as a process of its own: started when it isn't running, stopped by its process id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from providers.linode.api.advice import typed
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.project import PROJECT
from stacks.errors import BadSettings

DEFAULT_PORT = 8041
DEFAULT_SPEED = 60.0
"""A minute of the real API passes in a second."""

START_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Running:
    """A process of the API; `speed` is what it was started with."""

    pid: int
    speed: float


@dataclass(frozen=True)
class LocalApi:
    """The local API of one folder: its database, its log and the token that the stack uses."""

    home: Path
    port: int
    speed: float = DEFAULT_SPEED
    is_speed_given: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.home / "linode.sqlite3"

    @property
    def token_file(self) -> Path:
        return self.home / "token"

    @property
    def configuration(self) -> dict[str, str]:
        """What the stack's settings say of the connection; the token is a secret."""
        return {"linode:url": self.url, "linode:token": self.token_file.read_text(encoding="utf-8")}

    def running(self) -> Running | None:
        """The API of this folder as it runs now, None if it doesn't.

        Raises BadSettings when something else listens on the port.
        """
        import requests  # here: a third of a command's start, and only stack `local` asks

        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy stands before this machine
                health = session.get(f"{self.url}/_local/health", timeout=5).json()
            database = Path(str(health["database"]))
        except requests.ConnectionError:
            return None
        except (requests.RequestException, ValueError, KeyError, TypeError):
            raise self._port_taken("another program") from None
        if database.resolve() != self.database.resolve():
            raise self._port_taken(f"the local API of another folder ({database.parent})")
        return Running(int(health["pid"]), float(health.get("speed") or self.speed))

    def start(self) -> bool:
        """Start it in the background unless it runs, and make a token unless there is one.

        Whether it had to be started. Raises BadSettings, also while it runs on another port.
        """
        other = self._elsewhere()
        if other is not None:
            raise BadSettings(
                f"the local API of this folder runs on port {other.port} already. "
                f"Next: `{typed('stop')}` before you give it port {self.port}, or leave LOCAL_PORT out."
            )
        if self.token_file.exists() and not self.database.exists():
            raise BadSettings(
                f"{self.database} is missing, and what stack '{LOCAL_STACK}' made was in it. "
                f"Next: put it back, or remove {self.home} to start over."
            )
        if not self.database.exists():
            self.stop()  # it may still run from before its folder was removed, and would lose what it is told
        there = self.running()
        if there and self.is_speed_given and there.speed != self.speed:
            print(
                f"local API: goes on {there.speed:g} times as fast as the real one; LOCAL_SPEED={self.speed:g} counts "
                f"when it is started again, after `{typed('stop')}`",
                file=sys.stderr,
            )
        starting = there is None
        if starting:
            self._spawn()
            self._port_file.write_text(str(self.port), encoding="utf-8")
        if not self.token_file.exists():
            self._make_token()
        return starting

    def stop(self) -> bool:
        """Stop it, on whatever port it runs; False if it wasn't running.

        Raises BadSettings while something else has its port.
        """
        served = self._elsewhere() or self
        if (process := served.running()) is None:
            return False
        os.kill(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + START_TIMEOUT_S
        while served.running() and time.monotonic() < deadline:
            time.sleep(0.05)
        return True

    @property
    def _port_file(self) -> Path:
        return self.home / "api.port"

    def _elsewhere(self) -> LocalApi | None:
        """The API of this folder where it was last started, if that is another port and it still runs there."""
        try:
            port = int(self._port_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        last = replace(self, port=port)
        try:
            return last if port != self.port and last.running() else None
        except BadSettings:
            return None  # somebody else has that port now

    def _spawn(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = self.home / "api.log"
        command = [
            *(sys.executable, "-m", "emulators.linode_api", "serve"),
            *("--port", str(self.port), "--database", str(self.database), "--speed", str(self.speed)),
        ]
        with log.open("w") as out:
            process = subprocess.Popen(
                command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if self.running():
                    return
            except BadSettings:  # a server that comes up wrong does not stay behind
                process.terminate()
                raise
            time.sleep(0.05)
        process.terminate()
        said = log.read_text(encoding="utf-8").strip().splitlines()
        raise BadSettings(said[-1] if said else f"the local API did not start. Next: read {log}.")

    def _make_token(self) -> None:
        command = [sys.executable, "-m", "emulators.linode_api", "token", "--database", str(self.database)]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", check=False)
        if done.returncode:
            raise BadSettings(f"no token of the local API could be made: {done.stderr.strip()}")
        write_private(self.token_file, done.stdout.strip())

    def _port_taken(self, whom: str) -> BadSettings:
        return BadSettings(
            f"port {self.port}, where the local API is to listen, is in use by {whom}. "
            f"Next: stop that one where it was started, or choose another port: LOCAL_PORT={self.port + 1}."
        )


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
