"""A store of buckets on this machine, which the real command line takes for S3: moto's server, a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.checkout import free_port
from tests.until import GIVE_UP_S, until

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Store:
    """Where it listens. Any key opens it."""

    address: str

    def url(self, bucket: str) -> str:
        """What PULUMI_BACKEND_URL names."""
        return f"s3://{bucket}?endpoint={self.address}&s3ForcePathStyle=true&region=us-east-1"

    def make(self, bucket: str) -> None:
        requests.put(f"{self.address}/{bucket}", timeout=10).raise_for_status()

    def keys(self, bucket: str) -> list[str]:
        """The names of everything in a bucket."""
        listed = requests.get(f"{self.address}/{bucket}?list-type=2", timeout=10).text
        return [part.partition("</Key>")[0] for part in listed.split("<Key>")[1:]]


@contextmanager
def serve(folder: Path) -> Iterator[Store]:
    """A store for as long as the block runs; what it logs goes to a file in the folder."""
    port = free_port()
    with (folder / "store.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _wait_for(f"http://127.0.0.1:{port}", process)
            yield Store(f"http://127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait(10)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        assert process.poll() is None, "the store has ended; its log is beside the test's files"
        try:
            requests.get(address, timeout=GIVE_UP_S)
        except requests.ConnectionError:
            return False
        return True

    until(answers)
