"""What a guard blocks, and what data is lost: for what reason, and how to go on or back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleet.report.judge.changes import Facts
from fleet.report.model import DATA, Change, Finding, GuardResult, Value
from fleet.report.phrases import Phrase, code, joined, listed, phrase, plain


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
        yield facts.finding("blocked", title, (text, " ", place(guard)), guard.short)


def whom(guard: GuardResult) -> Phrase:
    """Nothing where the guard's own words name them."""
    names = listed(guard.about)
    is_told = plain(names) in plain(guard.what)
    return phrase() if is_told else phrase("It is about ", names, ". ")


def place(guard: GuardResult) -> Phrase:
    return phrase("Set in ", code(guard.place), ".") if guard.place else phrase()


def losses(facts: Facts, guards: Sequence[GuardResult]) -> Iterator[Finding]:
    """Data loss that no guard stops."""
    lost = [change for change in facts.changes if change.erased]
    guard = next((item for item in guards if item.name == "data_loss"), None)
    if not lost or (guard and guard.state == "block"):
        return
    short = guard.short if guard else phrase("no guard is set against data loss")
    yield facts.finding("danger", (": ", short), (_why(lost, facts), place(guard) if guard else ""), short)


def _lost_words(lost: Sequence[Change]) -> str:
    """Disks are worse than backups; the words are those of the worst of them."""
    if all(change.loses_all for change in lost):
        return "all that is on it is erased" if len(lost) == 1 else "all that is on them is erased"
    data = [each for each in DATA if each in {change.lost for change in lost}]
    if len(data) > 1:
        return f"{' or '.join(data)} erased"
    if data != ["disks"]:
        return f"all {data[0]} are deleted"
    if all(change.op == "replace" and change.server for change in lost):
        return "empty disks, a new id and new addresses"
    return "disks erased"


def _why(changes: Sequence[Change], facts: Facts) -> Phrase:
    """What the table of changes does not say of it, each once."""
    gone = [change.name for change in changes if change.op == "delete"]
    deleted = phrase(listed(gone), f" {'is' if len(gone) == 1 else 'are'} no longer in the program.")
    reasons = [*([deleted] if gone else []), *(_why_one(change, facts) for change in changes)]
    told = {plain(reason): reason for reason in reasons if reason}
    more = f" And {len(told) - 3} more." if len(told) > 3 else ""
    return phrase(joined(list(told.values())[:3], " "), more, " " if told else "")


def _why_one(change: Change, facts: Facts) -> Phrase:
    if change.op == "create":
        lost = [effect.what for effect in change.effects if effect.level == "data loss"]
        return phrase(code(change.name), " is adopted: ", joined(lost, ", "), ".")
    paths = [path for path in change.paths if path.path in change.reasons] or list(change.paths)
    return _pin_behind(paths[0].before, paths[0].after, facts) if paths and change.dragged_by is None else ()


def _pin_behind(before: Value, after: Value, facts: Facts) -> Phrase:
    """Whether a moved pin explains a change, and whether its settings were edited."""
    key = _moved_pin(before, after, facts)
    if key is None:
        return phrase()
    file = facts.bundle.pins_after.file or f"stacks/pins.{facts.stack}.json"
    why = "because its settings were edited" if _is_edited(key, facts) else "no setting was edited"
    return phrase("It comes from the moved pin ", code(key), " in ", code(file), f", {why}.")


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
