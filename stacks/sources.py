"""Where a stack's settings come from: the files of stacks/, or the configuration that an engine hands over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from providers.linode.api.advice import typed
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.nearest import did_you_mean
from providers.linode.project import PROJECT, project_here
from stacks.errors import BadSettings
from stacks.layers import (
    ENVIRONMENTS,
    LINODE_SPACE,
    PROJECT_SPACE,
    SECRET,
    Layer,
    decoded,
    merge,
    read_layer,
    read_text,
)

FOLDER = PROJECT / "stacks"
COMMON = "common.yaml"
"""What all environments share, and the list of those that are deployed."""

PULL_REQUEST = re.compile(r"pr(-\d+)?")
"""The template of pull requests' stacks, and what is made from it."""


def are_here() -> bool:
    """Whether a command is called in the project of these settings: in another one, or where this package is installed
    and has no settings, the program is somebody's own.
    """
    return project_here() == PROJECT and FOLDER.is_dir()


def project_name(project: Path = PROJECT) -> str:
    return str(yaml.safe_load((project / "Pulumi.yaml").read_text(encoding="utf-8"))["name"])


def environments(files: Iterable[str] | None = None) -> list[str]:
    """Every environment that has a file, by name; a pull request's own is a copy, and none.

    `files`: the names in stacks/, where they are another commit's.
    """
    here = FOLDER.iterdir() if FOLDER.is_dir() else ()
    there = (file.name for file in here) if files is None else files
    names = (match[1] for name in there if (match := re.fullmatch(r"Pulumi\.(.+)\.yaml", name)))
    return sorted(name for name in names if not re.fullmatch(r"pr-\d+", name))


def deployed(common: str) -> list[str]:
    """The environments that are deployed from the main branch, in this order: `environments` in common.yaml.

    `common`: its text. Raises BadSettings.
    """
    document, _ = read_text(common, f"{FOLDER.name}/{COMMON}")
    found = document.get(ENVIRONMENTS) if isinstance(document, dict) else None
    given = found if isinstance(found, list) else []
    names = [name for name in given if isinstance(name, str)]
    if names and len({*names}) == len(given):
        return names
    raise BadSettings(
        f"{FOLDER.name}/{COMMON}: `{ENVIRONMENTS}` must name each environment that is deployed, in their order. "
        f"Next: {ENVIRONMENTS}: [dev, staging, prod], beside `config`."
    )


def file_of(stack: str) -> Path:
    """A stack's own settings, as people write them."""
    return FOLDER / f"Pulumi.{stack}.yaml"


def of_files(stack: str, own: Path | None = None) -> Layer:
    """The settings as they stand in the files; encrypted values are "[secret]". Raises BadSettings.

    `own` is the stack's own file where it does not lie in stacks/, as what is made of that for stack `local`; places
    are those of the one that people write.
    """
    file = own or file_of(stack)
    if not file.exists():
        raise no_settings(stack)
    found = _read(file)
    if own:
        found = Layer(found.values, _read(file_of(stack)).places)
    return merge([_read(FOLDER / COMMON), found])


def no_settings(stack: str) -> BadSettings:
    """There is no such stack: with the nearest name."""
    known = environments()
    if not known:
        return BadSettings(
            f"this project has no settings ({FOLDER.name}/Pulumi.{stack}.yaml), and this command is about servers of "
            "settings. Next: write them (docs/own-project.md), or call the engine itself: pulumi, or "
            "python -m emulators.engine."
        )
    todo = f"run `{typed('up')}`" if stack == LOCAL_STACK else f"use one of {', '.join(known)}"
    near = did_you_mean(stack, known)
    return BadSettings(f"stack '{stack}' has no settings (Pulumi.{stack}.yaml){near}. Next: {todo}.")


def of_engine(config: Mapping[str, object], stack: str) -> Layer:
    """The settings as the engine decrypted them, over what is common; places are taken from the files."""
    values = {
        key: decoded(value) if key.startswith(PROJECT_SPACE) else value for key, value in config.items()
    }
    return merge([_read(FOLDER / COMMON), Layer(values, _read(file_of(stack)).places)])


def linode_values(layer: Layer) -> dict[str, str]:
    """The provider's own settings that are no secrets."""
    return {
        key: str(value)
        for key, value in layer.values.items()
        if key.startswith(LINODE_SPACE) and value != SECRET
    }


def _read(file: Path) -> Layer:
    """Messages name a file from the project's folder, if it lies there."""
    return read_layer(file, str(file.relative_to(PROJECT)) if file.is_relative_to(PROJECT) else file.name)
