"""What the catalog commands share: the options of the output, and the output."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

from providers.linode.catalogs import Pick

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

PROGRAM = """\
from providers.linode.core import runtime as sessions
from providers.linode.catalogs import {names}
{more}
catalogs = sessions.of_environment().catalogs  # in a stack program: sessions.of_stack(pulumi.get_stack()).catalogs
pick = {pick}
for item in {items}:
    print(item.id)
"""


@dataclass(frozen=True)
class Sort:
    """An order of a list, and the same as code; equal ones stay as the pick ranks them."""

    key: Callable[[Any], Any]
    code: str


@dataclass(frozen=True)
class Output:
    """How the list is to be shown; the commands get it from `output_options`."""

    as_json: bool
    explain: bool
    as_python: bool
    sort: str
    reverse: bool
    limit: int | None


@dataclass(frozen=True)
class Listing:
    """What was found: the pick, its columns (a title ending in `>` is set to the right), its rows as JSON.

    `call` is the pick as code, `imports` the names it needs of the catalogs, `more` further imports.
    """

    pick: Pick[Any]
    sorts: Mapping[str, Sort]
    columns: Mapping[str, Callable[[Any], object]]
    row: Callable[[Any], Mapping[str, object]]
    call: str
    imports: Sequence[str]
    more: str = ""

    def show(self, output: Output) -> None:
        """Print it in the form that was asked for; the explanation of JSON goes to the other stream."""
        if output.as_python:
            click.echo(self.code(output), nl=False)
            return
        items = self.items(output)
        if output.as_json:
            click.echo(json.dumps([dict(self.row(item)) for item in items], indent=2, ensure_ascii=False))
        else:
            paper().print(self.table(items))
        if output.explain:
            click.echo(self.pick.explain(), err=output.as_json)
        else:
            for line in self.pick.unknown:
                click.echo(f"note: {line}", err=True)

    def items(self, output: Output) -> list[Any]:
        """The items in the order asked for, as many as asked for."""
        found = list(self.pick.ranked)
        if output.sort:
            found.sort(key=self.sorts[output.sort].key, reverse=output.reverse)
        elif output.reverse:
            found.reverse()
        return found[: output.limit]

    def table(self, items: Sequence[Any]) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for title in self.columns:
            table.add_column(
                title.rstrip(">"), justify="right" if title.endswith(">") else "left", no_wrap=True
            )
        for item in items:
            table.add_row(*(_text(of(item)) for of in self.columns.values()))
        return table

    def code(self, output: Output) -> str:
        """A program that prints the ids of the same list."""
        items = "pick.ranked"
        if output.sort:
            reverse = ", reverse=True" if output.reverse else ""
            items = f"sorted({items}, key=lambda item: {self.sorts[output.sort].code}{reverse})"
        elif output.reverse:
            items = "reversed(pick.ranked)" if output.limit is None else "pick.ranked[::-1]"
        items += f"[:{output.limit}]" if output.limit is not None else ""
        return PROGRAM.format(
            names=", ".join(sorted(self.imports)), more=self.more, pick=self.call, items=items
        )


def output_options(sorts: Sequence[str]) -> Callable[[CommandT], CommandT]:
    """Adds the options of the output to a command, which gets them as `output`."""
    options = (
        click.option("--sort", type=click.Choice(list(sorts)),
                     help="Sort by this, the least first; else the best comes first."),
        click.option("--reverse", is_flag=True, help="The last first."),
        click.option("--limit", type=click.IntRange(min=1), help="So many rows at most."),
        click.option("--json", "as_json", is_flag=True, help="A JSON list of all that is known, prices included."),
        click.option("--explain", is_flag=True, help="Why the best is the best, and what each criterion removed."),
        click.option("--python", "as_python", is_flag=True, help="Print the look-up as Python that runs."),
    )  # fmt: skip

    def add(command: CommandT) -> CommandT:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def output_of(given: Mapping[str, Any]) -> Output:
    """The options of the output among an invocation's values."""
    return Output(
        given["as_json"],
        given["explain"],
        given["as_python"],
        given["sort"] or "",
        given["reverse"],
        given["limit"],
    )


def paper() -> Console:
    """Where tables go: as wide as the terminal, and as wide as they like in a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=200)


def _text(value: object) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
