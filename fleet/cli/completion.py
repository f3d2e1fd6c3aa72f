"""Completion for bash, zsh and fish: a script to source, which defines the short name `fleet` with it."""

from __future__ import annotations

import shlex
import sys

import click
from click.shell_completion import get_completion_class

from fleet.cli.options import Command
from providers.linode.project import PROJECT

FUNCTIONS = {
    "bash": 'fleet() {{ {call} "$@"; }}',
    "zsh": 'fleet() {{ {call} "$@"; }}',
    "fish": "function fleet; {call} $argv; end",
}
"""The short name. No alias: zsh and fish complete what an alias stands for, which is `env`."""

ONLY_FOR_COMMANDS = "    (( ! $+commands[fleet] )) && return 1\n"
"""click's script for zsh does nothing for a function."""


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that completes commands, options and ids.

    To be put where the shell reads it:  eval "$(fleet completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None, shell  # noqa: S101 - the three are click's own
    made = kind(context.find_root().command, {}, "fleet", "_FLEET_COMPLETE")
    script = made.source_template % made.source_vars()
    call = shlex.join(["env", f"PYTHONPATH={PROJECT}", sys.executable, "-m", "fleet"])
    for end in (f"={shell}_complete $1)", f"={shell}_complete fleet)", " fleet)"):
        if end in script:
            script = script.replace(end, f"{end.rpartition(' ')[0]} {call})")
            break
    click.echo(FUNCTIONS[shell].format(call=call))
    click.echo(script.replace(ONLY_FOR_COMMANDS, "").strip())
