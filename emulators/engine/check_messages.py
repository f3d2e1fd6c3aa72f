"""Pure: the sentences for what a provider finds wrong with inputs, as the real engine puts them.

Unlike there a secret value is never shown.
"""

from __future__ import annotations

from emulators.engine.state import Resource
from emulators.engine.values import Properties, Secret, masked


def check_message(resource: Resource, name: str, reason: str, given: Properties) -> str:
    """One failure of Check; no name when it is about the whole resource."""
    start = f"{resource.type} resource '{resource.name}'"
    if not name:
        return f"{start} has a problem: {reason}"
    value = given.get(name)
    if isinstance(value, Secret):
        return f"{start}: property {name} value [secret] has a problem: {reason}"
    return f"{start}: property {name} value {{{_shown(masked(value))}}} has a problem: {reason}"


def _shown(value: object) -> str:
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
