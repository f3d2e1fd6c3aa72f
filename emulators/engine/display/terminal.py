"""A run as a person at a terminal sees it: what is done, line by line, and below it what is under way."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text as Styled

from emulators.engine import urns
from emulators.engine.display.text import WORDS, Text
from emulators.engine.plan.options import Result, RunInfo
from emulators.engine.plan.steps import Step
from emulators.engine.run.events import Event, Progress, Redactor, StepBroke, StepEnded

COLOURS = {
    "+ ": "green",
    "++": "green",
    "~ ": "yellow",
    "- ": "red",
    "--": "red",
    "+-": "magenta",
    "= ": "cyan",
}
"""By the mark of a step."""

LONG = re.compile(rf"(?<!::){urns.DYNAMIC_PACKAGE}:dynamic/")
"""What every type of a dynamic provider begins with, and says nothing; in a URN it stays, for that is typed again."""

SECOND_HAND = re.compile(r"an unhandled error occurred: program exited with .*|(?:update|preview) failed")
"""Errors of the stack that only say that there was another one."""

FAILED = re.compile(r"\*\*\w+(?: \w+)? failed\*\*|\*\*failed\*\*")

MOST_SHOWN = 8
BAR_WIDTH = 20
FRAMES_A_SECOND = 4


@dataclass
class _UnderWay:
    """A step that has begun, and what was last said of it."""

    step: Step
    said: str = ""
    since: float = field(default_factory=time.monotonic)

    def line(self) -> Styled:
        words, resource = WORDS[self.step.op], self.step.resource
        seconds = f"{time.monotonic() - self.since:.0f}s"
        text = f" {words.mark} {_short(resource.type)} {resource.name} {words.begun} {seconds}"
        said = f"  {self.said}" if self.said else ""
        return Styled(text + said, style=COLOURS.get(words.mark, ""), no_wrap=True, overflow="ellipsis")


class Terminal(Text):
    """Text, with colours; messages and steps that have begun are shown while they last, errors once, at the end."""

    def __init__(
        self, console: Console, info: RunInfo, redactor: Redactor, *, diff: bool, show_outputs: bool
    ) -> None:
        super().__init__(console.file, info, redactor, diff=diff, show_outputs=show_outputs)
        self._console = console
        self._under_way: dict[str, _UnderWay] = {}
        self._done, self._message = 0, ""
        self._guard = threading.Lock()
        self._live = Live(
            console=console, get_renderable=self.now, transient=True, refresh_per_second=FRAMES_A_SECOND,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip

    def now(self) -> Group:
        """What is under way: a bar with a line for all of it, and a line for each of those that have taken longest."""
        with self._guard:
            going, message = [*self._under_way.values()], self._message
        counted = f"{self._done} done, {len(going)} under way" if going else f"{self._done} done"
        head = Styled(f"{counted}: {message}" if message else counted, style="dim")
        more = (
            [Styled(f"   and {len(going) - MOST_SHOWN} more", style="dim")] if len(going) > MOST_SHOWN else []
        )
        first = _beside_a_bar(self._done, self._done + len(going), head) if going else head
        return Group(first, *(each.line() for each in going[:MOST_SHOWN]), *more)

    def close(self) -> None:
        """Give the terminal back, however the run ended."""
        self._live.stop()

    def finish(self, result: Result) -> None:
        self.close()
        mine = self._diagnostics.get("", [])
        own = [
            each
            for each in mine
            if each.severity != "error" or not SECOND_HAND.fullmatch(each.message.strip())
        ]
        errors = [each for items in self._diagnostics.values() for each in items if each.severity == "error"]
        if len(errors) > len(mine) - len(own):
            self._diagnostics = {key: items for key, items in {**self._diagnostics, "": own}.items() if items}
        super().finish(result)

    def __call__(self, event: Event) -> None:
        super().__call__(event)
        if isinstance(event, StepEnded | StepBroke):
            with self._guard:
                self._under_way.pop(event.step.urn, None)
                self._done += isinstance(event, StepEnded) and event.step.op not in ("same", "read")
        elif isinstance(event, Progress):
            with self._guard:
                going = self._under_way.get(event.urn)
                if going is not None:
                    going.said = event.message
                else:
                    self._message = event.message

    def _start(self) -> None:
        if not self._started:
            super()._start()
            self._live.start()
            self._console.show_cursor(True)  # a second Ctrl-C ends the process without another word

    def _begun(self, step: Step) -> None:
        if self._preview or self._diff or step.op in ("same", "read"):
            super()._begun(step)
        elif step.resource.type != urns.STACK_TYPE:
            with self._guard:
                self._under_way[step.urn] = _UnderWay(step)

    def _last(self, step: Step) -> str:  # noqa: ARG002 - errors are told once, at the end
        return ""

    def _said(self, key: str, text: str) -> None:
        """Told at the end, or as progress below."""

    def _print(self, line: str) -> None:
        line = self._redactor.redact(line)
        self._console.print(Styled(_short(line), style=_style(line)), soft_wrap=True)


def _beside_a_bar(done: int, of: int, text: Styled) -> Table:
    """How much is done of what has begun: how much there will be, nobody knows before the program has ended."""
    row = Table.grid(padding=(0, 1))
    row.add_row(ProgressBar(of, done, width=BAR_WIDTH, complete_style="green", finished_style="green"), text)
    return row


def _short(text: str) -> str:
    return LONG.sub("", text)


def _style(line: str) -> str:
    words = line.split()
    if words[:1] == ["error:"] or FAILED.search(line):
        return "red"
    if words[:1] == ["warning:"]:
        return "yellow"
    return COLOURS.get(f"{line.lstrip()[:2]:2}", "")
