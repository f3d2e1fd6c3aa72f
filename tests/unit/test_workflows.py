"""The workflow files: what the two linters say, and what we promise besides."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet.report.hosts.doctor import CHECK, SIGNING

PROJECT = Path(__file__).resolve().parents[2]
FILES = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
NAMES = [file.stem for file in FILES]


def content(file: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(file.read_text())
    return found


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in content(file)["jobs"].values():
        yield from job.get("steps", [])


def test_there_are_the_six() -> None:
    assert NAMES == ["deploy", "drift", "pr-stack", "preview", "sign", "up"]


def test_actionlint_has_nothing_to_say() -> None:
    tool = shutil.which("actionlint") or shutil.which("actionlint", path=str(PROJECT / ".venv" / "tools"))
    if tool is None:
        pytest.skip("actionlint is not here: `make tools` builds it where Go is installed")

    # `queue` is of May 2026; 1.7.12, the last one there is, is older.
    unknown = ["-ignore", 'unexpected key "queue" for "concurrency" section']
    done = subprocess.run(
        [tool, "-no-color", *unknown, *map(str, FILES)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "")


def test_zizmor_has_nothing_of_medium_weight_to_say() -> None:
    tool = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    if tool is None:
        pytest.skip("zizmor has no build for this machine")

    words = [tool, "--offline", "--quiet", "--no-progress", "--min-severity", "medium", *map(str, FILES)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_nobody_gets_more_than_a_job_needs(file: Path) -> None:
    workflow = content(file)

    assert workflow["permissions"] == {}
    assert "pull_request_target" not in file.read_text()
    for job in workflow["jobs"].values():
        granted = job["permissions"]
        assert granted.pop("contents") == "read"
        assert granted.pop("actions", "read") == "read"
        assert set(granted.values()) <= {"write"}
        assert set(granted) <= {"pull-requests", "issues"}


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_actions_are_pinned_and_steps_are_one_command(file: Path) -> None:
    for step in steps(file):
        if "uses" in step:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]), step
            assert "/checkout@" not in step["uses"] or step["with"]["persist-credentials"] is False, step
        else:
            assert "\n" not in step["run"].strip(), step
            assert re.match(
                r"(\.venv/bin/python -m (fleet|fleet\.report) |python fleet/venv\.py )", step["run"]
            ), step
            assert not re.search(r"\$\{\{|&&|\||;|\$\(", step["run"]), step


def test_an_update_is_never_cancelled_and_only_previews_are() -> None:
    cancelling = {
        file.stem
        for file in FILES
        for place in (content(file), *content(file)["jobs"].values())
        if place.get("concurrency", {}).get("cancel-in-progress")
    }

    assert cancelling == {"preview"}
    assert content(PROJECT / ".github/workflows/up.yml")["jobs"]["up"]["concurrency"] == {
        "group": "up-${{ inputs.stack }}",
        "queue": "max",
        "cancel-in-progress": False,
    }


def test_only_the_run_of_the_same_branch_of_the_same_repository_waits_for_a_signature() -> None:
    """What is skipped takes no place in the queue of a job; it does in that of a workflow."""
    sign = content(PROJECT / ".github/workflows/sign.yml")
    group = sign["jobs"]["sign"]["concurrency"]["group"]

    assert "concurrency" not in sign
    assert re.findall(r"workflow_run\.([\w.]+)", group) == ["head_repository.full_name", "head_branch"]
    assert "pull_requests[0]." not in str(sign["jobs"]["sign"]["steps"]), "it may be another repository's"


@pytest.mark.parametrize("stem", ["deploy", "up", "pr-stack", "sign"])
def test_nothing_that_changes_servers_or_approves_is_dropped_for_a_later_run(stem: str) -> None:
    """Without `queue` a third run takes the place of the second. Source: GitHub's page on concurrency."""
    workflow = content(PROJECT / f".github/workflows/{stem}.yml")
    groups = [
        place["concurrency"] for place in (workflow, *workflow["jobs"].values()) if "concurrency" in place
    ]

    assert [group.get("queue") for group in groups] == ["max"] * len(groups)


