"""A registration as it comes over the wire, read as a Goal; an option that this engine lacks is refused.

Source: ``RegisterResourceRequest`` of the protocol; recorded calls.
"""

from __future__ import annotations

import re
from typing import Any

from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.plan.goals import AliasSpec, Goal
from emulators.engine.protocol.wire import from_struct
from emulators.engine.state.checkpoint import Resource
from emulators.engine.values import Json


def goal_of(request: Any, urn: str) -> Goal:
    """What a registration asks for. Raises NotSupported for an option that this engine does not have."""
    _refuse_unsupported(request)
    return Goal(
        Resource(
            urn=urn,
            type=request.type,
            custom=request.custom,
            inputs=from_struct(request.object),
            parent=request.parent,
            dependencies=list(request.dependencies),
            provider=request.provider,
            property_dependencies={
                key: list(value.urns) for key, value in sorted(request.propertyDependencies.items())
            },
            additional_secret_outputs=list(request.additionalSecretOutputs),
            custom_timeouts={
                name: seconds(text)
                for name in ("create", "update", "delete")
                if (text := getattr(request.customTimeouts, name))
            },
            deleted_with=request.deletedWith,
            ignore_changes=list(request.ignoreChanges),
            replace_on_changes=list(request.replaceOnChanges),
            hide_diff=list(request.hideDiffs),
            **position(request),
        ),
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        aliases=(*(AliasSpec(urn=urn) for urn in request.aliasURNs), *map(_alias, request.aliases)),
    )


def _refuse_unsupported(request: Any) -> None:
    trigger, hooks = request.replacement_trigger.WhichOneof("kind"), request.hooks
    unsupported = {
        "option replace_with": request.replace_with,
        "option state_migrations": request.state_migrations,
        "option env_var_mappings": request.envVarMappings,
        "option replacement_trigger": trigger not in (None, "null_value"),
        "option hooks": any(getattr(hooks, field.name) for field in hooks.DESCRIPTOR.fields),
        "a remote component": request.remote,
    }
    for what, used in unsupported.items():
        if used:
            raise NotSupported(what)
    if request.importId:
        raise EngineError(
            "option import_ does not work with Python dynamic providers, on no engine. "
            "Next: pulumi import --file"
        )


def _alias(alias: Any) -> AliasSpec:
    spec = alias.spec
    return AliasSpec(alias.urn, spec.name, spec.type, spec.stack, spec.project, spec.parentUrn, spec.noParent)


UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def seconds(text: str) -> float:
    """A duration such as ``1h30m`` or ``90s`` in seconds. Raises EngineError."""
    parts = DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise EngineError(f"custom timeout '{text}' is no duration such as 90s, 5m or 1h30m")
    total = sum(float(number) * UNITS[unit] for number, unit in parts)
    return int(total) if float(total).is_integer() else total


def position(request: Any) -> Json:
    """Where in the program a resource is declared, as an entry of the state has it."""

    def shown(place: Any) -> str:
        return f"{place.uri}#{place.line}" if place.uri and place.line else str(place.uri)

    trace = [{"sourcePosition": shown(frame.pc)} for frame in request.stackTrace.frames]
    return {"source_position": shown(request.sourcePosition), "stack_trace": trace}
