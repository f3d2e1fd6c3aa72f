"""What a preview knows of a resource that is changed in place: the outputs that the change leaves as they are.

An engine calls no provider for a change in a preview and takes the inputs for outputs: all others are unknown, and
whatever uses them would look changed, or recreated. So the program looks for itself, in one list of each kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import pulumi
from pulumi.output import UNKNOWN, Unknown
from pulumi.runtime.config import get_config

from providers.linode.api.errors import LinodeError
from providers.linode.core import diff, runtime
from providers.linode.core.spec import Spec

FOUND, ALL = "_foreseen", ""
"""Where a resource keeps them, by their names, and all together."""

Found = Mapping[str, object]
"""By output."""


class Declared:
    """An attribute of a resource class: the output of that name, in a preview with what is known of it.

    Looked for when the program asks: most programs ask for few outputs, and each takes tasks of its own.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, resource: Any, _class: type) -> Any:
        if resource is None or self._name not in resource.__dict__:
            raise AttributeError(f"{_class.__name__} has no attribute '{self._name}'")
        if not pulumi.runtime.is_dry_run() or self._name not in resource._spec.lasting:
            return resource.__dict__[self._name]
        made: dict[str, pulumi.Output[Any]] = resource.__dict__.setdefault(FOUND, {})
        if self._name not in made:
            output = resource.__dict__[self._name]
            made[self._name] = output.apply(partial(_or_found, resource, self._name), run_with_unknowns=True)
        return made[self._name]

    def __set__(self, resource: Any, value: object) -> None:
        resource.__dict__[self._name] = value


def _or_found(resource: Any, name: str, value: object) -> Any:
    if not _is_unknown(value):
        return value
    made = resource.__dict__[FOUND]
    if ALL not in made:
        made[ALL] = _found(resource, resource._spec)
    return made[ALL].apply(lambda outputs: outputs.get(name, UNKNOWN), run_with_unknowns=True)


def _is_unknown(value: object) -> bool:
    return isinstance(value, Unknown)


def _found(resource: pulumi.CustomResource, spec: Spec[Any, Any]) -> pulumi.Output[Found]:
    runtime.learn({key: get_config(key) for key in runtime.CONFIG_KEYS})
    there = resource.__dict__
    causes = {name for each in spec.lasting.values() for name in each} | {spec.parent}
    inputs = {name: there[name] for name in causes & there.keys()}
    open_ = [there[name].apply(_is_unknown, run_with_unknowns=True) for name in spec.lasting]
    known = pulumi.Output.all(id=resource.id, open=open_, inputs=inputs)
    return known.apply(partial(_look, spec, pulumi.get_stack()), run_with_unknowns=True)


def _look(spec: Spec[Any, Any], stack: str, known: Any) -> Any:
    """Of what is new, recreated, or changed to what isn't known yet, there is nothing to look for. Nor of what isn't
    changed: some outputs are known then, and in a preview the SDK has what the state lacks as unknown.
    """
    if _is_unknown(known) or _is_unknown(known["id"]) or not all(known["open"]):
        return {}
    return asyncio.to_thread(_lasting, spec, stack, str(known["id"]), known["inputs"])


def _lasting(spec: Spec[Any, Any], stack: str, id_: str, inputs: Mapping[str, Any]) -> Found:
    """Those of one with that id which none of the inputs will change; none where the account can't be asked."""
    spec = spec.within(inputs)
    try:
        session = runtime.of_stack(stack)
        if (record := session.listed(spec, id_)) is None:
            return {}
        changed = {*diff.differing(spec.args, spec.seen(session, record, spec.args.read(inputs)), inputs)}
    except LinodeError:
        return {}
    said = spec.outputs(record)
    return {
        name: said[name]
        for name, causes in spec.lasting.items()
        if said.get(name) is not None and not changed & {*causes}
    }
