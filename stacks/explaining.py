"""What is wrong with a stack's settings, where each value comes from, what differs, and the schema for editors.

Without Pulumi, a token or a network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stacks import inputs, sources
from stacks.errors import BadSettings
from stacks.layers import (
    ENVIRONMENTS,
    LINODE_SPACE,
    NULL_IS_A_VALUE,
    PROJECT_SPACE,
    Layer,
    Path_,
    dotted,
    leaves,
)
from stacks.settings import Settings, parse

SCHEMA = sources.FOLDER / "settings.schema.json"


def problem_of(stack: str) -> str | None:
    """What is wrong with an environment's settings, a line each; None if nothing."""
    try:
        parse(sources.of_files(stack), stack)
    except BadSettings as error:
        return str(error)
    return None


def explained(stack: str, layer: Layer) -> list[tuple[Path_, object, str]]:
    """(key path, value, place or "default") of everything that holds for a stack. Raises BadSettings."""
    return [
        (path, value, _origin(path, layer))
        for path, value in sorted(resolved(stack, layer).items(), key=lambda item: dotted(item[0]))
    ]


def _origin(path: Path_, layer: Layer) -> str:
    """The place of a value; of a group's region that of the stack's own, where that holds for it."""
    of_stack = (f"{PROJECT_SPACE}region",)
    if path[2:3] == ("region",) and path[3:] != ("capabilities",) and _is_set(of_stack, layer):
        path = path if _is_set((*path[:3], "ids"), layer) else of_stack
    return str(layer.place_of(path)) if _is_set(path, layer) else "default"


def resolved(stack: str, layer: Layer) -> dict[Path_, object]:
    """Every single value that holds for a stack, by key path, with the model's defaults. Raises BadSettings."""
    dumped = parse(layer, stack).model_dump(mode="json", by_alias=True)
    spaces: dict[str, object] = {f"{PROJECT_SPACE}{key}": value for key, value in dumped.items()}
    spaces |= {key: value for key, value in layer.values.items() if key.startswith(LINODE_SPACE)}
    said = {path: value for path, value in leaves(spaces) if value not in ([], {})}
    return {path: value for path, value in said.items() if value is not None or path[-1] in NULL_IS_A_VALUE}


def _is_set(path: Path_, layer: Layer) -> bool:
    at: object = layer.values
    for part in path:
        if not isinstance(at, Mapping) or part not in at:
            return False
        at = at[part]
    return True


def differences(
    one: Mapping[Path_, object], other: Mapping[Path_, object]
) -> list[tuple[Path_, object, object]]:
    """(key path, value here, value there) where they differ; None where a value is missing."""
    paths = sorted({*one, *other}, key=dotted)
    return [(path, one.get(path), other.get(path)) for path in paths if one.get(path) != other.get(path)]


def schema_text() -> str:
    """The JSON schema of a stack's file: common.yaml's values may be left out, so nothing is required."""
    made = Settings.model_json_schema(by_alias=True)
    definitions = made.pop("$defs")
    for definition in definitions.values():
        definition.pop("required", None)
    _hand_on(definitions, made["properties"])
    spaces = {f"{PROJECT_SPACE}{key}": value for key, value in made["properties"].items()}
    text = {"type": "string"}
    secret = {"anyOf": [text, {"type": "object", "properties": {"secure": text}}]}
    spaces |= {"linode:token": secret, "linode:url": text, "linode:account": text}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of a stack",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": _with_nulls(spaces, of_map=True),
                "patternProperties": {f"^(?!{PROJECT_SPACE}|{LINODE_SPACE})[^:]+:": {}},  # of other providers
                "additionalProperties": False,
            },
            "encryptionsalt": text,
            ENVIRONMENTS: {"type": "array", "items": text, "uniqueItems": True},
        },
        "$defs": _with_nulls(definitions),
    }
    return json.dumps(_for_editors(document), indent=2, sort_keys=True) + "\n"


def _hand_on(definitions: dict[str, Any], properties: dict[str, Any]) -> None:
    """Put in what settings hand on to the kinds of resource. A label is a pattern with places here."""
    group = definitions["Group"]
    of_servers, shared = inputs.SERVER.schema()
    definitions.update(shared)
    text = {"type": "string"}
    group["properties"] = {**of_servers, **group["properties"], "label": text}
    group["additionalProperties"] = False
    for target, kind in (
        (group["properties"]["volumes"], inputs.VOLUME),
        (properties["firewalls"], inputs.FIREWALL),
        (properties["zones"], inputs.ZONE),
    ):
        each, shared = kind.schema()
        definitions.update(shared)
        own = {**each, "label": text} if "label" in each else each
        target["additionalProperties"] = {"type": "object", "properties": own, "additionalProperties": False}
    port, shared = inputs.port_schema()
    definitions.update(shared)
    group["properties"]["load_balancer"]["items"] = port


def _with_nulls(schema: Any, *, of_map: bool = False) -> Any:
    """The schema with null for everything in a map: it removes what common.yaml says. `of_map`: schemas by key."""
    if isinstance(schema, list):
        return [_with_nulls(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if of_map:
        return {name: _or_null(_with_nulls(part)) for name, part in schema.items()}
    found = {key: _with_nulls(part, of_map=key == "properties") for key, part in schema.items()}
    if isinstance(each := found.get("additionalProperties"), dict):
        found["additionalProperties"] = _or_null(each)
    return found


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    null = {"type": "null"}
    if (one_of := schema.get("anyOf")) is not None:
        return schema if null in one_of else {**schema, "anyOf": [*one_of, null]}
    if isinstance(kind := schema.get("type"), str) and not {"enum", "const"} & schema.keys():
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, null]} if schema else schema


def _for_editors(schema: Any) -> Any:
    """Patterns as JSON schemas have them: Python's ends of a text are letters in there."""
    if isinstance(schema, list):
        return [_for_editors(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _for_editors(part) for key, part in schema.items()}
    if isinstance(pattern := found.get("pattern"), str):
        found["pattern"] = pattern.replace(r"\A", "^").replace(r"\Z", "$")
    return found


def guards_json(stack: str, layer: Layer) -> dict[str, object]:
    """The guards with the place of each, as the report reads them. Raises BadSettings."""
    found: dict[str, object] = {}
    for key, value in parse(layer, stack).guards.model_dump(mode="json", exclude_none=True).items():
        place = layer.place_of((f"{PROJECT_SPACE}guards", key))
        found[key] = {"value": value, **({"file": place.file, "line": place.line} if place else {})}
    return found
