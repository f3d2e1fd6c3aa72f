"""docs/catalogs.md and docs/pins.md: their programs and commands are run, and answer as they say."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from datetime import date

import pytest

from emulators.linode_api.server import LocalApi
from fleet.cli.main import main
from providers.linode import catalogs as names
from providers.linode.api.errors import LinodeError
from providers.linode.catalogs.picks import KINDS
from providers.linode.core import runtime as sessions
from providers.linode.project import PROJECT

TEXT, PINS = ((PROJECT / "docs" / name).read_text(encoding="utf-8") for name in ("catalogs.md", "pins.md"))
QUESTIONS = re.findall(r"\*\*(\d+)\. .+?```python\n(.+?)```\n\n```\n(.+?)```", TEXT, re.DOTALL)
CONSOLE = re.findall(r"```console\n\$ (.+?)\n(.+?)```", TEXT, re.DOTALL)
TODAY = date(2026, 6, 1)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalApi]:
    with LocalApi(tmp_path_factory.mktemp("document") / "api.db", limits=False) as api:
        yield api


@pytest.fixture(autouse=True)
def _asked(served: LocalApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LINODE_URL", served.url)
    monkeypatch.delenv("LINODE_TOKEN", raising=False)
    yield
    sessions.forget()


def test_there_are_ten_questions_of_three_lines_at_most() -> None:
    assert [int(number) for number, _, _ in QUESTIONS] == list(range(1, 11))
    assert all(len(code.strip().splitlines()) <= 3 for _, code, _ in QUESTIONS)
    assert len(CONSOLE) == 2


@pytest.mark.parametrize(("number", "code", "answer"), QUESTIONS, ids=[number for number, _, _ in QUESTIONS])
def test_a_question_is_answered_as_written(number: str, code: str, answer: str) -> None:
    known = {name: getattr(names, name) for name in names.__all__}
    said = io.StringIO()

    with contextlib.redirect_stdout(said):
        try:
            scope = {**known, "catalogs": sessions.of_environment().catalogs, "today": TODAY, "date": date}
            exec(compile(code, f"question {number}", "exec"), scope)  # noqa: S102 - the document's own code
        except LinodeError as error:
            print(f"{type(error).__name__}: {error}")

    assert said.getvalue() == answer


def test_the_sessions_are_where_the_document_imports_them_from() -> None:
    found = re.search(r"`(from providers\S* import [^`]+)`", TEXT)
    assert found
    scope: dict[str, object] = {}

    exec(found[1], scope)  # noqa: S102 - the document's own code

    assert scope["sessions"] is sessions


@pytest.mark.parametrize(("command", "answer"), CONSOLE, ids=["types", "regions"])
def test_a_command_prints_what_is_shown(command: str, answer: str) -> None:
    said = io.StringIO()

    with contextlib.redirect_stdout(said):
        code = main(shlex.split(command)[1:])

    assert code == 0
    assert [line.rstrip() for line in said.getvalue().splitlines()] == answer.splitlines()


@pytest.mark.parametrize("words", re.findall(r"`fleet ([a-z ]+?) (?:--|dev)", TEXT + PINS))
def test_every_command_that_is_named_exists(words: str) -> None:
    said = io.StringIO()

    with contextlib.redirect_stdout(said):
        code = main([*words.split(), "--help"])

    assert code == 0
    assert said.getvalue().startswith("Usage: ")


def test_the_table_has_every_criterion() -> None:
    """Each kind's under its name; what all have stands once."""
    table = TEXT.partition("## Criteria\n")[2].partition("\n## ")[0]
    of: dict[str, set[str]] = {}
    kind = ""
    for first, keys in re.findall(r"^\| ?([^|]*) \| (`[^|]+) \|", table, re.MULTILINE):
        kind = first.strip("` ") or kind
        of.setdefault(kind, set()).update(re.findall(r"`(\w+)`", keys))

    shared = of.pop("all")
    assert {kind: keys | shared for kind, keys in of.items()} == {
        kind: set(criteria.setting_names()) for kind, (criteria, _) in KINDS.items()
    }
