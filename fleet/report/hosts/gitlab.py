"""A merge request on GitLab. Source: the REST API's pages on notes, merge requests, label events and members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from fleet.report.errors import HostRefused
from fleet.report.hosts.answers import Row, comment_of, every_row, id_of, object_of
from fleet.report.hosts.codehost import Comment, LabelEvent, utc
from fleet.report.hosts.http import Http

DEVELOPER = 30
"""The access level from which a member may push."""


class GitLab:
    """`repo` is the project's full path; notes are its word for comments."""

    def __init__(self, http: Http, repo: str, pull: int, own_name: str = "") -> None:
        self._http = http
        self._project = f"/projects/{quote(repo, safe='')}"
        self._request = f"{self._project}/merge_requests/{pull}"
        self._own_name = own_name
        self._user_ids: dict[str, int] = {}

    def own_name(self) -> str:
        """Source: GET /user."""
        if not self._own_name:
            self._own_name = str(object_of(self._http.call("GET", "/user").body).get("username") or "")
        return self._own_name

    def comments(self) -> list[Comment]:
        """Source: GET /projects/:id/merge_requests/:iid/notes; the system's own notes are left out."""
        rows = self._rows(f"{self._request}/notes", {"sort": "asc", "order_by": "created_at"})
        found = [
            comment_of(row, object_of(row.get("author")).get("username"))
            for row in rows
            if row.get("system") is not True
        ]
        return sorted(found, key=lambda comment: comment.id)

    def create_comment(self, body: str) -> int:
        """Source: POST /projects/:id/merge_requests/:iid/notes."""
        return id_of(object_of(self._http.call("POST", f"{self._request}/notes", body={"body": body}).body))

    def update_comment(self, comment: int, body: str) -> None:
        """Source: PUT /projects/:id/merge_requests/:iid/notes/:note_id."""
        self._http.call("PUT", f"{self._request}/notes/{comment}", body={"body": body})

    def minimise_comment(self, comment: Comment) -> None:
        """The host has no such thing: what the comment says is all there is."""

    def labels(self) -> set[str]:
        """Source: GET /projects/:id/merge_requests/:iid."""
        found = object_of(self._http.call("GET", self._request).body).get("labels")
        return {str(name) for name in found} if isinstance(found, list) else set()

    def add_labels(self, names: Iterable[str]) -> None:
        """Source: PUT /projects/:id/merge_requests/:iid with add_labels; missing ones are made by it."""
        wanted = list(names)
        if wanted:
            self._http.call("PUT", self._request, body={"add_labels": ",".join(wanted)})

    def remove_label(self, name: str) -> None:
        """Source: PUT /projects/:id/merge_requests/:iid with remove_labels."""
        self._http.call("PUT", self._request, body={"remove_labels": name})

    def label_events(self, name: str) -> list[LabelEvent]:
        """Source: GET /projects/:id/merge_requests/:iid/resource_label_events."""
        found = []
        for row in self._rows(f"{self._request}/resource_label_events", {}):
            if object_of(row.get("label")).get("name") == name:
                user = object_of(row.get("user"))
                author = str(user.get("username") or "")
                number = user.get("id")
                if isinstance(number, int):
                    self._user_ids[author] = number
                at = utc(str(row.get("created_at") or ""))
                found.append(LabelEvent("add" if row.get("action") == "add" else "remove", author, at))
        return sorted(found, key=lambda event: event.at)

    def may_write(self, user: str) -> bool:
        """Source: GET /projects/:id/members/all/:user_id."""
        number = self._user_ids.get(user)
        if number is None:
            return False
        try:
            found = object_of(self._http.call("GET", f"{self._project}/members/all/{number}").body)
        except HostRefused as error:
            if error.status == 404:
                return False
            raise
        level = found.get("access_level")
        return isinstance(level, int) and level >= DEVELOPER

    def _rows(self, path: str, params: Mapping[str, str]) -> list[Row]:
        return every_row(
            self._http, path, lambda answer: bool(answer.headers.get("X-Next-Page", "").strip()), params
        )
