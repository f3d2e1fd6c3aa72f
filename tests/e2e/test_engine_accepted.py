"""The real engine reads each state that the embedded one leaves, also after failures."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from tests.contract.engine_oracle import load, needs_oracle, put_in_place
from tests.engine_place import Place, real

pytestmark = [
    needs_oracle,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi on PATH"),
]
PREVIEWED = {  # scenario: what a preview of the real engine says after it
    "16-create-fails": 7,
    "21-delete-of-replaced-fails": 0,
    "36-secrets-create": 0,
    "49-stack-reference-transform-log": 0,
    "56-pending-replacement-retried": 0,
}
READ = [  # the contract tests hold their states against the real ones, so that reading them is enough
    "01-create", "06-replace", "07-delete-removed", "09-replace-delete-first", "14-up-refresh", "33-alias-rename",
    "29-protect-destroy", "39-read", "45-target-up", "43-import-file",
    "47-target-destroy-dependents", "48-replace-flag",
]  # fmt: skip


def left_by(scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = put_in_place(scenario, tmp_path)
    place.run(monkeypatch, *shlex.split(load(scenario, "scenario.json")["command"])[1:])
    return place


@pytest.mark.parametrize("scenario", PREVIEWED)
def test_the_real_engine_takes_over(scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = real(left_by(scenario, tmp_path, monkeypatch), "preview", "--expect-no-changes")

    assert done.returncode == PREVIEWED[scenario], done.stdout + done.stderr


@pytest.mark.parametrize("scenario", READ)
def test_the_real_engine_reads_the_state(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = left_by(scenario, tmp_path, monkeypatch)

    done = real(place, "stack", "export")

    assert done.returncode == 0, done.stderr
    kept = place.state()["checkpoint"]["latest"]["resources"]
    read = json.loads(done.stdout)["deployment"]["resources"]
    assert [entry["urn"] for entry in read] == [entry["urn"] for entry in kept]
