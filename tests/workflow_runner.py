"""Runs the jobs of our workflows without the service: their `run` steps in bash, known actions played.

Each job has a clone of the repository of its own, each step fresh files for its outputs and its summary, as there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.checkout import run_in
from tests.workflow_expressions import evaluated, filled, holds

WORKFLOWS = Path(__file__).resolve().parents[1] / ".github" / "workflows"
INSTALL = "python fleet/venv.py requirements.txt"


@dataclass
class JobRun:
    """How a job ended. `said`: everything that its steps printed."""

    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    said: str = ""
    folder: Path = Path()
    ran: list[str] = field(default_factory=list)

    @property
    def needs(self) -> dict[str, Any]:
        return {"result": self.result, "outputs": self.outputs}


Environment = Callable[[str], Mapping[str, Mapping[str, str]]]
"""The variables and secrets of an environment, by its name: `vars` and `secrets`."""


class Runner:
    """One repository, one run of a workflow. `env` is what the machine has; `contexts` as GitHub fills them; a job
    reads the variables and secrets of its environment alone.
    """

    def __init__(
        self,
        folder: Path,
        repository: Path,
        env: Mapping[str, str],
        contexts: Mapping[str, Any],
        environment: Environment,
    ) -> None:
        self.folder, self.repository, self.env, self.contexts = folder, repository, env, contexts
        self.environment = environment
        self.artifacts = folder / "artifacts"
        self.artifacts.mkdir(parents=True, exist_ok=True)

    def run(self, workflow: str, job: str, needs: Mapping[str, JobRun] | None = None, **more: Any) -> JobRun:
        """One job; `more` are further contexts (matrix, inputs). Skipped where its condition does not hold."""
        content = read(workflow)["jobs"][job]
        found = needs or {}
        table = {**self.contexts, **more, "needs": {name: run.needs for name, run in found.items()}}
        table["status"] = status([run.result for run in found.values()])
        if not holds(content.get("if"), table):
            return JobRun("skipped")
        if "environment" in content:
            table |= self.environment(filled(content["environment"], table))
        name = "-".join([job, *(str(value) for value in more.get("matrix", {}).values())])
        place = Job(self, content, table, self.folder / f"{name}-{len(list(self.folder.iterdir()))}")
        return place.run()


@dataclass
class Job:
    runner: Runner
    content: Mapping[str, Any]
    table: dict[str, Any]
    folder: Path

    def run(self) -> JobRun:
        done = JobRun("success", folder=self.folder / "work")
        (self.folder / "work").mkdir(parents=True)
        (self.folder / "event.json").write_text(json.dumps(self.table["github"]["event"]))
        self.table = {**self.table, "steps": {}, "status": status([])}
        for number, step in enumerate(self.content["steps"]):
            if not holds(step.get("if"), self.table):
                continue
            good = self._step(step, number, done)
            if not good and not step.get("continue-on-error"):
                done.result = "failure"
                self.table["status"] = status(["failure"])
        outputs = self.content.get("outputs", {})
        done.outputs = {key: filled(text, self.table) for key, text in outputs.items()}
        return done

    def _step(self, step: Mapping[str, Any], number: int, done: JobRun) -> bool:
        if "uses" in step:
            given = {key: evaluated(value, self.table) for key, value in step.get("with", {}).items()}
            PLAYED[step["uses"].partition("@")[0]](self, given)
            return True
        if step["run"] == INSTALL:
            (done.folder / ".venv").symlink_to(sys.prefix)
            return True
        return self._command(step, number, done)

    def _command(self, step: Mapping[str, Any], number: int, done: JobRun) -> bool:
        assert "${{" not in step["run"], f"an expression in a command: {step['run']}"
        outputs, summary = self.folder / f"output-{number}", self.folder / f"summary-{number}"
        outputs.touch()
        summary.touch()
        given = {**self.content.get("env", {}), **step.get("env", {})}
        own = {key: filled(str(value), self.table) for key, value in given.items()}
        files = {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
        github = self.table["github"]
        told = {
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_SHA": github["sha"], "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_REPOSITORY": github["repository"], "GITHUB_RUN_ID": str(github["run_id"]),
            "GITHUB_SERVER_URL": "https://git.example", "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
        }  # fmt: skip
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        ended = run_in(done.folder, words, {**self.runner.env, **told, **own, **files})
        done.said += ended.said
        done.ran.append(step["run"])
        done.summary += summary.read_text()
        found = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
        if "id" in step:
            self.table["steps"][step["id"]] = {"outputs": found, "outcome": ended.code}
        return ended.code == 0


def checkout(job: Job, given: Mapping[str, Any]) -> None:
    """Source: actions/checkout; without a ref the commit of the event."""
    work = job.folder / "work"
    assert given.get("persist-credentials") is False
    ref = given.get("ref") or job.table["github"]["sha"]
    quiet = {"check": True, "capture_output": True}
    subprocess.run(["git", "clone", "-q", str(job.runner.repository), str(work)], **quiet)  # type: ignore[call-overload]  # one set of options for two calls
    subprocess.run(["git", "checkout", "-q", ref], cwd=work, **quiet)  # type: ignore[call-overload]  # as above


def upload(job: Job, given: Mapping[str, Any]) -> None:
    source = job.folder / "work" / given["path"]
    if source.exists():
        shutil.copytree(source, job.runner.artifacts / given["name"], dirs_exist_ok=True)


def download(job: Job, given: Mapping[str, Any]) -> None:
    """All that match, of this run or of the one that is named, go into folders of their own name."""
    other = job.runner.folder.parent / f"run-{given.get('run-id')}" / "artifacts"
    for found in (other if "run-id" in given else job.runner.artifacts).glob(given["pattern"]):
        shutil.copytree(found, job.folder / "work" / given["path"] / found.name)


def nothing(_job: Job, _given: Mapping[str, Any]) -> None:
    """What it installs is here."""


PLAYED = {
    "actions/checkout": checkout,
    "actions/setup-python": nothing,
    "pulumi/actions": nothing,
    "actions/upload-artifact": upload,
    "actions/download-artifact": download,
}


def read(workflow: str) -> Any:
    return yaml.safe_load((WORKFLOWS / f"{workflow}.yml").read_text())


def status(results: list[str]) -> dict[str, bool]:
    """A job that was skipped makes those that need it skipped as well, unless they ask for the status."""
    failed = "failure" in results
    return {"success": not failed and "skipped" not in results, "failure": failed, "cancelled": False}


def machine(path_first: str, **env: str) -> dict[str, str]:
    """The environment of a runner: nothing of this machine's clouds and tokens."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("LINODE_", "PULUMI_", "LOCAL_", "GITHUB_", "GITLAB_", "AWS_", "CI_"))
    }
    return {
        **kept,
        "PATH": f"{path_first}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        **env,
    }
