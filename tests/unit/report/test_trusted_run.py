"""meta.json is written by the branch's own code: run, address and commit of the report are the caller's."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.report.forms import marker, schema
from fleet.report.model import Report
from tests.unit.report.command import EXIT_BAD, main
from tests.unit.report.fake_hosts import TOKEN, serving
from tests.unit.report.making import CATALOG, FULL_COMMIT, created, events, lines, write

URL = "https://git.example/acme/fleet/actions/runs/5"
EVIL = {
    "stack": "dev",
    "commit": "e" * 40,
    "run": "999999999999999.1",
    "run_url": "https://evil.example/login",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "CI_PIPELINE_ID",
                 "CI_PIPELINE_URL"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def run(folder: Path, *words: str) -> Report:
    files = {"events": lines(events([created("web")])), "catalog": CATALOG, "exit": "0", "meta": EVIL}
    bundle, out = write(folder / "dev", **files), folder / "out"
    assert main(["write", str(bundle), "--out", str(out), "--commit", FULL_COMMIT, *words]) == 0
    return schema.read_report((out / "report.json").read_text())


def comment(folder: Path) -> str:
    return (folder / "out" / "comment.md").read_text()


def test_the_run_of_the_caller_is_the_one_in_the_comment(tmp_path: Path) -> None:
    told = run(tmp_path, "--run", "5.2", "--run-url", URL)

    assert (told.run, told.run_url, told.commit) == ("5.2", URL, FULL_COMMIT)
    assert f'head="{FULL_COMMIT}" run="5.2"' in comment(tmp_path)
    assert f"[run 5]({URL})" in comment(tmp_path)
    assert "evil" not in comment(tmp_path)
    assert "999999999999999" not in comment(tmp_path)


def test_the_environment_of_a_workflow_is_the_callers_word_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"RUN_ID": "5", "RUN_ATTEMPT": "3", "SERVER_URL": "https://git.example"}.items():
        monkeypatch.setenv(f"GITHUB_{name}", value)
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/fleet")

    told = run(tmp_path)

    assert (told.run, told.run_url) == ("5.3", URL)


def test_a_pipeline_of_the_other_host_is_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_PIPELINE_ID", "77")
    monkeypatch.setenv("CI_PIPELINE_URL", "https://lab.example/acme/fleet/-/pipelines/77")

    told = run(tmp_path)

    assert (told.run, told.run_url) == ("77", "https://lab.example/acme/fleet/-/pipelines/77")


def test_a_bundles_address_is_never_a_link(tmp_path: Path) -> None:
    told = run(tmp_path)

    assert told.run_url == ""
    assert "evil" not in comment(tmp_path)


@pytest.mark.parametrize(
    "words", [("--run", "1 or so"), ("--run", "1" * 19), ("--run-url", "javascript:alert(1)")]
)
def test_a_run_that_is_none_is_a_bad_call(tmp_path: Path, words: tuple[str, str]) -> None:
    write(tmp_path / "dev", events=lines(events([created("web")])))

    assert main(["write", str(tmp_path / "dev"), "--out", str(tmp_path / "out"), *words]) == EXIT_BAD


def test_a_run_from_the_far_future_does_not_shut_out_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with serving("github") as fake:
        for number in ("5.1", "6.1"):
            run(tmp_path, "--run", number, "--run-url", URL)
            words = ["--repo", "acme/fleet", "--pull", "7", "--api", fake.url]
            assert main(["comment", "--report", str(tmp_path / "out"), *words]) == 0

    mark = marker.read(fake.notes[0].body)
    assert mark is not None
    assert mark.run == "6.1"


def test_a_strangers_report_has_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    run(tmp_path, "--run", "5.1", "--run-url", "https://evil.example/login")
    with serving("github") as fake:
        words = ["--repo", "acme/fleet", "--pull", "7", "--api", fake.url, "--untrusted"]
        code = main(
            ["comment", "--report", str(tmp_path / "out"), *words, "--commit", FULL_COMMIT, "--run", "5.1"]
        )

    assert code == 0
    assert "evil" not in fake.notes[0].body
