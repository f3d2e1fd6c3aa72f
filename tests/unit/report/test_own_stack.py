"""A pull request is told of its own stack, and asked before that goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fleet.report.forms import marker
from fleet.report.hosts import own_stack
from tests.unit.report.command import main as run
from tests.unit.report.fake_hosts import BOT, TOKEN, FakeHost, Kind, serving
from tests.unit.report.markdown_reading import flat

TOLD: dict[str, Any] = {
    "stack": "pr-7", "ends": "2026-11-27T06:00:00Z", "monthly_usd": 22.0,
    "places": [
        {"name": "web-1", "addresses": ["198.18.0.1", "192.168.1.1"], "host": "1.web.example.org"},
        {"name": "load balancer web", "addresses": ["198.18.0.9"]},
    ],
}  # fmt: skip


@pytest.fixture(params=["github", "gitlab"])
def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHost]:
    kind: Kind = request.param
    monkeypatch.setenv("GITLAB_TOKEN" if kind == "gitlab" else "GITHUB_TOKEN", TOKEN)
    with serving(kind) as found:
        yield found


def call(host: FakeHost, command: str, *words: str) -> int:
    return run([command, "--host", host.kind, "--api", host.url, "--repo", "acme/fleet", *words])


def tell(host: FakeHost, told: object) -> int:
    return call(host, "own-stack", "--pull", "7", "--told", json.dumps(told) if told else "")


def test_it_says_where_the_stack_answers_what_it_costs_and_when_it_ends(host: FakeHost) -> None:
    assert tell(host, TOLD) == 0

    (note,) = host.notes
    assert "## 🟢 `pr-7` runs until 2026-11-27 06:00 UTC" in note.body
    assert "It costs $22.00 a month. A push updates it and leaves its end as it is." in note.body
    assert "put the label `pr-stack:keep` on" in note.body
    assert "| `web-1` | `198.18.0.1`, `192.168.1.1` | `1.web.example.org` |" in note.body
    assert "| `load balancer web` | `198.18.0.9` | – |" in note.body


def test_it_is_one_comment_kept_up_to_date_and_a_fulfilled_wish_goes(host: FakeHost) -> None:
    host.labels += [own_stack.STACK_LABEL, own_stack.KEEP_LABEL]

    tell(host, TOLD)
    tell(host, {**TOLD, "ends": "2026-11-30T06:00:00Z"})
    until = host.notes[0].body
    gone = tell(host, None)

    assert host.labels == [own_stack.STACK_LABEL]
    assert "runs until 2026-11-30 06:00 UTC" in until
    assert gone == 0
    assert [note.body.splitlines()[1] for note in host.notes] == ["## ⚪ `pr-7` is gone"]


def test_where_there_never_was_one_nothing_is_said(host: FakeHost) -> None:
    assert tell(host, None) == 0
    assert host.notes == []


EVIL: list[dict[str, Any]] = [
    {**TOLD, "stack": "pr-8"},
    {**TOLD, "stack": "prod"},
    {**TOLD, "ends": "soon"},
    {**TOLD, "ends": "2026-11-27T06:00:00"},
    {**TOLD, "monthly_usd": "NaN"},
    {**TOLD, "places": [{"name": "x" * 301}]},
]


@pytest.mark.parametrize("told", EVIL)
def test_what_a_branch_makes_up_is_refused(
    host: FakeHost, capsys: pytest.CaptureFixture[str], told: dict[str, Any]
) -> None:
    assert tell(host, told) == 2
    assert host.notes == []
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_names_stay_data(host: FakeHost) -> None:
    name = "@ada [x](https://evil.example) | <b> `"

    tell(host, {**TOLD, "places": [{"name": name, "addresses": ["![x](https://evil.example)"]}]})

    kinds = {token.type for token in flat(host.notes[0].body)}
    assert "code_inline" in kinds
    assert not {"link_open", "image", "html_inline"} & kinds


def test_a_question_is_a_comment_of_its_own_and_the_older_one_is_folded(host: FakeHost) -> None:
    ending = [{**TOLD, "places": []}]
    host.add(f"{marker.Marker('fleet', 'a' * 40, '800.1').line()}\nthe report", BOT)

    first = call(host, "ask", "--ending", json.dumps(ending))
    second = call(host, "ask", "--ending", json.dumps([{**ending[0], "ends": "2026-11-30T06:00:00Z"}]))

    assert (first, second) == (0, 0)
    report, old, new = host.notes
    assert "the report" in report.body
    assert old.body.startswith("Outdated")
    assert "## 🟡 `pr-7` ends at 2026-11-30 06:00 UTC" in new.body
    assert (
        "Then it is deleted with everything in it. **To have it longer, put the label `pr-stack:keep` on.**"
        in new.body
    )


def test_where_nothing_ends_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)

    assert run(["ask", "--repo", "acme/fleet", "--ending", "[]"]) == 0
    assert run(["ask", "--repo", "acme/fleet", "--ending", ""]) == 0
