"""What somebody has to decide or should look at: what happens, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fleet.report.judge import together
from fleet.report.judge.building import Facts
from fleet.report.judge.end_of_life import days_left
from fleet.report.judge.failures import failure, in_a_row
from fleet.report.judge.losses import blocked, losses, place, whom
from fleet.report.judge.points import Point
from fleet.report.judge.time_off import told
from fleet.report.judge.without_state import OF_THE_CHANGE
from fleet.report.model import GuardResult, Verdict
from fleet.report.names import resource_name
from fleet.report.phrases import Phrase, code, counted, joined, listed, phrase, plain, trimmed


def points(facts: Facts, guards: Sequence[GuardResult]) -> tuple[Point, ...]:
    """Worst first; those of one verdict in the order that they are looked for."""
    found = [
        *failure(facts),
        *_offline(facts, guards),
        *blocked(facts, guards),
        *losses(facts, guards),
        *_power(facts),
        *_perhaps(facts),
        *_doubtful(facts, guards),
        *_policies(facts),
        *_drift(facts),
        *_unknown_effects(facts),
        *_state_troubles(facts),
        *_prices(facts),
        *_ends(facts, guards),
    ]
    order = ("failed", "blocked", "danger", "look")
    tidy = (replace(point, text=trimmed(point.text)) for point in found)
    return tuple(sorted(tidy, key=lambda point: order.index(point.verdict)))


def _offline(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Point]:
    """The preview of a stranger's branch: nothing of ours was there to compare with."""
    if facts.bundle.meta.offline:
        blind = [guard.name for guard in guards if guard.name in OF_THE_CHANGE]
        unproven = phrase(" Not provable without it: ", listed(blind), ".") if blind else phrase()
        title = phrase(code(facts.stack), " was previewed offline, so everything shows as new")
        text = phrase(
            "Without the stack's state and secrets only settings, inventory and cost can be told. What really "
            "changes: the preview of a branch of this repository, or the deployment, which stops for a new plan.",
            unproven,
        )
        yield Point("look", title, text, phrase("offline: everything shows as new"))


def _power(facts: Facts) -> Iterator[Point]:
    off = [change for change in facts.servers if change.off]
    whole = [group for group in together.groups_off(facts.changes) if group.whole]
    for group in whole:
        title = phrase(code(facts.stack), ", ", listed(group.names), " go down together")
        times = told(change for change in off if change.name in group.names)
        text = phrase(
            f"Each is off for a while: {times}. " if times else "",
            "Nothing is known to make one wait for the other: the whole group ", code(group.group),
            " is off at once. To avoid it: let each depend on the one before it."
        )  # fmt: skip
        yield Point("danger", title, text, phrase(listed(group.names, 3), " go down together"))
    covered = {name for group in whole for name in group.names}
    rest = [change for change in off if change.name not in covered]
    if rest:
        names = listed(change.name for change in rest)
        verb = "is" if len(rest) == 1 else "are"
        what = joined([effect.what for effect in rest[0].effects if effect.level == "power off"], "; ")
        effects = [effect for change in rest for effect in change.effects if effect.level == "power off"]
        because = sorted({effect.property for effect in effects} - {""})
        front = phrase("It changes ", listed(because), ": ") if because else phrase()
        times = told(change for change in rest if change.off_for)
        text = phrase(front, what, f", {times}" if times else "", ".")
        title = phrase(code(facts.stack), ", ", names, f" {verb} powered off for a while")
        yield Point(
            "danger", title, text, phrase(listed((item.name for item in rest), 3), f" {verb} powered off")
        )


def _perhaps(facts: Facts) -> Iterator[Point]:
    maybes = [change for change in facts.changes if change.certainty == "perhaps"]
    for change in maybes:
        sources = listed(change.sources)
        verb = "is" if len(change.sources) == 1 else "are"
        reasons = change.reasons or tuple(path.path for path in change.paths if path.after.kind == "unknown")
        made = phrase("Its ", listed(reasons), " is made from ", sources) if sources else phrase(
            "Its ", listed(reasons), " is not known before the update"
        )  # fmt: skip
        endings = {
            "in place": f", which {verb} changed in place; until that is done nobody knows that the value stays.",
            "replaced": f", which {verb} rebuilt too.",
            "new": f", which {verb} new.",
        }
        text = phrase(made, endings.get(change.source_changes, "."))
        if change.op == "replace":
            title = {
                "unlikely": " is announced as rebuilt but most likely is not",
                "likely": " is likely rebuilt: empty disks, a new id and new addresses",
            }.get(change.likely or "", " is perhaps rebuilt")
        else:
            title = " perhaps changes"
        yield Point(
            "look", phrase(code(facts.stack), ", ", code(change.name), title), text,
            phrase(counted(len(maybes), "maybe")),
        )  # fmt: skip


