"""What is read first: the verdict, what is destroyed or off, the cost, what to decide; then the changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet.report.forms import html_page, markdown
from fleet.report.forms.html_page import stack_picture
from fleet.report.judge.report import Options, build
from fleet.report.model import Report
from fleet.report.phrases import plain
from tests.unit.report import markdown_reading
from tests.unit.report.making import (
    UNKNOWN,
    Act,
    Json,
    bundle,
    created,
    deleted,
    events,
    kept,
    lines,
    replaced,
    report,
    stack_of,
    updated,
    urn,
)
from tests.unit.report.test_terminal_report import shown

RESIZE = {"type": "g6-standard-2"}
DRIFT = {"stack": "dev", "command": "refresh"}


def story(folder: Path) -> Report:
    """Five servers of two stacks, each with another change."""
    dev = [updated("a-1", {"tags": ["x"]}), created("b-1"), updated("c-1", RESIZE)]
    prod = [deleted("d-1"), replaced("e-1", {"user_data": UNKNOWN}, {"user_data": ["d-1"]}, user_data="x")]
    guards = {"data_loss": "ack", "max_monthly": 40}
    return build([bundle(folder, dev, guards=guards), bundle(folder, prod, stack="prod", guards=guards)])


def test_the_parts_stand_in_the_order_in_which_they_matter(tmp_path: Path) -> None:
    told = story(tmp_path)

    for text in (markdown.comment(told), html_page.html_page(told)):
        places = [
            text.index(part) for part in ("is blocked", "Destroyed", "To decide", "Changes", "Worth a look")
        ]
        assert places == sorted(places)
        assert text.index("Worth a look") < text.index("<details")
        assert "<details open" not in text


def test_the_worst_change_stands_first_whatever_its_name_and_stack(tmp_path: Path) -> None:
    table = markdown_reading.tables(markdown.comment(story(tmp_path)))[1]

    assert [row[0] for row in table[1:]] == ["− `d-1`", "~ `c-1`", "±? `e-1`", "~ `a-1`", "+ `b-1`"]
    assert [row[1] for row in table[1:]] == ["`prod`", "`dev`", "`prod`", "`dev`", "`dev`"]


def test_the_decision_on_the_worst_stack_stands_first(tmp_path: Path) -> None:
    dear = bundle(tmp_path, [created("a-1")], guards={"max_monthly": 1})
    lost = bundle(tmp_path, [deleted("d-1")], stack="prod", guards={"data_loss": "ack"})

    told = build([dear, lost], Options(expected=("dev", "prod")))

    assert plain(told.heading) == "⛔ prod is blocked: the disks of d-1 would be erased (and 1 more stack)"
    assert [item.stack for item in told.findings] == ["prod", "dev"]


def test_whom_a_guard_is_about_is_said_once(tmp_path: Path) -> None:
    text = markdown.comment(
        report(tmp_path, [kept("web-1"), updated("web-2", RESIZE)], guards={"protect": True})
    )

    assert "`protect`: `web-1` and `web-2` can be deleted: no `protect`.**" in text
    assert "It is about" not in text


def test_everything_is_said_once(tmp_path: Path) -> None:
    """But for the heading, which says the worst of it."""
    text = markdown_reading.spaced(markdown.comment(story(tmp_path)).partition("\n")[2])
    text = re.sub(r"(?m)^## .*$", "", text)

    for once in ("deleted with its disks", "powered off, moved, booted", "`g6-standard-1` → `g6-standard-2`",
                 "ack:data-loss", "Cost a month", "A month", "disks of `d-1`"):  # fmt: skip
        assert text.count(once) == 1, once
    assert text.count("`c-1`") == 2, "in the column of what is off, and in its row"


def test_a_column_is_as_wide_as_its_names_and_amounts(tmp_path: Path) -> None:
    """Blanks that nothing breaks at keep it so: the code host's own style has no other way."""
    text = markdown.comment(report(tmp_path, [updated("web-of-frankfurt-1", RESIZE)]))
    table = markdown_reading.tables(text, raw=True)[1]

    name, change, effect, month = (len(cell.replace("&numsp;", " ")) for cell in table[0])
    assert name >= 0.8 * len("~ web-of-frankfurt-1")
    assert month >= 0.8 * len("$12.00 → $24.00")
    assert min(change, effect) > 15
    assert not [row[0] for row in table if " " in row[0].strip()]
    assert "`g6-standard-1` →<br>`g6-standard-2`" in text, "broken between values, and not in them"


def test_a_page_breaks_no_name_and_folds_to_cards_on_a_phone(tmp_path: Path) -> None:
    page = html_page.html_page(report(tmp_path, [created("x" * 41), created("web-eu-1")]))

    assert "<code>web-eu-1</code>" in page
    assert f'<code class="long">{"x" * 41}</code>' in page
    assert "white-space: nowrap" in page[page.index("td code, th code") :][:120]
    cells = re.findall(r"<td[^>]*>", page.partition("<h2>Changes</h2>")[2].partition("</table>")[0])
    assert cells
    assert all("data-head=" in cell for cell in cells)


