from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from fleet.report.forms import terminal
from fleet.report.model import Report
from tests.unit.report.making import Act, created, deleted, kept, replaced, report, server


def shown(told: Report, width: int = 80, **options: object) -> str:
    file = io.StringIO()
    terminal.show(told, Console(file=file, width=width, **options))  # type: ignore[arg-type]  # of a test
    return file.getvalue()


def test_the_worst_stands_first(tmp_path: Path) -> None:
    text = shown(report(tmp_path, [deleted("web")], guards={"data_loss": "ack"}))

    assert text.splitlines()[0] == "⛔ dev is blocked: the disks of web would be erased"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_fit_the_terminal(tmp_path: Path, width: int) -> None:
    acts = [deleted("web"), replaced("db", {"image": "linode/debian13"}), created("x" * 300), kept("y")]

    lines = shown(report(tmp_path, acts, guards={"data_loss": "ack"}), width).splitlines()

    assert max(map(len, lines)) <= width


def test_markup_in_a_name_is_text(tmp_path: Path) -> None:
    text = shown(report(tmp_path, [Act("create", "[bold red]x[/]", None, server(label="[link=http://x]y"))]))

    assert "[bold red]x[/]" in text


def test_escape_codes_in_a_name_are_text(tmp_path: Path) -> None:
    text = shown(report(tmp_path, [created("\x1b[31mred")]))

    assert "\x1b" not in text
    assert "\\x1b[31mred" in text


def test_many_rows_are_a_number(tmp_path: Path) -> None:
    text = shown(report(tmp_path, [created(f"a{n:03}") for n in range(100)]))

    assert f"and {100 - terminal.ROWS} more" in text


def test_colours_are_for_terminals_only(tmp_path: Path) -> None:
    told = report(tmp_path, [deleted("web")])

    assert "\x1b[" not in shown(told)
    assert "\x1b[" in shown(told, force_terminal=True)
