"""Creates that fail in the middle, and replacements that the engine begins by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chaos.tally import labels_in_account, state_of
from tests.checkout import Checkout
from tests.e2e_recovery import CREATE, assert_all_is_well, faults


@pytest.mark.all
def test_a_linode_that_does_not_boot_stays_in_the_state_and_is_finished_by_the_next_up(
    checkout: Checkout,
) -> None:
    checkout.run("api")
    faults(
        checkout,
        {**CREATE, "kind": "job_fails", "action": "linode_boot", "times": 1},
        {"kind": "500", "method": "POST", "path": "/linode/instances/*/boot", "times": 1},
    )

    failed = checkout.run("up")
    ids, _ = state_of(checkout)
    there = labels_in_account(checkout)
    done = checkout.run("up")

    assert failed.code == 1
    assert "is made and kept in the state, but not ready" in failed.said
    assert "Traceback" not in failed.said
    assert ids == set(there.values())
    assert done.code == 0, done.said
    assert_all_is_well(checkout)


def test_a_create_whose_answer_is_lost_is_in_the_state_after_one_up(checkout: Checkout) -> None:
    checkout.run("api")
    faults(
        checkout,
        {**CREATE, "kind": "cut", "after_commit": True, "times": 1},
        {**CREATE, "kind": "503", "after_commit": True, "times": 1},
        {**CREATE, "kind": "cut", "times": 1},
    )

    done = checkout.run("up")

    assert done.code == 0, done.said
    assert_all_is_well(checkout)


def test_a_forced_replacement_deletes_first_and_the_label_stays(tmp_path: Path, real_engine: str) -> None:
    checkout = Checkout(tmp_path, real_engine)
    try:
        checkout.run("up")
        before = labels_in_account(checkout)
        resources = json.loads(checkout.checkpoint())["checkpoint"]["latest"]["resources"]
        urn = next(entry["urn"] for entry in resources if entry["urn"].endswith("::web-2"))

        done = checkout.run("up", "--yes", "--replace", urn)

        after = labels_in_account(checkout)
        assert done.code == 0, done.said
        assert after["fleet-local-web-2"] != before["fleet-local-web-2"]
        assert {**after, "fleet-local-web-2": 0} == {**before, "fleet-local-web-2": 0}
        assert_all_is_well(checkout, created=5)
    finally:
        checkout.close()
