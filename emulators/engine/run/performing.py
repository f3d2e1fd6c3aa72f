"""What each step does: the provider is called, the state is written before and after.

Before each create, update and delete the state names what is under way; after it the state holds the
result, before the program hears of it. A preview calls nothing and writes nothing.
Source: the real engine's ``step.go``; recorded states.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from emulators.engine import urns
from emulators.engine.errors import InitFailed, StepFailed
from emulators.engine.plan.deletes import needs_no_call
from emulators.engine.plan.steps import Step
from emulators.engine.protocol.provider import Providers
from emulators.engine.state.checkpoint import Operation, Resource, now
from emulators.engine.state.snapshot import Snapshot
from emulators.engine.values import Properties, mark_like_inputs


class Performer:
    """Does single steps. Safe to use from many threads."""

    def __init__(self, snapshot: Snapshot, providers: Providers, preview: bool) -> None:
        self._snapshot, self._providers, self._preview = snapshot, providers, preview
        self.deleted_here: set[str] = set()  # what is deleted with one of these needs no call of its own

    def perform(self, step: Step) -> None:
        """Raises StepFailed, InitFailed."""
        match step.op:
            case "same":
                self._same(step)
            case "create" | "create-replacement":
                self._create(step)
            case "update":
                self._update(step)
            case "delete" | "delete-replaced":
                self._delete(step)
            case "import":
                self._import(step.resource)

    @contextmanager
    def _under_way(self, step: Step, resource: Resource, kind: str) -> Iterator[Operation]:
        """A block that calls the provider. What fails leaves nothing; what is only not ready yet is kept."""
        operation = self._snapshot.begin(resource, kind)
        try:
            yield operation
        except (StepFailed, InitFailed) as error:
            if isinstance(error, InitFailed) and kind != "deleting":
                _keep_half_made(resource, error, step.old if kind == "updating" else None)
                self._made(step, operation)
            else:
                self._snapshot.end(operation)
            raise

    def _made(self, step: Step, operation: Operation | None) -> None:
        """Add what was made; what it replaces is marked, or leaves if it was deleted before."""
        old = step.old
        if old is not None and step.op == "create-replacement" and not old.pending_replacement:
            self._snapshot.change(old, save=False, delete=True)
            old = None
        self._snapshot.end(operation, add=step.new, drop=old)

    def _same(self, step: Step) -> None:
        old, new = _both(step)
        new.id, new.init_errors = old.id, old.init_errors
        new.outputs = _marked(new, old.outputs) if new.custom else old.outputs
        new.created, new.modified = old.created, old.modified
        self._snapshot.end(add=new, drop=old, save=not new.same_as(old))

    def _create(self, step: Step) -> None:
        new, operation = step.resource, None
        new.created = new.modified = now()
        if self._preview:
            new.outputs = _marked(new, new.inputs)
        elif not new.custom or urns.is_provider(new.type):
            new.outputs = dict(new.inputs) if new.custom else {}
        else:
            provider = self._providers.get(new.provider)
            with self._under_way(step, new, "creating") as operation:
                new.id, outputs = provider.create(new)
            new.outputs = _marked(new, outputs)
        self._made(step, operation)

    def _update(self, step: Step) -> None:
        old, new = _both(step)
        new.id, new.created, new.modified = old.id, old.created, now()
        operation = None
        if not new.custom:
            new.outputs = old.outputs
        elif self._preview or urns.is_provider(new.type):
            new.outputs = _marked(new, new.inputs)
        else:
            provider = self._providers.get(new.provider)
            with self._under_way(step, new, "updating") as operation:
                new.outputs = _marked(new, provider.update(old, new))
        self._made(step, operation)

    def _delete(self, step: Step) -> None:
        """Delete, or for a delete-before-replace only mark the entry, which leaves with the new one."""
        old = step.old or step.resource
        first = step.op == "delete-replaced" and not old.delete
        plain = old.changed(pending_replacement=False) if first else old
        operation = None
        if not self._preview and not needs_no_call(plain, self.deleted_here):
            provider = self._providers.get(old.provider)
            with self._under_way(step, old, "deleting") as operation:
                provider.delete(old)
        if first:
            self._snapshot.change(old, save=False, pending_replacement=True)
        self._snapshot.end(operation, drop=None if first else old)

    def _import(self, new: Resource) -> None:
        """Take over what exists. Its whole state is given, so nothing is asked and nothing is under way."""
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
    return mark_like_inputs(outputs, resource.inputs, resource.additional_secret_outputs)


def _keep_half_made(resource: Resource, error: InitFailed, before: Resource | None) -> None:
    """An update that broke off keeps the inputs of before, as the real engine does."""
    resource.id = resource.id or error.resource_id
    resource.outputs = _marked(resource, error.outputs)
    resource.init_errors = list(error.reasons) or ["the provider said that it is not ready"]
    resource.inputs = error.inputs or (before or resource).inputs
