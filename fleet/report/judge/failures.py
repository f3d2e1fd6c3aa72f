"""Why a stack could not be previewed, in the words of the first error that says something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fleet.report.judge.changes import Facts
from fleet.report.model import UNLISTED, Change, Finding, StackReport, Sum
from fleet.report.phrases import Phrase, code, listed, phrase, said

_GENERIC = re.compile(r"preview failed\s*\Z|an unhandled error occurred: program exited")
"""What the engine adds to an error that was told before."""

PROTECTED = "marked for protection"
Judged = tuple[StackReport, tuple[Finding, ...]]
"""A stack, and what there is to say of it, worst first."""

NOTHING_PROVEN = "Nothing of this stack is proven. "


def failure(facts: Facts) -> Iterator[Finding]:
    if not facts.failed:
        return
    broken = [item for item in facts.bundle.reading.policies if item.level == "mandatory"]
    stopped = _stopped_by_protect(facts)
    if facts.bundle.unreadable:
        why = phrase("its bundle can't be read: ", said(facts.bundle.unreadable))
        text = phrase(NOTHING_PROVEN, "To go ahead: run its job again.")
    elif stopped:
        ends = "deleted" if stopped.op == "delete" else "rebuilt"
        why = phrase(code(stopped.name), f" is protected and would be {ends}")
        text = phrase(
            "The engine stopped there, so the plan is not complete. To go ahead: take the reason away, or "
            "turn the protection of ", code(stopped.name), " off in a change of its own."
        )  # fmt: skip
    elif broken:
        first = broken[0]
        why = phrase("policy ", code(first.name), " is broken")
        where = listed(sorted({item.resource for item in broken}))
        text = phrase(code(in_a_row(first.message)), ", on ", where, ".")
    else:
        why, text = _told(next(iter(lines_of(first_error(facts))), ""))
    yield facts.finding("failed", (" could not be previewed: ", why), text, why)


def missing(stack: str) -> Judged:
    """A stack that was expected and sent no bundle is a failed one."""
    why = phrase("no preview came in")
    title = phrase(code(stack), " could not be previewed: ", why)
    text = "The job of this stack was skipped, cancelled or broke. To go ahead: run it again."
    return _unknown(stack, title, text, why)


def undeployed(stack: str) -> Judged:
    """Settings that nothing is made of: whoever adds them may think otherwise."""
    short = phrase("not deployed")
    place = (code("environments"), " in ", code("stacks/common.yaml"))
    text = phrase(place, " does not name it. To deploy it: put it there, at its place in the order.")
    title = phrase(code(stack), " is not deployed")
    finding = Finding(verdict="look", stack=stack, title=title, text=text, short=short)
    return StackReport(stack=stack, verdict="look", word=phrase("look: ", short), complete=True), (finding,)


def unlisted() -> Judged:
    """Which stacks are touched is not known: nobody can say that none is missing."""
    title = phrase("Which stacks are touched is not known")
    text = "The job that lists them failed. To go ahead: see why, and run it again."
    return _unknown(UNLISTED, title, text, phrase("the job that lists them failed"))


def _unknown(stack: str, title: Phrase, text: str, short: Phrase) -> Judged:
    finding = Finding(verdict="failed", stack=stack, title=title, text=phrase(text), short=short)
    report = StackReport(
        stack=stack, verdict="failed", word=phrase("failed: ", short), complete=False, exit=1,
        unchanged_known=False, change_known=False, now=Sum(at_least=True), then=Sum(at_least=True),
    )  # fmt: skip
    return report, (finding,)


def _told(message: str) -> tuple[Phrase, Phrase]:
    """The cause, and what to do: our own errors end with the next step."""
    cause, _, step = message.partition(" Next: ")
    why = phrase(said(cause.rstrip(". "))) if cause else phrase("the preview did not say why")
    to_do = ("Next: ", said(step.rstrip(". ")), ".") if step else "To go ahead: fix the error and push again."
    return why, phrase(NOTHING_PROVEN, to_do)


def first_error(facts: Facts) -> str:
    """The first error that says something, else the last line of the command's own errors."""
    errors = [item.text for item in facts.bundle.reading.messages if item.severity == "error"]
    told = [message for message in errors if not _GENERIC.match(message)]
    if told:
        return re.sub(r"^\S+ resource '([^']*)'(?: has a problem)?: ", r"\1: ", told[0])
    lines = lines_of(facts.bundle.stderr)
    marked = [line for line in lines if line.startswith("error:")]
    if lines:
        return (marked or lines[-1:])[0].removeprefix("error:").strip()
    if errors and facts.bundle.form == "digest":
        return "it does not say why; a digest leaves out broken policies"
    return errors[0] if errors else "" if facts.bundle.reading.complete else "it ended before it was done"


def _stopped_by_protect(facts: Facts) -> Change | None:
    stopped = {item.urn for item in facts.bundle.reading.messages if PROTECTED in item.text}
    return next((change for change in facts.changes if change.urn in stopped), None)


def in_a_row(message: str) -> str:
    """A policy's description and what it found, in one line."""
    return " ".join(lines_of(message))


def lines_of(message: str) -> list[str]:
    return [line.strip() for line in message.splitlines() if line.strip()]
