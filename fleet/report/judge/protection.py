"""Guards on what must not be lost: data, unless it is acknowledged, and protected servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fleet.report.judge.building import Facts
from fleet.report.judge.guard_results import result
from fleet.report.model import GuardResult, GuardState
from fleet.report.phrases import Phrase, code, counted, listed, phrase
from fleet.report.read.files import Guards

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


def data_loss(facts: Facts, guards: Guards, acknowledged: Acknowledgement) -> Iterator[GuardResult]:
    guard = guards.data_loss
    if guard is None:
        return
    lost = [change.name for change in facts.changes if change.erased]
    perhaps = [change.name for change in facts.changes if change.perhaps_erased]
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
    yield result("data_loss", guard.place, state, what, short, about=lost or perhaps, next_step=step)


def _next_for_loss(mode: str, commit: str) -> Phrase:
    if mode == "block":
        return phrase("To go ahead: change ", code("guards.data_loss"), " in the settings first.")
    only = phrase(" (it counts for ", code(commit[:7]), " only)") if commit else phrase()
    return phrase("To go ahead: put the label ", code(ACK_LABEL), " on this pull request", only, ".")


def protect(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
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
    yield result(
        "protect",
        guard.place,
        state,
        what,
        short,
        about=gone or perhaps or bare,
        next_step=phrase("To go ahead: turn ", code("guards.protect"), " off in the settings first."),
    )
