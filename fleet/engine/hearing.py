"""Run a command that a person watches, and hear why it failed.

Its standard error is written to a file and not a pipe: a command whose starter was killed goes on undisturbed, and
what it leaves running can't keep the starter waiting.
"""

from __future__ import annotations

import codecs
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from fleet.engine.messages import COLOURS

LOOK_EVERY_S = 0.05
HOLD_FOR_S = 1.0
"""An error that the command goes on after, longer than this, is none of its last words."""

MOST_KEPT = 1 << 16
ERROR = "error: "
NOISE = re.compile(
    r"SDK \S+ \S+ WARN Response has no supported checksum\. Not validating response payload\.\s*"
)
"""Of the library that the real command line reads buckets with, once a request."""


class LastWords:
    """Splits what a command says on standard error: what to show at once, and the errors it may end with. Pure."""

    def __init__(self) -> None:
        self.held = ""
        self._said = ""
        self._line = ""
        self._within = False
        """Whether the beginning of this line was shown already."""

    @property
    def said(self) -> str:
        """The end of everything so far."""
        return self._said + self._line

    def feed(self, text: str) -> str:
        """What to show of the next piece. From a line that begins with `error: ` on it is held back."""
        lines = (self._line + text).splitlines(keepends=True)
        self._line = lines.pop() if lines and not lines[-1].endswith(("\n", "\r")) else ""
        shown = "".join(self._take(line) for line in lines)
        if self._line and not self.held and (self._within or not _may_be_withheld(self._line)):
            shown += self._take(self._line)
            self._line, self._within = "", True
        return shown

    def _take(self, line: str) -> str:
        self._said = (self._said + line)[-MOST_KEPT:]
        within, self._within = self._within, False
        if not within and NOISE.fullmatch(line):
            return ""
        if self.held or (not within and COLOURS.sub("", line).startswith(ERROR)):
            self.held += line
            return ""
        return line

    def release(self) -> str:
        """What was held back, to be shown after all."""
        held, self.held, self._said = self.held + self._line, "", self._said + self._line
        self._line = ""
        return held


def _may_be_withheld(line: str) -> bool:
    """Whether the beginning of a line may turn out to be an error or noise."""
    plain = COLOURS.sub("", line)
    return plain.startswith("\x1b") or any(
        plain[: len(mark)] == mark[: len(plain)] for mark in (ERROR, "SDK ")
    )


def run(
    words: Sequence[str], env: Mapping[str, str], folder: Path, show: Callable[[str], object] | None = None
) -> tuple[int, LastWords]:
    """The exit code, and what the command said last and was not shown yet. Ctrl-C is the command's to handle."""
    show = show or _to_stderr
    heard = LastWords()
    with TemporaryFile() as file:
        process = subprocess.Popen([*words], env=env, cwd=folder, stderr=file)
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            code = _follow(process, file.fileno(), heard, show)
        finally:
            signal.signal(signal.SIGINT, before)
    return code, heard


def _follow(
    process: subprocess.Popen[bytes], file: int, heard: LastWords, show: Callable[[str], object]
) -> int:
    decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
    place, held_since = 0, None
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_EVERY_S)
        code: int | None = process.returncode
        while piece := os.pread(file, MOST_KEPT, place):
            place += len(piece)
            show(heard.feed(decode(piece)))
        if code is not None:
            return code
        now = time.monotonic()
        held_since = (held_since or now) if heard.held else None
        if held_since is not None and now - held_since > HOLD_FOR_S:
            show(heard.release())


def _to_stderr(text: str) -> None:
    if text:
        sys.stderr.write(text)
        sys.stderr.flush()
