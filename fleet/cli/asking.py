"""Whom the commands ask: the API of the environment, or that of a stack; with a bar while pages come."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from click.shell_completion import CompletionItem
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from fleet.cli import stack_files
from providers.linode.api.cache import is_offline, open_cache
from providers.linode.api.catalog_transport import CatalogTransport, OnPage
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import LOCAL_STACK, connect, connect_for_lookups
from providers.linode.api.errors import BadConnection, LinodeError
from providers.linode.catalogs import Catalogs
from providers.linode.core import runtime as sessions
from providers.linode.core.runtime import Session
from providers.linode.pins import Pin, default_path
from providers.linode.pins.file import PROJECT

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


@contextlib.contextmanager
def catalogs(console: Console | None = None) -> Iterator[Catalogs]:
    """The catalogs of the API at LINODE_URL. Raises BadConnection."""
    with progress(console or Console(stderr=True)) as on_page:
        yield sessions.of_environment(on_page).catalogs


@contextlib.contextmanager
def progress(console: Console) -> Iterator[OnPage]:
    """A bar for lists of several pages, where a person watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("pages"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def on_page(path: str, page: int, pages: int) -> None:
            if pages < 2:
                return
            if path not in tasks:
                tasks[path] = bar.add_task(f"GET {path}", total=pages)
            bar.update(tasks[path], completed=page, total=pages)

        yield on_page


@dataclass(frozen=True)
class StackPlace:
    """Where a stack's pins are, the session of its API, and its settings by their full names."""

    stack: str
    file: Path
    session: Session
    config: stack_files.Values


def file_of(stack: str) -> Path:
    """Where a stack's pins are. Raises BadConnection."""
    return _pins_of(stack, stack_files.config_of(stack))


def _pins_of(stack: str, config: stack_files.Values) -> Path:
    place = stack_files.pins_place(config)
    return PROJECT / place if place else default_path(stack)


def of_stack(stack: str) -> StackPlace:
    """A stack as its settings file has it: the address, the place of its pins.

    The token is LINODE_TOKEN, and that of the local API for stack local; public catalogs need none.
    Raises BadConnection.
    """
    config = stack_files.config_of(stack)
    url = str(config.get("linode:url") or "")
    if stack == LOCAL_STACK:
        token = stack_files.folder_of(stack, os.environ) / "token"
        values = {"linode:url": url, "linode:token": token.read_text() if token.exists() else ""}
        session = Session(connect(stack, values))
    else:
        session = Session(connect_for_lookups({"LINODE_URL": url, **os.environ}))
    return StackPlace(stack, _pins_of(stack, config), session, config)


def require_account(place: StackPlace, pins: Iterable[Pin]) -> None:
    """Raises WrongAccount when the settings, or one of the pins, are of another account than the token's.

    Without a token, and offline, nobody can tell; whose the state is, only the engine knows. Raises also as
    `require_token`, where a pin is of an image of the account's own.
    """
    recorded = [str(place.config.get("linode:account") or ""), *(pin.account or "" for pin in pins)]
    if any(recorded[1:]):
        require_token(place.session)
    if is_offline() or not place.session.client.transport.connection.token:
        return
    for account in filter(None, recorded):
        sessions.require_account(place.session, account, place.stack)


def require_token(session: Session) -> None:
    """Raises BadConnection without a token, NotAuthorized with a wrong one: whoever asks for own images needs one.

    The API shows the public images to anybody, so that a look alone would say that there are no others.
    """
    if not session.client.transport.connection.token:
        raise BadConnection(
            "images of the account's own are shown with its token only, and there is none. "
            "Next: set LINODE_TOKEN to a personal access token with the scope images:read_only."
        )
    if not is_offline():
        _ = session.account_id


def kept_ids(catalog: str) -> list[tuple[str, str]]:
    """Ids and labels of types, regions, images or kernels as they are on disk; none rather than an error."""
    try:
        connection = connect_for_lookups(os.environ)
        kept = open_cache(connection, {**os.environ, "LINODE_OFFLINE": "1"})
        with contextlib.closing(CatalogTransport(connection, kept)) as transport:
            found = getattr(Catalogs(LinodeClient(transport), narrow=False), catalog)()
            return [(str(item.id), str(item.label)) for item in found]
    except LinodeError:
        return []
