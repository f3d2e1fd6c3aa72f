"""What an `up` would do, in two lines: what changes and what that costs, and what it erases. A preview ends with them.
`up` of stack `local` begins with them, and asks where something is erased; of another stack it shows the preview, and
asks where anything changes.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from fleet.engine import locks
from fleet.engine.messages import NOBODY_TO_ASK, locked_line
from fleet.engine.settled import ran_since_changed
from providers.linode.api.advice import typed
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.core import state_files
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
    """Say what comes, and ask. None to go on, else the exit code: of a preview that failed, or 0 where there is nothing
    to do.

    Raises BadSettings where nobody agrees, where the settings are wrong, and where another run holds the stack.
    """
    if not UNSEEN.isdisjoint(run.rest):
        return None
    _judge_settings(run)
    _refuse_locked(run)
    only_seen = replace(run, rest=tuple(word for word in run.rest if word not in NOT_OF_PREVIEWS))
    return _of_local(run, only_seen) if run.stack == LOCAL_STACK else _of_another(run, only_seen)


def is_engines(run: Run) -> bool:
    """Whether an `up` leaves it to the engine to preview, and to ask."""
    return run.stack != LOCAL_STACK and not (UNSEEN | OWN_FORMS).isdisjoint(run.rest)


def _of_another(run: Run, only_seen: Run) -> int | None:
    if is_engines(run):
        return None
    has_agreed = not AGREED.isdisjoint(run.rest)
    if not (has_agreed or _may_ask()):
        raise BadSettings(f"stack '{run.stack}': {NOBODY_TO_ASK}")
    code, stack = _shown(only_seen)
    if code:
        return code
    if not has_agreed and not (stack and _is_quiet(stack)):
        _agree(run.stack, "Go on?")
    return None


def _of_local(run: Run, only_seen: Run) -> int | None:
    stack = _previewed(only_seen)
    if not stack.complete:
        return only_seen.verb("preview", "--suppress-outputs") or FAILED  # which says why
    erased = _told(stack)
    if erased and AGREED.isdisjoint(run.rest):
        if not _may_ask():
            raise BadSettings(f"stack '{run.stack}': this would erase {erased}, and {NOBODY_TO_ASK}")
        _agree(run.stack, "Erase that, and go on?")
    is_all = AGREED.issuperset(run.rest)  # further words may want something else of the update
    return 0 if is_all and _is_quiet(stack) and ran_since_changed(run) else None


def shown(run: Run) -> int:
    """A preview, and below it what all of it comes to; the preview's exit code."""
    if not OWN_FORMS.isdisjoint(run.rest):
        return run.verb("preview", "--suppress-outputs")
    _judge_settings(run)
    return _shown(run)[0]


def _judge_settings(run: Run) -> None:
    """Raises BadSettings: what is wrong with them is told once here, and by an engine at every line of the stack."""
    from stacks.settings import parse
    from stacks.sources import environments, of_files

    if run.stack == LOCAL_STACK or (run.stack in environments() and not run.config_file):
        parse(of_files(run.stack), run.stack)


def _refuse_locked(run: Run) -> None:
    """Raises BadSettings before anything is previewed; who wants to wait does so where the engine is refused."""
    folder = state_files.folder(run.env, run.engine.project)
    held = locks.of_stack(folder, run.project_name, run.stack) if folder else []
    if held and not run.env.get("LOCK_WAIT"):
        raise BadSettings(locked_line(run.stack, held))


def _shown(run: Run) -> tuple[int, StackReport | None]:
    """The preview's exit code, and what it comes to, which is told; None where it is not known."""
    from fleet.engine.previews import watched

    seen = watched(run, "--suppress-outputs")
    if seen.code or not (stack := _judged(run.stack, seen)).complete:
        return seen.code, None
    _told(stack)
    return seen.code, stack


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


def _may_ask() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and "CI" not in os.environ


def _agree(stack: str, question: str) -> None:
    """Raises BadSettings, for Ctrl-C as well."""
    agreed = False
    with suppress(click.Abort):
        agreed = click.confirm(question)
    if not agreed:
        todo = f"{typed('preview', stack, '--diff')} shows each change"
        raise BadSettings(f"stack '{stack}': not confirmed. Nothing was done. Next: {todo}.")
