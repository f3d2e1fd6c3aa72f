"""Run a stack: up, preview, refresh, down, show, pin, unlock; and the local API."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleet.cli.options import (
    Command,
    about_stack,
    about_stack_here,
    as_json,
    format_option,
    on_stack,
    paper,
    prose,
    table,
)
from fleet.report.names import natural
from providers.linode.api.advice import typed
from providers.linode.api.connection import LOCAL_STACK
from stacks.errors import EngineFailed

if TYPE_CHECKING:
    from rich.console import Console

    from fleet.engine.run import Run

COLUMNS = ("server", "id", "status", "region", "type", "ipv4", "USD/month>")
PICKED = ("region", "type", "image", "kernel")
"""In the order in which they are picked."""

SEEN = ("--yes", "--skip-preview")
UP = f"`{typed('up')}`"
"""What puts right what the state knows; what the API alone knows, a refresh tells the state first."""


def _unasked(run: Run) -> tuple[str, ...]:
    """Stack `local` costs nothing, so the engine doesn't ask about it."""
    return SEEN if run.stack == LOCAL_STACK else ()


@on_stack
def up(run: Run) -> int:
    """Deploy: `local` at once unless it erases something, other stacks after a preview and a question (or --yes).

    Where a preview of `local` changes nothing, and no file of the program since the last update, that is all.
    """
    from fleet.cli import consent

    code = consent.asked(run)
    if code is not None:
        return code or show_stack(run)
    code = run.verb("up", "--suppress-outputs", *(() if consent.is_engines(run) else SEEN))
    return _stopped(run, code) if code else show_stack(run)


def _stopped(run: Run, code: int) -> int:
    """What there is by now costs something, too."""
    from fleet.engine.servers import monthly_usd

    with contextlib.suppress(EngineFailed):  # it has said why already
        if usd := monthly_usd(run.deployment()):
            goes_on, ends = typed("up", run.stack), typed("down", run.stack)
            click.echo(
                f"stack '{run.stack}': what is there of it costs {_usd(usd)} USD a month. "
                f"Next: {goes_on} goes on, {ends} deletes it.",
                err=True,
            )
    return code


def show_stack(run: Run) -> int:
    """The table of the servers, after an update; the exit code of a good one."""
    from fleet.engine.servers import with_servers

    show_outputs(with_servers(run, run.deployment()))
    return 0


@on_stack
def preview(run: Run) -> int:
    """Show what `up` would do, what that costs and what it erases, and do nothing."""
    from fleet.cli import consent

    return consent.shown(run)


@on_stack
def refresh(run: Run) -> int:
    """Bring the state in line with what the API reports."""
    return run.verb("refresh", "--suppress-outputs", *_unasked(run))


@on_stack
@click.option(
    "--remove", is_flag=True, help="Then forget the stack: its state and its pins. Its settings stay."
)
def down(run: Run, *, remove: bool) -> int:
    """Delete everything that the stack made."""
    code = run.verb("destroy", *_unasked(run))
    if code == 0 and remove:
        return _forget(run)
    if code == 0 and not run.deployment().get("resources"):
        click.echo(
            f"stack '{run.stack}' is empty. To forget it with its pins, but keep its settings (which "
            f"`pulumi stack rm` deletes): {typed('down', run.stack, '--remove')}"
        )
    return code


def _forget(run: Run) -> int:
    """The engine's own --remove takes the settings that people wrote along, and knows no pins."""
    from stacks.pinning import StackFiles, pins_path

    pins = pins_path(StackFiles.read(run.stack).settings, run.stack)
    run.ask("stack", "rm", "--yes", "--preserve-config")
    pins.unlink(missing_ok=True)
    if run.stack == LOCAL_STACK:  # what was made of its settings, with the salt of that state
        Path(run.config_file).unlink(missing_ok=True)
    click.echo(f"stack '{run.stack}': its state and its pins are gone, its settings stay")
    return 0


@about_stack
@format_option("table", "json")
@click.option("--live", is_flag=True, help="Ask the API how the servers are now.")
def show(run: Run, form: str, *, live: bool) -> int:
    """The table of the servers, and as of when it is."""
    from fleet.engine import accounts
    from fleet.engine.servers import with_servers

    deployment = run.deployment()
    accounts.refuse_another(run, deployment)
    outputs = with_servers(run, deployment, live=live)
    if form == "json":
        as_json(outputs)
    else:
        source = "by the API" if live else "by the state; `{typed('show', run.stack, '--live')}` asks the API"
        note = f"as of {str(outputs['as_of'])[:16].replace('T', ' ')} UTC, {source}"
        show_outputs(outputs, note=note, todo=f"`{typed('refresh')}`, then {UP}" if live else UP)
    return 0


@about_stack
def pin(run: Run) -> int:
    """Pin what the settings ask for, without deploying anything."""
    from fleet.engine import accounts
    from stacks import pinning

    accounts.require_own(run)
    for line in pinning.pin(run.stack):
        click.echo(line)
    return 0