def test_the_picture_shows_servers_and_what_hangs_on_them(tmp_path: Path) -> None:
    records = [Act("same", name, {"a": 1}, {"a": 1}, kind=f"pulumi-python:dynamic/linode:{kind}")
               for name, kind in (("account", "Account"), ("web-root", "RootPassword"))]  # fmt: skip
    volume = Act("same", "web-1-data", {"size": 20}, {"size": 20}, kind="pulumi-python:dynamic/linode:Volume")
    balancer = Act("same", "web", {"a": 1}, {"a": 1}, kind="pulumi-python:dynamic/linode:NodeBalancer")

    text = stack_picture(stack_of(tmp_path, [*records, volume, balancer, updated("web-1", RESIZE)]))

    assert "account" not in text
    assert "web-root" not in text
    assert "Volume" not in text
    assert "NodeBalancer" in text
    assert ">2 resources<" in text, "web-1 and its volume"


@pytest.mark.parametrize(
    ("act", "heading", "row"),
    [
        (updated("db-1", {"label": "by-hand"}), "label of db-1", "`label` is `by-hand`, not `db-1`"),
        (Act("delete", "db-1", {"type": "g6-standard-1", "region": "us-ord"}), "db-1 is gone", "gone"),
        (updated("db-1", {"tags": ["a"], "type": "g6-standard-2"}), "tags and type of db-1",
         "`type` is `g6-standard-2`, not `g6-standard-1`"),
    ],
)  # fmt: skip
def test_what_drifted_is_in_the_heading_and_how_in_its_row(
    tmp_path: Path, act: Act, heading: str, row: str
) -> None:
    told = report(tmp_path, [act, kept("web-1")], meta=DRIFT)

    text = markdown_reading.spaced(markdown.comment(told))
    assert plain(told.heading) == f"🟡 dev drifted: {heading}"
    assert row in text
    assert "1 resource drifted." in text
    assert "To put it back: `fleet up --stack dev --refresh`." in text
    assert plain(told.heading) in shown(told, 200)


@pytest.mark.parametrize("kind", ["add", "delete"])
def test_what_somebody_added_is_told_as_added_whichever_way_the_engine_compares(
    tmp_path: Path, kind: str
) -> None:
    act = Act("update", "db-1", {"tags": ["a"]}, {"tags": ["a", "by-hand"]}, detailed={"tags[1]": kind})

    text = markdown.comment(report(tmp_path, [act], meta=DRIFT))

    assert "`tags`: + `by-hand`" in text
    assert "none" not in text.partition("### Changes")[2].partition("###")[0]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (["database"], ["by-hand", "database"], "`tags`: + `by-hand`"),
        (["a", "b", "c"], ["b", "c"], "`tags`: − `a`"),
        (["a", "b"], ["b", "a"], "`tags[0]` is `b`, not `a`; `tags[1]` is `a`, not `b`"),
        (["a"], ["b"], "`tags[0]` is `b`, not `a`"),
        (["a", "b"], [UNKNOWN, "a"], "`tags[0]` is *known after apply*, not `a`; `tags[1]` is `a`, not `b`"),
    ],
)
def test_one_more_at_the_front_of_a_list_is_one_more(
    tmp_path: Path, old: list[str], new: list[str], told: str
) -> None:
    places = {f"tags[{n}]": "update" for n in range(max(len(old), len(new)))}
    act = Act("update", "db-1", {"tags": old}, {"tags": new}, detailed=places)

    cell = markdown_reading.tables(markdown.comment(report(tmp_path, [act], meta=DRIFT)))[1][1][1]

    assert cell == told


def test_of_drift_now_is_what_runs_and_then_what_is_declared(tmp_path: Path) -> None:
    told = report(tmp_path, [updated("db-1", RESIZE)], meta=DRIFT)

    stack = told.stacks[0]
    assert [int(stack.now.amount), int(stack.then.amount)] == [24, 12]
    text = markdown.comment(told)
    assert "| $24.00, declared $12.00 |" in text
    assert "| $24.00, not $12.00 |" in text


def test_a_server_that_somebody_deleted_costs_nothing_now(tmp_path: Path) -> None:
    told = report(tmp_path, [deleted("db-1"), kept("web-1")], meta=DRIFT)

    assert "| $12.00, declared $24.00 |" in markdown.comment(told)
    assert "| $0.00, not $12.00 |" in markdown.comment(told)


def preview_with_a_refresh(*after: Json) -> str:
    """The events of `preview --refresh`: what the look found stands before the steps."""
    found = events([updated("web-1", {"tags": ["x"]}), kept("web-2")])
    looks = [{"resourcePreEvent": {"metadata": {"op": "refresh", "urn": urn(name), "old": {}, "new": {}}}}
             for name in ("web-1", "web-2")]  # fmt: skip
    return lines([found[0], *looks, *after, *found[1:]])


def test_a_preview_says_whether_it_looked_at_the_account(tmp_path: Path) -> None:
    acts = [updated("web-1", {"tags": ["x"]}), kept("web-2")]
    blind, seeing = (
        report(tmp_path / "1", acts),
        report(tmp_path / "2", acts, events=preview_with_a_refresh()),
    )
    note = "Compared with the state, not with the account"

    for told, is_told in ((blind, True), (seeing, False)):
        for text in (markdown.comment(told), html_page.html_page(told), " ".join(shown(told, 200).split())):
            assert (note in text) == is_told
    assert "`refresh: true` in the settings" in plain_text_of(blind)


def plain_text_of(told: Report) -> str:
    return markdown.comment(told).replace("\\", "")


@pytest.mark.parametrize("meta", [DRIFT, {"stack": "dev", "offline": True}])
def test_a_look_for_drift_and_a_preview_of_a_fork_need_no_such_note(tmp_path: Path, meta: Json) -> None:
    told = report(tmp_path, [kept("web-1")], meta=meta)

    assert "Compared with the state" not in markdown.comment(told)
