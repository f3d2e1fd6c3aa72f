"""The local API by itself: its start, a seeded account, pages of long lists, and how many requests a second it answers.

The server is a process of its own, the clients are threads of this one: two cores are enough for both.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from providers.linode.project import PROJECT
from tests.bench.measuring import machine

FEW, MANY, PAGE = 50, 10_000, 500
CLIENTS, ASKED_S = 4, 5.0
COMMAND = [sys.executable, "-m", "emulators.linode_api"]
LINODES = "/v4/linode/instances"
LISTS: dict[str, tuple[str, str, dict[str, object]]] = {
    f"page of {PAGE} of {FEW}": ("few", f"{LINODES}?page_size={PAGE}", {}),
    f"page of {PAGE} of {MANY}": ("many", f"{LINODES}?page_size={PAGE}", {}),
    "the last page": ("many", f"{LINODES}?page_size={PAGE}&page={MANY // PAGE}", {}),
    "one by its label": ("many", LINODES, {"label": f"web-{MANY // 2}"}),
    "a page by a tag": ("many", LINODES, {"tags": "even"}),
    "a page by a tag, in order": ("many", LINODES, {"tags": "even", "+order_by": "label", "+order": "desc"}),
    "disks of one": ("many", "DISKS", {}),
    "events of one": ("many", "/v4/account/events", {"entity.type": "linode", "entity.id": 0}),
    "a page of events": ("many", "/v4/account/events", {}),
}


@dataclass(frozen=True)
class Client:
    """One connection that is kept."""

    connection: http.client.HTTPConnection
    headers: Mapping[str, str]

    def send(self, method: str, path: str, body: object = None, where: object = None) -> bytes:
        """The answer's body; raises SystemExit for a refusal."""
        more = {} if where is None else {"X-Filter": json.dumps(where)}
        content = None if body is None else json.dumps(body)
        self.connection.request(
            method, path, content, {**self.headers, **more, "Content-Type": "application/json"}
        )
        answer = self.connection.getresponse()
        found = answer.read()
        if answer.status != 200:
            raise SystemExit(f"error: {method} {path} was answered by {answer.status}: {found[:200]!r}")
        return found


def run(runs: int) -> None:
    print(f"\nthe local API; medians of {runs}; {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "api.db"
        starts = []
        for _ in range(max(runs, 1)):
            begun = time.monotonic()
            with served(database):
                starts.append(time.monotonic() - begun)
        print(f"{'start, to the first answer':34} {statistics.median(starts):8.2f} s")
        with served(database) as url:
            _lists(url, {name: token(database, name) for name in ("few", "many")}, runs)
            _rate(url, token(database, "few"))


def _lists(url: str, tokens: Mapping[str, str], runs: int) -> None:
    clients = {name: client(url, one) for name, one in tokens.items()}
    for name, count in (("few", FEW), ("many", MANY)):
        seconds = timed(partial(clients[name].send, "POST", "/_local/seed", seed(name, count)))
        print(f"{f'seed of {count} Linodes':34} {seconds:8.2f} s", flush=True)
    kept = timed(partial(clients["many"].send, "PUT", "/_local/snapshots/bench"))
    brought = timed(partial(clients["many"].send, "POST", "/_local/snapshots/bench"))
    print(f"{'snapshot, restore':34} {kept:8.2f} s {brought:8.2f} s")
    [first] = json.loads(clients["many"].send("GET", LINODES, where={"label": "web-1"}))["data"]
    found: dict[str, float] = {}
    for name, (account, path, wanted) in LISTS.items():
        where = {key: value or first["id"] for key, value in wanted.items()}
        path = path.replace("DISKS", f"{LINODES}/{first['id']}/disks")
        ask = partial(clients[account].send, "GET", path, where=where)
        ask()
        found[name] = statistics.median(timed(ask) for _ in range(10 * runs))
        print(f"{name:34} {found[name] * 1000:8.2f} ms", flush=True)
    few, many = list(found.values())[:2]
    print(f"{f'{MANY} to {FEW} Linodes, a page':34} {many / few:8.2f} times")


def _rate(url: str, one: str) -> None:
    for path in ("/v4/profile", "/v4/linode/types/g6-nanode-1", f"{LINODES}?page_size=25"):
        counts = [0] * CLIENTS
        over = threading.Event()

        def ask(
            number: int, path: str = path, counts: list[int] = counts, over: threading.Event = over
        ) -> None:
            caller = client(url, one)
            while not over.is_set():
                caller.send("GET", path)
                counts[number] += 1

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        over.wait(ASKED_S)
        over.set()
        for thread in threads:
            thread.join()
        print(f"{f'GET {path}':34} {sum(counts) / (time.monotonic() - begun):8.0f} a second", flush=True)


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def seed(account: str, count: int) -> object:
    body = {
        "label": "web-{n}", "type": "g6-nanode-1", "region": "us-ord", "image": "linode/debian13",
        "authorized_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA bench"],
    }  # fmt: skip
    halves = [{**body, "label": f"{name}-{{n}}", "tags": [name]} for name in ("web", "even")]
    things = [{"post": "/linode/instances", "count": count // 2, "body": half} for half in halves]
    return {"account": account, "things": things}


def client(url: str, one: str) -> Client:
    parts = urlsplit(url)
    return Client(
        http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=600),
        {"Authorization": f"Bearer {one}"},
    )


def token(database: Path, account: str) -> str:
    words = [*COMMAND, "token", "--database", str(database), "--account", account]
    return subprocess.run(words, cwd=PROJECT, text=True, capture_output=True, check=True).stdout.strip()


@contextmanager
def served(database: Path) -> Iterator[str]:
    """The address of a process that serves, from its first answer on."""
    words = [*COMMAND, "serve", "--port", "0", "--database", str(database), "--no-limits"]
    with subprocess.Popen(words, cwd=PROJECT, text=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().split()[3]
            client(url, "").send("GET", "/_local/health")
            yield url
        finally:
            process.terminate()
