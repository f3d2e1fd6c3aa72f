from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fleet.engine.engine import Engine, choose
from fleet.engine.run import run_of
from stacks.errors import BadSettings, EngineFailed


@pytest.fixture
def with_pulumi(tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return {"PATH": str(tmp_path)}


def test_pulumi_runs_where_it_is_on_path(with_pulumi: dict[str, str]) -> None:
    assert choose(with_pulumi).name == "pulumi"


def test_a_command_with_several_runs_names_its_engine_once(
    with_pulumi: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", with_pulumi["PATH"])
    monkeypatch.delenv("ENGINE", raising=False)

    run_of("dev")
    run_of("staging")

    assert capsys.readouterr().err.count("engine: pulumi") == 1


def test_the_embedded_engine_runs_elsewhere(tmp_path: Path) -> None:
    assert choose({"PATH": str(tmp_path)}).name == "embedded"


def test_the_engine_can_be_forced(with_pulumi: dict[str, str]) -> None:
    assert choose({**with_pulumi, "ENGINE": "embedded"}).name == "embedded"
    assert choose({**with_pulumi, "ENGINE": "pulumi"}).name == "pulumi"


@pytest.mark.parametrize("engine", ["pulumi", "terraform"])
def test_an_engine_that_is_not_there_is_told(engine: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=f"ENGINE={engine}.*Next:"):
        choose({"PATH": str(tmp_path), "ENGINE": engine})


def test_a_failed_command_gives_its_own_last_line() -> None:
    engine = Engine("python", (sys.executable, "-c", "import sys; sys.exit('first\\nerror: no stack')"))

    with pytest.raises(EngineFailed, match="^python stack output: no stack$"):
        engine.ask("stack", "output", "--stack", "dev", env={})


def test_a_line_that_tells_what_to_do_speaks_for_itself() -> None:
    engine = Engine(
        "python", (sys.executable, "-c", "import sys; sys.exit('error: it is gone. Next: wait.')")
    )

    with pytest.raises(EngineFailed, match="^it is gone. Next: wait.$"):
        engine.ask("stack", "output", env={})


def test_the_exit_code_of_the_engine_is_handed_on() -> None:
    engine = Engine("python", (sys.executable, "-c", "import sys; sys.exit(7)"))

    assert engine.hear("preview", env={})[0] == 7
