"""What a stack's settings allow, held against the plan: pass, warn, block, or not provable.

What is not known is never a pass: a limit that an unknown value could break is "not provable".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from fleet.report.judge.changes import Facts
from fleet.report.judge.cost import dollars
from fleet.report.judge.outages import groups_off
from fleet.report.model import Change, GuardResult, GuardState, Value
from fleet.report.phrases import Phrase, code, counted, listed, phrase
from fleet.report.read.files import CatalogImage, DataLoss, Guard
from fleet.report.read.guard_files import OutsideGuards

ACK_LABEL = "ack:data-loss"

NEARLY = Decimal("0.9")
"""The share of a limit from which a guard warns."""

OF_THE_CHANGE = frozenset({"data_loss", "protect", "max_monthly_increase", "max_power_off"})
"""Guards on what an update does to what runs now: they need the stack's state."""

OF_NEW_SERVERS = frozenset({"allowed_regions", "allowed_types", "end_of_life_days"})
"""Guards that block a new server, and only warn of one that stays as it is: offline nobody knows which it is."""


STRICTNESS: tuple[GuardState, ...] = ("pass", "warn", "not provable", "block")


class Said(NamedTuple):
    """One guard's answer. short: for the stack's row. step: how to go ahead. about: names of servers."""

    state: GuardState
    what: Phrase
    short: Phrase
    step: Phrase = ()
    about: Sequence[str] = ()


def results(facts: Facts, outside: Sequence[OutsideGuards] = ()) -> tuple[GuardResult, ...]:
    """Every guard that is set, in the branch or outside of it: the strictest answer counts.

    To a look at drift the horizon of images alone applies, and blocks nothing.
    """
    sources = [(facts.bundle.guards, ""), *((each.guards, each.where) for each in outside)]
    found = []
    for name in CHECKS:
        answers = [
            _result(facts, name, guard, where)
            for guards, where in sources
            if (guard := getattr(guards, name, None)) is not None
            and guard.value is not False
            and (not facts.drift or name == "end_of_life_days")
        ]
        if answers:
            found.append(max(answers, key=lambda answer: STRICTNESS.index(answer.state)))
    return tuple(found)


def _result(facts: Facts, name: str, guard: Guard[Any], where: str) -> GuardResult:
    said = CHECKS[name](facts, guard.value)
    if facts.drift and said.state == "block":
        said = said._replace(state="warn")
    if facts.bundle.meta.offline:
        said = _offline(name, said)
    if where and name != "data_loss":
        said = said._replace(
            step=phrase(
                "To go ahead: change ", code(f"guards.{name}"), " first, in a pull request of its own."
            )
        )
    return GuardResult(
        name=name, state=said.state, what=said.what, short=said.short, next_step=said.step,
        place=guard.place or where, about=tuple(said.about),
    )  # fmt: skip


def _offline(name: str, said: Said) -> Said:
    """Without what an empty state, where everything shows as new, made of it; totals and numbers hold as they are."""
    if name in OF_THE_CHANGE:
        why = phrase("it needs the stack's state")
        return said._replace(state="not provable", what=why, short=why, about=())
    if name in OF_NEW_SERVERS and said.state == "block":
        what = phrase(said.what, ", and whether it runs already is not known offline")
        return said._replace(state="not provable", what=what)
    return said


def _data_loss(facts: Facts, mode: DataLoss) -> Said:
    lost = [change.name for change in facts.changes if change.erased]
    perhaps = [change.name for change in facts.changes if change.perhaps_erased]
    commit = code(facts.bundle.meta.commit[:7])
    if lost and mode == "allow":
        return Said("warn", phrase("allowed"), phrase("data loss is allowed"), about=lost)
    if lost and mode == "ack" and facts.acknowledged:
        what = phrase("acknowledged for ", commit)
        return Said("warn", what, phrase("data loss is acknowledged"), about=lost)
    if lost:
        what = phrase("data of ", listed(lost), " would be lost")
        if mode == "block":
            step = phrase("To go ahead: change ", code("guards.data_loss"), " in the settings first.")
            return Said("block", what, phrase("data loss is not allowed"), step, lost)
        label = ("put the label ", code(ACK_LABEL), " on this pull request (it counts for this plan only)")
        step = phrase("To go ahead: ", label, ".")
        return Said("block", what, phrase("data loss not acknowledged"), step, lost)
    if perhaps and mode != "allow":
        what = phrase("whether ", listed(perhaps), " is recreated is not known before the update")
        return Said("not provable", what, phrase("data loss can't be ruled out"), about=perhaps)
    return Said("pass", phrase("nothing is lost"), phrase("nothing is lost"), about=perhaps)


