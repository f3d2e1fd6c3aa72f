"""Runs pipelines of .gitlab-ci.yml without the service: rules, needs, child and downstream pipelines, artifacts.

As far as ours go, by GitLab's page on the keywords of .gitlab-ci.yml. Each job has a clone of its own; its commands
run in one shell. A job reads the variables of its environment, and those of the project; protected ones on `main`.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.checkout import run_in
from tests.unit.report.fake_hosts import FakeHost
from tests.workflow_runner import INSTALL

Variables = Mapping[str, str]
KEYWORDS = frozenset({"workflow", "include", "variables", "stages", "default"})
BRANCH = "main"


@dataclass
class Ended:
    """How a job ended, and what it said. env: the variables that it had."""

    result: str
    said: str = ""
    folder: Path = Path()
    env: Variables = field(default_factory=dict)


@dataclass
class GitLabRunner:
    """One project. environment: the variables of an environment by its name; protected: those of the default branch."""

    folder: Path
    repository: Path
    machine: Variables
    host: FakeHost
    environment: Callable[[str], Variables]
    project: Variables
    protected: Variables
    number: int = 5000

    def run(self, source: str, sha: str, variables: Variables) -> dict[str, Ended]:
        """A pipeline of the repository's own file; every job of it and of those that it starts, by name."""
        content = self._read(sha, yaml.safe_load(self._show(sha, ".gitlab-ci.yml")))
        self.number += 1
        given = {
            "CI": "true", "GITLAB_CI": "true", "CI_PROJECT_PATH": "acme/fleet", "CI_PROJECT_ID": "1",
            "CI_API_V4_URL": self.host.url, "CI_DEFAULT_BRANCH": BRANCH, "CI_COMMIT_SHA": sha,
            "CI_PIPELINE_SOURCE": source, "CI_PIPELINE_ID": str(self.number),
            "CI_PIPELINE_URL": f"https://git.example/acme/fleet/-/pipelines/{self.number}",
            **({} if source == "merge_request_event" else {"CI_COMMIT_BRANCH": BRANCH, **self.protected}),
            **variables,
        }  # fmt: skip
        assert any(holds(rule["if"], given) for rule in content["workflow"]["rules"]), given
        return self._pipeline(content, given, sha)

    def _show(self, sha: str, file: str) -> str:
        words = ["git", "show", f"{sha}:{file}"]
        return subprocess.run(words, cwd=self.repository, check=True, capture_output=True, text=True).stdout

    def _read(self, sha: str, content: dict[str, Any]) -> dict[str, Any]:
        for each in content.get("include", []):
            content = {**yaml.safe_load(self._show(sha, each["local"])), **content}
        return content

    def _pipeline(self, content: dict[str, Any], given: Variables, sha: str) -> dict[str, Ended]:
        given = {**given, **content.get("variables", {})}
        jobs = {name: extended(content, job) for name, job in content.items() if is_job(name)}
        ended: dict[str, Ended] = {}
        left: dict[str, Path] = {}
        more: dict[str, Ended] = {}
        for name in in_order(jobs):
            job, needs = jobs[name], [ended[each] for each in jobs[name].get("needs", []) if each in ended]
            when = decided(job, given)
            if when is None:
                continue
            if when == "on_success" and any(each.result != "success" for each in needs):
                ended[name] = Ended("skipped")
                continue
            told = {
                key: value
                for each in job.get("needs", [])
                for key, value in dotenv(left.get(each), jobs).items()
            }
            own = expanded({**given, **told}, job.get("variables", {}))
            if "trigger" in job:
                started = self._start(job["trigger"], own, job.get("variables", {}), left, sha)
                ended[name] = Ended(
                    "failed" if any(each.result == "failed" for each in started.values()) else "success"
                )
                ended[name] = ended[name] if "project" not in job["trigger"] else Ended("success")
                more |= started
                continue
            place = self.folder / f"{self.number}-{name.replace(' ', '-')}"
            ended[name] = self._job(
                name,
                job,
                {**self.project, **own},
                place,
                [left[each] for each in job.get("needs", []) if each in left],
                sha,
            )
            left[name] = place / "left"
        return {**ended, **more}

    def _start(
        self, trigger: Mapping[str, Any], own: Variables, named: Variables, left: Mapping[str, Path], sha: str
    ) -> dict[str, Ended]:
        """A child pipeline has all that its parent has; a downstream one what the trigger names."""
        if "project" in trigger:
            assert (filled(trigger["project"], own), filled(trigger["branch"], own)) == ("acme/fleet", BRANCH)
            words = ["git", "rev-parse", BRANCH]
            head = subprocess.run(
                words, cwd=self.repository, check=True, capture_output=True, text=True
            ).stdout.strip()
            passed = {key: own[key] for key in (*named, "MERGE_REQUEST", "BASE", "HEAD") if key in own}
            return self.run("pipeline", head, passed)
        (source,) = trigger["include"]
        content = yaml.safe_load((left[source["job"]] / source["artifact"]).read_text())
        return self._pipeline(self._read(sha, content), own, sha)

    def _job(
        self, name: str, job: Mapping[str, Any], given: Variables, place: Path, needs: list[Path], sha: str
    ) -> Ended:
        work = place / "work"
        subprocess.run(
            ["git", "clone", "-q", str(self.repository), str(work)], check=True, capture_output=True
        )
        subprocess.run(["git", "checkout", "-q", sha], cwd=work, check=True, capture_output=True)
        for each in needs:
            shutil.copytree(each, work, dirs_exist_ok=True)
        self.number += 1
        named = job.get("environment", {}).get("name")
        own = {**given, **(self.environment(filled(named, given)) if named else {})}
        own = {**expanded(own, job.get("variables", {})), "CI_JOB_ID": str(self.number), "CI_JOB_NAME": name}
        env = {**self.machine, **own}
        done = run_in(work, shell([*job.get("before_script", []), *job["script"]]), env)
        said, result = done.said, "failed" if done.code else "success"
        if after := job.get("after_script"):
            said += run_in(work, shell(after), {**env, "CI_JOB_STATUS": result}).said
        self._keep(name, job.get("artifacts", {}), work, place / "left", result)
        return Ended(result, said, work, own)

    def _keep(self, name: str, artifacts: Mapping[str, Any], work: Path, left: Path, result: str) -> None:
        left.mkdir()
        if result != "success" and artifacts.get("when") != "always":
            return
        files = [*artifacts.get("paths", []), *artifacts.get("reports", {}).values()]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for file in files:
                if (work / file).is_dir():
                    shutil.copytree(work / file, left / file)
                elif (work / file).exists():
                    shutil.copy(work / file, left / file)
            for path in sorted(left.rglob("*")):
                archive.write(path, path.relative_to(left))
        self.host.files[str(self.number)] = packed.getvalue()
        row = {
            "id": self.number,
            "name": name,
            "ref": BRANCH,
            "artifacts_file": {"filename": "artifacts.zip"},
        }
        self.host.jobs.append(row)


