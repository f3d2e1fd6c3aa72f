"""Whom the commands ask: the API of the environment, or that of a stack; with a bar while pages come."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import yaml
from click.shell_completion import CompletionItem
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from providers.linode import sessions
from providers.linode.cache import open_cache
from providers.linode.catalog_transport import CatalogTransport, OnPage
from providers.linode.catalogs import Catalogs
from providers.linode.client import LinodeClient
from providers.linode.connection import LOCAL_STACK, connect, connect_for_lookups
from providers.linode.errors import BadConnection, LinodeError
from providers.linode.pins import default_path
from providers.linode.pins.file import PROJECT
from providers.linode.sessions import Session

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
    """Where a stack's pins are, and the session of its API."""

    file: Path
    session: Session


def file_of(stack: str) -> Path:
    """Where a stack's pins are. Raises BadConnection."""
    config = _config(stack)
    place = next((str(value) for key, value in config.items() if key.endswith(":pins")), None)
    return PROJECT / place if place else default_path(stack)


def _folder(stack: str, env: Mapping[str, str]) -> Path:
    return default_path(LOCAL_STACK, env).parent if stack == LOCAL_STACK else PROJECT / "stacks"


def of_stack(stack: str) -> StackPlace:
    """A stack as its settings file has it: the address, the place of its pins.

    The token is LINODE_TOKEN, and that of the local API for stack local; public catalogs need none.
    Raises BadConnection.
    """
    config = _config(stack)
    url = str(config.get("linode:url") or "")
    if stack == LOCAL_STACK:
        token = _folder(stack, os.environ) / "token"
        values = {"linode:url": url, "linode:token": token.read_text() if token.exists() else ""}
        return StackPlace(file_of(stack), Session(connect(stack, values)))
    return StackPlace(file_of(stack), Session(connect_for_lookups({"LINODE_URL": url, **os.environ})))


def _config(stack: str) -> Mapping[str, object]:
    """The values of the stack's settings file, over those that all stacks share."""
    common = PROJECT / "stacks" / "common.yaml"
    shared = _values(common, stack) if common.exists() else {}
    return {**shared, **_values(_folder(stack, os.environ) / f"Pulumi.{stack}.yaml", stack)}


def _values(file: Path, stack: str) -> Mapping[str, object]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        config = content.get("config") or {}
        if not isinstance(config, dict):
            raise TypeError
        return {str(key): value for key, value in config.items()}
    except FileNotFoundError:
        todo = "run `make up`" if stack == LOCAL_STACK else "name another stack: --stack"
        raise BadConnection(f"stack '{stack}' has no settings ({file.name}). Next: {todo}.") from None
    except (OSError, ValueError, TypeError, AttributeError, yaml.YAMLError):
        raise BadConnection(f"{file} can't be read as a stack's settings. Next: correct it.") from None


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
