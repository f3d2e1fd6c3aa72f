"""What an `up` would do, in two lines: what changes and what that costs, and what it erases. A preview ends with them;
`up` of stack `local` begins with them, and where something is erased it asks, as the engines do for every other stack.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from fleet.engine.messages import NOBODY_TO_ASK
from fleet.engine.settled import ran_since_changed
from stacks.errors import BadSettings

if TYPE_CHECKING:
    from fleet.engine.previews import Seen
    from fleet.engine.run import Run
    from fleet.report.model import StackReport

AGREED = frozenset({"-y", "--yes"})
UNSEEN = frozenset({"-f", "--skip-preview", "--preview-only"})
"""Of an `up` that nobody wants to see beforehand, or that does nothing."""

OWN_FORMS = frozenset({"-j", "--json", "--event-log"})
"""Of a preview that something else than a person reads."""

NOT_OF_PREVIEWS = AGREED | {"--continue-on-error", "--expect-no-changes", "--diff"}
FAILED = 1


def asked(run: Run) -> int | None:
    """Say what comes, and ask where something is erased. None to go on, else the exit code: of a preview that failed,
    or 0 where there is nothing to do.

    Raises BadSettings where nobody agrees.
    """
    if not UNSEEN.isdisjoint(run.rest):
        return None
    only_seen = replace(run, rest=tuple(word for word in run.rest if word not in NOT_OF_PREVIEWS))
    stack = _previewed(only_seen)
    if not stack.complete:
        return only_seen.verb("preview", "--suppress-outputs") or FAILED  # which says why
    erased = _told(stack)
    if erased and AGREED.isdisjoint(run.rest):
        _agree(run.stack, erased)
    is_all = AGREED.issuperset(run.rest)  # further words may want something else of the update
    return 0 if is_all and _is_quiet(stack) and ran_since_changed(run) else None


def shown(run: Run) -> int:
    """A preview, and below it what all of it comes to; the preview's exit code."""
    from fleet.engine.previews import watched

    if not OWN_FORMS.isdisjoint(run.rest):
        return run.verb("preview", "--suppress-outputs")
    seen = watched(run, "--suppress-outputs")
    if seen.code == 0 and (stack := _judged(run.stack, seen)).complete:
        _told(stack)
    return seen.code


def _is_quiet(stack: StackReport) -> bool:
    """Whether it changes nothing, and nothing is told beside it that the update would show."""
    is_told = stack.messages or stack.policies or stack.outputs
    return not (is_told or any(change.changed for change in stack.changes))


def _previewed(run: Run) -> StackReport:
    from rich.console import Console

    from fleet.engine.previews import PREVIEW, preview

    with Console(stderr=True).status(
        "looking at what changes", spinner="line"
    ):  # nothing where nobody watches
        return _judged(run.stack, preview(run, PREVIEW))


def _judged(stack_name: str, seen: Seen) -> StackReport:
    from fleet.report.judge.report import build
    from fleet.report.read.bundle import read_bundles

    files = {"exit": str(seen.code), "events.ndjson": seen.events, "effects.ndjson": seen.effects}
    with TemporaryDirectory(prefix="up-") as folder:
        bundle = Path(folder) / stack_name
        bundle.mkdir()
        for name, text in files.items():
            (bundle / name).write_text(text, encoding="utf-8")
        [stack] = build(read_bundles([bundle], [])).stacks
    return stack


def _told(stack: StackReport) -> str:
    """Say what changes and what that costs; what it erases is said and returned, "" for nothing."""
    from fleet.report.forms import words
    from fleet.report.judge.heading import counts
    from fleet.report.phrases import plain

    click.echo(f"stack '{stack.stack}': {', '.join(counts(stack.changes))}; a month: {words.cost(stack)}")
    if not any(change.erased or change.perhaps_erased for change in stack.changes):
        return ""
    erased = plain(words.destroyed(stack))
    click.echo(f"erased: {erased}")
    return erased


def _agree(stack: str, erased: str) -> None:
    """Raises BadSettings."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or "CI" in os.environ:
        raise BadSettings(f"stack '{stack}': this would erase {erased}, and {NOBODY_TO_ASK}")
    if not click.confirm("Erase that, and go on?"):
        raise BadSettings(
            f"stack '{stack}': not confirmed. Nothing was done. Next: fleet preview shows each change."
        )
