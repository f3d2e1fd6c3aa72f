"""A registration as it comes over the wire, read as a Goal; an option that this engine lacks is refused.

Source: ``RegisterResourceRequest`` of the protocol; recorded calls.
"""

from __future__ import annotations

import re
from typing import Any

from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.steps import AliasSpec, Goal
from emulators.engine.values import from_struct

UNSUPPORTED_OPTIONS = {
    "replace_with": "replace_with",
    "state_migrations": "state_migrations",
    "envVarMappings": "env_var_mappings",
}


def goal_of(request: Any) -> Goal:
    """What a registration asks for. Raises NotSupported for an option that this engine does not have."""
    for field, option in UNSUPPORTED_OPTIONS.items():
        if getattr(request, field):
            raise NotSupported(f"option {option} is not supported by the embedded engine. Next: use pulumi")
    if request.importId:
        raise NotSupported(
            "option import_ does not work with Python dynamic providers, on no engine. "
            "Next: pulumi import --file"
        )
    if request.remote or any(getattr(request.hooks, name.name) for name in request.hooks.DESCRIPTOR.fields):
        raise NotSupported("remote components and hooks are not supported by the embedded engine")
    if request.HasField("replacement_trigger") and request.replacement_trigger.WhichOneof("kind") not in (
        None,
        "null_value",
    ):
        raise NotSupported("option replacement_trigger is not supported by the embedded engine")
    timeouts = request.customTimeouts
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=from_struct(request.object),
        parent=request.parent,
        dependencies=tuple(request.dependencies),
        property_dependencies={
            key: list(value.urns) for key, value in sorted(request.propertyDependencies.items())
        },
        provider=request.provider,
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        deleted_with=request.deletedWith,
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        aliases=(*(AliasSpec(urn=urn) for urn in request.aliasURNs), *map(_alias, request.aliases)),
        custom_timeouts={
            name: seconds(text)
            for name in ("create", "update", "delete")
            if (text := getattr(timeouts, name))
        },
        hide_diff=tuple(request.hideDiffs),
        source_position=source_position(request.sourcePosition),
        stack_trace=stack_trace(request.stackTrace),
    )


def _alias(alias: Any) -> AliasSpec:
    spec = alias.spec
    return AliasSpec(
        urn=alias.urn,
        name=spec.name,
        type=spec.type,
        stack=spec.stack,
        project=spec.project,
        parent=spec.parentUrn,
        no_parent=spec.noParent,
    )


UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def seconds(text: str) -> float:
    """A duration such as ``1h30m`` or ``90s`` in seconds. Raises EngineError."""
    parts = DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise EngineError(f"custom timeout '{text}' is no duration such as 90s, 5m or 1h30m")
    total = sum(float(number) * UNITS[unit] for number, unit in parts)
    return int(total) if float(total).is_integer() else total


def source_position(position: Any) -> str:
    if not position.uri:
        return ""
    return f"{position.uri}#{position.line}" if position.line else str(position.uri)


def stack_trace(trace: Any) -> tuple[dict[str, str], ...]:
    return tuple({"sourcePosition": source_position(frame.pc)} for frame in trace.frames)
