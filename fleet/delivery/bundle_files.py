"""The small files of a bundle: who made it, what is guarded, what is pinned, what an earlier run left open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fleet.delivery import git

Json = dict[str, Any]
NO_STACK = "no stack named"


def meta(
    stack: str, env: Mapping[str, str], *, commit: str, engine: str, command: str, offline: bool
) -> Json:
    """meta.json. The run is the id of a workflow run, which grows over all workflows of a repository.

    Source: the default variables of GitHub Actions, the predefined variables of GitLab CI.
    """
    run, url = "", ""
    if number := env.get("GITHUB_RUN_ID"):
        run = f"{number}.{env.get('GITHUB_RUN_ATTEMPT') or 1}"
        url = f"{env.get('GITHUB_SERVER_URL')}/{env.get('GITHUB_REPOSITORY')}/actions/runs/{number}"
    elif number := env.get("CI_PIPELINE_ID"):
        run, url = number, env.get("CI_PIPELINE_URL") or ""
    return {
        "stack": stack,
        "commit": commit or env.get("GITHUB_SHA") or env.get("CI_COMMIT_SHA") or git.head(),
        "run": run,
        "run_url": url,
        "engine": engine,
        "command": command,
        "offline": offline,
    }


def pending(exported: str) -> list[Json]:
    """pending.json from `stack export`: which operations never ended, without what is in the state.

    Source: apitype.DeploymentV3 of the engine.
    """
    deployment = json.loads(exported).get("deployment") or {}
    return [
        {"type": operation["type"], "resource": {"urn": operation["resource"]["urn"]}}
        for operation in deployment.get("pending_operations") or []
    ]


def pins(text: str | None, file: str, newest: Mapping[str, str]) -> Json:
    """pins.before.json, pins.after.json: the file's choices, with the best match of today where it is known."""
    try:
        found = json.loads(text).get("pins") if text else None
    except (ValueError, AttributeError):
        found = None
    chosen = {
        key: {
            "chosen": pin["chosen"],
            "what": pin.get("why", ""),
            "criteria_hash": pin.get("criteria_hash", ""),
            **_newest(newest.get(key)),
        }
        for key, pin in (found if isinstance(found, dict) else {}).items()
        if isinstance(pin, dict) and pin.get("chosen")
    }
    return {"file": file, "pins": chosen}


def _newest(found: str | None) -> Json:
    return {"newest": found} if found else {}


def in_use(texts: list[str], pinned: Json) -> set[str]:
    """Every type and image that the preview or the pins name."""
    found = {pin[key] for pin in pinned["pins"].values() for key in ("chosen", "newest") if key in pin}
    for text in texts:
        for line in text.splitlines():
            found |= set(_named(json.loads(line)))
    return found


def _named(value: object) -> list[str]:
    if isinstance(value, list):
        return [name for part in value for name in _named(part)]
    if not isinstance(value, dict):
        return []
    own = [value[key] for key in ("image",) if isinstance(value.get(key), str)]
    inputs = value.get("inputs")
    if isinstance(inputs, dict) and isinstance(inputs.get("type"), str):
        own.append(inputs["type"])
    return own + [name for part in value.values() for name in _named(part)]


def write(folder: Path, name: str, content: object) -> None:
    """A text as it is, anything else as JSON."""
    text = content if isinstance(content, str) else json.dumps(content, indent=1, sort_keys=True) + "\n"
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
