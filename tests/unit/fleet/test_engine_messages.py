"""Messages of the real command line 3.260, and those of the embedded engine, as they were seen."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fleet.engine.locks import Lock
from fleet.engine.messages import explain, holders, locked_line

LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the "
    "lock file with `pulumi cancel`.\n  {file}: created by eve@{host} (pid 99999) at 2026-11-24T06:00:00Z\n"
)
FILE = "file:///srv/state/.pulumi/locks/organization/fleet/pr-7/abc.json?no_tmp_dir=true"
S3 = 'error: read ".pulumi/meta.yaml": blob (code=Unknown): operation error S3: GetObject, '
BUCKET = "s3://state?endpoint=http://127.0.0.1:5757&s3ForcePathStyle=true&region=us-east-1"
FOLDER = "file:///srv/my%20state"

CASES = {
    "error: getting stack configuration: get stack secrets manager: incorrect passphrase": "the passphrase is not",
    "error: getting stack configuration: get stack secrets manager: passphrase must be set with "
    "PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables": "needs its passphrase",
    "error: error listing stacks: could not list bucket: blob (code=NotFound): operation error S3: ListObjectsV2, "
    "https response error StatusCode: 404, NoSuchBucket: The specified bucket does not exist": "'state' does not",
    S3
    + "get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found": "no credentials",
    S3
    + "https response error StatusCode: 403, api error AccessDenied: Access Denied": "refuses these credentials",
    S3
    + 'request send failed, Get "http://state.127.0.0.1:5757/": dial tcp: lookup state.127.0.0.1: no such host': (
        "s3ForcePathStyle=true"
    ),
    "error: no stack named 'dev' found": "was never made there (s3://state)",
    S3 + "exceeded maximum number of attempts, 3, dial tcp 127.0.0.1:5758: connect: connection refused": (
        "answers at http://127.0.0.1:5757"
    ),
}
FOLDER_CASES = {
    'error: unable to open state directory "file:///srv/my state": stat /srv: no such file or directory': "mkdir -p",
    "error: the backend's folder does not exist: /srv/my state. Next: mkdir -p /srv/my state": "mkdir -p",
    'error: write ".pulumi/meta.yaml": blob (code=Unknown): mkdir /srv/my state/.pulumi: permission denied': "written",
    "error: 2 errors occurred:\n    1) open /srv/.pulumi/locks/x.json.tmp: permission denied\n    2) ?": "written",
    "error: Permission denied: /srv/my state/.pulumi/locks/organization/fleet/dev/x.tmp": "written",
    "error: Read-only file system: /srv/my state/.pulumi/locks/x.tmp": "written",
    "error: failed to load checkpoint: place 1: unexpected end of JSON input": "state of stack 'dev' is corrupt",
}


@pytest.mark.parametrize(("said", "part"), CASES.items())
def test_what_goes_wrong_with_a_bucket_or_a_passphrase_is_one_line_with_a_next_step(
    said: str, part: str
) -> None:
    line = explain(f"SDK 2026/11/24 WARN noise\n{said}\n", "dev", BUCKET)

    assert line is not None
    assert part in line
    assert "Next: " in line
    assert "\n" not in line
    assert "{" not in line


@pytest.mark.parametrize(("said", "part"), FOLDER_CASES.items())
def test_what_goes_wrong_with_a_folder_is_one_line_that_names_it(said: str, part: str) -> None:
    line = explain(said, "dev", FOLDER)

    assert line is not None
    assert part in line
    assert "/srv/my state" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "said",
    [
        "error: update failed",
        "error: reading the key: permission denied",
        "error: the stack is currently unlocked",
        "warning: error: the stack is currently locked by 1 lock(s)",
        "",
    ],
)
def test_what_speaks_for_itself_is_left_alone(said: str) -> None:
    assert explain(said, "dev", BUCKET) is None
    assert holders(said) is None


@pytest.mark.parametrize("colour", ["", "\x1b[38;5;9m"])
def test_the_holder_of_a_lock_is_read_from_the_message(colour: str) -> None:
    said = "  noise\n" + colour + LOCKED.format(file=FILE, host="build-1")

    found = holders(said)

    assert found is not None
    [lock] = found
    assert (lock.user, lock.host, lock.pid) == ("eve", "build-1", 99999)
    assert lock.holder() == "eve@build-1, process 99999, since 2026-11-24 06:00:00 UTC"


def test_the_embedded_engines_message_is_read_too() -> None:
    text = (
        LOCKED.format(file=FILE, host="build-1").rstrip("\n")
        + "; that process is dead, so `cancel` is safe\n"
    )
    text = text.replace("06:00:00Z", "06:00:00.123456Z")

    found = holders(text)

    assert found is not None
    assert found[0].since is not None


def test_a_lock_without_a_readable_holder_is_still_one() -> None:
    assert (
        holders("error: the stack is currently locked by 1 lock(s). Either wait\n  s3://state/x.json\n") == []
    )


def test_a_dead_holder_is_to_be_unlocked_and_a_living_one_to_be_waited_for() -> None:
    [lock] = holders(LOCKED.format(file=FILE, host=socket.gethostname())) or []

    dead, alive = locked_line("dev", [lock], lambda _: True), locked_line("dev", [lock], lambda _: False)

    assert "unlock --stack dev" in dead
    assert "--lock-wait" in alive
    assert "process 99999" in alive
    assert "another run" in locked_line("dev", [], lambda _: True)
    assert "unlock" not in locked_line("dev", [], lambda _: True)
    assert Lock(Path("x")) not in (holders(LOCKED.format(file=FILE, host="h")) or [])


def test_nobody_to_ask_is_one_line_with_what_to_type() -> None:
    said = "error: --yes or --skip-preview must be passed in to proceed when running in non-interactive mode"

    assert explain(said, "dev") == (
        "stack 'dev': there is no terminal to ask at. Nothing was done. Next: --yes if that is meant."
    )
