"""What one form of the report tells, every form does: the sum of all stacks, catalog moves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet.report.forms import html_page, markdown
from fleet.report.judge.report import build
from fleet.report.model import Report
from tests.unit.report.making import FULL_COMMIT, bundle, created, kept, replaced, updated
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


def in_every_form(told: Report) -> list[str]:
    """As words alone."""
    marked = markdown.comment(told).partition("\n")[2].translate(str.maketrans("", "", "`*"))
    return [words(marked), words(html_page.html_page(told)), words(shown(told, 200))]


def test_the_sum_of_all_stacks_is_a_sentence_and_that_of_one_stands_in_its_row(told: Report) -> None:
    sentence = "1 server is recreated ( dev ), 1 is new ( dev ). +$12.00 a month, from $24.00 to $36.00."

    for text in in_every_form(told):
        assert sentence.replace("( ", "(").replace(" )", ")") in re.sub(r"(?<=\() | (?=[).,])", "", text)
        assert text.count("+$12.00 a month") == 1
        assert "$12.00 → $24.00 (+$12.00)" in text


def test_what_one_stack_costs_is_told_once(tmp_path: Path) -> None:
    alone = build([bundle(tmp_path, [updated("web", {"type": "g6-standard-2"}), kept("x")])])

    for text in in_every_form(alone):
        assert text.count("+$12.00") == 1
        assert "a month, from" not in text


def test_what_moved_in_the_catalog_is_told(told: Report) -> None:
    html, terminal = words(html_page.html_page(told)), " ".join(shown(told, 200).split())

    for text in (html, terminal):
        assert re.search(r"image ?: newest Debian", text)
        assert "linode/debian12 → linode/debian13" in text
        assert "g6-nanode-1" in text


def test_a_choice_is_told_without_what_stands_beside_it_and_cut_at_its_end(told: Report) -> None:
    text = markdown.comment(told)

    assert "| `web/type`: `cheapest of 12 in de-fra-2 with memory ≥ 2048 MB and ≤ 15 USD/month` |" in text
    assert "12.00 USD/month)" not in text


def test_the_best_match_is_told_where_it_is_another_one(tmp_path: Path) -> None:
    acts = [replaced("db", {"image": "linode/debian13"})]
    before, after = pins("linode/debian12"), pins("linode/debian13")
    for each in (before, after):
        del each["pins"]["web/type"]  # type: ignore[attr-defined]  # a map

    for text in in_every_form(build([bundle(tmp_path, acts, pins_before=before, pins_after=after)])):
        assert "linode/debian12 → linode/debian13" in text
        assert "Best match today" not in text


def test_no_hash_is_for_people(told: Report) -> None:
    """But seven digits of the commit, and in a terminal those of the plan that somebody types to deploy it."""
    comment, page, _ = in_every_form(told)

    for text in (comment, page):
        assert "4f9c2a1" in text
        assert not {told.plan[:8], "c0ffee1", FULL_COMMIT[:8]} & set(re.findall(r"[0-9a-f]{7,}", text))
        assert not re.search(r"\b[0-9a-f]{8,}\b", text)


def test_the_terminal_tells_the_plan_of_each_stack(told: Report) -> None:
    text = " ".join(shown(told, 200).split())

    assert all(f"plan {stack.plan[:12]}" in text for stack in told.stacks)
