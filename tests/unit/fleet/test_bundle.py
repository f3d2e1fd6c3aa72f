"""What a bundle carries of a preview, here of an engine that is played."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from fleet.delivery import bundle
from fleet.delivery.bundle import Wanted, make
from fleet.engine.engine import Engine
from fleet.engine.run import Run

PLAYED = """
import json, os, sys
if "--event-log" in sys.argv and os.environ["TOLD"]:
    with open(os.environ["LINODE_EFFECTS"], "a") as file:
        file.write(json.dumps({"urn": "urn:x", "level": "power off", "summary": os.environ["TOLD"]}) + "\\n")
print(json.dumps({"steps": [], "deployment": {}}))
"""


def made(folder: Path, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINODE_OFFLINE", "1")
    env = {**os.environ, "TOLD": told, "MY_TOKEN": "planted-secret"}
    run = Run("dev", Engine("played", (sys.executable, "-c", PLAYED)), env)
    monkeypatch.setattr(bundle, "run_of", lambda *_: run)
    assert make(Wanted("dev", folder)) == 0


def test_the_effects_that_the_provider_writes_are_in_the_bundle_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, "off for planted-secret min", monkeypatch)

    said = (tmp_path / "effects.ndjson").read_text()
    assert said == '{"urn": "urn:x", "level": "power off", "summary": "off for [secret] min"}\n'


def test_a_preview_without_effects_leaves_none_of_an_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, "off", monkeypatch)
    made(tmp_path, "", monkeypatch)

    assert not (tmp_path / "effects.ndjson").exists()
    assert (tmp_path / "exit").read_text() == "0\n"
