"""docs/backends.md: its commands are commands, and its figures are those of the code."""

from __future__ import annotations

import re

from fleet.cli import delivery
from fleet.cli.main import COMMANDS
from fleet.engine import lock_wait
from providers.linode.project import PROJECT
from stacks import expiry

TEXT = (PROJECT / "docs" / "backends.md").read_text(encoding="utf-8")


def test_every_command_and_option_of_the_document_is_there() -> None:
    commands = re.findall(r"(?:^|`)fleet (?:--lock-wait 5m )?([a-z-]+)", TEXT, re.MULTILINE)

    assert {"pr-up", "pr-down", "reap", "unlock", "up"} <= set(commands) <= set(COMMANDS)


def test_the_figures_of_the_document_are_those_of_the_code() -> None:
    assert expiry.duration(delivery.TTL).total_seconds() == 72 * 3600
    assert expiry.duration(delivery.MOST_AGE).days == 14
    assert lock_wait.pause_s(0, 999, 0) == 0.5
    assert 22 <= lock_wait.pause_s(99, 999, 1) < 23
    assert f"{delivery.WOULD_DELETE} something would be deleted" in TEXT
