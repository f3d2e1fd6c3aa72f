from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.delivery.deploy import NOTHING, is_same, plan_in, refusal
from stacks.errors import BadSettings

PLAN, OTHER = "0123456789abcdef" * 2, "f" * 32


def report(verdict: str = "changes", *, changed: bool = True, plan: str = PLAN) -> dict[str, Any]:
    heading = [
        {"kind": "text", "text": "⛔ "},
        {"kind": "code", "text": "dev"},
        {"kind": "text", "text": " is blocked"},
    ]
    return {
        "plan": plan,
        "heading": heading,
        "outputs": {"changed": changed},
        "stacks": [{"stack": "dev", "verdict": verdict, "plan": plan}],
    }


def test_the_approved_plan_is_applied() -> None:
    assert refusal(report(), PLAN, "") is None
    assert refusal(report("danger"), PLAN[:12], "") is None


def test_another_plan_is_not() -> None:
    why = refusal(report(), OTHER, "out")

    assert why == (
        f"stack 'dev': the plan is {PLAN[:12]} now, and {OTHER[:12]} was approved. Nothing was done. "
        f"Next: see out/summary.md; then approve plan {PLAN}."
    )


def test_a_plan_that_is_applied_already_is_no_other_plan() -> None:
    assert refusal(report("none", changed=False, plan=OTHER), PLAN, "") is None
    assert refusal(report("failed", changed=False, plan=OTHER), PLAN, "") is not None


@pytest.mark.parametrize("verdict", ["failed", "blocked"])
def test_an_approved_plan_that_is_refused_by_a_guard_or_broken_is_not_applied(verdict: str) -> None:
    why = refusal(report(verdict), PLAN, "") or ""

    assert why.startswith("stack 'dev': dev is blocked. Nothing was done. Next: ")


def test_a_loss_that_may_be_acknowledged_is_blocked_with_the_word_for_it() -> None:
    found = report("blocked")
    short = [{"kind": "text", "text": "data loss not acknowledged"}]
    found["stacks"][0]["guards"] = [{"name": "data_loss", "state": "block", "short": short}]
    alone = refusal(found, PLAN, "") or ""
    found["stacks"][0]["guards"].append({"name": "max_monthly", "state": "block", "short": short})

    assert "Next: --acknowledged if that is meant, or " in alone
    assert "--acknowledged" not in (refusal(found, PLAN, "") or "")


def test_without_an_approved_plan_nothing_may_change() -> None:
    assert refusal(report("nothing", changed=False), NOTHING, "") is None
    assert "no plan was approved, and dev is blocked" in (refusal(report(), NOTHING, "") or "")
    why = refusal(report(), NOTHING, "", "the report on pull request 7 is not signed") or ""
    assert "no plan was approved (the report on pull request 7 is not signed), and dev" in why


@pytest.mark.parametrize("approved", ["", "0", PLAN[:11], PLAN[1:], PLAN + "0"])
def test_too_few_digits_or_others_are_no_approval(approved: str) -> None:
    assert not is_same(PLAN, approved)


def test_the_approved_plan_can_be_a_report(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report()))

    assert plan_in(tmp_path, "dev") == PLAN
    assert plan_in(tmp_path / "report.json", "prod") == NOTHING
    with pytest.raises(BadSettings, match=r"is not a report of this tool\. Next: "):
        plan_in(tmp_path / "gone", "dev")
