"""What a repository's settings let somebody do who can push a branch, and what is missing to prevent it.

Source: GitHub's REST API on environments, secrets, rules, branch protection, contents and permissions of Actions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from fleet.report.errors import HostRefused
from fleet.report.hosts.approval import KEY
from fleet.report.hosts.github import GitHub
from fleet.report.hosts.host import GONE, Row, text_in, value_in

SIGNING = "signing"
"""The environment that has nothing but the key of signatures."""

CHECK = "report"
OF_ENVIRONMENTS = frozenset(
    {
        KEY,
        "NOTICE_URL",
        "LINODE_TOKEN",
        "LINODE_READ_TOKEN",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_ACCESS_TOKEN",
    }
    | {"STATE_KEY", "STATE_KEY_ID", "COPY_READ_KEY", "COPY_READ_KEY_ID"}
)
"""Secrets that no workflow of a branch may read without an environment."""

OF_PREVIEWS = frozenset({"LINODE_READ_TOKEN", "COPY_READ_KEY", "COPY_READ_KEY_ID"})
"""Those of them that previews have: they only read, and no secret of a state."""

QUEUED = " (deploy stops where the queue's base changed the plan)"
OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")

Found = TypeVar("Found")


@dataclass(frozen=True)
class Check:
    """One thing to set up. good: None where the token may not see it. without: what happens if it is not so."""

    what: str
    good: bool | None
    without: str


def checks(host: GitHub, stacks: Sequence[str]) -> Iterator[Check]:
    """All of them, for these environments. Raises HostRefused if the repository can't be seen."""
    branch = text_in(host.http.call("GET", host.project).body, "default_branch")
    for name in (*stacks, SIGNING):
        yield from _environment(host, name, branch, reviewed=name != SIGNING)
    for name in stacks:
        yield from _preview(host, f"preview-{name}")
    secrets = _secrets(host, f"{host.project}/actions")
    yield Check(
        "no secret of an environment is one of the repository",
        None if secrets is None else not OF_ENVIRONMENTS & secrets,
        "every workflow of every branch reads it",
    )
    yield from _branch(host, branch)
    given = _asked(host, f"{host.project}/actions/permissions/workflow")
    reads = text_in(given, "default_workflow_permissions") == "read"
    yield Check(
        "workflows read by default, and approve nothing",
        None if given is None else reads and not value_in(given, "can_approve_pull_request_reviews"),
        "a branch's workflow reviews its own pull request",
    )


def _seen(look: Callable[[], Found], nothing: Found) -> Found | None:
    """`nothing` for what is not there, None for what the token may not see."""
    try:
        return look()
    except HostRefused as error:
        if error.status in GONE:
            return nothing
        if error.status == 403:
            return None
        raise


def _asked(host: GitHub, path: str) -> object:
    return _seen(lambda: host.http.call("GET", path).body, {})


def _secrets(host: GitHub, place: str) -> set[str] | None:
    """The names of all there."""
    rows = _seen(lambda: host.rows(f"{place}/secrets", "secrets"), list[Row]())
    return None if rows is None else {text_in(row, "name") for row in rows}


def _environment(host: GitHub, name: str, branch: str, *, reviewed: bool) -> Iterator[Check]:
    place = f"{host.project}/environments/{quote(name, safe='')}"
    found = _asked(host, place)
    policies = _seen(lambda: host.rows(f"{place}/deployment-branch-policies", "branch_policies"), list[Row]())
    in_force = value_in(found, "deployment_branch_policy", "custom_branch_policies") is True
    allowed = {(text_in(row, "name"), text_in(row, "type") or "branch") for row in policies or ()}
    yield Check(
        f"environment {name}: only {branch} may use it",
        None if found is None or policies is None else in_force and allowed == {(branch, "branch")},
        f"a branch's workflow reads its secrets{' and deploys' if reviewed else ' and approves itself'}",
    )
    secrets = _secrets(host, place)
    yield Check(
        f"environment {name}: has {KEY}",
        None if secrets is None else KEY in secrets,
        "no plan of a pull request is approved" if reviewed else "no report is signed",
    )
    rules = _rows(found, "protection_rules")
    if reviewed:
        rule = next((rule for rule in rules if rule.get("type") == "required_reviewers"), {})
        yield Check(
            f"environment {name}: reviewers, and not of their own change",
            None
            if found is None
            else bool(rule.get("reviewers")) and rule.get("prevent_self_review") is True,
            "a merge alone deploys, and anybody who may write approves a plan that nobody read",
        )


def _preview(host: GitHub, name: str) -> Iterator[Check]:
    place = f"{host.project}/environments/{quote(name, safe='')}"
    found = _asked(host, place)
    secrets = _secrets(host, place)
    harmless = not (OF_ENVIRONMENTS - OF_PREVIEWS) & (secrets or set())
    yield Check(
        f"environment {name}: there, with nothing that writes or opens the state",
        None if secrets is None or found is None else bool(found) and harmless,
        "whoever pushes a branch reads the root passwords, approves or deploys; or there are no previews",
    )


def _branch(host: GitHub, branch: str) -> Iterator[Check]:
    """Rulesets, which everybody may read, and the older protection, which only administrators may."""
    name = quote(branch, safe="")
    active = host.rows(f"{host.project}/rules/branches/{name}")
    rules = {text_in(rule, "type"): value_in(rule, "parameters") or {} for rule in active}
    older = _asked(host, f"{host.project}/branches/{name}/protection")
    reviews = rules.get("pull_request", {}), value_in(older, "required_pull_request_reviews") or {}
    status = rules.get("required_status_checks", {}), value_in(older, "required_status_checks") or {}
    rows = [
        row for each in status for key in ("required_status_checks", "checks") for row in _rows(each, key)
    ]

    def seen(good: bool) -> bool | None:
        return None if older is None and not good else good

    def says(places: tuple[object, object], *keys: str) -> bool:
        return any(value_in(place, key) for place in places for key in keys)

    dismissed = says(reviews, "dismiss_stale_reviews_on_push", "dismiss_stale_reviews")
    yield Check(
        f"{branch}: a review, which a push dismisses",
        seen(dismissed and says(reviews, "required_approving_review_count")),
        "one person changes and deploys anything",
    )
    owners = any(_asked(host, f"{host.project}/contents/{path}") for path in OWNERS)
    yield Check(
        f"{branch}: CODEOWNERS, and their review",
        seen(owners and says(reviews, "require_code_owner_review", "require_code_owner_reviews")),
        "a change of workflows, provider or report passes as one of a README",
    )
    required = any(text_in(row, "context") == CHECK for row in rows)
    yield Check(f"{branch}: check {CHECK} is required", seen(required), "what a guard blocks is merged")
    queue = rules.get("merge_queue")
    yield Check(
        f"{branch}: up to date before a merge, or a queue{'' if queue is None else QUEUED}",
        seen(queue is not None or says(status, "strict_required_status_checks_policy", "strict")),
        "a plan is approved that was made on another base, and each deployment of it stops",
    )
    if queue is not None:
        yield Check(
            f"{branch}: the queue merges one by one",
            value_in(queue, "max_entries_to_merge") == 1,
            "several merges are one push, whose plan nobody approved",
        )


def _rows(value: object, key: str) -> list[Row]:
    found = value_in(value, key)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
