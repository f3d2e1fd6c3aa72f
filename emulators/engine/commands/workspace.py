"""What a command works on: the project of the current folder, its backend, the stack that is meant."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from functools import cached_property
from pathlib import Path

from emulators.engine.errors import EngineError, StackNotFound
from emulators.engine.state.config import encryption_salt
from emulators.engine.state.files import FileBackend, StackFiles, backend_url, open_backend
from emulators.engine.state.project import Project, find, plain_name, selected_stack
from emulators.engine.state.secrets import derive_early
from emulators.engine.state.stack import Stack, open_stack
from emulators.engine.values import Json


class Workspace:
    """Project and backend, each looked for when first needed, and the flags that every command has."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._name: str | None = args.stack_name
        self._yes: bool = args.yes
        self.interactive = not args.non_interactive
        self.config_file = Path(args.config_file).resolve() if args.config_file else None

    @cached_property
    def project(self) -> Project:
        return find(Path.cwd())

    @cached_property
    def url(self) -> str:
        return backend_url(self.project.backend_url)

    @cached_property
    def backend(self) -> FileBackend:
        return open_backend(self.url, self.project.folder)

    def files(self, given: str | None = None) -> StackFiles:
        """Of the stack that was named, else the selected one. Raises EngineError without either."""
        name = given or self._name
        name = plain_name(name, self.project) if name else selected_stack(self.project, self.url)
        if name is None:
            raise EngineError("no stack selected. Next: pass --stack <name>, or run `stack select <name>`")
        return self.backend.stack(self.project.name, name)

    def existing(self, given: str | None = None) -> StackFiles:
        """Like files. Raises StackNotFound."""
        files = self.files(given)
        if not files.exists():
            raise StackNotFound(files.name)
        return files

    def open(self, *, only_to_read: bool = False) -> Stack:
        """The stack; a missing salt is written to its file unless it is opened only to read from it."""
        where = (self.project, self.files(), self.config_file, self.interactive)
        return open_stack(*where, save_salt=not only_to_read)

    def derive_key_early(self) -> None:
        """See `derive_early`; a stack that can't be found is told of by whoever opens it."""
        with contextlib.suppress(EngineError, OSError):
            file = self.config_file or self.project.stack_file(self.files().name)
            derive_early(encryption_salt(file))

    def create(self, given: str | None) -> Stack:
        if not (given or self._name):
            raise EngineError("missing stack name. Next: stack init <name>")
        return open_stack(self.project, self.files(given), self.config_file, self.interactive, create=True)

    def can_ask(self) -> bool:
        return self.interactive and has_terminal()

    def confirm(self, question: str) -> None:
        """Raises EngineError for a no; nobody is asked if --yes was given."""
        if not self._yes and not asked_yes(question):
            raise EngineError("confirmation declined; nothing was done")


def announce(backend: FileBackend) -> None:
    """Say on one line which engine runs."""
    print(f"engine: embedded (emulators.engine); state: {backend.url}", file=sys.stderr, flush=True)


def asked_yes(question: str) -> bool:
    """A yes or no from the terminal."""
    print(f"{question} (yes/no) ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and "CI" not in os.environ


def is_watched() -> bool:
    """Whether what is printed goes to a terminal that can be written over."""
    return sys.stdout.isatty() and "CI" not in os.environ and os.environ.get("TERM") != "dumb"


def show(rows: Json, heading: tuple[str, str], *, as_json: bool, indent: str = "") -> None:
    """Names and values, as JSON or under each other."""
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(map(len, [heading[0], *rows]))
    for name, value in (heading, *rows.items()):
        print(f"{indent}{name:{width}}  {value}")
