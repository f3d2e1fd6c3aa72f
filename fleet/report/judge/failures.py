"""Why a stack could not be previewed, in the words of the first error that says something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fleet.report.judge.building import Facts
from fleet.report.judge.points import Point
from fleet.report.model import Change
from fleet.report.names import resource_name
from fleet.report.phrases import Phrase, code, listed, phrase, said

_GENERIC = re.compile(r"preview failed\s*\Z|an unhandled error occurred: program exited")
"""What the engine adds to an error that was told before."""


PROTECTED = "marked for protection"


def failure(facts: Facts) -> Iterator[Point]:
    if not facts.failed:
        return
    broken = [item for item in facts.bundle.reading.policies if item.level == "mandatory"]
    stopped = _stopped_by_protect(facts)
    if facts.bundle.unreadable:
        why = phrase("its bundle can't be read: ", said(facts.bundle.unreadable))
        text = phrase("Nothing of this stack is proven. To go ahead: run its job again.")
    elif stopped:
        ends = "deleted" if stopped.op == "delete" else "rebuilt"
        why = phrase(code(stopped.name), f" is protected and would be {ends}")
        text = phrase(
            "The engine stopped there, so the plan is not complete. To go ahead: take the reason away, or "
            "turn the protection of ", code(stopped.name), " off in a change of its own."
        )  # fmt: skip
    elif broken:
        first = broken[0]
        why = phrase("policy ", code(first.policy), " is broken")
        where = listed(sorted({resource_name(item.urn) for item in broken}))
        text = phrase(code(in_a_row(first.message)), ", on ", where, ".")
    else:
        why, text = _told(one_line(first_error(facts)))
    title = phrase(code(facts.stack), " could not be previewed: ", why)
    yield Point("failed", title, text, why)


def _told(message: str) -> tuple[Phrase, Phrase]:
    """The cause, and what to do: our own errors end with the next step."""
    cause, _, step = message.partition(" Next: ")
    why = phrase(said(cause.rstrip(". "))) if cause else phrase("the preview did not say why")
    ours = phrase("To go ahead: fix the error and push again.")
    to_do = phrase("Next: ", said(step.rstrip(". ")), ".") if step else ours
    return why, phrase("Nothing of this stack is proven. ", to_do)


def first_error(facts: Facts) -> str:
    """The first error that says something, else the last line of the command's own errors."""
    errors = [item.message for item in facts.bundle.reading.diagnostics if item.severity == "error"]
    told = [message for message in errors if not _GENERIC.match(message)]
    if told:
        return re.sub(r"^\S+ resource '([^']*)'(?: has a problem)?: ", r"\1: ", told[0])
    lines = [line.strip() for line in facts.bundle.stderr.splitlines() if line.strip()]
    marked = [line for line in lines if line.startswith("error:")]
    if marked or lines:
        return (marked or lines[-1:])[0].removeprefix("error:").strip()
    if errors and facts.bundle.form == "digest":
        return "it does not say why; a digest leaves out broken policies"
    return errors[0] if errors else "" if facts.bundle.reading.complete else "it ended before it was done"


def _stopped_by_protect(facts: Facts) -> Change | None:
    stopped = {item.urn for item in facts.bundle.reading.diagnostics if PROTECTED in item.message}
    return next((change for change in facts.changes if change.urn in stopped), None)


def in_a_row(message: str) -> str:
    """A policy's description and what it found, in one line."""
    return " ".join(line.strip() for line in message.splitlines() if line.strip())


def one_line(message: str) -> str:
    return next((line.strip() for line in message.splitlines() if line.strip()), "")
