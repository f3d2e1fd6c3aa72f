from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from fleet.cli.main import main
from fleet.delivery import affected, git
from stacks import sources
from stacks.errors import BadSettings

STACKS = ["dev", "staging", "prod"]


@pytest.mark.parametrize(
    ("files", "stacks"),
    [
        (["stacks/Pulumi.dev.yaml"], ["dev"]),
        (["stacks/pins.prod.json", "stacks/Pulumi.dev.yaml"], ["dev", "prod"]),
        (["stacks/common.yaml"], STACKS),
        (["stacks/program.py"], STACKS),
        (["stacks/web.yaml"], STACKS),  # user data
        (["providers/linode/catalogs/pick.py"], STACKS),
        (["__main__.py"], STACKS),
        (["Pulumi.yaml"], STACKS),
        (["requirements.txt"], STACKS),
        (["docs/environments.md", "tests/unit/x.py", "emulators/engine/urns.py", "fleet/report/cli.py"], []),
        (["stacks/Pulumi.local.yaml", "stacks/Pulumi.pr.yaml", "stacks/pins.gone.json"], []),
        (["requirements-dev.txt", "stacks/settings.schema.json"], []),
        (["somewhere/stacks/common.yaml", "stacks/Pulumi.dev.yaml.orig"], []),
        ([], []),
    ],
)
def test_files_touch_stacks(files: list[str], stacks: list[str]) -> None:
    assert affected.touched(files, STACKS) == stacks


def test_the_settings_say_what_is_deployed_in_which_order() -> None:
    assert affected.environments() == (["dev", "staging", "prod"], [])
    assert sources.deployed("environments: [qa, prod-eu, dev]\nconfig: {}\n") == ["qa", "prod-eu", "dev"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "config: {}",
        "environments: []",
        "environments: dev",
        "environments: [a, a]",
        "environments: [a, true]",
        "environments: [a, ~]",
    ],
)
def test_a_list_that_says_nothing_or_two_things_is_refused(text: str) -> None:
    with pytest.raises(BadSettings, match=r"Next: environments: \[dev, staging, prod\]"):
        sources.deployed(text)


def test_the_list_is_read_as_the_rest_of_its_file() -> None:
    assert sources.deployed("environments: [no, de, 2024-01-01]") == ["no", "de", "2024-01-01"]
    for text, told in (
        ("config: {}\nenvironments: [", r"common\.yaml:2: not valid YAML: "),
        ("environments: [a]\nenvironments: [b]", r"common\.yaml:2: environments is given twice"),
    ):
        with pytest.raises(BadSettings, match=told):
            sources.deployed(text)


def test_a_branch_may_add_one_and_one_that_no_list_names_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [
        "Pulumi.qa.yaml",
        "Pulumi.dev.yaml",
        "Pulumi.eu.yaml",
        "Pulumi.local.yaml",
        "Pulumi.pr.yaml",
        "pins.dev.json",
    ]
    monkeypatch.setattr(git, "names_at", lambda _commit, _folder: files)
    monkeypatch.setattr(git, "text_at", lambda _commit, _file: "environments: [qa, dev]")
    monkeypatch.setattr(
        git, "changed_files", lambda _base, **_head: ["stacks/Pulumi.qa.yaml", "stacks/Pulumi.eu.yaml"]
    )

    assert affected.environments("branch") == (["qa", "dev"], ["eu"])
    assert affected.since("main", "branch") == (["qa"], ["eu"])


def test_one_that_is_listed_and_has_no_settings_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "names_at", lambda _commit, _folder: ["Pulumi.dev.yaml"])
    monkeypatch.setattr(git, "text_at", lambda _commit, _file: "environments: [dev, stagin]")

    with pytest.raises(BadSettings, match="stack 'stagin' has no settings"):
        affected.environments("branch")


def repository(folder: Path) -> str:
    """A repository whose branch has left main, which went on; the commit that main is at."""

    def run(*words: str) -> str:
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        done = subprocess.run(
            ["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(name: str) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
        run("add", "-A")
        run("commit", "-q", "-m", name)

    run("init", "-q", "-b", "main")
    commit("stacks/pins.dev.json")
    run("checkout", "-q", "-b", "branch")
    commit("stacks/Pulumi.dev.yaml")
    run("checkout", "-q", "main")
    commit("stacks/common.yaml")
    main = run("rev-parse", "HEAD")
    run("checkout", "-q", "branch")
    return main


def test_only_the_branch_counts_not_what_the_base_got_since(tmp_path: Path) -> None:
    base = repository(tmp_path)

    assert git.changed_files(base, tmp_path) == ["stacks/Pulumi.dev.yaml"]
    assert git.text_at(base, tmp_path / "stacks" / "pins.dev.json", tmp_path) == "stacks/pins.dev.json"
    assert git.text_at(base, tmp_path / "stacks" / "pins.prod.json", tmp_path) is None
    stacks = tmp_path / "stacks"
    assert git.names_at("branch", stacks, tmp_path) == ["Pulumi.dev.yaml", "pins.dev.json"]
    assert git.names_at(base, stacks, tmp_path) == ["common.yaml", "pins.dev.json"]
    assert git.names_at("gone", stacks, tmp_path) == []


@pytest.mark.parametrize("base", ["0" * 40, "nothing", "--output=x", ""])
def test_a_base_that_is_not_here_can_not_be_compared_with(tmp_path: Path, base: str) -> None:
    repository(tmp_path)

    assert git.changed_files(base, tmp_path) is None
    assert git.text_at(base, tmp_path / "stacks" / "pins.dev.json", tmp_path) is None


def test_every_stack_is_touched_where_git_can_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "out"))

    code = main(["affected", "--base", "0" * 40, "--format", "json"])

    said = capsys.readouterr()
    assert code == 0
    assert json.loads(said.out) == ["dev", "staging", "prod"]
    assert "every stack counts as touched" in said.err
    assert (tmp_path / "out").read_text() == 'stacks=["dev", "staging", "prod"]\nundeployed=[]\n'
