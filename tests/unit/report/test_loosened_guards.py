"""Guards from outside a branch: they judge beside the branch's own, and what the branch loosens is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from fleet.report.forms.markdown import comment
from fleet.report.forms.words import finding_groups
from fleet.report.judge.loosening import is_looser
from fleet.report.judge.report import EXIT_GUARD, Options, build
from fleet.report.model import GuardState, Report
from fleet.report.phrases import plain
from fleet.report.read.guard_files import GuardFiles
from tests.unit.report.command import EXIT_BAD, main
from tests.unit.report.making import UNKNOWN, Act, bundle, created, kept, replaced
from tests.unit.report.test_guard_results import ANSWERS

ADDRESS = "https://git.example/acme/guards.json"
BLOCKED = [(guards, acts) for guards, acts, state, _ in ANSWERS if state == "block"]


def judged(folder: Path, acts: list[Act], own: dict[str, Any] | None, outside: dict[str, Any]) -> Report:
    """With the guards that the branch's bundle names, and a file of others."""
    files = GuardFiles.parse({"guards.json": json.dumps(outside)})
    return build([bundle(folder, acts, guards=own)], Options(guards=files))


@pytest.mark.parametrize("stack", ["dev", "*"])
@pytest.mark.parametrize(("guards", "acts"), BLOCKED)
def test_a_branch_that_drops_a_guard_is_still_blocked_by_it(
    tmp_path: Path, guards: dict[str, Any], acts: list[Act], stack: str
) -> None:
    told = judged(tmp_path, acts, {}, {stack: guards})

    assert (told.verdict, told.exit) == ("blocked", EXIT_GUARD)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"max_monthly": 100}, {"max_monthly": 200}, "guard max_monthly is loosened from $100.00 to $200.00"),
        ({"max_servers": 5}, {"max_servers": 6}, "guard max_servers is loosened from 5 to 6"),
        ({"max_power_off": 1}, None, "guard max_power_off is loosened from 1 to nothing"),
        ({"data_loss": "ack"}, {"data_loss": "allow"}, "guard data_loss is loosened from ack to allow"),
        ({"data_loss": "block"}, {"data_loss": "ack"}, "guard data_loss is loosened from block to ack"),
        ({"protect": True}, {"protect": False}, "guard protect is loosened from true to false"),
        ({"allowed_regions": ["us-ord"]}, {"allowed_regions": ["us-ord", "gb-lon"]}, "from us-ord to us-ord, gb-lon"),
        ({"end_of_life_days": 90}, {"end_of_life_days": 30}, "guard end_of_life_days is loosened from 90 to 30"),
    ],
)  # fmt: skip
def test_a_loosened_guard_is_a_decision_of_its_own(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any] | None, words: str
) -> None:
    told = judged(tmp_path, [kept("a")], after, {"dev": before})

    (finding,) = [each for each in told.findings if "loosened" in plain(each.short)]
    assert words in plain(finding.title)
    assert told.verdict == "look"
    assert finding_groups(told)[0].found == [finding]


def test_a_loosened_guard_is_not_lost_among_much_to_look_at(tmp_path: Path) -> None:
    """A comment has room for thirty findings."""
    perhaps = [replaced(f"web-{n}", {"user_data": UNKNOWN}, user_data="x") for n in range(40)]

    told = judged(tmp_path, perhaps, {}, {"dev": {"max_servers": 5000}})

    assert "guard `max_servers` is loosened from `5000` to nothing" in comment(told)


def test_a_loosened_guard_is_told_with_its_line(tmp_path: Path) -> None:
    own = {"max_monthly": {"value": 60, "file": "stacks/Pulumi.dev.yaml", "line": 12}}

    told = judged(tmp_path, [kept("a")], own, {"dev": {"max_monthly": 30}})

    assert "in stacks/Pulumi.dev.yaml:12" in plain(told.findings[0].title)


