"""The real engine reads each state that the embedded one leaves, also after failures."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.engine_oracle import load, needs_oracle, put_in_place

pytestmark = [
    needs_oracle,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi on PATH"),
]
TAKEN_OVER = {  # scenario: what a preview of the real engine says after it
    "01-create": 0,
    "06-replace": 0,
    "07-delete-removed": 0,
    "09-replace-delete-first": 0,
    "14-up-refresh": 0,
    "16-create-fails": 7,
    "21-delete-of-replaced-fails": 0,
    "29-protect-destroy": 1,  # its program wants a protected resource replaced
    "33-alias-rename": 0,
    "36-secrets-create": 0,
    "39-read": 0,
    "49-stack-reference-transform-log": 0,
    "56-pending-replacement-retried": 0,
}


@pytest.mark.parametrize("scenario", TAKEN_OVER)
def test_the_real_engine_takes_over(scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = put_in_place(scenario, tmp_path)
    place.run(monkeypatch, *shlex.split(load(scenario, "scenario.json")["command"])[1:])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    inherited["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}"

    done = subprocess.run(
        ["pulumi", "preview", "--expect-no-changes", "--non-interactive"],
        cwd=place.project,
        env={**inherited, **place.environment, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == TAKEN_OVER[scenario], done.stdout + done.stderr
