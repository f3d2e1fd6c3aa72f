"""What several commands are told: bundles, the stacks that are expected, the run that they belong to."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from preview import jsontext
from preview.errors import BadCall


def bundle_folders(given: argparse.Namespace) -> list[Path]:
    """Those named, and those in the folder of --bundles; that folder is not there when no job left one."""
    inside = given.bundles.iterdir() if given.bundles and given.bundles.is_dir() else ()
    return [*given.folders, *sorted(folder for folder in inside if folder.is_dir())]


def is_unlisted(text: str | None) -> bool:
    """Whether a list was to be given and none came: its job failed. An empty JSON list is one."""
    return text is not None and not text.strip()


def expected_stacks(text: str) -> tuple[str, ...]:
    """`dev,prod` or `["dev", "prod"]`. Raises BadCall."""
    if not text.strip().startswith("["):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        found = jsontext.loads(text)
    except ValueError as error:
        raise BadCall("--expected-stacks is no JSON list") from error
    return tuple(str(name) for name in found) if isinstance(found, list) else ()


def this_run(environment: Mapping[str, str]) -> str:
    """As bundles name it: the id of the workflow's run and its attempt."""
    number = environment.get("GITHUB_RUN_ID") or ""
    return f"{number}.{environment.get('GITHUB_RUN_ATTEMPT') or 1}" if number else ""
