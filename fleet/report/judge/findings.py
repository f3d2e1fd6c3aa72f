"""What somebody has to decide or should look at: what happens, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleet.report.judge.changes import Facts
from fleet.report.judge.failures import failure, told_by_policy
from fleet.report.judge.guards import OF_THE_CHANGE, days_left
from fleet.report.judge.loosening import loosened
from fleet.report.judge.losses import blocked, losses, place, whom
from fleet.report.judge.outages import groups_off, time_off
from fleet.report.model import VERDICTS, Change, Finding, GuardResult
from fleet.report.names import top_level
from fleet.report.phrases import Phrase, code, counted, joined, listed, phrase
from fleet.report.read.guard_files import OutsideGuards


def findings(
    facts: Facts, guards: Sequence[GuardResult], outside: Sequence[OutsideGuards] = ()
) -> tuple[Finding, ...]:
    """Worst first; those of one verdict in the order that they are looked for."""
    found = [
        *failure(facts),
        *_offline(facts, guards),
        *blocked(facts, guards),
        *losses(facts, guards),
        *_power(facts),
        *_perhaps(facts),
        *loosened(facts, outside),
        *_doubtful(facts, guards),
        *_policies(facts),
        *_drift(facts),
        *_unknown_effects(facts),
        *_state_troubles(facts),
        *_prices(facts),
        *_ends(facts, guards),
    ]
    return tuple(sorted(found, key=lambda finding: VERDICTS.index(finding.verdict)))


def _offline(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Finding]:
    """The preview of a stranger's branch: nothing of ours was there to compare with."""
    if facts.bundle.meta.offline and facts.complete:
        blind = [guard.name for guard in guards if guard.name in OF_THE_CHANGE]
        text = phrase(
            "Without the stack's state and secrets only settings, inventory and cost can be told. What really "
            "changes: the preview of a branch of this repository, or the deployment, which stops for a new plan.",
            phrase(" Not provable without it: ", listed(blind), ".") if blind else "",
        )
        title = " was previewed offline, so everything shows as new"
        yield facts.finding("look", title, text, "offline: everything shows as new")


def _power(facts: Facts) -> Iterator[Finding]:
    off = [change for change in facts.servers if change.off]
    stay = [change for change in off if change.stays_off]
    whole = [
        group
        for group in groups_off(facts.changes)
        if group.whole and not any(change.name in group.names for change in stay)
    ]
    for group in whole:
        names = frozenset(group.names)
        times = time_off(change for change in off if change.name in names)
        text = phrase(
            "Nothing makes one wait for the other: the whole group ", code(group.group), " is off at once. "
            "To avoid it: let each depend on the one before it (", code("one_at_a_time: true"), " for the group)."
        )  # fmt: skip
        down = f" are off at the same time{f', for {times}' if times else ''}"
        yield facts.finding("danger", (", ", listed(group.names), down), text, (listed(group.names, 3), down))
    covered = {name for group in whole for name in group.names}
    rest = [change for change in off if change.name not in covered]
    if stay:
        short = phrase(
            listed((change.name for change in stay), 3), " is" if len(stay) == 1 else " are", " off for good"
        )
        yield facts.finding("danger", (", ", short), "", short, in_tables=True)
    if rest := [change for change in rest if not change.stays_off]:
        times = time_off(rest) or "a while"
        short = phrase(
            listed((change.name for change in rest), 3),
            " is off" if len(rest) == 1 else " are off",
            f" for {times}",
        )
        yield facts.finding("danger", (", ", short), "", short, in_tables=True)


def _perhaps(facts: Facts) -> Iterator[Finding]:
    maybes = [change for change in facts.changes if change.certainty == "perhaps"]
    what = "recreated" if all(change.op == "replace" for change in maybes) else "changed"
    be = "is" if len(maybes) == 1 else "are"
    short = phrase(listed((change.name for change in maybes), 3), f" {be} perhaps {what}")
    for change in maybes:
        verb = "is" if len(change.sources) == 1 else "are"
        reasons = change.reasons or tuple(path.path for path in change.paths if path.after.kind == "unknown")
        made = (
            (" is made from ", listed(change.sources))
            if change.sources
            else " is not known before the update"
        )
        ending = {
            "in place": f", which {verb} changed in place; until that is done nobody knows that the value stays.",
            "replaced": f", which {verb} recreated too.",
            "new": f", which {verb} new.",
        }.get(change.source_changes, ".")
        title = " perhaps changes"
        if change.op == "replace":
            title = {
                "unlikely": " is announced as recreated, but most likely is not",
                "likely": " is likely recreated: empty disks, a new id and new addresses",
            }.get(change.likely or "", " is perhaps recreated")
        yield facts.finding(
            "look",
            (", ", code(change.name), title),
            ("Its ", listed(reasons), made, ending),
            short,
        )


