"""Property values as the protocol carries them, in protobuf's Struct.

A secret is an object with a signature key, an unknown is a sentinel text. Whole numbers are ints again:
protobuf only knows floats.
Source: the Pulumi SDK's ``runtime/rpc.py`` and recordings of a real engine's calls.
"""

from __future__ import annotations

from typing import Final

from google.protobuf import struct_pb2

from emulators.engine.errors import NotSupported
from emulators.engine.values import (
    ASSET_SIGNATURES,
    SECRET_SIGNATURE,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
    Properties,
    Secret,
    Value,
    unwrap,
    whole,
)

REFERENCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """The properties in a message; nulls at the top level are left out, as the real engine does."""
    return {key: value for key, value in outputs_from_struct(struct).items() if value is not None}


def outputs_from_struct(struct: struct_pb2.Struct) -> Properties:
    """Like from_struct, with nulls kept: stack outputs show them."""
    return {key: _from_proto(value) for key, value in struct.fields.items()}


def _from_proto(value: struct_pb2.Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        return whole(value.number_value)
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [_from_proto(item) for item in value.list_value.values]
    return _object(outputs_from_struct(value.struct_value)) if kind == "struct_value" else None


def _object(fields: Properties) -> Value:
    signature = fields.get(SIGNATURE)
    if signature == SECRET_SIGNATURE:
        return Secret(unwrap(fields.get("value")))
    if signature in ASSET_SIGNATURES:
        raise NotSupported("a property with assets or archives")
    if signature == OUTPUT_SIGNATURE:
        raise NotSupported("an output value")
    return fields


def to_struct(properties: Properties, *, secrets: bool, references: bool = False) -> struct_pb2.Struct:
    """A message of the properties.

    secrets: marks stay (the receiver accepts them), else they are taken off.
    references: resource references stay, else the id (or URN) takes their place.
    """
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        _fill(struct.fields[key], value, secrets, references)
    return struct


def _fill(target: struct_pb2.Value, value: Value, secrets: bool, references: bool) -> None:
    if isinstance(value, Secret):
        value = {SIGNATURE: SECRET_SIGNATURE, "value": value.value} if secrets else unwrap(value)
    if isinstance(value, dict) and not references and value.get(SIGNATURE) == REFERENCE_SIGNATURE:
        value = str(value.get("id") or value.get("urn") or "")
    if isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            _fill(target.list_value.values.add(), item, secrets, references)
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        for key, item in value.items():
            _fill(target.struct_value.fields[key], item, secrets, references)
    else:
        _fill_scalar(target, value)


def _fill_scalar(target: struct_pb2.Value, value: Value) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_TEXT
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    else:
        target.string_value = value
