"""A stack's settings as its files have them: its own over those that all stacks share. No engine, no secrets.

The rules of merging and picking are those of the stack program (`stacks.layers`, `stacks.picking`), which this
package must not import; a test sees that both come to the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from providers.linode.api.connection import LOCAL_STACK
from providers.linode.api.errors import BadConnection, BadFilter
from providers.linode.catalogs import ImageCriteria, KernelCriteria, RegionCriteria, TypeCriteria
from providers.linode.nearest import did_you_mean
from providers.linode.pins import Wish, default_path
from providers.linode.pins.file import PROJECT

Values = Mapping[str, object]


def config_of(stack: str) -> Values:
    """The values of a stack, by their full names. Raises BadConnection."""
    common = PROJECT / "stacks" / "common.yaml"
    shared = _values(common, stack) if common.exists() else {}
    return _merged(shared, _values(folder_of(stack, os.environ) / f"Pulumi.{stack}.yaml", stack))


def folder_of(stack: str, env: Mapping[str, str]) -> Path:
    return default_path(LOCAL_STACK, env).parent if stack == LOCAL_STACK else PROJECT / "stacks"


def pins_place(config: Values) -> str:
    """Another place for the pins than the usual one; "" for that."""
    return str(_setting(config, "pins") or "")


def groups_of(config: Values) -> Mapping[str, Values]:
    """The groups of servers. What is no map of maps has none."""
    found = _setting(config, "servers")
    groups = found.items() if isinstance(found, Mapping) else ()
    return {str(name): group for name, group in groups if isinstance(group, Mapping)}


def wishes_of(config: Values) -> dict[str, Wish]:
    """What the settings ask of the catalogs, by the keys of the pins; that of a type names no region yet.

    Raises BadFilter, in one line.
    """
    found: dict[str, Wish] = {}
    for name, group in groups_of(config).items():
        if group.get("count") == 0:
            continue
        try:
            sells = TypeCriteria.read({**_criteria(group, "type"), "backups": bool(group.get("backups"))})
            region = RegionCriteria.read(_criteria(group, "region"))
            found[f"{name}/region"] = Wish("region", region, sells=sells)
            found[f"{name}/type"] = Wish("type", sells)
            found[f"{name}/image"] = Wish("image", ImageCriteria.read(_criteria(group, "image")))
            if group.get("kernel") is not None:
                found[f"{name}/kernel"] = Wish("kernel", KernelCriteria.read(_criteria(group, "kernel")))
        except BadFilter as error:
            raise BadFilter(f"servers.{name}: {error}") from None
    return found


def _criteria(group: Values, kind: str) -> Values:
    value = group.get(kind)
    if not isinstance(value, Mapping):
        raise BadFilter(f"{kind} must be a map of criteria. Next: correct it.")
    return value


def _setting(config: Values, name: str) -> object:
    """A setting of the project's own, under whatever name the project has."""
    return next((value for key, value in config.items() if key.rpartition(":")[2] == name), None)


def _merged(under: Values, over: Values) -> dict[str, object]:
    """Maps merge, lists and single values replace, null removes."""
    found = dict(under)
    for key, value in over.items():
        there = found.get(key)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            found[key] = _merged(there, value)
        elif value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found


def _values(file: Path, stack: str) -> Values:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        config = content.get("config") or {}
        if not isinstance(config, dict):
            raise TypeError
        return {str(key): value for key, value in config.items()}
    except FileNotFoundError:
        todo = "run `make up`" if stack == LOCAL_STACK else "name another stack: --stack"
        near = did_you_mean(stack, _stacks())
        raise BadConnection(f"stack '{stack}' has no settings ({file.name}){near}. Next: {todo}.") from None
    except (OSError, ValueError, TypeError, AttributeError, yaml.YAMLError):
        raise BadConnection(f"{file} can't be read as a stack's settings. Next: correct it.") from None


def _stacks() -> list[str]:
    """The stacks that have a file of settings."""
    files = (PROJECT / "stacks").glob("Pulumi.*.yaml")
    return [file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files]
