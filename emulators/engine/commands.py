"""``up``, ``preview``, ``refresh`` and ``destroy``: preview, question, update, and the exit code."""

from __future__ import annotations

import argparse
import sys

from emulators.engine.digest import Digest
from emulators.engine.errors import EngineError, NotSupported, UnexpectedChanges
from emulators.engine.redaction import Redactor
from emulators.engine.stack import Stack
from emulators.engine.text import Text
from emulators.engine.update import Kind, UpdateOptions, UpdateResult, default_parallel, run_update
from emulators.engine.workspace import Workspace, announce, asked_yes, has_terminal, open_workspace

KINDS: dict[str, Kind] = {"up": "update", "preview": "update", "refresh": "refresh", "destroy": "destroy"}


class NeedsYes(EngineError):
    """Nobody can be asked."""

    def __init__(self, command: str) -> None:
        super().__init__(
            "--yes or --skip-preview or --preview-only must be passed in to proceed when running in "
            "non-interactive mode"
        )
        self.exit_code = 1 if command == "refresh" else 2


def run(args: argparse.Namespace) -> int:
    """One command. Raises EngineError."""
    workspace = open_workspace(args)
    command: str = args.command
    only_preview = command == "preview" or args.preview_only
    skip_preview = getattr(args, "skip_preview", False)
    as_json = getattr(args, "json", False)
    yes = getattr(args, "yes", False) or skip_preview
    _check_flags(workspace, command, yes, only_preview, as_json)
    announce(workspace.backend)
    stack = workspace.open()
    if only_preview or not skip_preview:
        result = _run(stack, args, preview=True, as_json=as_json and only_preview)
        if result.errors:
            return 1
        if only_preview:
            _check_expected(args, result, "preview" if command != "refresh" else "refresh")
            return 0
        if not yes and not asked_yes(f"Do you want to perform this {KINDS[command]}?"):
            raise EngineError(f"{KINDS[command]} was not confirmed; nothing was done")
    result = _run(stack, args, preview=False, as_json=False)
    if result.errors:
        return 1
    _check_expected(args, result, KINDS[command])
    return 0


def _check_flags(workspace: Workspace, command: str, yes: bool, only_preview: bool, as_json: bool) -> None:
    if as_json and not only_preview:
        raise NotSupported(
            "--json is supported with preview and --preview-only by the embedded engine. Next: use pulumi"
        )
    if not yes and not only_preview and not (workspace.interactive and has_terminal()):
        raise NeedsYes(command)


def _check_expected(args: argparse.Namespace, result: UpdateResult, name: str) -> None:
    if args.expect_no_changes and result.changes:
        raise UnexpectedChanges(f"no changes were expected for {name} but changes were proposed")


def _run(stack: Stack, args: argparse.Namespace, *, preview: bool, as_json: bool) -> UpdateResult:
    kind = KINDS[args.command]
    options = UpdateOptions(
        kind=kind,
        preview=preview,
        parallel=args.parallel if args.parallel > 0 else default_parallel(),
        refresh=getattr(args, "refresh", False),
        clear_pending_creates=getattr(args, "clear_pending_creates", False),
        continue_on_error=getattr(args, "continue_on_error", False),
        message=args.message,
    )
    redactor = Redactor()
    if as_json:
        digest = Digest(stack.config_properties(), redactor)
        result = run_update(stack, options, digest, redactor)
        print(digest.text(result))
        return result
    text = Text(sys.stdout, kind, preview, stack.project.name, stack.name, redactor, args.diff)
    result = run_update(stack, options, text, redactor)
    text.finish(result, show_outputs=not args.suppress_outputs)
    return result
