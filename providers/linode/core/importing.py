"""Bring what is there already under a stack: the file for `pulumi import --file`, and the program's lines.

A dynamic resource can't be imported by its id: the engine would have to read it through a provider that only
the program names. The file carries everything instead, so nothing is read.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
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


def import_file(
    spec: Spec[Any, Any], records: Sequence[Any], owner: Owner, provider: str
) -> dict[str, object]:
    """What `pulumi import --file` takes. `provider` is the serialized provider; `owner.name` is filled in.

    The account's own resource is not in it: the first `up` makes that.
    """
    rows = []
    for name, record in _named(records):
        owned = Owner(owner.account, owner.project, owner.stack, name).as_props()
        inputs = {**spec.imported(record), "owner": owned, "__provider": provider}
        outs = {**inputs, **spec.outputs(record), "ready": True}
        found = {key: value for key, value in outs.items() if value is not None}
        rows.append({"type": TYPE_TOKENS + spec.kind, "name": name, "id": str(record.id), "inputs": inputs,
                     "outputs": found})  # fmt: skip
    return {"resources": rows}


def python_lines(spec: Spec[Any, Any], records: Sequence[Any]) -> str:
    """The declarations for the program; protected, as `pulumi import` leaves it in the state."""
    return "\n".join(_declaration(spec, name, record) for name, record in _named(records))


def _named(records: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Each by its label; where another one has that already, with its id."""
    taken: set[str] = set()
    for record in records:
        yield f"{record.label}-{record.id}" if record.label in taken else record.label, record
        taken.add(record.label)


def _declaration(spec: Spec[Any, Any], name: str, record: Any) -> str:
    arguments = ", ".join(f"{key}={value!r}" for key, value in spec.imported(record).items())
    protected = "opts=pulumi.ResourceOptions(protect=True)"
    return f'{_variable(name)} = {spec.kind}("{name}", {arguments}, {protected})'


def _variable(name: str) -> str:
    word = re.sub(r"\W", "_", name).lower()
    return f"linode_{word}" if word[:1].isdigit() else word
