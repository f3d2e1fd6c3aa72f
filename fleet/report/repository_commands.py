"""The sub-commands that talk to a code host about a repository: approved, issue."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TypeVar

from fleet.report import masking
from fleet.report.errors import BadCall
from fleet.report.forms import markdown
from fleet.report.forms.redacting import redacted
from fleet.report.hosts import approving, issue
from fleet.report.hosts.github import GitHub
from fleet.report.hosts.gitlab import GitLab
from fleet.report.hosts.repository_hosts import GitHubRepository, GitLabRepository
from fleet.report.judge.report import Options, build
from fleet.report.posting import COMMIT, connect, tell, where
from fleet.report.read.arguments import bundle_folders, expected_stacks, run_of
from fleet.report.read.collecting import collected

ParserT = TypeVar("ParserT", bound=argparse.ArgumentParser)


def add_commands(commands: argparse._SubParsersAction[ParserT]) -> None:
    approved = commands.add_parser(
        "approved", help="say which plan the merge of a commit approved for a stack"
    )
    where(approved)
    approved.add_argument("--id", default="fleet")
    approved.add_argument("--commit", required=True, metavar="SHA")
    approved.add_argument("--stack", required=True)
    approved.add_argument("--plan", default="", metavar="HASH", help="approved by hand: taken as it is")
    approved.add_argument(
        "--acknowledged", default="false", choices=("true", "false", ""), help="with --plan"
    )
    approved.set_defaults(run=_approved)
    drift = commands.add_parser("issue", help="open, update or close an issue for each stack's drift")
    where(drift)
    drift.add_argument("folders", nargs="*", type=Path, metavar="BUNDLE")
    drift.add_argument("--bundles", type=Path, default=None, metavar="DIR", help="a folder of such folders")
    drift.add_argument(
        "--expected-stacks", default="", metavar="A,B", help="one that sent nothing has failed"
    )
    drift.set_defaults(run=_issue)


def _repository(given: argparse.Namespace) -> GitHubRepository | GitLabRepository:
    kind, http = connect(given, os.environ)
    chosen = GitLabRepository if kind == "gitlab" else GitHubRepository
    return chosen(http, given.repo, given.own_name)


def _approved(given: argparse.Namespace) -> int:
    """Prints `plan=`, `pull=` and `acknowledged=`; the reason goes to stderr."""
    if not COMMIT.fullmatch(given.commit):
        raise BadCall("--commit takes a commit's hexadecimal id")
    merged = _repository(given).merged_pull(given.commit)
    pull = str(merged.number) if merged else ""
    if given.plan:
        sys.stderr.write("approved by hand\n")
        tell(plan=given.plan, pull=pull, acknowledged="true" if given.acknowledged == "true" else "")
        return 0
    found = approving.Approved(approving.NOTHING, "the commit came from no merged pull request")
    if merged:
        kind, http = connect(given, os.environ)
        host = (GitLab if kind == "gitlab" else GitHub)(http, given.repo, merged.number, given.own_name)
        found = approving.look(host, merged, given.id, given.stack, given.commit)
    sys.stderr.write(f"{found.why}\n")
    tell(plan=found.plan, pull=pull, acknowledged="true" if found.acknowledged else "")
    return 0


def _issue(given: argparse.Namespace) -> int:
    """One issue per stack; all of them, also when one host call fails in between, are tried the next time."""
    host, secrets = _repository(given), masking.named_values(os.environ, given.mask_env)
    expected, run = expected_stacks(given.expected_stacks), run_of(os.environ)
    bundles = {bundle.stack: bundle for bundle in collected(bundle_folders(given), expected, secrets)}
    for stack in dict.fromkeys([*expected, *bundles]):
        options = Options(id=f"drift-{stack}", expected=(stack,), run=run.id, run_url=run.url)
        report = redacted(build([bundles[stack]] if stack in bundles else [], options), secrets)
        outcome = issue.settle(host, report, markdown.comment(report, secrets))
        sys.stdout.write(f"{stack}: issue {outcome.number or '-'}: {outcome.action}\n")
    return 0
