"""What the report needs of a code host, and what GitHub and GitLab have in common: rows in pages, comments, issues."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import ClassVar, Literal, TypeVar

from fleet.report.errors import HostRefused
from fleet.report.forms.marker import Seal
from fleet.report.hosts.http import Http

PAGE, MOST_PAGES = 100, 100
GONE = frozenset({404, 410})
Row = Mapping[str, object]
T = TypeVar("T")


def is_same(there: str, ours: str) -> bool:
    """Whether a body is as we wrote it: hosts may change line ends and drop blank ends."""
    one, other = (body.replace("\r\n", "\n").strip() for body in (there, ours))
    return one == other


@dataclass(frozen=True)
class Comment:
    """updated_at: the host's own time, ISO 8601 in UTC, so that texts compare as times do.

    node: the host's other name for it, empty where it has none.
    """

    id: int
    author: str
    body: str
    updated_at: str
    node: str = ""


@dataclass(frozen=True)
class LabelEvent:
    """Who put a label on or took it off. user: how the host is asked what they may do."""

    action: Literal["add", "remove"]
    author: str
    at: str
    user: str


@dataclass(frozen=True)
class Issue:
    number: int
    author: str
    title: str
    body: str


@dataclass(frozen=True)
class Merged:
    """The pull request that a commit came from. head: the last commit of its branch."""

    number: int
    head: str


def first_there(found: Sequence[T], update: Callable[[T], bool]) -> tuple[T, Sequence[T]] | None:
    """The first one that could be updated, and those after it: others may have been deleted since they were listed."""
    return next(((one, found[number:]) for number, one in enumerate(found, 1) if update(one)), None)


class Host(ABC):
    """One repository, and the pull request `pull` of it. Every method raises HostRefused.

    plan_key: what comments that approve something are signed with; empty where a branch's code could read it.
    """

    AUTHOR: ClassVar[tuple[str, str]]
    """Where a row names who wrote it."""
    NUMBER: ClassVar[str]
    BODY: ClassVar[str]
    """What an issue's number and text are called."""
    EDIT: ClassVar[str]
    """The method that changes a part of something."""
    COMMA_SEPARATED: ClassVar[bool] = False
    """Whether labels are told as one text."""
    COMMENTS_IN_ORDER: ClassVar[Mapping[str, str]] = {}
    OPEN: ClassVar[str] = "open"
    CLOSED: ClassVar[Mapping[str, str]] = {"state": "closed"}

    def __init__(self, http: Http, repo: str, pull: int = 0, own_name: str = "", plan_key: str = "") -> None:
        self.http, self.repo, self.pull, self.seal = http, repo, pull, Seal(plan_key, repo, pull)
        self._own_name = own_name
        self.project, self.comments_at, self.comment_at = self._places()

    @abstractmethod
    def _places(self) -> tuple[str, str, str]:
        """Paths of the repository, of the pull request's comments, and before a comment's id."""

    @abstractmethod
    def own_name(self) -> str:
        """The user that the token writes as."""

    @abstractmethod
    def minimise_comment(self, comment: Comment) -> None:
        """Hides it as outdated, where the host can and lets us; it is no failure where not."""

    @abstractmethod
    def labels(self) -> set[str]:
        """Those on the pull request now."""

    @abstractmethod
    def add_labels(self, names: Iterable[str]) -> None:
        """Made first where the repository has none of that name."""

    @abstractmethod
    def remove_label(self, name: str) -> None: ...

    @abstractmethod
    def label_events(self, name: str) -> list[LabelEvent]:
        """Who put a label on and took it off, oldest first."""

    @abstractmethod
    def may_write(self, user: str) -> bool:
        """Whether the user of an event may write to the repository."""

    @abstractmethod
    def merged_pull(self, commit: str) -> Merged | None:
        """The pull request that a commit came from."""

    @abstractmethod
    def commits(self) -> tuple[str, str]:
        """The pull request's last commit, and the one of the target branch that it began from."""

    @abstractmethod
    def newest_run(self, artifact: str) -> str:
        """The run of the default branch that left the newest artifact of that name; empty where there is none."""

    def of_pull(self, number: int) -> Host:
        return type(self)(self.http, self.repo, number, self._own_name, self.seal.key)

    def comments(self) -> list[Comment]:
        """All of them, from all pages, oldest first; what the host itself notes down is left out."""
        rows = self.rows(self.comments_at, **self.COMMENTS_IN_ORDER)
        found = [self._comment_of(row) for row in rows if row.get("system") is not True]
        return sorted(found, key=lambda comment: comment.id)

    def _comment_of(self, row: Row) -> Comment:
        number, author, at = number_in(row, "id"), text_in(row, *self.AUTHOR), text_in(row, "updated_at")
        return Comment(number, author, text_in(row, "body"), utc(at), text_in(row, "node_id"))

    def create_comment(self, body: str) -> int:
        """The new comment's id."""
        return number_in(self.http.call("POST", self.comments_at, body={"body": body}).body, "id")

    def update_comment(self, comment: int, body: str) -> bool:
        return self._edited(f"{self.comment_at}/{comment}", {"body": body})

    def _edited(self, path: str, content: dict[str, str]) -> bool:
        """False for what is gone: somebody may delete it after it was listed."""
        try:
            self.http.call(self.EDIT, path, body=content)
        except HostRefused as error:
            if error.status in GONE:
                return False
            raise
        return True

    def open_issues(self, label: str) -> list[Issue]:
        """All open ones with that label, from all pages; to GitHub pull requests are issues, too."""
        rows = self.rows(f"{self.project}/issues", state=self.OPEN, labels=label)
        return [self._issue_of(row) for row in rows if "pull_request" not in row]

    def _issue_of(self, row: Row) -> Issue:
        number, author = number_in(row, self.NUMBER), text_in(row, *self.AUTHOR)
        return Issue(number, author, text_in(row, "title"), text_in(row, self.BODY))

    def open_issue(self, title: str, body: str, label: str) -> int:
        """Its number. A label that is not there is made by it."""
        content = {"title": title, self.BODY: body, "labels": label if self.COMMA_SEPARATED else [label]}
        return number_in(self.http.call("POST", f"{self.project}/issues", body=content).body, self.NUMBER)

    def update_issue(self, number: int, title: str, body: str) -> bool:
        return self._edited(f"{self.project}/issues/{number}", {"title": title, self.BODY: body})

    def close_issue(self, number: int) -> bool:
        return self._edited(f"{self.project}/issues/{number}", dict(self.CLOSED))

    def rows(self, path: str, *keys: str, **params: str) -> list[Row]:
        """The rows of all pages, which stand below these keys; a list that does not end is refused."""
        found: list[Row] = []
        for page in range(1, MOST_PAGES + 1):
            answer = self.http.call("GET", path, params={**params, "per_page": str(PAGE), "page": str(page)})
            rows = value_in(answer.body, *keys)
            if not isinstance(rows, list):
                raise HostRefused("the host's answer is not a list")
            found += [row for row in rows if isinstance(row, Mapping)]
            if not answer.has_next:
                return found
        raise HostRefused(f"GET {path}: more than {MOST_PAGES} pages")

    def found(self, path: str) -> object:
        """What stands there; None for what is not there."""
        try:
            return self.http.call("GET", path).body
        except HostRefused as error:
            if error.status in GONE:
                return None
            raise


def value_in(row: object, *keys: str) -> object:
    """The value below these keys; None where there is none."""
    for key in keys:
        row = row.get(key) if isinstance(row, Mapping) else None
    return row


def text_in(row: object, *keys: str) -> str:
    return str(value_in(row, *keys) or "")


def number_in(row: object, key: str) -> int:
    """Raises HostRefused for a row without one."""
    found = value_in(row, key)
    if not isinstance(found, int):
        raise HostRefused(f"the host's answer has no {key}")
    return found


def utc(text: str) -> str:
    """`2026-01-02T03:04:05.678Z` and `2026-01-02T03:04:05+00:00` in one form that sorts."""
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return ""
    return when.astimezone(timezone.utc).isoformat(timespec="milliseconds") if when.tzinfo else ""
