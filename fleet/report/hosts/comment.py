"""The one sticky comment of a pull request: found by its marker, written once, never over a newer one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fleet.report.errors import HostRefused
from fleet.report.forms import marker
from fleet.report.forms.marker import Marker
from fleet.report.hosts.host import Comment, Host, first_there, is_same
from fleet.report.model import LABEL_NAMES

Action = Literal["created", "updated", "unchanged", "kept newer", "closed", "none"]
CREATE_TRIES = 3


@dataclass(frozen=True)
class Outcome:
    """What was done. folded: further comments of ours with the same marker, which say now that they are outdated."""

    action: Action
    comment: int | None = None
    folded: int = 0


def ours(host: Host, id_: str) -> list[Comment]:
    """Open comments of our own user with exactly this id, oldest first. Anybody can write a marker."""
    comments, own, found = host.comments(), host.own_name(), []
    for comment in comments:
        mark = marker.read(comment.body)
        if comment.author == own and mark and mark.id == id_ and not mark.applied:
            found.append(comment)
    return sorted(found, key=lambda comment: comment.id)


def trusted(host: Host, comment: Comment) -> Marker | None:
    """Its marker, if that is signed; any of ours where nothing is signed for want of a key."""
    return marker.read(comment.body) if host.seal.holds(comment.body) or not host.seal.key else None


def post(host: Host, body: str) -> Outcome:
    """Makes the comment, or brings it up to date. `body` starts with its marker. Raises HostRefused."""
    mine = marker.read(body)
    if mine is None:
        raise ValueError("a comment without a marker")
    found = ours(host, mine.id)
    marks = [mark for mark in (trusted(host, comment) for comment in found) if mark]
    if any(mark.age > mine.age for mark in marks):
        return Outcome("kept newer", found[0].id)
    good = next((mark.good for mark in marks if mark.good), "")
    body = host.seal.on(marker.with_last_good(body, good) if not mine.good else body)
    there = first_there(found, lambda one: is_same(one.body, body) or host.update_comment(one.id, body))
    if there is None:
        return Outcome("created", _created(host, body, mine.id))
    one, others = there
    fold(host, others)
    return Outcome("unchanged" if is_same(one.body, body) else "updated", one.id, len(others))


def fold(host: Host, others: Sequence[Comment]) -> None:
    """What these comments say stays readable; without their marker they are not found again."""
    for other in others:
        if host.update_comment(other.id, marker.outdated(other.body)):
            host.minimise_comment(other)


def _created(host: Host, body: str, id_: str) -> int:
    """A POST is not repeated blindly: after a lost answer we look first whether the comment is there."""
    for _ in range(CREATE_TRIES - 1):
        try:
            return host.create_comment(body)
        except HostRefused as error:
            if 0 < error.status < 500:
                raise
        there = ours(host, id_)
        if there:
            return there[0].id
    return host.create_comment(body)


def close(host: Host, id_: str, run: str) -> Outcome:
    """After the merge: the comment says where it was applied, and a later push starts a new one."""
    there = first_there(
        ours(host, id_), lambda one: host.update_comment(one.id, marker.closed(one.body, run))
    )
    if there is None:
        return Outcome("none")
    one, others = there
    fold(host, others)
    return Outcome("closed", one.id, len(others))


def set_labels(host: Host, wanted: Sequence[str], stale: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Of our own labels exactly the wanted ones, none of the stale; (added, removed). Others are nobody's business."""
    wanted = [name for name in wanted if name in LABEL_NAMES]
    there = host.labels()
    added = sorted(set(wanted) - there)
    removed = sorted(({*LABEL_NAMES, *stale} - set(wanted)) & there)
    for name in removed:
        host.remove_label(name)
    host.add_labels(added)
    return added, removed
