"""The endpoints of GitHub and of GitLab that the comment needs, on loopback, with pages and scripted faults."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

Kind = Literal["github", "gitlab"]
BOT = "report-bot"
TOKEN = "FAKE-token-of-the-host"


@dataclass
class Note:
    id: int
    author: str
    body: str
    updated_at: str = "2026-11-23T10:00:00Z"
    system: bool = False


@dataclass
class Fault:
    """One answer instead of the real one; `after` does the work first and then loses the answer."""

    method: str
    ending: str
    status: int
    after: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    stall_s: float = 0.0
    text: str = '{"message": "no"}'


@dataclass
class FakeHost:
    """Pull request 7 of acme/fleet, and the repository's issues.

    calls: method and path of each request; tokens: what came with it. merged: (merge commit, last commit of the
    branch) of the pull request. notices: what came to a webhook below /hook. commits: the
    request's last one and its base's. jobs, files: GitLab's, and what each has left, by its id. settings: what else
    GitHub answers below the repository; a number: that status.
    """

    kind: Kind
    url: str = ""
    notes: list[Note] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    repository_labels: list[str] = field(default_factory=list)
    label_events: list[tuple[str, str, str, str]] = field(default_factory=list)
    writers: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    basic: int = 0
    user_status: int = 200
    merged: list[tuple[str, str]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    minimised: list[str] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    commits: tuple[str, str] = ("", "")
    jobs: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    next_id: int = 1000
    clock: str = "2026-11-23T12:00:00Z"

    def add(self, body: str, author: str = BOT, **more: Any) -> Note:
        self.next_id += 1
        note = Note(self.next_id, author, body, **more)
        self.notes.append(note)
        return note

    def note(self, number: int) -> Note | None:
        return next((note for note in self.notes if note.id == number), None)

    def wrote(self) -> list[str]:
        return [call for call in self.calls if not call.startswith("GET ")]


@contextmanager
def serving(kind: Kind) -> Iterator[FakeHost]:
    host = FakeHost(kind)
    handler = type("Handler", (_Handler,), {"host": host})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    host.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    host: FakeHost

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Quiet."""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PATCH(self) -> None:
        self._serve("PATCH")

    def do_PUT(self) -> None:
        self._serve("PUT")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        split = urlsplit(self.path)
        path = unquote(split.path)
        self.host.calls.append(f"{method} {path}")
        self.host.tokens.add(self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or "")
        self.host.basic += str(self.headers.get("Authorization")).startswith("Basic ")
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        query = {key: values[0] for key, values in parse_qs(split.query).items()}
        fault = next(
            (item for item in self.host.faults if item.method == method and path.endswith(item.ending)), None
        )
        if fault:
            self.host.faults.remove(fault)
            if fault.after:
                self._route(method, path, query, body)
            time.sleep(fault.stall_s)
            self._answer(fault.status, fault.text, fault.headers)
            return
        status, found, headers = self._route(method, path, query, body)
        self._answer(
            status, found if isinstance(found, bytes) else "" if found is None else json.dumps(found), headers
        )

    def _answer(self, status: int, text: str | bytes, headers: dict[str, str]) -> None:
        content = text.encode() if isinstance(text, str) else text
        try:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            pass  # the client has gone: that was the test

    def _route(
        self, method: str, path: str, query: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, object, dict[str, str]]:
        if path.startswith("/hook"):
            self.host.notices.append(body)
            return 200, None, {}
        serve = _github if self.host.kind == "github" else _gitlab
        found = serve(self.host, method, path, body)
        if isinstance(found, list):
            return _page(self.host, found, query, path)
        status, answer = found
        for key in set(COUNTED) & set(answer if isinstance(answer, dict) else ()):
            assert isinstance(answer, dict)
            status, part, headers = _page(self.host, answer[key], query, path)
            return status, {**answer, "total_count": len(answer[key]), key: part}, headers
        return status, answer, {}


COUNTED = ("secrets", "branch_policies")
"""Lists that GitHub tells beside their length, in pages as well."""


def _page(
    host: FakeHost, rows: list[Any], query: dict[str, str], path: str
) -> tuple[int, object, dict[str, str]]:
    """Pages as both hosts tell them: a Link header, or the number of the next page."""
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    part = rows[(page - 1) * size : page * size]
    last = page * size >= len(rows)
    link = f'<{host.url}{path}?page={page + 1}>; rel="next"'
    headers = {} if last or host.kind == "gitlab" else {"Link": link}
    if host.kind == "gitlab":
        headers["X-Next-Page"] = "" if last else str(page + 1)
    return 200, part, headers


Answer = list[Any] | tuple[int, object]


def _github(host: FakeHost, method: str, path: str, body: dict[str, Any]) -> Answer:
    issue = "/repos/acme/fleet/issues/7"
    if path in ("/user", "/graphql"):
        return _github_account(host, path, body)
    if path.startswith("/repos/acme/fleet/issues/comments/"):
        return _one_note(host, method, int(path.rsplit("/", 1)[1]), body)
    if path == f"{issue}/comments":
        return _notes(
            host, method, body, lambda note: {"user": {"login": note.author}, "node_id": f"IC_{note.id}"}
        )
    if path == "/repos/acme/fleet/labels":
        return _new_label(host, str(body["name"]))
    if path.startswith(f"{issue}/labels"):
        return _github_labels(host, method, path.removeprefix(f"{issue}/labels").lstrip("/"), body)
    if path == f"{issue}/events":
        return [
            {"event": "labeled" if action == "add" else "unlabeled", "actor": {"login": who},
             "created_at": at, "label": {"name": name}}
            for action, who, at, name in host.label_events
        ]  # fmt: skip
    if path.startswith("/repos/acme/fleet/commits/"):
        return _merged(host, path.split("/")[5], "merge_commit_sha", lambda head: {"head": {"sha": head}})
    if path.startswith("/repos/acme/fleet/issues"):
        return _issues(host, method, path, body, lambda who: {"user": {"login": who}})
    return _github_setting(host, path)


