"""Completion for bash, zsh and fish: a script to source, which defines the short name `fleet` with it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

from fleet.cli import asking

PROGRAM = "fleet"
COMPLETE_VARIABLE = "_FLEET_COMPLETE"
PROJECT = Path(__file__).resolve().parents[2]
FUNCTIONS = {
    "bash": '{name}() {{ {call} "$@"; }}',
    "zsh": '{name}() {{ {call} "$@"; }}',
    "fish": "function {name}; {call} $argv; end",
}
"""The short name. No alias: zsh and fish complete what an alias stands for, which is `env`."""

ONLY_FOR_COMMANDS = f"    (( ! $+commands[{PROGRAM}] )) && return 1\n"
"""click's script for zsh does nothing for a function."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that completes commands, options and ids.

    To be put where the shell reads it:  eval "$(python -m fleet completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None, shell  # noqa: S101 - the three are click's own
    made = kind(context.find_root().command, {}, PROGRAM, COMPLETE_VARIABLE)
    script = made.source_template % made.source_vars()
    call = shlex.join(["env", f"PYTHONPATH={PROJECT}", sys.executable, "-m", "fleet"])
    for end in (f"={shell}_complete $1)", f"={shell}_complete {PROGRAM})", f" {PROGRAM})"):
        if end in script:
            script = script.replace(end, f"{end.rpartition(' ')[0]} {call})")
            break
    click.echo(FUNCTIONS[shell].format(name=PROGRAM, call=call))
    click.echo(script.replace(ONLY_FOR_COMMANDS, "").strip())


def ids_of(catalog: str) -> asking.Completer:
    """Completes with the ids of a catalog as it is on disk: never asks the API, never fails."""

    def complete(
        _context: click.Context, _parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [
            CompletionItem(id_, help=label)
            for id_, label in asking.kept_ids(catalog)
            if id_.startswith(incomplete)
        ]

    return complete
