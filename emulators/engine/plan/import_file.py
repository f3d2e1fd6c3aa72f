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
    try:
        document = json.loads(text)
    except ValueError as error:
        raise EngineError(f"could not read import file: not JSON ({error})") from error
    _require(isinstance(document, dict), "could not read import file: not an object")
    if document.get("providerInputs"):
        raise NotSupported("'providerInputs'")
    specs, names = document.get("resources") or [], document.get("nameTable") or {}
    are_objects = isinstance(specs, list) and all(isinstance(spec, dict) for spec in specs)
    _require(are_objects, "could not read import file: 'resources' is not a list of objects")
    are_urns = isinstance(names, dict) and all(urns.is_urn(str(urn)) for urn in names.values())
    _require(are_urns, "could not read import file: 'nameTable' is not an object of URNs")
    _require(bool(specs), "could not read import file: it has no resources")
    return _Resolver(
        [_Spec(spec, place) for place, spec in enumerate(specs)], names, stack, project, decrypt
    ).all()


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise EngineError(otherwise)


class _Spec:
    """One resource of the file, checked. Name and logical name stand in for each other."""

    def __init__(self, spec: Json, place: int) -> None:
        name, logical = spec.get("name") or "", spec.get("logicalName") or ""
        self.name, self.logical_name, self.type = name or logical, logical or name, spec.get("type") or ""
        self.id, self.component = str(spec.get("id") or ""), bool(spec.get("component"))
        self.parent, self.provider = spec.get("parent") or "", spec.get("provider") or ""
        self.inputs, self.outputs = spec.get("inputs") or {}, spec.get("outputs") or {}
        shown = self.name or self.id
        self.what = f"resource '{shown}'" if shown else f"resource {place}"
        if self.type:
            self.what += f" of type '{self.type}'"
        for key, word in (("type", self.type), ("name", self.name)):
            _require(isinstance(word, str) and bool(word), f"{self.what} has no {key}")
        _require(self.component or bool(self.id), f"{self.what} has no ID")
        _require(not (self.component and self.id), f"{self.what} has an ID, but is marked as a component")
        for key in LEFT_TO_PULUMI:
            if spec.get(key):
                raise NotSupported(f"{self.what}: '{key}'")
        if urns.is_provider(self.type):
            next_step = "declare it in the program and run `up` first"
            raise NotSupported(f"{self.what}: importing a provider", next_step=next_step)
        for key, properties in (("inputs", self.inputs), ("outputs", self.outputs)):
            _require(isinstance(properties, dict), f"{self.what}: '{key}' is not an object")
            missing = f"no '__provider' in its {key}" if properties else f"no {key}"
            _require(
                self.component or "__provider" in properties,
                f"{self.what} has {missing}: a Python dynamic provider cannot read by id alone. Next: give inputs "
                "and outputs, with '__provider' in both",
            )


@dataclass
class _Resolver:
    """Names turned into URNs."""

    specs: list[_Spec]
    names: dict[str, str]
    stack: str
    project: str
    decrypt: Callable[[str], str]

    def __post_init__(self) -> None:
        self._count = Counter(spec.name for spec in self.specs)
        self._found: dict[str, str] = {}

    def all(self) -> list[Import]:
        waiting, done = self.specs, []
        while waiting:
            ready = [spec for spec in waiting if self._parent_known(spec)]
            _require(bool(ready), f"{waiting[0].what} is its own ancestor")
            done += [self._resolved(spec) for spec in ready]
            waiting = [spec for spec in waiting if spec not in ready]
        taken = Counter(item.urn for item in done)
        for item in done:
            duplicate = f"duplicate import '{urns.name_of(item.urn)}' of type '{item.type}'"
            _require(taken[item.urn] == 1, duplicate)
        return done

    def _parent_known(self, spec: _Spec) -> bool:
        if not spec.parent or spec.parent in self.names or spec.parent in self._found:
            return True
        nowhere = f"the parent '{spec.parent}' for {spec.what} has no entry in 'nameTable'"
        _require(spec.parent in self._count, nowhere)
        return False

    def _resolved(self, spec: _Spec) -> Import:
        parent = provider = ""
        if spec.parent:
            _require(self._count[spec.parent] <= 1, f"{spec.what} has an ambiguous parent")
            parent = self.names.get(spec.parent) or self._found[spec.parent]
        urn = urns.make(self.stack, self.project, parent, spec.type, spec.logical_name)
        self._found[spec.name] = urn
        if spec.provider:
            start = f"the provider '{spec.provider}' for {spec.what}"
            provider = self.names.get(spec.provider, "")
            _require(bool(provider), f"{start} has no entry in 'nameTable' or 'resources'")
            _require(urns.is_provider(urns.type_of(provider)), f"{start} is not a provider")
        inputs, outputs = from_state(spec.inputs, self.decrypt), from_state(spec.outputs, self.decrypt)
        return Import(urn, spec.id, not spec.component, parent, provider, inputs, outputs)
