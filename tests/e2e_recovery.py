"""What the tests of crashes and half-made Linodes share."""

from __future__ import annotations

import requests

from tests.chaos.tally import ever_created, labels_in_account, state_of
from tests.checkout import Checkout

LABELS = {"fleet-local-db-1", "fleet-local-web-1", "fleet-local-web-2", "fleet-local-web-3"}
CREATE = {"method": "POST", "path": "/linode/instances"}


def faults(checkout: Checkout, *rules: dict[str, object]) -> None:
    """Have the local API fail by these rules, and no others."""
    answer = requests.put(f"{checkout.api}/_local/faults", json={"rules": list(rules)}, timeout=10)
    assert answer.status_code == 200, answer.text


def fired(checkout: Checkout) -> int:
    """How many requests have met a fault since the rules were set."""
    rules = requests.get(f"{checkout.api}/_local/faults", timeout=10).json()["rules"]
    return sum(int(rule["fired"]) for rule in rules)


def assert_all_is_well(checkout: Checkout, created: int = len(LABELS)) -> None:
    """Account and state agree, nothing was made twice, nothing is left open."""
    ids, pending = state_of(checkout)
    there = labels_in_account(checkout)
    assert set(there) == LABELS
    assert ids == set(there.values())
    assert ever_created(checkout) == created
    assert pending == 0
