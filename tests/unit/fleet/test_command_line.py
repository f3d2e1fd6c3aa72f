"""What `fleet` says of itself, of words that it does not know, and how it hands words on."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import click
import pytest

from emulators.engine.commands import command_line as engine_command_line
from fleet.cli import main as fleet_main, stack
from fleet.cli.main import COMMANDS, fleet, main
from fleet.cli.options import for_engine, stack_option
from fleet.engine.run import run_here, run_of


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_the_help_names_every_command_with_a_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(words)

    said = " ".join(capsys.readouterr().out.split())
    assert code == 0
    for name in COMMANDS:
        command = fleet.get_command(click.Context(fleet), name)
        assert command is not None
        assert command.help is not None
        assert f" {name} {' '.join(command.help.splitlines()[0].split())}" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_tells_its_own_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([command, "--help"])

    assert code == 0
    assert capsys.readouterr().out.startswith(f"Usage: fleet {command} ")


@pytest.mark.parametrize(
    ("words", "near", "todo"),
    [
        (["upp"], "there is no command 'upp' (did you mean up", "fleet --help."),
        (["pins", "chek"], "there is no command 'chek' (did you mean check?)", "fleet pins --help."),
        (["show", "--liv"], "No such option '--liv'. Did you mean '--live'?", "fleet show --help."),
        (["api", "--verbse"], "No such option '--verbse'. Did you mean '--verbose'?", "fleet api --help."),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest(
    words: list[str], near: str, todo: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(words)

    said = capsys.readouterr().err
    assert code == 2
    assert said.startswith(f"error: {near}")
    assert said.endswith(f"Next: {todo}\n")


@pytest.mark.parametrize(("own", "exported"), [(None, "128"), ("4", "4")])
def test_the_variables_for_the_engine_ask_for_many_steps_at_once_unless_a_number_is_set(
    own: str | None, exported: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PULUMI_PARALLEL", raising=False)
    if own:
        monkeypatch.setenv("PULUMI_PARALLEL", own)

    assert main(["env"]) == 0

    assert f"export PULUMI_PARALLEL={exported}\n" in capsys.readouterr().out


@pytest.mark.parametrize(("own", "asked"), [(None, "128"), ("4", "4")])
def test_every_command_asks_its_engine_for_many_steps_at_once_unless_a_number_is_set(
    own: str | None, asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGINE", "embedded")
    monkeypatch.delenv("PULUMI_PARALLEL", raising=False)
    if own:
        monkeypatch.setenv("PULUMI_PARALLEL", own)

    here = run_of("dev")
    (tmp_path / "Pulumi.yaml").write_text("name: elsewhere\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    elsewhere = run_here("dev")

    assert [run.env["PULUMI_PARALLEL"] for run in (here, elsewhere)] == [asked, asked]


def test_the_variables_for_the_engine_can_be_read_by_a_shell_whatever_the_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "Ada's $HOME"
    monkeypatch.setenv("LOCAL_HOME", str(folder))

    assert main(["env"]) == 0

    script = f'{capsys.readouterr().out}\necho "$PULUMI_BACKEND_URL"'
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert said == f"file://{folder}/state\n"


def called(*words: str) -> dict[str, Any]:
    """What a command gets of these words."""
    found: dict[str, Any] = {}

    def command(**given: Any) -> int:
        found.update(given)
        return 0

    for_engine(stack_option)(command).main([*words], standalone_mode=False)
    return found


def test_words_that_a_command_does_not_know_are_the_engines() -> None:
    words = ("--diff", "--target", "urn:x", "-s", "dev", "--yes", "-p", "4", "--refresh=false")

    given = called(*words)

    assert given == {
        "stack": "dev",
        "words": ("--diff", "--target", "urn:x", "--yes", "-p", "4", "--refresh=false"),
    }


def test_without_a_stack_it_is_the_local_one() -> None:
    assert called() == {"stack": "local", "words": ()}


@pytest.mark.parametrize(
    "words", [["--lock-wait", "5m", "-s", "dev", "up"], ["up", "--lock-wait=5m", "--stack=dev"]]
)
def test_shared_options_stand_before_the_command_or_behind_it(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Any, ...]] = []
    monkeypatch.setenv("LOCK_WAIT", "")
    monkeypatch.setattr(stack.up, "callback", lambda **given: seen.append((given, os.environ["LOCK_WAIT"])))

    main([*words, "--yes"])

    assert seen == [({"stack": "dev", "config_file": "", "words": ("--yes",)}, "5m")]


@pytest.mark.parametrize(("name", "stays"), [("local", False), ("dev", True)])
def test_a_stack_that_is_forgotten_can_be_made_again(
    name: str, stays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stack `local` is made whenever its settings are."""
    settings = tmp_path / f"Pulumi.{name}.yaml"
    asked: list[tuple[str, ...]] = []
    settings.write_text("encryptionsalt: of the state that goes\n")
    monkeypatch.setattr("stacks.pinning.StackFiles.read", lambda _: SimpleNamespace(settings=None))
    monkeypatch.setattr("stacks.pinning.pins_path", lambda *_: tmp_path / "pins.json")
    run: Any = SimpleNamespace(
        stack=name, config_file=str(settings), ask=lambda *words: asked.append(words), verb=lambda *_: 0
    )

    assert stack._forget(run) == 0

    assert asked == [("stack", "rm", "--yes", "--preserve-config")]
    assert settings.exists() is stays


@pytest.mark.parametrize("command", [fleet_main, engine_command_line], ids=["fleet", "engine"])
@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", ">= 2 > <= 3... :lock: Ri"),
        ("cp1252", ">= 2 > <= 3\x85 :lock: Ri"),
        ("utf-8", "≥ 2 → ≤ 3… 🔒 日"),
    ],
)
def test_what_a_terminal_lacks_is_told_in_other_characters(
    command: ModuleType, encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding)
    monkeypatch.setattr("sys.stdout", stream)

    command.main(["--help"] if command is fleet_main else ["whoami", "--nothing"])
    written.truncate(0)
    written.seek(0)
    stream.write("≥ 2 → ≤ 3… 🔒 日")
    stream.flush()

    assert written.getvalue() == shown.encode("latin-1" if encoding != "utf-8" else encoding)
