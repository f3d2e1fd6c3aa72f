"""Look at a stack's pins, move them, take a move back, copy them to another stack; import what is there already."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

import click
import yaml

from fleet.cli.catalogs import require_token
from fleet.cli.options import Command, Group, format_option, stack_option, table
from providers.linode.api.cache import is_offline
from providers.linode.api.connection import LOCAL_STACK, Connection, connect
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
from providers.linode.project import PROJECT, project_here
from stacks.layers import read_layer
from stacks.picking import wishes
from stacks.pinning import StackFiles
from stacks.sources import linode_values

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


@click.command("import", cls=Command)
@stack_option
@click.option("--kind", default="Instance", show_default=True, help="The kind of resource.")
@click.option("--id", "ids", multiple=True, help="An id (subnets: VPC/subnet); can be given several times.")
@click.option("--label", help="A pattern of labels: 'web-*'.")
@click.option("--tag", help="A tag that they have.")
@click.option("--region", help="The region that they are in.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default="import.json", show_default=True
)
def import_resources(
    stack: str,
    kind: str,
    ids: tuple[str, ...],
    label: str | None,
    tag: str | None,
    region: str | None,
    out: Path,
) -> None:
    """Write the file for `pulumi import --file`, and print the lines that declare what is there already.

    It works in the folder of any project. Nothing is sent to the API but questions. After the import and with the
    lines in the program, the next preview shows them unchanged; they are protected until the program says otherwise.
    """
    from pulumi.dynamic.dynamic import serialize_provider

    from providers.linode.core.importing import Selection, import_file, python_lines, select
    from providers.linode.core.owner import Owner
    from providers.linode.provider import SPECS, LinodeProvider
    from stacks.sources import project_name

    spec = next((each for each in SPECS.values() if each.kind.lower() == kind.lower()), None)
    if spec is None:
        near = did_you_mean(kind, SPECS)
        raise click.UsageError(f"there is no kind '{kind}'{near}. Next: one of {', '.join(SPECS)}")
    project = project_here()
    session = Session(
        StackFiles.read(stack).connection() if project == PROJECT else _elsewhere(project, stack)
    )
    rows = spec.list(session)
    chosen = [spec.whole(session, row) for row in select(spec, rows, Selection(ids, label, tag, region))]
    if not chosen:
        raise NoMatch(
            f"none of the account's {len(rows)} {spec.name}s is meant by that. Next: loosen the options."
        )
    if out.exists():
        raise click.UsageError(f"{out} is there already and was left alone. Next: give another --out")
    owner = Owner(session.account_id, project_name(project), stack, "")
    file = import_file(spec, chosen, owner, serialize_provider(LinodeProvider(spec.kind)))
    out.write_text(json.dumps(file, indent=2) + "\n")
    click.echo(python_lines(spec, chosen))
    settings = spec.kind == "Instance" and project == PROJECT
    adopt = f"; or `adopt: [{', '.join(each.label for each in chosen)}]` in a group of the settings, and no import"
    click.echo(
        f"{out}: {len(chosen)} {spec.name}s. Next: put the lines above into the program, then `pulumi import "
        f"--file {out} --generate-code=false --stack {stack}`{adopt if settings else ''}",
        err=True,
    )


def _elsewhere(project: Path, stack: str) -> Connection:
    """Of a stack of another project: by the environment and what its file says of the address. Raises BadConnection."""
    folder = yaml.safe_load((project / "Pulumi.yaml").read_text()).get("stackConfigDir") or "."
    file = project / str(folder) / f"Pulumi.{stack}.yaml"
    return connect(stack, linode_values(read_layer(file, file.name)))


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
