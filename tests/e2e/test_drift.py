"""What somebody did to a stack's servers by hand: told by `show`, previews and refreshes, and put back by `up`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.checkout import Checkout
from tests.until import until


def shown(checkout: Checkout, *words: str) -> dict[str, Any]:
    done = checkout.run("show", "--format", "json", *words)
    assert done.code == 0, done.said
    return dict(json.loads(done.said[done.said.index("{") :]))


def statuses(checkout: Checkout, *words: str) -> dict[str, str]:
    return {name: facts["status"] for name, facts in shown(checkout, *words)["servers"].items()}


@pytest.mark.all
def test_a_server_that_is_shut_down_or_deleted_by_hand_is_told_and_put_back(deployed: Checkout) -> None:
    linodes = deployed.linodes()
    off, gone = (linodes[f"fleet-local-web-{number}"]["id"] for number in (1, 2))
    deployed.call("POST", f"/linode/instances/{off}/shutdown")
    until(lambda: deployed.call("GET", f"/linode/instances/{off}")["status"] == "offline")
    deployed.call("DELETE", f"/linode/instances/{gone}")
    until(lambda: len(deployed.linodes()) == 3)

    before, live = statuses(deployed), statuses(deployed, "--live")
    table = " ".join(deployed.run("show", "--live").said.split())
    refreshed = deployed.run("refresh")
    after = statuses(deployed)
    previewed = deployed.run("preview")
    up = deployed.run("up")

    assert set(before.values()) == {"running"}
    assert (live["web-1"], live["web-2"], live["web-3"]) == ("offline", "gone", "running")
    assert (
        "web-1 is off, but declared running; web-2 is gone. Next: `fleet refresh`, then `fleet up`." in table
    )
    assert "UTC, by the API" in table
    assert refreshed.code == 0, refreshed.said
    assert after == live
    assert "[diff: ~booted]" in previewed.said
    assert up.code == 0, up.said
    assert set(statuses(deployed, "--live").values()) == {"running"}
    assert deployed.run("preview", "--expect-no-changes").code == 0
