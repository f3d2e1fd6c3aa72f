"""`python -m fleet COMMAND`: the catalogs and the pins in a terminal."""

from __future__ import annotations

import os
import sys

import click

from fleet.cli.completion import COMPLETE_VARIABLE, PROGRAM, completion
from fleet.cli.images import images
from fleet.cli.import_linodes import import_linodes
from fleet.cli.kernels import kernels
from fleet.cli.pins import pins, repin
from fleet.cli.regions import regions
from fleet.cli.types import types
from providers.linode.api.errors import LinodeError, NoMatch
from providers.linode.core import runtime as sessions


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """Linode's catalogs and a stack's pins.

    Asks the API at LINODE_URL (else the real one) with LINODE_TOKEN; most catalogs need no token.
    """


for command in (types, regions, images, kernels, repin, pins, import_linodes, completion):
    group.add_command(command)


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0, 1 when nothing fits or the API says no, 2 for a call that is not understood."""
    try:
        found = group.main(
            arguments, prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE, standalone_mode=False
        )
        return found if isinstance(found, int) else 0
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        click.echo(help_wanted.format_message())
        return 0
    except click.ClickException as error:
        return _fail(_one_line(error), 2)
    except click.Abort:
        return 130
    except NoMatch as none:
        return _fail("\n".join([str(none), *(f"  {line}" for line in none.explanation.splitlines())]), 1)
    except LinodeError as error:
        return _fail(str(error), 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        sessions.forget()


def _one_line(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else PROGRAM
    said = error.format_message().replace("\n", " ").rstrip(".")
    return f"{said}{'' if said.endswith('?') else '.'} Next: see `python -m {path} --help`."


def _fail(message: str, code: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code
