"""Whether data loss is acknowledged: a label, put on by somebody who may write, for the plan they could see.

It counts for one commit: our comment must be about that commit, and the label must be newer than it. All
times are the host's. A label that does not count is taken off, so that nobody relies on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.report.forms import marker
from fleet.report.hosts import comment
from fleet.report.hosts.codehost import CodeHost
from fleet.report.judge.protection import ACK_LABEL


@dataclass(frozen=True)
class Acknowledged:
    """commit: the one it counts for; empty when it does not. why: one line. stale: the label has to go."""

    commit: str
    why: str
    stale: bool = False


def look(host: CodeHost, id_: str, commit: str) -> Acknowledged:
    """What the pull request's label says of a commit. Raises HostRefused."""
    if ACK_LABEL not in host.labels():
        return Acknowledged("", f"the label {ACK_LABEL} is not on")
    found = comment.ours(host.comments(), host.own_name(), id_)
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
    if not last.author or last.author == host.own_name() or not host.may_write(last.author):
        return Acknowledged("", f"{last.author or 'whoever put the label on'} may not write here", stale=True)
    return Acknowledged(commit, f"acknowledged by {last.author}")


def settle(host: CodeHost, id_: str, commit: str) -> Acknowledged:
    """As `look`; a stale label is taken off."""
    found = look(host, id_, commit)
    if found.stale:
        host.remove_label(ACK_LABEL)
    return found
