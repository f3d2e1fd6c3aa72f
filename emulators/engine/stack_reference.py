"""StackReference: the outputs of another stack of the same backend, read as a resource.

Source: the real engine's builtin provider; recorded states.
"""

from __future__ import annotations

from collections.abc import Callable

from emulators.engine import reads, urns
from emulators.engine.deployment import Deployment
from emulators.engine.events import Step, StepBegun, StepEnded
from emulators.engine.state import Resource
from emulators.engine.values import UNKNOWN_TEXT, Properties, holds_secret

StackReader = Callable[[str], Properties]


def read_reference(deployment: Deployment, new: Resource, read_stack: StackReader) -> Resource:
    """Put the named stack's outputs into the state and hand them to the program."""
    name = str(new.inputs.get("name") or new.id)
    registry = deployment.registry
    registry.refuse_second(new.urn)
    new.provider = deployment.references.default(urns.BUILTIN_PACKAGE)
    registry.registered[new.urn] = new
    step = Step("read", new.urn, None, new)
    deployment.executor.emit(StepBegun(step))
    if name == UNKNOWN_TEXT:
        return new
    outputs = read_stack(name)
    new.id = name
    secret_names = sorted(key for key, value in outputs.items() if holds_secret(value))
    new.outputs = {"name": name, "outputs": outputs, "secretOutputNames": secret_names}
    reads.keep(registry, new)
    deployment.executor.emit(StepEnded(step, "read"))
    return new
