"""``up``, ``preview``, ``refresh``, ``destroy`` and ``import``: preview, question, update, and the exit code.

``preview --json`` gives the digest, or the stream if PULUMI_ENABLE_STREAMING_JSON_PREVIEW is set; every
other run with ``--json`` gives the stream. Each run starts the event log over, as the real command line does.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from emulators.engine.commands.stack import remove
from emulators.engine.commands.workspace import Workspace, announce, asked_yes, is_watched
from emulators.engine.display.digest import Digest
from emulators.engine.display.event_stream import EventStream
from emulators.engine.display.text import Text
from emulators.engine.errors import EngineError, UnexpectedChanges
from emulators.engine.plan.import_file import Import, parse
from emulators.engine.plan.options import Kind, Options, Result, RunInfo
from emulators.engine.plan.targets import Targets, unprotected
from emulators.engine.run.events import Event, Redactor
from emulators.engine.run.update import run_update
from emulators.engine.state.config import holds_settings
from emulators.engine.state.stack import Stack

KINDS: dict[str, Kind] = {
    "up": "update", "preview": "update", "refresh": "refresh", "destroy": "destroy", "import": "resource-import",
}  # fmt: skip


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
    workspace, kind = Workspace(args), KINDS[args.command]
    backend = workspace.backend
    only_preview = args.command == "preview" or bool(args.preview_only)
    yes = _unasked(args, workspace, only_preview=only_preview)
    if args.command == "import":
        _check_import(args)
    announce(backend)
    stack = workspace.open()
    imports = _imports(stack, args) if args.command == "import" else ()
    protected = _leave_protected(stack, args) if args.exclude_protected else 0
    if protected and not args.target:
        print(f"There were no unprotected resources to destroy. {_still(protected)}")
        return 0
    if only_preview or not args.skip_preview:
        result = _run(stack, _options(args, kind, imports, preview=True), args)
        if not (only_preview or result.errors or yes or asked_yes(f"Do you want to perform this {kind}?")):
            raise EngineError(f"{kind} was not confirmed; nothing was done")
    if not only_preview and (args.skip_preview or not result.errors):
        result = _run(stack, _options(args, kind, imports, preview=False), args)
    if result.errors:
        return 1
    if protected and not (only_preview or args.json):
        print(f"All unprotected resources were destroyed. {_still(protected)}")
    if args.remove and not (only_preview or args.target):
        _remove(workspace, stack, args)
    if args.expect_no_changes and result.changes:
        name = "preview" if only_preview and kind != "refresh" else kind
        raise UnexpectedChanges(f"no changes were expected for {name} but changes were proposed")
    return 0


def _remove(workspace: Workspace, stack: Stack, args: argparse.Namespace) -> None:
    """Forget a stack without resources; what people wrote of it stays."""
    keep = bool(args.preserve_config) or holds_settings(stack.config_file)
    remove(workspace, stack.files, keep_settings=keep)
    if not args.json:
        settings = f"{stack.config_file.name} stays" if keep else "the configuration too"
        print(f"The resources in the stack have been deleted, the history too; {settings}.")


def _unasked(args: argparse.Namespace, workspace: Workspace, *, only_preview: bool) -> bool:
    """Whether nobody is to be asked. Raises NeedsYes where somebody is, and nobody is there."""
    yes = bool(args.yes or args.skip_preview)
    if not (yes or only_preview or workspace.can_ask()):
        raise NeedsYes(args.command)
    return yes


def _leave_protected(stack: Stack, args: argparse.Namespace) -> int:
    """Make targets of all that isn't protected; how many are left. Raises EngineError."""
    if args.target:
        raise EngineError("--exclude-protected and --target exclude each other. Next: leave one of them out")
    entries = stack.read().resources
    free = unprotected(entries)
    if left := len({entry.urn for entry in entries} - {*free}):
        args.target = [*free]
    return left


def _still(protected: int) -> str:
    return f"There are still {protected} protected resources associated with this stack."


def _check_import(args: argparse.Namespace) -> None:
    if args.resource or not args.file:
        raise EngineError(
            "importing by type, name and id does not work with Python dynamic providers, on no engine: they "
            "cannot read by id alone. Next: import --file <file>, with inputs and outputs of each resource"
        )
    if args.generate_code:
        raise EngineError(
            "code is not generated by the embedded engine. Next: pass --generate-code=false and write the "
            "resources into the program"
        )


def _imports(stack: Stack, args: argparse.Namespace) -> tuple[Import, ...]:
    try:
        text = Path(args.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"could not read import file: {args.file}: {error}") from error
    return tuple(parse(text, stack.name, stack.project.name, stack.crypter.decrypt))


def _options(args: argparse.Namespace, kind: Kind, imports: tuple[Import, ...], *, preview: bool) -> Options:
    both = args.target_replace or []
    targets = (*(args.target or []), *both)
    return Options(
        kind=kind,
        preview=preview,
        parallel=args.parallel or _parallel_by_default(),
        refresh=bool(args.refresh),
        clear_pending_creates=bool(args.clear_pending_creates),
        continue_on_error=bool(args.continue_on_error),
        run_program=bool(args.run_program),
        message=args.message,
        targets=Targets(targets, (*(args.replace or []), *both), bool(args.target_dependents)),
        imports=imports,
        protect=bool(args.protect),
    )


def _run(stack: Stack, options: Options, args: argparse.Namespace) -> Result:
    """One run with what the flags ask to see of it."""
    redactor, info = Redactor(), RunInfo(stack, stack.config(), options)
    streamed = os.environ.get("PULUMI_ENABLE_STREAMING_JSON_PREVIEW", "").lower() in ("1", "true")
    listeners: list[Text | Digest | EventStream] = []
    with ExitStack() as files:
        if not args.json:
            listeners.append(_text(info, redactor, args, files))
        elif options.preview and not streamed:
            listeners.append(Digest(info, redactor))
        else:
            listeners.append(EventStream(_write_line, info, redactor))
        if args.event_log:
            file = files.enter_context(open(args.event_log, "w", encoding="utf-8", buffering=1))
            listeners.append(EventStream(file.write, info, redactor, internal=True))

        def tell(event: Event) -> None:
            for listener in listeners:
                listener(event)

        result = run_update(info, tell, redactor)
        for listener in listeners:
            listener.finish(result)
    return result


def _text(info: RunInfo, redactor: Redactor, args: argparse.Namespace, files: ExitStack) -> Text:
    """Plain lines, or on a terminal what is under way, too."""
    shown = {"diff": args.diff, "show_outputs": not args.suppress_outputs}
    if not is_watched():
        return Text(sys.stdout, info, redactor, **shown)
    from rich.console import Console  # a tenth of a second that only terminals are worth

    from emulators.engine.display.terminal import Terminal

    found = Terminal(
        Console(highlight=False, no_color=args.color == "never" or None), info, redactor, **shown
    )
    files.callback(found.close)
    return found


def _write_line(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def _parallel_by_default() -> int:
    """As the real engine: PULUMI_PARALLEL, else four steps at once for each core."""
    given = os.environ.get("PULUMI_PARALLEL", "")
    return int(given) if given.isdigit() and int(given) > 0 else 4 * (os.cpu_count() or 1)
