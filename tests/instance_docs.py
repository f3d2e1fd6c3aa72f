"""The table of docs/instance.md: from the inputs' own table, and from the requests that the tests saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from providers.linode.resources.instance.fields import FIELDS, Change, Field
from stacks.sources import PROJECT

DOCUMENT = PROJECT / "docs" / "instance.md"
BEGIN, END = "<!-- inputs -->\n", "<!-- /inputs -->"


def table(seen: Mapping[str, Sequence[str]]) -> str:
    """Markdown; `seen` has the writes that a change of each input sent for its Linode."""
    head = "| input | type | default | a change is made | requests seen |\n|---|---|---|---|---|\n"
    return head + "".join(_row(field, seen[field.name]) for field in FIELDS if field.name != "owner")


def _row(field: Field, calls: Sequence[str]) -> str:
    change = f"by `{field.policy}`" if field.policy else field.change.value
    note = f"; {field.note}" if field.note else ""
    shown = ", ".join(f"`{call}`" for call in calls) if calls else _no_calls(field)
    return f"| `{field.name}` | {field.kind} | {field.default} | {change}{note} | {shown} |\n"


def _no_calls(field: Field) -> str:
    return "–" if field.change in (Change.OURS, Change.AT_CREATION) else "none by default"


def with_table(document: str, made: str) -> str:
    """The document with the table between its marks."""
    before, rest = document.split(BEGIN)
    return f"{before}{BEGIN}{made}{END}{rest.split(END)[1]}"
