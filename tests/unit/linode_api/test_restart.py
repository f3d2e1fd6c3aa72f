"""The state outlives the process, however it ends."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.core.database import Database, DatabaseUnusable
from emulators.linode_api.server import LocalApi, NotLoopback, PortInUse, listen
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, Caller
from tests.until import until

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "emulators.linode_api"]


@contextmanager
def process(database: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A serving process and its address."""
    command = [*COMMAND, "serve", "--port", "0", "--database", str(database), *options]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as served:
        try:
            assert served.stdout
            line = served.stdout.readline()
            assert line.startswith("local API at http://127.0.0.1:"), line
            yield served, line.split()[3]
        finally:
            served.kill()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, text=True, capture_output=True, timeout=30, check=False
    )


def test_a_create_in_mid_provisioning_goes_on_after_a_restart(tmp_path: Path) -> None:
    clock = HeldClock()
    with LocalApi(tmp_path / "api.db", clock=clock) as first:
        token = first.add_token()
        caller = Caller(first, token)
        made = caller.create(**FROM_IMAGE, label="survivor")
        caller.close()
    clock.advance(53)

    with LocalApi(tmp_path / "api.db", clock=clock) as second:
        caller = Caller(second, token)
        booting = caller.linode(made["id"])
        clock.advance(20)
        running = caller.status(made["id"])
        caller.close()

    assert {**booting, "status": "provisioning"} == made
    assert (booting["status"], running) == ("booting", "running")


def test_jobs_keep_their_pace_when_the_speed_changes(tmp_path: Path) -> None:
    with LocalApi(tmp_path / "api.db", clock=HeldClock(speed=1)) as slow:
        token = slow.add_token()
        caller = Caller(slow, token)
        made = caller.create(**FROM_IMAGE)
        caller.close()
    later = HeldClock(speed=60)
    later.advance(120)

    with LocalApi(tmp_path / "api.db", clock=later) as fast:
        caller = Caller(fast, token)
        create = caller.events(made["id"], action="linode_create")[0]
        caller.close()

    assert 45 <= create["duration"] <= 51


def test_an_acknowledged_create_survives_sigkill(tmp_path: Path) -> None:
    database = tmp_path / "api.db"
    token = run("token", "--database", str(database)).stdout.strip()
    with process(database, "--speed", "600") as (served, url):
        caller = caller_at(url, token)
        made = caller.session.post(url + "/v4/linode/instances", json=EMPTY, timeout=5).json()
        served.send_signal(signal.SIGKILL)
        served.wait()

    with process(database, "--speed", "600") as (_, url):
        found = caller.session.get(url + "/v4/linode/instances", timeout=5).json()["data"]
        health = caller.session.get(url + "/_local/health", timeout=5).json()

    caller.close()
    assert [row["id"] for row in found] == [made["id"]]
    assert (health["speed"], health["database"]) == (600, str(database))


def caller_at(url: str, token: str) -> Caller:
    class Elsewhere:
        pass

    elsewhere = Elsewhere()
    elsewhere.url = url  # type: ignore[attr-defined] # all that a Caller reads of an API
    return Caller(elsewhere, token)  # type: ignore[arg-type] # as above


def test_no_acknowledged_create_is_lost_when_killed_amid_many(tmp_path: Path) -> None:
    database = tmp_path / "api.db"
    token = run("token", "--database", str(database)).stdout.strip()
    acknowledged: list[int] = []

    def create_until_cut(url: str) -> None:
        caller = caller_at(url, token)
        with suppress(requests.RequestException):
            while True:
                answer = caller.session.post(url + "/v4/linode/instances", json=EMPTY, timeout=5)
                acknowledged.append(answer.json()["id"])
        caller.close()

    with process(database, "--no-limits") as (served, url), ThreadPoolExecutor(8) as pool:
        running = [pool.submit(create_until_cut, url) for _ in range(8)]
        until(lambda: len(acknowledged) >= 50)
        served.send_signal(signal.SIGKILL)
        for one in running:
            one.result()
    with process(database, "--no-limits") as (_, url):
        caller = caller_at(url, token)
        counts = caller.session.get(url + "/_local/counts", timeout=5).json()["accounts"]["local"]
        kept = {
            entry["created_id"]
            for entry in caller.session.get(url + "/_local/requests", timeout=5).json()["requests"]
        }
        caller.close()

    assert set(acknowledged) <= kept
    assert counts["linodes"] == counts["created"] == len(kept - {None})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with process(tmp_path / "api.db") as (served, _):
        served.send_signal(number)
        code = served.wait(timeout=60)
        assert served.stderr
        said = served.stderr.read()

    assert (code, said) == (0, "")


