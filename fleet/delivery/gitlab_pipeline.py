"""The jobs of a part of the pipeline on GitLab, one for each stack: its own matrix can't follow the settings. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import yaml

Part = Literal["previews", "deployments", "drift"]
Json = dict[str, Any]


def pipeline(
    part: Part, stacks: Sequence[str], undeployed: Sequence[str] = (), *, offline: bool = False
) -> str:
    """The YAML of a child pipeline, whose jobs are those of .gitlab/jobs.yml. offline: of a fork."""
    jobs = {
        "previews": lambda: _previews(stacks, offline=offline),
        "deployments": lambda: _deployments(stacks),
        "drift": lambda: _drift(stacks),
    }[part]()
    listed = {"STACKS": json.dumps(list(stacks)), "UNDEPLOYED": json.dumps(list(undeployed))}
    document = {"include": [{"local": ".gitlab/jobs.yml"}], "variables": listed, **jobs}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _previews(stacks: Sequence[str], *, offline: bool) -> Json:
    jobs = {
        f"preview {stack}": _reading(".offline" if offline else ".preview", stack, offline=offline)
        for stack in stacks
    }
    jobs["report"] = {"extends": ".report", "needs": list(jobs)}
    return jobs if offline else {**jobs, "sign": {"extends": ".sign", "needs": ["report"]}}


def _deployments(stacks: Sequence[str]) -> Json:
    """Each after the one before it; what fails or is refused ends it."""
    jobs: Json = {}
    for stack in stacks:
        jobs[f"up {stack}"] = {
            **_of_stack(".up", stack), "environment": {"name": stack}, "resource_group": f"up-{stack}",
            "needs": list(jobs)[-1:],
        }  # fmt: skip
    return {**jobs, "close": {"extends": ".close", "needs": list(jobs)[-1:]}}


def _drift(stacks: Sequence[str]) -> Json:
    jobs = {f"drift {stack}": _reading(".look", stack, offline=False) for stack in stacks}
    return {**jobs, "drift report": {"extends": ".issues", "needs": list(jobs)}}


def _reading(extends: str, stack: str, *, offline: bool) -> Json:
    place: Mapping[str, Any] = (
        {} if offline else {"environment": {"name": f"preview-{stack}", "action": "access"}}
    )
    return {**_of_stack(extends, stack), **place}


def _of_stack(extends: str, stack: str) -> Json:
    return {"extends": extends, "variables": {"STACK": stack}}
