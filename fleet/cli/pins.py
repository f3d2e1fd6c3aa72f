"""`repin` and `pins`: look at a stack's pins, move them, take a move back, copy them to another stack."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TypeVar

import click
from rich.table import Table

from fleet.cli import asking, stack_files
from fleet.cli.listing import paper
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.api.errors import NoMatch
from providers.linode.catalogs import Catalogs
from providers.linode.pins import PinFile
from providers.linode.pins.advice import advise, strays
from providers.linode.pins.moves import Moved, Pins
from providers.linode.pins.moves import keep as keep_pins
from providers.linode.pins.moves import promote as promote_pins
from providers.linode.pins.moves import repin as move_pins

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


def stack_option(command: CommandT) -> CommandT:
    return click.option(
        "--stack", default=LOCAL_STACK, show_default=True, help="local, dev, staging, prod …"
    )(command)


@click.command()
@stack_option
@click.argument("keys", nargs=-1, metavar="[KEY]…")
def repin(stack: str, keys: tuple[str, ...]) -> None:
    """Move a stack's pins (all, or those named: web/image) to what the catalogs give now.

    An own image of another account stops it, unless its pin is named.
    """
    place = asking.of_stack(stack)
    file = PinFile.read(place.file)
    asking.require_account(place, (pin for key, pin in file.pins.items() if key not in keys))
    account = place.session.account_id if any(pin.account for pin in file.pins.values()) else None
    moved = move_pins(file.pins, keys, place.session.catalogs, _now(), account)
    _write(file, moved)


@click.group()
def pins() -> None:
    """What a stack's picks were resolved to: show, check, keep, promote."""


@pins.command()
@stack_option
def show(stack: str) -> None:
    """A table of a stack's pins."""
    file = PinFile.read(asking.of_stack(stack).file)
    table = Table(
        "key", "pinned", "USD/month", "picked", "next best", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for key in sorted(file.pins):
        pin = file.pins[key]
        price = "" if pin.monthly_usd is None else f"{pin.monthly_usd:.2f}"
        edited = " (changed by hand)" if pin.is_edited else ""
        table.add_row(key, pin.chosen + edited, price, pin.picked_at[:10], pin.runner_up or "")
    paper().print(table)
    click.echo(f"{file.name}: {len(file.pins)} pins")


@pins.command()
@stack_option
@click.option("--exit-code", is_flag=True, help="End with 3 when there is something to say.")
def check(stack: str, exit_code: bool) -> int:
    """List what is newer, cheaper, deprecated or sold out. Changes nothing."""
    place = asking.of_stack(stack)
    file = PinFile.read(place.file)
    asking.require_account(place, file.pins.values())
    said = [str(note) for note in strays(file.pins, stack_files.groups_of(place.config))]
    said += _advice(file.pins, place.session.catalogs, f"python -m fleet repin --stack {stack}")
    for line in said:
        click.echo(line)
    click.echo(f"{file.name}: {len(file.pins)} pins, {len(said)} to look at")
    return 3 if said and exit_code else 0


@pins.command()
@stack_option
@click.argument("keys", nargs=-1, metavar="[KEY]…")
def keep(stack: str, keys: tuple[str, ...]) -> None:
    """Take the last move back (of all that moved, or of those named), and don't propose it again."""
    place = asking.of_stack(stack)
    file = PinFile.read(place.file)
    asking.require_account(place, file.pins.values())
    _write(file, keep_pins(file.pins, keys, place.session.catalogs, _now()))


@pins.command()
@click.argument("source")
@click.argument("target")
@click.argument("keys", nargs=-1, metavar="[KEY]…")
def promote(source: str, target: str, keys: tuple[str, ...]) -> None:
    """Copy pins from one stack to another (dev staging), where its settings ask for the same.

    Those of stack local were picked from simulated catalogs, which it says.
    """
    from_file = PinFile.read(asking.file_of(source))
    file = PinFile.read(asking.file_of(target))
    wishes = stack_files.wishes_of(stack_files.config_of(target))
    _write(file, promote_pins(from_file.pins, file.pins, keys, wishes))
    if source == LOCAL_STACK and target != LOCAL_STACK:
        click.echo(
            f"these were picked from the local API's catalogs. Next: python -m fleet pins check "
            f"--stack {target}, or repin",
            err=True,
        )


def _advice(found: Pins, catalogs: Catalogs, command: str) -> list[str]:
    lines = []
    for key in sorted(found):
        if found[key].is_edited:
            lines.append(f"{key}: changed by hand, its sum does not match. Next: {command} {key}")
            continue
        try:
            note = advise(key, found[key], catalogs, _now().date(), command)
        except NoMatch as none:
            lines.append(f"{key}: nothing would be picked now: {none}")
            continue
        lines += [str(note)] if note else []
    return lines


def _write(file: PinFile, moved: Moved) -> None:
    written = file.write(moved.pins) if dict(moved.pins) != dict(file.pins) else file
    for move in moved.moves:
        click.echo(str(move))
    changed = sum(1 for key, pin in written.pins.items() if file.pins.get(key) != pin)
    click.echo(f"{file.name}: {len(written.pins)} pins, {changed} changed")


def _now() -> datetime:
    return datetime.now(timezone.utc)
