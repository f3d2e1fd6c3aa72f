"""The user's program in a child process, connected to the monitor."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emulators.engine.children import Child
from emulators.engine.config import StackConfig
from emulators.engine.project import Project

SHOWN_TO_USER = 32


@dataclass(frozen=True)
class RunInfo:
    """What program and provider are told of the run."""

    project: Project
    stack: str
    config: StackConfig
    parallel: int
    dry_run: bool
    organization: str = "organization"


def start_program(info: RunInfo, address: str) -> Child:
    """Start it; monitor and engine are served at the one address."""
    settings = {
        "monitor": address,
        "engine": address,
        "project": info.project.name,
        "stack": info.stack,
        "organization": info.organization,
        "parallel": info.parallel,
        "dry_run": info.dry_run,
        "root_directory": str(info.project.folder),
        "program": str(info.project.program),
    }
    environment = {
        "PULUMI_CONFIG": json.dumps(info.config.values),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(info.config.secret_keys)),
    }
    return Child(
        info.project.python(), ["program", json.dumps(settings)], info.project.program_folder, environment
    )


def provider_environment(info: RunInfo) -> dict[str, str]:
    """What the real engine adds to a dynamic provider's environment."""
    options = {f"PULUMI_RUNTIME_{key.upper()}": str(value) for key, value in info.project.options.items()}
    return {**options, "PULUMI_PROJECT": info.project.name}
