"""Pure: the file of ``import --file``, read and checked.

``{"nameTable": {name: urn}, "resources": [{type, name, id, inputs, outputs, parent?, provider?, ...}]}``.
A resource has to bring its whole state: a Python dynamic provider is found through ``__provider`` in the
state, so none can be asked to read by id alone, on either engine.
Source: the real command line's ``operations/import.go``; recorded files.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from emulators.engine import urns
from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.values import Json, Properties, from_state

LEFT_TO_PULUMI = ("remote", "parameterization", "extension", "version", "pluginDownloadUrl")


@dataclass(frozen=True)
class Import:
    """One resource to take over. No parent means the stack, no provider the default one."""

    urn: str
    id: str
    custom: bool
    parent: str
    provider: str
    inputs: Properties
    outputs: Properties

    @property
    def type(self) -> str:
        return urns.type_of(self.urn)


def parse(text: str, stack: str, project: str, decrypt: Callable[[str], str]) -> list[Import]:
    """The imports of a file, parents before children. Raises EngineError, NotSupported."""
    document = _document(text)
    specs = [_named(spec) for spec in document["resources"]]
    if not specs:
        raise EngineError("could not read import file: it has no resources")
    for place, spec in enumerate(specs):
        _check(spec, _described(place, spec))
    return _Resolver(specs, document["nameTable"], stack, project, decrypt).all()


def _document(text: str) -> Json:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise EngineError(f"could not read import file: not JSON ({error})") from error
    if not isinstance(document, dict):
        raise EngineError("could not read import file: not an object")
    if document.get("providerInputs"):
        raise NotSupported("'providerInputs' is not supported by the embedded engine. Next: use pulumi")
    resources, names = document.get("resources") or [], document.get("nameTable") or {}
    if not isinstance(resources, list) or not all(isinstance(spec, dict) for spec in resources):
        raise EngineError("could not read import file: 'resources' is not a list of objects")
    if not isinstance(names, dict) or not all(
        isinstance(urn, str) and urns.is_urn(urn) for urn in names.values()
    ):
        raise EngineError("could not read import file: 'nameTable' is not an object of URNs")
    return {"resources": resources, "nameTable": names}


def _named(spec: Json) -> Json:
    """Name and logical name stand in for each other."""
    name, logical = spec.get("name"), spec.get("logicalName")
    return {**spec, "name": name or logical or "", "logicalName": logical or name or ""}


def _described(place: int, spec: Json) -> str:
    name = f"'{spec['name'] or spec.get('id')}'" if spec["name"] or spec.get("id") else str(place)
    return f"resource {name} of type '{spec['type']}'" if spec.get("type") else f"resource {name}"


def _check(spec: Json, what: str) -> None:
    """Raises EngineError for what is missing or of the wrong kind."""
    for key in ("type", "name"):
        if not isinstance(spec.get(key), str) or not spec[key]:
            raise EngineError(f"{what} has no {key}")
    component = bool(spec.get("component"))
    if component == bool(spec.get("id")):
        raise EngineError(
            f"{what} has an ID, but is marked as a component" if component else f"{what} has no ID"
        )
    for key in LEFT_TO_PULUMI:
        if spec.get(key):
            raise NotSupported(f"{what}: '{key}' is not supported by the embedded engine. Next: use pulumi")
    if urns.is_provider(spec["type"]):
        raise NotSupported(
            f"{what}: importing a provider is not supported by the embedded engine. Next: declare it in the "
            "program and run `up` first"
        )
    for key in ("inputs", "outputs"):
        if not isinstance(spec.get(key) or {}, dict):
            raise EngineError(f"{what}: '{key}' is not an object")
    if not component:
        _check_whole_state(spec, what)


def _check_whole_state(spec: Json, what: str) -> None:
    for key in ("inputs", "outputs"):
        if "__provider" not in (spec.get(key) or {}):
            missing = f"no '__provider' in its {key}" if spec.get(key) else f"no {key}"
            raise EngineError(
                f"{what} has {missing}: a Python dynamic provider cannot read by id alone. Next: give inputs "
                "and outputs, with '__provider' in both"
            )


class _Resolver:
    """Names turned into URNs."""

    def __init__(
        self,
        specs: list[Json],
        names: dict[str, str],
        stack: str,
        project: str,
        decrypt: Callable[[str], str],
    ) -> None:
        self._specs, self._names = specs, names
        self._stack, self._project, self._decrypt = stack, project, decrypt
        self._count = Counter(spec["name"] for spec in specs)
        self._found: dict[str, str] = {}

    def all(self) -> list[Import]:
        waiting, done = list(enumerate(self._specs)), []
        while waiting:
            ready = [(place, spec) for place, spec in waiting if self._parent_known(place, spec)]
            if not ready:
                raise EngineError(f"{_described(*waiting[0])} is its own ancestor")
            for place, spec in ready:
                done.append(self._resolved(place, spec))
            waiting = [item for item in waiting if item not in ready]
        taken = Counter(item.urn for item in done)
        for item in done:
            if taken[item.urn] > 1:
                raise EngineError(f"duplicate import '{urns.name_of(item.urn)}' of type '{item.type}'")
        return done

    def _parent_known(self, place: int, spec: Json) -> bool:
        parent = spec.get("parent")
        if not parent or parent in self._names or parent in self._found:
            return True
        if parent not in self._count:
            raise EngineError(
                f"the parent '{parent}' for {_described(place, spec)} has no entry in 'nameTable'"
            )
        return False

    def _urn_of(self, name: str, role: str, what: str) -> str:
        if self._count[name] > 1:
            raise EngineError(f"{what} has an ambiguous {role}")
        return self._names.get(name) or self._found[name]

    def _resolved(self, place: int, spec: Json) -> Import:
        what = _described(place, spec)
        parent = self._urn_of(spec["parent"], "parent", what) if spec.get("parent") else ""
        urn = urns.make(self._stack, self._project, parent, spec["type"], spec["logicalName"])
        self._found[spec["name"]] = urn
        inputs, outputs = (from_state(spec.get(key) or {}, self._decrypt) for key in ("inputs", "outputs"))
        component = bool(spec.get("component"))
        provider = self._provider(spec["provider"], what) if spec.get("provider") else ""
        return Import(urn, str(spec.get("id") or ""), not component, parent, provider, inputs, outputs)

    def _provider(self, name: str, what: str) -> str:
        urn = self._names.get(name)
        if urn is None:
            raise EngineError(f"the provider '{name}' for {what} has no entry in 'nameTable' or 'resources'")
        if not urns.is_provider(urns.type_of(urn)):
            raise EngineError(f"the provider '{name}' for {what} is not a provider")
        return urn
