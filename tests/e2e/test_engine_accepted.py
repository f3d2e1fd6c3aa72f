"""The real engine goes on from what the embedded one leaves, also after failures.

That it reads the states of the other scenarios is part of the contract tests.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.contract.engine_oracle import load, needs_oracle, put_in_place
from tests.engine_place import real

pytestmark = [needs_oracle, pytest.mark.usefixtures("real_engine")]
PREVIEWED = {  # scenario: what a preview of the real engine says after it
    "16-create-fails": 7,
    "21-delete-of-replaced-fails": 0,
    "36-secrets-create": 0,
    "49-stack-reference-transform-log": 0,
    "56-pending-replacement-retried": 0,
}


@pytest.mark.parametrize("scenario", PREVIEWED)
def test_the_real_engine_takes_over(scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = put_in_place(scenario, tmp_path)
    place.run(monkeypatch, *shlex.split(load(scenario, "scenario.json")["command"])[1:])

    done = real(place, "preview", "--expect-no-changes")

    assert done.returncode == PREVIEWED[scenario], done.stdout + done.stderr
