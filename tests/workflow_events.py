"""Whole runs of our workflows, job by job, for an event of a pull request, a merge or a schedule."""

from __future__ import annotations

import json
from typing import Any

from tests.two_environments import TwoEnvironments
from tests.workflow_runner import JobRun, Runner


def pull(here: TwoEnvironments, branch: str, *, fork: bool = False, **more: Any) -> Runner:
    """A run of preview.yml for the branch's last commit."""
    head = {
        "sha": here.git("rev-parse", branch),
        "repo": {"full_name": "eve/fleet" if fork else "acme/fleet"},
    }
    told = {"number": 7, "base": {"sha": here.git("rev-parse", "main")}, "head": head}
    return here.run_of("pull_request", str(head["sha"]), action="synchronize", pull_request=told, **more)


def previewed(run: Runner) -> dict[str, JobRun]:
    """All jobs of preview.yml, in their order."""
    stacks = run.run("preview", "stacks")
    names = json.loads(stacks.outputs["stacks"])
    jobs = {"stacks": stacks}
    for job in ("preview", "offline"):
        each = [run.run("preview", job, {"stacks": stacks}, matrix={"stack": name}) for name in names]
        jobs |= {f"{job}-{name}": found for name, found in zip(names, each, strict=True)}
        jobs[job] = next((found for found in each if found.result != "skipped"), JobRun("skipped"))
    needs = {name: jobs[name] for name in ("stacks", "preview", "offline")}
    jobs["report"] = run.run("preview", "report", needs)
    if "pull_request" in run.contexts["github"]["event"]:
        jobs["sign"] = signed(run)
    return jobs


def queued(here: TwoEnvironments, branch: str) -> dict[str, JobRun]:
    """The run of preview.yml that a merge queue asks for."""
    head, base = here.git("rev-parse", branch), here.git("rev-parse", "main")
    return previewed(here.run_of("merge_group", head, merge_group={"base_sha": base, "head_sha": head}))


def signed(run: Runner, path: str = ".github/workflows/preview.yml", **more: Any) -> JobRun:
    """The run of sign.yml that follows one of preview.yml: as the default branch has it, with the other's artifacts."""
    github = run.contexts["github"]
    told = github["event"]["pull_request"]
    ended = {
        "id": github["run_id"], "run_attempt": 1, "head_sha": told["head"]["sha"], "head_branch": "branch",
        "event": github["event_name"], "conclusion": "success",
        "html_url": f"https://git.example/acme/fleet/actions/runs/{github['run_id']}",
        "head_repository": told["head"]["repo"],
        "pull_requests": [
            {"number": 3, "base": {"sha": "0" * 40, "ref": "release", "repo": {"id": 1}}},
            {"number": told["number"], "base": {**told["base"], "ref": "main", "repo": {"id": 1}}},
        ],
        **more,
    }  # fmt: skip
    repository = {**github["event"]["repository"], "id": 1}
    event = {"workflow": {"path": path}, "workflow_run": ended, "repository": repository}
    here = {**github, "event_name": "workflow_run", "sha": told["base"]["sha"], "event": event}
    return Runner(run.folder, run.repository, run.env, {**run.contexts, "github": here}, run.environment).run(
        "sign", "sign"
    )


def deployed(here: TwoEnvironments, merge: str, stack: str) -> JobRun:
    inputs = {"stack": stack, "plan": "", "acknowledged": False}
    return here.run_of("push", merge).run("up", "up", inputs=inputs)


def look_for_drift(here: TwoEnvironments) -> JobRun:
    run = here.run_of("schedule", here.git("rev-parse", "main"))
    stacks = run.run("drift", "stacks")
    looks = [
        run.run("drift", "drift", {"stacks": stacks}, matrix={"stack": name})
        for name in json.loads(stacks.outputs["stacks"])
    ]
    assert [look.result for look in looks] == ["success", "success"], [look.said for look in looks]
    return run.run("drift", "report", {"stacks": stacks, "drift": looks[0]})


def branch(here: TwoEnvironments, name: str) -> None:
    here.git("checkout", "-q", "-B", name, "main")
