from __future__ import annotations

import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fleet.report.forms import html_page
from fleet.report.forms.html_page import stack_picture
from fleet.report.forms.pictures import MOST_LEAVES
from fleet.report.judge.report import build
from tests.html_tags import Tags
from tests.pictures import browser_here
from tests.unit.report.making import (
    UNKNOWN,
    Act,
    bundle,
    created,
    deleted,
    kept,
    replaced,
    report,
    stack_of,
    updated,
)

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
BROWSER = browser_here()


def page(folder: Path) -> str:
    return html_page.html_page(
        build(
            [
                bundle(
                    folder, [created("a"), deleted("b"), kept("c")], stack="dev", guards={"max_monthly": 40}
                ),
                bundle(
                    folder,
                    [replaced("db", {"image": "linode/debian13"})],
                    stack="staging",
                    guards={"data_loss": "ack"},
                ),
                bundle(folder, [updated("web", {"type": "g6-standard-2"}), kept("x")], stack="prod"),
            ]
        )
    )


def test_nothing_is_fetched_and_no_script_runs(tmp_path: Path) -> None:
    tags = Tags(page(tmp_path)).found

    assert not {"script", "link", "img", "iframe", "object", "base"} & {tag for tag, _ in tags}
    assert not [attrs for _, attrs in tags if {"src", "href", "style", "onclick", "onload"} & attrs.keys()]
    assert any("default-src 'none'" in str(attrs.get("content")) for tag, attrs in tags if tag == "meta")


def test_names_from_the_branch_are_no_markup(tmp_path: Path) -> None:
    act = Act("update", EVIL, {"label": EVIL, "type": EVIL}, {"label": EVIL + "2", "type": EVIL, EVIL: 1})

    text = html_page.html_page(report(tmp_path, [act]))

    assert not {"script", "img"} & {tag for tag, _ in Tags(text).found}
    assert not re.search(r"<[^>]*onerror", text)


def test_every_picture_is_well_formed_and_described(tmp_path: Path) -> None:
    pictures = re.findall(r"<svg.*?</svg>", page(tmp_path), re.DOTALL)

    assert len(pictures) == 4
    for text in pictures:
        svg = ET.fromstring(text)  # noqa: S314 - made by us
        names = [child.tag.rsplit("}", 1)[-1] for child in svg]
        assert {"title", "desc"} <= set(names)


def test_the_picture_shows_what_changes_and_what_stays(tmp_path: Path) -> None:
    text = stack_picture(stack_of(tmp_path, [updated("web-1", {"type": "g6-standard-2"}), kept("web-2")]))

    assert 'class="danger"' in text
    assert "~ web-1" in text
    assert "stays as it is" in text


def test_a_sentence_without_room_in_a_picture_keeps_its_beginning(tmp_path: Path) -> None:
    act = replaced("web", {"user_data": UNKNOWN}, user_data="x")

    text = stack_picture(stack_of(tmp_path, [act]))

    assert ">if the unknown value changed: new server, disks erased. How likely is not…<" in text


def test_a_dependency_is_an_arrow(tmp_path: Path) -> None:
    api = updated("api", {"tags": ["x"]}, deps={"user_data": ["db"]}, user_data="x")
    acts = [updated("db", {"tags": ["x"]}), api]

    assert 'class="needs"' in stack_picture(stack_of(tmp_path / "1", acts, form="digest"))
    assert 'class="needs"' not in stack_picture(stack_of(tmp_path / "2", acts, form="events"))


def test_a_large_stack_is_drawn_in_bounds(tmp_path: Path) -> None:
    acts = [*(created(f"new-{n}") for n in range(700)), *(kept(f"old-{n}") for n in range(700))]

    text = stack_picture(stack_of(tmp_path, acts))

    assert text.count("<rect") <= MOST_LEAVES + 10
    assert "300 more" in text
    assert "700 unchanged" in text


def test_a_stack_without_anything_has_a_picture(tmp_path: Path) -> None:
    assert "nothing is known of it" in stack_picture(stack_of(tmp_path, []))


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_browser_shows_it_without_a_complaint(tmp_path: Path) -> None:
    file, shot = tmp_path / "report.html", tmp_path / "shot.png"
    file.write_text(page(tmp_path), encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--enable-logging=stderr",
        "--v=0",
    ]

    done = subprocess.run(
        [str(BROWSER), *options, "--dump-dom", f"--screenshot={shot}", file.as_uri()],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert shot.stat().st_size > 10_000
    assert "CONSOLE" not in done.stderr
    dom = done.stdout
    assert dom.count("<svg") == 4
    assert "staging" in dom


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_no_picture_is_cut_off_at_a_usual_width(tmp_path: Path) -> None:
    """Asked in the page itself, by a script that only the test puts there."""
    acts = [
        updated(f"web-{n}", {"tags": ["x"]}, deps={"user_data": ["web-0"]} if n else {}, user_data="x")
        for n in range(9)
    ]
    text = html_page.html_page(report(tmp_path, acts, form="digest"))
    ask = (
        "<script>document.title = [...document.querySelectorAll('.wide')]"
        ".filter(box => box.querySelector('svg')).map(box => box.scrollWidth - box.clientWidth).join()</script>"
    )
    file = tmp_path / "report.html"
    file.write_text(
        re.sub(r"<meta http-equiv.*?>", "", text).replace("</body>", f"{ask}</body>"), encoding="utf-8"
    )
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]

    done = subprocess.run(
        [str(BROWSER), *options, "--window-size=1000,900", "--dump-dom", file.as_uri()],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert "<title>0,0</title>" in done.stdout
    assert text.count('class="needs"') == 8
