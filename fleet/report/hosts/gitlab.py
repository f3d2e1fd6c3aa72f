"""GitLab. Source: the REST API's pages on issues, notes, merge requests, label events, members and commits."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from urllib.parse import quote

from fleet.report.hosts.host import PAGE, Comment, Host, LabelEvent, Merged, number_in, text_in, utc, value_in

DEVELOPER = 30
"""The access level from which a member may push."""


class GitLab(Host):
    """`repo` is the project's full path; notes are its word for comments, merge requests for pull requests."""

    AUTHOR, NUMBER, BODY, EDIT = ("author", "username"), "iid", "description", "PUT"
    COMMA_SEPARATED = True
    COMMENTS_IN_ORDER = MappingProxyType({"sort": "asc", "order_by": "created_at"})
    OPEN, CLOSED = "opened", MappingProxyType({"state_event": "close"})

    def _places(self) -> tuple[str, str, str]:
        project = f"/projects/{quote(self.repo, safe='')}"
        self._request = f"{project}/merge_requests/{self.pull}"
        return project, f"{self._request}/notes", f"{self._request}/notes"

    def own_name(self) -> str:
        if not self._own_name:
            self._own_name = text_in(self.http.call("GET", "/user").body, "username")
        return self._own_name

    def minimise_comment(self, comment: Comment) -> None:
        """The host has no such thing: what the comment says is all there is."""

    def labels(self) -> set[str]:
        found = value_in(self.http.call("GET", self._request).body, "labels")
        return {str(name) for name in found} if isinstance(found, list) else set()

    def add_labels(self, names: Iterable[str]) -> None:
        if wanted := ",".join(names):
            self.http.call("PUT", self._request, body={"add_labels": wanted})

    def remove_label(self, name: str) -> None:
        self.http.call("PUT", self._request, body={"remove_labels": name})

    def label_events(self, name: str) -> list[LabelEvent]:
        """Source: GET /projects/:id/merge_requests/:iid/resource_label_events."""
        found = [
            LabelEvent(
                "add" if row.get("action") == "add" else "remove",
                text_in(row, "user", "username"),
                utc(text_in(row, "created_at")),
                text_in(row, "user", "id"),
            )
            for row in self.rows(f"{self._request}/resource_label_events")
            if text_in(row, "label", "name") == name
        ]
        return sorted(found, key=lambda event: event.at)

    def may_write(self, user: str) -> bool:
        """Source: GET /projects/:id/members/all/:user_id."""
        level = value_in(self.found(f"{self.project}/members/all/{quote(user, safe='')}"), "access_level")
        return isinstance(level, int) and level >= DEVELOPER

    def merged_pull(self, commit: str) -> Merged | None:
        """Source: GET /projects/:id/repository/commits/:sha/merge_requests."""
        rows = self.rows(f"{self.project}/repository/commits/{quote(commit, safe='')}/merge_requests")
        merged = [row for row in rows if row.get("state") == "merged"]
        merged.sort(key=lambda row: commit not in (row.get("merge_commit_sha"), row.get("squash_commit_sha")))
        return Merged(number_in(merged[0], "iid"), text_in(merged[0], "sha")) if merged else None

    def commits(self) -> tuple[str, str]:
        """Source: GET /projects/:id/merge_requests/:iid."""
        found = self.http.call("GET", self._request).body
        return text_in(found, "sha"), text_in(found, "diff_refs", "base_sha")

    def artifacts(self, job: str) -> bytes:
        """What a job has left, as a ZIP. Source: GET /projects/:id/jobs/:job_id/artifacts."""
        return self.http.download(f"{self.project}/jobs/{job}/artifacts")

    def newest_run(self, artifact: str) -> str:
        """The job's id: an artifact has the name of its job. Source: GET /projects/:id/jobs."""
        branch = text_in(self.http.call("GET", self.project).body, "default_branch")
        rows = self.http.call(
            "GET", f"{self.project}/jobs", params={"scope[]": "success", "per_page": str(PAGE)}
        ).body
        ours = [
            number_in(row, "id")
            for row in (rows if isinstance(rows, list) else [])
            if (text_in(row, "name"), text_in(row, "ref")) == (artifact, branch) and row.get("artifacts_file")
        ]
        return str(max(ours)) if ours else ""