@about_stack_here
def unlock(run: Run) -> int:
    """After a crash: free the lock of a dead process and settle what it left open."""
    from fleet.engine import accounts
    from fleet.engine.unlock import Unlock

    accounts.refuse_another(run)
    for line in Unlock(run).run():
        click.echo(line)
    return 0


@click.command(cls=Command)
def api() -> None:
    """Start the local API if it isn't running, and say how to call it."""
    from fleet.engine import local_stack

    served = local_stack.of_environment(os.environ).api(os.environ)
    served.start()
    running = served.running()
    speed = running.speed if running else served.speed
    click.echo(
        f"local API: {served.url}/v4, {speed:g} times as fast as the real one; `{typed('stop')}` ends it"
    )
    click.echo(f"page: {served.url}/")
    bearer = f"Authorization: Bearer $(cat {served.token_file})"
    click.echo(f'try: curl -H "{bearer}" {served.url}/v4/linode/instances')


@click.command(cls=Command)
def stop() -> None:
    """Stop the local API; its database stays."""
    from fleet.engine import local_stack

    stack = local_stack.of_environment(os.environ)
    stopped = stack.api(os.environ).stop()
    click.echo(f"local API: {'stopped' if stopped else f'that of {stack.home} was not running'}")


@click.command(cls=Command)
def env() -> None:
    """The variables with which `pulumi` itself works on stack `local`, as fast: eval "$(fleet env)"."""
    from fleet.engine import engine, local_stack

    where = local_stack.of_environment(os.environ).pulumi_variables()
    kept = {key: os.environ.get(key, value) for key, value in engine.UNLESS_SET.items()}
    for key, value in {**kept, **where}.items():
        click.echo(f"export {key}={shlex.quote(value)}")


def show_outputs(
    outputs: Mapping[str, object], console: Console | None = None, note: str = "", todo: str = UP
) -> None:
    """Print the servers, the total with a note, what is unlike declared with what to type then, and why each type,
    region and image was picked.
    """
    from rich.text import Text

    from fleet.engine.servers import GONE, unlike

    console = console or paper()
    found = _mapping(outputs.get("servers"))
    servers = {name: _mapping(found[name]) for name in sorted(found, key=natural)}
    if not servers:
        console.print("no servers run in this stack")
        return
    rows = [row for name, server in servers.items() for row in _rows(name, server)]
    shared = {name: _mapping(facts) for name, facts in sorted(_mapping(outputs.get("shared")).items())}
    rows += [_shared_row(name, facts) for name, facts in shared.items()]
    table(COLUMNS, rows, console=console)
    there = [facts for facts in servers.values() if facts.get("status") != GONE]
    priced = [facts for facts in shared.values() if "monthly_usd" in facts]
    paid = [
        *there,
        *priced,
        *(_mapping(one) for each in servers.values() for one in _mapping(each.get("volumes")).values()),
    ]
    costs = [cost for facts in paid if isinstance(cost := facts.get("monthly_usd"), (int, float))]
    total = _usd(sum(costs) if len(costs) == len(paid) else None)
    count = f"{len(there)} server{'' if len(there) == 1 else 's'}"
    prose(console, f"{count}, {total} USD a month{note and f'; {note}'}")
    if lines := list(unlike(servers)):
        prose(console, f"{'; '.join(lines)}. Next: {todo}.")
    picks = _mapping(outputs.get("picks"))
    for group in sorted(picks):
        reasons = _mapping(picks[group])
        for what in (kind for kind in PICKED if kind in reasons):
            prose(console, Text.assemble((f"{group} {what}", "bold"), f" {reasons[what]}"))


def _rows(name: str, server: Mapping[str, object]) -> Iterator[list[str]]:
    """A server, and below it its name in DNS and its volumes."""
    yield _row(name, server)
    if host := server.get("host"):
        yield [f"  {host}"]
    for each, facts in sorted(_mapping(server.get("volumes")).items()):
        volume = _mapping(facts)
        size, usd = f"{volume.get('size')} GB", _usd(volume.get("monthly_usd"))
        yield [f"  {each}", str(volume.get("id", "")), "", "", size, "", usd]


def _shared_row(name: str, facts: Mapping[str, object]) -> list[str]:
    usd = _usd(facts["monthly_usd"]) if "monthly_usd" in facts else ""
    return [name, str(facts.get("id", "")), "", "", "", str(facts.get("ipv4", "")), usd]


def _row(name: str, server: Mapping[str, object]) -> list[str]:
    addresses = server.get("ipv4")
    first = str(addresses[0]) if isinstance(addresses, list) and addresses else ""
    plain = [str(server.get(key, "")) for key in ("id", "status", "region", "type")]
    return [name, *plain, first, _usd(server.get("monthly_usd"))]


def _usd(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, (int, float)) else "?"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
