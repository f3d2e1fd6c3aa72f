"""Catalogs in a terminal: what is asked, what is shown, and one line for what is not understood."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from emulators.linode_api.server import LocalApi
from fleet.cli.catalogs import CLASSES, open_catalogs
from providers.linode.project import PROJECT
from tests.unit.fleet.terminal.conftest import Run
from tests.wire import Answer, ScriptedServer

pytestmark = pytest.mark.usefixtures("api")


def test_types_are_a_table_with_the_prices_of_the_region(run: Run) -> None:
    said = run("types --min-memory 4096 --region us-ord --max-monthly 40 --sort price")

    lines = said.out.splitlines()
    assert said.code == 0
    assert "USD/month" in lines[0]
    assert [line.split()[0] for line in lines[1:]] == ["g6-standard-2", "g6-dedicated-2"]
    assert "24.00" in lines[1]


def test_a_dear_region_has_its_own_prices(run: Run) -> None:
    prices = [
        json.loads(run(f"types --id g6-standard-1 --region {region} --format json").out)[0]["monthly_usd"]
        for region in ("us-ord", "br-gru")
    ]

    assert prices == [12.0, 16.8]


def test_backups_are_in_the_price_where_asked_for(run: Run) -> None:
    (row,) = json.loads(run("types --id g6-standard-1 --region us-ord --backups --format json").out)

    assert (row["monthly_usd"], row["region"], row["class"]) == (14.5, "us-ord", "standard")


QUESTIONS = (
    "types --min-memory 4GB --region us-ord --max-monthly $40 --sort price",
    "types --class gpu --class premium --sort memory --reverse --limit 3",
    "types --region br-gru --min-vcpus 2 --max-vcpus 4 --backups",
    "types --gpus 0 --limit 3",
    "types --reverse",
    "types --reverse --limit 2",
    "regions --continent europe --capability Metadata --sort label",
    "regions --near 52.5,13.4 --max-distance 1000 --site-type core",
    "regions --country us --type g1-gpu-rtx6000-1 --sort price",
    "images --vendor Debian",
    "images --sort eol --limit 4",
    "images --distribution ubuntu --lts --supported-until 2026-12-01",
    "kernels --version 6 --limit 2",
    "kernels --any --architecture i386 --sort id",
)
RUN_EACH = """
import contextlib, io, json, sys

for code in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code, {})
    print(json.dumps(out.getvalue().split()))
