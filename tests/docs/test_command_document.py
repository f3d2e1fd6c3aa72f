"""docs/commands.md names every command that there is."""

from __future__ import annotations

import re

from fleet.cli.main import COMMANDS
from fleet.cli.terminal import group
from fleet.report.cli import commands
from stacks.sources import PROJECT

TEXT = (PROJECT / "docs" / "commands.md").read_text()


def section(title: str) -> str:
    return TEXT.partition(f"## `{title}`")[2].partition("\n## ")[0]


def named(text: str) -> set[str]:
    """The first word of everything that stands as code."""
    return {code.split()[0] for code in re.findall(r"`([^`\n]+)`", text)}


def test_every_command_of_a_stack_is_named() -> None:
    rows = "".join(re.findall(r"^\|([^|]+)\|", section("python -m fleet"), re.MULTILINE))

    assert set(COMMANDS) <= named(rows)


def test_every_command_of_the_catalogs_is_named() -> None:
    assert set(group.commands) <= named(section("python -m fleet types"))


def test_every_command_of_the_report_is_named() -> None:
    rows = "".join(re.findall(r"^\|([^|]+)\|", section("python -m fleet.report"), re.MULTILINE))

    assert set(commands.commands) <= named(rows)
