"""Bundles in, one report out. Pure: no network, no clock, no file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from fleet.report.errors import BadCall
from fleet.report.judge import guards, heading
from fleet.report.judge.changes import Facts, facts_of, is_drift
from fleet.report.judge.cost import dollars
from fleet.report.judge.failures import GENERIC, PROTECTED, Judged, missing, undeployed, unlisted
from fleet.report.judge.findings import findings
from fleet.report.judge.plan_hash import plan_hashes
from fleet.report.model import (
    DATA_LOSS_LABEL,
    LABELS,
    VERDICTS,
    Annotation,
    Choice,
    Cost,
    Finding,
    OutputChange,
    Outputs,
    OutputState,
    Report,
    StackReport,
    Sum,
    Verdict,
)
from fleet.report.phrases import phrase, plain
from fleet.report.read.bundle import Bundle
from fleet.report.read.guard_files import GuardFiles
from fleet.report.read.steps import Message, Severity, has_unknown

MOST_COSTS = 400
"""Days of which a report keeps what a stack cost: more than a year."""

EXIT_FAILED, EXIT_UNREADABLE, EXIT_GUARD, EXIT_CHANGES = 1, 2, 5, 7

_PLACE = re.compile(r"^[ \t]*([\w][\w./-]*\.(?:ya?ml|json|py)):(\d+):[ \t]*(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Options:
    """What is asked for besides the bundles.

    expected: the stacks that must be there, in the order of promotion. none_touched: that there are none is
    told, not a mistake. unlisted: which ones must be there is not known, because the job that lists them failed.
    undeployed: those that are touched and that no list of environments names.
    commit, run and run_url: the caller's word; what bundles say counts only where nothing is given.
    changes_exit: the code for changes. acknowledged: the commit whose data loss somebody with write access accepted;
    with a colon and the report's plan after it, for that plan alone.
    guards: those that hold beside what each bundle's branch says of itself. earlier: what each stack has cost so far.
    """

    id: str = "fleet"
    expected: Sequence[str] = ()
    none_touched: bool = False
    undeployed: Sequence[str] = ()
    unlisted: bool = False
    commit: str = ""
    run: str = ""
    run_url: str = ""
    expect_no_changes: bool = False
    changes_exit: int = 0
    acknowledged: str = ""
    guards: GuardFiles = field(default_factory=GuardFiles)
    earlier: Mapping[str, Sequence[Cost]] = field(default_factory=dict)

    def bound_to(self, plan: str) -> Options:
        """Without an acknowledgement that is for another plan."""
        commit, bound, wanted = self.acknowledged.partition(":")
        return replace(self, acknowledged=commit if not bound or wanted == plan else "")

    def acknowledges(self, commit: str) -> bool:
        """Whether it is the commit whose data loss was accepted; seven digits of it will do."""
        shorter = min(len(self.acknowledged), len(commit))
        return shorter >= 7 and self.acknowledged[:shorter] == commit[:shorter]


def build(bundles: Iterable[Bundle], options: Options | None = None) -> Report:
    """The report of all stacks; the order of the bundles does not matter. Raises BadCall."""
    given, chosen = list(bundles), options or Options()
    named = [bundle.stack for bundle in given]
    twice = sorted({stack for stack in named if named.count(stack) > 1})
    if twice:
        raise BadCall(f"two bundles are of stack {twice[0]}. Next: pass one folder for each stack.")
    facts = list(map(facts_of, given))
    judged = [missing(stack) for stack in chosen.expected if stack not in named]
    judged += [undeployed(stack) for stack in chosen.undeployed if stack not in named]
    judged += [unlisted()] if chosen.unlisted else []
    plan, plans = plan_hashes([*facts, *(stack for stack, _ in judged)])
    chosen = chosen.bound_to(plan)
    judged += [_judged(each, chosen) for each in facts]
    if not judged and not chosen.none_touched:
        raise BadCall("no bundle given. Next: pass the folders that previews wrote.")
    judged.sort(key=lambda pair: _position(pair[0].stack, chosen.expected))
    stacks = tuple(stack.model_copy(update={"plan": plans[stack.stack]}) for stack, _ in judged)
    told_of = {stack.stack: of_stack for stack, of_stack in judged}
    found = [finding for stack in heading.by_verdict(stacks) for finding in told_of[stack.stack]]
    found.sort(key=lambda finding: VERDICTS.index(finding.verdict))
    told = _report(stacks, tuple(found), chosen, plan)
    # Worse than what each stack is by itself: a part of the report is missing.
    unreadable = chosen.unlisted or any(bundle.unreadable for bundle in given)
    return told.model_copy(update={"exit": EXIT_UNREADABLE}) if unreadable else told


def _position(stack: str, expected: Sequence[str]) -> tuple[int, str]:
    """A key to sort stacks by: expected ones in their order, then the others by name."""
    return (expected.index(stack) if stack in expected else len(expected), stack)


def _report(
    stacks: tuple[StackReport, ...], found: tuple[Finding, ...], options: Options, plan: str
) -> Report:
    quiet: Verdict = "nothing"
    verdict = min((stack.verdict for stack in stacks), key=VERDICTS.index, default=quiet)
    changes = [change for stack in stacks for change in stack.changes if change.changed]
    now, then = _sum(stack.now for stack in stacks), _sum(stack.then for stack in stacks)
    known = all(stack.change_known and stack.complete for stack in stacks)
    first = max(stacks, key=lambda stack: (bool(stack.commit), stack.run), default=None)
    lost = sum(change.erased for change in changes)
    outputs = Outputs(
        verdict=verdict,
        changed=bool(changes),
        data_loss=lost,
        power_off=sum(change.off for change in changes),
        monthly_change=dollars(then.amount - now.amount, sign=True) if known else "not known",
        plan=plan,
    )
    return Report(
        id=options.id,
        verdict=verdict,
        heading=heading.heading(verdict, stacks, found),
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
        exit=_exit_code(verdict, options, changed=bool(changes)),
        labels=tuple(sorted({LABELS[verdict], *([DATA_LOSS_LABEL] if lost else [])})),
        outputs=outputs,
        annotations=tuple(_annotations(stacks)),
        acknowledged=any(options.acknowledges(stack.commit) for stack in stacks),
    )


def _harmless(url: str) -> str:
    """A bundle's word for where its run is, if that is a page of the same repository."""
    return url if re.fullmatch(r"\.\./actions/runs/\d+", url) else ""


