"""The script that makes .venv, with a Python that may lack the usual ways."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fleet import venv


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What would have been run; nothing is."""
    made: list[list[str]] = []

    def call(command: list[str], **_: object) -> int:
        made.append(command)
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr(venv, "install", call)
    monkeypatch.setattr(venv, "PROJECT", tmp_path)
    monkeypatch.setattr(venv, "VENV", tmp_path / ".venv")
    (tmp_path / "requirements.txt").write_text("x==1 --hash=sha256:0\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    return made


def having(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name in modules else None)


@pytest.mark.parametrize(
    ("modules", "words"),
    [
        (("ensurepip", "virtualenv", "pip"), ["-m", "venv"]),
        (("virtualenv", "pip"), ["-m", "virtualenv", "--quiet"]),
        (("pip",), ["-m", "venv", "--without-pip"]),
    ],
)
def test_a_python_without_ensurepip_gets_another_way(
    modules: tuple[str, ...], words: list[str], calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    having(monkeypatch, *modules)

    assert venv.make_venv() is True

    assert calls == [[sys.executable, *words, str(venv.VENV)]]


def test_a_python_without_any_way_is_told_in_one_line(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    having(monkeypatch)

    assert venv.main(["requirements.txt"]) == 1

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "neither ensurepip nor virtualenv nor pip" in said
    assert "Next:" in said
    assert calls == []


def test_packages_are_only_installed_with_their_hashes(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    having(monkeypatch, "ensurepip")

    assert venv.main(["requirements.txt"]) == 0

    install = next(command for command in calls if "install" in command)
    assert "--require-hashes" in install
    assert (venv.VENV / "requirements.txt.installed").exists()


PIP = """
import sys
print("Collecting click==8.1.8 (from -r requirements.txt (line 1))")
print("  Downloading click-8.1.8-py3-none-any.whl (98 kB)")
print("Collecting rich>=13; python_version > '3'")
print("Installing collected packages: rich, click")
print("ERROR: no room", file=sys.stderr)
sys.exit(3)
"""


@pytest.mark.parametrize(
    ("watched", "told"),
    [
        (False, "...\n"),
        (True, "1 packages, N s: click|2 packages, N s: rich|2 packages, N s: unpacking|"),
    ],
)
def test_pips_minute_is_not_silent(
    watched: bool,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(venv, "PROJECT", tmp_path)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watched)

    assert venv.install([sys.executable, "-c", PIP]) == 3

    said = capfd.readouterr().err
    assert "ERROR: no room" in said
    plain = re.sub(r"\d+ s:", "N s:", said.replace("ERROR: no room\n", ""))
    assert plain.replace(venv.ERASE, "|").replace("|  ", "|").lstrip("|") == told


@pytest.mark.parametrize("watched", [False, True])
def test_a_package_that_takes_long_is_told_of_again_and_again(
    watched: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(venv, "DOT_S", 0.01)
    monkeypatch.setattr(venv, "LINE_S", 0.01)
    told, shown = venv.Progress(watched=watched), threading.Semaphore(0)
    monkeypatch.setattr(told, "show", shown.release)

    with told:
        assert all(shown.acquire(timeout=30) for _ in range(3))

    assert capfd.readouterr().err == (venv.ERASE if watched else "\n")


@pytest.mark.parametrize("version", [(3, 9), (3, 15)])
def test_another_python_is_told(
    version: tuple[int, int],
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "version_info", (*version, 0))

    assert venv.main(["requirements.txt"]) == 1

    assert "3.10 to 3.14 can. Next:" in capsys.readouterr().err
    assert calls == []


def test_a_python_that_can_not_run_the_project_can_read_what_tells_it_so() -> None:
    ast.parse(Path(venv.__file__).read_text(), feature_version=(3, 7))


def test_the_command_runs_this_project_from_anywhere(tmp_path: Path) -> None:
    folder = tmp_path / "a folder" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    env = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if "site-packages" in path)}

    venv.install_command(folder)
    words = [str(folder / "fleet"), "settings", "check", "dev"]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "dev: valid\n", "")
