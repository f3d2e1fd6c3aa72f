"""What several commands are told: bundles, the stacks that are expected, the run that they belong to."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fleet.report.errors import BadCall
from fleet.report.read import jsontext


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


RUN = re.compile(r"\d{1,18}(?:\.\d{1,9})?")
"""`number` or `number.attempt`."""

ADDRESS = re.compile(r"https?://[A-Za-z0-9._:-]+/[A-Za-z0-9._/-]*")


@dataclass(frozen=True)
class Run:
    """The run that makes the report, in the words of who calls it: bundles are written by a branch's own code."""

    id: str = ""
    url: str = ""


def run_of(environment: Mapping[str, str], run: str = "", url: str = "") -> Run:
    """As it is given, else as the workflow's environment has it. Raises BadCall."""
    if run and not RUN.fullmatch(run):
        raise BadCall("--run takes the number of a run, or number.attempt")
    if url and not ADDRESS.fullmatch(url):
        raise BadCall("--run-url takes an address that begins with http")
    told = _by_environment(environment)
    return Run(run or told.id, url or (told.url if not run or run == told.id else ""))


def _by_environment(environment: Mapping[str, str]) -> Run:
    """Source: the default variables of GitHub Actions, the predefined variables of GitLab CI."""
    if number := environment.get("GITHUB_RUN_ID"):
        server, repo = environment.get("GITHUB_SERVER_URL"), environment.get("GITHUB_REPOSITORY")
        url = f"{server}/{repo}/actions/runs/{number}" if server and repo else ""
        return Run(f"{number}.{environment.get('GITHUB_RUN_ATTEMPT') or 1}", url)
    return Run(environment.get("CI_PIPELINE_ID", ""), environment.get("CI_PIPELINE_URL", ""))
