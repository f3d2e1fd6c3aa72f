"""Which plan was approved: that of the report on the merged pull request, or of the report after a stop.

A comment counts if it is our own user's, says so by its marker, and is about the very commit that was merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fleet.report.forms import marker
from fleet.report.forms.marker import Marker
from fleet.report.hosts.codehost import Comment

NOTHING = "none"


@dataclass(frozen=True)
class Merged:
    """The pull request that a commit came from. head: the last commit of its branch."""

    number: int
    head: str


class TellsComments(Protocol):
    """What a code host has to tell of one pull request."""

    def own_name(self) -> str: ...

    def comments(self) -> list[Comment]: ...


@dataclass(frozen=True)
class Approved:
    """plan: a hash, or `none`: nothing may change. acknowledged: the data loss in it too. why: one line."""

    plan: str
    why: str
    acknowledged: bool = False


def look(host: TellsComments, merged: Merged, id_: str, stack: str, commit: str) -> Approved:
    """The plan that a merge approved for a stack. Raises HostRefused."""
    marks = _marks(host)
    again = marks.get(deploy_id(stack))
    if again and again.head == marker.safe(commit) and _is_plan(again.plan_of(stack)):
        return Approved(again.plan_of(stack), "the plan of the report after the deployment stopped")
    mark = marks.get(id_)
    if mark is None:
        return Approved(NOTHING, f"there is no report on pull request {merged.number}")
    if mark.head != marker.safe(merged.head):
        return Approved(NOTHING, f"the report is about {mark.head[:12]}, and {merged.head[:12]} was merged")
    plan = mark.plan_of(stack)
    if not plan:
        return Approved(NOTHING, f"pull request {merged.number} does not touch this stack")
    if not _is_plan(plan):
        return Approved(NOTHING, f"the preview of this stack was {plan}: that is no plan to approve")
    return Approved(plan, f"the plan of pull request {merged.number}", mark.ack == mark.head)


def deploy_id(stack: str) -> str:
    """The id of the report that a stopped deployment leaves."""
    return f"deploy-{stack}"


def _is_plan(text: str) -> bool:
    return len(text) >= 12 and all(digit in "0123456789abcdef" for digit in text)


def _marks(host: TellsComments) -> dict[str, Marker]:
    """Our own markers by id, the newest of each; a comment that was closed still says what was approved."""
    own = host.own_name()
    found: dict[str, Marker] = {}
    for comment in sorted(host.comments(), key=lambda comment: comment.id):
        mark = marker.read(comment.body) if comment.author == own else None
        if mark:
            found[mark.id] = mark
    return found