def _doubtful(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Point]:
    for guard in guards:
        elsewhere = guard.name == "data_loss" or (facts.bundle.meta.offline and guard.name in OF_THE_CHANGE)
        quiet = (
            facts.drift and guard.state != "warn"
        )  # the same every day, and no issue should stay open for it
        if guard.state not in ("warn", "not provable") or elsewhere or quiet:
            continue
        state = " can't be proven: " if guard.state == "not provable" else ": "
        title = phrase(code(facts.stack), ", ", code(guard.name), state, guard.what)
        yield Point("look", title, phrase(whom(guard), place(guard)), guard.short)


def _policies(facts: Facts) -> Iterator[Point]:
    """Advisory ones; a policy that met an unknown value reports itself as advisory."""
    advisory = [item for item in facts.bundle.reading.policies if item.level != "mandatory"]
    for policy in sorted({item.policy for item in advisory}):
        found = [item for item in advisory if item.policy == policy]
        title = phrase(
            code(facts.stack),
            ", policy ",
            code(policy),
            " on ",
            listed(sorted({resource_name(item.urn) for item in found})),
        )
        yield Point("look", title, phrase(code(in_a_row(found[0].message))), phrase("a policy advises"))


def _drift(facts: Facts) -> Iterator[Point]:
    drifted = [change.name for change in facts.changes if change.changed] if facts.drift else []
    if drifted:
        verb = "differs" if len(drifted) == 1 else "differ"
        title = phrase(code(facts.stack), ", ", listed(drifted), f" {verb} from the state")
        text = phrase(
            "Somebody changed it outside the program. To put it back: an update with ",
            code("--refresh"),
            ". To keep it: write it into the program.",
        )
        yield Point("look", title, text, phrase(f"{len(drifted)} changed outside"))


def _unknown_effects(facts: Facts) -> Iterator[Point]:
    unknown = [
        change for change in facts.changes if change.level == "unknown" and change.certainty == "certain"
    ]
    if unknown and not facts.drift:
        parts = [effect.what for effect in unknown[0].effects if effect.level == "unknown"]
        title = phrase(
            code(facts.stack), ", ", listed(change.name for change in unknown), ": an effect is not known"
        )
        yield Point("look", title, phrase(joined(parts, "; "), "."), phrase("an effect is not known"))


def _state_troubles(facts: Facts) -> Iterator[Point]:
    if facts.moved:
        title = phrase(code(facts.stack), ", ", listed(facts.moved), ": the provider's module moved")
        text = phrase(
            "The state names another module than the program: a later delete would fail. Keep the old import path."
        )
        yield Point("look", title, text, phrase("the provider's module moved"))
    if facts.bundle.pending:
        number = counted(len(facts.bundle.pending), "operation")
        title = phrase(code(facts.stack), f", {number} of an earlier run never ended")
        text = phrase(
            "It is about ", listed(facts.bundle.pending), ". What was being made may exist and be made again. "
            "Next: look in the account, then ", code("pulumi refresh --clear-pending-creates"), "."
        )  # fmt: skip
        yield Point("look", title, text, phrase(f"{number} pending"))


def _prices(facts: Facts) -> Iterator[Point]:
    unknown = [
        change.name for change in facts.servers if change.cost_before is None or change.cost_after is None
    ]
    if unknown and not facts.failed:
        title = phrase(code(facts.stack), ", ", listed(unknown), ": price not known")
        text = phrase(
            "Its type or region is not in the catalog of this preview, or not known yet: the totals leave it out."
        )
        yield Point("look", title, text, phrase("a price is not known"))


def _ends(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Point]:
    """Types and images that are past their end, where no guard looks for it."""
    if any(guard.name == "end_of_life_days" for guard in guards) or facts.bundle.catalog is None:
        return
    images = {item.id: item for item in facts.bundle.catalog.images}
    kept = [change for change in facts.servers if change.op in ("create", "replace")]
    for change in kept:
        days = days_left(images.get(change.image.text), facts)
        if days is not None and days < 0:
            title = phrase(
                code(facts.stack), ", ", code(change.name), ": ", code(change.image.text), " is past its end"
            )
            yield Point("look", title, phrase("Choose a newer image."), phrase("an image is past its end"))


def shorts(found: Sequence[Point], verdict: Verdict, most: int = 2) -> Phrase:
    """The short words of one verdict's points, each once."""
    unique: dict[str, Phrase] = {}
    for point in found:
        if point.verdict == verdict:
            unique.setdefault(plain(point.short), point.short)
    words = list(unique.values())
    rest = phrase(f" and {len(words) - most} more") if len(words) > most else phrase()
    return phrase(joined(words[:most], ", "), rest)
