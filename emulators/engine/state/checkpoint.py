"""The checkpoint: what a stack's resources are, as Pulumi's own JSON, checked at every read.

``{"version": 3, "checkpoint": {"stack": ..., "latest": {manifest, secrets_providers, resources,
pending_operations, metadata}}}``. Empty fields are left out, except ``custom``. Version 4 is the same with
a list of features, of which none is known here.
Source: Pulumi's ``apitype`` (ResourceV3, DeploymentV3) and recorded state files.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from emulators.engine import urns
from emulators.engine.errors import NotSupported, StateCorrupt
from emulators.engine.state.secrets import Crypter
from emulators.engine.values import Json, Properties, Value, dump, from_state, to_state


def now() -> str:
    """The time of day, as states and locks have it."""
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


@dataclass
class Resource:
    """One entry of the state."""

    urn: str
    type: str
    custom: bool = False
    delete: bool = False
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    external: bool = False
    dependencies: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    provider: str = ""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    created: str = ""
    modified: str = ""
    source_position: str = ""
    stack_trace: list[Json] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    hide_diff: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return urns.name_of(self.urn)

    @property
    def reference(self) -> str:
        """A provider's, by which what it manages refers to it."""
        return f"{self.urn}::{self.id}"

    def changed(self, **fields: Any) -> Resource:
        return dataclasses.replace(self, **fields)

    def all_dependencies(self) -> set[str]:
        """Every URN that has to exist for this one: its parent, provider and what it is deleted with too."""
        needed = {self.parent, self.deleted_with, urns.provider_urn(self.provider)}
        return needed.union(self.dependencies, *self.property_dependencies.values()) - {""}

    def references(self, change: Callable[[str], str]) -> Json:
        """The fields that refer to other entries, with each URN changed; one that becomes "" is left out."""
        by_key = self.property_dependencies
        return {
            "parent": change(self.parent),
            "deleted_with": change(self.deleted_with),
            "dependencies": list(filter(None, map(change, self.dependencies))),
            "property_dependencies": {key: list(filter(None, map(change, by_key[key]))) for key in by_key},
        }

    def same_as(self, other: Resource) -> bool:
        """Whether writing this instead of the other would change anything that matters."""
        ignored = {"created": "", "modified": "", "source_position": "", "stack_trace": []}
        return self.changed(**ignored) == other.changed(**ignored)


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


JSON_NAMES = {f.name: _camel_case(f.name) for f in dataclasses.fields(Resource)} | {"import_id": "importID"}
FIELD_NAMES = {json_name: name for name, json_name in JSON_NAMES.items()}
ALWAYS_WRITTEN = {"urn", "custom", "type"}
PROPERTIES = {"inputs", "outputs"}
HARMLESS_WHEN_EMPTY = {
    "taint", "replaceWith", "replacementTrigger", "refreshBeforeUpdate", "viewOf", "resourceHooks",
    "extensionRef", "snippetID",
}  # fmt: skip


@dataclass
class Operation:
    """Something that was begun and whose end is not recorded."""

    resource: Resource
    type: str


@dataclass
class Checkpoint:
    """All that the state of a stack knows."""

    resources: list[Resource] = field(default_factory=list)
    pending_operations: list[Operation] = field(default_factory=list)
    manifest: Json = field(default_factory=dict)
    metadata: Json = field(default_factory=dict)


def resource_to_json(resource: Resource, crypter: Crypter) -> Json:
    return resource_as_json(resource, lambda value: to_state(value, crypter.encrypt))


def resource_as_json(resource: Resource, shown: Callable[[Properties], Value]) -> Json:
    """The entry as the state has it, but for its inputs and outputs, which are given in the form asked for."""
    fields = {name: getattr(resource, name) for name in JSON_NAMES}
    return {
        JSON_NAMES[name]: shown(value) if name in PROPERTIES else value
        for name, value in fields.items()
        if value or name in ALWAYS_WRITTEN
    }


