"""Check, explain or compare settings, without Pulumi or a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from fleet.cli.options import Group, as_json, format_option, table


@click.group(cls=Group)
def settings() -> None:
    """Check, explain or compare settings, without Pulumi or a network."""


def _of_environments(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("stacks", nargs=-1, metavar="[ENVIRONMENT]…", callback=_known)(command)


def _known(_context: click.Context, _parameter: click.Parameter, stacks: tuple[str, ...]) -> tuple[str, ...]:
    """These environments, or all; one that is not there is told with the nearest."""
    from stacks.sources import environments, no_settings

    known = environments()
    if unknown := [stack for stack in stacks if stack not in known]:
        raise no_settings(unknown[0])
    return stacks or tuple(known)


@settings.command()
@_of_environments
def check(stacks: tuple[str, ...]) -> None:
    """Say everything that is wrong with the settings of these environments, and with the list of them."""
    from fleet.delivery.affected import problem_of_list
    from stacks.errors import BadSettings
    from stacks.explaining import problem_of

    found = {stack: problem_of(stack) for stack in stacks}
    for stack, problem in found.items():
        if problem is None:
            click.echo(f"{stack}: valid")
    if problems := dict.fromkeys(problem for problem in (*found.values(), problem_of_list()) if problem):
        raise BadSettings("\nerror: ".join(problems))


@settings.command()
@_of_environments
@format_option("table", "json")
def explain(stacks: tuple[str, ...], form: str) -> None:
    """Show every value and where it comes from."""
    from stacks import sources
    from stacks.explaining import explained
    from stacks.layers import dotted

    for stack in stacks:
        found = explained(stack, sources.of_files(stack))
        table((stack, "value", "from"), [(dotted(path), *rest) for path, *rest in found], form)


@settings.command()
@click.argument("one")
@click.argument("other")
@format_option("table", "json")
def diff(one: str, other: str, form: str) -> None:
    """Show what differs between two environments: settings diff dev prod."""
    from stacks import sources
    from stacks.explaining import differences, resolved
    from stacks.layers import dotted

    left, right = (resolved(stack, sources.of_files(stack)) for stack in (one, other))
    found = differences(left, right)
    table(("setting", one, other), [(dotted(path), *values) for path, *values in found], form)


@settings.command()
@_of_environments
def guards(stacks: tuple[str, ...]) -> None:
    """Print the guards of these environments as JSON, for `fleet report write --guards`."""
    from stacks import sources
    from stacks.explaining import guards_json

    as_json({stack: guards_json(stack, sources.of_files(stack)) for stack in stacks})


@settings.command()
def schema() -> None:
    """Write the JSON schema that editors check the files with."""
    from stacks.explaining import SCHEMA, schema_text

    SCHEMA.write_text(schema_text(), encoding="utf-8")
    click.echo(f"{SCHEMA.name}: written")
