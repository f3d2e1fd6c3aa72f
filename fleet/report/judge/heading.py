"""The first words of the report: the worst thing of all stacks, and one sentence with the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from fleet.report.judge.cost import dollars, total
from fleet.report.model import SIGNS, UNLISTED, Change, StackReport, Sum, Verdict
from fleet.report.phrases import Phrase, code, counted, joined, listed, phrase, plain, strong


def heading(verdict: Verdict, stacks: Sequence[StackReport]) -> Phrase:
    """Fits the first line of a mail: the sign, the stack, what is wrong with it."""
    if not stacks:
        return phrase(f"{SIGNS[verdict]} nothing to do: no stack is touched")
    worst = [stack for stack in stacks if stack.verdict == verdict]
    first = next((stack for stack in worst if any(change.erased for change in stack.changes)), worst[0])
    sign = f"{SIGNS[verdict]} "
    if first.stack == UNLISTED:
        return phrase(sign, "not every stack could be previewed: ", _after_colon(first.word))
    if verdict == "nothing":
        return phrase(sign, "nothing to do")
    if verdict == "changes":
        return phrase(sign, ", ".join(counts(change for stack in stacks for change in stack.changes)))
    more = phrase(f" (and {counted(len(worst) - 1, 'more stack')})") if len(worst) > 1 else phrase()
    what = {
        "failed": phrase(code(first.stack), " could not be previewed: "),
        "blocked": phrase(code(first.stack), " is blocked: "),
        "danger": phrase(code(first.stack), ": "),
        "look": phrase("look at ", code(first.stack), ": "),
    }[verdict]
    return phrase(sign, what, _ending(verdict, first), more)


def _ending(verdict: Verdict, stack: StackReport) -> Phrase:
    erased = [change.name for change in stack.changes if change.erased]
    lost = [change for change in stack.changes if change.erased]
    if verdict in ("blocked", "danger") and erased and _about_loss(stack):
        would = "would be" if verdict == "blocked" else "are"
        kinds = {change.backups_only for change in lost}
        what = {True: "the backups of ", False: "the disks of "}
        front = what[kinds.pop()] if len(kinds) == 1 else "disks or backups of "
        return phrase(front, listed(erased, 3), f" {would} erased")
    return _after_colon(stack.word)


def _about_loss(stack: StackReport) -> bool:
    loss = [guard for guard in stack.guards if guard.name == "data_loss"]
    return stack.verdict == "danger" or any(guard.state == "block" for guard in loss)


def _after_colon(word: Phrase) -> Phrase:
    """The stack's word without its own front, and without what is only to be looked at."""
    ends = next((index for index, piece in enumerate(word) if piece.text == "; look: "), len(word))
    return word[1:ends] if len(word) > 1 else word


def counts(changes: Iterable[Change]) -> list[str]:
    """`1 new`, `2 changed`, `1 perhaps rebuilt`, …; other resources than servers together at the end."""
    found = list(changes)
    servers = [change for change in found if change.server]
    others = sum(change.changed and not change.server for change in found)
    kinds: list[tuple[str, Callable[[Change], bool]]] = [
        ("new", lambda item: item.op == "create"),
        ("changed", lambda item: item.op == "update" and item.certainty == "certain"),
        ("perhaps changed", lambda item: item.op == "update" and item.certainty == "perhaps"),
        ("rebuilt", lambda item: item.op == "replace" and item.certainty == "certain"),
        ("perhaps rebuilt", lambda item: item.op == "replace" and item.certainty == "perhaps"),
        ("deleted", lambda item: item.op == "delete"),
    ]
    texts = [(sum(map(test, servers)), name) for name, test in kinds]
    words = [f"{number} {name}" for number, name in texts if number]
    return words + ([counted(others, "other change")] if others else []) or ["no change"]


def sentence(stacks: Sequence[StackReport], now: Sum, then: Sum, *, known: bool) -> Phrase:
    """What happens to how many servers and where, and the monthly change."""
    tests: list[tuple[str, Callable[[Change], bool]]] = [
        ("new", lambda item: item.op == "create"),
        ("rebuilt", lambda item: item.op == "replace" and item.certainty == "certain"),
        ("perhaps rebuilt", lambda item: item.op == "replace" and item.certainty == "perhaps"),
        ("deleted", lambda item: item.op == "delete"),
        ("erased in place", _erased_in_place),
        ("powered off for a while", lambda item: item.off),
        ("changed without an outage", _quietly_changed),
    ]
    parts = list(_parts(stacks, tests))
    if not stacks:
        return phrase("What this change is about is deployed nowhere.")
    drift = all(stack.drift for stack in stacks)
    told = [part for part in parts if part]
    if drift:
        number = sum(change.changed for stack in stacks for change in stack.changes)
        told = [phrase(f"{counted(number, 'resource')} changed outside the program")] if number else []
    front = phrase(joined(told, ", "), ". ") if told else phrase("No server changes. ")
    return phrase(front, _money(now, then, known=known))


def _erased_in_place(item: Change) -> bool:
    return item.op == "update" and item.erased and not item.backups_only


def _quietly_changed(item: Change) -> bool:
    certain = item.op == "update" and item.certainty == "certain"
    return certain and item.level != "power off" and not _erased_in_place(item)


def _parts(
    stacks: Sequence[StackReport], tests: Sequence[tuple[str, Callable[[Change], bool]]]
) -> Iterator[Phrase]:
    """`2 servers are rebuilt (dev and staging)`, then `1 is deleted (dev)`: the noun once."""
    noun = True
    for name, test in tests:
        numbers = [
            (stack.stack, sum(item.server and test(item) for item in stack.changes)) for stack in stacks
        ]
        number = sum(count for _, count in numbers)
        if not number:
            continue
        subject = counted(number, "server") if noun else str(number)
        verb = "is" if number == 1 else "are"
        where = phrase(" (", listed((stack for stack, count in numbers if count), 3), ")")
        yield phrase(f"{subject} {verb} {name}", where if len(stacks) > 1 else phrase())
        noun = False


def _money(now: Sum, then: Sum, *, known: bool) -> Phrase:
    if not known:
        return phrase("The monthly change is ", strong("not known"), f", now it is {total(now)}.")
    change = then.amount - now.amount
    moved = phrase(strong(f"{dollars(change, sign=True)} a month"))
    if plain(moved).startswith("$0.00"):
        return phrase(moved, f": it stays {'as it is,' if now.at_least else 'at'} {total(now)}.")
    return phrase(moved, f", from {total(now)} to {total(then)}.")
