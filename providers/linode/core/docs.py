"""The documentation of a kind's inputs, made from its Spec: a table that no document can contradict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict

from providers.linode.core.args import Field
from providers.linode.core.effects import KEPT, OURS
from providers.linode.core.spec import Spec

BEGIN, END = "<!-- inputs -->\n", "<!-- /inputs -->"
WORDS = {str: "text", int: "number", float: "number", bool: "true or false"}


def table(spec: Spec[Any, Any], seen: Mapping[str, Sequence[str]] | None = None) -> str:
    """Markdown, a line an input. `seen`: by input, the requests that a change of it was seen to make."""
    hints = get_type_hints(spec.args, include_extras=True)
    head = ["input", "type", "default", "a change is made", "note"] + (["requests seen"] if seen else [])
    rows = [head, ["---"] * len(head)]
    for field in spec.args.documented():
        change = f"by `{field.policy}`" if field.policy else field.takes.how
        told = " ".join((field.note or field.doc).split())
        row = [f"`{field.name}`", type_of(hints[field.name]), field.default, change, told]
        rows.append(row + ([_requests(field, seen[field.name])] if seen else []))
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)


def _requests(field: Field, calls: Sequence[str]) -> str:
    none = "–" if field.takes in (OURS, KEPT) else "none by default"
    return ", ".join(f"`{call}`" for call in calls) or none


def type_of(hint: Any) -> str:
    """An input's type in words: `list of maps of action, protocol and ports`."""
    if get_origin(hint) is Annotated:
        return type_of(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return " or ".join(dict.fromkeys(type_of(part) for part in get_args(hint) if part is not type(None)))
    if get_origin(hint) is Literal:
        return " or ".join(map(str, get_args(hint)))
    if get_origin(hint) is list:
        words = type_of(get_args(hint)[0])
        first, _, rest = words.partition(" ")
        return f"list of {first}s {rest}".strip()
    if is_typeddict(hint):
        return f"map of {', '.join(get_type_hints(hint))}"
    return WORDS.get(hint, "map")


def with_table(document: str, made: str) -> str:
    """The document with the table between its marks."""
    before, rest = document.split(BEGIN)
    return f"{before}{BEGIN}{made}{END}{rest.split(END)[1]}"
