"""The heading of a failed preview says the cause: what stands first in the error, and not both ends of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.report.forms import html_page, markdown
from fleet.report.judge.report import build
from fleet.report.model import Report
from fleet.report.phrases import plain
from tests.unit.report.making import bundle, events, lines, urn
from tests.unit.report.test_terminal_report import shown

ACCOUNT = "pulumi-python:dynamic/linode:Account"
TOKEN = (
    f"{ACCOUNT} resource 'account' has a problem: GET /profile: 401 Invalid Token — the API does not know this token "
    "(from LINODE_TOKEN); the call needs one; the provider needs the scopes linodes:read_write events:read_only. "
    "Next: set LINODE_TOKEN, or `pulumi config set --secret linode:token`, to a valid one.\n"
)


def failed(folder: Path, message: str) -> Report:
    told = {"urn": urn("account", kind=ACCOUNT), "severity": "error", "message": message}
    return build([bundle(folder, [], exit="1", events=lines(events([], more=[{"diagnosticEvent": told}])))])


def test_the_cause_is_in_the_heading_and_what_to_do_in_the_text(tmp_path: Path) -> None:
    told = failed(tmp_path, TOKEN)

    second = markdown.comment(told).splitlines()[1]
    assert second.startswith(
        "## ✖ `dev` could not be previewed: `account: GET /profile: 401 Invalid Token — "
    )
    assert second.endswith("…`")
    assert len(second) < 140
    assert plain(told.findings[0].text) == (
        "Nothing of this stack is proven. Next: set LINODE_TOKEN, or `pulumi config set --secret linode:token`, "
        "to a valid one."
    )
    assert "account: GET /profile: 401 Invalid Token" in html_page.html_page(told)
    assert "account: GET /profile: 401 Invalid Token" in " ".join(shown(told, 200).split())


@pytest.mark.parametrize("message", ["no such file.", "broken. Next: mend it."])
def test_no_full_stop_is_doubled(tmp_path: Path, message: str) -> None:
    told = failed(tmp_path, message)

    for text in (markdown.comment(told), html_page.html_page(told), shown(told, 200)):
        assert ".." not in text.replace("`../", "")
        assert ".`." not in text
        assert ".</code>." not in text


def test_an_error_without_a_next_step_has_ours(tmp_path: Path) -> None:
    told = failed(tmp_path, "no such file")

    assert plain(told.findings[0].text) == (
        "Nothing of this stack is proven. To go ahead: fix the error and push again."
    )