@pytest.mark.parametrize(
    ("outside", "own"),
    [
        ({"dev": {"max_monthly": 100}}, {"max_monthly": 90}),
        ({"dev": {"allowed_regions": ["us-ord", "gb-lon"]}}, {"allowed_regions": ["us-ord"]}),
        ({"dev": {}}, {"max_monthly": 90}),
        ({"*": {"max_monthly": 100}}, {}),
        ({"prod": {"max_monthly": 1}}, {}),
        ({}, {}),
    ],
)
def test_nothing_is_loosened_by_what_is_as_strict_or_of_somebody_else(
    tmp_path: Path, outside: dict[str, Any], own: dict[str, Any]
) -> None:
    told = judged(tmp_path, [kept("a")], own, outside)

    assert not [each for each in told.findings if "loosened" in plain(each.title)]
    assert told.verdict == "nothing"


@pytest.mark.parametrize(
    ("own", "outside", "state"),
    [(10, 100, "block"), (100, 10, "block"), (100, 13, "warn"), (13, 100, "warn"), (100, 100, "pass")],
)
def test_the_strictest_answer_counts_whoever_gives_it(
    tmp_path: Path, own: int, outside: int, state: GuardState
) -> None:
    told = judged(tmp_path, [created("a")], {"max_monthly": own}, {"*": {"max_monthly": outside}})

    (guard,) = told.stacks[0].guards
    assert guard.state == state


def test_a_guard_that_nobody_set_loosens_nothing() -> None:
    assert not is_looser("protect", False, None)
    assert not is_looser("max_monthly", None, 5)


def test_data_loss_that_only_the_branch_allows_wants_its_label(tmp_path: Path) -> None:
    acts = [replaced("a", {"image": "linode/debian13"})]

    told = judged(tmp_path, acts, {"data_loss": "allow"}, {"dev": {"data_loss": "ack"}})

    assert told.verdict == "blocked"
    assert "put the label ack:data-loss" in plain(told.findings[0].text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "it can't be read (No such file or directory)"),
        ("[1, 2]", "Input should be a valid dictionary"),
        ('{"dev": {"max_montly": 3}}', "dev.max_montly: Extra inputs are not permitted"),
        ("dev: 3", "no JSON. Next: write"),
    ],
)
def test_guards_that_cannot_be_read_never_count_as_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, why: str
) -> None:
    file = tmp_path / "guards.json"
    if text is not None:
        file.write_text(text)
    bundle(tmp_path, [kept("a")])

    code = main(["show", str(tmp_path / "dev"), "--guards", str(file)])

    assert code == EXIT_BAD
    assert why in capsys.readouterr().err


def answering(monkeypatch: pytest.MonkeyPatch, status: int, text: str = "") -> list[str]:
    """The addresses that are asked; each answers with that."""
    answer = requests.Response()
    answer.status_code, answer._content = status, text.encode()
    asked: list[str] = []

    def get(address: str, **_words: object) -> requests.Response:
        asked.append(address)
        return answer

    monkeypatch.setattr(requests, "get", get)
    return asked


def test_guards_come_from_an_address_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = answering(monkeypatch, 200, '{"*": {"max_servers": 0}}')
    bundle(tmp_path, [created("a")])

    code = main(["show", str(tmp_path / "dev"), "--guards", ADDRESS])

    assert asked == [ADDRESS]
    assert code == EXIT_GUARD
    assert f"Set in {ADDRESS}" in " ".join(capsys.readouterr().out.split())


def test_guards_that_the_environment_names_hold_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, guards in (("a", {"max_servers": 9}), ("b", {"max_servers": 0}), ("c", {"max_monthly": 1})):
        (tmp_path / f"{name}.json").write_text(json.dumps({"*": guards}))
    monkeypatch.setenv("FLEET_GUARDS", f"{tmp_path / 'b.json'} {tmp_path / 'c.json'}")
    bundle(tmp_path, [created("a")])

    code = main(["show", str(tmp_path / "dev"), "--guards", str(tmp_path / "a.json")])

    assert code == EXIT_GUARD
    told = capsys.readouterr().out
    assert "1 of 0 servers" in told
    assert "$12.00 of $1.00 a month" in told


def test_an_address_that_answers_with_an_error_is_no_empty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, 404)
    bundle(tmp_path, [created("a")])

    code = main(["show", str(tmp_path / "dev"), "--guards", ADDRESS])

    assert code != 0
    assert f"{ADDRESS} can't be read (status 404)" in capsys.readouterr().err
