"""The jobs of a pipeline on GitLab, and what .gitlab-ci.yml promises besides."""

from __future__ import annotations

from typing import Any

import yaml

from fleet.delivery.gitlab_pipeline import pipeline
from providers.linode.project import PROJECT

ROOT = yaml.safe_load((PROJECT / ".gitlab-ci.yml").read_text())
JOBS = yaml.safe_load((PROJECT / ".gitlab" / "jobs.yml").read_text())
SECRETS = ("LINODE_TOKEN", "PLAN_KEY", "PULUMI_CONFIG_PASSPHRASE", "STATE_KEY", "GITLAB_TOKEN", "NOTICE_URL")


def made(*words: Any, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(pipeline(*words, **more))
    return found


def test_each_stack_has_a_preview_and_the_report_waits_for_all() -> None:
    found = made("previews", ["dev", "prod"], ["qa"])

    assert found["variables"] == {"STACKS": '["dev", "prod"]', "UNDEPLOYED": '["qa"]'}
    assert found["preview dev"] == {
        "extends": ".preview", "variables": {"STACK": "dev"},
        "environment": {"name": "preview-dev", "action": "access"},
    }  # fmt: skip
    assert found["report"] == {"extends": ".report", "needs": ["preview dev", "preview prod"]}
    assert found["sign"] == {"extends": ".sign", "needs": ["report"]}


def test_a_change_of_no_stack_has_its_report_all_the_same() -> None:
    assert made("previews", [])["report"] == {"extends": ".report", "needs": []}


def test_of_a_fork_nothing_names_an_environment_or_is_signed() -> None:
    found = made("previews", ["dev"], offline=True)

    assert found["preview dev"] == {"extends": ".offline", "variables": {"STACK": "dev"}}
    assert "sign" not in found


def test_environments_are_deployed_one_after_the_other_each_in_its_own_queue() -> None:
    found = made("deployments", ["dev", "staging"])

    assert [found[f"up {stack}"]["needs"] for stack in ("dev", "staging")] == [[], ["up dev"]]
    assert found["up staging"]["environment"] == {"name": "staging"}
    assert found["up staging"]["resource_group"] == "up-staging"
    assert found["close"]["needs"] == ["up staging"]


def test_every_job_extends_one_that_is_there() -> None:
    for part in ("previews", "deployments", "drift"):
        jobs = [job for job in made(part, ["dev"]).values() if isinstance(job, dict) and "extends" in job]
        assert {job["extends"] for job in jobs} <= JOBS.keys()
    assert {
        job["extends"] for job in ROOT.values() if isinstance(job, dict) and "extends" in job
    } <= JOBS.keys()


def test_code_that_nobody_has_read_names_nothing_that_writes_or_opens_a_state() -> None:
    for name in (".preview", ".offline", ".report", ".look"):
        told = str({key: value for key, value in JOBS[name].items() if key != "variables"})
        values = [str(value) for value in JOBS[name].get("variables", {}).values()]
        assert not [
            secret for secret in SECRETS if f"${secret}" in (*values, told.replace("$GITLAB_TOKEN", ""))
        ], name


def test_commands_are_no_place_for_values_of_a_branch() -> None:
    """A merge request's title, branch or author never stands in a command."""
    text = (PROJECT / ".gitlab-ci.yml").read_text() + (PROJECT / ".gitlab" / "jobs.yml").read_text()

    assert not [
        word for word in ("_TITLE", "_REF_NAME", "SOURCE_BRANCH_NAME", "_MESSAGE", "_AUTHOR") if word in text
    ]
