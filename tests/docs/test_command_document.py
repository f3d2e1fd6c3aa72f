"""docs/commands.md names every command that there is."""

from __future__ import annotations

import re

import click
import pytest

from fleet.cli.main import SECTIONS, fleet
from providers.linode.project import PROJECT

TEXT = (PROJECT / "docs" / "commands.md").read_text()


def section(title: str) -> str:
    return TEXT.partition(f"## {title}")[2].partition("\n## ")[0]


def named(text: str) -> set[str]:
    """Everything that stands as code: `settings check` is also `settings`."""
    found = re.findall(r"`(?:fleet )?([^`\n]+)`", text)
    return {code.split()[0] for code in found} | {" ".join(code.split()[:2]) for code in found}


def commands(group: click.Group, before: str = "") -> set[str]:
    """Every command with those in groups: `settings check`."""
    found = {
        name: group.get_command(click.Context(group), name)
        for name in group.list_commands(click.Context(group))
    }
    inner = [
        commands(each, f"{before}{name} ") for name, each in found.items() if isinstance(each, click.Group)
    ]
    return {before + name for name in found}.union(*inner)


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_command_is_named_under_its_heading(heading: str) -> None:
    mine = {name for name in commands(fleet) if name.split()[0] in SECTIONS[heading][1].split()}

    assert mine
    assert mine - named(section(heading)) == set()
