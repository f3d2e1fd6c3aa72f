from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.report.judge import report as judging
from fleet.report.judge.changes import facts_of
from fleet.report.judge.report import Options, build
from fleet.report.model import GuardResult, GuardState
from fleet.report.phrases import plain
from fleet.report.read.bundle import Bundle
from tests.unit.report.making import (
    FULL_COMMIT,
    UNKNOWN,
    Act,
    bundle,
    created,
    deleted,
    events,
    kept,
    lines,
    replaced,
    report,
    server,
    stack_of,
    updated,
    urn,
)

RESIZE = {"type": "g6-standard-2"}
REBUILD = {"image": "linode/debian13"}
MAYBE = replaced("api", {"user_data": UNKNOWN}, user_data="x")


ANSWERS: list[tuple[dict[str, Any], list[Act], GuardState, str]] = [
    ({"max_monthly": 100}, [created("a")], "pass", "$12.00 of $100.00 a month (12 %)"),
    ({"max_monthly": 13}, [created("a")], "warn", "$12.00 of $13.00 a month (92 %)"),
    ({"max_monthly": 12}, [created("a")], "warn", "(100 %)"),
    ({"max_monthly": "11.99"}, [created("a")], "block", "$12.00 of $11.99"),
    ({"max_monthly": 100}, [created("a", type="g9-new")], "not provable", "at least $0.00"),
    ({"max_monthly": 10}, [created("a"), created("b", type="g9-new")], "block", "at least $12.00"),
    ({"max_monthly_increase": 5}, [created("a")], "block", "$12.00 of $5.00 more a month"),
    ({"max_monthly_increase": 50}, [kept("b"), created("a")], "pass", "$12.00 of $50.00"),
    ({"max_monthly_increase": 5}, [deleted("a")], "pass", "$0.00 of $5.00"),
    ({"max_monthly_increase": 0}, [kept("a")], "pass", "$0.00 of $0.00"),
    ({"max_servers": 2}, [created("a"), kept("b"), kept("c")], "block", "3 of 2 servers"),
    ({"max_servers": 2}, [created("a"), kept("b"), deleted("c")], "warn", "2 of 2 servers"),
    ({"max_servers": 20}, [created("a")], "pass", "1 of 20 servers"),
    ({"allowed_regions": ["us-ord"]}, [created("a")], "pass", "every region is among us-ord"),
    ({"allowed_regions": ["us-east"]}, [created("a")], "block", "us-ord is not among us-east"),
    ({"allowed_regions": ["us-east"]}, [kept("a")], "warn", "us-ord is not among us-east"),
    ({"allowed_regions": ["us-east"]}, [deleted("a")], "pass", "every region"),
    ({"allowed_regions": ["us-ord"]}, [created("a", region=UNKNOWN)], "not provable", "not known yet"),
    ({"allowed_types": ["g6-nanode-1"]}, [updated("a", RESIZE)], "block", "g6-standard-2 is not among g6-nanode-1"),
    ({"protect": True}, [replaced("a", REBUILD)], "block", "a would go"),
    ({"protect": True}, [MAYBE], "not provable", "whether api stays"),
    ({"protect": True}, [kept("a")], "warn", "a can be deleted"),
    ({"protect": True}, [updated("a", {"tags": ["x"]}, protect=True)], "pass", "every server is protected"),
    ({"max_power_off": 1}, [updated("web-1", RESIZE), updated("web-2", RESIZE)], "block", "are off at once"),
    ({"max_power_off": 2}, [updated("web-1", RESIZE), updated("web-2", RESIZE)], "pass", "never more than 2"),
    ({"max_power_off": 1}, [updated("web-1", RESIZE), updated("db-1", RESIZE)], "pass", "never more than 1"),
    ({"max_power_off": 0}, [MAYBE], "not provable", "may be off at once"),
    ({"end_of_life_days": 100}, [created("a")], "pass", "no image ends within 100 days"),
    ({"end_of_life_days": 1000}, [kept("a")], "warn", "linode/debian12 ends in 585 days"),
    ({"end_of_life_days": 585}, [kept("a")], "warn", "linode/debian12 ends in 585 days"),
    ({"end_of_life_days": 584}, [kept("a")], "pass", "no image ends within 584 days"),
    ({"end_of_life_days": 10}, [created("a", image="old/deprecated")], "block", "reached its end 1 day ago"),
    ({"end_of_life_days": 10}, [created("a", image="linode/debian10")], "block", "reached its end 876 days ago"),
    ({"end_of_life_days": 10}, [kept("a", image="linode/debian10")], "warn", "reached its end"),
    ({"end_of_life_days": 10}, [created("a", image="private/7")], "not provable", "does not know the image"),
    ({"data_loss": "block"}, [created("a")], "pass", "nothing is lost"),
    ({"data_loss": "block"}, [replaced("a", REBUILD)], "block", "data of a would be lost"),
    ({"data_loss": "ack"}, [deleted("a")], "block", "data of a would be lost"),
    ({"data_loss": "allow"}, [deleted("a")], "warn", "allowed"),
    ({"data_loss": "ack"}, [updated("a", {"backups_enabled": False}, backups_enabled=True)], "block", "data of a"),
    ({"data_loss": "ack"}, [MAYBE], "not provable", "is not known before the update"),
]  # fmt: skip
"""What a guard says of what a plan does."""


def result(folder: Path, acts: list[Act], guards: dict[str, Any], **more: Any) -> GuardResult:
    (found,) = stack_of(folder, acts, guards=guards, **more).guards
    return found


