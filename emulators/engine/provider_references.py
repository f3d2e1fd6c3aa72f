"""Which provider a resource has: the default one, made when it is first needed, or an explicit one.

A provider is a resource of its own, whose inputs are its configuration: all of the stack's for the default
provider of dynamic resources. A changed value is an update of it that is shown and counted nowhere.
Source: the real engine's ``default_providers.go``; recorded states.
"""

from __future__ import annotations

import uuid

from emulators.engine import urns
from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.events import Step, StepBegun, StepEnded
from emulators.engine.performing import now
from emulators.engine.registry import Registry
from emulators.engine.state import Resource
from emulators.engine.steps import Goal
from emulators.engine.values import UNKNOWN_TEXT, Properties


class ProviderReferences:
    """The providers of one run."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._executor = registry.executor

    def of_goal(self, goal: Goal) -> str:
        """The reference of the provider that manages it, "" for a provider. Raises NotSupported."""
        if urns.is_provider(goal.type):
            check_package(urns.package_of(goal.type))
            return ""
        if goal.provider:
            check_package(urns.package_of(urns.type_of(urns.provider_urn(goal.provider))))
            return goal.provider
        return self.of_type(goal.type)

    def of_type(self, type_: str) -> str:
        """The reference of the default provider of a type. Raises NotSupported."""
        check_package(urns.package_of(type_))
        return self.default(urns.DYNAMIC_PACKAGE)

    def default(self, package: str) -> str:
        """The reference of a package's default provider, made or brought up to date when first asked for."""
        urn = self._registry.urn("", f"{urns.PROVIDER_PREFIX}{package}", "default")
        known = self._registry.registered.get(urn)
        if known is None:
            inputs = self._registry.settings.config if package == urns.DYNAMIC_PACKAGE else {}
            known = self._make(urn, inputs)
        return f"{urn}::{known.id}"

    def _make(self, urn: str, inputs: Properties) -> Resource:
        old = self._registry.olds.get(urn)
        new = Resource(urn=urn, type=urns.type_of(urn), custom=True, inputs=inputs)
        made = new.changed(id=old.id if old else self._fresh_id(), outputs=inputs)
        changed = old is None or not old.same_as(made)
        step = Step("create" if old is None else "update" if changed else "same", urn, old, new)
        self._executor.emit(StepBegun(step))
        new.id, new.outputs = made.id, inputs
        new.created = old.created if old else now()
        new.modified = old.modified if old and not changed else now()
        self._registry.take(old)
        self._registry.registered[urn] = new
        self._executor.snapshot.end(add=new, drop=old, save=changed)
        self._executor.emit(StepEnded(step, step.op))
        self._executor.providers.declare(f"{urn}::{new.id}", inputs)
        return new

    def _fresh_id(self) -> str:
        return UNKNOWN_TEXT if self._executor.preview else str(uuid.uuid4())

    def registered(self, resource: Resource) -> None:
        """An explicit provider got its id: it can be used."""
        if not resource.id:
            self._executor.snapshot.change(resource, id=self._fresh_id())
        self._executor.providers.declare(f"{resource.urn}::{resource.id}", resource.inputs)

    def ensure(self, entry: Resource) -> None:
        """Make the provider of an old entry known, from the state, if this run has not used it."""
        if not entry.provider or self._executor.providers.knows(entry.provider):
            return
        old = self._registry.olds.get(urns.provider_urn(entry.provider))
        if old is None:
            raise EngineError(f"the state has no provider {entry.provider} for {entry.urn}")
        package = urns.package_of(old.type)
        if package != urns.BUILTIN_PACKAGE:
            check_package(package)
        self._executor.providers.declare(entry.provider, old.inputs)


def check_package(package: str) -> None:
    """Raises NotSupported for a package that needs a plugin."""
    if package != urns.DYNAMIC_PACKAGE:
        raise NotSupported(
            f"package '{package}' is not supported by the embedded engine (only Python dynamic "
            "providers). Next: use pulumi"
        )
