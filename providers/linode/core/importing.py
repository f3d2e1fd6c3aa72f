"""Bring what is there already under a stack: the file for `pulumi import --file`, and the program's lines.

A dynamic resource can't be imported by its id: the engine would have to read it through a provider that only
the program names. The file carries everything instead, so nothing is read.
"""

from __future__ import annotations

import fnmatch
import keyword
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from providers.linode.core.owner import Owner
from providers.linode.core.spec import R, Spec
from providers.linode.core.state_files import TYPE_TOKENS


@dataclass(frozen=True)
class Selection:
    """Which of a kind: those that meet everything that is given. `ids`: of a part of something as 12/345, too; `label`
    is a pattern: web-*.
    """

    ids: tuple[str, ...] = ()
    label: str | None = None
    tag: str | None = None
    region: str | None = None

    def takes(self, spec: Spec[Any, Any], record: Any) -> bool:
        return (
            (not self.ids or not {str(record.id), spec.import_id(record)}.isdisjoint(self.ids))
            and (self.label is None or fnmatch.fnmatchcase(record.label, self.label))
            and (self.tag is None or self.tag.casefold() in {tag.casefold() for tag in record.tags})
            and (self.region is None or getattr(record, "region", None) == self.region)
        )


def select(spec: Spec[Any, R], records: Iterable[R], selection: Selection) -> list[R]:
    """The chosen ones, by label."""
    return sorted((each for each in records if selection.takes(spec, each)), key=lambda each: each.label)


@dataclass(frozen=True)
class Found:
    """Something that is there, and what it is to be called in the program."""

    spec: Spec[Any, Any]
    record: Any
    name: str


def by_label(spec: Spec[Any, R], records: Iterable[R]) -> list[Found]:
    """Each by its label; where another one has that already, with its id."""
    taken: set[str] = set()
    found = []
    for record in records:
        name = f"{record.label}-{record.id}" if record.label in taken else record.label
        found.append(Found(spec, record, name))
        taken.add(record.label)
    return found


def import_file(found: Iterable[Found], owner: Owner, provider: Callable[[str], str]) -> dict[str, object]:
    """What `pulumi import --file` takes. `provider` gives a kind's serialized provider; `owner.name` is filled in.

    The account's own resource is not in it: the first `up` makes that.
    """
    rows = []
    for each in found:
        spec, record = each.spec, each.record
        owned = Owner(owner.account, owner.project, owner.stack, each.name).as_props()
        inputs = {**spec.imported(record), "owner": owned, "__provider": provider(spec.kind)}
        outs = {**inputs, **spec.outputs(record), "ready": True}
        known = {key: value for key, value in outs.items() if value is not None}
        rows.append({"type": TYPE_TOKENS + spec.kind, "name": each.name, "id": str(record.id), "inputs": inputs,
                     "outputs": known})  # fmt: skip
    return {"resources": rows}


def python_lines(found: Iterable[Found]) -> str:
    """The declarations for the program; protected, as `pulumi import` leaves it in the state."""
    lines: dict[str, str] = {}
    for each in found:
        word = re.sub(r"\W", "_", each.name).lower()
        word = f"linode_{word}" if word[:1].isdigit() or keyword.iskeyword(word) else word
        lines.update([_line(f"{word}_{each.spec.kind.lower()}" if word in lines else word, each)])
    return "\n".join(lines.values())


def _line(variable: str, found: Found) -> tuple[str, str]:
    arguments = ", ".join(f"{key}={value!r}" for key, value in found.spec.imported(found.record).items())
    protected = "opts=pulumi.ResourceOptions(protect=True)"
    return variable, f'{variable} = {found.spec.kind}("{found.name}", {arguments}, {protected})'
