"""The state of a running update: what this run made, what is left of before, what is under way; and its writing.

Order of resources: first what this run made, in the order in which steps ended, then what is left of the
old list in its order. That keeps what a resource needs before it. Each step waits until a write that holds
its change is on disk; steps that wait at the same time share one write.
Source: the real engine's ``pkg/backend/snapshot.go``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from emulators.engine.state.checkpoint import Checkpoint, Operation, Resource, members, resource_to_json
from emulators.engine.state.secrets import Crypter
from emulators.engine.values import dump


class Snapshot:
    """The lists behind a state file. Safe to use from many threads."""

    def __init__(self, base: Checkpoint, crypter: Crypter, write: Callable[[bytes], None] | None) -> None:
        """Write puts a deployment's JSON on disk; None for a preview, which writes nothing."""
        self.base = list(base.resources)
        self._gone: set[int] = set()
        self._new: list[Resource] = []
        self._operations: list[Operation] = [op for op in base.pending_operations if op.type == "creating"]
        self._metadata = base.metadata
        self._crypter = crypter
        self._write = write
        self._lock = threading.RLock()
        self._texts: dict[int, tuple[Resource, str]] = {}
        self._former: dict[str, str] = {}
        self._wanted = 0
        self._written = 0
        self._error: Exception | None = None
        self._writing = False
        self._changed = threading.Condition(self._lock)

    def resources(self) -> list[Resource]:
        with self._lock:
            return [*self._new, *(old for old in self.base if id(old) not in self._gone)]

    def begin(self, resource: Resource, kind: str) -> Operation:
        """Note that something is under way, on disk before it is begun."""
        operation = Operation(resource.changed(), kind)
        with self._lock:
            self._operations.append(operation)
        self.save()
        return operation

    def end(
        self,
        operation: Operation | None = None,
        *,
        add: Resource | None = None,
        drop: Resource | None = None,
        save: bool = True,
    ) -> None:
        """Note the end of a step: what it leaves and what it takes away."""
        with self._lock:
            if operation is not None:
                self._operations = [op for op in self._operations if op is not operation]
            if drop is not None:
                self._gone.add(id(drop))
                self._new = [kept for kept in self._new if kept is not drop]
            if add is not None:
                self._new.append(add)
        if save:
            self.save()

    def change(self, resource: Resource, save: bool = True, **fields: Any) -> None:
        """Change an entry in place (a mark, outputs); the next write has it."""
        with self._lock:
            for name, value in fields.items():
                setattr(resource, name, value)
            self._texts.pop(id(resource), None)
        if save:
            self.save()

    def rename(self, former: str, urn: str) -> dict[int, Resource]:
        """Have the old entries that refer to a former URN refer to the new one; on disk from when its entry is there.

        Returns them by identity, as they were.
        """
        as_they_were: dict[int, Resource] = {}
        with self._lock:
            self._former[urn] = former
            for entry in self.base:
                if former in entry.all_dependencies():
                    as_they_were[id(entry)] = entry.changed()
                    fields = entry.references(lambda name: urn if name == former else name)
                    self.change(entry, save=False, **fields)
        return as_they_were

    def replace_base(self, resources: list[Resource], clear_operations: bool = False) -> None:
        """Take another old list (a refresh made it)."""
        with self._lock:
            self.base, self._gone, self._new = list(resources), set(), []
            self._texts.clear()
            if clear_operations:
                self._operations = []
        self.save()

    def save(self) -> None:
        """Return once a write that holds everything noted so far is on disk."""
        if self._write is None:
            return
        with self._changed:
            self._wanted += 1
            mine = self._wanted
            while self._written < mine and self._error is None and self._writing:
                self._changed.wait()
            if self._error is not None:
                raise self._error
            if self._written >= mine:
                return
            self._writing = True
            covered, text = self._wanted, self._serialize()
        try:
            self._write(text)
        except Exception as error:  # every waiter has to hear of it, whatever it is
            self._error = error
            raise
        finally:
            with self._changed:
                self._writing = False
                self._written = max(self._written, covered)
                self._changed.notify_all()

    def _serialize(self) -> bytes:
        resources = self.resources()
        early = set(self._former) - {resource.urn for resource in resources} if self._former else set()
        entries = [self._text(each, early and early & each.all_dependencies()) for each in resources]
        return members(entries, self._operations, self._metadata, self._crypter)

    def _text(self, resource: Resource, early: set[str]) -> str:
        """The entry's JSON, made once: change() forgets it; with former URNs of those whose new ones come too early."""
        if early:
            fields = resource.references(lambda urn: self._former[urn] if urn in early else urn)
            return dump(resource_to_json(resource.changed(**fields), self._crypter))
        known = self._texts.get(id(resource))
        if known is None or known[0] is not resource:
            known = self._texts[id(resource)] = (resource, dump(resource_to_json(resource, self._crypter)))
        return known[1]
