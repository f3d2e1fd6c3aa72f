"""What the REST APIs of code hosts have in common: lists in pages, comments, ids, things that are gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fleet.report.errors import HostRefused
from fleet.report.hosts.codehost import Comment, utc
from fleet.report.hosts.http import Answer, Http

PAGE = 100
MOST_PAGES = 100

Row = Mapping[str, object]


def every_row(
    http: Http, path: str, has_next: Callable[[Answer], bool], params: Mapping[str, str] | None = None
) -> list[Row]:
    """The rows of all pages. Raises HostRefused, also for a list that doesn't end."""
    rows: list[Row] = []
    for page in range(1, MOST_PAGES + 1):
        answer = http.call("GET", path, params={**(params or {}), "per_page": str(PAGE), "page": str(page)})
        if not isinstance(answer.body, list):
            raise HostRefused("the host's answer is not a list")
        rows += [row for row in answer.body if isinstance(row, Mapping)]
        if not has_next(answer):
            return rows
    raise HostRefused(f"GET {path}: more than {MOST_PAGES} pages")


def comment_of(row: Row, author: object) -> Comment:
    return Comment(
        id_of(row),
        str(author or ""),
        str(row.get("body") or ""),
        utc(str(row.get("updated_at") or "")),
        str(row.get("node_id") or ""),
    )


def id_of(row: Row) -> int:
    """Raises HostRefused for a row without one."""
    found = row.get("id")
    if not isinstance(found, int):
        raise HostRefused("the host's answer has no id")
    return found


def delete(http: Http, path: str) -> None:
    """What is gone already is deleted. Raises HostRefused."""
    try:
        http.call("DELETE", path)
    except HostRefused as error:
        if error.status != 404:
            raise


def object_of(value: object) -> Row:
    """A JSON object, an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}
