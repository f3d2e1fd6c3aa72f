"""What a stack has cost so far: handed on from report to report, and drawn on the page."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fleet.report.forms import html_page, schema
from fleet.report.judge.report import MOST_COSTS, Options, build
from fleet.report.model import Cost, Sum
from tests.unit.report.command import main as run
from tests.unit.report.fake_hosts import TOKEN, serving
from tests.unit.report.making import CATALOG, bundle, kept, write


def cost(day: str, amount: int) -> Cost:
    return Cost(day=date.fromisoformat(day), monthly=Sum(amount=Decimal(amount)))


def costs(folder: Path, day: str, *earlier: Cost, **more: Any) -> list[tuple[str, str]]:
    made = bundle(folder, [kept("a")], catalog={**CATALOG, "fetched": f"{day}T06:00:00Z"}, **more)
    (stack,) = build([made], Options(earlier={"dev": earlier})).stacks
    return [(str(each.day), str(each.monthly.amount)) for each in stack.costs]


def test_a_report_adds_its_day_to_those_before(tmp_path: Path) -> None:
    before = (cost("2026-11-20", 5), cost("2026-11-22", 24))

    assert costs(tmp_path, "2026-11-23", *before) == [
        ("2026-11-20", "5"), ("2026-11-22", "24"), ("2026-11-23", "12.0"),
    ]  # fmt: skip
    assert costs(tmp_path, "2026-11-22", *before) == [("2026-11-20", "5"), ("2026-11-22", "12.0")]


def test_a_failed_report_adds_nothing_and_old_days_go(tmp_path: Path) -> None:
    many = [cost(f"20{number:02}-01-01", number) for number in range(10, 60)] * 10
    far = [Cost(day=date.fromordinal(730_000 + number), monthly=Sum()) for number in range(500)]

    assert costs(tmp_path, "2026-11-23", *many[:2], exit="1") == [("2010-01-01", "10"), ("2011-01-01", "11")]
    assert len(costs(tmp_path, "2026-11-23", *far)) == MOST_COSTS


def test_the_page_draws_two_days_and_more(tmp_path: Path) -> None:
    made = bundle(tmp_path, [kept("a")])

    one = html_page.html_page(build([made]))
    more = html_page.html_page(
        build([made], Options(earlier={"dev": (cost("2026-11-03", 36), cost("2026-11-13", 36))}))
    )

    assert "Cost a month so far" not in one
    assert '<path class="history" d="M0 0 H310 V0 H620 V90"/>' in more
    assert "2026-11-03: $36.00; 2026-11-13: $36.00; 2026-11-23: $12.00" in more
    assert "dev: cost a month from 2026-11-03 to 2026-11-23" in more


def test_the_command_hands_them_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def made(day: str) -> list[str]:
        place = bundle_folder(tmp_path / day, day)
        words = [
            "write",
            str(place),
            "--earlier",
            str(tmp_path / "earlier"),
            "--out",
            str(tmp_path / "earlier" / "x"),
        ]
        assert run(words) == 0, capsys.readouterr().err
        report = schema.read_report((tmp_path / "earlier" / "x" / "report.json").read_text())
        return [str(each.day) for each in report.stacks[0].costs]

    assert made("2026-11-22") == ["2026-11-22"]
    assert made("2026-11-23") == ["2026-11-22", "2026-11-23"]
    (tmp_path / "earlier" / "x" / "report.json").write_text("{}")
    assert made("2026-11-24") == ["2026-11-24"]
    assert "costs begin again" in capsys.readouterr().err


def bundle_folder(folder: Path, day: str) -> Path:
    bundle(folder, [kept("a")], catalog={**CATALOG, "fetched": f"{day}T06:00:00Z"})
    return folder / "dev"


@pytest.mark.parametrize(
    ("artifacts", "found"),
    [
        ([], ""),
        ([("1", "main", 9, False, "2026-11-20"), ("2", "main", 9, False, "2026-11-22")], "2"),
        ([("1", "main", 9, False, "2026-11-20"), ("2", "main", 9, True, "2026-11-22")], "1"),
        ([("1", "main", 9, False, "2026-11-20"), ("2", "branch", 9, False, "2026-11-22")], "1"),
        ([("1", "main", 9, False, "2026-11-20"), ("2", "main", 8, False, "2026-11-22")], "1"),
    ],
)
def test_the_newest_report_of_the_default_branch_is_found(
    artifacts: list[tuple[str, str, int, bool, str]],
    found: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    rows = [
        {"created_at": f"{day}T00:00:00Z", "expired": gone,
         "workflow_run": {"id": int(run_), "head_branch": branch, "head_repository_id": repository}}
        for run_, branch, repository, gone, day in artifacts
    ]  # fmt: skip
    with serving("github") as host:
        host.settings = {"": {"default_branch": "main", "id": 9}, "/actions/artifacts": {"artifacts": rows}}
        code = run(["earlier", "--repo", "acme/fleet", "--api", host.url, "--artifact", "drift-report"])

    assert (code, capsys.readouterr().out) == (0, f"run={found}\n")


def test_money_of_an_earlier_report_is_kept_exact(tmp_path: Path) -> None:
    made = build([bundle(tmp_path, [kept("a")])], Options(earlier={"dev": (cost("2026-11-03", 36),)}))

    again = schema.read_report(schema.report_json(made))

    assert again.stacks[0].costs == made.stacks[0].costs
    assert json.loads(schema.report_json(made))["stacks"][0]["costs"][0] == {
        "day": "2026-11-03", "monthly": {"amount": "36", "at_least": False},
    }  # fmt: skip


def test_nothing_is_said_of_a_folder_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "none")
    place = bundle_folder(tmp_path / "x", "2026-11-23")

    code = run(["write", str(place), "--earlier", str(tmp_path / "missing"), "--out", str(tmp_path / "out")])

    assert code == 0
    assert "costs begin again" not in capsys.readouterr().err
