"""Transforms: the program changes registrations before they are carried out, called back over gRPC.

A resource's own transforms come first, then its parents', then the stack's.
Source: the SDK's ``runtime/_callbacks.py``; the real engine's ``source_eval.go``.
"""

from __future__ import annotations

import threading
from typing import Any

import grpc
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from emulators.engine.errors import EngineError
from emulators.engine.protocol.provider import CHANNEL_OPTIONS

FIELDS = {  # option of a transform: field of a registration
    "protect": "protect", "retain_on_delete": "retainOnDelete", "deleted_with": "deletedWith",
    "provider": "provider", "version": "version", "import": "importId", "plugin_download_url": "pluginDownloadURL",
    "depends_on": "dependencies", "ignore_changes": "ignoreChanges", "replace_on_changes": "replaceOnChanges",
    "additional_secret_outputs": "additionalSecretOutputs", "aliases": "aliases", "hide_diff": "hideDiffs",
    "replace_with": "replace_with",
}  # fmt: skip
OPTIONS = {field: option for option, field in FIELDS.items()}


class Transforms:
    """The callbacks of one program."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._of_parent: dict[tuple[str, str], list[Any]] = {}
        self._stubs: dict[str, Any] = {}
        self._lock = threading.Lock()

    def for_the_stack(self, callback: Any) -> None:
        with self._lock:
            self._stack.append(callback)

    def apply(self, request: Any) -> None:
        """Change a registration in place."""
        callbacks = [*request.transforms, *self._inherited(request), *self._stack]
        for callback in callbacks:
            self._call(callback, request)
        if callbacks:
            for key in request.object.fields:
                request.propertyDependencies[key].SetInParent()  # looked up is made: no dependencies

    def _inherited(self, request: Any) -> list[Any]:
        """The transforms of the parents, nearest first; and this resource's are kept for its children."""
        parent = tuple(request.parent.split("::")[-2:])
        key = parent[0].rsplit("$", 1)[-1] if request.parent else "", parent[-1]
        inherited = self._of_parent.get(key, [])
        mine = [*request.transforms, *inherited]
        if mine:
            with self._lock:
                self._of_parent[(request.type, request.name)] = mine
        return inherited

    def _call(self, callback: Any, request: Any) -> None:
        options = resource_pb2.TransformResourceOptions()
        _copy(request, options, OPTIONS)
        if request.deleteBeforeReplaceDefined:
            options.delete_before_replace = request.deleteBeforeReplace
        options.custom_timeouts.CopyFrom(request.customTimeouts)
        asked = resource_pb2.TransformRequest(
            type=request.type, name=request.name, custom=request.custom, parent=request.parent,
            properties=request.object, options=options,
        )  # fmt: skip
        answer = resource_pb2.TransformResponse.FromString(self._invoke(callback, asked.SerializeToString()))
        if answer.HasField("properties"):
            request.object.CopyFrom(answer.properties)
        if answer.HasField("options"):
            _take_options(request, answer.options)

    def _invoke(self, callback: Any, payload: bytes) -> bytes:
        with self._lock:
            if callback.target not in self._stubs:
                channel = grpc.insecure_channel(callback.target, options=CHANNEL_OPTIONS)
                stub: Any = callback_pb2_grpc.CallbacksStub(channel)
                self._stubs[callback.target] = stub
            stub = self._stubs[callback.target]
        try:
            answer = stub.Invoke(callback_pb2.CallbackInvokeRequest(token=callback.token, request=payload))
        except grpc.RpcError as error:
            details = error.details() if isinstance(error, grpc.Call) else ""
            raise EngineError(f"a transform failed: {details}") from error
        return bytes(answer.response)


def _copy(source: Any, target: Any, names: dict[str, str]) -> None:
    """The fields of one message into those of another, by their names there; an option not set stays as it is."""
    for name, name_there in names.items():
        if not source.DESCRIPTOR.fields_by_name[name].has_presence:
            target.ClearField(name_there)
    for field, value in source.ListFields():
        if field.name in names and isinstance(value, (bool, str)):
            setattr(target, names[field.name], value)
        elif field.name in names:
            getattr(target, names[field.name]).extend(value)


def _take_options(request: Any, options: Any) -> None:
    _copy(options, request, FIELDS)
    if options.HasField("delete_before_replace"):
        request.deleteBeforeReplace = options.delete_before_replace
        request.deleteBeforeReplaceDefined = True
    request.customTimeouts.CopyFrom(options.custom_timeouts)
