"""What somebody has to decide or should look at: what happens, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleet.report.judge.changes import Facts
from fleet.report.judge.failures import failure, in_a_row
from fleet.report.judge.guards import OF_THE_CHANGE, days_left
from fleet.report.judge.loosening import loosened
from fleet.report.judge.losses import blocked, losses, place, whom
from fleet.report.judge.outages import groups_off, time_off
from fleet.report.model import VERDICTS, Finding, GuardResult, Verdict
from fleet.report.phrases import Phrase, code, counted, joined, listed, phrase, plain
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
    if facts.bundle.meta.offline:
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
    whole = [group for group in groups_off(facts.changes) if group.whole]
    for group in whole:
        times = time_off(change for change in off if change.name in group.names)
        text = phrase(
            f"Each is off for a while: {times}. " if times else "",
            "Nothing is known to make one wait for the other: the whole group ", code(group.group),
            " is off at once. To avoid it: let each depend on the one before it."
        )  # fmt: skip
        down = " go down together"
        yield facts.finding("danger", (", ", listed(group.names), down), text, (listed(group.names, 3), down))
    covered = {name for group in whole for name in group.names}
    rest = [change for change in off if change.name not in covered]
    if rest:
        names = [change.name for change in rest]
        powered = f" {'is' if len(rest) == 1 else 'are'} powered off"
        what = joined([effect.what for effect in rest[0].effects if effect.level == "power off"], "; ")
        effects = [effect for change in rest for effect in change.effects if effect.level == "power off"]
        because = sorted({effect.property for effect in effects} - {""})
        front = phrase("It changes ", listed(because), ": ") if because else ""
        text = phrase(front, what, ".")
        title = (", ", listed(names), powered, " for a while")
        yield facts.finding("danger", title, text, (listed(names, 3), powered))


def _perhaps(facts: Facts) -> Iterator[Finding]:
    maybes = [change for change in facts.changes if change.certainty == "perhaps"]
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
            "replaced": f", which {verb} rebuilt too.",
            "new": f", which {verb} new.",
        }.get(change.source_changes, ".")
        title = " perhaps changes"
        if change.op == "replace":
            title = {
                "unlikely": " is announced as rebuilt but most likely is not",
                "likely": " is likely rebuilt: empty disks, a new id and new addresses",
            }.get(change.likely or "", " is perhaps rebuilt")
        yield facts.finding(
            "look",
            (", ", code(change.name), title),
            ("Its ", listed(reasons), made, ending),
            counted(len(maybes), "maybe"),
        )


def _doubtful(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Finding]:
    for guard in guards:
        elsewhere = guard.name == "data_loss" or (facts.bundle.meta.offline and guard.name in OF_THE_CHANGE)
        # Of drift the same every day, and no issue should stay open for it.
        quiet = facts.drift and guard.state != "warn"
        if guard.state in ("warn", "not provable") and not elsewhere and not quiet:
            state = " can't be proven: " if guard.state == "not provable" else ": "
            title = (", ", code(guard.name), state, guard.what)
            yield facts.finding("look", title, (whom(guard), place(guard)), guard.short)


def _policies(facts: Facts) -> Iterator[Finding]:
    """Advisory ones; a policy that met an unknown value reports itself as advisory."""
    advisory = [item for item in facts.bundle.reading.policies if item.level != "mandatory"]
    for policy in sorted({item.name for item in advisory}):
        found = [item for item in advisory if item.name == policy]
        on = listed(sorted({item.resource for item in found}))
        message = code(in_a_row(found[0].message))
        yield facts.finding("look", (", policy ", code(policy), " on ", on), message, "a policy advises")


def _drift(facts: Facts) -> Iterator[Finding]:
    drifted = [change.name for change in facts.changes if change.changed] if facts.drift else []
    if drifted:
        verb = "differs" if len(drifted) == 1 else "differ"
        text = phrase(
            "Somebody changed it outside the program. To put it back: an update with ", code("--refresh"),
            ". To keep it: write it into the program."
        )  # fmt: skip
        title = (", ", listed(drifted), f" {verb} from the state")
        yield facts.finding("look", title, text, f"{len(drifted)} changed outside")


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
    if pending := facts.bundle.pending:
        number = counted(len(pending), "operation")
        text_ = phrase(
            "It is about ", listed(pending), ". What was being made may exist and be made again. "
            "Next: look in the account, then ", code("pulumi refresh --clear-pending-creates"), "."
        )  # fmt: skip
        yield facts.finding("look", f", {number} of an earlier run never ended", text_, f"{number} pending")


def _prices(facts: Facts) -> Iterator[Finding]:
    unknown = [change.name for change in facts.servers if None in (change.cost_before, change.cost_after)]
    if unknown and not facts.failed:
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


def shorts(found: Sequence[Finding], verdict: Verdict, most: int = 2) -> Phrase:
    """The short words of one verdict's findings, each once."""
    unique = {plain(finding.short): finding.short for finding in found if finding.verdict == verdict}
    words = list(unique.values())
    rest = f" and {len(words) - most} more" if len(words) > most else ""
    return phrase(joined(words[:most], ", "), rest)