def _doubtful(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Finding]:
    for guard in guards:
        elsewhere = guard.name == "data_loss" or (facts.bundle.meta.offline and guard.name in OF_THE_CHANGE)
        # Of drift the same every day, and no issue should stay open for it.
        quiet = facts.drift and guard.state != "warn"
        quiet |= not facts.complete and guard.state == "not provable"
        if guard.state in ("warn", "not provable") and not elsewhere and not quiet:
            state = " can't be proven: " if guard.state == "not provable" else ": "
            title = (", ", code(guard.name), state, guard.what)
            yield facts.finding("look", title, (whom(guard), place(guard)), guard.short)


def _policies(facts: Facts) -> Iterator[Finding]:
    """Advisory ones; a policy that met an unknown value reports itself as advisory."""
    advisory = [item for item in facts.bundle.reading.policies if item.level != "mandatory"]
    for policy in sorted({item.name for item in advisory}):
        told = told_by_policy([item for item in advisory if item.name == policy])
        yield facts.finding("look", (", policy ", code(policy), " advises"), told, "a policy advises")


def _drift(facts: Facts) -> Iterator[Finding]:
    drifted = [change for change in facts.changes if change.changed] if facts.drift else []
    if drifted:
        what = joined(map(_drifted, drifted[:3]), ", ")
        more = f" and {len(drifted) - 3} more" if len(drifted) > 3 else ""
        text = phrase(
            "To put it back: ", code(f"fleet up --stack {facts.stack} --refresh"),
            ". To keep it: write it into the settings or the program, then the same."
        )  # fmt: skip
        yield facts.finding("look", " drifted", text, (what, more))


def _drifted(change: Change) -> Phrase:
    """`label` of `db-1`; a long list of properties is a number."""
    if change.op == "delete":
        return phrase(code(change.name), " is gone")
    tops = list(dict.fromkeys(top_level(path.path) for path in change.paths))
    return phrase(listed(tops, 3), " of " if tops else "", code(change.name))


def _unknown_effects(facts: Facts) -> Iterator[Finding]:
    certain = [change for change in facts.changes if change.certainty == "certain" and not facts.drift]
    unknown = [change for change in certain if change.level == "unknown"]
    if unknown:
        parts = [effect.what for effect in unknown[0].effects if effect.level == "unknown"]
        what = "an effect is not known"
        title = (", ", listed(change.name for change in unknown), f": {what}")
        yield facts.finding("look", title, (joined(parts, "; "), "."), what)


def _state_troubles(facts: Facts) -> Iterator[Finding]:
    if facts.moved:
        what = "the provider's module moved"
        text = "The state names another module than the program: a later delete would fail. Keep the old import path."
        yield facts.finding("look", (", ", listed(facts.moved), f": {what}"), text, what)
    gone = [
        change
        for change in facts.changes
        if change.urn in facts.bundle.reading.gone and change.op == "create"
    ]
    if gone and not facts.drift:
        names = listed(change.name for change in gone)
        which = phrase(names, " was" if len(gone) == 1 else " were", " deleted by hand")
        yield facts.finding("look", (", ", which), "This plan makes it again; what was on it is lost.", which)
    if pending := facts.bundle.pending:
        number = counted(len(pending), "operation")
        text_ = phrase(
            "It is about ", listed(pending), ". Next: ", code(f"fleet unlock --stack {facts.stack}"),
            ", which finds what was made, so that it isn't made twice."
        )  # fmt: skip
        yield facts.finding("look", f", {number} of an earlier run never ended", text_, f"{number} pending")


def _prices(facts: Facts) -> Iterator[Finding]:
    unknown = [change.name for change in facts.servers if None in (change.cost_before, change.cost_after)]
    if unknown and facts.complete:
        text = "Its type or region is not in the catalog of this preview, or not known yet: the totals leave it out."
        yield facts.finding(
            "look", (", ", listed(unknown), ": price not known"), text, "a price is not known"
        )


def _ends(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Finding]:
    """Images that are past their end, where no guard looks for it."""
    if any(guard.name == "end_of_life_days" for guard in guards):
        return
    for change in facts.servers:
        days = days_left(change, facts) if change.op in ("create", "replace") else None
        if days is not None and days < 0:
            title = (", ", code(change.name), ": ", code(change.image.text), " is past its end")
            yield facts.finding("look", title, "Choose a newer image.", "an image is past its end")
