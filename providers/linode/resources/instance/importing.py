"""Bring Linodes that are there already under a stack: the file for `pulumi import --file`, and the program's lines.

A dynamic resource can't be imported by its id: the engine would have to read it through a provider that only
the program names. The file carries everything instead, so nothing is read. Pure.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from providers.linode.api.records import Linode
from providers.linode.core.owner import Owner, users_tags
from providers.linode.resources.instance.outputs import outputs

TYPE_TOKEN = "pulumi-python:dynamic/linode:Instance"  # noqa: S105 - the resource's type, no secret
"""A stored format: the type under which states hold instances."""


@dataclass(frozen=True)
class Selection:
    """Which Linodes: those that meet everything that is given. `label` is a pattern: web-*."""

    ids: tuple[int, ...] = ()
    label: str | None = None
    tag: str | None = None
    region: str | None = None

    def takes(self, linode: Linode) -> bool:
        return (
            (not self.ids or linode.id in self.ids)
            and (self.label is None or fnmatch.fnmatchcase(linode.label, self.label))
            and (self.tag is None or self.tag.casefold() in {tag.casefold() for tag in linode.tags})
            and (self.region is None or linode.region == self.region)
        )


def select(linodes: Iterable[Linode], selection: Selection) -> list[Linode]:
    """The chosen Linodes, by label."""
    return sorted((linode for linode in linodes if selection.takes(linode)), key=lambda linode: linode.label)


def declared_inputs(linode: Linode) -> dict[str, object]:
    """The inputs that say what the Linode is; what can't be read back is left out, and so never compared."""
    inputs: dict[str, object] = {
        "type": linode.type,
        "region": linode.region,
        "image": linode.image,
        "label": linode.label,
        "tags": users_tags(linode.tags) or None,
        "backups_enabled": True if linode.backups.enabled else None,
        "watchdog_enabled": None if linode.watchdog_enabled else False,
        "placement_group": linode.placement_group.id if linode.placement_group else None,
    }
    return {key: value for key, value in inputs.items() if value is not None}


def import_file(linodes: Sequence[Linode], owner: Owner, provider: str) -> dict[str, object]:
    """What `pulumi import --file` takes. `provider` is the serialized provider; `owner.name` is filled in.

    The account's own resource is not in it: the first `up` makes that.
    """
    return {"resources": [_resource(linode, owner, provider) for linode in linodes]}


def _resource(linode: Linode, owner: Owner, provider: str) -> dict[str, object]:
    name = resource_name(linode.label)
    owned = Owner(owner.account, owner.project, owner.stack, name).as_props()
    inputs: dict[str, object] = {**declared_inputs(linode), "owner": owned, "__provider": provider}
    found = {key: value for key, value in outputs(inputs, linode).items() if value is not None}
    return {"type": TYPE_TOKEN, "name": name, "id": str(linode.id), "inputs": inputs, "outputs": found}


def python_lines(linodes: Sequence[Linode]) -> str:
    """The declarations for the program; `account` is the stack's Account."""
    return "\n".join(_declaration(linode) for linode in linodes)


def _declaration(linode: Linode) -> str:
    name = resource_name(linode.label)
    arguments = ", ".join(f"{key}={value!r}" for key, value in declared_inputs(linode).items())
    return f'{_variable(name)} = Instance("{name}", InstanceArgs({arguments}), account)'


def resource_name(label: str) -> str:
    """The resource's name: the label, which is unique in the account too."""
    return label


def _variable(name: str) -> str:
    word = re.sub(r"\W", "_", name).lower()
    return f"linode_{word}" if word[:1].isdigit() else word
