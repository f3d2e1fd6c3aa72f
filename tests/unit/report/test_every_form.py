"""What one form of the report tells, every form does: the sum of all stacks, catalog moves, the plan."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet.report.forms import html_page, markdown
from fleet.report.judge.report import build
from fleet.report.model import Report
from tests.unit.report.making import bundle, created, kept, replaced
from tests.unit.report.test_terminal_report import shown

WHY = "g6-standard-1: cheapest of 12 in de-fra-2 with memory ≥ 2048 MB and ≤ 15 USD/month (12.00 USD/month); next g6-x"


def pins(chosen: str, newest: str | None = "linode/debian13") -> dict[str, object]:
    image = {"chosen": chosen, "what": "newest Debian", "newest": newest}
    kind = {"chosen": "g6-standard-1", "what": WHY, "newest": "g6-nanode-1"}
    return {"file": "stacks/pins.dev.json", "pins": {"image": image, "web/type": kind}}


@pytest.fixture
def told(tmp_path: Path) -> Report:
    acts = [replaced("db", {"image": "linode/debian13"}), created("web")]
    before, after = pins("linode/debian12"), pins("linode/debian13")
    dev = bundle(tmp_path, acts, stack="dev", pins_before=before, pins_after=after)
    return build([dev, bundle(tmp_path, [kept("x")], stack="prod")])


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_the_sum_of_all_stacks_is_a_row(told: Report) -> None:
    assert "| **all** | | 1 new, 1 rebuilt | 1 server | – | $24.00 | $36.00 | **+$12.00** |" in (
        re.sub(r"\|  \|", "| |", markdown.comment(told))
    )
    assert "all 1 new, 1 rebuilt 1 server – $24.00 $36.00 +$12.00" in words(html_page.html_page(told))
    assert re.search(r"\ball +1 new, 1 rebuilt +\$24.00 +\$36.00 +\+\$12.00", shown(told, 160))


def test_one_stack_has_no_sum(tmp_path: Path) -> None:
    alone = build([bundle(tmp_path, [kept("x")])])

    assert "**all**" not in markdown.comment(alone)
    assert ">all<" not in html_page.html_page(alone)
    assert not re.search(r"^all\b", shown(alone, 160), re.MULTILINE)


def test_what_moved_in_the_catalog_is_told(told: Report) -> None:
    html, terminal = words(html_page.html_page(told)), " ".join(shown(told, 200).split())

    for text in (html, terminal):
        assert "Catalog" in text
        assert re.search(r"image ?: newest Debian", text)
        assert "linode/debian12 → linode/debian13" in text
        assert "g6-nanode-1" in text


def test_a_choice_is_told_without_what_stands_beside_it_and_cut_at_its_end(told: Report) -> None:
    text = markdown.comment(told)

    assert "| `web/type`: `cheapest of 12 in de-fra-2 with memory ≥ 2048 MB and ≤ 15 USD/month` |" in text
    assert "12.00 USD/month)" not in text.partition("### Catalog")[2].partition("###")[0]


def test_the_terminal_tells_the_plan_of_each_stack(told: Report) -> None:
    text = " ".join(shown(told, 200).split())

    assert all(f"plan {stack.plan[:12]}" in text for stack in told.stacks)
