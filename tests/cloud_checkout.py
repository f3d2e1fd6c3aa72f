"""A copy of the project whose stacks use an account of a local API in this process, and a backend that a test picks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from emulators.linode_api.server import LocalApi
from tests.checkout import Checkout
from tests.killing import descendants
from tests.until import until


class CloudCheckout(Checkout):
    """Run with a token from the environment, as a workflow runs it."""

    def __init__(self, folder: Path, engine: str, api: LocalApi, url: str) -> None:
        super().__init__(folder, engine)
        self.served = api
        self.env |= {
            "LINODE_URL": api.url,
            "LINODE_TOKEN": api.add_token("reaped"),
            "PULUMI_BACKEND_URL": url,
            "PULUMI_CONFIG_PASSPHRASE": "x",
        }

    @property
    def api(self) -> str:
        return self.served.url

    @property
    def token(self) -> str:
        return self.env["LINODE_TOKEN"]

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """`fleet …`, not waited for."""
        return subprocess.Popen(
            [sys.executable, "-m", "fleet", *words], cwd=self.root, env=self.env, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def make_machine(self, label: str, *tags: str) -> int:
        """A Linode as somebody makes it by hand."""
        body = {"label": label, "type": "g6-nanode-1", "region": "de-fra-2", "tags": list(tags)}
        made = self.call("POST", "/linode/instances", body)
        return int(str(made["id"]))


@contextmanager
def cloud(folder: Path, engine: str, url: str | None = None) -> Iterator[CloudCheckout]:
    """With a folder of its own as the backend, unless another is given."""
    (folder / "state").mkdir()
    with LocalApi(folder / "api.db", speed=600) as api:
        yield CloudCheckout(folder, engine, api, url or f"file://{folder / 'state'}")


def kill_once(process: subprocess.Popen[bytes], reached: Callable[[], bool]) -> None:
    """Kill a command with all its processes, as soon as something is so."""
    until(reached)
    for part in descendants(process.pid):
        part.kill()
    process.communicate(timeout=30)


def slow_creates(api: str, delay_s: float, times: int = 1) -> None:
    rule = {"method": "POST", "path": "/linode/instances", "kind": "slow", "delay_s": delay_s, "times": times}
    requests.put(f"{api}/_local/faults", json={"rules": [rule]}, timeout=10).raise_for_status()
