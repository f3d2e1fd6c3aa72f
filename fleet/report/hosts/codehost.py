"""What the report needs of a code host. GitHub and GitLab are the two that do it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

LABEL_COLOURS = {
    "infra: no change": "8c959f",
    "infra: change": "1a7f37",
    "infra: data loss": "c2560a",
    "infra: blocked": "b42318",
    "infra: failed": "b42318",
}
"""Hexadecimal, without a number sign."""


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
    action: Literal["add", "remove"]
    author: str
    at: str


class CodeHost(Protocol):
    """One pull request. Every method raises HostRefused."""

    def own_name(self) -> str:
        """The user that the token writes as."""

    def comments(self) -> list[Comment]:
        """All of them, from all pages, oldest first."""

    def create_comment(self, body: str) -> int:
        """The new comment's id."""

    def update_comment(self, comment: int, body: str) -> None: ...

    def minimise_comment(self, comment: Comment) -> None:
        """Hides it as outdated, where the host can and lets us; it is no failure where not."""

    def labels(self) -> set[str]:
        """Those on the pull request now."""

    def add_labels(self, names: Iterable[str]) -> None:
        """Made first where the repository has none of that name."""

    def remove_label(self, name: str) -> None: ...

    def label_events(self, name: str) -> list[LabelEvent]:
        """Who put a label on and took it off, oldest first."""

    def may_write(self, user: str) -> bool:
        """Whether a user may write to the repository."""


def utc(text: str) -> str:
    """`2026-01-02T03:04:05.678Z` and `2026-01-02T03:04:05+00:00` in one form that sorts."""
    from datetime import datetime, timezone

    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return ""
    return when.astimezone(timezone.utc).isoformat(timespec="milliseconds") if when.tzinfo else ""
