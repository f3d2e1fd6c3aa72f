"""`fleet report pull`: which pull request a run of `preview` was of, by what GitHub tells of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.report.command import main

OURS, FORK = 1, 2


def asked(folder: Path, monkeypatch: pytest.MonkeyPatch, *pulls: dict[str, Any]) -> int:
    event = {"repository": {"id": OURS, "default_branch": "main"}, "workflow_run": {"pull_requests": pulls}}
    file = folder / "event.json"
    file.write_text(json.dumps(event))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(file))
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    return main(["pull"])


def pull(number: int, repository: int = OURS, branch: str = "main") -> dict[str, Any]:
    return {"number": number, "base": {"ref": branch, "sha": f"{number}" * 40, "repo": {"id": repository}}}


def test_the_one_into_our_default_branch_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pulls = pull(3, FORK), pull(4, branch="release"), pull(7)

    assert asked(tmp_path, monkeypatch, *pulls) == 0
    assert capsys.readouterr().out == f"pull=7\nbase={'7' * 40}\n"


@pytest.mark.parametrize("pulls", [[], [pull(3, FORK)], [pull(4, branch="release")], [pull(7), pull(8)]])
def test_none_or_two_of_them_are_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pulls: list[dict[str, Any]],
) -> None:
    assert asked(tmp_path, monkeypatch, *pulls) == 1
    assert f"has {2 if len(pulls) == 2 else 0} pull requests into main" in capsys.readouterr().err
