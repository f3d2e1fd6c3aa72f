"""The stack's state where it lies in a folder: read for its ids, never written. Unofficial, so nothing fails here.

Layout: <folder>/.pulumi/stacks/<project>/<stack>.json, a checkpoint of version 3 or 4 (pkg/backend/diy,
apitype.DeploymentV3); the engine writes it before and after every step.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from providers.linode.core.values import as_id, whole_numbers

TYPE_TOKENS = "pulumi-python:dynamic/linode:"
"""A stored format: what the types under which states hold resources begin with."""
KNOWN_VERSIONS = (3, 4)
NOT_OURS = "not_ours"
"""The account's input that holds it, as `Instance/98000001`. A stored format."""


def backend_url(environment: Mapping[str, str], project_folder: Path) -> str:
    """Where the states are: PULUMI_BACKEND_URL, else `backend.url` of Pulumi.yaml, else where the user is logged in."""
    return (
        environment.get("PULUMI_BACKEND_URL")
        or _project_backend(project_folder)
        or _logged_in_to(environment)
    )


def folder(environment: Mapping[str, str] = os.environ, project_folder: Path | None = None) -> Path | None:
    """The backend's folder, None if the backend is no folder of this machine, or none can be found."""
    here = project_folder or Path.cwd()
    url = backend_url(environment, here).partition("?")[0]
    if not url.startswith("file://"):
        return None
    found = (here / Path(unquote(url.removeprefix("file://"))).expanduser()).resolve() / ".pulumi"
    return found if found.is_dir() else None


def deployment(
    project: str, stack: str, environment: Mapping[str, str], project_folder: Path
) -> dict[str, Any] | None:
    """All that the state has, as an engine exports it; None where it lies elsewhere or can't be read."""
    return _of_stack(project, stack, environment, project_folder)


def ids_in_state(
    project: str, stack: str, kind: str, environment: Mapping[str, str] = os.environ
) -> set[str] | None:
    """The ids of all resources of a kind in the stack, those marked for deletion too; None where it can't be read."""
    document = _of_stack(project, stack, environment)
    return None if document is None else _ids(document, kind)


def ids_by_name(project: str, stack: str) -> dict[tuple[str, str], str]:
    """The ids of all that the stack has, by kind and name; none where that can't be read."""
    there = [
        each for each in _resources(_of_stack(project, stack)) if each.get("id") and not each.get("delete")
    ]
    return {(_kind_of(each), _name(each)): str(each["id"]) for each in there}


def cut_off(project: str, stack: str) -> frozenset[tuple[str, str]]:
    """Kind and name of all that a run was making when it ended, or whose predecessor it had deleted. To be asked before
    this run makes any.
    """
    deployment = _of_stack(project, stack) or {}
    pending = deployment.get("pending_operations") or ()
    creates = [each.get("resource") or {} for each in pending if each.get("type") == "creating"]
    replaced = [each for each in _resources(deployment) if each.get("pendingReplacement")]
    return frozenset((_kind_of(each), _name(each)) for each in [*creates, *replaced])


def users(
    project: str, stack: str, key: str, id_: object, environment: Mapping[str, str] = os.environ
) -> list[str]:
    """The names of the stack's resources whose input `key` is that id; none where that can't be read."""
    entries = _resources(_of_stack(project, stack, environment))
    named = {_name(entry): (entry.get("inputs") or {}).get(key) for entry in entries}
    return sorted(name for name, value in named.items() if str(as_id(whole_numbers(value))) == str(id_))


def ids_with(
    project: str, stack: str, kind: str, key: str, value: object, environment: Mapping[str, str] = os.environ
) -> set[str]:
    """The ids of a kind's resources whose input `key`, a list, has that value; none where that can't be read."""
    there = _resources(_of_stack(project, stack, environment), kind)
    return {str(each.get("id")) for each in there if value in ((each.get("inputs") or {}).get(key) or ())}


def is_retained(
    project: str, stack: str, kind: str, id_: object, environment: Mapping[str, str] = os.environ
) -> bool:
    """Whether an engine leaves it in the account when it deletes it, as far as that can be read."""
    there = _resources(_of_stack(project, stack, environment), kind)
    return any(each.get("id") == str(id_) and each.get("retainOnDelete") is True for each in there)


def not_ours_in_state(project: str, stack: str, environment: Mapping[str, str] = os.environ) -> set[str]:
    """What the stack's account has noted of another backend's; nothing where that can't be read."""
    return not_ours(_resources(_of_stack(project, stack, environment)))


def not_ours(resources: Iterable[Mapping[str, Any]]) -> set[str]:
    """The same of a state's resources. See `leftovers.of_another_backend`."""
    return {str(key) for entry in resources for key in (entry.get("inputs") or {}).get(NOT_OURS) or ()}


def ids_in_all_states(kind: str, environment: Mapping[str, str] = os.environ) -> set[str]:
    """The same of every stack in the folder, as far as they can be read."""
    found = folder(environment)
    files = found.glob("stacks/*/*.json") if found else ()
    return {id_ for file in files for id_ in _ids(_latest(file), kind)}


def _of_stack(
    project: str,
    stack: str,
    environment: Mapping[str, str] = os.environ,
    project_folder: Path | None = None,
) -> dict[str, Any] | None:
    found = folder(environment, project_folder)
    return _latest(found / "stacks" / project / f"{stack}.json") if found else None


def _latest(file: Path) -> dict[str, Any] | None:
    """The deployment in a stack's file, None where it can't be read."""
    try:
        found = file.stat()
        return _read(file, found.st_ino, found.st_mtime_ns, found.st_size)
    except OSError:
        return None


@lru_cache(maxsize=16)
def _read(file: Path, *_version: int) -> dict[str, Any] | None:
    """The same, read once for all that is asked of one version of the file. Raises OSError."""
    try:
        document = json.loads(file.read_bytes())
        latest: dict[str, Any] = document["checkpoint"]["latest"]
        rows = (each for key in ("resources", "pending_operations") for each in latest.get(key) or ())
        is_known = document["version"] in KNOWN_VERSIONS and all(isinstance(each, dict) for each in rows)
        return latest if is_known else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _ids(deployment: Mapping[str, Any] | None, kind: str) -> set[str]:
    return {str(entry["id"]) for entry in _resources(deployment, kind) if entry.get("id")}


def _resources(deployment: Mapping[str, Any] | None, kind: str = "") -> list[dict[str, Any]]:
    """Those of one kind or of all; none of what can't be read."""
    entries: list[dict[str, Any]] = (deployment or {}).get("resources") or []
    return [entry for entry in entries if not kind or _kind_of(entry) in (kind, "")]


def _kind_of(entry: Mapping[str, Any]) -> str:
    """Empty where the state has no type for it: it may be of any kind."""
    return str(entry.get("type") or "").rpartition(":")[2]


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("urn")).rpartition("::")[2]


def _project_backend(here: Path) -> str:
    try:
        document = yaml.safe_load((here / "Pulumi.yaml").read_text(encoding="utf-8"))
        return str(document["backend"]["url"])
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return ""


def _logged_in_to(environment: Mapping[str, str]) -> str:
    home = environment.get("PULUMI_HOME")
    credentials = (Path(home) if home else Path.home() / ".pulumi") / "credentials.json"
    try:
        return str(json.loads(credentials.read_bytes()).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""
