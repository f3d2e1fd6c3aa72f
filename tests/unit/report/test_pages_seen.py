"""The page and the comment as a browser lays them out: one screen for five servers, no name or amount broken."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from fleet.report.forms import html_page, markdown
from fleet.report.judge.report import build
from fleet.report.model import Report
from tests.unit.report.making import Act, bundle, created, kept, replaced, updated
from tests.unit.report.test_html_report import BROWSER

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no browser here")

SCREEN = 900
COMMENT, PAGE, PHONE = 860, 1280, 390
"""Pixels: the width of a comment on GitHub, of a usual window, of a phone."""

GITHUB = """
body { margin: 0; padding: 16px; font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", sans-serif; }
h2 { font-size: 21px; line-height: 1.25; margin: 0 0 16px; padding-bottom: 6px; border-bottom: 1px solid #ddd; }
h3 { font-size: 17.5px; line-height: 1.25; margin: 24px 0 16px; } p, ol, table { margin: 0 0 16px; }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse; }
th, td { padding: 6px 13px; border: 1px solid #ddd; }
code { font: 85% monospace; padding: 2.8px 5.6px; white-space: break-spaces; }
"""
"""As github.com styles a comment's Markdown."""

MEASURE = """page => {
  const lines = element => element.getClientRects().length;
  const whole = [...page.querySelectorAll('tbody tr > :first-child code, .money, h1 code, main li code:not(.long)')];
  const table = [...page.querySelectorAll('h2, h3')].find(head => head.textContent === 'Changes');
  const rows = table.tagName === 'H3' ? table.nextElementSibling : table.parentElement;
  return {
    bottom: Math.round(rows.getBoundingClientRect().bottom), wide: page.documentElement.scrollWidth,
    broken: whole.filter(each => lines(each) > 1).map(each => each.textContent),
  };
}"""


def five() -> list[Act]:
    return [
        updated("web-1", {"type": "g6-standard-2"}),
        updated("web-2", {"type": "g6-standard-2"}),
        updated("web-3", {"tags": ["env:dev", "blue"]}),
        replaced("db-1", {"image": "linode/debian13"}),
        created("cache-1"),
        *(kept(f"app-{number}") for number in range(5)),
    ]


@pytest.fixture
def report(tmp_path: Path) -> Report:
    guards = {"data_loss": "ack", "max_monthly": 210}
    return build(
        [bundle(tmp_path, five(), stack="staging", guards=guards), bundle(tmp_path, [kept("a")], stack="dev")]
    )


def measured(text: str, width: int, folder: Path) -> dict[str, Any]:
    """What a browser says of a page in a window of that width."""
    file = folder / "frame.html"
    file.write_text(
        f'<!doctype html><meta charset="utf-8"><iframe style="width:{width}px;height:{SCREEN}px;border:0" '
        f'srcdoc="{html.escape(text)}"></iframe><pre></pre><script>'
        f"const measure = {MEASURE}; const frame = document.querySelector('iframe');"
        "frame.onload = () => { const told = JSON.stringify(measure(frame.contentDocument));"
        "document.querySelector('pre').textContent = told; };"
        "</script>"
    )
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--virtual-time-budget=5000",
        "--window-size=1400,1000",
        f"--user-data-dir={folder / 'browser'}",
    ]
    words = [str(BROWSER), *options, "--dump-dom", file.as_uri()]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r"<pre>(\{.*?\})</pre>", done.stdout)
    assert found, done.stderr[-400:]
    told: dict[str, Any] = json.loads(html.unescape(found[1]))
    return told


def as_comment(report: Report) -> str:
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown.comment(report))
    return f"<!doctype html><meta charset='utf-8'><style>{GITHUB}</style>{body}"


def test_five_changed_servers_fit_one_screen_of_a_page(report: Report, tmp_path: Path) -> None:
    told = measured(html_page.html_page(report), PAGE, tmp_path)

    assert told["bottom"] <= SCREEN
    assert told["broken"] == []


def test_five_changed_servers_fit_one_screen_of_a_comment(report: Report, tmp_path: Path) -> None:
    told = measured(as_comment(report), COMMENT, tmp_path)

    assert told["bottom"] <= SCREEN
    assert told["wide"] <= COMMENT
    assert told["broken"] == []


def test_no_name_in_a_sentence_is_broken_on_a_phone(tmp_path: Path) -> None:
    names = [f"web-of-frankfurt-{'x' * number}-1" for number in range(5)]
    told = build([bundle(tmp_path, [kept(name) for name in (*names, "y" * 60)], guards={"protect": True}),
                  bundle(tmp_path, [created("a")], stack="prod", guards={"protect": True})])  # fmt: skip

    seen = measured(html_page.html_page(told), PHONE, tmp_path)

    assert seen["broken"] == []
    assert seen["wide"] <= PHONE


def test_a_phone_shows_all_of_it_without_a_move_to_the_side(report: Report, tmp_path: Path) -> None:
    told = measured(html_page.html_page(report), PHONE, tmp_path)

    assert told["wide"] <= PHONE
    assert told["broken"] == []