def _exit_code(verdict: Verdict, options: Options, *, changed: bool) -> int:
    """1 failed or missing, 5 a guard blocks, 7 unexpected changes, else what was asked for or 0."""
    if verdict in ("failed", "blocked"):
        return EXIT_FAILED if verdict == "failed" else EXIT_GUARD
    if changed and options.expect_no_changes:
        return EXIT_CHANGES
    return options.changes_exit if changed else 0


def _sum(parts: Iterable[Sum]) -> Sum:
    found = list(parts)
    amount = sum((part.amount for part in found), Decimal(0))
    return Sum(amount=amount, at_least=any(part.at_least for part in found))


def _judged(facts: Facts, options: Options) -> Judged:
    bundle = facts.bundle
    facts = replace(facts, acknowledged=options.acknowledges(bundle.meta.commit))
    outside = options.guards.of(bundle.stack)
    checked = guards.results(facts, outside)
    found = findings(facts, checked, outside)
    quiet: Verdict = "changes" if any(change.changed for change in facts.changes) else "nothing"
    verdict = found[0].verdict if found else quiet
    meta, catalog = bundle.meta, bundle.catalog
    shown = {(line.urn, line.summary) for line in bundle.effects.values()}  # as effects, in the tables
    said = [item for item in bundle.reading.messages if (item.urn, item.text) not in shown]
    # What stops at a protection is told with what works for it; an engine's advice there is for its own commands.
    is_told = any(item.level == "mandatory" for item in bundle.reading.policies)
    own = [item for item in said if not GENERIC.match(item.text)] or ([] if is_told else said)
    messages = [item for item in own if not PROTECTED.search(item.text)]
    if bundle.form is None and bundle.stderr:
        messages.append(Message(severity="error", text=bundle.stderr))
    stack = StackReport(
        stack=facts.stack,
        verdict=verdict,
        word=phrase(_word(verdict, facts)),
        complete=facts.complete,
        drift=facts.drift,
        form=bundle.form or "none",
        exit=bundle.exit,
        commit=meta.commit,
        run=meta.run,
        run_url=meta.run_url,
        engine=meta.engine,
        catalog_date=catalog.fetched[:10] if catalog else "",
        catalog_hash=catalog.hash if catalog else "",
        changes=facts.changes,
        unchanged_known=bundle.reading.has_sames,
        now=facts.now,
        then=facts.then,
        change_known=facts.change_known,
        guards=checked,
        choices=tuple(_choices(bundle)),
        pins_file=bundle.pins_after.file,
        outputs=tuple(_outputs(bundle)),
        policies=bundle.reading.policies,
        policies_passed=bundle.reading.policies_passed,
        messages=tuple(messages),
        pending=bundle.pending,
        offline=meta.offline,
        refreshed=bundle.reading.refreshed,
        costs=_costs(facts, options.earlier.get(facts.stack, ())),
    )
    return stack, found


