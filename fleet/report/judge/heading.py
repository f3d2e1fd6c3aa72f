"""The first words of the report: the worst thing of all stacks, and one sentence with the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from fleet.report.escaping import cut_end
from fleet.report.judge.cost import dollars, total
from fleet.report.model import DATA, SIGNS, UNLISTED, VERDICTS, Change, Finding, StackReport, Sum, Verdict
from fleet.report.phrases import Phrase, Words, code, counted, joined, listed, phrase, plain, said, strong

FATES = (
    "deleted",
    "recreated",
    "rebuilt",
    "perhaps recreated",
    "changed",
    "perhaps changed",
    "new",
    "drifted",
)
"""Worst first. Recreated: by a new one, with another id. Rebuilt: with empty disks, and still the same one."""


def by_verdict(stacks: Sequence[StackReport]) -> list[StackReport]:
    """The worst first, of one verdict those that lose data; else in the order that they stand in."""

    def rank(stack: StackReport) -> tuple[int, bool]:
        return VERDICTS.index(stack.verdict), not any(change.erased for change in stack.changes)

    return sorted(stacks, key=rank)


def heading(verdict: Verdict, stacks: Sequence[StackReport], found: Sequence[Finding]) -> Phrase:
    """Fits the first line of a mail: the sign, the stack, what is wrong with it."""
    sign = f"{SIGNS[verdict]} "
    if not stacks:
        return phrase(sign, "nothing to do: no stack is touched")
    first = by_verdict(stacks)[0]
    worst = [stack for stack in stacks if stack.verdict == verdict]
    if verdict == "nothing":
        return phrase(sign, "nothing to do")
    if verdict == "changes":
        return phrase(sign, ", ".join(counts(change for stack in stacks for change in stack.changes)))
    stack = code(first.stack)
    what: Words = {
        "failed": (stack, " could not be previewed: "),
        "blocked": (stack, " is blocked: "),
        "danger": (stack, ": "),
        "look": (stack, " drifted: ") if first.drifted else ("look at ", stack, ": "),
    }[verdict]
    if first.stack == UNLISTED:
        what = ("not every stack could be previewed: ",)
    more = f" (and {counted(len(worst) - 1, 'more stack')})" if len(worst) > 1 else ""
    return phrase(sign, what, _why(verdict, first, found), more)


def _why(verdict: Verdict, stack: StackReport, found: Sequence[Finding]) -> Phrase:
    lost = [change for change in stack.changes if change.erased]
    stopped = any(guard.name == "data_loss" and guard.state == "block" for guard in stack.guards)
    if not lost or not (verdict == "danger" or (verdict == "blocked" and stopped)):
        return _shorts([item for item in found if item.stack == stack.stack and item.verdict == verdict])
    erased = listed((change.name for change in lost), 3)
    if all(change.loses_all for change in lost):
        return phrase("all that is on ", erased, " would be erased" if verdict == "blocked" else " is erased")
    data = [each for each in DATA if each in {change.lost for change in lost}]
    front = f"{'the ' if len(data) == 1 else ''}{' or '.join(data)} of "
    return phrase(front, erased, " would be erased" if verdict == "blocked" else " are erased")


def _shorts(found: Sequence[Finding], most: int = 2) -> Phrase:
    """The short words of each, once; a message is cut to fit a line."""
    unique = list({plain(finding.short): finding.short for finding in found}.values())
    rest = f" and {len(unique) - most} more" if len(unique) > most else ""
    fitting = [
        [said(cut_end(piece.text)) if piece.kind == "said" else piece for piece in short]
        for short in unique[:most]
    ]
    return phrase(joined(map(phrase, fitting), ", "), rest)


def fate(change: Change) -> str:
    """What becomes of a resource, one of FATES; empty for what stays."""
    if change.drifted:
        return "drifted" if change.changed else ""
    if change.op == "update" and change.server and change.lost == "disks":
        return "rebuilt"
    base = {"create": "new", "update": "changed", "replace": "recreated", "delete": "deleted", "same": ""}[
        change.op
    ]
    perhaps = change.certainty == "perhaps" and change.op in ("update", "replace")
    return f"perhaps {base}" if perhaps else base


def counts(changes: Iterable[Change]) -> list[str]:
    """`1 deleted`, `2 changed`, `1 perhaps recreated`, …; other resources than servers at the end: `3 others new`."""
    found = [change for change in changes if change.changed]
    numbers = Counter(fate(change) for change in found if change.server or change.drifted)
    words = [f"{numbers[name]} {name}" for name in FATES if numbers[name]]
    others = Counter(fate(change) for change in found if not (change.server or change.drifted))
    other = "other" if numbers else "resource"
    words += [f"{counted(others[name], other)} {name}" for name in FATES if others[name]]
    return words or ["no change"]


def sentence(stacks: Sequence[StackReport], now: Sum, then: Sum, *, known: bool) -> Phrase:
    """What happens to how many servers and where; of several stacks also what they cost together."""
    if not stacks:
        return phrase("What this change is about is deployed nowhere.")
    nothing = (
        "No server changes" if all(stack.complete for stack in stacks) else "What would change is not known"
    )
    told = joined(_parts(stacks), ", ") or phrase(nothing)
    drift = any(stack.drifted for stack in stacks)
    return phrase(told, ".", (" ", _money(now, then, known=known, drift=drift)) if len(stacks) > 1 else "")


def _parts(stacks: Sequence[StackReport]) -> Iterator[Phrase]:
    """`2 servers are recreated (dev and staging)`, then `1 is deleted (dev)`: the noun once."""
    noun = "resource" if any(stack.drifted for stack in stacks) else "server"
    found = {
        stack.stack: Counter(fate(item) for item in stack.changes if item.server or item.drifted)
        for stack in stacks
    }
    for name in FATES:
        numbers = {stack: fates[name] for stack, fates in found.items()}
        if number := sum(numbers.values()):
            where = (" (", listed((stack for stack, count in numbers.items() if count), 3), ")")
            verb = "" if name == "drifted" else " is" if number == 1 else " are"
            subject = counted(number, noun) if noun else str(number)
            yield phrase(f"{subject}{verb} {name}", where if len(stacks) > 1 else "")
            noun = ""


def _money(now: Sum, then: Sum, *, known: bool, drift: bool) -> Phrase:
    if not known:
        return phrase(
            "The monthly change is ", strong("not known"), f": {total(now)} now, {total(then)} then."
        )
    if now == then:
        return phrase("The cost stays at ", strong(f"{total(now)} a month"), ".")
    if drift:
        return phrase(strong(f"{total(now)} a month"), f" as it runs, {total(then)} as declared.")
    moved = strong(f"{dollars(then.amount - now.amount, sign=True)} a month")
    return phrase(moved, f", from {total(now)} to {total(then)}.")
