"""What a preview says, read from either form: one record per resource, secrets and unknowns as tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fleet.report.names import resource_name
from fleet.report.read.files import Frozen

Severity = Literal["warning", "error"]
Json = Mapping[str, object]

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is not known before the update has run. Source: the engine's protocol."""

SECRET = "[secret]"  # noqa: S105 - the mask itself
SECRET_KEY = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the engine's signature key, public
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's signature of a secret, public


@dataclass(frozen=True)
class State:
    """One side of a step. `protect` and the dependencies are as the engine tells them."""

    inputs: Json = field(default_factory=dict)
    outputs: Json = field(default_factory=dict)
    protect: bool = False
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """What is to happen to one resource.

    reasons: the properties that force a replacement. detailed: path to (kind, whether it is an input), None
    when the engine has not compared. order: position in the run. delete_first: None when it is not told.
    """

    op: str
    urn: str
    old: State | None
    new: State | None
    reasons: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    detailed: Mapping[str, tuple[str, bool]] | None = None
    order: int = 0
    delete_first: bool | None = None
    deleted_at: int | None = None


class Message(Frozen):
    """What an engine or a provider said. urn: of the resource that it is about, empty for none."""

    severity: Severity
    text: str
    urn: str = ""

    @property
    def resource(self) -> str:
        return resource_name(self.urn)


class Policy(Frozen):
    """What a policy pack found. level: mandatory, advisory; message in the pack's words."""

    name: str
    level: str
    urn: str
    message: str

    @property
    def resource(self) -> str:
        return resource_name(self.urn)


@dataclass(frozen=True)
class Reading:
    """Everything read from a preview.

    stack: its name, from the URNs. complete: the engine came to its end.
    has_sames: unchanged resources are among the steps.
    outputs: the stack's outputs, before and after; None when the form does not tell them.
    refreshed: whether the account was looked at for what the state has, if that has anything. gone: the URNs of what
    was not found there.
    """

    steps: tuple[Step, ...]
    stack: str = ""
    messages: tuple[Message, ...] = ()
    policies: tuple[Policy, ...] = ()
    policies_passed: int = 0
    outputs: tuple[Json, Json] | None = None
    complete: bool = True
    succeeded: bool | None = None
    has_sames: bool = False
    is_refresh: bool = False
    refreshed: bool = True
    gone: frozenset[str] = frozenset()


def clean(value: object) -> object:
    """The value with every secret object as the text [secret]."""
    if isinstance(value, dict):
        if value.get(SECRET_KEY) == SECRET_SIGNATURE:
            return SECRET
        return {str(key): clean(part) for key, part in value.items()}
    if isinstance(value, list):
        return [clean(part) for part in value]
    return value


def has_unknown(value: object) -> bool:
    if isinstance(value, dict):
        return any(has_unknown(part) for part in value.values())
    if isinstance(value, list):
        return any(has_unknown(part) for part in value)
    return value == UNKNOWN


def as_map(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


Dependencies = tuple[tuple[str, ...], Mapping[str, tuple[str, ...]]] | None
"""URNs that one side of a step is made from, and those of each property; None where that side is not there."""


def read_dependencies(value: object) -> Dependencies:
    """Of either form's state object."""
    if not isinstance(value, dict):
        return None
    by_property = as_map(value.get("propertyDependencies"))
    return texts(value.get("dependencies")), {key: texts(urns) for key, urns in by_property.items()}


def read_state(value: object) -> State | None:
    """Either form's state object; None when there is none."""
    if not isinstance(value, dict) or (made_from := read_dependencies(value)) is None:
        return None
    return State(
        inputs=as_map(clean(as_map(value.get("inputs")))),
        outputs=as_map(clean(as_map(value.get("outputs")))),
        protect=value.get("protect") is True,
        dependencies=made_from[0],
        property_dependencies=made_from[1],
    )


def read_detailed(value: object) -> Mapping[str, tuple[str, bool]] | None:
    """The engine's own comparison: `kind` in the digest, `diffKind` in events; None when it made none."""
    if not isinstance(value, Mapping) or not value:
        return None
    found = {}
    for path, entry in value.items():
        kind = str(as_map(entry).get("kind") or as_map(entry).get("diffKind") or "update")
        found[str(path)] = (kind.removesuffix("-replace"), as_map(entry).get("inputDiff") is True)
    return found
