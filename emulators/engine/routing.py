"""Which function does which command around a stack."""

from __future__ import annotations

import argparse

from emulators.engine import (
    config_commands,
    stack_commands,
    stack_files,
    stack_history,
    stack_tags,
    stack_view,
    state_commands,
)
from emulators.engine.workspace import open_workspace

COMMANDS = {
    **config_commands.COMMANDS,
    **stack_commands.COMMANDS,
    **stack_files.COMMANDS,
    **stack_history.COMMANDS,
    **stack_tags.COMMANDS,
    **stack_view.COMMANDS,
    **state_commands.COMMANDS,
}


def run(args: argparse.Namespace) -> int:
    """One command. Raises EngineError."""
    words = (args.command, getattr(args, "subcommand", None), getattr(args, "tag_command", None))
    COMMANDS[" ".join(word for word in words if word)](open_workspace(args), args)
    return 0
