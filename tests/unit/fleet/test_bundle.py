"""What a bundle carries of a preview, here of an engine that is played."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fleet.delivery import bundle
from fleet.delivery.bundle import Wanted, as_set, make
from fleet.engine.engine import Engine
from fleet.engine.run import Run
from stacks.pinning import StackFiles

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


REFUSING = "import sys; print('error: get stack secrets manager: incorrect passphrase', file=sys.stderr); sys.exit(1)"


def test_what_an_engine_says_before_it_fails_is_the_line_that_a_terminal_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run("dev", Engine("played", (sys.executable, "-c", REFUSING)), {**os.environ})
    monkeypatch.setattr(bundle, "run_of", lambda *_: run)

    assert make(Wanted("dev", tmp_path)) == 1

    said = (tmp_path / "stderr.txt").read_text()
    assert said.startswith(
        "error: the passphrase is not the one that stack 'dev' was made with. Next: set PULUMI_"
    )
    assert "secrets manager" not in said


@pytest.mark.parametrize(
    ("asked", "wanted", "words"),
    [
        (True, {}, ("--refresh",)),
        (True, {"words": ("--refresh",)}, ("--refresh",)),
        (False, {}, ()),
        (True, {"drift": True}, ()),
        (True, {"offline": True}, ()),
    ],
)
def test_settings_can_ask_for_a_look_at_the_account(
    monkeypatch: pytest.MonkeyPatch, asked: bool, wanted: dict[str, Any], words: tuple[str, ...]
) -> None:
    files = StackFiles.read("dev")
    changed = replace(files, settings=files.settings.model_copy(update={"refresh": asked}))
    monkeypatch.setattr(StackFiles, "read", lambda _stack: changed)

    assert as_set(Wanted("dev", Path(), **wanted)).words == words
