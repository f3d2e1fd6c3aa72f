"""What a guard blocks, and what data is lost: for what reason, and how to go on or back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleet.report.judge.changes import Facts
from fleet.report.model import DATA, Change, Finding, GuardResult, Value
from fleet.report.phrases import Phrase, code, joined, listed, phrase


def blocked(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Finding]:
    for guard in guards:
        if guard.state != "block":
            continue
        if guard.name == "data_loss":
            lost = [change for change in facts.changes if change.erased]
            title = phrase(", ", listed(guard.about), ": ", _lost_words(lost))
            text = phrase(_why(lost, facts), guard.next_step, _take_back(lost, facts))
        else:
            title = phrase(", ", code(guard.name), ": ", guard.what)
            text = phrase(whom(guard), guard.next_step)
        yield facts.finding("blocked", title, (text, place(guard)), guard.short)


def whom(guard: GuardResult) -> Phrase:
    return phrase("It is about ", listed(guard.about), ". ") if guard.about else phrase()


def place(guard: GuardResult) -> Phrase:
    return phrase(" Set in ", code(guard.place), ".") if guard.place else phrase()


def losses(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Finding]:
    """Data loss that no guard stops."""
    lost = [change for change in facts.changes if change.erased]
    guard = next((item for item in guards if item.name == "data_loss"), None)
    if not lost or (guard and guard.state == "block"):
        return
    names = [change.name for change in lost]
    where = phrase(" (", code(guard.place), ")") if guard and guard.place else phrase()
    allowed = ("Data loss is ", guard.what, where, ". ") if guard else "No guard is set against data loss. "
    short = guard.short if guard else phrase("data of ", listed(names, 3), " is lost")
    yield facts.finding(
        "danger", (", ", listed(names), ": ", _lost_words(lost)), (_why(lost, facts), allowed), short
    )


def _lost_words(lost: Sequence[Change]) -> str:
    """Disks are worse than backups; the words are those of the worst of them."""
    data = [each for each in DATA if each in {change.lost for change in lost}]
    if len(data) > 1:
        return f"{' or '.join(data)} erased"
    if data != ["disks"]:
        return f"all {data[0]} are deleted"
    if all(change.op == "replace" for change in lost):
        return "empty disks, a new id and new addresses"
    return "disks erased"


def _why(changes: Sequence[Change], facts: Facts) -> Phrase:
    """What forces it, for the first three."""
    found = [_why_one(change, facts) for change in changes[:3]]
    rest = f" And {len(changes) - 3} more." if len(changes) > 3 else ""
    return phrase(joined(found, " "), rest, " ") if found else phrase()


def _why_one(change: Change, facts: Facts) -> Phrase:
    name = code(change.name)
    if change.op == "delete":
        return phrase(name, f" is no longer in the program: it is deleted {_with(change)}.")
    if change.op == "create":
        lost = [effect.what for effect in change.effects if effect.level == "data loss"]
        return phrase(name, " is adopted: ", joined(lost, ", "), ".")
    if change.dragged_by is not None:
        by = code(change.dragged_by) if change.dragged_by else "another one"
        return phrase(name, " goes down with ", by, ", which is replaced delete-first.")
    paths = [path for path in change.paths if path.path in change.reasons] or list(change.paths)
    if not paths:
        return phrase(name, " is rebuilt; the preview does not say why.")
    path = paths[0]
    again = f"by a new {'server' if change.server else 'one'}; the old one is deleted {_with(change)}"
    return phrase(
        code(path.path), " of ", name, " goes from ", path.before.words(), " to ", path.after.words(),
        f", {'in place' if change.op == 'update' else again}.", _pin_behind(path.before, path.after, facts),
    )  # fmt: skip


def _with(change: Change) -> str:
    if change.lost == "records":
        return "with all its records"
    return "with its disks and backups" if change.server else "with all that is on it"


def _pin_behind(before: Value, after: Value, facts: Facts) -> Phrase:
    """Whether a moved pin explains a change, and whether its settings were edited."""
    key = _moved_pin(before, after, facts)
    if key is None:
        return phrase()
    file = facts.bundle.pins_after.file or f"stacks/pins.{facts.stack}.json"
    why = "because its settings were edited" if _is_edited(key, facts) else "no setting was edited"
    return phrase(" It comes from the moved pin ", code(key), " in ", code(file), f", {why}.")


def _moved_pin(before: Value, after: Value, facts: Facts) -> str | None:
    olds, news = facts.bundle.pins_before.pins, facts.bundle.pins_after.pins
    moved = (
        key
        for key in sorted(olds.keys() & news.keys())
        if before != after and (olds[key].chosen, news[key].chosen) == (before.text, after.text)
    )
    return next(moved, None)


def _is_edited(key: str, facts: Facts) -> bool:
    """Whether the pin moved because it answers other criteria than before."""
    before, after = facts.bundle.pins_before.pins[key], facts.bundle.pins_after.pins[key]
    return before.criteria_hash != after.criteria_hash


def _take_back(lost: Sequence[Change], facts: Facts) -> Phrase:
    """The other way: keep the server by taking the pin, or the edit behind it, back."""
    pins = [_moved_pin(path.before, path.after, facts) for change in lost for path in change.paths]
    key = next((pin for pin in pins if pin), None)
    if key is None:
        return phrase()
    if _is_edited(key, facts):
        return phrase(" To keep the server: take the edit of the settings of ", code(key), " back.")
    command = f"fleet pins keep --stack {facts.stack} {key}"
    return phrase(" To keep the server: take the pin back (", code(command), ").")
