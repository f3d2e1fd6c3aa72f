"""The preview of a stranger's branch has no state to compare with: what needs one is not proven, and blocks nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.report.forms import markdown
from fleet.report.judge.report import build
from fleet.report.model import GuardState
from fleet.report.phrases import plain
from tests.unit.report.making import FULL_COMMIT, Act, bundle, created, report

META = {"stack": "dev", "commit": FULL_COMMIT, "run": "812.1", "offline": True}
FLEET = [created(f"web-{number}") for number in range(4)]


def states(folder: Path, acts: list[Act], guards: dict[str, Any]) -> dict[str, GuardState]:
    told = report(folder, acts, guards=guards, meta=META)
    return {guard.name: guard.state for guard in told.stacks[0].guards}


@pytest.mark.parametrize(
    ("guards", "state"),
    [
        ({"max_monthly_increase": 10}, "not provable"),
        ({"max_monthly_increase": 1000}, "not provable"),
        ({"data_loss": "block"}, "not provable"),
        ({"protect": True}, "not provable"),
        ({"max_power_off": 1}, "not provable"),
        ({"allowed_regions": ["us-east"]}, "not provable"),
        ({"allowed_types": ["g6-nanode-1"]}, "not provable"),
        ({"allowed_regions": ["us-ord"]}, "pass"),
        ({"max_monthly": 100}, "pass"),
        ({"max_monthly": 10}, "block"),
        ({"max_servers": 3}, "block"),
        ({"end_of_life_days": 100}, "pass"),
    ],
)
def test_a_guard_that_needs_the_state_is_not_provable(
    tmp_path: Path, guards: dict[str, Any], state: GuardState
) -> None:
    assert states(tmp_path, FLEET, guards) == {next(iter(guards)): state}


def test_an_old_image_may_be_of_a_server_that_stays(tmp_path: Path) -> None:
    old = [created("web", image="linode/debian10")]

    assert states(tmp_path, old, {"end_of_life_days": 10}) == {"end_of_life_days": "not provable"}


def test_a_fork_is_not_red_for_what_nobody_can_know(tmp_path: Path) -> None:
    guards = {"max_monthly_increase": 10, "data_loss": "block", "max_power_off": 1, "protect": True}

    told = report(tmp_path, FLEET, guards=guards, meta=META)

    assert (told.exit, told.verdict) == (0, "look")
    (finding,) = told.findings
    assert "was previewed offline, so everything shows as new" in plain(finding.title)
    assert (
        "Not provable without it: data_loss, protect, max_monthly_increase and max_power_off."
        in plain(finding.text)
    )  # fmt: skip


def test_an_offline_preview_says_what_it_is_worth_and_approves_nothing(tmp_path: Path) -> None:
    told = build([bundle(tmp_path, [created("a")], meta=META)])

    text = markdown.comment(told)

    assert "`dev` was previewed offline, so everything shows as new" in text
    assert 'plans="dev:offline"' in text
    assert told.verdict == "look"
