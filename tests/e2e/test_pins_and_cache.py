"""Pins and the cache, by either engine: what a plan asks the API, and what it does when catalogs move."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.checkout import Checkout
from tests.e2e.test_bad_input import assert_clear

CATALOGS = {"/v4/linode/types", "/v4/regions", "/v4/regions/availability", "/v4/images", "/v4/linode/kernels"}


def catalog_requests(checkout: Checkout) -> Counter[str]:
    """How often each catalog was asked for as a whole since the log was last emptied: the account's own images are also
    looked for by the stack's tag.
    """
    seen = requests.get(f"{checkout.api}/_local/requests", timeout=10).json()["requests"]
    return Counter(row["path"] for row in seen if row["path"] in CATALOGS and not row["filter"])


def forget_requests(checkout: Checkout) -> None:
    requests.delete(f"{checkout.api}/_local/requests", timeout=10).raise_for_status()


def cache_of(checkout: Checkout) -> list[Path]:
    return list(Path(checkout.env["HOME"]).rglob("*.sqlite"))


def pins_file(checkout: Checkout) -> Path:
    return checkout.local / "pins.local.json"


def linode(checkout: Checkout, *words: str, **env: str) -> tuple[int, str]:
    done = checkout.command(sys.executable, "-m", "fleet", *words, env=env)
    return done.code, done.said


def chosen(checkout: Checkout) -> dict[str, str]:
    pins = json.loads(pins_file(checkout).read_text())["pins"]
    return {key: pin["chosen"] for key, pin in pins.items()}


def repin_to(checkout: Checkout, key: str, was: str) -> None:
    """Make the pin what an earlier catalog would have made it: the sum is right, the choice is older."""
    code = (
        "from pathlib import Path\n"
        "from providers.linode.pins import PinFile\n"
        f"file = PinFile.read(Path({str(pins_file(checkout))!r}))\n"
        f"old = file.pins[{key!r}].model_copy(update=dict(chosen={was!r}, monthly_usd=43.0)).summed()\n"
        f"file.write({{**file.pins, {key!r}: old}})\n"
    )
    done = checkout.command(sys.executable, "-c", code)
    assert done.code == 0, done.said


@pytest.mark.all
def test_each_catalog_is_downloaded_once_and_an_unchanged_stack_asks_for_none(checkout: Checkout) -> None:
    first = checkout.run("up")
    cold = catalog_requests(checkout)
    forget_requests(checkout)

    again = checkout.run("preview", "--expect-no-changes")
    warm = catalog_requests(checkout)
    for file in cache_of(checkout):
        file.unlink()
    emptied = checkout.run("preview", "--expect-no-changes")

    assert (first.code, again.code, emptied.code) == (0, 0, 0), first.said + again.said + emptied.said
    assert set(cold.values()) == {1}, cold
    assert warm == {}
    assert catalog_requests(checkout) == dict.fromkeys(CATALOGS - {"/v4/linode/kernels"}, 1)
    assert all(checkout.token.encode() not in file.read_bytes() for file in cache_of(checkout))


def test_up_pins_what_it_picks_and_a_preview_does_not(previewed: Checkout) -> None:
    assert not pins_file(previewed).exists()

    done = previewed.run("up")

    assert done.code == 0, done.said
    text = pins_file(previewed).read_text()
    assert chosen(previewed) == {
        "db/image": "linode/debian13",
        "db/region": "de-fra-2",
        "db/type": "g6-dedicated-2",
        "web/image": "linode/debian13",
        "web/region": "de-fra-2",
        "web/type": "g6-standard-1",
    }
    assert previewed.run("up").code == 0
    assert pins_file(previewed).read_text() == text
    assert not list((previewed.root / "stacks").glob("pins.*"))


@pytest.mark.all
def test_pulumi_itself_finds_the_pins_wherever_the_folder_of_stack_local_is(
    checkout: Checkout, tmp_path: Path
) -> None:
    home = tmp_path / "elsewhere"
    made = checkout.run("pin", env={"LOCAL_HOME": str(home)})
    words = ["preview", "--stack", "local", "--config-file", str(home / "Pulumi.local.yaml")]
    env = {
        "PULUMI_BACKEND_URL": f"file://{home / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(home / "passphrase"),
        "LINODE_LOCKED": "1",
    }

    done = checkout.engine_command(*words, env=env)
    checkout.run("stop", env={"LOCAL_HOME": str(home)})

    assert (made.code, done.code) == (0, 0), made.said + done.said
    assert (home / "pins.local.json").exists()
    assert not pins_file(checkout).exists()


@pytest.mark.all
def test_a_pin_keeps_the_plan_as_it_is_and_repin_moves_it(deployed: Checkout) -> None:
    before = deployed.linodes()
    repin_to(deployed, "web/image", "linode/debian12")

    kept = deployed.run("preview")

    assert "web/image: linode/debian13 is newer; the plan keeps linode/debian12" in kept.said
    assert "debian12" in kept.said

    checked = linode(deployed, "pins", "check", "--exit-code")
    moved = linode(deployed, "repin", "web/image")
    unchanged = deployed.run("preview", "--expect-no-changes")
    taken_back = linode(deployed, "pins", "keep")

    assert checked[0] == 3
    assert "web/image: linode/debian13 is newer" in checked[1]
    assert (moved[0], unchanged.code, taken_back[0]) == (0, 0, 0), moved[1] + unchanged.said + taken_back[1]
    assert "web/image: linode/debian12 -> linode/debian13" in moved[1]
    assert "web/image: linode/debian13 -> linode/debian12" in taken_back[1]
    assert deployed.linodes() == before


@pytest.mark.all
def test_changed_criteria_pick_at_once(deployed: Checkout) -> None:
    deployed.set_group("web", type={"min_memory_mb": 4096, "max_monthly_usd": 30})

    shown = deployed.run("preview")
    before = chosen(deployed)
    done = deployed.run("up")

    assert "web/type: other criteria than those of its pin: g6-standard-2 (was g6-standard-1)" in shown.said
    assert before["web/type"] == "g6-standard-1"
    assert done.code == 0, done.said
    assert chosen(deployed)["web/type"] == "g6-standard-2"
    assert deployed.linodes()["fleet-local-web-1"]["type"] == "g6-standard-2"


def test_a_locked_run_stops_without_pins_and_pin_makes_them_for_review(checkout: Checkout) -> None:
    refused = checkout.run("up", "--locked")
    made = checkout.linodes()
    pinned = checkout.run("pin")
    done = checkout.run("preview", "--locked")

    assert refused.code != 0
    assert_clear(refused.said, "is not pinned in", "locked", "fleet pin --stack local")
    assert made == {}
    assert pinned.code == 0, pinned.said
    assert "web/type: g6-standard-1: cheapest of" in pinned.said
    assert done.code == 0, done.said


@pytest.mark.all
def test_ci_needs_every_pin_of_a_stack_but_local(previewed: Checkout) -> None:
    env = {
        "CI": "true",
        "LINODE_URL": previewed.api,
        "LINODE_TOKEN": previewed.token,
        "PULUMI_BACKEND_URL": f"file://{previewed.local / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "x",
    }
    assert previewed.engine_command("stack", "init", "dev", env=env).code == 0

    refused = previewed.run("preview", "--stack", "dev", env=env)
    pinned = previewed.run("pin", "--stack", "dev", env=env)
    done = previewed.run("preview", "--stack", "dev", env=env)
    local = previewed.run("preview", env={"CI": "true"})
    promoted = linode(previewed, "pins", "promote", "dev", "staging")

    assert refused.code != 0
    assert_clear(refused.said, "web/region is not pinned in stacks/pins.dev.json")
    assert (pinned.code, done.code, local.code) == (0, 0, 0), pinned.said + done.said + local.said
    assert (previewed.root / "stacks" / "pins.dev.json").exists()
    assert promoted[0] == 0, promoted[1]
    assert (previewed.root / "stacks" / "pins.staging.json").exists()


@pytest.mark.all
def test_a_damaged_file_of_pins_is_told_and_left_alone(deployed: Checkout) -> None:
    text, before = pins_file(deployed).read_text(), deployed.linodes()
    damages = {
        "half": text[: len(text) // 2],
        "by hand": text.replace('"chosen": "g6-standard-1"', '"chosen": "g6-nanode-1"'),
        "newer version": text.replace('"version": 1', '"version": 7'),
    }
    for damaged in damages.values():
        pins_file(deployed).write_text(damaged)

        done = deployed.run("up")

        assert done.code != 0
        assert_clear(done.said, "pins.local.json")
        assert pins_file(deployed).read_text() == damaged
    assert deployed.linodes() == before


def test_what_nothing_meets_is_explained_at_preview(previewed: Checkout) -> None:
    previewed.set_group("web", type={"min_memory_mb": 4096, "max_monthly_usd": 5})

    done = previewed.run("preview")

    assert done.code == 1
    assert_clear(done.said, "no type fits in any region", "5 USD/month")
    assert "with a type that fits" in done.said


def test_pins_say_why_and_how_it_came_to_that_and_outputs_stay_short(deployed: Checkout) -> None:
    lines = deployed.run("explain", "web/type").said.splitlines()
    outputs = deployed.engine_command("stack", "output", "--stack", "local", env=deployed.backend).said

    assert any(line.startswith("web/type: g6-standard-1: cheapest of") for line in lines)
    assert any("with memory ≥ 2048 MB" in line for line in lines)
    named = [line.split()[0] for line in outputs.splitlines() if line.startswith("    ")]
    assert named == ["OUTPUT", "monthly_usd", "root_passwords", "servers"]


def test_a_change_of_a_server_shows_in_the_outputs_as_what_it_costs(deployed: Checkout) -> None:
    deployed.set_group("db", type={"min_memory_mb": 8192, "class": "dedicated", "max_monthly_usd": 100})
    short = deployed.run("preview")

    words = ["preview", "--stack", "local", "--config-file", str(deployed.local_settings)]
    whole = deployed.engine_command(*words, env=deployed.backend)

    assert "Outputs:" not in short.said, "the tree says it, and `up` asks below it"
    outputs = whole.said.partition("Outputs:")[2]
    assert re.search(r"~ monthly_usd *: 89 +=> 130", outputs), whole.said
    assert "g6-dedicated" not in outputs
    assert not re.search(r"(?m)^ +[-+] ", outputs)


def test_offline_an_unchanged_stack_is_previewed_from_disk(deployed: Checkout) -> None:
    deployed.run("stop")
    env = {"LINODE_OFFLINE": "1", **deployed.backend}
    words = [
        "preview",
        "--stack",
        "local",
        "--config-file",
        str(deployed.local_settings),
        "--expect-no-changes",
    ]

    done = deployed.engine_command(*words, env=env)
    for file in cache_of(deployed):
        file.unlink()
    without = deployed.engine_command(*words, env=env)

    assert done.code == 0, done.said
    assert without.code != 0
    assert_clear(without.said, "LINODE_OFFLINE is set, and")


def test_an_api_that_is_down_is_worked_around_where_catalogs_are_on_disk(deployed: Checkout) -> None:
    for file in cache_of(deployed):
        age(file)
    requests.put(
        f"{deployed.api}/_local/faults",
        json={"rules": [{"kind": "503", "path": path.removeprefix("/v4"), "times": 99} for path in CATALOGS]},
        timeout=10,
    ).raise_for_status()

    done = deployed.run("preview", "--expect-no-changes")

    assert done.code == 0, done.said
    assert "can't be asked: the catalogs of" in done.said


def age(file: Path) -> None:
    """All that is kept is too old from now on."""
    with closing(sqlite3.connect(file)) as database:
        for key, value in database.execute("SELECT key, value FROM responses").fetchall():
            old = value.replace('"expires": "2', '"expires": "1')
            assert old != value
            database.execute("UPDATE responses SET value = ? WHERE key = ?", (old, key))
        database.commit()