def is_job(name: str) -> bool:
    return not name.startswith(".") and name not in KEYWORDS


def extended(content: Mapping[str, Any], job: Mapping[str, Any]) -> dict[str, Any]:
    """With what it extends: maps merge, all else is replaced."""
    base = extended(content, content[job["extends"]]) if "extends" in job else {}
    return merged(base, {key: value for key, value in job.items() if key != "extends"})


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(base)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = merged(found[key], value) if both else value
    return found


def in_order(jobs: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    done: set[str] = set()
    while len(done) < len(jobs):
        ready = [
            name
            for name, job in jobs.items()
            if name not in done and {*job.get("needs", [])} & {*jobs} <= done
        ]
        assert ready, f"needs in a circle: {jobs.keys() - done}"
        done |= {*ready}
        yield from ready


def decided(job: Mapping[str, Any], given: Variables) -> str | None:
    """When it runs by the first rule that holds; None: not at all."""
    rules = job.get("rules", [{}])
    rule = next((rule for rule in rules if "if" not in rule or holds(rule["if"], given)), None)
    return None if rule is None else str(rule.get("when", "on_success"))


def holds(condition: str, given: Variables) -> bool:
    """`$A == "x" && $B`, as far as ours go."""

    def side(text: str) -> str:
        text = text.strip()
        return given.get(text[1:], "") if text.startswith("$") else text.strip('"')

    def part(text: str) -> bool:
        assert not re.search(r"\|\||=~|\(", text), text
        left, sign, right = re.match(r"\s*(\S+)\s*(==|!=)?\s*(\S*)\s*$", text).groups()  # type: ignore[union-attr]  # ours match
        return bool(side(left)) if not sign else (side(left) == side(right)) == (sign == "==")

    return all(map(part, condition.split("&&")))


def filled(text: str, given: Variables) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda match: given.get(match[1], ""), text)


def expanded(given: Variables, own: Variables) -> dict[str, str]:
    return {**given, **{key: filled(str(value), given) for key, value in own.items()}}


def dotenv(left: Path | None, _jobs: object) -> dict[str, str]:
    """The variables of a needed job's report."""
    files = left.glob("*.env") if left else ()
    return dict(line.split("=", 1) for file in files for line in file.read_text().splitlines())


def shell(commands: list[str]) -> list[str]:
    """One script; what is installed is here."""
    lines = [f"ln -sfn {sys.prefix} .venv" if command == INSTALL else command for command in commands]
    return ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join(lines)]
