"""Property values inside the engine, and their forms on the wire and in the state.

Inside, a value is plain JSON (None, bool, int, float, str, list, dict) plus ``Secret`` and ``UNKNOWN``.
On the wire (protobuf Struct) a secret is an object with a signature key, an unknown is a sentinel text.
In the state a secret holds a ciphertext. Whole numbers are ints: protobuf only knows floats.
Source: the Pulumi SDK's ``runtime/rpc.py`` and recordings of a real engine's calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

from emulators.engine.errors import NotSupported

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark of the wire format
REFERENCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET_SIGNATURES: Final = {"c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"}
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Value = Any
Properties = dict[str, Value]


@dataclass(frozen=True)
class Secret:
    """A value that is shown nowhere and encrypted in the state."""

    value: Value

    def __repr__(self) -> str:
        return "[secret]"


class Unknown:
    """A value that is only known after the real update. One instance: ``UNKNOWN``."""

    def __repr__(self) -> str:
        return "[unknown]"


UNKNOWN: Final = Unknown()


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """The properties in a message; nulls at the top level are left out, as the real engine does."""
    properties = {key: _from_proto(value) for key, value in struct.fields.items()}
    return {key: value for key, value in properties.items() if value is not None}


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
    if kind == "struct_value":
        return _object({key: _from_proto(item) for key, item in value.struct_value.fields.items()})
    return None


def _object(fields: dict[str, Value]) -> Value:
    signature = fields.get(SIGNATURE)
    if signature is None:
        return fields
    if signature == SECRET_SIGNATURE:
        return Secret(unwrap(fields.get("value")))
    if signature in ASSET_SIGNATURES:
        raise NotSupported("assets and archives are not supported by the embedded engine. Next: use pulumi.")
    if signature == OUTPUT_SIGNATURE:
        raise NotSupported("output values are not supported by the embedded engine. Next: use pulumi.")
    return fields


def whole(number: float) -> int | float:
    """The number as an int when it is one; protobuf and JSON of other languages do not tell them apart."""
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


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
        if not secrets:
            _fill(target, value.value, secrets, references)
            return
        value = {SIGNATURE: SECRET_SIGNATURE, "value": value.value}
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_TEXT
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for item in value:
            _fill(target.list_value.values.add(), item, secrets, references)
    else:
        _fill_object(target, value, secrets, references)


def _fill_object(target: struct_pb2.Value, value: dict[str, Value], secrets: bool, references: bool) -> None:
    if not references and value.get(SIGNATURE) == REFERENCE_SIGNATURE:
        target.string_value = str(value.get("id") or value.get("urn") or "")
        return
    target.struct_value.SetInParent()
    for key, item in value.items():
        _fill(target.struct_value.fields[key], item, secrets, references)


def unwrap(value: Value) -> Value:
    """The value without any secret marks, at any depth."""
    if isinstance(value, Secret):
        return unwrap(value.value)
    if isinstance(value, list):
        return [unwrap(item) for item in value]
    if isinstance(value, dict):
        return {key: unwrap(item) for key, item in value.items()}
    return value


def holds_secret(value: Value) -> bool:
    if isinstance(value, Secret):
        return True
    if isinstance(value, list):
        return any(holds_secret(item) for item in value)
    return isinstance(value, dict) and any(holds_secret(item) for item in value.values())


def holds_unknown(value: Value) -> bool:
    if value is UNKNOWN:
        return True
    if isinstance(value, Secret):
        return holds_unknown(value.value)
    if isinstance(value, list):
        return any(holds_unknown(item) for item in value)
    return isinstance(value, dict) and any(holds_unknown(item) for item in value.values())


def same(left: Value, right: Value) -> bool:
    """Whether two values are equal without their secret marks. An unknown equals nothing, True is not 1."""
    left = left.value if isinstance(left, Secret) else left
    right = right.value if isinstance(right, Secret) else right
    if left is UNKNOWN or right is UNKNOWN or isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return (type(left) is type(right) and bool(left == right)) or _same_number(left, right)


def _same_number(left: Value, right: Value) -> bool:
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    return numbers and bool(left == right)


def mark_secrets(received: Properties, sent: Properties) -> Properties:
    """What a provider answered, with the marks of what it was sent put back by name.

    The provider does not accept secrets, so it lost them. An object is marked field by field, anything
    else as a whole. Source: recorded states; the real engine's ``annotateSecrets``.
    """
    marked = dict(received)
    for key, old in sent.items():
        if key not in marked or holds_secret(marked[key]):
            continue
        if isinstance(old, dict) and isinstance(marked[key], dict):
            marked[key] = mark_secrets(marked[key], old)
        elif holds_secret(old):
            marked[key] = Secret(marked[key])
    return marked


def mark_named(outputs: Properties, names: list[str]) -> Properties:
    return {k: Secret(v) if k in names and not isinstance(v, Secret) else v for k, v in outputs.items()}


def mark_like_inputs(outputs: Properties, inputs: Properties) -> Properties:
    """Every output whose input of the same name is secret becomes secret too."""
    return mark_named(outputs, [key for key, value in inputs.items() if isinstance(value, Secret)])


def masked(value: Value) -> Value:
    """The value as people may see it: secrets and unknowns replaced by their JSON stand-ins."""
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, list):
        return "[secret]" if any(isinstance(i, Secret) for i in value) else [masked(item) for item in value]
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    return value