def _protect(facts: Facts, _on: bool) -> Said:
    gone = [change.name for change in facts.servers if change.goes]
    perhaps = [change.name for change in facts.servers if change.perhaps_erased]
    bare = [change.name for change in facts.servers if change.op != "delete" and not change.protected]
    step = phrase("To go ahead: turn ", code("guards.protect"), " off in the settings first.")
    if gone:
        return Said(
            "block", phrase(listed(gone), " would go"), phrase("protected servers would go"), step, gone
        )
    if perhaps:
        what = phrase("whether ", listed(perhaps), " stays is not known")
        return Said("not provable", what, phrase("protection can't be proven"), step, perhaps)
    if bare:
        what = phrase(listed(bare), " can be deleted: no ", code("protect"))
        return Said("warn", what, phrase("not every server is protected"), step, bare)
    return Said("pass", phrase("every server is protected"), phrase("all protected"), step)


def _max_monthly(facts: Facts, limit: Decimal) -> Said:
    then = facts.then
    return _money("max_monthly", limit, then.amount, then.at_least, "the budget", "a month")


def _max_monthly_increase(facts: Facts, limit: Decimal) -> Said:
    more = max(facts.then.amount - facts.now.amount, Decimal(0))
    open_end = not facts.change_known
    return _money("max_monthly_increase", limit, more, open_end, "the allowed increase", "more a month")


def _money(name: str, limit: Decimal, amount: Decimal, open_end: bool, what: str, unit: str) -> Said:
    state = _against(amount, limit, open_end=open_end)
    percent = f"{int(amount / limit * 100)} %" if limit > 0 else ""
    least, share = "at least " if open_end else "", f" ({percent})" if percent else ""
    words = {
        "block": f"over {what}",
        "warn": f"{percent} of {what}",
        "not provable": f"{what} can't be proven",
        "pass": f"within {what}",
    }
    text = phrase(f"{least}{dollars(amount)} of {dollars(limit)} {unit}{share}")
    step = phrase("To go ahead: make it cheaper, or raise ", code(f"guards.{name}"), ".")
    return Said(state, text, phrase(words[state]), step)


def _against(amount: Decimal, limit: Decimal, *, open_end: bool) -> GuardState:
    if amount > limit:
        return "block"
    if open_end:
        return "not provable"
    return "warn" if limit > 0 and amount >= limit * NEARLY else "pass"


def _max_servers(facts: Facts, limit: int) -> Said:
    number = sum(change.op != "delete" for change in facts.servers)
    open_end = not facts.bundle.reading.has_sames
    state = _against(Decimal(number), Decimal(limit), open_end=open_end)
    told = f"{number} of {counted(limit, 'server')}"
    words = {"block": "too many servers", "not provable": "number of servers can't be proven"}
    step = phrase("To go ahead: take servers away, or raise ", code("guards.max_servers"), ".")
    return Said(state, phrase("at least " if open_end else "", told), phrase(words.get(state, told)), step)


def _allowed_regions(facts: Facts, allowed: Sequence[str]) -> Said:
    return _allowed("allowed_regions", allowed, facts, lambda change: change.region, "region")


def _allowed_types(facts: Facts, allowed: Sequence[str]) -> Said:
    return _allowed("allowed_types", allowed, facts, lambda change: change.plan_type, "type")


