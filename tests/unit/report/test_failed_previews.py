"""The heading of a failed preview says the cause: what stands first in the error, and not both ends of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.report.forms import html_page, markdown
from fleet.report.judge.report import build
from fleet.report.model import Report
from fleet.report.phrases import plain
from tests.unit.report.making import SERVER, Act, bundle, created, deleted, events, kept, lines, replaced, urn
from tests.unit.report.test_terminal_report import shown

ACCOUNT = "pulumi-python:dynamic/linode:Account"
TOKEN = (
    f"{ACCOUNT} resource 'account' has a problem: GET /profile: 401 Invalid Token — the API does not know this token "
    "(from LINODE_TOKEN). "
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
    assert plain(told.findings[0].text).endswith(
        "LINODE_TOKEN). Next: set LINODE_TOKEN, or `pulumi config set --secret linode:token`, to a valid one."
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

    assert plain(told.findings[0].text) == "account: no such file. To go ahead: fix the error and push again."


def test_a_place_in_the_settings_is_the_cause_and_what_an_engine_adds_is_not_told(tmp_path: Path) -> None:
    told = failed(
        tmp_path,
        "the settings of stack 'dev' are not valid. Next: correct them.\n"
        "  stacks/Pulumi.dev.yaml:6: fleet:servers.web.region.id: no such setting (did you mean ids?)",
    )
    generic = {"diagnosticEvent": {"severity": "error", "message": "preview failed"}}
    said = {"diagnosticEvent": {"severity": "error", "message": "no such file"}}
    body = lines(events([], more=[generic, said], result="failed"))
    both = build([bundle(tmp_path / "2", [], exit="1", events=body)])

    assert "Pulumi.dev.yaml:6: fleet:servers.web.region.id: no such setting" in plain(told.heading)
    assert plain(told.findings[0].text).endswith("(did you mean ids?). Next: correct them.")
    assert "What would change is not known." in markdown.comment(told)
    assert [item.text for item in both.stacks[0].messages] == ["no such file"]


def stopped(folder: Path, message: str, acts: list[Act] = (), stack: str = "dev") -> Report:  # type: ignore[assignment]  # none
    """A preview that an engine's error about `web-1` ended."""
    told = {"urn": urn("web-1", stack), "severity": "error", "message": message}
    body = lines(events(acts, stack, more=[{"diagnosticEvent": told}], result="failed"))
    return build([bundle(folder, acts, stack=stack, exit="1", events=body)])


URN = urn("web-1", "prod")
DELETE = (
    f'resource "{URN}" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the '
    f"`protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the command:\n"
    f"`pulumi state unprotect '{URN}'`"
)
REPLACE = (
    f'unable to replace resource "{URN}"\nas it is currently marked for protection. To unprotect the resource, '
    "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
)


@pytest.mark.parametrize(
    ("message", "act", "fate", "step"),
    [
        (DELETE, deleted("web-1"), "deleted",
         "deploy it with protect: false first: its protection stands in the state."),
        (REPLACE, replaced("web-1", {"region": "us-east"}), "recreated",
         "give it protect: false in its group's settings."),
    ],
)  # fmt: skip
def test_a_protected_server_is_told_with_what_works_for_it(
    tmp_path: Path, message: str, act: Act, fate: str, step: str
) -> None:
    told = stopped(tmp_path, message, [act], "prod")

    assert plain(told.heading) == (f"✖ prod could not be previewed: web-1 is protected and would be {fate}")
    assert plain(told.findings[0].text).endswith(f"To keep web-1: take the change back. To go ahead: {step}")
    assert "pulumi state unprotect" not in markdown.comment(told), "a command that takes no name"


@pytest.mark.parametrize("message", [DELETE, REPLACE, f"{URN} is odd", f"update of {URN}: refused"])
def test_no_form_shows_a_urn(tmp_path: Path, message: str) -> None:
    told = stopped(tmp_path, message, stack="prod")

    for text in (markdown.comment(told), html_page.html_page(told), shown(told, 200), plain(told.heading)):
        assert "urn:pulumi" not in text
        assert "web-1" in text


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("this region is full", "web-1: this region is full"),
        ("Exception calling application: POST /x: 500", "web-1: POST /x: 500"),
        ("web-1 is gone", "web-1 is gone"),
        (
            f"{SERVER} resource 'web-1': property type value {{g6-x}} has a problem: no such type",
            "web-1: no such type",
        ),
    ],
)
def test_the_heading_names_the_server_and_the_cause_in_the_providers_words(
    tmp_path: Path, message: str, cause: str
) -> None:
    assert plain(stopped(tmp_path, message).heading) == f"✖ dev could not be previewed: {cause}"


def test_totals_of_a_failed_preview_are_at_least_what_was_seen(tmp_path: Path) -> None:
    """Those of the stack, and the sum that they are in."""
    failed = stopped(tmp_path / "1", "no", [kept("web-1")])
    told = {"urn": urn("web-1"), "severity": "error", "message": "no"}
    body = lines(events([kept("web-1")], more=[{"diagnosticEvent": told}], result="failed"))
    both = build([bundle(tmp_path / "2", [kept("web-1")], exit="1", events=body),
                  bundle(tmp_path / "2", [created("db")], stack="prod")])  # fmt: skip

    assert "| at least $12.00 |" in markdown.comment(failed)
    assert (
        "The monthly change is **not known**: at least $12.00 now, at least $24.00 then."
        in markdown.comment(both)
    )
    assert "not known, now" not in markdown.comment(both)


def test_what_was_not_seen_at_all_is_no_figure(tmp_path: Path) -> None:
    text = markdown.comment(stopped(tmp_path, "no"))

    assert "$0.00" not in text
    assert "| not known |" in text


def test_creates_that_were_cut_off_are_settled_by_a_command_of_ours(tmp_path: Path) -> None:
    pending = {"pending_operations": [{"type": "creating", "resource": {"urn": urn("web-2")}}]}

    told = build([bundle(tmp_path, [kept("web-1")], pending=pending)])

    assert "It is about web-2. Next: fleet unlock --stack dev, which finds" in plain(told.findings[0].text)


BROKEN = Path(__file__).with_name("policy_pack.events.ndjson")
"""A real preview (CLI 3.260, pulumi-policy 1.21) with a pack of two mandatory policies and an advisory one."""


def test_every_broken_policy_is_told_with_what_it_says_and_of_what(tmp_path: Path) -> None:
    told = build([bundle(tmp_path, [], stack="test", exit="1", events=BROKEN.read_text(encoding="utf-8"))])

    assert (told.verdict, plain(told.heading)) == (
        "failed",
        "✖ test could not be previewed: policies few-servers and in-europe are broken",
    )
    assert told.stacks[0].messages == (), "what only says that it failed"
    red, yellow = (item for item in told.findings if item.verdict in ("failed", "look"))
    assert plain(red.text) == (
        "Stacks are small. 3 Linodes in one stack, at most 2, on fleet-test. "
        "Servers are in Europe. us-sea is none of de-fra-2, gb-lon, on db; "
        "us-ord is none of de-fra-2, gb-lon, on web-2."
    )
    assert (plain(yellow.title), plain(yellow.text)) == (
        "test, policy has-backups advises",
        "Servers have backups. backups_enabled is not declared, on web-1 and web-2.",
    )
    for text in (markdown.comment(told), html_page.html_page(told), shown(told, 200)):
        assert "3 Linodes in one stack, at most 2" in " ".join(text.split())
        assert "backups_enabled is not declared" in " ".join(text.split())
