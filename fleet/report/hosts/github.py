"""A pull request on GitHub. Source: the REST API's pages on issue comments, labels, events and collaborators."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote

from fleet.report.errors import HostRefused
from fleet.report.hosts.answers import Row, comment_of, delete, every_row, id_of, object_of
from fleet.report.hosts.codehost import LABEL_COLOURS, Comment, LabelEvent, utc
from fleet.report.hosts.http import Http

BOT = "github-actions[bot]"
"""Who a workflow's own token writes as; it may not ask for its own name."""

MINIMISE = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { clientMutationId } }"

WRITERS = frozenset({"write", "maintain", "admin"})


class GitHub:
    """`repo` is owner/name. A pull request is an issue as far as comments and labels go."""

    def __init__(self, http: Http, repo: str, pull: int, own_name: str = "") -> None:
        self._http = http
        self._graphql = replace(http, base_url=http.base_url.rstrip("/").removesuffix("/v3"))
        self._repo = f"/repos/{quote(repo)}"
        self._issue = f"{self._repo}/issues/{pull}"
        self._own_name = own_name

    def own_name(self) -> str:
        """Source: GET /user; a workflow's token is refused there with 403."""
        if not self._own_name:
            try:
                found = object_of(self._http.call("GET", "/user").body)
                self._own_name = str(found.get("login") or BOT)
            except HostRefused as error:
                if error.status != 403:
                    raise
                self._own_name = BOT
        return self._own_name

    def comments(self) -> list[Comment]:
        """Source: GET /repos/{owner}/{repo}/issues/{number}/comments, by ascending id."""
        found = [
            comment_of(row, object_of(row.get("user")).get("login"))
            for row in self._rows(f"{self._issue}/comments")
        ]
        return sorted(found, key=lambda comment: comment.id)

    def create_comment(self, body: str) -> int:
        """Source: POST /repos/{owner}/{repo}/issues/{number}/comments."""
        answer = self._http.call("POST", f"{self._issue}/comments", body={"body": body})
        return id_of(object_of(answer.body))

    def update_comment(self, comment: int, body: str) -> None:
        """Source: PATCH /repos/{owner}/{repo}/issues/comments/{id}."""
        self._http.call("PATCH", f"{self._repo}/issues/comments/{comment}", body={"body": body})

    def minimise_comment(self, comment: Comment) -> None:
        """Source: the GraphQL API's mutation minimizeComment; the REST API has no word for it."""
        body = {"query": MINIMISE, "variables": {"id": comment.node}}
        with suppress(HostRefused):
            self._graphql.call("POST", "/graphql", body=body)

    def labels(self) -> set[str]:
        """Source: GET /repos/{owner}/{repo}/issues/{number}/labels."""
        return {str(row.get("name")) for row in self._rows(f"{self._issue}/labels")}

    def add_labels(self, names: Iterable[str]) -> None:
        """Source: POST /repos/{owner}/{repo}/labels (422: there already) and …/issues/{number}/labels."""
        wanted = list(names)
        for name in wanted:
            colour = LABEL_COLOURS.get(name, "8c959f")
            try:
                self._http.call("POST", f"{self._repo}/labels", body={"name": name, "color": colour})
            except HostRefused as error:
                if error.status not in (403, 422):
                    raise
        if wanted:
            self._http.call("POST", f"{self._issue}/labels", body={"labels": wanted})

    def remove_label(self, name: str) -> None:
        """Source: DELETE /repos/{owner}/{repo}/issues/{number}/labels/{name}."""
        delete(self._http, f"{self._issue}/labels/{quote(name, safe='')}")

    def label_events(self, name: str) -> list[LabelEvent]:
        """Source: GET /repos/{owner}/{repo}/issues/{number}/events: labeled and unlabeled."""
        found = []
        for row in self._rows(f"{self._issue}/events"):
            action = row.get("event")
            if action in ("labeled", "unlabeled") and object_of(row.get("label")).get("name") == name:
                author = str(object_of(row.get("actor")).get("login") or "")
                at = utc(str(row.get("created_at") or ""))
                found.append(LabelEvent("add" if action == "labeled" else "remove", author, at))
        return sorted(found, key=lambda event: event.at)

    def may_write(self, user: str) -> bool:
        """Source: GET /repos/{owner}/{repo}/collaborators/{username}/permission."""
        try:
            path = f"{self._repo}/collaborators/{quote(user, safe='')}/permission"
            found = object_of(self._http.call("GET", path).body)
        except HostRefused as error:
            if error.status == 404:
                return False
            raise
        return found.get("permission") in WRITERS

    def _rows(self, path: str) -> list[Row]:
        return every_row(self._http, path, lambda answer: answer.has_next)
