"""What one run knows of its resources and their providers.

The old entries by name, which of them are taken, the registered ones; and which provider a resource has: the
default one, made when it is first needed, or an explicit one. A provider is a resource of its own, whose
inputs are its configuration: all of the stack's for the default provider of dynamic resources. A changed
value is an update of it that is shown and counted nowhere.
Source: the real engine's ``default_providers.go``; recorded states.
"""

from __future__ import annotations

import uuid
from typing import NoReturn

from emulators.engine import urns
from emulators.engine.errors import EngineError, NotSupported, RunStopped
from emulators.engine.plan.steps import Step
from emulators.engine.protocol.provider import Provider
from emulators.engine.run.events import StepBegun, StepEnded
from emulators.engine.run.executor import Executor
from emulators.engine.state.checkpoint import Resource, now
from emulators.engine.values import UNKNOWN_TEXT, Properties, Secret, masked


class Registry:
    """Shared by the parts of a deployment; changed only while a registration is planned."""

    def __init__(self, executor: Executor) -> None:
        self.executor, self.info = executor, executor.info
        self.registered: dict[str, Resource] = {}
        self.olds = {entry.urn: entry for entry in executor.snapshot.base if not entry.delete}
        self._taken: set[int] = set()

    def take(self, old: Resource | None) -> None:
        """Note that an old entry has found its new one, so that no alias finds it again."""
        if old is not None:
            self._taken.add(id(old))

    def is_taken(self, old: Resource) -> bool:
        return id(old) in self._taken

    def refuse(self, message: str, urn: str) -> NoReturn:
        """Report why a registration cannot be. Raises RunStopped."""
        self.executor.error(message, urn)
        raise RunStopped

    def refuse_second(self, urn: str) -> None:
        """Raises RunStopped if something of that name is registered."""
        if urn in self.registered:
            self.refuse(f"Duplicate resource URN '{urn}'; try giving it a unique name", urn)

    # providers

    def provider_of(self, new: Resource) -> str:
        """The reference of the provider that manages it, "" for a component or provider. Raises NotSupported."""
        if not new.custom:
            return ""
        check_package(urns.type_of(urns.provider_urn(new.provider)) if new.provider else new.type)
        if urns.is_provider(new.type):
            return ""
        return new.provider or self.default_provider(urns.DYNAMIC_PACKAGE)

    def default_provider(self, package: str) -> str:
        """The reference of a package's default provider, made or brought up to date when first asked for."""
        urn = self.info.urn("", f"{urns.PROVIDER_PREFIX}{package}", "default")
        known = self.registered.get(urn)
        if known is None:
            known = self._make(urn, self.info.config.properties() if package == urns.DYNAMIC_PACKAGE else {})
        return known.reference

    def _make(self, urn: str, inputs: Properties) -> Resource:
        old = self.olds.get(urn)
        new = Resource(urn=urn, type=urns.type_of(urn), custom=True, inputs=inputs)
        id_ = old.id if old else self._fresh_id()
        changed = old is None or not old.same_as(new.changed(id=id_, outputs=inputs))
        step = Step("create" if old is None else "update" if changed else "same", urn, old, new)
        self.executor.emit(StepBegun(step))
        new.id, new.outputs, new.created = id_, inputs, old.created if old else now()
        new.modified = old.modified if old and not changed else now()
        self.take(old)
        self.registered[urn] = new
        self.executor.snapshot.end(add=new, drop=old, save=changed)
        self.executor.emit(StepEnded(step, step.op))
        self.declare_provider(new)
        return new

    def _fresh_id(self) -> str:
        return UNKNOWN_TEXT if self.executor.preview else str(uuid.uuid4())

    def declare_provider(self, provider: Resource) -> None:
        self.executor.providers.declare(provider.reference, provider.inputs)

    def provider_registered(self, provider: Resource) -> None:
        """An explicit provider gets its id: it can be used."""
        if not provider.id:
            self.executor.snapshot.change(provider, id=self._fresh_id())
        self.declare_provider(provider)

    def provider(self, resource: Resource) -> Provider:
        return self.executor.providers.get(resource.provider)

    def ensure_provider(self, entry: Resource) -> None:
        """Make the provider of an old entry known, from the state, if this run has not used it."""
        if not entry.provider or self.executor.providers.knows(entry.provider):
            return
        old = self.olds.get(urns.provider_urn(entry.provider))
        if old is None:
            raise EngineError(f"the state has no provider {entry.provider} for {entry.urn}")
        if urns.package_of(old.type) != urns.BUILTIN_PACKAGE:
            check_package(old.type)
        self.executor.providers.declare(entry.provider, old.inputs)

    # what a provider finds wrong

    def checked(self, new: Resource, given: Properties, olds: Properties) -> tuple[Properties, list[str]]:
        """The inputs as the provider has them, and a sentence for each thing that it finds wrong."""
        inputs, failures = self.provider(new).check(new, olds, given)
        return inputs, [check_message(new, name, reason, given) for name, reason in failures]


def check_message(resource: Resource, name: str, reason: str, given: Properties) -> str:
    """One failure of Check, as the real engine puts it, except that a secret value is never shown.

    No name when it is about the whole resource.
    """
    start = f"{resource.type} resource '{resource.name}'"
    if not name:
        return f"{start} has a problem: {reason}"
    value = given.get(name)
    if value is None or isinstance(value, bool):
        shown = "{<nil>}" if value is None else f"{{{str(value).lower()}}}"
    else:
        shown = "[secret]" if isinstance(value, Secret) else f"{{{masked(value)}}}"
    return f"{start}: property {name} value {shown} has a problem: {reason}"


def check_package(type_: str) -> None:
    """Raises NotSupported for a type of a package that needs a plugin."""
    if (package := urns.package_of(type_)) != urns.DYNAMIC_PACKAGE:
        raise NotSupported(f"package '{package}'", "Python dynamic providers")
