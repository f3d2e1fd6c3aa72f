"""The sub-commands that talk to a code host about one pull request: comment, ack, close."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from fleet.report import masking
from fleet.report.errors import BadCall
from fleet.report.forms import markdown, schema
from fleet.report.hosts import acknowledging, comment
from fleet.report.hosts.codehost import CodeHost
from fleet.report.hosts.github import GitHub
from fleet.report.hosts.gitlab import GitLab
from fleet.report.hosts.http import Http
from fleet.report.hosts.repository_hosts import GitHubRepository, GitLabRepository
from fleet.report.model import Report

ParserT = TypeVar("ParserT", bound=argparse.ArgumentParser)

ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
REPO = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)+")
COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
GITHUB_API = "https://api.github.com"
GITLAB_API = "https://gitlab.com/api/v4"


def add_commands(commands: argparse._SubParsersAction[ParserT]) -> None:
    post = commands.add_parser("comment", help="post or update the sticky comment and the labels")
    _where(post)
    post.add_argument("--report", type=Path, required=True, metavar="DIR", help="with report.json")
    post.add_argument("--no-labels", action="store_true")
    post.add_argument("--if-there", action="store_true", help="no report there: nothing to post, no mistake")
    post.add_argument("--commit", metavar="SHA", help="refuse a report of another commit")
    post.add_argument("--run", metavar="N.A", dest="run_id", help="refuse a report of another run")
    post.add_argument(
        "--untrusted", action="store_true", help="the report is of a fork: its acknowledgement does not count"
    )
    post.set_defaults(run=_comment)
    ack = commands.add_parser("ack", help="say whether data loss is acknowledged for a commit")
    _where(ack)
    ack.add_argument("--id", default="fleet")
    ack.add_argument("--commit", required=True, metavar="SHA")
    ack.set_defaults(run=_ack)
    close = commands.add_parser("close", help="after the merge: say where the plan was applied")
    where(close)
    which = close.add_mutually_exclusive_group(required=True)
    which.add_argument("--pull", type=int, metavar="N")
    which.add_argument(
        "--commit", metavar="SHA", help="of the pull request that this commit came from, if any"
    )
    close.add_argument("--id", default="fleet")
    close.add_argument("--run-number", required=True, metavar="N")
    close.set_defaults(run=_close)


def _where(parser: argparse.ArgumentParser) -> None:
    where(parser)
    parser.add_argument("--pull", type=int, required=True, metavar="N")


def where(parser: argparse.ArgumentParser) -> None:
    """The options that tell the host and its repository."""
    parser.add_argument("--host", choices=("github", "gitlab"), help="default: by the environment")
    parser.add_argument("--api", metavar="URL", help="default: GITHUB_API_URL or CI_API_V4_URL")
    parser.add_argument("--repo", required=True, metavar="OWNER/NAME")
    parser.add_argument(
        "--as", dest="own_name", default="", metavar="USER", help="default: asked of the host"
    )
    parser.add_argument("--timeout", type=float, default=20.0, metavar="S", help="of one request")
    parser.add_argument("--mask-env", action="append", default=[], metavar="NAME", help="hide its value")


def open_host(given: argparse.Namespace, environment: Mapping[str, str]) -> CodeHost:
    """The pull request that the arguments and the environment mean. Raises BadCall."""
    if given.pull < 1:
        raise BadCall("--pull takes the number of a pull request")
    kind, http = connect(given, environment)
    if kind == "gitlab":
        return GitLab(http, given.repo, given.pull, given.own_name)
    return GitHub(http, given.repo, given.pull, given.own_name)


def connect(given: argparse.Namespace, environment: Mapping[str, str]) -> tuple[str, Http]:
    """The kind of host, and how it is called. Raises BadCall."""
    if not REPO.fullmatch(given.repo) or ".." in given.repo:
        raise BadCall("--repo takes OWNER/NAME")
    kind = given.host or ("gitlab" if environment.get("GITLAB_CI") == "true" else "github")
    variable = "GITLAB_TOKEN" if kind == "gitlab" else "GITHUB_TOKEN"
    token = environment.get(variable, "").strip()
    if not token:
        raise BadCall(f"{variable} is not set. Next: give this step a token that may write comments.")
    if not token.isprintable() or not token.isascii():
        raise BadCall(f"{variable} holds something that is no token")
    if kind == "gitlab":
        http = Http(given.api or environment.get("CI_API_V4_URL") or GITLAB_API, "PRIVATE-TOKEN", token)
        http.timeout_s = given.timeout
        return kind, http
    url = given.api or environment.get("GITHUB_API_URL") or GITHUB_API
    http = Http(url, "Authorization", f"Bearer {token}", "application/vnd.github+json")
    http.timeout_s = given.timeout
    return kind, http


def _comment(given: argparse.Namespace) -> int:
    """Writes from report.json alone, so that nothing of another machine's Markdown is posted."""
    path = given.report / "report.json"
    if given.if_there and not path.exists():
        sys.stdout.write("comment -: no report\n")
        return 0
    try:
        report = schema.read_report(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadCall(
            f"--report {given.report}: no readable report.json. Next: python -m fleet.report report."
        ) from error
    report = _checked(report, given)
    host = open_host(given, os.environ)
    body = markdown.comment(report, masking.named_values(os.environ, given.mask_env))
    outcome = comment.post(host, body)
    sys.stdout.write(f"comment {outcome.comment}: {outcome.action}, {outcome.folded} folded\n")
    if not given.no_labels and outcome.action != "kept newer":
        added, removed = comment.set_labels(host, report.labels)
        sys.stdout.write(f"labels: {len(added)} added, {len(removed)} removed\n")
    return 0


def _checked(report: Report, given: argparse.Namespace) -> Report:
    """A report that says who it is of must be of that one; a stranger's word is not taken for what it claims."""
    if given.untrusted and not (given.commit and given.run_id):
        raise BadCall("--untrusted needs --commit and --run, which the report must be of")
    for name, told, wanted in (("commit", report.commit, given.commit), ("run", report.run, given.run_id)):
        if wanted and told != wanted:
            raise BadCall(f"the report is of another {name}")
    if not ID.fullmatch(report.id):
        raise BadCall("the report's id is not one of ours")
    return report.model_copy(update={"acknowledged": False, "run_url": ""}) if given.untrusted else report


def _ack(given: argparse.Namespace) -> int:
    """Prints `acknowledged=<commit>`, empty when it is not; the reason goes to stderr."""
    if not COMMIT.fullmatch(given.commit):
        raise BadCall("--commit takes a commit's hexadecimal id")
    found = acknowledging.settle(open_host(given, os.environ), given.id, given.commit)
    sys.stderr.write(f"{found.why}\n")
    tell(acknowledged=found.commit)
    return 0


def tell(**values: str) -> None:
    """`name=value` lines on stdout, and for later steps of a workflow."""
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    sys.stdout.write(lines)
    if os.environ.get("GITHUB_OUTPUT"):
        with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8", newline="\n") as file:
            file.write(lines)


def _close(given: argparse.Namespace) -> int:
    if given.commit:
        kind, http = connect(given, os.environ)
        chosen = GitLabRepository if kind == "gitlab" else GitHubRepository
        merged = chosen(http, given.repo, given.own_name).merged_pull(given.commit)
        if merged is None:
            sys.stdout.write("comment -: the commit came from no pull request\n")
            return 0
        given.pull = merged.number
    outcome = comment.close(open_host(given, os.environ), given.id, given.run_number)
    sys.stdout.write(f"comment {outcome.comment or '-'}: {outcome.action}\n")
    return 0
