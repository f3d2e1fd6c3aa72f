"""What the report knows: stacks, their resources and what changes, what it costs, what the guards say.

These are the records of report.json, so they hold only what may be shown. Money is in US dollars a month.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from fleet.report.phrases import Phrase, Piece, code, phrase
from fleet.report.read.files import Destroyed, Frozen, Level, Money, SecondsOff
from fleet.report.read.steps import Message, Policy, Severity

Op = Literal["same", "create", "update", "replace", "delete"]
Certainty = Literal["certain", "perhaps"]
Likelihood = Literal["likely", "unlikely", "open"]
Verdict = Literal["failed", "blocked", "danger", "look", "changes", "nothing"]
GuardState = Literal["pass", "warn", "block", "not provable"]
ValueKind = Literal["text", "unknown", "secret", "absent", "hidden"]
PathKind = Literal["add", "delete", "update"]
SourceChange = Literal["replaced", "new", "in place", "open", ""]
Form = Literal["events", "digest", "none"]
OutputState = Literal["unknown", "added", "removed", "changed"]

VERDICTS: tuple[Verdict, ...] = ("failed", "blocked", "danger", "look", "changes", "nothing")
"""Worst first."""

SIGNS: dict[Verdict, str] = {
    "failed": "✖",
    "blocked": "⛔",
    "danger": "🟠",
    "look": "🟡",
    "changes": "🟢",
    "nothing": "⚪",
}

LABELS: dict[Verdict, str] = {
    "failed": "infra: failed",
    "blocked": "infra: blocked",
    "danger": "infra: change",
    "look": "infra: change",
    "changes": "infra: change",
    "nothing": "infra: no change",
}
DATA_LOSS_LABEL = "infra: data loss"
LABEL_NAMES = (*dict.fromkeys(LABELS.values()), DATA_LOSS_LABEL)
"""Labels that a pull request gets from its report, all of them."""

UNLISTED = "(stacks)"
"""In place of a stack: those that nobody has listed. No stack can be called so."""


class Value(Frozen):
    """One side of a changed property. Only `text` has a text."""

    kind: ValueKind
    text: str = ""

    def words(self) -> Phrase:
        """As it stands in a sentence."""
        if self.kind == "text":
            return (code(self.text),)
        if self.kind == "unknown" or self.kind == "secret":
            return (Piece(kind=self.kind),)
        return phrase("none" if self.kind == "absent" else "not shown")


class Path(Frozen):
    """A changed property, as the provider spells it, such as `tags[1]`."""

    path: str
    kind: PathKind
    before: Value
    after: Value


class Effect(Frozen):
    """What a change does to a server, because of one property or as a whole. what: "powered off, moved, booted"."""

    level: Level
    what: Phrase
    property: str = ""


class Change(Frozen):
    """One resource and what happens to it.

    likely: of a perhaps only. sources: the names of the resources that its unknown values are made from.
    destroys: what is lost for good. seconds_off: the least and the most that a change in place has it off, None where
    it is never off or not told. before: a fingerprint of its inputs as they are, empty where it is not there.
    drifted: not planned, but found: paths go from what is declared to what was found.
    dragged_by: the resource that takes it down. delete_first: None when the preview does not tell.
    cost_before and cost_after: None when not known or when it costs nothing; 0 when it is not there. Of what drifted
    as it runs, and as it is declared.
    """

    urn: str
    name: str
    type: str
    server: bool
    op: Op
    drifted: bool = False
    certainty: Certainty = "certain"
    likely: Likelihood | None = None
    sources: tuple[str, ...] = ()
    source_changes: SourceChange = ""
    dragged_by: str | None = None
    delete_first: bool | None = None
    protected: bool = False
    reasons: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()
    effects: tuple[Effect, ...] = ()
    depends_on: tuple[str, ...] = ()
    region: Value = Value(kind="absent")
    plan_type: Value = Value(kind="absent")
    image: Value = Value(kind="absent")
    before: str = ""
    destroys: tuple[Destroyed, ...] = ()
    seconds_off: SecondsOff | None = None
    cost_before: Money | None = None
    cost_after: Money | None = None

    @property
    def changed(self) -> bool:
        return self.op != "same"

    @property
    def priced(self) -> bool:
        """Whether it is of what costs something; of a server that may be not known."""
        return self.server or self.cost_before is not None or self.cost_after is not None

    @cached_property
    def level(self) -> Level:
        """The worst of its effects."""
        return max((effect.level for effect in self.effects), key=LEVELS.index, default="none")

    @property
    def goes(self) -> bool:
        """Whether the server as it is now is gone afterwards, for certain."""
        return self.server and self.certainty == "certain" and self.op in ("replace", "delete")

    @cached_property
    def erased(self) -> bool:
        """Whether data is lost for certain."""
        return self.certainty == "certain" and self.level == "data loss"

    @cached_property
    def lost(self) -> str:
        """The worst of what data is lost for certain, one of DATA; "" where none is."""
        return next((each for each in DATA if each in self.destroys), DATA[0]) if self.erased else ""

    @property
    def loses_all(self) -> bool:
        """Whether it is lost as a whole, as a volume is: it has no disks, but is one."""
        return self.lost == "disks" and not self.server

    @property
    def perhaps_erased(self) -> bool:
        return self.certainty == "perhaps" and self.level == "data loss"

    @property
    def stays_off(self) -> bool:
        """Whether it is shut down, and nothing boots it again."""
        return self.off and any(path.path == "booted" and path.after.text == "false" for path in self.paths)

    @property
    def off(self) -> bool:
        """Whether it is off for a while and comes back, be it with empty disks."""
        is_off = self.level == "power off" or self.seconds_off is not None
        return self.server and self.certainty == "certain" and is_off


DATA: tuple[Destroyed, ...] = ("disks", "records", "backups")
"""From worst to what others may have copies of."""

LEVELS: tuple[Level, ...] = ("none", "billing", "unknown", "power off", "data loss")
"""From harmless to worst."""


class Sum(Frozen):
    """A total, exact. at_least: something in it is not known."""

    amount: Money = Decimal(0)
    at_least: bool = False


class GuardResult(Frozen):
    """What a guard says. what: in words, such as "$202.00 of $210.00 a month (96 %)"."""

    name: str
    state: GuardState
    what: Phrase
    short: Phrase
    next_step: Phrase = ()
    place: str = ""
    about: tuple[str, ...] = ()


class Finding(Frozen):
    """Something to decide or to look at. short: for the heading. in_tables: the tables say all of it.

    to_decide: nothing stops it, and merging it is a decision all the same.
    """

    verdict: Verdict
    stack: str
    title: Phrase
    text: Phrase
    short: Phrase
    in_tables: bool = False
    to_decide: bool = False


class Choice(Frozen):
    """A pinned choice from the catalog in one stack. newest: the best match today, where that is another one."""

    key: str
    what: str
    before: str | None
    after: str | None
    newest: str | None


class Cost(Frozen):
    """What a stack cost a month on a day."""

    day: date
    monthly: Sum


class OutputChange(Frozen):
    name: str
    state: OutputState


class StackReport(Frozen):
    """One stack: the facts, and what they amount to.

    word: the verdict, for people. refreshed: the account was looked at, not the stack's state alone.
    unchanged_known: False when the preview left unchanged resources out, so totals miss them.
    change_known: False when the price of something that changes is not known.
    offline: compared with nothing instead of the stack's state. plan: the hash of this stack's plan alone.
    costs: what earlier reports and this one found it to cost, oldest first.
    """

    stack: str
    verdict: Verdict
    word: Phrase
    complete: bool
    drift: bool = False
    form: Form = "none"
    exit: int = 0
    commit: str = ""
    run: str = ""
    run_url: str = ""
    engine: str = ""
    catalog_date: str = ""
    catalog_hash: str = ""
    changes: tuple[Change, ...] = ()
    unchanged_known: bool = True
    now: Sum = Sum()
    then: Sum = Sum()
    change_known: bool = True
    guards: tuple[GuardResult, ...] = ()
    choices: tuple[Choice, ...] = ()
    pins_file: str = ""
    outputs: tuple[OutputChange, ...] = ()
    policies: tuple[Policy, ...] = ()
    policies_passed: int = 0
    messages: tuple[Message, ...] = ()
    pending: tuple[str, ...] = ()
    offline: bool = False
    refreshed: bool = True
    plan: str = ""
    costs: tuple[Cost, ...] = ()

    @property
    def drifted(self) -> bool:
        return self.drift and any(change.changed for change in self.changes)


class Outputs(Frozen):
    """For later steps of a workflow."""

    verdict: Verdict
    changed: bool
    data_loss: int
    power_off: int
    monthly_change: str
    plan: str


class Annotation(Frozen):
    """A place in a file of the branch that an error points at."""

    level: Severity
    file: str
    line: int
    message: str


class Report(Frozen):
    """The whole report; report.json. `exit` is the command's exit code."""

    version: Literal[1] = 1
    id: str
    verdict: Verdict
    heading: Phrase
    sentence: Phrase
    stacks: tuple[StackReport, ...]
    findings: tuple[Finding, ...]
    now: Sum
    then: Sum
    change_known: bool
    plan: str
    commit: str
    run: str
    run_url: str
    engine: str
    exit: int
    labels: tuple[str, ...]
    outputs: Outputs
    annotations: tuple[Annotation, ...] = ()
    acknowledged: bool = False
