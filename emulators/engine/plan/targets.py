"""Pure: ``--target``, ``--target-dependents`` and ``--replace``: which resources a run is about.

A target is a URN, or a pattern in which ``*`` stands for anything but a colon and ``**`` for anything. No
targets means everything.
Source: the real engine's ``deploy/deployment.go`` (UrnTargets) and ``step_generator.go``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from emulators.engine import urns
from emulators.engine.state.checkpoint import Resource

NOT_TARGETED_DELETE = (
    "Resource '{urn}' will be destroyed but was not specified in --target list.\n"
    "Either include resource in --target list or pass --target-dependents to proceed."
)
NOT_TARGETED_CREATE = "Resource '{urn}' depends on '{needed}' which was was not specified in --target list."


def _pattern(text: str) -> re.Pattern[str]:
    parts = ("[^:]*".join(map(re.escape, part.split("*"))) for part in text.split("**"))
    return re.compile(".*".join(parts), re.DOTALL)


@dataclass
class Targets:
    """What the command line says of one run, and what became a target because it depends on one."""

    targets: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    dependents: bool = False
    nothing: bool = False  # not even what is named: only providers are brought up to date
    _implied: set[str] = field(default_factory=set)

    @property
    def constrained(self) -> bool:
        return bool(self.targets) or self.nothing

    def names(self, urn: str) -> bool:
        """Whether it was asked for itself; everything is if there are no targets."""
        return not self.constrained or (not self.nothing and _matches(self.targets, urn))

    def replaces(self, urn: str) -> bool:
        return _matches(self.replace, urn)

    def include(self, new: Resource) -> bool:
        """Whether the run is about a resource that is registered. Providers and the stack always are."""
        implied = self.dependents and bool(new.all_dependencies() & self._implied)
        if self.names(new.urn) or implied:
            self._implied.add(new.urn)
            return True
        return urns.is_provider(new.type) or new.type == urns.STACK_TYPE

    def closure(self, entries: list[Resource]) -> set[str]:
        """The targets among the entries and everything that needs one, children too."""
        found = {entry.urn for entry in entries if self.names(entry.urn)}
        while more := {e.urn for e in entries if e.urn not in found and e.all_dependencies() & found}:
            found |= more
        return found

    def chosen(self, entries: list[Resource]) -> set[str]:
        """The targets among the entries, with their dependants only if those were asked for."""
        if self.dependents:
            return self.closure(entries)
        return {entry.urn for entry in entries if self.names(entry.urn)}

    def missing(self, known: Iterable[str]) -> list[str]:
        """A sentence for each target that names nothing that is known."""
        return _missing(self.targets, set(known))

    def missing_replacements(self, known: Iterable[str]) -> list[str]:
        return _missing(self.replace, set(known))


def unprotected(entries: list[Resource]) -> tuple[str, ...]:
    """The URNs of what is neither protected nor needed by something that is."""
    kept = {entry.urn for entry in entries if entry.protect}
    while more := {urn for e in entries if e.urn in kept for urn in e.all_dependencies()} - kept:
        kept |= more
    return tuple(dict.fromkeys(entry.urn for entry in entries if entry.urn not in kept))


def _matches(names: tuple[str, ...], urn: str) -> bool:
    return any(_pattern(name).fullmatch(urn) if "*" in name else name == urn for name in names)


def _missing(names: tuple[str, ...], known: set[str]) -> list[str]:
    return [
        f"Target '{name}' could not be found in the stack."
        + ("" if "$" in name else " Did you forget to escape $ in your shell?")
        for name in names
        if "*" not in name and name not in known
    ]
