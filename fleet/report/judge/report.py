"""Bundles in, one report out. Pure: no network, no clock, no file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fleet.report.errors import BadCall
from fleet.report.judge import findings, guards, heading
from fleet.report.judge.absent import missing, unlisted
from fleet.report.judge.annotating import places
from fleet.report.judge.building import Facts, choices_of, facts_of, output_changes
from fleet.report.judge.cost import dollars
from fleet.report.judge.labels import DATA_LOSS_LABEL, LABELS
from fleet.report.judge.ordering import position
from fleet.report.judge.plan_hash import plan_hash
from fleet.report.judge.points import Point
from fleet.report.judge.protection import Acknowledgement
from fleet.report.model import (
    VERDICTS,
    Finding,
    Message,
    Outputs,
    Policy,
    Report,
    StackReport,
    Sum,
    Verdict,
)
from fleet.report.names import resource_name
from fleet.report.phrases import Phrase, phrase
from fleet.report.read.bundle import Bundle

EXIT_FAILED, EXIT_UNREADABLE, EXIT_GUARD, EXIT_CHANGES = 1, 2, 5, 7


@dataclass(frozen=True)
class Options:
    """What is asked for besides the bundles.

    expected: the stacks that must be there, in the order of promotion. none_touched: that there are none is
    told, not a mistake. unlisted: which ones must be there is not known, because the job that lists them failed.
    commit, run and run_url: the caller's word; what bundles say counts only where nothing is given.
    changes_exit: the code for changes.
    """

    id: str = "fleet"
    expected: Sequence[str] = ()
    none_touched: bool = False
    unlisted: bool = False
    commit: str = ""
    run: str = ""
    run_url: str = ""
    expect_no_changes: bool = False
    changes_exit: int = 0
    acknowledged: Acknowledgement = field(default_factory=Acknowledgement)


def build(bundles: Iterable[Bundle], options: Options | None = None) -> Report:
    """The report of all stacks; the order of the bundles does not matter. Raises BadCall."""
    chosen = options or Options()
    given = list(bundles)
    named = [bundle.stack for bundle in given]
    twice = sorted({stack for stack in named if named.count(stack) > 1})
    if twice:
        raise BadCall(f"two bundles are of stack {twice[0]}. Next: pass one folder for each stack.")
    pairs = [_stack(facts_of(bundle), chosen) for bundle in given]
    pairs += [missing(stack) for stack in chosen.expected if stack not in named]
    pairs += [unlisted()] if chosen.unlisted else []
    if not pairs and not chosen.none_touched:
        raise BadCall("no bundle given. Next: pass the folders that previews wrote.")
    pairs.sort(key=lambda pair: position(pair[0].stack, chosen.expected))
    stacks = tuple(stack.model_copy(update={"plan": plan_hash([stack])}) for stack, _ in pairs)
    order = {stack.stack: index for index, stack in enumerate(stacks)}
    found = [
        Finding(verdict=point.verdict, stack=stack.stack, title=point.title, text=point.text)
        for stack, points in pairs
        for point in points
    ]
    found.sort(key=lambda item: (VERDICTS.index(item.verdict), order[item.stack]))
    told = _report(stacks, tuple(found), chosen)
    # Worse than what each stack is by itself: a part of the report is missing.
    unreadable = chosen.unlisted or any(bundle.unreadable for bundle in given)
    return told.model_copy(update={"exit": EXIT_UNREADABLE}) if unreadable else told


def _report(stacks: tuple[StackReport, ...], found: tuple[Finding, ...], options: Options) -> Report:
    quiet: Verdict = "nothing"
    verdict = min((stack.verdict for stack in stacks), key=VERDICTS.index, default=quiet)
    plan = plan_hash(stacks)
    now, then = _sum(stack.now for stack in stacks), _sum(stack.then for stack in stacks)
    known = all(stack.change_known and stack.complete for stack in stacks)
    first = max(stacks, key=lambda stack: (bool(stack.commit), stack.run), default=None)
    return Report(
        id=options.id,
        verdict=verdict,
        heading=heading.heading(verdict, stacks),
        sentence=heading.sentence(stacks, now, then, known=known),
        stacks=stacks,
        findings=found,
        now=now,
        then=then,
        change_known=known,
        plan=plan,
        commit=options.commit or (first.commit if first else ""),
        run=options.run or (first.run if first else ""),
        run_url=options.run_url or _harmless(first.run_url if first and not options.run else ""),
        engine=first.engine if first else "",
        exit=exit_code(stacks, options),
        labels=_labels(verdict, stacks),
        outputs=_outputs(verdict, stacks, now, then, known=known, plan=plan),
        annotations=tuple(places(stacks)),
        acknowledged=any(options.acknowledged.holds_for(stack.commit) for stack in stacks),
    )


def _harmless(url: str) -> str:
    """A bundle's word for where its run is, if that is a page of the same repository."""
    return url if re.fullmatch(r"\.\./actions/runs/\d+", url) else ""


