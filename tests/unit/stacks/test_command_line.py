"""What `python -m fleet` says of itself, and of words that it does not know."""

from __future__ import annotations

import pytest

from fleet.cli.main import COMMANDS, WITH_OPTIONS, main


@pytest.mark.parametrize("words", [[], ["--help"], ["up", "--help"]])
def test_the_help_names_every_command_with_a_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(words)

    said = capsys.readouterr().out
    assert code == 0
    for name, run in COMMANDS.items():
        assert run.__doc__ is not None
        assert f"  {name} " in said
        assert run.__doc__.splitlines()[0] in said


@pytest.mark.parametrize("command", WITH_OPTIONS)
def test_a_command_with_options_of_its_own_tells_them(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m fleet {command} ")


def test_a_command_that_is_not_there_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["upp"])

    assert code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: there is no command 'upp' (did you mean up")
    assert said.endswith("Next: python -m fleet --help.\n")
