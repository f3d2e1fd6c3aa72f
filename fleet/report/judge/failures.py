"""Why a stack could not be previewed, in the words of the first error that says something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fleet.report.judge.changes import Facts
from fleet.report.model import UNLISTED, Change, Finding, StackReport, Sum
from fleet.report.names import STACK_TYPE, resource_type
from fleet.report.phrases import Phrase, code, joined, listed, phrase, said
from fleet.report.read.steps import Policy

_PLACE = re.compile(r"[\w./-]+\.(?:ya?ml|json|py):\d+: ")
GENERIC = re.compile(r"preview failed\s*\Z|an unhandled error occurred: program exited")
"""What the engine adds to an error that was told before."""

PROTECTED = re.compile(r"marked for protection|because it is protected")
_ENGINE = re.compile(
    r"^(?:\S+ resource '(?P<name>[^']*)'(?: has a problem)?: (?:property \S+ value \{.*?\} has a problem: )?)"
    r"|^(?:[Pp]review failed: |Exception calling application: )+",
    re.DOTALL,
)
"""What an engine puts before a provider's words."""

MOST_MESSAGES = 10
"""Of a policy."""

Judged = tuple[StackReport, tuple[Finding, ...]]
"""A stack, and what there is to say of it, worst first."""


def failure(facts: Facts) -> Iterator[Finding]:
    if facts.complete:
        return
    broken = [item for item in facts.bundle.reading.policies if item.level == "mandatory"]
    stopped = _stopped_by_protect(facts)
    if facts.bundle.unreadable:
        why = phrase("its bundle can't be read: ", said(facts.bundle.unreadable))
        text = phrase("To go ahead: run its job again.")
    elif stopped:
        deleted = stopped.op == "delete"
        why = phrase(
            code(stopped.name), f" is protected and would be {'deleted' if deleted else 'recreated'}"
        )
        begin = "deploy it with " if deleted else "give it "
        end = " first: its protection stands in the state" if deleted else " in its group's settings"
        text = phrase(
            why, ". The engine stopped there, so the plan is not complete. To keep ", code(stopped.name),
            ": take the change back. To go ahead: ", begin, code("protect: false"), end, "."
        )  # fmt: skip
    elif broken:
        why, text = _broken(broken)
    else:
        why, step = _told(lines_of(first_error(facts)))
        text = phrase(why, ". ", step)
    yield facts.finding("failed", " could not be previewed", text, why)


def _broken(found: Sequence[Policy]) -> tuple[Phrase, Phrase]:
    """Which policies, and what each of them says."""
    by_name: dict[str, list[Policy]] = {}
    for item in found:
        by_name.setdefault(item.name, []).append(item)
    one = len(by_name) == 1
    why = phrase("policy " if one else "policies ", listed(by_name), " is broken" if one else " are broken")
    return why, joined(map(told_by_policy, by_name.values()), " ")


def told_by_policy(found: Sequence[Policy]) -> Phrase:
    """What one policy says: its description once, if it has one, and each message with the resources it is about."""
    whom: dict[tuple[str, ...], set[str]] = {}
    for item in found:
        whom.setdefault(tuple(lines_of(item.message)), set()).add(item.resource)
    described = all(len(lines) > 1 for lines in whom) and len({lines[0] for lines in whom}) == 1
    description = (said(next(iter(whom))[0]), " ") if described else ()
    told = [
        phrase(said(" ".join(lines[described:])), ", on ", listed(sorted(names)))
        for lines, names in whom.items()
    ]
    more = f"; and {len(told) - MOST_MESSAGES} more" if len(told) > MOST_MESSAGES else ""
    return phrase(description, joined(told[:MOST_MESSAGES], "; "), more, ".")


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
    return StackReport(stack=stack, verdict="look", word=short, complete=True), (finding,)


def unlisted() -> Judged:
    """Which stacks are touched is not known: nobody can say that none is missing."""
    title = phrase("Which stacks are touched is not known")
    text = "The job that lists them failed. To go ahead: see why, and run it again."
    return _unknown(UNLISTED, title, text, phrase("the job that lists them failed"))


def _unknown(stack: str, title: Phrase, text: str, short: Phrase) -> Judged:
    finding = Finding(verdict="failed", stack=stack, title=title, text=phrase(text), short=short)
    report = StackReport(
        stack=stack, verdict="failed", word=phrase("failed"), complete=False, exit=1,
        unchanged_known=False, change_known=False, now=Sum(at_least=True), then=Sum(at_least=True),
    )  # fmt: skip
    return report, (finding,)


def _told(message: Sequence[str]) -> tuple[Phrase, Phrase]:
    """The cause, and what to do: our own errors end with the next step. A place in a file says more than a heading."""
    cause, _, step = next(iter(message), "").partition(" Next: ")
    cause = next((line for line in message[1:] if _PLACE.match(line)), cause)
    why = phrase(said(cause.rstrip(". "))) if cause else phrase("the preview did not say why")
    to_do = ("Next: ", said(step.rstrip(". ")), ".") if step else "To go ahead: fix the error and push again."
    return why, phrase(to_do)


def first_error(facts: Facts) -> str:
    """The first error that says something, with its resource, else the last line of the command's own errors."""
    errors = [item for item in facts.bundle.reading.messages if item.severity == "error"]
    told = next((item for item in errors if not GENERIC.match(item.text)), None)
    if told:
        found = _ENGINE.match(told.text)
        words = told.text[found.end() if found else 0 :]
        name = (found and found["name"]) or ("" if resource_type(told.urn) == STACK_TYPE else told.resource)
        return words if not name or name in words else f"{name}: {words}"
    lines = lines_of(facts.bundle.stderr)
    marked = [line for line in lines if line.startswith("error:")]
    if lines:
        return (marked or lines[-1:])[0].removeprefix("error:").strip()
    if errors and facts.bundle.form == "digest":
        return "it does not say why; a digest leaves out broken policies"
    return (
        errors[0].text if errors else "" if facts.bundle.reading.complete else "it ended before it was done"
    )


def _stopped_by_protect(facts: Facts) -> Change | None:
    stopped = {item.urn for item in facts.bundle.reading.messages if PROTECTED.search(item.text)}
    return next((change for change in facts.changes if change.urn in stopped), None)


def lines_of(message: str) -> list[str]:
    return [line.strip() for line in message.splitlines() if line.strip()]
