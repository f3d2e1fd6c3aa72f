"""What a command works on: the project of the current folder, its backend, the stack that is meant."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from emulators.engine.backend import FileBackend, backend_url, open_backend
from emulators.engine.errors import EngineError, StackNotFound
from emulators.engine.project import Project, find, plain_name, selected_stack
from emulators.engine.stack import Stack, open_stack


@dataclass(frozen=True)
class Workspace:
    """Project and backend, and the flags that every command has."""

    project: Project
    backend: FileBackend
    url: str
    args: argparse.Namespace

    @property
    def interactive(self) -> bool:
        return not getattr(self.args, "non_interactive", False)

    @property
    def config_file(self) -> Path | None:
        name = getattr(self.args, "config_file", None)
        return Path(name).resolve() if name else None

    def stack_name(self, given: str | None = None) -> str:
        """The stack that was named, else the selected one. Raises EngineError without either."""
        name = given or getattr(self.args, "stack_name", None)
        if name:
            return plain_name(name, self.project)
        selected = selected_stack(self.project, self.url)
        if selected is None:
            raise EngineError("no stack selected. Next: pass --stack <name>, or run `stack select <name>`")
        return selected

    def existing(self, given: str | None = None) -> str:
        """Like stack_name. Raises StackNotFound."""
        name = self.stack_name(given)
        if not self.backend.exists(self.project.name, name):
            raise StackNotFound(f"no stack named '{name}' found")
        return name

    def open(self, given: str | None = None, *, only_to_read: bool = False) -> Stack:
        """The stack; a missing salt is written to its file unless it is opened only to read from it."""
        return open_stack(
            self.project,
            self.backend,
            self.stack_name(given),
            self.config_file,
            self.interactive,
            save_salt=not only_to_read,
        )


def open_workspace(args: argparse.Namespace) -> Workspace:
    project = find(Path.cwd())
    url = backend_url(project.backend_url)
    return Workspace(project, open_backend(url, project.folder), url, args)


def announce(backend: FileBackend) -> None:
    """Say on one line which engine runs."""
    print(f"engine: embedded (emulators.engine); state: {backend.url}", file=sys.stderr, flush=True)


def asked_yes(question: str) -> bool:
    """A yes or no from the terminal."""
    print(f"{question} (yes/no) ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and "CI" not in os.environ
