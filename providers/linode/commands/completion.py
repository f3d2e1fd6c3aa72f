"""Completion for bash, zsh and fish: a script to source, which defines the short name `linode` with it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

from providers.linode.commands import asking

PROGRAM = "linode"
COMPLETE_VARIABLE = "_LINODE_COMPLETE"
PROJECT = Path(__file__).resolve().parents[3]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that completes commands, options and ids.

    To be put where the shell reads it:  eval "$(python -m providers.linode completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None, shell  # noqa: S101 - the three are click's own
    made = kind(context.find_root().command, {}, PROGRAM, COMPLETE_VARIABLE)
    script = made.source_template % made.source_vars()
    call = shlex.join(["env", f"PYTHONPATH={PROJECT}", sys.executable, "-m", "providers.linode"])
    for end in (f"={shell}_complete $1)", f"={shell}_complete {PROGRAM})", f" {PROGRAM})"):
        if end in script:
            script = script.replace(end, f"{end.rpartition(' ')[0]} {call})")
            break
    click.echo(
        f"alias {PROGRAM}={shlex.quote(call)}" if shell != "fish" else f"alias {PROGRAM} {shlex.quote(call)}"
    )
    click.echo(script.strip())


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
