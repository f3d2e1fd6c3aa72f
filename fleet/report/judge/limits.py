"""Guards on figures: money a month, servers, regions, types, how many are off at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from fleet.report.judge import together
from fleet.report.judge.building import Facts
from fleet.report.judge.cost import dollars
from fleet.report.judge.guard_results import result
from fleet.report.model import Change, GuardResult, GuardState, Value
from fleet.report.phrases import code, counted, listed, phrase
from fleet.report.read.files import Guard, Guards

NEARLY = Decimal("0.9")
"""The share of a limit from which a guard warns."""


def max_monthly(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    if guard := guards.max_monthly:
        yield _money("max_monthly", guard, facts.then.amount, facts.then.at_least, "the budget", "a month")


def max_increase(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    if guard := guards.max_monthly_increase:
        more = max(facts.then.amount - facts.now.amount, Decimal(0))
        open_end = not facts.change_known
        yield _money("max_monthly_increase", guard, more, open_end, "the allowed increase", "more a month")


def _money(
    name: str, guard: Guard[Decimal], amount: Decimal, open_end: bool, what: str, unit: str
) -> GuardResult:
    state = _against(amount, guard.value, open_end=open_end)
    percent = f" ({int(amount / guard.value * 100)} %)" if guard.value > 0 else ""
    least = "at least " if open_end else ""
    text = f"{least}{dollars(amount)} of {dollars(guard.value)} {unit}{percent}"
    words = {
        "block": f"over {what}",
        "warn": f"{percent.strip(' ()')} of {what}",
        "not provable": f"{what} can't be proven",
        "pass": f"within {what}",
    }
    return result(
        name,
        guard.place,
        state,
        phrase(text),
        phrase(words[state]),
        next_step=phrase("To go ahead: make it cheaper, or raise ", code(f"guards.{name}"), "."),
    )


def _against(amount: Decimal, limit: Decimal, *, open_end: bool) -> GuardState:
    if amount > limit:
        return "block"
    if open_end:
        return "not provable"
    return "warn" if limit > 0 and amount >= limit * NEARLY else "pass"


def max_servers(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    guard = guards.max_servers
    if guard is None:
        return
    number = sum(change.op != "delete" for change in facts.servers)
    open_end = not facts.bundle.reading.has_sames
    state = _against(Decimal(number), Decimal(guard.value), open_end=open_end)
    least = "at least " if open_end else ""
    yield result(
        "max_servers",
        guard.place,
        state,
        phrase(f"{least}{number} of {counted(guard.value, 'server')}"),
        phrase({"block": "too many servers", "not provable": "number of servers can't be proven"}.get(
            state, f"{number} of {counted(guard.value, 'server')}"
        )),
        next_step=phrase("To go ahead: take servers away, or raise ", code("guards.max_servers"), "."),
    )  # fmt: skip


def allowed_regions(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    if guard := guards.allowed_regions:
        yield _allowed("allowed_regions", guard, facts, lambda change: change.region, "region")


def allowed_types(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    if guard := guards.allowed_types:
        yield _allowed("allowed_types", guard, facts, lambda change: change.plan_type, "type")


def _allowed(
    name: str,
    guard: Guard[tuple[str, ...]],
    facts: Facts,
    value_of: Callable[[Change], Value],
    word: str,
) -> GuardResult:
    """A server that this plan does not touch only warns: the plan did not put it there."""
    kept = [change for change in facts.servers if change.op != "delete"]
    wrong = [
        item for item in kept if value_of(item).kind == "text" and value_of(item).text not in guard.value
    ]
    unknown = [item for item in kept if value_of(item).kind not in ("text",)]
    blocked = [item for item in wrong if item.changed]
    about = blocked or wrong or unknown
    state: GuardState = "block" if blocked else "not provable" if unknown else "warn" if wrong else "pass"
    used = sorted({value_of(item).text for item in wrong})
    if state == "not provable":
        about = unknown
        what = phrase(f"{word} of ", listed(item.name for item in unknown), " is not known yet")
    elif wrong:
        what = phrase(listed(used), " is not among ", listed(guard.value))
    else:
        what = phrase(f"every {word} is among ", listed(guard.value))
    short = {
        "block": f"{word} not allowed",
        "warn": f"an unchanged server's {word} is not allowed",
        "not provable": f"{word} can't be proven",
        "pass": f"every {word} is allowed",
    }[state]
    return result(
        name,
        guard.place,
        state,
        what,
        phrase(short),
        about=[item.name for item in about],
        next_step=phrase(f"To go ahead: choose another {word}, or add it to ", code(f"guards.{name}"), "."),
    )


def max_power_off(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    guard = guards.max_power_off
    if guard is None:
        return
    groups = together.groups_off(facts.changes)
    worst = max(groups, key=lambda group: group.at_once, default=None)
    maybe = max(groups, key=lambda group: group.at_most, default=None)
    limit = counted(guard.value, "server")
    state: GuardState
    about: tuple[str, ...]
    if worst and worst.at_once > guard.value:
        what = phrase(listed(worst.names), f" are off at once, allowed: {limit}")
        state, short, about = "block", phrase("too many off at once"), worst.names
    elif maybe and maybe.at_most > guard.value:
        what = phrase(listed(maybe.all_names), f" may be off at once, allowed: {limit}")
        state, short, about = (
            "not provable",
            phrase("how many are off at once can't be proven"),
            maybe.all_names,
        )
    else:
        what = phrase(f"never more than {limit} of a group at once")
        state, short, about = "pass", phrase("off one after the other"), ()
    step = phrase("To go ahead: let each depend on the one before it, or change them in two pull requests.")
    yield result("max_power_off", guard.place, state, what, short, about=about, next_step=step)
