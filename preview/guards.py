"""What a stack's settings allow, held against the plan: pass, warn, block, or not provable.

What is not known is never a pass: a limit that an unknown value could break is "not provable".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from preview import together
from preview.building import Facts
from preview.cost import dollars
from preview.files import CatalogImage, Guard, Guards
from preview.model import Change, GuardResult, GuardState, Value
from preview.phrases import Phrase, code, counted, listed, phrase

NEARLY = Decimal("0.9")
"""The share of a limit from which a guard warns."""

ACK_LABEL = "ack:data-loss"


@dataclass(frozen=True)
class Acknowledgement:
    """Somebody with write access has put the label on after this commit was pushed."""

    given: bool = False
    commit: str = ""

    def holds_for(self, commit: str) -> bool:
        return self.given and bool(commit) and bool(self.commit) and _same_commit(self.commit, commit)


def _same_commit(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    return shorter >= 7 and one[:shorter] == other[:shorter]


def results(facts: Facts, acknowledged: Acknowledgement) -> tuple[GuardResult, ...]:
    """Every guard that is set, in the order of `Guards`. None applies to a look at drift."""
    guards = facts.bundle.guards
    if guards is None or facts.drift:
        return ()
    checks: list[Iterator[GuardResult]] = [check(facts, guards) for check in _CHECKS]
    return (*_data_loss(facts, guards, acknowledged), *(found for each in checks for found in each))


def _result(
    name: str,
    place: str,
    state: GuardState,
    what: Phrase,
    short: Phrase,
    *,
    about: Sequence[str] = (),
    next_step: Phrase = (),
) -> GuardResult:
    return GuardResult(
        name=name,
        state=state,
        what=what,
        short=short,
        next_step=next_step,
        place=place,
        about=tuple(about),
    )


def _max_monthly(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    if guard := guards.max_monthly:
        yield _money("max_monthly", guard, facts.then.amount, facts.then.at_least, "the budget", "a month")


def _max_increase(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
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
    return _result(
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


def _max_servers(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    guard = guards.max_servers
    if guard is None:
        return
    number = sum(change.op != "delete" for change in facts.servers)
    open_end = not facts.bundle.reading.has_sames
    state = _against(Decimal(number), Decimal(guard.value), open_end=open_end)
    least = "at least " if open_end else ""
    yield _result(
        "max_servers",
        guard.place,
        state,
        phrase(f"{least}{number} of {counted(guard.value, 'server')}"),
        phrase({"block": "too many servers", "not provable": "number of servers can't be proven"}.get(
            state, f"{number} of {counted(guard.value, 'server')}"
        )),
        next_step=phrase("To go ahead: take servers away, or raise ", code("guards.max_servers"), "."),
    )  # fmt: skip


def _allowed_regions(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    if guard := guards.allowed_regions:
        yield _allowed("allowed_regions", guard, facts, lambda change: change.region, "region")


def _allowed_types(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
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
    return _result(
        name,
        guard.place,
        state,
        what,
        phrase(short),
        about=[item.name for item in about],
        next_step=phrase(f"To go ahead: choose another {word}, or add it to ", code(f"guards.{name}"), "."),
    )


def _data_loss(facts: Facts, guards: Guards, acknowledged: Acknowledgement) -> Iterator[GuardResult]:
    guard = guards.data_loss
    if guard is None:
        return
    lost = [change.name for change in facts.servers if change.erased]
    perhaps = [change.name for change in facts.servers if change.perhaps_erased]
    commit = facts.bundle.meta.commit
    yes = acknowledged.holds_for(commit)
    state: GuardState = "pass"
    what, short, step = phrase("nothing is lost"), phrase("nothing is lost"), phrase()
    if lost and (guard.value == "allow" or (guard.value == "ack" and yes)):
        state = "warn"
        allowed = guard.value == "allow"
        what = phrase("allowed") if allowed else phrase("acknowledged for ", code(commit[:7]))
        short = phrase("data loss is allowed" if allowed else "data loss is acknowledged")
    elif lost:
        state = "block"
        what = phrase("data of ", listed(lost), " would be lost")
        short = phrase("data loss not acknowledged" if guard.value == "ack" else "data loss is not allowed")
        step = _next_for_loss(guard.value, commit)
    elif perhaps and guard.value != "allow":
        state = "not provable"
        what = phrase("whether ", listed(perhaps), " is rebuilt is not known before the update")
        short = phrase(counted(len(perhaps), "maybe"))
    yield _result("data_loss", guard.place, state, what, short, about=lost or perhaps, next_step=step)


def _next_for_loss(mode: str, commit: str) -> Phrase:
    if mode == "block":
        return phrase("To go ahead: change ", code("guards.data_loss"), " in the settings first.")
    only = phrase(" (it counts for ", code(commit[:7]), " only)") if commit else phrase()
    return phrase("To go ahead: put the label ", code(ACK_LABEL), " on this pull request", only, ".")


def _protect(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    guard = guards.protect
    if guard is None or not guard.value:
        return
    gone = [change.name for change in facts.servers if change.goes]
    perhaps = [change.name for change in facts.servers if change.perhaps_erased]
    bare = [change.name for change in facts.servers if change.op != "delete" and not change.protected]
    state: GuardState
    if gone:
        state, what, short = "block", phrase(listed(gone), " would go"), phrase("protected servers would go")
    elif perhaps:
        state, what = "not provable", phrase("whether ", listed(perhaps), " stays is not known")
        short = phrase("protection can't be proven")
    elif bare:
        state, what = "warn", phrase(listed(bare), " can be deleted: no ", code("protect"), " on it")
        short = phrase("not every server is protected")
    else:
        state, what, short = "pass", phrase("every server is protected"), phrase("all protected")
    yield _result(
        "protect",
        guard.place,
        state,
        what,
        short,
        about=gone or perhaps or bare,
        next_step=phrase("To go ahead: turn ", code("guards.protect"), " off in the settings first."),
    )


def _max_power_off(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    guard = guards.max_power_off
    if guard is None:
        return
    groups = together.groups_off(facts.servers)
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
    yield _result("max_power_off", guard.place, state, what, short, about=about, next_step=step)


def _end_of_life(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    guard, catalog = guards.end_of_life_days, facts.bundle.catalog
    if guard is None:
        return
    images = {item.id: item for item in catalog.images} if catalog else {}
    kept = [change for change in facts.servers if change.op != "delete" and change.image.kind != "absent"]
    ending = [(change, days_left(images.get(change.image.text), facts)) for change in kept]
    unknown = [change for change, days in ending if days is None and change.image.text not in images]
    near = [(change, days) for change, days in ending if days is not None and days <= guard.value]
    over = [change for change, days in near if days < 0 and change.op in ("create", "replace")]
    state: GuardState = "block" if over else "warn" if near else "not provable" if unknown else "pass"
    about = [change.name for change in over] or [change.name for change, _ in near]
    used = sorted({(change.image.text, days) for change, days in near}, key=lambda pair: (pair[1], pair[0]))
    if used:
        first, days = used[0]
        ends = (
            f"reached its end {counted(-days, 'day')} ago" if days < 0 else f"ends in {counted(days, 'day')}"
        )
        what, short = phrase(code(first), f" {ends}"), phrase(code(first), f" {ends}")
    elif unknown:
        about = [change.name for change in unknown]
        what = phrase("the catalog does not know the image of ", listed(about))
        short = phrase("end of life of an image can't be proven")
    else:
        what = short = phrase(f"no image ends within {counted(guard.value, 'day')}")
    yield _result(
        "end_of_life_days",
        guard.place,
        state,
        what,
        short,
        about=about,
        next_step=phrase(
            "To go ahead: choose a newer image, or lower ", code("guards.end_of_life_days"), "."
        ),
    )


def days_left(image: CatalogImage | None, facts: Facts) -> int | None:
    """Days from the catalog's date to the image's end of life; a deprecated one without a date has none left."""
    day = facts.bundle.catalog.day if facts.bundle.catalog else None
    if image is None:
        return None
    if image.end_of_life and day:
        return (image.end_of_life - day).days
    return -1 if image.deprecated else None


_CHECKS: tuple[Callable[[Facts, Guards], Iterator[GuardResult]], ...] = (
    _protect,
    _max_monthly,
    _max_increase,
    _max_servers,
    _allowed_regions,
    _allowed_types,
    _max_power_off,
    _end_of_life,
)
