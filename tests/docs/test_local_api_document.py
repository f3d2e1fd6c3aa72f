"""docs/local-api.md: its snippets run as they are printed, on another port, and its table is made from the routes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from providers.linode.project import PROJECT
from tests.checkout import free_port

TEXT = (PROJECT / "docs" / "local-api.md").read_text(encoding="utf-8")
PORT = "8041"
SNIPPETS = dict(re.findall(r"^```(sh|python|yaml|json)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


def run(words: list[str], folder: Path, **more: str) -> str:
    """What it prints, where `python` is that of the tests and the project can be imported."""
    own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        words, cwd=folder, env={**os.environ, **own, **more}, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shell(script: str, port: int, folder: Path, environment: Mapping[str, str] = {}) -> str:
    return run(["bash", "-e", "-c", script.replace(PORT, str(port))], folder, **environment)


def test_the_table_of_operations_is_made_from_the_routes() -> None:
    shown = TEXT.partition("<!-- operations -->\n")[2].partition("<!-- /operations -->")[0]

    assert shown == run([sys.executable, "-m", "emulators.linode_api", "operations"], PROJECT)


def test_the_server_answers_as_the_commands_ask(tmp_path: Path) -> None:
    printed = shell(SNIPPETS["sh"] + "\nkill $!", free_port(), tmp_path)

    assert json.loads(printed[printed.rindex('{"id"') :])["label"] == "web-1"


def test_the_fixture_does_what_the_tests_show(tmp_path: Path) -> None:
    (tmp_path / "test_shown.py").write_text(SNIPPETS["python"])

    plugin = [
        "-p",
        "emulators.linode_api.pytest_plugin",
        "-p",
        "no:cacheprovider",
    ]  # installed, it needs no word
    printed = run([sys.executable, "-m", "pytest", "-q", *plugin, "test_shown.py"], tmp_path)

    assert "3 passed" in printed


def test_the_workflow_starts_it_and_asks_it(tmp_path: Path) -> None:
    [install, start, look] = [
        step["run"] for step in yaml.safe_load(SNIPPETS["yaml"])["jobs"]["test"]["steps"] if "run" in step
    ]
    told = tmp_path / "told"
    port = free_port()

    shell(start + "\necho $! > server.pid", port, tmp_path, {"GITHUB_ENV": str(told)})
    variables = dict(line.split("=", 1) for line in told.read_text().splitlines())
    plan = json.loads(shell(look + "\nkill $(cat server.pid)", port, tmp_path, variables))

    assert install.startswith("pip install ")
    assert plan["id"] == "g6-nanode-1"


@pytest.mark.parametrize("kind", ["sh", "python", "yaml", "json"])
def test_each_sort_of_snippet_stands_there_once(kind: str) -> None:
    assert TEXT.count(f"```{kind}\n") == 1
