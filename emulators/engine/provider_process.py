"""The dynamic provider: the SDK's own servicer in a child process, called over gRPC as the real engine does.

It does not accept secrets (the marks are taken off here and put back on what it answers) and has no
preview. One process for each provider resource, usually just the default one.
Source: ``pulumi/dynamic/__main__.py`` of the SDK; recorded calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from emulators.engine.children import Child, OnLine
from emulators.engine.errors import EngineError, InitFailed, StepFailed
from emulators.engine.state import Resource
from emulators.engine.steps import Diff
from emulators.engine.urns import provider_id, provider_urn
from emulators.engine.values import Properties, from_struct, mark_secrets, to_struct

MAX_MESSAGE_BYTES = 400 * 1024 * 1024
CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
]


@dataclass(frozen=True)
class CheckFailure:
    property: str
    reason: str


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
        self._call(
            self._stub.Configure,
            provider_pb2.ConfigureRequest(
                args=to_struct(config, secrets=True),
                acceptSecrets=True,
                acceptResources=True,
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
                id=provider_id(reference),
                urn=provider_urn(reference),
                name=provider_urn(reference).rpartition("::")[2],
                type=provider_urn(reference).split("::")[2],
            ),
        )

    def check(
        self, resource: Resource, olds: Properties, news: Properties, seed: bytes
    ) -> tuple[Properties, list[CheckFailure]]:
        answer = self._call(
            self._stub.Check,
            provider_pb2.CheckRequest(
                **_which(resource),
                randomSeed=seed,
                olds=to_struct(olds, secrets=False),
                news=to_struct(news, secrets=False),
            ),
        )
        failures = [CheckFailure(failure.property, failure.reason) for failure in answer.failures]
        return mark_secrets(from_struct(answer.inputs), news), failures

    def diff(self, old: Resource, outputs: Properties, inputs: Properties, ignore: list[str]) -> Diff:
        """Old is whose id and old inputs are sent; outputs are the old ones, inputs the new ones."""
        answer = self._call(
            self._stub.Diff,
            provider_pb2.DiffRequest(
                id=old.id,
                **_which(old),
                ignoreChanges=ignore,
                olds=to_struct(outputs, secrets=False),
                news=to_struct(inputs, secrets=False),
                old_inputs=to_struct(old.inputs, secrets=False),
            ),
        )
        changes = {provider_pb2.DiffResponse.DIFF_NONE: False, provider_pb2.DiffResponse.DIFF_SOME: True}
        return Diff(changes.get(answer.changes), tuple(answer.replaces), answer.deleteBeforeReplace)

    def create(self, resource: Resource, timeout_s: float) -> tuple[str, Properties]:
        """Id and outputs. Raises StepFailed, InitFailed."""
        answer = self._call(
            self._stub.Create,
            provider_pb2.CreateRequest(
                **_which(resource),
                timeout=timeout_s,
                properties=to_struct(resource.inputs, secrets=False),
            ),
            resource.inputs,
        )
        if not answer.id:
            raise StepFailed("create returned no id")
        return answer.id, mark_secrets(from_struct(answer.properties), resource.inputs)

    def update(self, old: Resource, new: Resource, timeout_s: float) -> Properties:
        answer = self._call(
            self._stub.Update,
            provider_pb2.UpdateRequest(
                id=old.id,
                **_which(new),
                timeout=timeout_s,
                ignoreChanges=new.ignore_changes,
                olds=to_struct(old.outputs, secrets=False),
                news=to_struct(new.inputs, secrets=False),
                old_inputs=to_struct(old.inputs, secrets=False),
            ),
            new.inputs,
        )
        return mark_secrets(from_struct(answer.properties), new.inputs)

    def read(self, resource: Resource, resource_id: str) -> ReadAnswer:
        """What there is now; an empty id when it is gone. The resource's outputs and inputs are sent."""
        answer = self._call(
            self._stub.Read,
            provider_pb2.ReadRequest(
                id=resource_id,
                **_which(resource),
                properties=to_struct(resource.outputs, secrets=False),
                inputs=to_struct(resource.inputs, secrets=False),
            ),
            resource.inputs,
        )
        inputs = from_struct(answer.inputs) if answer.HasField("inputs") else None
        return ReadAnswer(
            answer.id,
            mark_secrets(from_struct(answer.properties), resource.outputs),
            None if inputs is None else mark_secrets(inputs, resource.inputs),
        )

    def delete(self, resource: Resource, timeout_s: float) -> None:
        self._call(
            self._stub.Delete,
            provider_pb2.DeleteRequest(
                id=resource.id,
                **_which(resource),
                timeout=timeout_s,
                properties=to_struct(resource.outputs, secrets=False),
                old_inputs=to_struct(resource.inputs, secrets=False),
            ),
        )

    def cancel(self) -> None:
        """Tell the provider to hurry; it may not care."""
        self._call(self._stub.Cancel, empty_pb2.Empty())

    def close(self) -> None:
        self._channel.close()
        self._child.stop(0.2)

    def _call(self, method: Callable[[Any], Any], request: Any, sent: Properties | None = None) -> Any:
        try:
            return method(request)
        except grpc.RpcError as error:
            raise _failure(error, sent or {}) from error


def _failure(error: Any, sent: Properties) -> Exception:
    """The error that a failed call stands for: StepFailed, or InitFailed when the resource exists."""
    details = str(error.details() or error.code())
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        status = status_pb2.Status.FromString(value)
        for detail in status.details:
            failed = provider_pb2.ErrorResourceInitFailed()
            if detail.Unpack(failed):
                outputs = mark_secrets(from_struct(failed.properties), sent)
                inputs = mark_secrets(from_struct(failed.inputs), sent)
                return InitFailed(failed.id, outputs, inputs, list(failed.reasons))
    if error.code() == grpc.StatusCode.UNAVAILABLE:
        details = f"the provider process is gone ({details})"
    return StepFailed(details.strip())


def _which(resource: Resource) -> dict[str, Any]:
    """What every request says of the resource."""
    return {"urn": resource.urn, "name": resource.name, "type": resource.type}