def _stack(facts: Facts, options: Options) -> tuple[StackReport, tuple[Point, ...]]:
    checked = guards.results(facts, options.acknowledged)
    points = findings.points(facts, checked)
    changed = any(change.changed for change in facts.changes)
    quiet: Verdict = "changes" if changed else "nothing"
    verdict: Verdict = points[0].verdict if points else quiet
    bundle = facts.bundle
    stack = StackReport(
        stack=facts.stack,
        verdict=verdict,
        word=_word(verdict, points, None if bundle.unreadable else bundle.exit),
        complete=not facts.failed,
        drift=facts.drift,
        form=bundle.form or "none",
        exit=bundle.exit,
        commit=bundle.meta.commit,
        run=bundle.meta.run,
        run_url=bundle.meta.run_url,
        engine=bundle.meta.engine,
        catalog_date=bundle.catalog.fetched[:10] if bundle.catalog else "",
        catalog_hash=bundle.catalog.hash if bundle.catalog else "",
        changes=facts.changes,
        unchanged_known=bundle.reading.has_sames,
        now=facts.now,
        then=facts.then,
        change_known=facts.change_known,
        guards=checked,
        choices=choices_of(bundle),
        pins_file=bundle.pins_after.file,
        outputs=output_changes(bundle),
        policies=tuple(_policies(bundle)),
        policies_passed=bundle.reading.policies_passed,
        messages=tuple(_messages(bundle)),
        pending=bundle.pending,
        offline=bundle.meta.offline,
    )
    return stack, points


def _word(verdict: Verdict, points: Sequence[Point], code_: int | None) -> Phrase:
    """What stands beside the sign in the stack's row."""
    front = {
        "failed": "failed: " if code_ is None else f"failed (exit {code_}): ",
        "blocked": "blocked: ",
        "danger": "goes through: ",
        "look": "look: ",
        "changes": "changes",
        "nothing": "nothing to do",
    }[verdict]
    also: Phrase = ()
    if verdict in ("blocked", "danger") and any(point.verdict == "look" for point in points):
        also = phrase("; look: ", findings.shorts(points, "look"))
    return phrase(front, findings.shorts(points, verdict), also)


def _policies(bundle: Bundle) -> Iterable[Policy]:
    for item in bundle.reading.policies:
        resource = resource_name(item.urn)
        yield Policy(name=item.policy, level=item.level, resource=resource, message=item.message)


def _messages(bundle: Bundle) -> Iterable[Message]:
    for item in bundle.reading.diagnostics:
        yield Message(
            severity=item.severity,
            resource=resource_name(item.urn) if item.urn else "",
            text=item.message,
        )
    if bundle.form is None and bundle.stderr:
        yield Message(severity="error", resource="", text=bundle.stderr)


def _sum(parts: Iterable[Sum]) -> Sum:
    found = list(parts)
    return Sum(
        amount=sum((part.amount for part in found), Decimal(0)),
        at_least=any(part.at_least for part in found),
    )


def exit_code(stacks: Sequence[StackReport], options: Options) -> int:
    """1 failed or missing, 5 a guard blocks, 7 unexpected changes, else what was asked for or 0."""
    verdicts = {stack.verdict for stack in stacks}
    changed = any(change.changed for stack in stacks for change in stack.changes)
    if "failed" in verdicts:
        return EXIT_FAILED
    if "blocked" in verdicts:
        return EXIT_GUARD
    if changed and options.expect_no_changes:
        return EXIT_CHANGES
    return options.changes_exit if changed else 0


def _labels(verdict: Verdict, stacks: Sequence[StackReport]) -> tuple[str, ...]:
    lost = any(change.erased for stack in stacks for change in stack.changes)
    return tuple(sorted({LABELS[verdict], *([DATA_LOSS_LABEL] if lost else [])}))


def _outputs(
    verdict: Verdict, stacks: Sequence[StackReport], now: Sum, then: Sum, *, known: bool, plan: str
) -> Outputs:
    changes = [change for stack in stacks for change in stack.changes if change.changed]
    return Outputs(
        verdict=verdict,
        changed=bool(changes),
        data_loss=sum(change.erased for change in changes),
        power_off=sum(change.off for change in changes),
        monthly_change=dollars(then.amount - now.amount, sign=True) if known else "not known",
        plan=plan,
    )
