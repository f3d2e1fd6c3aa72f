"""What another job has left on GitLab: fetched without a credential for strangers, and unpacked in one place."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.report.hosts import artifacts
from tests.unit.report.command import main as run
from tests.unit.report.fake_hosts import TOKEN, FakeHost, Fault, serving


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHost]:
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    with serving("gitlab") as found:
        yield found


def packed(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, f"content of {name}")
    return content.getvalue()


def fetch(host: FakeHost, out: Path) -> int:
    words = ["--host", "gitlab", "--api", host.url, "--repo", "acme/fleet"]
    return run(["fetch", *words, "--job", "41", "--out", str(out)])


def test_the_files_are_where_they_were(host: FakeHost, tmp_path: Path) -> None:
    host.files["41"] = packed("bundles/dev/exit", "report/report.json")

    assert fetch(host, tmp_path / "out") == 0
    assert (tmp_path / "out" / "bundles" / "dev" / "exit").read_text() == "content of bundles/dev/exit"


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "a\\..\\evil"])
def test_no_file_leaves_the_folder(
    host: FakeHost, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    host.files["41"] = packed(name)

    assert fetch(host, tmp_path / "out") == 1
    assert "outside of its folder" in capsys.readouterr().err
    assert not list(tmp_path.rglob("evil"))


def test_what_is_too_large_or_no_archive_is_refused(
    host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host.files["41"] = packed("a")
    monkeypatch.setattr(artifacts, "LARGEST_BYTES", 3)
    large = fetch(host, tmp_path / "out")
    host.files["41"] = b"no archive"
    broken = fetch(host, tmp_path / "out")
    del host.files["41"]
    missing = fetch(host, tmp_path / "out")

    assert (large, broken, missing) == (1, 1, 1)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert "larger than" in said[0]
    assert "is no ZIP" in said[1]
    assert "404" in said[2]


def test_a_place_elsewhere_gets_no_credential(host: FakeHost, tmp_path: Path) -> None:
    with serving("gitlab") as storage:
        storage.files["41"] = packed("a")
        address = f"{storage.url}/projects/acme/fleet/jobs/41/artifacts"
        host.faults.append(Fault("GET", "/artifacts", 302, headers={"Location": address}, text=""))

        assert fetch(host, tmp_path / "out") == 0
        assert storage.tokens == {""}
    assert host.tokens == {TOKEN}
    assert (tmp_path / "out" / "a").exists()


def test_a_request_is_told_by_its_commits(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
    host.commits = "a" * 40, "b" * 40
    words = ["request", "--host", "gitlab", "--api", host.url, "--repo", "acme/fleet", "--pull", "7"]

    found = run(words)
    told = capsys.readouterr().out
    host.commits = "$(evil)", "b" * 40
    evil = run(words)

    assert (found, told) == (0, f"head={'a' * 40}\nbase={'b' * 40}\n")
    assert evil == 1


def test_github_has_an_action_for_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)

    assert (
        run(["fetch", "--host", "github", "--repo", "acme/fleet", "--job", "1", "--out", str(tmp_path)]) == 2
    )
