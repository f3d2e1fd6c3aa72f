"""The first words of the report: the worst thing of all stacks, and one sentence with the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from fleet.report.judge.cost import dollars, total
from fleet.report.model import DATA, SIGNS, UNLISTED, Change, StackReport, Sum, Verdict
from fleet.report.phrases import Phrase, code, counted, joined, listed, phrase, strong

ALSO_LOOK = "; look: "
"""In a stack's word, before what is only to be looked at."""

FATES = ("new", "changed", "perhaps changed", "rebuilt", "perhaps rebuilt", "deleted")


def heading(verdict: Verdict, stacks: Sequence[StackReport]) -> Phrase:
    """Fits the first line of a mail: the sign, the stack, what is wrong with it."""
    sign = f"{SIGNS[verdict]} "
    if not stacks:
        return phrase(f"{sign}nothing to do: no stack is touched")
    worst = [stack for stack in stacks if stack.verdict == verdict]
    first = next((stack for stack in worst if any(change.erased for change in stack.changes)), worst[0])
    if first.stack == UNLISTED:
        return phrase(sign, "not every stack could be previewed: ", _after_colon(first.word))
    if verdict == "nothing":
        return phrase(sign, "nothing to do")
    if verdict == "changes":
        return phrase(sign, ", ".join(counts(change for stack in stacks for change in stack.changes)))
    stack = code(first.stack)
    what = {
        "failed": (stack, " could not be previewed: "),
        "blocked": (stack, " is blocked: "),
        "danger": (stack, ": "),
        "look": ("look at ", stack, ": "),
    }[verdict]
    more = f" (and {counted(len(worst) - 1, 'more stack')})" if len(worst) > 1 else ""
    return phrase(sign, what, _ending(verdict, first), more)


def _ending(verdict: Verdict, stack: StackReport) -> Phrase:
    lost = [change for change in stack.changes if change.erased]
    stopped = any(guard.name == "data_loss" and guard.state == "block" for guard in stack.guards)
    if not lost or not (verdict == "danger" or (verdict == "blocked" and stopped)):
        return _after_colon(stack.word)
    data = [each for each in DATA if each in {change.lost for change in lost}]
    front = f"{'the ' if len(data) == 1 else ''}{' or '.join(data)} of "
    erased = listed((change.name for change in lost), 3)
    return phrase(front, erased, " would be erased" if verdict == "blocked" else " are erased")


def _after_colon(word: Phrase) -> Phrase:
    """The stack's word without its own front, and without what is only to be looked at."""
    ends = next((index for index, piece in enumerate(word) if piece.text == ALSO_LOOK), len(word))
    return word[1:ends] if len(word) > 1 else word


def fate(change: Change) -> str:
    """What becomes of a resource, one of FATES; empty for what stays."""
    base = {"create": "new", "update": "changed", "replace": "rebuilt", "delete": "deleted", "same": ""}[
        change.op
    ]
    perhaps = change.certainty == "perhaps" and change.op in ("update", "replace")
    return f"perhaps {base}" if perhaps else base


def counts(changes: Iterable[Change]) -> list[str]:
    """`1 new`, `2 changed`, `1 perhaps rebuilt`, …; other resources than servers together at the end."""
    found = list(changes)
    numbers = Counter(fate(change) for change in found if change.server)
    others = sum(change.changed and not change.server for change in found)
    words = [f"{numbers[name]} {name}" for name in FATES if numbers[name]]
    return words + ([counted(others, "other change")] if others else []) or ["no change"]


def sentence(stacks: Sequence[StackReport], now: Sum, then: Sum, *, known: bool) -> Phrase:
    """What happens to how many servers and where, and the monthly change."""
    if not stacks:
        return phrase("What this change is about is deployed nowhere.")
    told = list(_parts(stacks))
    if all(stack.drift for stack in stacks):
        number = sum(change.changed for stack in stacks for change in stack.changes)
        told = [phrase(f"{counted(number, 'resource')} changed outside the program")] if number else []
    front = phrase(joined(told, ", "), ". ") if told else phrase("No server changes. ")
    return phrase(front, _money(now, then, known=known))


def _erased_in_place(item: Change) -> bool:
    return item.op == "update" and item.erased and not item.backups_only


def _quietly_changed(item: Change) -> bool:
    return fate(item) == "changed" and item.level != "power off" and not _erased_in_place(item)


SENTENCE: Sequence[tuple[str, Callable[[Change], bool]]] = (
    ("new", lambda item: fate(item) == "new"),
    ("rebuilt", lambda item: fate(item) == "rebuilt"),
    ("perhaps rebuilt", lambda item: fate(item) == "perhaps rebuilt"),
    ("deleted", lambda item: fate(item) == "deleted"),
    ("erased in place", _erased_in_place),
    ("powered off for a while", lambda item: item.off),
    ("changed without an outage", _quietly_changed),
)


def _parts(stacks: Sequence[StackReport]) -> Iterator[Phrase]:
    """`2 servers are rebuilt (dev and staging)`, then `1 is deleted (dev)`: the noun once."""
    noun = True
    for name, test in SENTENCE:
        numbers = {stack.stack: sum(item.server and test(item) for item in stack.changes) for stack in stacks}
        if number := sum(numbers.values()):
            subject = counted(number, "server") if noun else str(number)
            where = (" (", listed((stack for stack, count in numbers.items() if count), 3), ")")
            verb = "is" if number == 1 else "are"
            yield phrase(f"{subject} {verb} {name}", where if len(stacks) > 1 else "")
            noun = False


def _money(now: Sum, then: Sum, *, known: bool) -> Phrase:
    if not known:
        return phrase("The monthly change is ", strong("not known"), f", now it is {total(now)}.")
    moved = strong(f"{dollars(then.amount - now.amount, sign=True)} a month")
    if moved.text.startswith("$0.00"):
        return phrase(moved, f": it stays {'as it is,' if now.at_least else 'at'} {total(now)}.")
    return phrase(moved, f", from {total(now)} to {total(then)}.")
