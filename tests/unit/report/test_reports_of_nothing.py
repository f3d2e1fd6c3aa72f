from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from fleet.report.forms import html_page, markdown, terminal
from fleet.report.judge.report import Options, build
from tests.unit.report.command import EXIT_BAD, main
from tests.unit.report.making import FULL_COMMIT, created, events, lines, write


def run(folder: Path, *words: str) -> int:
    return main(["write", "--bundles", str(folder / "bundles"), "--out", str(folder / "out"), *words])


def test_a_change_of_no_stack_has_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_RUN_ID", "815")

    code = run(tmp_path, "--expected-stacks", "[]", "--commit", FULL_COMMIT)

    text = (tmp_path / "out" / "comment.md").read_text()
    assert code == 0
    assert "⚪ nothing to do: no stack is touched" in text
    assert "| Stack |" not in text
    assert f'head="{FULL_COMMIT}" run="815.1"' in text
    assert json.loads((tmp_path / "out" / "report.json").read_text())["labels"] == ["infra: no change"]


def test_an_environment_that_no_list_names_is_told(tmp_path: Path) -> None:
    code = run(tmp_path, "--expected-stacks", "[]", "--undeployed", '["qa"]', "--commit", FULL_COMMIT)

    text = (tmp_path / "out" / "comment.md").read_text()
    assert code == 0
    assert "🟡 look at `qa`: not deployed" in text
    assert "`environments` in `stacks/common.yaml` does not name it. To deploy it: put it there" in text


@pytest.mark.parametrize("words", [(), ("--expected-stacks", "[no")])
def test_nothing_at_all_is_a_mistake_and_never_green(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run(tmp_path, *words) == EXIT_BAD


def test_a_job_that_broke_is_a_failed_stack_of_the_commit(tmp_path: Path) -> None:
    code = run(tmp_path, "--expected-stacks", '["dev"]', "--commit", FULL_COMMIT)

    assert code == 1
    assert f'head="{FULL_COMMIT}"' in (tmp_path / "out" / "comment.md").read_text()


def test_every_folder_in_the_folder_is_a_bundle(tmp_path: Path) -> None:
    for stack in ("dev", "prod"):
        write(tmp_path / "bundles" / f"bundle-{stack}", events=lines(events([created("a")], stack)), exit="0")
    (tmp_path / "bundles" / "note.txt").write_text("no folder")

    assert run(tmp_path, "--expected-stacks", '["dev", "prod"]') == 0
    assert len(json.loads((tmp_path / "out" / "report.json").read_text())["stacks"]) == 2


def test_every_form_shows_a_report_without_stacks() -> None:
    report = build([], Options(none_touched=True))
    console = Console(record=True, width=100)

    terminal.show(report, console)

    assert "no stack is touched" in console.export_text()
    assert "no stack is touched" in html_page.html_page(report)
    assert "no stack is touched" in markdown.summary(report)
