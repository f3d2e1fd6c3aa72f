"""What each step does: the provider is called, the state is written before and after.

Before each create, update and delete the state names what is under way; after it the state holds the
result, before the program hears of it. A preview calls nothing and writes nothing.
Source: the real engine's ``step.go``; recorded states.
"""

from __future__ import annotations

from datetime import datetime, timezone

from emulators.engine import urns
from emulators.engine.delete_order import needs_no_call
from emulators.engine.errors import InitFailed, StepFailed
from emulators.engine.events import Step
from emulators.engine.providers import Providers
from emulators.engine.snapshot import Snapshot
from emulators.engine.state import Operation, Resource
from emulators.engine.values import Properties, mark_like_inputs, mark_named


def now() -> str:
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


class Performer:
    """Does single steps. Safe to use from many threads."""

    def __init__(self, snapshot: Snapshot, providers: Providers, preview: bool) -> None:
        self._snapshot, self._providers, self._preview = snapshot, providers, preview
        self.deleted_here: set[str] = set()

    def perform(self, step: Step) -> None:
        perform = {
            "same": self._same,
            "create": self._create,
            "create-replacement": self._create,
            "update": self._update,
            "delete": self._delete,
            "delete-replaced": self._delete,
            "import": self._import,
        }.get(step.op)
        if perform is not None:
            perform(step)

    def _same(self, step: Step) -> None:
        old, new = _both(step)
        new.id, new.outputs, new.init_errors = old.id, old.outputs, old.init_errors
        new.created, new.modified = old.created, old.modified
        self._snapshot.end(add=new, drop=old, save=not new.same_as(old))

    def _create(self, step: Step) -> None:
        new, old = step.resource, step.old
        new.created = new.modified = now()
        if self._preview:
            new.outputs = _marked(new, new.inputs)
            self._created(step, None)
            return
        if not new.custom or urns.is_provider(new.type):
            new.outputs = dict(new.inputs) if new.custom else {}
            self._created(step, None)
            return
        provider = self._providers.get(new.provider)
        operation = self._snapshot.begin(new, "creating")
        try:
            new.id, outputs = provider.create(new, new.custom_timeouts.get("create", 0))
        except InitFailed as error:
            new.id = error.resource_id
            _keep_half_made(new, error)
            self._created(step, operation)
            raise
        except StepFailed:
            self._snapshot.end(operation)
            raise
        new.outputs = _marked(new, outputs)
        if old is not None and old.delete:
            raise AssertionError("created over something already replaced")
        self._created(step, operation)

    def _created(self, step: Step, operation: Operation | None) -> None:
        """Add what was made; what it replaces is marked, or leaves if it was deleted before."""
        old = step.old
        drop = None
        if old is not None:
            if step.op == "create-replacement" and not old.pending_replacement:
                self._snapshot.change(old, save=False, delete=True)
            else:
                drop = old
        self._snapshot.end(operation, add=step.new, drop=drop)

    def _update(self, step: Step) -> None:
        old, new = _both(step)
        new.id, new.created, new.modified = old.id, old.created, now()
        if not new.custom:
            new.outputs = old.outputs
            self._snapshot.end(add=new, drop=old)
            return
        if self._preview or urns.is_provider(new.type):
            new.outputs = _marked(new, new.inputs)
            self._snapshot.end(add=new, drop=old)
            return
        provider = self._providers.get(new.provider)
        operation = self._snapshot.begin(new, "updating")
        try:
            outputs = provider.update(old, new, new.custom_timeouts.get("update", 0))
        except InitFailed as error:
            _keep_half_made(new, error)
            self._snapshot.end(operation, add=new, drop=old)
            raise
        except StepFailed:
            self._snapshot.end(operation)
            raise
        new.outputs = _marked(new, outputs)
        self._snapshot.end(operation, add=new, drop=old)

    def _delete(self, step: Step) -> None:
        """Delete, or for a delete-before-replace only mark the entry, which leaves with the new one."""
        old = step.old or step.resource
        first = step.op == "delete-replaced" and not old.delete
        plain = old.changed(pending_replacement=False) if first else old
        called = not self._preview and not needs_no_call(plain, self.deleted_here)
        operation = None
        if called:
            provider = self._providers.get(old.provider)
            operation = self._snapshot.begin(old, "deleting")
            try:
                provider.delete(old, old.custom_timeouts.get("delete", 0))
            except (StepFailed, InitFailed):
                self._snapshot.end(operation)
                raise
        if first:
            self._snapshot.change(old, save=False, pending_replacement=True)
            self._snapshot.end(operation)
        else:
            self._snapshot.end(operation, drop=old)

    def _import(self, step: Step) -> None:
        """Take over what exists. Its whole state is given, so nothing is asked and nothing is under way."""
        new = step.resource
        new.id, new.import_id = new.import_id, ""
        new.outputs = _marked(new, new.outputs)
        new.created = new.modified = now()
        self._snapshot.end(add=new)


def _both(step: Step) -> tuple[Resource, Resource]:
    if step.old is None or step.new is None:
        raise ValueError(f"{step.op} needs an old and a new state")
    return step.old, step.new


def _marked(resource: Resource, outputs: Properties) -> Properties:
    """Outputs with what must be secret marked so."""
    named = mark_named(outputs, resource.additional_secret_outputs)
    return mark_like_inputs(named, resource.inputs)


def _keep_half_made(resource: Resource, error: InitFailed) -> None:
    resource.outputs = _marked(resource, error.outputs)
    resource.init_errors = list(error.reasons) or ["the provider said that it is not ready"]
    if error.inputs:
        resource.inputs = error.inputs
