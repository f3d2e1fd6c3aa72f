"""Who listens to a run: the text, the digest or the event stream, and the event log beside them.

``preview --json`` gives the digest, or the stream if PULUMI_ENABLE_STREAMING_JSON_PREVIEW is set; every
other run with ``--json`` gives the stream. Each run begins the event log anew, as the real command line does.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass

from emulators.engine.display.digest import Digest
from emulators.engine.display.event_stream import EventStream
from emulators.engine.display.text import Text
from emulators.engine.redactor import Redactor
from emulators.engine.run.events import Event
from emulators.engine.run.options import UpdateOptions, UpdateResult
from emulators.engine.run.update import run_update
from emulators.engine.state.stack import Stack


@dataclass(frozen=True)
class View:
    """What the flags ask to see of a run."""

    json: bool = False
    diff: bool = False
    outputs: bool = True
    event_log: str | None = None


def run_displayed(stack: Stack, options: UpdateOptions, view: View) -> UpdateResult:
    """One run with what is asked to be seen of it."""
    redactor = Redactor()
    config = stack.config().properties()
    streamed = os.environ.get("PULUMI_ENABLE_STREAMING_JSON_PREVIEW", "").lower() in ("1", "true")
    listeners: list[Text | Digest | EventStream] = []
    with ExitStack() as files:
        if not view.json:
            names = (stack.project.name, stack.name)
            text = Text(sys.stdout, options, *names, redactor, diff=view.diff, show_outputs=view.outputs)
            listeners.append(text)
        elif options.preview and not streamed:
            listeners.append(Digest(config, redactor))
        else:
            listeners.append(EventStream(_write_line, config, redactor, options))
        if view.event_log:
            file = files.enter_context(open(view.event_log, "w", encoding="utf-8", buffering=1))
            listeners.append(EventStream(file.write, config, redactor, options, internal=True))

        def tell(event: Event) -> None:
            for listener in listeners:
                listener(event)

        result = run_update(stack, options, tell, redactor)
        for listener in listeners:
            listener.finish(result)
    return result


def _write_line(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()
