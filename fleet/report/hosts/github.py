"""GitHub. Source: the REST API's pages on issues, comments, labels, events, collaborators and commits."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote

from fleet.report.errors import HostRefused
from fleet.report.hosts.host import (
    GONE,
    PAGE,
    Comment,
    Host,
    LabelEvent,
    Merged,
    number_in,
    text_in,
    utc,
    value_in,
)

BOT = "github-actions[bot]"
"""Who a workflow's own token writes as; it may not ask for its own name."""

MINIMISE = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { clientMutationId } }"
WRITERS = frozenset({"write", "maintain", "admin"})
COLOURS = {
    "infra: no change": "8c959f",
    "infra: change": "1a7f37",
    "infra: data loss": "c2560a",
    "infra: blocked": "b42318",
    "infra: failed": "b42318",
}
"""Of labels that are made, hexadecimal."""


def pull_of_run(event: object) -> tuple[int, str]:
    """The pull request that a `workflow_run` is of, and its base's commit: the one into our default branch.

    A branch may have others: into other branches, or a fork's of the same name. Source: GitHub's page on the payload
    of workflow_run. Raises HostRefused.
    """
    branch, repository = text_in(event, "repository", "default_branch"), value_in(event, "repository", "id")
    listed = value_in(event, "workflow_run", "pull_requests")
    found = [
        row
        for row in (listed if isinstance(listed, list) else [])
        if (text_in(row, "base", "ref"), value_in(row, "base", "repo", "id")) == (branch, repository)
    ]
    if len(found) != 1:
        raise HostRefused(
            f"the run's branch has {len(found)} pull requests into {branch} of this repository. Next: keep one open, "
            "and run preview again."
        )
    return number_in(found[0], "number"), text_in(found[0], "base", "sha")


class GitHub(Host):
    """`repo` is owner/name. A pull request is an issue as far as comments and labels go."""

    AUTHOR, NUMBER, BODY, EDIT = ("user", "login"), "number", "body", "PATCH"

    def _places(self) -> tuple[str, str, str]:
        project = f"/repos/{quote(self.repo)}"
        self._issue = f"{project}/issues/{self.pull}"
        return project, f"{self._issue}/comments", f"{project}/issues/comments"

    def own_name(self) -> str:
        """Source: GET /user; a workflow's token is refused there with 403."""
        if not self._own_name:
            try:
                self._own_name = text_in(self.http.call("GET", "/user").body, "login") or BOT
            except HostRefused as error:
                if error.status != 403:
                    raise
                self._own_name = BOT
        return self._own_name

    def minimise_comment(self, comment: Comment) -> None:
        """Source: the GraphQL API's mutation minimizeComment; the REST API has no word for it."""
        graphql = replace(self.http, base_url=self.http.base_url.rstrip("/").removesuffix("/v3"))
        with suppress(HostRefused):
            graphql.call("POST", "/graphql", body={"query": MINIMISE, "variables": {"id": comment.node}})

    def labels(self) -> set[str]:
        return {text_in(row, "name") for row in self.rows(f"{self._issue}/labels")}

    def add_labels(self, names: Iterable[str]) -> None:
        """Source: POST /repos/{owner}/{repo}/labels (422: there already) and …/issues/{number}/labels."""
        wanted = list(names)
        for name in wanted:
            body = {"name": name, "color": COLOURS.get(name, "8c959f")}
            try:
                self.http.call("POST", f"{self.project}/labels", body=body)
            except HostRefused as error:
                if error.status not in (403, 422):
                    raise
        if wanted:
            self.http.call("POST", f"{self._issue}/labels", body={"labels": wanted})

    def remove_label(self, name: str) -> None:
        """What is gone already is removed."""
        try:
            self.http.call("DELETE", f"{self._issue}/labels/{quote(name, safe='')}")
        except HostRefused as error:
            if error.status not in GONE:
                raise

    def label_events(self, name: str) -> list[LabelEvent]:
        """Source: GET /repos/{owner}/{repo}/issues/{number}/events: labeled and unlabeled."""
        found = []
        for row in self.rows(f"{self._issue}/events"):
            action = row.get("event")
            if action in ("labeled", "unlabeled") and text_in(row, "label", "name") == name:
                who, at = text_in(row, "actor", "login"), utc(text_in(row, "created_at"))
                found.append(LabelEvent("add" if action == "labeled" else "remove", who, at, who))
        return sorted(found, key=lambda event: event.at)

    def may_write(self, user: str) -> bool:
        """Source: GET /repos/{owner}/{repo}/collaborators/{username}/permission."""
        path = f"{self.project}/collaborators/{quote(user, safe='')}/permission"
        return text_in(self.found(path), "permission") in WRITERS

    def merged_pull(self, commit: str) -> Merged | None:
        """Source: GET /repos/{owner}/{repo}/commits/{sha}/pulls."""
        rows = self.rows(f"{self.project}/commits/{quote(commit, safe='')}/pulls")
        merged = [row for row in rows if row.get("merged_at")]
        merged.sort(key=lambda row: row.get("merge_commit_sha") != commit)
        return Merged(number_in(merged[0], "number"), text_in(merged[0], "head", "sha")) if merged else None

    def commits(self) -> tuple[str, str]:
        """Source: GET /repos/{owner}/{repo}/pulls/{number}."""
        found = self.http.call("GET", f"{self.project}/pulls/{self.pull}").body
        return text_in(found, "head", "sha"), text_in(found, "base", "sha")

    def newest_run(self, artifact: str) -> str:
        """Source: GET /repos/{owner}/{repo}/actions/artifacts. A branch or fork may have runs with one of that name."""
        repository = self.http.call("GET", self.project).body
        own = (text_in(repository, "default_branch"), value_in(repository, "id"))
        rows = self.http.call(
            "GET", f"{self.project}/actions/artifacts", params={"name": artifact, "per_page": str(PAGE)}
        ).body
        found = value_in(rows, "artifacts")
        ours = [
            row
            for row in (found if isinstance(found, list) else [])
            if (
                text_in(row, "workflow_run", "head_branch"),
                value_in(row, "workflow_run", "head_repository_id"),
            )
            == own
            and row.get("expired") is not True
        ]
        ours.sort(key=lambda row: utc(text_in(row, "created_at")))
        return text_in(ours[-1], "workflow_run", "id") if ours else ""