"""


def test_the_python_that_is_printed_finds_what_the_table_shows(api: LocalApi, run: Run) -> None:
    shown = [[row["id"] for row in json.loads(run(f"{line} --format json").out)] for line in QUESTIONS]
    programs = [run(f"{line} --format python").out for line in QUESTIONS]

    env = {
        "PYTHONPATH": str(PROJECT),
        "LINODE_URL": api.url,
        "LINODE_CACHE": "off",
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN_EACH], env=env, input=json.dumps(programs),
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stderr == ""
    assert [json.loads(line) for line in done.stdout.splitlines()] == shown
    assert all(shown)


def test_an_explanation_is_the_funnel(run: Run) -> None:
    said = run("types --min-memory 4096 --region us-ord --max-monthly 40 --explain")

    assert "g6-standard-2: cheapest of 2 in us-ord with memory ≥ 4096 MB" in said.out
    assert "36 with memory ≥ 4096 MB (-2; nearest miss g6-standard-1 (2048 MB))" in said.out


def test_an_unknown_id_is_told_beside_the_table_and_in_the_explanation(run: Run) -> None:
    said = run("types --exclude g6-nanod-1 --limit 1")
    explained = run("types --exclude g6-nanod-1 --limit 1 --explain")

    line = "exclude names g6-nanod-1, which is no type (did you mean g6-nanode-1"
    assert said.code == 0
    assert said.err.startswith(f"note: {line}")
    assert line in explained.out.splitlines()[-1]


def test_images_of_ones_own_need_a_token_that_is_one(
    api: LocalApi, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = run("images --own")
    monkeypatch.setenv("LINODE_TOKEN", "wrong")
    wrong = run("images --own")
    monkeypatch.setenv("LINODE_TOKEN", api.add_token("nobody"))
    right = run("images --own")

    assert [said.code for said in (without, wrong, right)] == [1, 1, 1]
    assert "shown with its token only" in without.err
    assert "Next: set LINODE_TOKEN" in without.err
    assert "401" in wrong.err
    assert right.err.startswith("error: no image fits: `own` removed the last 34 of 34. Next: make an image")


def test_the_explanation_of_json_goes_to_the_other_stream(run: Run) -> None:
    said = run("types --min-gpus 1 --format json --explain")

    assert json.loads(said.out)
    assert "gpus ≥ 1" in said.err


def test_nothing_that_fits_is_one_line_and_the_same_funnel(run: Run) -> None:
    said = run("types --min-memory 4096 --region us-ord --max-monthly 3")

    first, *funnel = said.err.splitlines()
    assert said.code == 1
    assert said.out == ""
    assert first.startswith("error: no type in us-ord fits: `≤ 3 USD/month` removed the last 31 of 38")
    assert "Next: raise max_monthly_usd" in first
    assert "0 with ≤ 3 USD/month (-31; nearest miss g6-standard-2 (24.00 USD/month))" in funnel[-1]


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("types --max-monthly 40EUR", 2, "'40EUR' is no price in US dollars"),
        ("types --max-monthly -5", 2, "is no price in US dollars"),
        ("types --min-memory lots", 2, "'lots' is no size"),
        ("types --regoin us-ord", 2, "No such option '--regoin'. Did you mean '--region'?"),
        ("types --region us-odr", 1, "no region 'us-odr' (did you mean us-ord"),
        ("types --id g6-standrd-1", 1, "did you mean g6-standard-1"),
        ("types --sort prize", 2, "'prize' is not one of 'price'"),
        ("types --class huge", 2, "'huge' is not one of"),
        ("types --limit 0", 2, "'--limit'"),
        ("tpyes", 2, "did you mean types"),
        ("regions --sort price", 2, "--sort price needs --type"),
        ("regions --near here", 2, "'here' is no place"),
        ("regions --max-distance 5", 1, "--max-distance needs --near, a latitude and a longitude"),
        ("regions --near 999,13", 1, "--near: must be less than or equal to 90 (got 999.0)"),
        ("types --min-vcpus -1", 1, "--min-vcpus: must be greater than or equal to 0"),
        ("regions --id de-farnkfurt", 1, "did you mean"),
        ("regions --type g6-standrd-1", 1, "no type 'g6-standrd-1' (did you mean g6-standard-1"),
        ("regions --capability Metdata", 1, "did you mean Metadata"),
        ("images --vendor Debain", 1, "did you mean Debian"),
        ("images --version new", 1, "--version: string should match"),
        ("images --supported-until soon", 2, "'soon' does not match"),
        ("kernels --version x", 1, "--version: string should match"),
        ("completion tcsh", 2, "'tcsh' is not one of"),
        ("repin --stack nope", 1, "stack 'nope' has no settings"),
        ("pins check", 1, "stack 'local' has no settings"),
        ("pins promote dev nope", 1, "stack 'nope' has no settings"),
    ],
)
def test_what_is_not_understood_is_one_clear_line(run: Run, line: str, code: int, said: str) -> None:
    done = run(line)

    first = done.err.splitlines()[0]
    assert (done.code, done.out) == (code, "")
    assert first.startswith("error: ")
    assert said in first
    assert "Next: " in first
    assert "Traceback" not in done.err


@pytest.mark.parametrize("line", ["", "pins"])
def test_without_a_command_the_help_is_shown(run: Run, line: str) -> None:
    done = run(line)

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: ")


@pytest.mark.parametrize("url", ["ftp://x", "http://example.com", "nonsense"])
def test_an_address_that_cannot_be_used_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("LINODE_URL", url)

    done = run("types")

    assert done.code == 1
    assert done.err.startswith("error: the API address")


def test_a_pipe_that_closes_early_is_no_error(api: LocalApi) -> None:
    env = {**os.environ, "LINODE_URL": api.url, "PYTHONPATH": str(PROJECT)}
    command = f"{sys.executable} -m fleet kernels --any --format json | head -1"

    done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("[\n", "")


def test_pages_are_shown_by_a_bar_where_a_person_watches() -> None:
    paper = Console(file=io.StringIO(), force_terminal=True, width=80)
    rows = [{"id": str(number)} for number in range(3)]
    pages = [
        Answer(body={"data": [row], "page": n, "pages": 3, "results": 3}) for n, row in enumerate(rows, 1)
    ]

    with ScriptedServer(*pages, *pages[:-1]) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINODE_URL", server.url)
        with open_catalogs(console=paper) as catalogs:
            found = catalogs.kernels()

    assert [kernel.id for kernel in found] == ["0", "1", "2"]
    assert isinstance(paper.file, io.StringIO)
    assert "GET /linode/kernels" in paper.file.getvalue()
    assert "3/3" in paper.file.getvalue()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_options_and_the_ids_on_disk(api: LocalApi, run: Run, tmp_path: Path) -> None:
    script = tmp_path / "completion.sh"
    script.write_text(run("completion bash").out)
    env = {
        "PATH": os.environ["PATH"],
        "LINODE_URL": api.url,
        "LINODE_TOKEN": api.add_token("completion"),
        "LINODE_CACHE_DIR": str(tmp_path / "kept"),
        "PYTHONPATH": str(PROJECT),
    }

    def complete(*words: str) -> list[str]:
        typed = " ".join(f"'{word}'" for word in ("fleet", *words))
        ask = f"source {script}; COMP_WORDS=({typed}); COMP_CWORD={len(words)}; _fleet_completion fleet; "
        done = subprocess.run(
            ["bash", "-c", ask + 'echo "${COMPREPLY[@]}"'],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout.split()

    before = complete("types", "--region", "us-o")
    subprocess.run([sys.executable, "-m", "fleet", "regions"], env=env, stdout=subprocess.DEVNULL, check=True)

    assert before == []
    assert complete("types", "--region", "us-o") == ["us-ord"]
    assert complete("ty") == ["types"]
    assert complete("types", "--max-m") == ["--max-memory", "--max-monthly"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes_and_offers_no_files(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "completion.fish"
    script.write_text(run("completion fish").out)
    ask = f"source {script}; complete -C 'fleet types --class '; complete -C 'fleet ty'; fleet --help"

    done = subprocess.run(["fish", "--no-config", "-c", ask], capture_output=True, text=True, check=True)

    *offered, last = done.stdout.partition("Usage")[0].splitlines()
    assert sorted(offered) == sorted(CLASSES.choices)
    assert last.startswith("types\t")
    assert "Commands:" in done.stdout


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_completes_what_is_typed(run: Run, tmp_path: Path) -> None:
    """Its completion system asks the function that the script registers; here that is done by hand."""
    (tmp_path / "completion.zsh").write_text(run("completion zsh").out)
    script = f"""
        compdef() {{ registered=$* }}
        compadd() {{ print -l -- $completions }}
        _describe() {{ print -l -- $completions_with_descriptions }}
        source {tmp_path}/completion.zsh
        print -- $registered, $(whence -w fleet)
        words=(fleet types --class premi) CURRENT=4
        _fleet_completion
        words=(fleet ty) CURRENT=2
        _fleet_completion
    """

    done = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True, check=False)

    registered, choice, command = done.stdout.splitlines()
    assert registered == "_fleet_completion fleet, fleet: function"
    assert choice == "premium"
    assert command.startswith("types:")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script_that_calls_this_program(run: Run, shell: str) -> None:
    script = run(f"completion {shell}").out

    assert script.count("-m fleet") == 2
    assert f"_FLEET_COMPLETE={shell}_complete" in script
