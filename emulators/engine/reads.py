"""Resources that are read, not managed: ``ResourceOptions(id=...)``. They are let go of, never deleted.

Source: the real engine's ``step_generator.go`` (GenerateReadSteps); recorded states.
"""

from __future__ import annotations

from emulators.engine.events import Step, StepBegun, StepEnded
from emulators.engine.provider_references import ProviderReferences
from emulators.engine.registry import Registry
from emulators.engine.state import Resource
from emulators.engine.values import UNKNOWN_TEXT


def prepare(registry: Registry, references: ProviderReferences, new: Resource) -> None:
    """Register what is to be read. Raises PlanFailed, NotSupported."""
    registry.refuse_second(new.urn)
    new.provider = new.provider or references.of_type(new.type)
    registry.registered[new.urn] = new


def read(registry: Registry, new: Resource, wanted_id: str) -> Resource:
    """Ask the provider. Raises StepFailed."""
    executor = registry.executor
    new.id = wanted_id
    step = Step("read", new.urn, registry.olds.get(new.urn), new)
    executor.emit(StepBegun(step))
    if wanted_id != UNKNOWN_TEXT:
        new.outputs = dict(new.inputs)  # what is sent as the known state
        provider = executor.providers.get(new.provider)
        operation = None if executor.preview else executor.snapshot.begin(new, "reading")
        try:
            answer = provider.read(new, wanted_id)
        finally:
            if operation is not None:
                executor.snapshot.end(operation, save=False)
        new.id, new.outputs = answer.id or wanted_id, answer.outputs
    keep(registry, new)
    executor.emit(StepEnded(step, "read"))
    return new


def keep(registry: Registry, new: Resource) -> None:
    """Put what was read into the state, in the place of what was there by that name."""
    snapshot = registry.executor.snapshot
    old = registry.olds.get(new.urn)
    drop = old
    if old is not None:
        registry.take(old)
        new.created = old.created
        if old.outputs != new.outputs:
            registry.executor.count("read", new.urn)
        if not old.external and old.id != new.id:
            snapshot.change(old, save=False, delete=True)
            drop = None
    snapshot.end(add=new, drop=drop)