def _costs(facts: Facts, earlier: Sequence[Cost]) -> tuple[Cost, ...]:
    """One a day, with this report's: the day is that of its catalog, as a report has no clock."""
    catalog = facts.bundle.catalog
    told = {cost.day: cost for cost in earlier}
    if catalog and catalog.day and facts.complete and not facts.bundle.meta.offline:
        told[catalog.day] = Cost(day=catalog.day, monthly=facts.now)
    return tuple(told[day] for day in sorted(told))[-MOST_COSTS:]


def _word(verdict: Verdict, facts: Facts) -> str:
    """What stands beside the sign in the stack's row."""
    if verdict in ("failed", "blocked"):
        return verdict
    if not any(change.changed for change in facts.changes):
        return "nothing to do"
    return "drifted" if facts.drift else "passes"


def _choices(bundle: Bundle) -> Iterator[Choice]:
    """The pinned choices that moved, or that have a better match today."""
    before, after = bundle.pins_before.pins, bundle.pins_after.pins
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        pin = new or before[key]
        chosen, choice = old.chosen if old else None, new.chosen if new else None
        newest = pin.newest if pin.newest != choice else None
        if chosen != choice or newest:
            yield Choice(key=key, what=pin.what, before=chosen, after=choice, newest=newest)


def _outputs(bundle: Bundle) -> Iterator[OutputChange]:
    """The stack's outputs that change, by name; their values are not for showing."""
    before, after = bundle.reading.outputs or ({}, {})
    for name in sorted({*before, *after}) if not is_drift(bundle) else ():
        state: OutputState = "changed"
        if name not in after:
            state = "removed"
        elif has_unknown(after[name]):
            state = "unknown"
        elif name not in before:
            state = "added"
        elif before[name] == after[name]:
            continue
        yield OutputChange(name=name, state=state)


def _annotations(stacks: Iterable[StackReport]) -> list[Annotation]:
    """Places in files of the branch, as they appear beside the lines of a diff, each once.

    Settings errors where they stand, and guards that block or warn where they are set.
    """
    found: set[Annotation] = set()
    for stack in stacks:
        for message in stack.messages:
            for file, line, text in _PLACE.findall(message.text):
                found.add(Annotation(level="error", file=file, line=int(line), message=text))
        for guard in stack.guards:
            match = re.fullmatch(r"([^:]+):(\d+)", guard.place)
            if match and guard.state in ("block", "warn"):
                text = f"{stack.stack}, {guard.name}: {plain(guard.what)}"
                level: Severity = "error" if guard.state == "block" else "warning"
                found.add(Annotation(level=level, file=match[1], line=int(match[2]), message=text))
    return sorted(found, key=lambda item: (item.file, item.line, item.level, item.message))