SIGNALLED_AT_EACH_LINE = """
import faulthandler, io, os, signal, subprocess, sys
from emulators.linode_api.__main__ import main

def stopped_at(line, database):
    left = line
    def trace(frame, event, _):
        nonlocal left
        if event == "line" and "local API at" in sys.stdout.getvalue():
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGTERM)
        return trace

    later = subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -TERM {os.getpid()}"])
    sys.stdout = io.StringIO()
    sys.settrace(trace)
    try:
        return main(["serve", "--port", "0", "--database", database])
    finally:
        sys.settrace(None)
        sys.stdout = sys.__stdout__
        later.kill()
        later.wait()

faulthandler.dump_traceback_later(60, exit=True)
print([stopped_at(line, sys.argv[1]) for line in range(1, 16)])
"""


def test_a_signal_stops_it_whatever_line_it_meets(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SIGNALLED_AT_EACH_LINE, str(tmp_path / "api.db")]
    ended = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=90, check=False)

    assert (ended.stdout, ended.stderr) == (f"{[0] * 15}\n", "")


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with process(tmp_path / "api.db") as (_, url):
        port = url.rpartition(":")[2]
        second = run("serve", "--port", port, "--database", str(tmp_path / "other.db"))

    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == (
        f"local API: port {port} is in use by another program. Next: stop that program,"
        " or choose another --port (0 picks a free one).\n"
    )
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    "content", [b"not a database, but text " * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_database_is_refused_and_not_touched(tmp_path: Path, content: bytes) -> None:
    database = tmp_path / "api.db"
    database.write_bytes(content)

    served = run("serve", "--port", "0", "--database", str(database))

    assert served.returncode == 1
    assert served.stderr.startswith(f"local API: database {database} is damaged or not writable")
    assert served.stderr.count("\n") == 1
    assert database.read_bytes() == content


def test_damage_deep_inside_a_database_is_found_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "api.db"
    with LocalApi(path, limits=False) as api:
        caller = Caller(api, api.add_token())
        for _ in range(50):
            caller.create(**FROM_IMAGE)
        caller.close()
    content = bytearray(path.read_bytes())
    content[4096 * 6 : 4096 * 12] = b"\xa5" * 4096 * 6
    path.write_bytes(content)

    with pytest.raises(DatabaseUnusable, match="is damaged"):
        LocalApi(path)

    assert path.read_bytes() == content


def test_a_refused_database_leaves_its_port_free(tmp_path: Path) -> None:
    (tmp_path / "api.db").write_bytes(b"no database" * 1000)
    with LocalApi(tmp_path / "good.db") as api:
        port = api.port

    with pytest.raises(DatabaseUnusable):
        LocalApi(tmp_path / "api.db", port=port)

    listen("127.0.0.1", port).close()


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "api.db")
    connection.execute("CREATE TABLE theirs (id)")
    connection.close()

    with pytest.raises(DatabaseUnusable, match="belongs to another program"):
        Database(tmp_path / "api.db")


def test_a_database_in_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    answer = run("token", "--database", str(tmp_path / "none" / "api.db"))

    assert answer.returncode == 1
    assert "api.db cannot be opened (unable to open database file). Next: make its folder" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_number_that_is_no_port_is_one_clear_line(tmp_path: Path) -> None:
    answer = run("serve", "--port", "80000", "--database", str(tmp_path / "api.db"))

    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("local API: 80000 is not a port. Next: ")


def test_the_token_command_prints_the_token_only(tmp_path: Path) -> None:
    answer = run("token", "--database", str(tmp_path / "api.db"), "--scopes", "linodes:read_only")
    wrong = run("token", "--database", str(tmp_path / "api.db"), "--scopes", "everything")

    assert (answer.returncode, len(answer.stdout.strip()), answer.stderr) == (0, 64, "")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("local API: unknown scope 'everything'")


def test_a_token_can_be_made_while_the_api_serves(tmp_path: Path) -> None:
    with process(tmp_path / "api.db") as (_, url):
        caller = caller_at(
            url, run("token", "--database", str(tmp_path / "api.db"), "--account", "new").stdout.strip()
        )
        profile = caller.session.get(url + "/v4/profile", timeout=5).json()
        caller.close()

    assert profile["username"] == "new"


def test_only_this_machine_is_served() -> None:
    with pytest.raises(NotLoopback, match="0.0.0.0 is not a loopback address"):
        listen("0.0.0.0", 0)  # noqa: S104 - to see it refused


def test_a_taken_port_is_an_error_of_its_own(tmp_path: Path) -> None:
    with LocalApi(tmp_path / "api.db") as api, pytest.raises(PortInUse):
        LocalApi(tmp_path / "other.db", port=api.port)
