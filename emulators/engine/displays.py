"""Who listens to a run: the text, the digest or the event stream, and the event log beside them.

``preview --json`` gives the digest, or the stream if PULUMI_ENABLE_STREAMING_JSON_PREVIEW is set; every
other run with ``--json`` gives the stream. Each run begins the event log anew, as the real command line does.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack

from emulators.engine.digest import Digest
from emulators.engine.event_stream import EventStream
from emulators.engine.events import Event, Sink
from emulators.engine.redaction import Redactor
from emulators.engine.run_options import UpdateOptions, UpdateResult
from emulators.engine.stack import Stack
from emulators.engine.text import Text
from emulators.engine.update import run_update


def run_displayed(stack: Stack, options: UpdateOptions, args: argparse.Namespace) -> UpdateResult:
    """One run with what the flags ask to see of it."""
    redactor = Redactor()
    config = stack.config_properties()
    with ExitStack() as files:
        listeners: list[Sink] = []
        display: Text | Digest | EventStream
        if not getattr(args, "json", False):
            display = _text(stack, options, args, redactor)
        elif options.preview and not _streams_previews():
            display = Digest(config, redactor)
        else:
            display = EventStream(_write_line, config, redactor, options)
        listeners.append(display)
        log: EventStream | None = None
        if path := getattr(args, "event_log", None):
            file = files.enter_context(open(path, "w", encoding="utf-8", buffering=1))
            log = EventStream(file.write, config, redactor, options, internal=True)
            listeners.append(log)

        def tell(event: Event) -> None:
            for listener in listeners:
                listener(event)

        result = run_update(stack, options, tell, redactor)
        display.finish(result)
        if log is not None:
            log.finish(result)
    return result


def _text(stack: Stack, options: UpdateOptions, args: argparse.Namespace, redactor: Redactor) -> Text:
    return Text(
        sys.stdout,
        options,
        stack.project.name,
        stack.name,
        redactor,
        diff=args.diff,
        show_outputs=not args.suppress_outputs,
    )


def _streams_previews() -> bool:
    return os.environ.get("PULUMI_ENABLE_STREAMING_JSON_PREVIEW", "").lower() in ("1", "true")


def _write_line(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()
