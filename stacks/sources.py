"""Where a stack's settings come from: the files of stacks/, or the configuration that an engine hands over."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from providers.linode.api.connection import LOCAL_STACK
from stacks.errors import BadSettings
from stacks.layers import LINODE_SPACE, PROJECT_SPACE, SECRET, Layer, merge, read_layer

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "stacks"
COMMON = "common.yaml"
PULL_REQUEST = re.compile(r"pr(-\d+)?")
"""The template of pull requests' stacks, and what is made from it."""


def local_folder(env: Mapping[str, str]) -> Path:
    """Everything of stack `local`: the folder .local of this project, or the one that LOCAL_HOME names."""
    return Path(env.get("LOCAL_HOME") or PROJECT / ".local").resolve()


def file_of(stack: str, env: Mapping[str, str]) -> Path:
    """A stack's own settings."""
    return (local_folder(env) if stack == LOCAL_STACK else FOLDER) / f"Pulumi.{stack}.yaml"


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
    file = file_of(stack, os.environ)
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
