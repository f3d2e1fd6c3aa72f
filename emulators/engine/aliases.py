"""Pure: the former URNs of a resource, by which its entry in the state may still be found.

Source: the real engine's ``step_generator.go`` (generateAliases).
"""

from __future__ import annotations

from emulators.engine import urns
from emulators.engine.steps import AliasSpec, Goal


def alias_urns(
    goal: Goal, urn: str, stack: str, project: str, parent_aliases: dict[str, list[str]]
) -> list[str]:
    """The former URNs of a goal, in the order in which to look for them, its own left out.

    The aliases of the parent give the child one each, and a child whose name begins with the parent's
    follows the parent's renaming.
    """
    found: list[str] = []
    for alias in goal.aliases:
        found.append(alias.urn or _alias_urn(alias, goal, stack, project))
        for former in parent_aliases.get(_alias_parent(alias, goal), ()) if not alias.urn else ():
            name = _follow(alias.name or goal.name, goal.parent, former)
            found.append(_make_alias(alias, goal, stack, project, former, name))
    found.extend(
        urns.make(stack, project, former, goal.type, _follow(goal.name, goal.parent, former))
        for former in parent_aliases.get(goal.parent, ())
    )
    return [alias for alias in dict.fromkeys(found) if alias != urn]


def _alias_parent(alias: AliasSpec, goal: Goal) -> str:
    return "" if alias.no_parent else alias.parent or goal.parent


def _alias_urn(alias: AliasSpec, goal: Goal, stack: str, project: str) -> str:
    return _make_alias(alias, goal, stack, project, _alias_parent(alias, goal), alias.name or goal.name)


def _make_alias(alias: AliasSpec, goal: Goal, stack: str, project: str, parent: str, name: str) -> str:
    return urns.make(alias.stack or stack, alias.project or project, parent, alias.type or goal.type, name)


def _follow(name: str, parent: str, former_parent: str) -> str:
    own, former = urns.name_of(parent), urns.name_of(former_parent)
    if urns.type_of(parent) == urns.STACK_TYPE:
        return name
    return former + name.removeprefix(own) if name.startswith(own) else name
