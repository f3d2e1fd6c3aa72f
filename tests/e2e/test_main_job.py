"""The main job, by either engine: from a fresh copy to running servers, and away again."""

from __future__ import annotations

import json
import sys

import pytest

from tests.checkout import Checkout
from tests.terminal import at_a_terminal

LABELS = {"fleet-local-db-1", "fleet-local-web-1", "fleet-local-web-2", "fleet-local-web-3"}


def tracked_settings(checkout: Checkout) -> dict[str, str]:
    return {file.name: file.read_text() for file in (checkout.root / "stacks").glob("*.yaml")}


@pytest.mark.parametrize(
    "engine", ["embedded", "pulumi"], indirect=True
)  # the one story of both in `make test`
def test_up_up_down(checkout: Checkout) -> None:
    before = tracked_settings(checkout)

    first = checkout.run("up")

    assert first.code == 0, first.said
    made = checkout.linodes()
    assert set(made) == LABELS
    assert {row["status"] for row in made.values()} == {"running"}
    assert all(str(row["id"]) in first.said for row in made.values())
    assert "89.00 USD a month" in first.said

    writes = checkout.writes()
    second = checkout.run("up")

    assert second.code == 0, second.said
    assert "stack 'local': no change; a month: $89.00" in second.said
    assert checkout.writes() == writes

    third, fourth = checkout.run("down"), checkout.run("down", "--remove")

    assert (third.code, fourth.code) == (0, 0), third.said + fourth.said
    assert checkout.linodes() == {}
    remove = "fleet down --stack local --remove"
    assert (remove in third.said, remove in fourth.said) == (True, False)
    assert tracked_settings(checkout) == before
    assert not list(checkout.local.glob("**/pins.local.json"))
    assert not list((checkout.local / "state").glob("**/stacks/**/local.json"))
    assert "Traceback" not in first.said + second.said + third.said
    assert all(f"engine: {checkout.engine}" in done.said for done in (first, third))


def test_a_preview_shows_what_would_be_and_makes_nothing(checkout: Checkout) -> None:
    done = checkout.run("preview")

    assert done.code == 0, done.said
    assert "18 to create" in done.said
    assert checkout.linodes() == {}


@pytest.mark.all
def test_after_a_refresh_of_an_untouched_account_nothing_is_to_do(deployed: Checkout) -> None:
    refreshed = deployed.run("refresh")
    previewed = deployed.run("preview", "--expect-no-changes")

    assert (refreshed.code, previewed.code) == (0, 0), refreshed.said + previewed.said


def test_drift_is_shown_and_put_right(deployed: Checkout) -> None:
    made = deployed.linodes()
    deployed.call("PUT", f"/linode/instances/{made['fleet-local-web-1']['id']}", {"label": "by-hand"})

    deployed.run("refresh")
    shown = deployed.run("preview", "--diff")
    done = deployed.run("up")

    assert "by-hand" in shown.said
    assert "fleet-local-web-1" in shown.said
    assert done.code == 0, done.said
    assert {label: row["id"] for label, row in deployed.linodes().items()} == {
        label: row["id"] for label, row in made.items()
    }


@pytest.mark.all
def test_a_linode_that_was_deleted_by_hand_is_made_again(deployed: Checkout) -> None:
    gone = deployed.linodes()["fleet-local-web-2"]["id"]
    deployed.call("DELETE", f"/linode/instances/{gone}")

    deployed.run("refresh")
    done = deployed.run("up")

    assert done.code == 0, done.said
    assert set(deployed.linodes()) == LABELS
    assert deployed.linodes()["fleet-local-web-2"]["id"] != gone


def test_a_larger_type_is_resized_in_place_and_a_removed_server_is_deleted(deployed: Checkout) -> None:
    before = deployed.linodes()
    deployed.set_group("web", count=2, type={"min_memory_mb": 4096, "max_monthly_usd": 30})

    done = deployed.run("up", "--yes")

    assert done.code == 0, done.said
    after = deployed.linodes()
    assert set(after) == LABELS - {"fleet-local-web-3"}
    assert after["fleet-local-web-1"]["id"] == before["fleet-local-web-1"]["id"]
    assert after["fleet-local-web-1"]["type"] == "g6-standard-2"
    assert after["fleet-local-web-1"]["status"] == "running"


