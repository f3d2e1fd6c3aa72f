"""`fleet doctor`: what is missing on the code host, told with what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fleet.cli.main import main
from tests.unit.report.fake_hosts import TOKEN, FakeHost, serving

STACKS = ("dev", "staging", "prod")
ONLY_MAIN = {"protected_branches": False, "custom_branch_policies": True}
PROTECTED = {"protected_branches": True, "custom_branch_policies": False}
REVIEWERS = {"type": "required_reviewers", "prevent_self_review": True, "reviewers": [{"type": "Team"}]}
RULES = [
    {"type": "pull_request", "parameters": {
        "required_approving_review_count": 1, "dismiss_stale_reviews_on_push": True, "require_code_owner_review": True,
    }},
    {"type": "required_status_checks", "parameters": {
        "required_status_checks": [{"context": "report"}], "strict_required_status_checks_policy": True,
    }},
]  # fmt: skip


def environment(*secrets: str, reviewed: bool = True, policy: object = ONLY_MAIN) -> dict[str, Any]:
    """What GitHub answers below an environment."""
    return {
        "": {"deployment_branch_policy": policy, "protection_rules": [REVIEWERS] if reviewed else []},
        "/deployment-branch-policies": {"branch_policies": [{"name": "main"}] if policy else []},
        "/secrets": {"secrets": [{"name": name} for name in secrets]},
    }


def hardened() -> dict[str, Any]:
    found: dict[str, Any] = {
        "": {"default_branch": "main"},
        "/actions/secrets": {"secrets": [{"name": "CODECOV_TOKEN"}]},
        "/actions/permissions/workflow": {
            "default_workflow_permissions": "read", "can_approve_pull_request_reviews": False,
        },
        "/rules/branches/main": RULES,
        "/contents/CODEOWNERS": {"name": "CODEOWNERS"},
    }  # fmt: skip
    places = {"signing": environment("PLAN_KEY", reviewed=False)}
    for stack in STACKS:
        places[stack] = environment("PLAN_KEY", "LINODE_TOKEN", "STATE_KEY")
        places[f"preview-{stack}"] = environment(
            "LINODE_READ_TOKEN", "COPY_READ_KEY", reviewed=False, policy=None
        )
    for name, place in places.items():
        found |= {f"/environments/{name}{path}": answer for path, answer in place.items()}
    return found


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHost]:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with serving("github") as found:
        found.settings = hardened()
        yield found


def asked(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit code, and the lines of what is missing or not visible."""
    code = main(["doctor", "--repo", "acme/fleet", "--api", host.url])
    lines = capsys.readouterr().out.splitlines()
    return code, [" ".join(line.split()) for line in lines if "  NO  " in line or "  not visible  " in line]


def test_a_hardened_repository_has_nothing_missing(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(host, capsys) == (0, [])


MISSING: list[tuple[str, object, str]] = [
    ("/environments/prod", 404,
     "environment prod: only main may use it NO a branch's workflow reads its secrets and deploys"),
    ("/environments/signing/deployment-branch-policies", {"branch_policies": [{"name": "*"}]},
     "environment signing: only main may use it NO a branch's workflow reads its secrets and approves itself"),
    ("/environments/signing/deployment-branch-policies", {"branch_policies": [{"name": "main", "type": "tag"}]},
     "environment signing: only main may use it NO"),
    ("/environments/dev", {**environment()[""], "deployment_branch_policy": None}, "environment dev: only main may"),
    ("/environments/dev", {**environment()[""], "deployment_branch_policy": PROTECTED},
     "environment dev: only main may use it NO"),
    ("/environments/signing/secrets", {"secrets": []}, "environment signing: has PLAN_KEY NO no report is signed"),
    ("/environments/dev", {"protection_rules": [{**REVIEWERS, "prevent_self_review": False}]},
     "environment dev: reviewers, and not of their own change NO"),
    ("/environments/preview-dev/secrets", {"secrets": [{"name": "PLAN_KEY"}]},
     "environment preview-dev: there, with nothing that writes or opens the state NO"),
    ("/environments/preview-dev/secrets", {"secrets": [{"name": "PULUMI_CONFIG_PASSPHRASE"}]},
     "there, with nothing that writes or opens the state NO whoever pushes a branch reads the root passwords"),
    ("/actions/secrets", {"secrets": [*({"name": f"A_{n}"} for n in range(100)), {"name": "LINODE_TOKEN"}]},
     "no secret of an environment is one of the repository NO every workflow of every branch reads it"),
    ("/actions/secrets", {"secrets": [{"name": "LINODE_TOKEN"}]},
     "no secret of an environment is one of the repository NO every workflow of every branch reads it"),
    ("/actions/permissions/workflow", {"default_workflow_permissions": "write"}, "workflows read by default"),
    ("/rules/branches/main", RULES[1:], "main: a review, which a push dismisses NO"),
    ("/rules/branches/main", RULES[:1], "main: check report is required NO what a guard blocks is merged"),
    ("/contents/CODEOWNERS", 404, "main: CODEOWNERS, and their review NO"),
    ("/rules/branches/main", [*RULES, {"type": "merge_queue", "parameters": {"max_entries_to_merge": 5}}],
     "main: the queue merges one by one NO several merges are one push"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "answer", "line"), MISSING)
def test_what_is_missing_is_told_with_what_follows(
    host: FakeHost, capsys: pytest.CaptureFixture[str], path: str, answer: object, line: str
) -> None:
    host.settings[path] = answer

    code, told = asked(host, capsys)

    assert code == 1
    assert [each for each in told if line in each], told


def test_the_older_protection_of_a_branch_counts_too(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    host.settings["/rules/branches/main"] = []
    host.settings["/branches/main/protection"] = {
        "required_pull_request_reviews": {
            "required_approving_review_count": 1, "dismiss_stale_reviews": True, "require_code_owner_reviews": True,
        },
        "required_status_checks": {"strict": True, "checks": [{"context": "report"}]},
    }  # fmt: skip

    assert asked(host, capsys) == (0, [])


@pytest.mark.parametrize(
    "path", ["/environments/dev/secrets", "/actions/secrets", "/actions/permissions/workflow"]
)
def test_what_the_token_may_not_see_is_not_called_missing(
    host: FakeHost, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    host.settings[path] = 403

    code, told = asked(host, capsys)

    assert code == 1
    assert len(told) == 1
    assert " not visible " in told[0]


def test_what_is_missing_and_what_is_not_visible_are_counted_apart(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    host.settings["/environments/dev/secrets"] = 403
    host.settings["/contents/CODEOWNERS"] = 404
    host.settings["/actions/permissions/workflow"] = {"default_workflow_permissions": "write"}

    assert main(["doctor", "--repo", "acme/fleet", "--api", host.url]) == 1
    assert "2 missing, 1 not visible, of 20. Next: docs/hardening.md" in capsys.readouterr().out


def test_a_queue_instead_of_branches_that_are_up_to_date_is_told_with_what_it_means(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = {"type": "merge_queue", "parameters": {"max_entries_to_merge": 1}}
    host.settings["/rules/branches/main"] = [
        RULES[0], {"type": RULES[1]["type"], "parameters": {"required_status_checks": [{"context": "report"}]}}, queue,
    ]  # fmt: skip

    assert main(["doctor", "--repo", "acme/fleet", "--api", host.url]) == 0
    assert "deploy stops where the queue's base changed the plan" in " ".join(capsys.readouterr().out.split())


def test_gitlab_is_not_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)

    assert main(["doctor", "--repo", "acme/fleet", "--host", "gitlab"]) == 2
    assert "doctor asks GitHub alone" in capsys.readouterr().err
