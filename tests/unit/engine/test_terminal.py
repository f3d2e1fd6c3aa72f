"""What a person sees at a terminal while a run goes on, and when it has ended."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from emulators.engine.commands.workspace import is_watched
from emulators.engine.display.terminal import MOST_SHOWN, Terminal
from emulators.engine.plan.options import Options, Result, RunInfo
from emulators.engine.plan.steps import Op, Step
from emulators.engine.run.events import Diagnostic, Event, Progress, Redactor, StepBegun, StepBroke, StepEnded
from emulators.engine.state.checkpoint import Resource
from providers.linode.project import PROJECT

TYPE = "pulumi-python:dynamic/linode:Instance"
WIDTH = 80


class Screen:
    """A terminal of 80 columns, what is printed for good, and what is shown for now."""

    def __init__(self, *, preview: bool = False) -> None:
        stack: Any = SimpleNamespace(name="dev", project=SimpleNamespace(name="shop"))
        options = Options("update", preview=preview, parallel=4)
        info = RunInfo(stack, Any, options)  # type: ignore[arg-type]
        self.file = io.StringIO()
        self.console = Console(file=self.file, force_terminal=True, width=WIDTH, _environ={})
        self.terminal = Terminal(self.console, info, Redactor(), diff=False, show_outputs=True)

    def tell(self, *events: Event) -> None:
        for event in events:
            self.terminal(event)

    def now(self) -> list[str]:
        plain = Console(file=io.StringIO(), width=WIDTH)
        with plain.capture() as capture:
            plain.print(self.terminal.now())
        return capture.get().splitlines()

    def printed(self) -> str:
        return self.file.getvalue()


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen()
    yield made
    made.terminal.close()


def step(name: str, op: Op = "create") -> Step:
    urn = f"urn:pulumi:dev::shop::{TYPE}::{name}"
    return Step(op, urn, None, Resource(urn, TYPE, custom=True))


def error(message: str, urn: str = "") -> Diagnostic:
    return Diagnostic("error", message, urn)


def test_what_has_begun_is_shown_until_it_is_done(screen: Screen) -> None:
    screen.tell(StepBegun(step("web-1")), StepBegun(step("web-2")), Progress("0/2 running, 2 booting"))
    before, printed = screen.now(), screen.printed()

    screen.tell(StepEnded(step("web-1"), "create", 12.34))

    assert before[0].split("  ")[-1].strip() == "0 done, 2 under way: 0/2 running, 2 booting"
    assert [line.rsplit(" ", 1)[0] for line in before[1:]] == [
        " +  linode:Instance web-1 creating",
        " +  linode:Instance web-2 creating",
    ]
    assert "web-1" not in printed.partition("\x1b[?25h")[0]
    assert "linode:Instance web-1 created (12.34s)" in screen.printed()
    bar, _, text = screen.now()[0].partition(" ")
    assert (bar, text.strip()) == ("━" * 10, "1 done, 1 under way: 0/2 running, 2 booting")


def test_what_is_said_of_a_step_stands_behind_it_in_one_line(screen: Screen) -> None:
    said = "waits for the API's limit, " * 9

    screen.tell(StepBegun(step("web-1")), Progress(said, step("web-1").urn))

    assert "creating 0s  waits for" in screen.now()[1]
    assert all(len(line) <= WIDTH for line in screen.now())


def test_what_is_said_of_the_whole_run_is_read_to_its_end(screen: Screen) -> None:
    said = (
        "interrupted: what is under way ends first. Ctrl-C again ends at once, and leaves it to the next run"
    )

    screen.tell(StepBegun(step("web-1")), Progress(said))

    assert said in " ".join(" ".join(screen.now()[:-1]).split())
    assert all(len(line) <= WIDTH for line in screen.now())


def test_a_urn_stays_whole_for_it_is_typed_again(screen: Screen) -> None:
    one = step("web-1")
    screen.tell(error(f"`pulumi state unprotect '{one.urn}'` frees {TYPE} web-1", one.urn))

    screen.terminal.finish(Result({}, 1, 2.0))

    assert f"unprotect '{one.urn}'` frees linode:Instance web-1" in screen.printed()


def test_the_longest_waits_are_shown_and_the_others_counted(screen: Screen) -> None:
    screen.tell(*(StepBegun(step(f"web-{n}")) for n in range(20)))

    assert len(screen.now()) == 1 + MOST_SHOWN + 1
    assert screen.now()[-1].strip() == f"and {20 - MOST_SHOWN} more"


def test_an_error_is_told_once_and_what_only_says_that_there_was_one_is_not(screen: Screen) -> None:
    one = step("web-1")

    screen.tell(StepBegun(one), error("label: too long", one.urn), StepBroke(one))
    screen.tell(error("an unhandled error occurred: program exited with code 1"), error("update failed"))
    screen.terminal.finish(Result({}, 1, 2.0))

    assert screen.printed().count("label: too long") == 1
    assert "**creating failed**" in screen.printed()
    assert "unhandled" not in screen.printed()
    assert "update failed" not in screen.printed()


def test_an_error_that_stands_alone_is_told_whatever_it_says(screen: Screen) -> None:
    screen.tell(error("update failed"))
    screen.terminal.finish(Result({}, 1, 2.0))

    assert "error: update failed" in screen.printed()


def test_an_error_of_a_provider_is_told_whatever_it_says(screen: Screen) -> None:
    screen.tell(error("update failed", step("web-1").urn), error("label: too long", step("web-2").urn))
    screen.terminal.finish(Result({}, 2, 2.0))

    assert screen.printed().count("error: update failed") == 1


def test_what_is_unchanged_is_not_counted(screen: Screen) -> None:
    for op in ("same", "create"):
        made = step(f"to-{op}", op)
        screen.tell(StepBegun(made), StepEnded(made, made.op, 1.0))

    assert screen.now() == ["1 done"]


@pytest.mark.parametrize(("preview", "told"), [(False, 1), (True, 0)])
def test_an_update_that_was_interrupted_says_what_to_type(preview: bool, told: int) -> None:
    screen = Screen(preview=preview)

    screen.terminal.finish(Result({}, 1, 2.0, cancelled=True))

    assert screen.printed().count("Next: the same command again.") == told


TWICE = """
import os, signal, threading, time
from emulators.engine.run.update import _interrupts

first = threading.Event()
with _interrupts(first.set, lambda: print("lock freed", flush=True)):
    os.kill(os.getpid(), signal.SIGINT)
    first.wait()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
"""


def test_a_second_ctrl_c_ends_at_once_and_says_what_to_type() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWICE], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (1, "lock freed\n")
    assert done.stderr.strip().startswith("error: ended at once")
    assert "Next: the same command again" in done.stderr


def test_marks_have_colours(screen: Screen) -> None:
    for op in ("create", "delete"):
        made = step(f"to-{op}", op)
        screen.tell(StepBegun(made), StepEnded(made, made.op, 1.0))

    assert "\x1b[32m +  linode:Instance to-create created" in screen.printed()
    assert "\x1b[31m -  linode:Instance to-delete deleted" in screen.printed()


@pytest.mark.parametrize(
    ("variables", "watched"), [({}, True), ({"CI": "true"}, False), ({"TERM": "dumb"}, False)]
)
def test_nothing_is_written_over_where_that_can_not_be(
    variables: dict[str, str], watched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(isatty=lambda: True))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert is_watched() is watched