def resource_from_json(document: Json, crypter: Crypter) -> Resource:
    fields: Json = {}
    for json_name, value in document.items():
        if name := FIELD_NAMES.get(json_name):
            fields[name] = from_state(value, crypter.decrypt) if name in PROPERTIES else value
        elif value or json_name not in HARMLESS_WHEN_EMPTY:
            raise NotSupported(f"a state with '{json_name}'")
    return Resource(**{name: value for name, value in fields.items() if value is not None})


def members(entries: list[str], operations: list[Operation], metadata: Json, crypter: Crypter) -> bytes:
    """The text of a deployment's members after its secrets provider; entries are the resources' JSON."""
    parts = [f'"resources":[{",".join(entries)}]'] if entries else []
    if operations:
        pending = [{"resource": resource_to_json(op.resource, crypter), "type": op.type} for op in operations]
        parts.append(f'"pending_operations":{dump(pending)}')
    return ",".join([*parts, f'"metadata":{dump(metadata)}']).encode()


def checkpoint_from_json(document: Json, crypter: Crypter) -> Checkpoint:
    """The deployment in a checkpoint's ``latest`` or an export's ``deployment``. Not yet checked."""
    return Checkpoint(
        resources=[resource_from_json(item, crypter) for item in document.get("resources") or []],
        pending_operations=[
            Operation(resource_from_json(item["resource"], crypter), item["type"])
            for item in document.get("pending_operations") or []
        ],
        manifest=document.get("manifest") or {},
        metadata=document.get("metadata") or {},
    )


def check_version(document: Json) -> None:
    """Raises NotSupported for a checkpoint newer than this engine."""
    version = document.get("version", 0)
    features = document.get("features") or []
    if features or version not in (3, 4):
        named = f" with {', '.join(map(str, features))}" if features else ""
        raise NotSupported(f"checkpoint version {version}{named}")


def check_secrets_provider(document: Json) -> str:
    """The passphrase salt kept in the state, or "". Raises NotSupported for any other way of encryption."""
    providers = document.get("secrets_providers") or {}
    kind = providers.get("type") or ""
    if kind not in ("", "passphrase"):
        raise NotSupported(f"secrets provider '{kind}'", "passphrase")
    return str((providers.get("state") or {}).get("salt") or "")


def check_integrity(checkpoint: Checkpoint) -> None:
    """Raises StateCorrupt unless everything that a resource needs stands before it.

    Source: the real engine's ``snapshot/integrity.go``.
    """
    version, magic = checkpoint.manifest.get("version") or "", checkpoint.manifest.get("magic") or ""
    if (version or magic) and magic != hashlib.sha256(version.encode()).hexdigest():
        raise StateCorrupt("magic cookie mismatch: possible tampering/corruption detected")
    seen: set[str] = set()
    providers: set[str] = set()
    for resource in checkpoint.resources:
        _check_resource(resource, seen, providers)
        seen.add(resource.urn)
        if urns.is_provider(resource.type):
            providers.add(resource.reference)
    live = Counter(resource.urn for resource in checkpoint.resources if not resource.delete)
    for urn in (urn for urn, number in live.items() if number > 1):
        raise StateCorrupt(f"duplicate resource {urn} (not marked for deletion)")


def _check_resource(resource: Resource, seen: set[str], providers: set[str]) -> None:
    if not resource.urn or not resource.type:
        raise StateCorrupt("a resource lacks its 'urn' or 'type'")
    if resource.id and not resource.custom:
        raise StateCorrupt(f"resource '{resource.urn}' has 'custom' false but a non-empty id")
    if resource.provider and resource.provider not in providers:
        raise StateCorrupt(f"resource {resource.urn} refers to unknown provider {resource.provider}")
    needed = resource.all_dependencies() - {urns.provider_urn(resource.provider)}
    for dependency in sorted(needed - seen):
        raise StateCorrupt(f"resource {resource.urn} refers to {dependency}, which does not stand before it")


def parse(document: Any, crypter: Crypter) -> Checkpoint:
    """A checked checkpoint. Raises StateCorrupt, or NotSupported, with what is wrong."""
    try:
        checkpoint = checkpoint_from_json(document, crypter)
        check_integrity(checkpoint)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StateCorrupt(f"not a deployment: {type(error).__name__} {error}") from error
    return checkpoint