def _github_setting(host: FakeHost, path: str) -> Answer:
    if path.endswith("/permission"):
        who = path.split("/")[-2]
        return 200, {"permission": "write" if who in host.writers else "read"}
    found = host.settings.get(path.removeprefix("/repos/acme/fleet"), 404)
    if isinstance(found, list):
        return found
    return (found, {"message": "no"}) if isinstance(found, int) else (200, found)


def _github_account(host: FakeHost, path: str, body: dict[str, Any]) -> Answer:
    if path == "/user":
        return host.user_status, {"login": BOT, "message": "Resource not accessible by integration"}
    assert "minimizeComment" in body["query"]
    host.minimised.append(body["variables"]["id"])
    return 200, {"data": {}}


def _new_label(host: FakeHost, name: str) -> Answer:
    if name in host.repository_labels:
        return 422, {"message": "Validation Failed"}
    host.repository_labels.append(name)
    return 201, {"name": name}


def _github_labels(host: FakeHost, method: str, name: str, body: dict[str, Any]) -> Answer:
    if method == "GET":
        return [{"name": label} for label in host.labels]
    if method == "POST":
        host.labels += [label for label in body["labels"] if label not in host.labels]
        return 200, []
    if name not in host.labels:
        return 404, {"message": "Label does not exist"}
    host.labels.remove(name)
    return 200, []


def _gitlab(host: FakeHost, method: str, path: str, body: dict[str, Any]) -> Answer:
    request = "/projects/acme/fleet/merge_requests/7"
    if path == "/user":
        return 200, {"username": BOT, "id": 1}
    if path == f"{request}/notes":
        return _notes(
            host, method, body, lambda note: {"author": {"username": note.author}, "system": note.system}
        )
    if path.startswith(f"{request}/notes/"):
        return _one_note(host, method, int(path.rsplit("/", 1)[1]), body)
    if path == f"{request}/resource_label_events":
        return [
            {
                "action": action,
                "user": {"username": who, "id": 50 + len(who)},
                "created_at": at,
                "label": {"name": name},
            }
            for action, who, at, name in host.label_events
        ]
    if path.startswith("/projects/acme/fleet/repository/commits/"):
        return _merged(host, path.split("/")[6], "squash_commit_sha", lambda head: {"sha": head})
    if path.startswith("/projects/acme/fleet/issues"):
        return _issues(host, method, path, body, lambda who: {"author": {"username": who}})
    if path == request:
        added = [name for name in str(body.get("add_labels") or "").split(",") if name]
        host.labels += [name for name in added if name not in host.labels]
        host.labels[:] = [name for name in host.labels if name != body.get("remove_labels")]
        head, base = host.commits
        return 200, {"labels": host.labels, "sha": head, "diff_refs": {"base_sha": base}}
    return _gitlab_project(host, path.removeprefix("/projects/acme/fleet"))


def _gitlab_project(host: FakeHost, path: str) -> Answer:
    if path == "":
        return 200, {"default_branch": "main"}
    if path.startswith("/members/all/"):
        found = {50 + len(who) for who in host.writers}
        return 200, {"access_level": 30 if int(path.rsplit("/", 1)[1]) in found else 20}
    if path == "/jobs":
        return host.jobs
    content = host.files.get(path.removeprefix("/jobs/").removesuffix("/artifacts"))
    return (200, content) if content else (404, {"message": "404 Not Found"})


def _merged(host: FakeHost, commit: str, key: str, head: Any) -> Answer:
    """The pull request as both hosts tell it; another one that was never merged stands before it."""
    open_one = {"number": 3, "iid": 3, "merged_at": None, "state": "opened", **head("0" * 40)}
    told = {"number": 7, "iid": 7, "merged_at": host.clock, "state": "merged"}
    rows = [{**told, key: merge, **head(last)} for merge, last in host.merged if merge == commit]
    return [open_one, *rows]


def _issues(host: FakeHost, method: str, path: str, body: dict[str, Any], author: Any) -> Answer:
    """`body` of one host is `description` of the other, and closing is said in other words."""
    last = path.rsplit("/", 1)[1]
    if method == "GET":
        return [row for row in host.issues if row["state"] == "open"]
    text = body.get("body", body.get("description"))
    if method == "POST":
        host.next_id += 1
        row = {"number": host.next_id, "iid": host.next_id, "state": "open", "title": body["title"]}
        host.issues.append(
            {**row, "body": text, "description": text, "labels": body["labels"], **author(BOT)}
        )
        return 201, host.issues[-1]
    found = next((row for row in host.issues if str(row["number"]) == last), None)
    if found is None:
        return 404, {"message": "Not Found"}
    if "closed" in str(body.get("state")) or body.get("state_event") == "close":
        found["state"] = "closed"
    found.update({"title": body.get("title", found["title"])})
    if text is not None:
        found.update({"body": text, "description": text})
    return 200, found


def _notes(host: FakeHost, method: str, body: dict[str, Any], author: Any) -> Answer:
    if method == "POST":
        return 201, {"id": host.add(body["body"], updated_at=host.clock).id}
    return [{"id": n.id, "body": n.body, "updated_at": n.updated_at, **author(n)} for n in host.notes]


def _one_note(host: FakeHost, method: str, number: int, body: dict[str, Any]) -> Answer:
    note = host.note(number)
    if note is None:
        return 404, {"message": "Not Found"}
    if method == "DELETE":
        host.notes.remove(note)
        return 204, None
    note.body, note.updated_at = body["body"], host.clock
    return 200, {"id": note.id}
