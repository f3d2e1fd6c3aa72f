"""What was approved, by the host's own word: the plan of a merge, and the data loss that a label acknowledges.

A comment counts if it is our own user's, is signed, and is about the very commit: every workflow that a branch adds
writes as our user, and has no key. All times are the host's.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.report.forms import marker
from fleet.report.forms.marker import Marker
from fleet.report.hosts import comment
from fleet.report.hosts.host import Host, Merged
from fleet.report.judge.guards import ACK_LABEL

NOTHING = "none"
KEY, SEE = "PLAN_KEY", "see docs/hardening.md"
"""The variable with the key of signatures, and where it is said who must have it."""


@dataclass(frozen=True)
class Acknowledged:
    """commit, plan: what it counts for; empty when it does not. why: one line. stale: the label has to go."""

    commit: str
    why: str
    stale: bool = False
    plan: str = ""


def acknowledgement(host: Host, id_: str, commit: str, *, read_only: bool = False) -> Acknowledged:
    """What the pull request's label says of a commit and the plan in our comment. Raises HostRefused.

    Somebody who may write has put it on for the plan they could see: our comment must be about that commit, and the
    label newer than it. A later preview of the commit may have another plan, for which it does not count. A label
    that does not count is taken off, so that nobody relies on it, unless it is `read_only`.
    """
    found = _acknowledgement(host, id_, commit)
    if found.stale and not read_only:
        host.remove_label(ACK_LABEL)
    return found


def _acknowledgement(host: Host, id_: str, commit: str) -> Acknowledged:
    if ACK_LABEL not in host.labels():
        return Acknowledged("", f"the label {ACK_LABEL} is not on")
    found = [item for item in comment.ours(host, id_) if comment.trusted(host, item)]
    mark = marker.read(found[0].body) if found else None
    if mark is None:
        return Acknowledged("", "there is no report yet that somebody could have read", stale=True)
    if mark.head != marker.safe(commit):
        return Acknowledged("", f"the report in place is about {mark.head[:12]}, not this commit", stale=True)
    events = host.label_events(ACK_LABEL)
    last = events[-1] if events else None
    if last is None or last.action != "add":
        return Acknowledged("", "nobody is known to have put the label on", stale=True)
    if mark.ack != mark.head and not (last.at and last.at > found[0].updated_at):
        return Acknowledged("", "the label is older than the report", stale=True)
    if not last.author or last.author == host.own_name() or not host.may_write(last.user):
        return Acknowledged("", f"{last.author or 'whoever put the label on'} may not write here", stale=True)
    return Acknowledged(commit, f"acknowledged by {last.author}", plan=mark.plan)


@dataclass(frozen=True)
class Approved:
    """plan: a hash, or `none`: nothing may change. acknowledged: the data loss in it too. why: one line."""

    plan: str
    why: str
    acknowledged: bool = False


def approved_plan(host: Host, merged: Merged, id_: str, stack: str, commit: str) -> Approved:
    """The plan that a merge approved for a stack: the report's on the pull request, or the one after a stop.

    Raises HostRefused.
    """
    if not host.seal.key:
        return Approved(NOTHING, f"{KEY} is not set in the environment of stack {stack}, {SEE}")
    marks, unsigned = _marks(host)
    again = marks.get(f"deploy-{stack}")
    if again and again.head == marker.safe(commit) and _is_plan(again.plan_of(stack)):
        return Approved(again.plan_of(stack), "the plan of the report after the deployment stopped")
    mark = marks.get(id_)
    if mark is None and id_ in unsigned:
        return Approved(
            NOTHING, f"the report on pull request {merged.number} is not signed with {KEY}, {SEE}"
        )
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


def _is_plan(text: str) -> bool:
    return len(text) >= 12 and all(digit in "0123456789abcdef" for digit in text)


def _marks(host: Host) -> tuple[dict[str, Marker], set[str]]:
    """The signed markers by id, of each that of the newest run, and the ids of our user's other ones.

    A comment that was closed still says what was approved.
    """
    own, unsigned = host.own_name(), set[str]()
    signed: dict[str, Marker] = {}
    for item in host.comments():
        mark = marker.read(item.body) if item.author == own else None
        if mark and not host.seal.holds(item.body):
            unsigned.add(mark.id)
        elif mark and (mark.id not in signed or mark.age >= signed[mark.id].age):
            signed[mark.id] = mark
    return signed, unsigned
