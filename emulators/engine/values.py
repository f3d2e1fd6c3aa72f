"""Property values inside the engine, and their form in the state.

Inside, a value is plain JSON (None, bool, int, float, str, list, dict) plus ``Secret`` and ``UNKNOWN``.
In the state a secret holds the ciphertext of its JSON. Their form on the wire: protocol/wire.py.
Source: the Pulumi SDK's ``runtime/rpc.py``; recorded state files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from emulators.engine.errors import NotSupported

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark of the wire format
ASSET_SIGNATURES: Final = {"c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"}
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Value = Any
Properties = dict[str, Value]
Json = dict[str, Any]


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


def whole(number: float) -> int | float:
    """The number as an int when it is one; protobuf and JSON of other languages do not tell them apart."""
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


def mapped(value: Value, change: Callable[[Value], Value]) -> Value:
    """The value with everything in it that is no list and no object changed, at any depth."""
    if isinstance(value, list):
        return [mapped(item, change) for item in value]
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    return change(value)


def leaves(value: Value, but: str = "") -> Iterator[Value]:
    """Everything in a value that is no list and no object; what is under the key named last is left out."""
    if isinstance(value, list):
        for item in value:
            yield from leaves(item, but)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != but:
                yield from leaves(item, but)
    else:
        yield value


def unwrap(value: Value) -> Value:
    """The value without any secret marks, at any depth."""
    return mapped(value, lambda leaf: unwrap(leaf.value) if isinstance(leaf, Secret) else leaf)


def holds_secret(value: Value) -> bool:
    return any(isinstance(leaf, Secret) for leaf in leaves(value))


def holds_unknown(value: Value) -> bool:
    return any(leaf is UNKNOWN for leaf in leaves(unwrap(value)))


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
    return bool(left == right)


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


def mark_like_inputs(outputs: Properties, inputs: Properties, named: Iterable[str] = ()) -> Properties:
    """Every output that is named, or whose input of the same name is secret, becomes secret too."""
    secret = {*named, *(key for key, value in inputs.items() if isinstance(value, Secret))}
    return {k: Secret(v) if k in secret and not isinstance(v, Secret) else v for k, v in outputs.items()}


def masked(value: Value) -> Value:
    """The value as people may see it: secrets and unknowns replaced by their JSON stand-ins."""
    if isinstance(value, list):
        return "[secret]" if any(isinstance(i, Secret) for i in value) else [masked(item) for item in value]
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    return "[secret]" if isinstance(value, Secret) else UNKNOWN_TEXT if value is UNKNOWN else value


def dump(value: Any) -> str:
    """JSON as states have it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def to_state(value: Value, encrypt: Callable[[str], str]) -> Value:
    """The value as the state file holds it: a secret's plain text is the JSON of its value."""

    def leaf(value: Value) -> Value:
        if isinstance(value, Secret):
            plain = dump(to_state(value.value, encrypt))
            return {SIGNATURE: SECRET_SIGNATURE, "ciphertext": encrypt(plain)}
        return UNKNOWN_TEXT if value is UNKNOWN else value

    return mapped(value, leaf)


def from_state(value: Value, decrypt: Callable[[str], str]) -> Value:
    """The value that a state file holds. A plaintext form (from an export) is read too."""
    if isinstance(value, float):
        return whole(value)
    if isinstance(value, list):
        return [from_state(item, decrypt) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) == SECRET_SIGNATURE:
        plain = value["plaintext"] if "plaintext" in value else decrypt(value["ciphertext"])
        return Secret(from_state(json.loads(plain), decrypt))
    if value.get(SIGNATURE) in ASSET_SIGNATURES:
        raise NotSupported("a state with assets or archives")
    return {key: from_state(item, decrypt) for key, item in value.items()}
