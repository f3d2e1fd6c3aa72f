"""Where a stack's settings come from: the files of stacks/, or the configuration that an engine hands over."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from providers.linode.api.connection import LOCAL_STACK
from stacks import local_stack
from stacks.engine import PROJECT
from stacks.errors import BadSettings
from stacks.layers import LINODE_SPACE, PROJECT_SPACE, SECRET, Layer, merge, read_layer

FOLDER = PROJECT / "stacks"
COMMON = "common.yaml"


def environments(folder: Path = FOLDER) -> list[str]:
    """Every environment that has a file, by name; a pull request's own is a copy, and none."""
    names = (file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in folder.glob("Pulumi.*.yaml"))
    return sorted(name for name in names if not re.fullmatch(r"pr-\d+", name))


def of_files(stack: str, folder: Path = FOLDER, own: Path | None = None) -> Layer:
    """The settings as they stand in the files; encrypted values are "[secret]". Raises BadSettings.

    `own` is the stack's own file where it does not lie in the folder, as for stack `local`.
    """
    file = own or folder / f"Pulumi.{stack}.yaml"
    if not file.exists():
        known = ", ".join(environments(folder))
        raise BadSettings(f"stack '{stack}' has no settings at {file.name}. Next: use one of {known}.")
    return merge([read_layer(folder / COMMON, _shown(folder / COMMON)), read_layer(file, _shown(file))])


def of_engine(config: Mapping[str, object], stack: str) -> Layer:
    """The settings as the engine decrypted them, over what is common; places are taken from the files."""
    values = {
        key: _decoded(value) if key.startswith(PROJECT_SPACE) else value for key, value in config.items()
    }
    local = local_stack.of_environment(os.environ).settings if stack == LOCAL_STACK else None
    file = local or FOLDER / f"Pulumi.{stack}.yaml"
    places = read_layer(file, _shown(file)).places
    return merge([read_layer(FOLDER / COMMON, _shown(FOLDER / COMMON)), Layer(values, places)])


def _decoded(value: object) -> object:
    """Engines hand lists and maps over as JSON texts, and numbers and truths as their words."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def linode_values(layer: Layer) -> dict[str, str]:
    """The provider's own settings that are no secrets."""
    return {
        key: str(value)
        for key, value in layer.values.items()
        if key.startswith(LINODE_SPACE) and value != SECRET
    }


def _shown(file: Path) -> str:
    """A file as messages name it: from the project's folder, if it lies there."""
    return str(file.relative_to(PROJECT)) if file.is_relative_to(PROJECT) else file.name
