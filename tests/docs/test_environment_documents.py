"""docs/environments.md, then docs/pull-requests.md: every command is run, in order, and says what is shown."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from providers.linode.project import PROJECT
from tests.checkout import free_port
from tests.project_copy import copy_project
from tests.two_environments import COPIED_TOO, identity, shims
from tests.workflow_runner import machine

DOCUMENTS = ("environments.md", "pull-requests.md")
TIMEOUT_S = 300
PORT = "8041"


def commands() -> list[tuple[str, list[str]]]:
    """(command, the lines that are shown of its answer) of both documents."""
    found: list[tuple[str, list[str]]] = []
    for name in DOCUMENTS:
        text = (PROJECT / "docs" / name).read_text(encoding="utf-8")
        for block in re.findall(r"```console\n(.+?)```", text, re.DOTALL):
            for line in block.splitlines():
                if line.startswith("$ "):
                    found.append((line[2:], []))
                else:
                    found[-1][1].append(line)
    return found


class Shell:
    """One bash that lives through all commands, so that what is exported stays."""

    def __init__(self, folder: Path, engine: str) -> None:
        self.root = folder / "fleet"
        copy_project(self.root, COPIED_TOO)
        (self.root / ".gitignore").write_text((PROJECT / ".gitignore").read_text() + ".venv\n")
        (folder / "home").mkdir()
        first = f"{shims(folder / 'bin', engine)}:{Path(sys.prefix) / 'bin'}"
        self.port = str(free_port())
        env = machine(
            first, HOME=str(folder / "home"), ENGINE=engine, LOCAL_PORT=self.port, LOCAL_SPEED="600", COLUMNS="200",
            GIT_CONFIG_GLOBAL=str(identity(folder)), LINODE_CACHE_DIR=str(folder / "catalogs"),
        )  # fmt: skip
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=self.root, env=env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        )  # fmt: skip
        self.run("git init -q -b main && git add -A && git commit -q -m project")

    def run(self, command: str) -> tuple[int, list[str]]:
        """How the command ended, and what it printed."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        ended = "; ".join(("code=$?", "echo", 'echo "--- ended with $code ---"'))
        self._bash.stdin.write(f"{command.replace(PORT, self.port)}\n{ended}\n")
        self._bash.stdin.flush()
        said: list[str] = []
        for line in self._bash.stdout:
            if end := re.fullmatch(r"--- ended with (\d+) ---", line.strip()):
                return int(end.group(1)), said
            said.append(line.rstrip().replace(self.port, PORT))
        raise AssertionError(f"the shell ended: {said}")

    def close(self) -> None:
        self.run(".venv/bin/python -m fleet stop")
        self._bash.communicate("exit\n", timeout=TIMEOUT_S)


@pytest.fixture
def shell(engine: str, tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path, engine)
    yield made
    made.close()


def missing(shown: list[str], said: list[str]) -> str | None:
    """The first shown line that does not come, after those before it; `…` stands for anything."""
    rest = iter(said)
    for line in shown:
        parts = [re.escape(part) for part in line.rstrip().split("…")]
        wanted = re.compile(".*".join(parts))
        if line.strip() != "…" and not any(wanted.fullmatch(each) for each in rest):
            return line
    return None


def expected_code(command: str, shown: list[str]) -> int:
    """1 with an error that is shown; 5 for a report that a guard blocks."""
    if any(line.startswith("error: ") for line in shown):
        return 1
    blocked = any(line.startswith("⛔") for line in shown) or command.startswith("fleet report write")
    return 5 if blocked else 0


@pytest.mark.all
def test_every_command_of_the_documents_says_what_they_show(shell: Shell) -> None:
    ran = commands()
    assert len(ran) > 25

    for command, shown in ran:
        code, said = shell.run(command)
        lost = missing(shown, said)
        assert lost is None, f"$ {command}\nnot said: {lost}\n" + "\n".join(said)
        assert code == expected_code(command, shown), f"$ {command}\nended with {code}\n" + "\n".join(said)


def test_a_line_that_is_not_said_is_missed() -> None:
    assert missing(["a", "…", "c … e"], ["a", "b", "c d e"]) is None
    assert missing(["c", "a"], ["a", "c"]) == "a"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_the_documents_point_at_is_there(name: str) -> None:
    text = (PROJECT / "docs" / name).read_text(encoding="utf-8")

    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert (PROJECT / "docs" / target).exists(), target
    for workflow in re.findall(
        r"^\| `([a-z-]+)` \| (?:a pull|a merge|called|every|the label)", text, re.MULTILINE
    ):
        assert (PROJECT / ".github" / "workflows" / f"{workflow}.yml").exists(), workflow


def test_the_secrets_of_the_documents_are_those_of_the_workflows() -> None:
    text = (PROJECT / "docs" / "pull-requests.md").read_text(encoding="utf-8")
    files = "".join(file.read_text() for file in (PROJECT / ".github" / "workflows").glob("*.yml"))

    used = set(re.findall(r"\b(?:secrets|vars)\.([A-Z_]+)", files))

    assert used == {name for name in used if f"`{name}`" in text}
    assert len(used) >= 8
