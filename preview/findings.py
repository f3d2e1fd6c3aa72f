"""What somebody has to decide or should look at: what happens, why, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from preview import together
from preview.building import Facts, value_text
from preview.guards import days_left
from preview.model import Change, GuardResult, Value, Verdict
from preview.names import resource_name
from preview.phrases import Phrase, code, counted, joined, listed, phrase, plain, trimmed
from preview.values import shortened

PROTECTED = "marked for protection"


@dataclass(frozen=True)
class Point:
    """A finding before it is put in order. short: for the stack's row and the heading."""

    verdict: Verdict
    title: Phrase
    text: Phrase
    short: Phrase


def points(facts: Facts, guards: Sequence[GuardResult]) -> tuple[Point, ...]:
    """Worst first; those of one verdict in the order that they are looked for."""
    found = [
        *_failure(facts),
        *_blocked(facts, guards),
        *_losses(facts, guards),
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


def _failure(facts: Facts) -> Iterator[Point]:
    if not facts.failed:
        return
    broken = [item for item in facts.bundle.reading.policies if item.level == "mandatory"]
    stopped = _stopped_by_protect(facts)
    if stopped:
        ends = "deleted" if stopped.op == "delete" else "rebuilt"
        why = phrase(code(stopped.name), f" is protected and would be {ends}")
        text = phrase(
            "The engine stopped there, so the plan is not complete. To go ahead: take the reason away, or "
            "turn the protection of ", code(stopped.name), " off in a change of its own."
        )  # fmt: skip
    elif broken:
        first = broken[0]
        why = phrase("policy ", code(first.policy), " is broken")
        where = listed(sorted({resource_name(item.urn) for item in broken}))
        text = phrase(code(_in_a_row(first.message)), ", on ", where, ".")
    else:
        message = first_error(facts)
        why = phrase(code(_one_line(message))) if message else phrase("the preview did not say why")
        text = phrase("Nothing of this stack is proven. To go ahead: fix the error and push again.")
    title = phrase(code(facts.stack), " could not be previewed: ", why)
    yield Point("failed", title, text, why)


def first_error(facts: Facts) -> str:
    """The first error that says something, else the last line of the command's own errors."""
    errors = [item.message for item in facts.bundle.reading.diagnostics if item.severity == "error"]
    told = [message for message in errors if message.strip() != "preview failed"]
    if told:
        return re.sub(r"^\S+ resource '([^']*)': ", r"\1: ", told[0])
    lines = [line.strip() for line in facts.bundle.stderr.splitlines() if line.strip()]
    marked = [line for line in lines if line.startswith("error:")]
    if marked or lines:
        return (marked or lines[-1:])[0].removeprefix("error:").strip()
    if errors and facts.bundle.form == "digest":
        return "it does not say why; a digest leaves out broken policies"
    return errors[0] if errors else "" if facts.bundle.reading.complete else "it ended before it was done"


def _stopped_by_protect(facts: Facts) -> Change | None:
    stopped = {item.urn for item in facts.bundle.reading.diagnostics if PROTECTED in item.message}
    return next((change for change in facts.changes if change.urn in stopped), None)


def _in_a_row(message: str) -> str:
    """A policy's description and what it found, in one line."""
    return shortened(" ".join(line.strip() for line in message.splitlines() if line.strip()))


def _one_line(message: str) -> str:
    return shortened(next((line.strip() for line in message.splitlines() if line.strip()), ""))


def _blocked(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Point]:
    for guard in guards:
        if guard.state != "block":
            continue
        if guard.name == "data_loss":
            lost = [change for change in facts.servers if change.erased]
            title = phrase(code(facts.stack), ", ", listed(guard.about), ": ", _lost_words(lost))
            text = phrase(_why(lost, facts), guard.next_step, _take_back(lost, facts))
        else:
            title = phrase(code(facts.stack), ", ", code(guard.name), ": ", guard.what)
            text = phrase(_whom(guard), guard.next_step)
        yield Point("blocked", title, phrase(text, _place(guard)), guard.short)


def _whom(guard: GuardResult) -> Phrase:
    return phrase("It is about ", listed(guard.about), ". ") if guard.about else phrase()


def _place(guard: GuardResult) -> Phrase:
    return phrase(" Set in ", code(guard.place), ".") if guard.place else phrase()


def _losses(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Point]:
    """Data loss that no guard stops."""
    lost = [change for change in facts.servers if change.erased]
    guard = next((item for item in guards if item.name == "data_loss"), None)
    if not lost or (guard and guard.state == "block"):
        return
    title = phrase(code(facts.stack), ", ", listed(change.name for change in lost), ": ", _lost_words(lost))
    allowed = phrase("No guard is set against data loss. ") if guard is None else phrase()
    if guard is not None:
        by = phrase(" by ", code(guard.place)) if guard.place else phrase()
        allowed = phrase("Data loss is ", guard.what, by, ". ")
    short = guard.short if guard else phrase("data of ", listed((item.name for item in lost), 3), " is lost")
    yield Point("danger", title, phrase(_why(lost, facts), allowed), short)


def _lost_words(lost: Sequence[Change]) -> Phrase:
    """Disks are worse than backups; the words are those of the worst of them."""
    if all(change.backups_only for change in lost):
        return phrase("all backups are deleted")
    if any(change.backups_only for change in lost):
        return phrase("disks or backups erased")
    if all(change.op == "replace" for change in lost):
        return phrase("empty disks, a new id and new addresses")
    return phrase("disks erased")


def _why(changes: Sequence[Change], facts: Facts) -> Phrase:
    """What forces it, for the first three."""
    found = [_why_one(change, facts) for change in changes[:3]]
    rest = phrase(f" And {len(changes) - 3} more.") if len(changes) > 3 else phrase()
    return phrase(joined(found, " "), rest, " ") if found else phrase()


def _why_one(change: Change, facts: Facts) -> Phrase:
    name = code(change.name)
    if change.op == "delete":
        return phrase(name, " is no longer in the program: it is deleted with its disks and backups.")
    if change.dragged_by is not None:
        by = code(change.dragged_by) if change.dragged_by else "another one"
        return phrase(name, " goes down with ", by, ", which is replaced delete-first.")
    paths = [path for path in change.paths if path.path in change.reasons] or list(change.paths)
    if not paths:
        return phrase(name, " is rebuilt; the preview does not say why.")
    path = paths[0]
    step = (
        "in place"
        if change.op == "update"
        else "by a new server; the old one is deleted with its disks and backups"
    )
    return phrase(
        code(path.path), " of ", name, " goes from ", value(path.before), " to ", value(path.after),
        f", {step}.", _pin_behind(path.before, path.after, facts),
    )  # fmt: skip


def value(item: Value) -> Phrase:
    if item.kind == "text":
        return phrase(code(item.text))
    return phrase(value_text(item))


def _pin_behind(before: Value, after: Value, facts: Facts) -> Phrase:
    """Whether a moved pin explains a change."""
    key = _moved_pin(before, after, facts)
    if key is None:
        return phrase()
    file = facts.bundle.pins_after.file or f"stacks/pins.{facts.stack}.json"
    return phrase(" It comes from the moved pin ", code(key), " in ", code(file), ".")


def _moved_pin(before: Value, after: Value, facts: Facts) -> str | None:
    olds, news = facts.bundle.pins_before.pins, facts.bundle.pins_after.pins
    texts = (before.text, after.text)
    moved = (
        key
        for key in sorted(olds.keys() & news.keys())
        if before != after and (olds[key].chosen, news[key].chosen) == texts
    )
    return next(moved, None)


def _take_back(lost: Sequence[Change], facts: Facts) -> Phrase:
    """The other way: keep the server by taking the pin back."""
    pins = [_moved_pin(path.before, path.after, facts) for change in lost for path in change.paths]
    key = next((pin for pin in pins if pin), None)
    return phrase(" To keep the server: take the pin ", code(key), " back.") if key else phrase()


def _power(facts: Facts) -> Iterator[Point]:
    off = [change for change in facts.servers if change.off]
    whole = [group for group in together.groups_off(facts.servers) if group.whole]
    for group in whole:
        title = phrase(code(facts.stack), ", ", listed(group.names), " go down together")
        text = phrase(
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
        because = sorted({effect.property for effect in effects})
        text = phrase("It changes ", listed(because), ": ", what, ".")
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
        if guard.state not in ("warn", "not provable") or guard.name == "data_loss":
            continue
        state = " can't be proven: " if guard.state == "not provable" else ": "
        title = phrase(code(facts.stack), ", ", code(guard.name), state, guard.what)
        yield Point("look", title, phrase(_whom(guard), _place(guard)), guard.short)


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
        yield Point("look", title, phrase(code(_in_a_row(found[0].message))), phrase("a policy advises"))


def _drift(facts: Facts) -> Iterator[Point]:
    drifted = [change.name for change in facts.changes if change.changed] if facts.drift else []
    if drifted:
        verb = "differs" if len(drifted) == 1 else "differ"
        title = phrase(code(facts.stack), ", ", listed(drifted), f" {verb} from the state")
        text = phrase(
            "Somebody changed it outside the program. The next update puts it back. "
            "To keep it: write it into the program."
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
