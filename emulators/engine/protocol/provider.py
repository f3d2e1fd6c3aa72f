"""The dynamic provider: the SDK's own servicer in a child process, called over gRPC as the real engine does.

It does not accept secrets (the marks are taken off here and put back on what it answers) and has no
preview. One process for each provider resource, usually just the default one, started when first needed.
Source: ``pulumi/dynamic/__main__.py`` of the SDK; recorded calls.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from emulators.engine import urns
from emulators.engine.errors import EngineError, InitFailed, StepFailed
from emulators.engine.plan.diffs import Difference, Kind
from emulators.engine.plan.steps import Diff
from emulators.engine.protocol.processes import Child, OnLine
from emulators.engine.protocol.wire import from_struct, to_struct
from emulators.engine.state.checkpoint import Resource
from emulators.engine.values import Properties, mark_secrets, same

CANCEL_S = 5
"""Seconds for a provider to take note of an end."""

MAX_MESSAGE_BYTES = 400 * 1024 * 1024
CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
]


OF_PROPERTY = provider_pb2.PropertyDiff
KINDS: dict[int, Kind] = {
    OF_PROPERTY.ADD: "add", OF_PROPERTY.ADD_REPLACE: "add", OF_PROPERTY.DELETE: "delete",
    OF_PROPERTY.DELETE_REPLACE: "delete", OF_PROPERTY.UPDATE: "update", OF_PROPERTY.UPDATE_REPLACE: "update",
}  # fmt: skip


@dataclass(frozen=True)
class ReadAnswer:
    id: str
    outputs: Properties
    inputs: Properties | None


class Provider:
    """One configured provider process."""

    def __init__(self, child: Child, reference: str, config: Properties, on_line: OnLine) -> None:
        port = child.first_line()
        child.hand_on_lines(on_line)
        if not port.isdigit():
            child.stop(1.0)
            raise EngineError("the provider process did not start; its output is above")
        self._child = child
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
        self._stub: Any = provider_pb2_grpc.ResourceProviderStub(self._channel)
        urn = urns.provider_urn(reference)
        self._call(
            "Configure",
            args=to_struct(config, secrets=True),
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            id=urns.provider_id(reference),
            urn=urn,
            name=urns.name_of(urn),
            type=urns.qualified_type(urn),
        )

    def check(
        self, resource: Resource, olds: Properties, news: Properties
    ) -> tuple[Properties, list[tuple[str, str]]]:
        """The inputs as the provider has them; property and reason of each failure."""
        answer = self._ask("Check", resource, randomSeed=os.urandom(32), olds=olds, news=news)
        failures = [(failure.property, failure.reason) for failure in answer.failures]
        return mark_secrets(from_struct(answer.inputs), news), failures

    def diff(self, resource: Resource, old: Resource, outputs: Properties, inputs: Properties) -> Diff:
        """Of the resource by the name that Check had, which may be a new one, and of its id and inputs so far; outputs
        are the old ones, inputs the new ones.
        """
        answer = self._ask(
            "Diff",
            resource,
            id=old.id,
            ignoreChanges=resource.ignore_changes,
            olds=outputs,
            news=inputs,
            old_inputs=old.inputs,
        )
        changes = {provider_pb2.DiffResponse.DIFF_NONE: False, provider_pb2.DiffResponse.DIFF_SOME: True}
        detailed = tuple(
            Difference(path, KINDS[each.kind]) for path, each in sorted(answer.detailedDiff.items())
        )
        return Diff(
            changes.get(answer.changes),
            tuple(answer.replaces),
            answer.deleteBeforeReplace,
            detailed if answer.hasDetailedDiff else None,
        )

    def create(self, new: Resource) -> tuple[str, Properties]:
        """Id and outputs. Raises StepFailed, InitFailed."""
        timeout_s = new.custom_timeouts.get("create", 0)
        answer = self._ask("Create", new, new.inputs, timeout=timeout_s, properties=new.inputs)
        if not answer.id:
            raise StepFailed("create returned no id")
        return answer.id, mark_secrets(from_struct(answer.properties), new.inputs)

    def update(self, old: Resource, new: Resource) -> Properties:
        """The outputs. Raises StepFailed, InitFailed."""
        answer = self._ask(
            "Update",
            new,
            new.inputs,
            id=old.id,
            timeout=new.custom_timeouts.get("update", 0),
            ignoreChanges=new.ignore_changes,
            olds=old.outputs,
            news=new.inputs,
            old_inputs=old.inputs,
        )
        return mark_secrets(from_struct(answer.properties), new.inputs)

    def read(self, resource: Resource, resource_id: str) -> ReadAnswer:
        """What there is now; an empty id when it is gone. The resource's outputs and inputs are sent."""
        outputs, inputs = resource.outputs, resource.inputs
        answer = self._ask("Read", resource, inputs, id=resource_id, properties=outputs, inputs=inputs)
        found = mark_secrets(from_struct(answer.inputs), inputs) if answer.HasField("inputs") else None
        return ReadAnswer(answer.id, mark_secrets(from_struct(answer.properties), outputs), found)

    def delete(self, old: Resource) -> None:
        timeout_s = old.custom_timeouts.get("delete", 0)
        self._ask("Delete", old, id=old.id, timeout=timeout_s, properties=old.outputs, old_inputs=old.inputs)

    def cancel(self) -> None:
        """Tell it that the run is to end; what it does of that is its affair."""
        with contextlib.suppress(grpc.RpcError):
            self._stub.Cancel(empty_pb2.Empty(), timeout=CANCEL_S)

    def close(self) -> None:
        self._channel.close()
        self._child.stop(0.2)

    def _ask(self, method: str, resource: Resource, sent: Properties | None = None, **fields: Any) -> Any:
        """A call about one resource. Properties among the fields are sent without secret marks."""
        messages = {
            name: to_struct(value, secrets=False) if isinstance(value, dict) else value
            for name, value in fields.items()
        }
        which = {"urn": resource.urn, "name": resource.name, "type": resource.type}
        return self._call(method, sent, **which, **messages)

    def _call(self, method: str, sent: Properties | None = None, **fields: Any) -> Any:
        request = getattr(provider_pb2, f"{method}Request")(**fields)
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            raise _failure(error, sent or {}) from error