@pytest.mark.parametrize(("guards", "acts", "state", "words"), ANSWERS)
def test_a_guard_says(
    tmp_path: Path, guards: dict[str, Any], acts: list[Act], state: GuardState, words: str
) -> None:
    found = result(tmp_path, acts, guards)

    assert (found.state, words in plain(found.what)) == (state, True), plain(found.what)


def test_no_guard_is_green_on_what_is_not_known(tmp_path: Path) -> None:
    acts = [created("a", region=UNKNOWN, type=UNKNOWN)]
    guards = {"max_monthly": 1000, "allowed_regions": ["us-ord"], "allowed_types": ["g6-standard-1"]}

    told = stack_of(tmp_path, acts, guards=guards)

    assert {guard.state for guard in told.guards} == {"not provable"}
    assert told.verdict == "look"


def test_a_digest_cannot_prove_the_number_of_servers(tmp_path: Path) -> None:
    found = result(tmp_path, [created("a"), kept("b"), kept("c")], {"max_servers": 2}, form="digest")

    assert found.state == "not provable"


def test_servers_that_wait_for_each_other_are_never_off_together(tmp_path: Path) -> None:
    acts = [updated("web-1", RESIZE), updated("web-2", RESIZE, deps={"user_data": ["web-1"]}, user_data="x")]

    found = result(tmp_path, acts, {"max_power_off": 1}, form="digest")

    assert found.state == "pass"


@pytest.mark.parametrize(
    ("order", "state"), [(("create", "delete"), "pass"), (("delete", "create"), "block")]
)
def test_one_that_is_made_first_is_never_off(
    tmp_path: Path, order: tuple[str, str], state: GuardState
) -> None:
    acts = [replaced("web-1", REBUILD), replaced("web-2", REBUILD)]
    ops = {"create": "create-replacement", "delete": "delete-replaced"}
    parts = [
        {"resourcePreEvent": {"metadata": {"op": ops[op], "urn": urn(act.name)}}}
        for op in order
        for act in acts
    ]

    found = result(tmp_path, acts, {"max_power_off": 1}, events=lines(events(acts, more=parts)))

    assert found.state == state


def test_a_guard_names_its_place(tmp_path: Path) -> None:
    guards = {"max_monthly": {"value": 5, "file": "stacks/Pulumi.dev.yaml", "line": 9}}

    told = report(tmp_path, [created("a")], guards=guards)

    assert "Set in stacks/Pulumi.dev.yaml:9." in plain(told.findings[0].text)
    assert [(item.file, item.line, item.level) for item in told.annotations] == [
        ("stacks/Pulumi.dev.yaml", 9, "error")
    ]


@pytest.mark.parametrize(
    ("acknowledged", "exit_code"),
    [("", 5), (FULL_COMMIT, 0), (FULL_COMMIT[:7], 0), (FULL_COMMIT[:6], 5), ("f" * 40, 5)],
)
def test_an_acknowledgement_counts_for_its_commit_only(
    tmp_path: Path, acknowledged: str, exit_code: int
) -> None:
    told = report(tmp_path, [deleted("a")], guards={"data_loss": "ack"}, acknowledged=acknowledged)

    assert told.exit == exit_code
    assert told.acknowledged == (exit_code == 0)


def test_a_plan_that_was_acknowledged_is_judged_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bundle(tmp_path, [deleted("a")], guards={"data_loss": "ack"})
    plan = build([made]).plan
    read: list[Bundle] = []
    monkeypatch.setattr(judging, "facts_of", lambda each: read.append(each) or facts_of(each))  # type: ignore[func-returns-value]  # for its answer

    told = build([made], Options(acknowledged=f"{FULL_COMMIT}:{plan}"))
    other = build([made], Options(acknowledged=f"{FULL_COMMIT}:{'0' * 32}"))

    assert (told.exit, other.exit) == (0, 5)
    assert len(read) == 2


def test_an_acknowledgement_does_not_lift_a_block(tmp_path: Path) -> None:
    told = report(tmp_path, [deleted("a")], guards={"data_loss": "block"}, acknowledged=FULL_COMMIT)

    assert told.exit == 5


def test_an_acknowledgement_without_a_commit_counts_for_nothing(tmp_path: Path) -> None:
    told = report(tmp_path, [deleted("a")], guards={"data_loss": "ack"}, acknowledged="", commit="")

    assert told.exit == 5


def test_a_whole_group_off_at_once_is_told(tmp_path: Path) -> None:
    told = report(tmp_path, [updated("web-1", RESIZE), updated("web-2", RESIZE)])

    assert plain(told.findings[0].title) == "dev, web-1 and web-2 are off at the same time"


def test_a_group_with_somebody_left_is_not_down(tmp_path: Path) -> None:
    told = report(tmp_path, [updated("web-1", RESIZE), updated("web-2", RESIZE), kept("web-3")])

    assert [plain(item.title) for item in told.findings] == ["dev, web-1 and web-2 are off for a while"]


def test_of_the_guards_only_the_horizon_of_images_judges_drift_and_it_blocks_nothing(tmp_path: Path) -> None:
    act = Act("update", "web", server(image="linode/debian10"), server(image="linode/debian10", tags=["x"]))
    made = Act("create", "by-hand", None, server(image="linode/debian10"))
    guards = {"max_monthly": 1, "max_servers": 0, "data_loss": "block", "end_of_life_days": 30}

    told = report(tmp_path, [act, made], guards=guards, meta={"stack": "dev", "command": "refresh"})

    assert [(guard.name, guard.state) for guard in told.stacks[0].guards] == [("end_of_life_days", "warn")]
    assert told.exit == 0
