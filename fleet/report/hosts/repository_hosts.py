"""What is not of one pull request: the issues of a repository, and which pull request a commit came from."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from fleet.report.errors import HostRefused
from fleet.report.hosts.approving import Merged
from fleet.report.hosts.github import GitHub
from fleet.report.hosts.gitlab import GitLab
from fleet.report.hosts.http import Http
from fleet.report.hosts.issue import Issue


class GitHubRepository(GitHub):
    """Source: the REST API's pages on issues and on commits."""

    def __init__(self, http: Http, repo: str, own_name: str = "") -> None:
        super().__init__(http, repo, 0, own_name)

    def merged_pull(self, commit: str) -> Merged | None:
        """Source: GET /repos/{owner}/{repo}/commits/{sha}/pulls."""
        rows = self._rows(f"{self._repo}/commits/{quote(commit, safe='')}/pulls")
        merged = [row for row in rows if row.get("merged_at")]
        merged.sort(key=lambda row: row.get("merge_commit_sha") != commit)
        return _merged(merged[0], "number", _nested(merged[0], "head", "sha")) if merged else None

    def open_issues(self, label: str) -> list[Issue]:
        """Source: GET /repos/{owner}/{repo}/issues; pull requests are issues there, and left out."""
        path = f"{self._repo}/issues?state=open&labels={quote(label, safe='')}"
        rows = [row for row in self._rows(path) if "pull_request" not in row]
        return [_issue(row, "number", _nested(row, "user", "login"), "body") for row in rows]

    def open_issue(self, title: str, body: str, label: str) -> int:
        """Source: POST /repos/{owner}/{repo}/issues; a label that is not there is made by it."""
        content = {"title": title, "body": body, "labels": [label]}
        return _number(self._http.call("POST", f"{self._repo}/issues", body=content).body, "number")

    def update_issue(self, number: int, title: str, body: str) -> None:
        """Source: PATCH /repos/{owner}/{repo}/issues/{number}."""
        self._http.call("PATCH", f"{self._repo}/issues/{number}", body={"title": title, "body": body})

    def close_issue(self, number: int) -> None:
        self._http.call("PATCH", f"{self._repo}/issues/{number}", body={"state": "closed"})


class GitLabRepository(GitLab):
    """Source: the REST API's pages on issues and on commits."""

    def __init__(self, http: Http, repo: str, own_name: str = "") -> None:
        super().__init__(http, repo, 0, own_name)

    def merged_pull(self, commit: str) -> Merged | None:
        """Source: GET /projects/:id/repository/commits/:sha/merge_requests."""
        path = f"{self._project}/repository/commits/{quote(commit, safe='')}/merge_requests"
        merged = [row for row in self._rows(path, {}) if row.get("state") == "merged"]
        merged.sort(key=lambda row: commit not in (row.get("merge_commit_sha"), row.get("squash_commit_sha")))
        return _merged(merged[0], "iid", str(merged[0].get("sha") or "")) if merged else None

    def open_issues(self, label: str) -> list[Issue]:
        """Source: GET /projects/:id/issues."""
        rows = self._rows(f"{self._project}/issues", {"state": "opened", "labels": label})
        return [_issue(row, "iid", _nested(row, "author", "username"), "description") for row in rows]

    def open_issue(self, title: str, body: str, label: str) -> int:
        """Source: POST /projects/:id/issues."""
        content = {"title": title, "description": body, "labels": label}
        return _number(self._http.call("POST", f"{self._project}/issues", body=content).body, "iid")

    def update_issue(self, number: int, title: str, body: str) -> None:
        """Source: PUT /projects/:id/issues/:issue_iid."""
        content = {"title": title, "description": body}
        self._http.call("PUT", f"{self._project}/issues/{number}", body=content)

    def close_issue(self, number: int) -> None:
        self._http.call("PUT", f"{self._project}/issues/{number}", body={"state_event": "close"})


def _merged(row: Mapping[str, object], key: str, head: str) -> Merged:
    return Merged(_number(row, key), head)


def _issue(row: Mapping[str, object], key: str, author: str, body: str) -> Issue:
    return Issue(_number(row, key), author, str(row.get("title") or ""), str(row.get(body) or ""))


def _nested(row: Mapping[str, object], key: str, inner: str) -> str:
    found = row.get(key)
    return str(found.get(inner) or "") if isinstance(found, Mapping) else ""


def _number(row: object, key: str) -> int:
    found = row.get(key) if isinstance(row, Mapping) else None
    if not isinstance(found, int):
        raise HostRefused(f"the host's answer has no {key}")
    return found
