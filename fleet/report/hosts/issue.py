"""One issue per stack, found by its marker: opened when something drifted, kept up to date, closed when it is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fleet.report.escaping import visible
from fleet.report.forms import marker
from fleet.report.hosts.host import Host, Issue, first_there, is_same
from fleet.report.model import Report
from fleet.report.phrases import plain

LABEL = "infra: drift"
Action = Literal["opened", "updated", "unchanged", "closed", "kept newer", "none"]


@dataclass(frozen=True)
class Outcome:
    action: Action
    number: int | None = None


def is_wanted(report: Report) -> bool:
    """Whether there is something to tell: drift, a failed look, an image near its end, a newer choice."""
    return report.verdict != "nothing" or any(stack.choices for stack in report.stacks)


def title(report: Report) -> str:
    """In one line: the report's heading, which names the stack."""
    if report.verdict == "nothing":
        return visible(f"{report.stacks[0].stack}: newer choices in the catalogs")[:200]
    return visible(plain(report.heading))[:200]


def settle(host: Host, report: Report, body: str) -> Outcome:
    """`body` starts with the marker of the report. Raises HostRefused."""
    mine = marker.of(report)
    own = host.own_name()
    found = []
    for issue in host.open_issues(LABEL):
        mark = marker.read(issue.body) if issue.author == own else None
        if mark and mark.id == mine.id:
            found.append((issue, mark))
    if any(mark.age > mine.age for _, mark in found):
        return Outcome("kept newer", found[0][0].number)
    if not is_wanted(report):
        for issue, _ in found:
            host.update_issue(issue.number, issue.title, body)
            host.close_issue(issue.number)
        return Outcome("closed", found[0][0].number) if found else Outcome("none")
    there = sorted((issue for issue, _ in found), key=lambda issue: issue.number)
    name = title(report)

    def is_current(issue: Issue) -> bool:
        return is_same(issue.body, body) and issue.title == name

    kept = first_there(there, lambda one: is_current(one) or host.update_issue(one.number, name, body))
    if kept is None:
        return Outcome("opened", host.open_issue(name, body, LABEL))
    first, others = kept
    for other in others:
        host.close_issue(other.number)
    return Outcome("unchanged" if is_current(first) else "updated", first.number)
