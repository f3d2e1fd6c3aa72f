"""Where states are kept: locks that are waited for, and one clear line for whatever is wrong. By either engine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud_checkout import CloudCheckout, cloud, kill_once, slow_creates
from tests.until import until

pytestmark = pytest.mark.all

UP = ("up", "--stack", "dev", "--yes", "--skip-preview")


@pytest.fixture
def made(engine: str, tmp_path: Path) -> Iterator[CloudCheckout]:
    with cloud(tmp_path, engine) as checkout:
        done = checkout.engine_command("stack", "init", "dev")
        assert done.code == 0, done.said
        yield checkout


def locks(checkout: CloudCheckout) -> list[Path]:
    folder = checkout.env["PULUMI_BACKEND_URL"].removeprefix("file://")
    return list((Path(folder) / ".pulumi" / "locks").rglob("*.json"))


def errors(said: str) -> list[str]:
    return [line for line in said.splitlines() if "error: " in line]


def test_a_second_up_waits_for_the_first_and_then_has_nothing_to_do(made: CloudCheckout) -> None:
    slow_creates(made.api, 10.0)
    first = made.start(*UP)
    until(lambda: locks(made) or first.poll() is not None)

    waiting = made.start("--lock-wait", "2m", *UP)
    refused = made.run(*UP)
    said, waited = (process.communicate(timeout=150)[0].decode() for process in (first, waiting))

    assert first.returncode == 0, said
    assert refused.code == 1
    assert "is locked by" in errors(refused.said)[0]
    assert "--lock-wait 5m" in errors(refused.said)[0]
    assert len(errors(refused.said)) == 1
    assert waiting.returncode == 0, waited
    assert "waiting for at most" in waited
    assert ", process " in waited
    assert len(made.linodes()) == 2


def test_a_run_that_was_killed_is_not_waited_for_and_unlock_frees_it(made: CloudCheckout) -> None:
    slow_creates(made.api, 30.0, 2)
    process = made.start(*UP)
    kill_once(process, lambda: bool(locks(made)))
    slow_creates(made.api, 0.0)

    refused = made.run("--lock-wait", "5m", *UP)
    unlocked = made.run("unlock", "--stack", "dev")
    done = made.run(*UP)

    assert refused.code == 1
    assert "that process is dead" in refused.said
    assert "unlock --stack dev" in refused.said
    assert unlocked.code == 0, unlocked.said
    assert done.code == 0, done.said


def test_a_wrong_passphrase_a_missing_one_and_a_missing_folder_are_one_line_each(made: CloudCheckout) -> None:
    wrong = made.run("preview", "--stack", "dev", env={"PULUMI_CONFIG_PASSPHRASE": "y"})
    del made.env["PULUMI_CONFIG_PASSPHRASE"]
    none = made.run("preview", "--stack", "dev")
    made.env |= {"PULUMI_CONFIG_PASSPHRASE": "x", "PULUMI_BACKEND_URL": f"file://{made.root / 'nowhere'}"}
    nowhere = made.run("pr-up", "--number", "7")

    for done, part in (
        (wrong, "the passphrase is not"),
        (none, "needs its passphrase"),
        (nowhere, "does not exist"),
    ):
        assert done.code != 0
        [line] = errors(done.said)
        assert part in line
        assert "Next: " in line


def test_a_folder_that_can_not_be_written_is_one_line(made: CloudCheckout, tmp_path: Path) -> None:
    bound = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    if bound and (not shutil.which("setpriv") or made.command(*bound, "true").code):
        pytest.skip("root may write anywhere, and `setpriv` can't take that from it here")
    places = [file for file in (tmp_path / "state").rglob("*") if file.is_dir()]
    for place in places:
        place.chmod(0o555)

    done = made.command(*bound, sys.executable, "-m", "fleet", "refresh", "--stack", "dev", "--yes")
    for place in places:
        place.chmod(0o755)

    assert done.code != 0
    [line] = errors(done.said)
    assert "can't be written" in line
    assert "Next: " in line
