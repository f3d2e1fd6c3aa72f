"""Look at a stack's pins, move them, take a move back, copy them to another stack."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

import click

from fleet.cli.catalogs import require_token
from fleet.cli.options import Command, Group, format_option, stack_option, table
from providers.linode.api.advice import typed
from providers.linode.api.cache import is_offline
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.api.errors import NoMatch
from providers.linode.core import runtime as sessions
from providers.linode.core.runtime import Session
from providers.linode.nearest import did_you_mean
from providers.linode.pins import Pin, PinFile
from providers.linode.pins.advice import advise, strays
from providers.linode.pins.moves import (
    Moved,
    Pins,
    keep as keep_pins,
    promote as promote_pins,
    repin as move_pins,
)
from stacks.errors import BadSettings
from stacks.picking import outdated, wishes
from stacks.pinning import StackFiles

keys_argument = click.argument("keys", nargs=-1, metavar="[KEY]…")


def _own_session(files: StackFiles, pins_that_stay: Iterable[Pin]) -> Session:
    """Raises WrongAccount when the settings, or one of these pins, are of another account than the token's.

    Without a token, and offline, nobody can tell; whose the state is, only the engine knows. Raises also as
    `require_token`, where a pin is of an image of the account's own.
    """
    session = Session(files.connection())
    recorded = [pin.account or "" for pin in pins_that_stay]
    if any(recorded):
        require_token(session.client)
    if not is_offline() and session.client.transport.connection.token:
        for account in filter(None, (files.linode_values().get("linode:account"), *recorded)):
            sessions.require_account(session, account, files.stack)
    return session


@click.command(cls=Command)
@stack_option
@keys_argument
def repin(stack: str, keys: tuple[str, ...]) -> None:
    """Move a stack's pins (all, or those named: web/image) to what the catalogs give now.

    An own image of another account stops it, unless its pin is named.
    """
    files = StackFiles.read(stack)
    file = files.pins()
    session = _own_session(files, (pin for key, pin in file.pins.items() if key not in keys))
    account = session.account_id if any(pin.account for pin in file.pins.values()) else None
    _write(file, move_pins(file.pins, keys, session.catalogs, _now(), account))


@click.command(cls=Command)
@stack_option
@keys_argument
def explain(stack: str, keys: tuple[str, ...]) -> None:
    """Why each region, type and image of a stack was picked: what each criterion left of the catalog."""
    files = StackFiles.read(stack)
    found = files.pins().pins
    other = outdated(files.settings, found)
    if not found:
        click.echo(f"stack '{stack}' has no pins yet. Next: fleet pin --stack {stack}.")
    for key in keys or sorted(found):
        if key not in found:
            raise BadSettings(
                f"{key} is not pinned{did_you_mean(key, found)}. Next: fleet pins show --stack {stack}."
            )
        note = [f"  {_other_criteria(stack)}"] if key in other else []
        lines = [f"{key}: {found[key].why}", *note, *(f"  {line}" for line in found[key].explanation)]
        click.echo("\n".join(lines))


@click.group(cls=Group)
def pins() -> None:
    """What a stack's picks were resolved to: show, check, keep, promote."""


@pins.command()
@stack_option
@format_option("table", "json")
def show(stack: str, form: str) -> None:
    """A table of a stack's pins."""
    file = StackFiles.read(stack).pins()
    rows = []
    for key, pin in sorted(file.pins.items()):
        price = "" if pin.monthly_usd is None else f"{pin.monthly_usd:.2f}"
        edited = " (changed by hand)" if pin.is_edited else ""
        rows.append((key, pin.chosen + edited, price, pin.picked_at[:10], pin.runner_up or ""))
    table(("key", "pinned", "USD/month", "picked", "next best"), rows, form)
    click.echo(f"{file.name}: {len(file.pins)} pins", err=form == "json")


@pins.command()
@stack_option
@click.option("--exit-code", is_flag=True, help="End with 3 when there is something to say.")
def check(stack: str, exit_code: bool) -> int:
    """List what is newer, cheaper, deprecated or sold out. Changes nothing."""
    files = StackFiles.read(stack)
    file = files.pins()
    session = _own_session(files, file.pins.values())
    said = [str(note) for note in strays(file, files.settings.servers)]
    said += [f"{key}: {_other_criteria(stack)}" for key in outdated(files.settings, file.pins)]
    said += _advice(file.pins, session, f"fleet repin --stack {stack}")
    for line in said:
        click.echo(line)
    click.echo(f"{file.name}: {len(file.pins)} pins, {len(said)} to look at")
    return 3 if said and exit_code else 0


@pins.command()
@stack_option
@keys_argument
def keep(stack: str, keys: tuple[str, ...]) -> None:
    """Take the last move back (of all that moved, or of those named), and don't propose it again."""
    files = StackFiles.read(stack)
    file = files.pins()
    session = _own_session(files, file.pins.values())
    _write(file, keep_pins(file.pins, keys, session.catalogs, _now()))


@pins.command()
@click.argument("source")
@click.argument("target")
@keys_argument
def promote(source: str, target: str, keys: tuple[str, ...]) -> None:
    """Copy pins from one stack to another (dev staging), where its settings ask for the same.

    Those of stack local were picked from simulated catalogs, which it says.
    """
    before, files = StackFiles.read(source).pins(), StackFiles.read(target)
    file = files.pins()
    _write(file, promote_pins(before.pins, file.pins, keys, wishes(files.settings)))
    if source == LOCAL_STACK and target != LOCAL_STACK:
        click.echo(
            "these were picked from the local API's catalogs. "
            f"Next: fleet pins check --stack {target}, or repin",
            err=True,
        )


def _other_criteria(stack: str) -> str:
    return f"picked for other criteria than the settings have now. Next: {typed('pin', stack)}, or up."


def _advice(found: Pins, session: Session, command: str) -> list[str]:
    lines = []
    for key in sorted(found):
        if found[key].is_edited:
            lines.append(f"{key}: changed by hand, its sum does not match. Next: {command} {key}")
            continue
        try:
            note = advise(key, found[key], session.catalogs, _now().date(), command)
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
