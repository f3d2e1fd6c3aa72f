"""Pins and whose account it is: another account's token writes none, a right one always does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
import yaml

from tests.checkout import Checkout
from tests.e2e.test_bad_input import assert_clear, dev_of

UP = ("up", "--stack", "dev", "--yes", "--skip-preview")


def pins_of(checkout: Checkout) -> Path:
    return checkout.root / "stacks" / "pins.dev.json"


@pytest.mark.all
def test_a_token_of_another_account_writes_no_pins(previewed: Checkout) -> None:
    env = dev_of(previewed, LINODE_TOKEN=previewed.token)
    stranger = {**env, "LINODE_TOKEN": previewed.new_token("stranger")}
    made = previewed.run(*UP, env=env)
    pins = json.loads(pins_of(previewed).read_text())["pins"]
    pins_of(previewed).unlink()

    done = previewed.run(*UP, env=stranger)

    assert (made.code, len(pins)) == (0, 6), made.said
    assert done.code == 1
    assert_clear(done.said, "stack 'dev' belongs to account", "Nothing was done")
    assert not pins_of(previewed).exists()
    assert previewed.run(*UP, env=env).code == 0
    assert json.loads(pins_of(previewed).read_text())["pins"].keys() == pins.keys()


@pytest.mark.all
def test_pins_are_written_though_no_instance_can_be_made(previewed: Checkout) -> None:
    rule = {"kind": "maintenance", "method": "POST", "path": "/linode/instances", "times": 99}
    requests.put(f"{previewed.api}/_local/faults", json={"rules": [rule]}, timeout=10).raise_for_status()

    done = previewed.run("up")

    assert done.code != 0
    assert previewed.linodes() == {}
    assert (previewed.local / "pins.local.json").exists()


def test_pins_that_cannot_be_written_are_one_line_and_nothing_is_made(previewed: Checkout) -> None:
    settings = yaml.safe_load(previewed.settings.read_text())
    settings["config"]["fleet:pins"] = "/proc/none/pins.json"
    previewed.settings.write_text(yaml.safe_dump(settings))

    done = previewed.run("up")

    assert done.code != 0
    assert_clear(done.said, "/proc/none/pins.json can't be written")
    assert previewed.linodes() == {}


def test_a_pin_whose_key_was_renamed_by_hand_is_told(checkout: Checkout) -> None:
    pins = checkout.local / "pins.local.json"
    assert checkout.run("pin").code == 0
    pins.write_text(pins.read_text().replace('"db/image"', '"dbb/image"'))

    done = checkout.run("preview")

    assert done.code == 0, done.said
    assert "dbb/image: the settings have no group dbb (did you mean db?): nothing reads this pin" in done.said
