"""A pull request on GitHub. Source: the REST API's pages on issue comments, labels, events and collaborators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from preview.codehost import LABEL_COLOURS, Comment, LabelEvent, utc
from preview.errors import HostRefused
from preview.http import Http

PAGE = 100
MOST_PAGES = 100
BOT = "github-actions[bot]"
"""Who a workflow's own token writes as; it may not ask for its own name."""

WRITERS = frozenset({"write", "maintain", "admin"})


class GitHub:
    """`repo` is owner/name. A pull request is an issue as far as comments and labels go."""

    def __init__(self, http: Http, repo: str, pull: int, own_name: str = "") -> None:
        self._http = http
        self._repo = f"/repos/{quote(repo)}"
        self._issue = f"{self._repo}/issues/{pull}"
        self._own_name = own_name

    def own_name(self) -> str:
        """Source: GET /user; a workflow's token is refused there with 403."""
        if not self._own_name:
            try:
                found = _object(self._http.call("GET", "/user").body)
                self._own_name = str(found.get("login") or BOT)
            except HostRefused as error:
                if error.status != 403:
                    raise
                self._own_name = BOT
        return self._own_name

    def comments(self) -> list[Comment]:
        """Source: GET /repos/{owner}/{repo}/issues/{number}/comments, by ascending id."""
        found = [_comment(row) for row in self._rows(f"{self._issue}/comments")]
        return sorted(found, key=lambda comment: comment.id)

    def create_comment(self, body: str) -> int:
        """Source: POST /repos/{owner}/{repo}/issues/{number}/comments."""
        answer = self._http.call("POST", f"{self._issue}/comments", body={"body": body})
        return _id(_object(answer.body))

    def update_comment(self, comment: int, body: str) -> None:
        """Source: PATCH /repos/{owner}/{repo}/issues/comments/{id}."""
        self._http.call("PATCH", f"{self._repo}/issues/comments/{comment}", body={"body": body})

    def remove_comment(self, comment: int) -> None:
        """Source: DELETE /repos/{owner}/{repo}/issues/comments/{id}."""
        _unless_gone(self._http, f"{self._repo}/issues/comments/{comment}")

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
        _unless_gone(self._http, f"{self._issue}/labels/{quote(name, safe='')}")

    def label_events(self, name: str) -> list[LabelEvent]:
        """Source: GET /repos/{owner}/{repo}/issues/{number}/events: labeled and unlabeled."""
        found = []
        for row in self._rows(f"{self._issue}/events"):
            action = row.get("event")
            if action in ("labeled", "unlabeled") and _object(row.get("label")).get("name") == name:
                author = str(_object(row.get("actor")).get("login") or "")
                at = utc(str(row.get("created_at") or ""))
                found.append(LabelEvent("add" if action == "labeled" else "remove", author, at))
        return sorted(found, key=lambda event: event.at)

    def may_write(self, user: str) -> bool:
        """Source: GET /repos/{owner}/{repo}/collaborators/{username}/permission."""
        try:
            path = f"{self._repo}/collaborators/{quote(user, safe='')}/permission"
            found = _object(self._http.call("GET", path).body)
        except HostRefused as error:
            if error.status == 404:
                return False
            raise
        return found.get("permission") in WRITERS

    def _rows(self, path: str) -> list[Mapping[str, object]]:
        rows: list[Mapping[str, object]] = []
        for page in range(1, MOST_PAGES + 1):
            answer = self._http.call("GET", path, params={"per_page": str(PAGE), "page": str(page)})
            rows += [row for row in _list(answer.body) if isinstance(row, Mapping)]
            if not answer.has_next:
                return rows
        raise HostRefused(f"GET {path}: more than {MOST_PAGES} pages")


def _comment(row: Mapping[str, object]) -> Comment:
    author = str(_object(row.get("user")).get("login") or "")
    return Comment(_id(row), author, str(row.get("body") or ""), utc(str(row.get("updated_at") or "")))


def _id(row: Mapping[str, object]) -> int:
    found = row.get("id")
    if not isinstance(found, int):
        raise HostRefused("the host's answer has no id")
    return found


def _unless_gone(http: Http, path: str) -> None:
    try:
        http.call("DELETE", path)
    except HostRefused as error:
        if error.status != 404:
            raise


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise HostRefused("the host's answer is not a list")
    return value
