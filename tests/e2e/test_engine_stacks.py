"""The commands around a stack: tags, history, configuration, summary, state edits, login."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine_place import Place
from tests.engine_programs import URN, ids, project, started, things, up

PROGRAM = (
    "a = Thing('a', opts=ResourceOptions(protect=True))\nThing('b', note=a.address)\nPair('p')\n"
    "pulumi.export('address', a.address)\n"
)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = project(tmp_path, "")
    assert made.run(monkeypatch, "stack", "init", "dev").code == 0
    return made


def test_tags_are_kept_beside_the_state_and_choose_stacks(
    empty: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("z", "1"), ("owner", "me"), ("owner", "you")):
        assert empty.run(monkeypatch, "stack", "tag", "set", name, value).code == 0
    file = empty.state_file.with_suffix(".pulumi-tags")

    assert json.loads(file.read_text()) == {"version": 1, "tags": {"owner": "you", "z": "1"}}
    assert empty.run(monkeypatch, "stack", "tag", "ls").out == "NAME   VALUE\nowner  you\nz      1\n"
    assert json.loads(empty.run(monkeypatch, "stack", "tag", "ls", "--json").out) == {
        "owner": "you",
        "z": "1",
    }
    assert empty.run(monkeypatch, "stack", "tag", "get", "owner").out == "you\n"
    for wanted, found in (("owner", ["dev"]), ("owner=you", ["dev"]), ("owner=me", []), ("nope", [])):
        listed = empty.run(monkeypatch, "stack", "ls", "--json", "--tag", wanted)
        assert [stack["name"] for stack in json.loads(listed.out)] == found
    assert empty.run(monkeypatch, "stack", "tag", "rm", "owner").code == 0
    assert empty.run(monkeypatch, "stack", "tag", "rm", "owner").code == 0
    missing = empty.run(monkeypatch, "stack", "tag", "get", "owner")
    assert (missing.code, missing.err) == (1, "error: stack tag 'owner' not found for stack 'dev'\n")
    assert empty.run(monkeypatch, "stack", "rm", "--yes").code == 0
    assert not file.exists()


def test_configuration_is_listed_and_removed_line_by_line(
    empty: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty.run(monkeypatch, "config", "set", "size", "3")
    empty.run(monkeypatch, "config", "set", "--secret", "word", "hush")
    file = empty.project / "Pulumi.dev.yaml"
    file.write_text(file.read_text() + "  other: short\n  # kept\n")

    listed = empty.run(monkeypatch, "config")
    opened = empty.run(monkeypatch, "config", "--show-secrets", "--json")
    hidden = json.loads(empty.run(monkeypatch, "config", "--json").out)
    removed = [empty.run(monkeypatch, "config", "rm", key).code for key in ("size", "word", "other", "nope")]

    assert listed.out == "KEY    VALUE\nother  short\nsize   3\nword   [secret]\n"
    assert json.loads(opened.out)["sample:word"] == {"value": "hush", "secret": True}
    assert hidden["sample:word"] == {"secret": True}
    assert removed == [0, 0, 0, 0]
    assert empty.run(monkeypatch, "config").out == "KEY  VALUE\n"
    assert "  # kept" in file.read_text()


def test_history_is_newest_first_and_in_pages(empty: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    none = empty.run(monkeypatch, "stack", "history")
    for note in ("first", "second"):
        assert up(empty, monkeypatch, "-m", note).code == 0

    listed = json.loads(empty.run(monkeypatch, "stack", "history", "--json").out)
    text = empty.run(monkeypatch, "stack", "history", "--page-size", "1", "--page", "2")
    beyond = empty.run(monkeypatch, "stack", "history", "--page", "2")

    assert none.out == "Stack has never been updated\n"
    assert [entry["message"] for entry in listed] == ["second", "first"]
    assert listed[1]["resourceChanges"] == {"create": 1}
    assert listed[0]["startTime"].endswith("Z")
    assert "Message: first\n+1-0~0 0 Updated " in text.out
    assert "Message: second" not in text.out
    assert beyond.out == "No stack updates found on page '2'\n"


def test_a_summary_shows_the_tree_and_the_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = started(tmp_path, monkeypatch, PROGRAM)

    plain = place.run(monkeypatch, "stack").out
    long = place.run(monkeypatch, "stack", "--show-urns", "--show-ids").out

    assert place.run(monkeypatch, "stack", "--show-name").out == "dev\n"
    assert "Current stack is dev:" in plain
    assert (
        "    TYPE                                    NAME\n"
        "    pulumi:pulumi:Stack                     sample-dev\n"
        "    ├─ tiny:index:Pair                      p\n"
        "    │  ├─ pulumi-python:dynamic/tiny:Thing  p-left\n"
        "    │  └─ pulumi-python:dynamic/tiny:Thing  p-right\n"
        "    ├─ pulumi-python:dynamic/tiny:Thing     a\n"
        "    ├─ pulumi-python:dynamic/tiny:Thing     b\n"
        "    └─ pulumi:providers:pulumi-python       default\n"
    ) in plain
    assert "    │     ID: a-1\n" in long
    assert f"    │     URN: {URN}a\n" in long
    assert "    OUTPUT   VALUE\n    address  a-1.example\n" in plain


def test_the_state_is_edited_only_where_nothing_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, PROGRAM)

    def state(*arguments: str) -> tuple[int, str]:
        answer = place.run(monkeypatch, "state", *arguments, "--yes")
        return answer.code, answer.out + answer.err

    needed, unknown = state("delete", f"{URN}a"), state("delete", f"{URN}nope")
    gone, protected = state("delete", f"{URN}b"), state("delete", f"{URN}a")
    freed, again = state("unprotect", f"{URN}a"), state("delete", f"{URN}a")
    pair = state("delete", "urn:pulumi:dev::sample::tiny:index:Pair::p", "--target-dependents")

    assert (needed[0], unknown[0], protected[0]) == (1, 1, 1)
    assert (
        f'can\'t be safely deleted because the following resources depend on it:\n * "b" ({URN}b)'
        in needed[1]
    )
    assert "No such resource" in unknown[1]
    assert f"Did you mean:\n  {URN}a\n  {URN}b\n" in unknown[1]
    assert "because it is protected. Re-run this command with --force" in protected[1]
    assert [gone[1], freed[1], again[1]] == [
        "Resource deleted\n",
        "1 resources unprotected\n",
        "Resource deleted\n",
    ]
    assert pair == (0, "Resource deleted\n")
    assert ids(place) == []
    assert things(place) == ["a-1", "b-1", "p-left-1", "p-right-1"]


def test_login_is_remembered_as_the_real_one_does(empty: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    url = empty.environment.pop("PULUMI_BACKEND_URL")
    file = Path(empty.environment["PULUMI_HOME"]) / "credentials.json"

    refused = empty.run(monkeypatch, "login", "https://api.pulumi.com")
    done = empty.run(monkeypatch, "login", url)
    known = json.loads(file.read_text())
    listed = empty.run(monkeypatch, "stack", "ls", "--json")
    who = json.loads(empty.run(monkeypatch, "whoami", "--json").out)
    verbose = empty.run(monkeypatch, "whoami", "-v")
    out = empty.run(monkeypatch, "logout")
    after = empty.run(monkeypatch, "whoami")

    assert refused.code == 1
    assert done.out.endswith(f"({url})\n")
    assert known["current"] == url
    assert known["accessTokens"] == {url: ""}
    assert [stack["name"] for stack in json.loads(listed.out)] == ["dev"]
    assert who["url"] == url
    assert f"Backend URL: {url}" in verbose.out
    assert out.out == f"Logged out of {url}\n"
    assert not file.exists()
    assert after.code == 1
    assert "not logged in to a backend" in after.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["state", "unprotect"], "must provide at least one URN"),
        (["stack", "history", "--page-size", "0"], "page-size must be greater than 0"),
        (["stack", "tag", "set", "a=b", "c"], "invalid stack tag name 'a=b'"),
        (["login", "--local", "--cloud-url", "file:///elsewhere"], "only one of the URL"),
        (["login", "nonsense"], "is not supported by the embedded engine"),
    ],
)
def test_what_cannot_be_is_one_line(
    empty: Place, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    answer = empty.run(monkeypatch, *arguments)

    assert answer.code == 1
    assert message in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("more", "written", "stays"),
    [
        ((), "config:\n  sample:size: 3\n", True),
        ((), "", False),
        (("--preserve-config",), "", True),
    ],
)
def test_a_stack_goes_with_its_resources_and_what_people_wrote_stays(
    more: tuple[str, ...], written: str, stays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, "Thing('b')\n")
    settings = place.project / "Pulumi.dev.yaml"
    settings.write_text(text := settings.read_text() + written)

    done = place.run(monkeypatch, "destroy", "--yes", "--skip-preview", "--remove", *more)

    assert done.code == 0, done.err
    assert things(place) == []
    assert not place.state_file.exists()
    assert (settings.read_text() if settings.exists() else None) == (text if stays else None)
    assert done.out.splitlines()[-1] == (
        "The resources in the stack have been deleted, the history too; "
        + ("Pulumi.dev.yaml stays." if stays else "the configuration too.")
    )


def test_a_stack_stays_where_not_all_of_it_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = started(tmp_path, monkeypatch, PROGRAM)

    some = place.run(monkeypatch, "destroy", "--yes", "--skip-preview", "--remove", "--target", f"{URN}b")
    free = place.run(monkeypatch, "destroy", "--yes", "--skip-preview", "--remove", "--exclude-protected")
    refused = place.run(monkeypatch, "destroy", "--yes", "--skip-preview", "--remove")

    assert (some.code, free.code) == (0, 0), some.err + free.err
    assert refused.code != 0
    assert place.state_file.exists()
    assert (place.project / "Pulumi.dev.yaml").exists()