def test_a_run_that_waits_for_reviewers_holds_its_own_stack_alone() -> None:
    deploy = content(PROJECT / ".github/workflows/deploy.yml")
    up = deploy["jobs"]["up"]

    assert "concurrency" not in deploy
    assert up["strategy"] == {
        "max-parallel": 1,
        "fail-fast": True,
        "matrix": {"stack": "${{ fromJSON(needs.stacks.outputs.stacks) }}"},
    }
    assert (up["needs"], deploy["jobs"]["close"]["needs"]) == ("stacks", "up")


def test_doctor_asks_for_the_environment_and_the_check_that_the_workflows_have() -> None:
    jobs = {stem: content(PROJECT / f".github/workflows/{stem}.yml")["jobs"] for stem in ("sign", "preview")}

    assert jobs["sign"]["sign"]["environment"] == SIGNING
    assert jobs["preview"]["report"]["name"] == CHECK


def test_an_organisations_guards_hold_in_every_report_of_a_plan_and_every_deployment() -> None:
    judging = {
        file.stem: step.get("env", {}).get("FLEET_GUARDS")
        for file in FILES
        for step in steps(file)
        if re.search(r"fleet (?:report write|deploy) ", step.get("run", "")) and file.stem != "drift"
    }

    assert judging == dict.fromkeys(("preview", "sign", "up"), "${{ vars.FLEET_GUARDS }}")


def test_the_required_check_answers_a_merge_queue() -> None:
    preview = content(PROJECT / ".github/workflows/preview.yml")

    assert "merge_group" in preview[True]
    for name, job in preview["jobs"].items():
        # A queue has no pull request to ask for an acknowledgement.
        asked = [str(step) for step in job["steps"] if "report ack" not in step.get("run", "")]
        shas = re.findall(r"github\.event\.pull_request\.\w+\.sha(.*?)\}\}", " ".join(asked))
        assert shas, name
        assert all(text.startswith(" || github.event.merge_group.") for text in shas), name


def test_every_job_has_a_time_limit_or_is_another_workflows() -> None:
    for file in FILES:
        for name, job in content(file)["jobs"].items():
            assert "uses" in job or job["timeout-minutes"] <= 180, f"{file.stem}/{name}"


def test_jobs_with_a_writing_token_of_the_host_run_the_bases_code_for_pull_requests() -> None:
    jobs = content(PROJECT / ".github/workflows/preview.yml")["jobs"]

    for name, job in jobs.items():
        writes = "write" in job["permissions"].values()
        ref = job["steps"][0]["with"].get("ref", "")
        base = "${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha }}"
        assert writes == (ref == base), name
        assert not (writes and "environment" in job), name


def test_only_jobs_of_the_default_branch_have_the_key_that_approves() -> None:
    """`workflow_run` and `workflow_call` from a push to it: no branch decides what these do."""
    with_key = {
        file.stem: set(content(file)[True]) for file in FILES if "secrets.PLAN_KEY" in file.read_text()
    }

    assert with_key == {"sign": {"workflow_run"}, "up": {"workflow_call"}}
    for stem in with_key:
        (job,) = content(PROJECT / f".github/workflows/{stem}.yml")["jobs"].values()
        assert "environment" in job
        assert "ref" not in job["steps"][0]["with"], "it has to run what stands on the default branch"


def test_code_that_nobody_has_read_gets_nothing_that_opens_a_state_or_writes() -> None:
    read = {"LINODE_READ_TOKEN", "COPY_READ_KEY", "COPY_READ_KEY_ID"}

    for file in FILES:
        for name, job in content(file)["jobs"].items():
            if str(job.get("environment", "")).startswith("preview-"):
                assert set(re.findall(r"secrets\.(\w+)", str(job["steps"]))) == read, f"{file.stem}/{name}"
                assert set(re.findall(r"vars\.(\w+)", str(job["steps"]))) == {"COPY_BACKEND_URL"}, name


def test_the_required_check_is_never_skipped() -> None:
    report = content(PROJECT / ".github/workflows/preview.yml")["jobs"]["report"]

    assert report["if"] == "${{ !cancelled() }}"
    assert report["needs"] == ["stacks", "preview", "offline"]