def _failure(error: Any, sent: Properties) -> Exception:
    """The error that a failed call stands for: StepFailed, or InitFailed when the resource exists."""
    details = str(error.details() or error.code())
    for key, value in error.trailing_metadata() or ():
        for detail in status_pb2.Status.FromString(value).details if key == "grpc-status-details-bin" else ():
            failed = provider_pb2.ErrorResourceInitFailed()
            if detail.Unpack(failed):
                outputs = mark_secrets(from_struct(failed.properties), sent)
                inputs = mark_secrets(from_struct(failed.inputs), sent)
                return InitFailed(failed.id, outputs, inputs, list(failed.reasons))
    if error.code() == grpc.StatusCode.UNAVAILABLE:
        details = f"the provider process is gone ({details})"
    return StepFailed(details.strip())


@dataclass
class Providers:
    """The provider processes of one run, by provider reference."""

    start: Callable[[], Child]
    on_line: OnLine = lambda _line, _is_error: None
    _spare: Child | None = None
    _running: dict[str, Provider] = field(default_factory=dict)
    _configs: dict[str, Properties] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def warm_up(self) -> None:
        """Start a process before it is known for which provider."""
        self._spare = self.start()

    def declare(self, reference: str, config: Properties) -> None:
        """How the provider of that reference is configured when it is first needed."""
        with self._lock:
            running = self._running.get(reference)
            if running is not None and not same(self._configs.get(reference, {}), config):
                running.close()
                del self._running[reference]
            self._configs[reference] = config

    def knows(self, reference: str) -> bool:
        return reference in self._configs

    def get(self, reference: str) -> Provider:
        with self._lock:
            if reference not in self._running:
                child, self._spare = self._spare or self.start(), None
                config = self._configs.get(reference, {})
                self._running[reference] = Provider(child, reference, config, self.on_line)
            return self._running[reference]

    def cancel(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for provider in running:
            provider.cancel()

    def close(self) -> None:
        with self._lock:
            for provider in self._running.values():
                provider.close()
            if self._spare is not None:
                self._spare.stop(0.2)
            self._running.clear()
            self._spare = None
