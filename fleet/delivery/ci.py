"""What a CI service tells a job, and is told by it.

Source: the default variables of GitHub Actions, the predefined variables of GitLab CI.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def run_of(env: Mapping[str, str]) -> tuple[str, str]:
    """Id and address of the run, "" outside of one. An id grows over all workflows of a repository."""
    if number := env.get("GITHUB_RUN_ID"):
        url = f"{env.get('GITHUB_SERVER_URL')}/{env.get('GITHUB_REPOSITORY')}/actions/runs/{number}"
        return f"{number}.{env.get('GITHUB_RUN_ATTEMPT') or 1}", url
    return env.get("CI_PIPELINE_ID") or "", env.get("CI_PIPELINE_URL") or ""


def commit_of(env: Mapping[str, str]) -> str:
    return env.get("GITHUB_SHA") or env.get("CI_COMMIT_SHA") or ""


def tell(**values: str) -> None:
    """For later steps of a workflow; FLEET_OUTPUT is the file where a service has none of its own."""
    if file := os.environ.get("GITHUB_OUTPUT") or os.environ.get("FLEET_OUTPUT"):
        with Path(file).open("a", encoding="utf-8") as out:
            out.writelines(f"{key}={value}\n" for key, value in values.items())
