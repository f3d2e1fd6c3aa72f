"""Pure: what the program wants one resource to be, and by which former URNs its old entry may be found.

Source: the real engine's ``step_generator.go`` (generateAliases).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from emulators.engine import urns
from emulators.engine.state.checkpoint import Resource


@dataclass(frozen=True)
class AliasSpec:
    """A former identity: a whole URN, or the parts that differed."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(frozen=True)
class Goal:
    """One registration: the new entry as far as the program gives it, and what no entry of the state holds.

    None is for what the program leaves to the parent, or to the provider.
    """

    new: Resource
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    aliases: tuple[AliasSpec, ...] = ()


@dataclass
class Registered:
    """What the program hears of a registration. What a target left out is not made: its outputs are unknown."""

    resource: Resource
    failed: bool = False
    left_out: bool = False


def alias_urns(
    new: Resource, aliases: Iterable[AliasSpec], parent_aliases: dict[str, list[str]]
) -> list[str]:
    """The former URNs of a resource, in the order in which to look for them, its own left out.

    The aliases of the parent give the child one each, and a child whose name begins with the parent's
    follows the parent's renaming.
    """
    stack, project, _, _ = urns.parts(new.urn)

    def former_urn(alias: AliasSpec, parent: str, name: str) -> str:
        type_ = alias.type or new.type
        return urns.make(alias.stack or stack, alias.project or project, parent, type_, name)

    found: list[str] = []
    for alias in (*aliases, None):  # last: none of its own, only the parent's
        spec = alias or AliasSpec()
        parent = "" if spec.no_parent else spec.parent or new.parent
        name = spec.name or new.name
        if alias:
            found.append(spec.urn or former_urn(spec, parent, name))
        if not spec.urn:
            parents = parent_aliases.get(parent, ())
            found += [former_urn(spec, former, _follow(name, new.parent, former)) for former in parents]
    return [urn for urn in dict.fromkeys(found) if urn != new.urn]


def _follow(name: str, parent: str, former_parent: str) -> str:
    own, former = urns.name_of(parent), urns.name_of(former_parent)
    if urns.type_of(parent) == urns.STACK_TYPE:
        return name
    return former + name.removeprefix(own) if name.startswith(own) else name
