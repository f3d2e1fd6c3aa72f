"""How long a server is off, as the provider's plan says it: in its row, beside the names, and in what to look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.report.forms import html_page, markdown
from fleet.report.phrases import plain
from tests.unit.report.making import Act, change_of, created, report, updated
from tests.unit.report.test_terminal_report import shown

RESIZE = {
    "type": "g6-standard-2",
    "planned": "resize in place from g6-standard-1 to g6-standard-2, about 5 min off",
}


@pytest.mark.parametrize(
    ("planned", "told"),
    [
        (RESIZE["planned"], "about 5 min off"),
        ("rebuild with x because of image: all disks are erased, about 2 min off; one reboot for y, about 1 min off",
         "about 3 min off"),
        ("migrate to b: off while its disks are copied, public addresses change", "off while its disks are copied"),
        ("migrate from a to b: off while its disks are copied; resize, about 5 min off",
         "off while its disks are copied and about 5 min more"),
        ("resize in place from a to b, a reboot at the end", ""),
        ("in place without downtime: tags", ""),
        ("about 99999 min off @team", ""),
        (7, ""),
    ],
)  # fmt: skip
def test_the_plan_is_read(tmp_path: Path, planned: object, told: str) -> None:
    act = updated("web", {"type": "g6-standard-2", "planned": planned})

    assert change_of(tmp_path, [act], "web").off_for == told


def test_every_form_says_how_long(tmp_path: Path) -> None:
    told = report(tmp_path, [updated("web-1", RESIZE), created("web-2")])

    text = markdown.comment(told)
    assert "powered off, moved, booted, about 5 min off |" in text
    assert "| `web-1` (about 5 min off) |" in text
    assert "It changes `type`: powered off, moved, booted, about 5 min off." in text
    assert "powered off, moved, booted, about 5 min off" in html_page.html_page(told)
    assert "about 5 min off" in " ".join(shown(told, 200).split())


def test_several_are_told_together(tmp_path: Path) -> None:
    longer = {**RESIZE, "planned": "one power cycle for x, about 1 min off"}
    told = report(tmp_path, [updated("web-1", RESIZE), updated("web-2", longer)])

    assert plain(told.findings[0].text).startswith(
        "Each is off for a while: about 5 min off or about 1 min off. "
    )
    assert "| `web-1` and `web-2` (about 5 min off or about 1 min off) |" in markdown.comment(told)


def test_a_new_server_and_drift_are_not_off(tmp_path: Path) -> None:
    acts = [created("a", planned="about 5 min off"), Act("update", "b", {"planned": "x"}, dict(RESIZE))]
    meta = {"stack": "dev", "command": "refresh"}

    assert {change.off_for for change in report(tmp_path, acts, meta=meta).stacks[0].changes} == {""}
