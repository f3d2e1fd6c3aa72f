"""`fleet COMMAND`: every command under one help, imported when it is called.

The API's client and the catalogs take a third of a second to load, and most commands leave them to the engine's own
processes.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from importlib import import_module

import click

from fleet.cli.options import Group
from fleet.report.errors import BadCall, BundleUnreadable, HostRefused
from providers.linode.api.errors import LinodeError, NoMatch
from providers.linode.api.patience import one_operation
from stacks.errors import BadSettings, EngineFailed

SECTIONS = {
    "Stacks": ("fleet.cli.stack", "up preview refresh down show pin unlock api stop env"),
    "Settings": ("fleet.cli.settings", "settings"),
    "Catalogs": ("fleet.cli.catalogs", "types regions images kernels"),
    "Pins": ("fleet.cli.pins", "explain pins repin"),
    "Import": ("fleet.cli.importing", "import"),
    "Delivery": (
        "fleet.cli.delivery",
        "affected gitlab-pipeline bundle copy-state deploy pr-up pr-down reap",
    ),
    "Reports": ("fleet.report.cli", "report"),
    "Repository": ("fleet.cli.doctor", "doctor"),
    "Shell": ("fleet.cli.completion", "completion"),
}
"""The headings of the help; under each, where its commands are, and their names."""

COMMANDS = {name: module for module, names in SECTIONS.values() for name in names.split()}
BAD_CALL, INTERRUPTED = 2, 130


class Root(Group):
    """The commands of all modules; of these only the one that is called is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's method
        return list(COMMANDS)

    def load(self, name: str) -> click.Command | None:
        found = vars(import_module(COMMANDS[name])).values() if name in COMMANDS else ()
        return next((each for each in found if isinstance(each, click.Command) and each.name == name), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        for heading, (_, names) in SECTIONS.items():
            found = {name: self.load(name) for name in names.split()}
            with formatter.section(heading):
                rows = [
                    (name, ((each and each.help) or "").partition("\n")[0]) for name, each in found.items()
                ]
                formatter.write_dl(rows)


@click.command(cls=Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def fleet() -> None:
    """Linodes as code: run stacks, look into catalogs, deliver changes.

    Options that a command does not know go to the engine. LINODE_URL and LINODE_TOKEN say whom to ask.
    """


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0, 1 when something fails, 2 for a call that is not understood, else the command's own."""
    _print_what_can_be_printed()
    try:
        with one_operation():
            found = fleet.main(
                arguments, prog_name="fleet", complete_var="_FLEET_COMPLETE", standalone_mode=False
            )
        return found if isinstance(found, int) else 0
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        click.echo(help_wanted.format_message())
        return 0
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        return _fail(_one_line(error), BAD_CALL)
    except (BadCall, BundleUnreadable) as error:
        return _fail(" ".join(str(error).split()), BAD_CALL)
    except NoMatch as none:
        return _fail("\n".join([str(none), *(f"  {line}" for line in none.explanation.splitlines())]))
    except (BadSettings, EngineFailed, HostRefused, LinodeError) as error:
        return _fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(f"{error.filename or ''}: {error.strerror}. Next: check that file or folder.")
    finally:
        if runtime := sys.modules.get("providers.linode.core.runtime"):
            runtime.forget()


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Others for the characters that a terminal's encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from anyascii import anyascii

    return anyascii(error.object[error.start : error.end]), error.end


codecs.register_error("plainly", _plainly)


def _print_what_can_be_printed() -> None:
    """A character that the terminal's encoding lacks costs itself, and not the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plainly")


def _one_line(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "fleet"
    said = error.format_message().replace("\n", " ").rstrip(".")
    if "Next: " in said:
        return f"{said}."
    return f"{said}{'' if said.endswith('?') else '.'} Next: {path} --help."


def _fail(message: str, code: int = 1) -> int:
    if masking := sys.modules.get("fleet.report.masking"):
        message = masking.mask(message, masking.named_values(os.environ))
    print(f"error: {message}", file=sys.stderr)
    return code
