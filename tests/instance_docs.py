"""The table of docs/instance.md: from the inputs' own declarations, and from the requests that the tests saw."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Literal, Union, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

from providers.linode.core.args import Field
from providers.linode.core.effects import KEPT, OURS
from providers.linode.project import PROJECT
from providers.linode.resources.instance.args import InstanceArgs

DOCUMENT = PROJECT / "docs" / "instance.md"
KINDS: Mapping[object, str] = {str: "text", int: "number", bool: "true or false", dict: "map"}


def table(seen: Mapping[str, Sequence[str]]) -> str:
    """Markdown; `seen` has the writes that a change of each input sent for its Linode."""
    head = "| input | type | default | a change is made | requests seen |\n|---|---|---|---|---|\n"
    return head + "".join(_row(field, seen[field.name]) for field in InstanceArgs.documented())


def _row(field: Field, calls: Sequence[str]) -> str:
    change = f"by `{field.policy}`" if field.policy else field.takes.how
    note = f"; {field.note}" if field.note else ""
    shown = ", ".join(f"`{call}`" for call in calls) if calls else _no_calls(field)
    return f"| `{field.name}` | {_kind(field)} | {field.default} | {change}{note} | {shown} |\n"


def _kind(field: Field) -> str:
    """`text: 3 to 64 characters`; where there is a choice, the docstring has the words."""
    kind = _named(get_type_hints(InstanceArgs, include_extras=True)[field.name])
    said = " ".join(field.doc.split()).partition(". ")[0].rstrip(".").replace('"', "")
    return ": ".join(part for part in (kind, said) if part)


def _named(hint: object) -> str:
    """A type in words, "" for a choice of words."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ""
    if origin is list:
        inner = _named(parts[0])
        return f"list of {inner.partition(' of ')[0]}s"
    if is_typeddict(hint):
        return f"map of {', '.join(get_type_hints(hint))}"
    if hasattr(hint, "__metadata__"):
        return _named(parts[0])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_named(part) for part in parts if part is not types.NoneType))
    return KINDS[origin or hint]


def _no_calls(field: Field) -> str:
    return "–" if field.takes in (KEPT, OURS) else "none by default"