def _allowed(
    name: str, allowed: Sequence[str], facts: Facts, value_of: Callable[[Change], Value], word: str
) -> Said:
    """A server that this plan does not touch only warns: the plan did not put it there."""
    kept = [(change, value_of(change)) for change in facts.servers if change.op != "delete"]
    wrong = [(change, value) for change, value in kept if value.kind == "text" and value.text not in allowed]
    unknown = [change.name for change, value in kept if value.kind != "text"]
    blocked = [change.name for change, _ in wrong if change.changed]
    step = phrase(f"To go ahead: choose another {word}, or add it to ", code(f"guards.{name}"), ".")
    what = phrase(listed(sorted({value.text for _, value in wrong})), " is not among ", listed(allowed))
    if blocked:
        return Said("block", what, phrase(f"{word} not allowed"), step, blocked)
    if unknown:
        what = phrase(f"{word} of ", listed(unknown), " is not known yet")
        return Said("not provable", what, phrase(f"{word} can't be proven"), step, unknown)
    if wrong:
        short = phrase(f"an unchanged server's {word} is not allowed")
        return Said("warn", what, short, step, [change.name for change, _ in wrong])
    return Said(
        "pass", phrase(f"every {word} is among ", listed(allowed)), phrase(f"every {word} is allowed"), step
    )


def _max_power_off(facts: Facts, limit: int) -> Said:
    groups = groups_off(facts.changes)
    certain = max((group.names for group in groups), key=len, default=())
    possible = max((group.all_names for group in groups), key=len, default=())
    allowed = counted(limit, "server")
    step = phrase("To go ahead: let each depend on the one before it, or change them in two pull requests.")
    if len(certain) > limit:
        what = phrase(listed(certain), f" are off at once, allowed: {allowed}")
        return Said("block", what, phrase("too many off at once"), step, certain)
    if len(possible) > limit:
        what = phrase(listed(possible), f" may be off at once, allowed: {allowed}")
        return Said("not provable", what, phrase("how many are off at once can't be proven"), step, possible)
    what = phrase(f"never more than {allowed} of a group at once")
    return Said("pass", what, phrase("off one after the other"), step)


def _end_of_life(facts: Facts, horizon: int) -> Said:
    kept = [change for change in facts.servers if change.op != "delete" and change.image.kind != "absent"]
    ending = [(change, days_left(change, facts)) for change in kept]
    near = [(change, days) for change, days in ending if days is not None and days <= horizon]
    over = [change.name for change, days in near if days < 0 and change.op in ("create", "replace")]
    unknown = [change.name for change, days in ending if days is None and _image(change, facts) is None]
    step = phrase("To go ahead: choose a newer image, or lower ", code("guards.end_of_life_days"), ".")
    if near:
        days, first = min((days, change.image.text) for change, days in near)
        past, left = counted(-days, "day"), counted(days, "day")
        what = phrase(code(first), f" reached its end {past} ago" if days < 0 else f" ends in {left}")
        return Said(
            "block" if over else "warn", what, what, step, over or [change.name for change, _ in near]
        )
    if unknown:
        what = phrase("the catalog does not know the image of ", listed(unknown))
        return Said("not provable", what, phrase("end of life of an image can't be proven"), step, unknown)
    what = phrase(f"no image ends within {counted(horizon, 'day')}")
    return Said("pass", what, what, step)


def days_left(change: Change, facts: Facts) -> int | None:
    """Days from the catalog's date to the image's end of life; a deprecated one without a date has none left."""
    image, catalog = _image(change, facts), facts.bundle.catalog
    if image and image.end_of_life and catalog and catalog.day:
        return (image.end_of_life - catalog.day).days
    return -1 if image and image.deprecated else None


def _image(change: Change, facts: Facts) -> CatalogImage | None:
    return facts.images.get(change.image.text)


CHECKS: Mapping[str, Callable[[Facts, Any], Said]] = {
    "data_loss": _data_loss,
    "protect": _protect,
    "max_monthly": _max_monthly,
    "max_monthly_increase": _max_monthly_increase,
    "max_servers": _max_servers,
    "allowed_regions": _allowed_regions,
    "allowed_types": _allowed_types,
    "max_power_off": _max_power_off,
    "end_of_life_days": _end_of_life,
}
"""By the name in the settings; the value that is set goes in."""
