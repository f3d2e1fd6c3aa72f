"""What commands share: one way to say stack, format and verbosity, words for the engine, and how tables look."""

from __future__ import annotations

import functools
import json
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click
from click.shell_completion import CompletionItem

from providers.linode.api.connection import LOCAL_STACK
from providers.linode.nearest import did_you_mean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

F = TypeVar("F", bound=Callable[..., Any])
WITH_A_VALUE = ("-s", "--stack", "--lock-wait")
WIDEST, LONGEST_WORD = 10_000, 40
"""Characters: more than any table has, and what a column never breaks."""

WITHOUT = ("-v", "--verbose", "--locked")


def _verbose(_context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        os.environ["LINODE_DEBUG"] = "1"  # read by the provider's process, too
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("linode").setLevel(logging.DEBUG)


VERBOSE = click.Option(
    ["-v", "--verbose"],
    is_flag=True,
    expose_value=False,
    callback=_verbose,
    help="A line for each request, and tracebacks (LINODE_DEBUG=1).",
)


class Command(click.Command):
    """A command that can be asked to say more."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        *own, help_ = super().get_params(ctx)
        return [*own, VERBOSE, help_]


class Group(click.Group):
    """Commands of which a misspelt one is told with the nearest; shared options may stand before the command."""

    command_class = Command
    group_class = type

    def load(self, name: str) -> click.Command | None:
        return self.commands.get(name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = self.load(cmd_name)
        if found is None and not ctx.resilient_parsing and not cmd_name.startswith("-"):
            near = did_you_mean(cmd_name, self.list_commands(ctx))
            raise click.UsageError(f"there is no command '{cmd_name}'{near}", ctx)
        return found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        front: list[str] = []
        while args and (args[0] in WITHOUT or args[0].partition("=")[0] in WITH_A_VALUE):
            end = 2 if args[0] in WITH_A_VALUE else 1
            front, args = [*front, *args[:end]], args[end:]
        return super().parse_args(ctx, [*args[:1], *front, *args[1:]])


def _stacks(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from stacks.sources import environments

    return [CompletionItem(name) for name in environments() if name.startswith(incomplete)]


def _into(variable: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """The option's value becomes a variable of the environment, where what it is for reads it."""

    def set_variable(_context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            os.environ[variable] = "1" if value is True else value

    return set_variable


def _absolute(_context: click.Context, _parameter: click.Parameter, file: str) -> str:
    """Engines run in the project's folder, whatever folder the command was called in."""
    return os.path.abspath(file) if file else ""


stack_option = click.option(
    "-s", "--stack", default=LOCAL_STACK, show_default=True, metavar="STACK", shell_complete=_stacks,
    help="local (the local API), dev, staging, prod …",
)  # fmt: skip
locked_option = click.option(
    "--locked", is_flag=True, expose_value=False, callback=_into("LINODE_LOCKED"),
    help="Stop when a pick is not pinned yet, as CI does.",
)  # fmt: skip
lock_wait_option = click.option(
    "--lock-wait", metavar="TIME", expose_value=False, callback=_into("LOCK_WAIT"),
    help="Wait that long for a stack that another run holds: 5m.",
)  # fmt: skip
config_file_option = click.option(
    "--config-file", default="", metavar="FILE", callback=_absolute,
    help="The stack's settings, where they are not in stacks/.",
)  # fmt: skip


def format_option(*forms: str) -> Callable[[F], F]:
    kind = click.Choice(forms)
    return click.option(
        "--format", "form", type=kind, default=forms[0], show_default=True, help="Of the output."
    )


def with_options(function: Callable[..., Any], *options: Callable[[Any], Any]) -> Callable[..., Any]:
    """The function with options, in the order of the help."""
    return functools.reduce(lambda done, option: option(done), reversed(options), function)


def for_engine(
    *options: Callable[[Any], Any], name: str | None = None
) -> Callable[[Callable[..., int]], Command]:
    """A command whose unknown words go to the engine; the function gets them as `words`."""

    def add(function: Callable[..., int]) -> Command:
        words = click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[WORDS FOR THE ENGINE]…")
        command = click.command(name, cls=Command, context_settings={"ignore_unknown_options": True})
        return command(with_options(function, *options, locked_option, lock_wait_option, words))

    return add


def on_stack(function: Callable[..., int]) -> Command:
    """A command that an engine carries out on a stack: the function gets its run. Raises as `run_of`."""
    return for_engine(stack_option, config_file_option)(_given_run(function, "run_of"))


def about_stack(function: Callable[..., int], run: str = "run_of") -> Command:
    """A command about a stack that hands no words to an engine: an unknown one is refused. Raises as `run_of`."""
    options = (stack_option, config_file_option, locked_option)
    return click.command(cls=Command)(with_options(_given_run(function, run), *options))


def about_stack_here(function: Callable[..., int]) -> Command:
    """The same about a stack of the project in whose folder it is called."""
    return about_stack(function, "run_here")


def _given_run(function: Callable[..., int], run: str) -> Callable[..., int]:
    @functools.wraps(function)
    def call(stack: str, config_file: str, words: tuple[str, ...] = (), **more: Any) -> int:
        from fleet.engine import run as runs

        return function(getattr(runs, run)(stack, words, config_file), **more)

    return call


def paper() -> Console:
    """Where tables go: as wide as the terminal, and where nobody watches as wide as whole values are."""
    from rich.console import Console

    console = Console(markup=False, highlight=False)
    return (
        console
        if console.is_terminal
        else Console(markup=False, highlight=False, width=max(console.width, 200))
    )


def prose(console: Console, text: str | Text) -> None:
    """A line for people: at a terminal broken between its words, elsewhere not at all."""
    console.print(text, soft_wrap=not console.is_terminal)


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    form: str = "table",
    console: Console | None = None,
) -> None:
    """Print rows; a title that ends in `>` is set to the right. The first column is never cut, so it can be copied.

    Where a terminal is too narrow, what is the same in all rows is said below, and then lines break between words.
    """
    titles = [title.rstrip(">") for title in columns]
    if form == "json":
        as_json([dict(zip(titles, row, strict=True)) for row in rows])
        return
    console = console or paper()
    cells = [[*map(shown, row)] for row in rows]
    columns_left, alike = [*range(len(columns))], list[str]()
    while (made := _table(columns, cells, columns_left)) and _width(made, console) > console.width:
        texts = [number for number in columns_left[1:] if not columns[number].endswith(">")]
        same = [number for number in texts if len(_said(cells, number)) == 1 < len(cells)]
        if not same:
            break
        columns_left.remove(same[-1])
        alike.append(f"{titles[same[-1]]}: {_said(cells, same[-1]).pop()}")
    console.print(made, crop=False, no_wrap=True)
    for line in reversed(alike):
        prose(console, line)


def _table(columns: Sequence[str], cells: Iterable[Sequence[str]], which: Sequence[int]) -> Table:
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number in which:
        title = columns[number].rstrip(">")
        justify: Literal["right", "left"] = "left" if title == columns[number] else "right"
        words = (word for text in (title, *_said(cells, number)) for word in text.split())
        least = min(max(map(len, words)), LONGEST_WORD)
        made.add_column(title, no_wrap=number == 0, overflow="fold", justify=justify, min_width=least)
    for row in cells:
        made.add_row(*(row[number] for number in which if number < len(row)))
    return made


def _width(made: Table, console: Console) -> int:
    """With every text in one line."""
    from rich.measure import Measurement

    return Measurement.get(console, console.options.update(max_width=WIDEST), made).maximum


def _said(cells: Iterable[Sequence[str]], number: int) -> set[str]:
    return {row[number] for row in cells if len(row) > number and row[number]}


def shown(value: object) -> str:
    """A value in a table: a text as it is, nothing as a dash, all else as JSON."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value)


def as_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