def test_what_is_erased_is_said_and_asked_before_it_is_done(deployed: Checkout) -> None:
    before = deployed.linodes()
    deployed.set_group("web", count=2)
    words = [sys.executable, "-m", "fleet", "up"]

    previewed = deployed.run("preview")
    as_json = deployed.run("preview", "--json")
    unasked = deployed.run("up")
    declined = at_a_terminal(words, deployed.root, deployed.env, columns=200, typed="n\n")
    untouched = deployed.linodes()
    agreed = at_a_terminal(words, deployed.root, deployed.env, columns=200, typed="y\n")

    told = ("stack 'local': 1 deleted", "a month: $89.00 → $77.00 (−$12.00)", "erased: disks of web-3")
    assert json.loads(as_json.said[as_json.said.index("{") :])["changeSummary"]["delete"] > 0
    for done in (previewed, unasked, declined, agreed):
        assert [part for part in told if part not in done.said] == []
        assert "Traceback" not in done.said
    [line] = [line for line in unasked.said.splitlines() if line.startswith("error: ")]
    assert "Nothing was done. Next: --yes if" in line
    assert "not confirmed. Nothing was done." in declined.said
    assert [done.code for done in (unasked, declined, agreed)] == [1, 1, 0], agreed.said
    assert (untouched, set(deployed.linodes())) == (before, LABELS - {"fleet-local-web-3"})


def test_what_erases_nothing_is_told_with_its_cost_and_done(deployed: Checkout) -> None:
    deployed.set_group("web", count=4)

    done = deployed.run("up")

    assert done.code == 0, done.said
    assert "stack 'local': 1 new" in done.said
    assert "a month: $89.00 → $101.00 (+$12.00)" in done.said
    assert done.said.index("a month: ") < done.said.index("Updating (local)")
    assert "erased:" not in done.said


@pytest.mark.all
def test_another_region_is_reached_in_place(deployed: Checkout) -> None:
    before = deployed.linodes()["fleet-local-db-1"]
    deployed.set_group("db", region={"countries": ["gb"]})

    refused = deployed.run("preview")
    deployed.set_group("db", allow_data_loss=True)
    shown = deployed.run("preview", "--diff")
    done = deployed.run("up", "--yes")
    again = deployed.run("preview", "--expect-no-changes")

    assert refused.code != 0
    assert "allow_data_loss" in refused.said, "its backups don't move with it"
    assert "migrated from de-fra-2 to" in shown.said
    assert done.code == 0, done.said
    after = deployed.linodes()["fleet-local-db-1"]
    assert (after["id"], after["status"]) == (before["id"], "running")
    assert after["region"] != before["region"]
    assert again.code == 0, again.said


@pytest.mark.all
def test_another_image_replaces_and_the_label_stays(deployed: Checkout) -> None:
    before = deployed.linodes()
    deployed.set_group("db", image={"vendor": "Debian", "version": "12"})

    done = deployed.run("up", "--yes")
    again = deployed.run("preview", "--expect-no-changes")

    assert done.code == 0, done.said
    assert "1 replaced" in done.said
    after = deployed.linodes()
    assert set(after) == LABELS
    assert after["fleet-local-db-1"]["image"] == "linode/debian12"
    assert after["fleet-local-db-1"]["id"] != before["fleet-local-db-1"]["id"]
    assert again.code == 0, again.said


@pytest.mark.all
def test_the_root_password_is_made_once_and_is_nowhere_in_the_clear(checkout: Checkout) -> None:
    first = checkout.run("up", "--diff")
    passwords = checkout.output("root_passwords")
    checkout.set_group("web", tags=["web", "blue"])

    second = checkout.run("up", "--diff")

    assert isinstance(passwords, dict)
    assert set(passwords) == {"web", "db"}
    assert checkout.output("root_passwords") == passwords
    everything = first.said + second.said + checkout.checkpoint() + checkout.local_settings.read_text()
    everything += (checkout.local / "api.log").read_text()
    for hidden in (*passwords.values(), checkout.token):
        assert str(hidden) not in everything
