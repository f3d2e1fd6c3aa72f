"""The real command line on a bucket, from the first stack to a killed run; the embedded engine refuses buckets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bucket import CREDENTIALS, Store, serve
from tests.cloud_checkout import CloudCheckout, cloud, kill_once, slow_creates
from tests.until import until

UP = ("up", "--stack", "dev", "--yes", "--skip-preview")
LABELS = {"fleet-dev-web-1", "fleet-dev-db-1"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with serve(tmp_path_factory.mktemp("store")) as found:
        found.make("states")
        yield found


@pytest.fixture
def made(tmp_path: Path, store: Store, real_engine: str) -> Iterator[CloudCheckout]:
    url = store.url("states").replace("s3://states?", f"s3://states/{tmp_path.name}?")
    with cloud(tmp_path, real_engine, url) as checkout:
        checkout.env |= CREDENTIALS
        yield checkout


def init(checkout: CloudCheckout) -> None:
    done = checkout.engine_command("stack", "init", "dev")
    assert done.code == 0, done.said


def is_locked(checkout: CloudCheckout, store: Store) -> bool:
    place = checkout.env["PULUMI_BACKEND_URL"].partition("?")[0].rpartition("/")[2]
    return any(key.startswith(f"{place}/.pulumi/locks/") for key in store.keys("states"))


def test_a_stack_lives_in_a_bucket_and_a_second_up_waits(made: CloudCheckout, store: Store) -> None:
    init(made)
    shown = made.run("preview", "--stack", "dev")
    slow_creates(made.api, 12.0)
    first = made.start(*UP)
    until(lambda: is_locked(made, store))

    waiting = made.start("--lock-wait", "2m", *UP)
    refused = made.run(*UP)
    unlocked = made.run("unlock", "--stack", "dev")
    said, waited = (process.communicate(timeout=150)[0].decode() for process in (first, waiting))

    assert shown.code == 0, shown.said
    assert first.returncode == 0, said
    assert refused.code == 1
    assert "is locked by" in refused.said
    assert "WARN" not in refused.said
    assert unlocked.code == 1
    assert "Nothing was changed" in unlocked.said
    assert waiting.returncode == 0, waited
    assert "waiting for at most" in waited
    assert set(made.linodes()) == LABELS


def test_two_that_start_at_once_are_one_winner_and_one_that_waits(made: CloudCheckout) -> None:
    init(made)
    both = [made.start("--lock-wait", "3m", *UP) for _ in range(2)]

    said = [process.communicate(timeout=150)[0].decode() for process in both]

    assert [process.returncode for process in both] == [0, 0], "\n".join(said)
    assert set(made.linodes()) == LABELS
    created = [
        row
        for row in made.served.requests()
        if (row["method"], row["path"]) == ("POST", "/v4/linode/instances")
    ]
    assert len(created) == len(LABELS)


def test_a_run_that_was_killed_is_unlocked_and_finished(made: CloudCheckout, store: Store) -> None:
    init(made)
    slow_creates(made.api, 8.0, 2)
    process = made.start(*UP)
    kill_once(process, lambda: len(made.linodes()) > 0 or _creates(made) > 0)
    left = is_locked(made, store)

    refused = made.run("--lock-wait", "5m", *UP)
    unlocked = made.run("unlock", "--stack", "dev")
    done = made.run(*UP)

    assert left
    assert refused.code == 1
    assert "unlock --stack dev" in refused.said
    assert unlocked.code == 0, unlocked.said
    assert "that process is dead" in unlocked.said
    assert not is_locked(made, store)
    assert done.code == 0, done.said
    assert set(made.linodes()) == LABELS


def _creates(checkout: CloudCheckout) -> int:
    return sum(row["method"] == "POST" for row in checkout.served.requests())


def test_what_is_wrong_with_a_bucket_is_one_line(made: CloudCheckout, store: Store) -> None:
    cases = {
        "does not exist": {"PULUMI_BACKEND_URL": store.url("nowhere")},
        "no credentials": {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
        "answers at http://127.0.0.1:1": {"PULUMI_BACKEND_URL": Store("http://127.0.0.1:1").url("states")},
    }

    said = {part: made.run("preview", "--stack", "dev", env=env) for part, env in cases.items()}

    for part, done in said.items():
        assert done.code != 0
        [line] = [line for line in done.said.splitlines() if "error: " in line]
        assert part in line
        assert "Next: " in line


def test_the_embedded_engine_refuses_a_bucket_in_one_line(tmp_path: Path) -> None:
    with cloud(tmp_path, "embedded", Store("http://127.0.0.1:1").url("states")) as checkout:
        done = checkout.run("preview", "--stack", "dev")

    assert done.code == 1
    [line] = [line for line in done.said.splitlines() if "error: " in line]
    assert "only file://" in line
    assert "Next: " in line
