"""The marker: the first line of our comment, by which it is found again and which says how new it is.

Whoever has a workflow write as our user can write one. What is approved by it has to be signed.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import asdict, dataclass, field, fields, replace

from fleet.report.model import Report, StackReport

_LINE = re.compile(r"\A<!-- fleet-report v=1((?: [a-z]+=\"[^\"<>\n]*\")+) -->")
_PAIR = re.compile(r" ([a-z]+)=\"([^\"]*)\"")
LONGEST_PLANS = 8000
"""Characters: more than 100 stacks. One that is cut off has no approved plan."""

ALWAYS = ("id", "head", "run", "plan")
_UNSAFE = re.compile(r"[^A-Za-z0-9._:/+-]")

RUN = re.compile(r"(\d{1,18})(?:\.(\d{1,9}))?")
"""`number` or `number.attempt`."""


@dataclass(frozen=True)
class Marker:
    """What the comment in place is about.

    good: the last commit whose preview worked. ack: the commit whose data loss is acknowledged. applied: the
    run that deployed it; the comment is closed then. plans: `stack:hash`, joined by slashes; a word instead of
    the hash where there is nothing to approve. seal: the signature, empty without one.
    """

    id: str
    head: str = ""
    run: str = ""
    plan: str = ""
    good: str = ""
    ack: str = ""
    applied: str = ""
    plans: str = ""
    seal: str = ""

    def line(self) -> str:
        told = {name: value for name, value in asdict(self).items() if value or name in ALWAYS}
        longest = {"plans": LONGEST_PLANS}
        pairs = [f'{name}="{safe(value, longest.get(name, 200))}"' for name, value in told.items()]
        return f"<!-- fleet-report v=1 {' '.join(pairs)} -->"

    @property
    def age(self) -> tuple[int, int]:
        """Run number and attempt; what is no number counts as oldest."""
        match = RUN.fullmatch(self.run)
        return (int(match.group(1)), int(match.group(2) or 1)) if match else (0, 0)

    def plan_of(self, stack: str) -> str:
        """The hash of a stack's plan, a word that says why there is none, or empty if it is not told of."""
        found = (part.rpartition(":") for part in self.plans.split("/"))
        return next((plan for name, _, plan in found if name == safe(stack)), "")


SEAL_DIGITS = 48
"""Hexadecimal digits of a signature that are kept: 192 bits."""


@dataclass(frozen=True)
class Seal:
    """Signs comments of one pull request with a key that no branch can read.

    What is signed: repository, pull request, stacks with their plans, commit, run, acknowledgement, and every word
    below the marker. Not what is told later, without the key: that a plan was applied, and the last good commit.
    """

    key: str = field(repr=False)
    repo: str
    pull: int

    def of(self, body: str) -> str:
        mark = read(body) or Marker("")
        own = [mark.id, mark.head, mark.run, mark.plan, mark.ack, mark.plans]
        told = json.dumps([self.repo.casefold(), self.pull, own, _below(body, mark)])
        return hmac.new(self.key.encode(), told.encode(), "sha256").hexdigest()[:SEAL_DIGITS]

    def on(self, body: str) -> str:
        """The comment with its signature; as it is where there is no key."""
        mark, (_, _, rest) = read(body), body.partition("\n")
        return f"{replace(mark, seal=self.of(body)).line()}\n{rest}" if mark and self.key else body

    def holds(self, body: str) -> bool:
        """Whether it was signed with this key, for this pull request, and says now what it said then."""
        mark = read(body)
        return bool(mark and self.key and hmac.compare_digest(self.of(body).encode(), mark.seal.encode()))


def _below(body: str, mark: Marker) -> str:
    """What was said below the marker when it was signed; hosts may change line ends and drop blank ends."""
    _, _, rest = body.replace("\r\n", "\n").partition("\n")
    return rest.removeprefix(_applied(mark.applied)).strip()


def safe(value: str, most: int = 200) -> str:
    """Characters that can neither end the attribute nor the comment."""
    return _UNSAFE.sub("_", value).replace("--", "-_")[:most]


def of(report: Report) -> Marker:
    good = report.commit if report.verdict != "failed" else ""
    ack = report.commit if report.acknowledged else ""
    plans = "/".join(f"{stack.stack.replace('/', '_')}:{_approvable(stack)}" for stack in report.stacks)
    return Marker(report.id, report.commit, report.run, report.plan, good, ack, plans=plans)


def _approvable(stack: StackReport) -> str:
    """The plan that a merge approves: none that failed, that a guard refuses, or that was made without the state."""
    if stack.verdict in ("failed", "blocked"):
        return stack.verdict
    return "offline" if stack.offline else stack.plan


def read(body: str) -> Marker | None:
    """The marker of a comment's first line; None for any other comment."""
    match = _LINE.match(body.lstrip("\ufeff"))
    if not match:
        return None
    pairs = dict(_PAIR.findall(match.group(1)))
    return Marker(**{field.name: pairs.get(field.name, "") for field in fields(Marker)})


def with_last_good(body: str, good: str) -> str:
    """A failed preview's comment that says which commit worked last."""
    found = read(body)
    if found is None or found.good or not good:
        return body
    first, _, rest = body.partition("\n")
    heading, _, after = rest.partition("\n")
    line = replace(found, good=good).line()
    return f"{line}\n{heading}\n\nLast good report: `{safe(good)[:12]}`.\n{after}" if first else body


def closed(body: str, run: str) -> str:
    """The comment after the merge: it says where it was applied, and is not found again."""
    found = read(body)
    if found is None:
        return body
    _, _, rest = body.partition("\n")
    return f"{replace(found, applied=run).line()}\n{_applied(safe(run))}{rest}"


def _applied(run: str) -> str:
    return f"**Applied in run {run}.**\n\n" if run else ""


def outdated(body: str) -> str:
    """A second comment, without its marker and folded."""
    _, _, rest = body.partition("\n")
    return (
        "Outdated: an earlier comment is kept up to date.\n\n"
        f"<details><summary>What it said</summary>\n\n{rest.strip()}\n\n</details>\n"
    )
