from __future__ import annotations

import os
import re
import sys
from itertools import pairwise
from pathlib import Path

from hypothesis import given, strategies as st

from fleet.engine.hearing import LastWords, run
from fleet.engine.lock_wait import LockWait
from tests.killing import Process, _started
from tests.until import GIVE_UP_S

NOISE = "SDK 2026/11/24 07:04:08 WARN Response has no supported checksum. Not validating response payload.\n"
LINES = st.lists(
    st.sampled_from(
        ["engine: embedded\n", "warning: x\n", NOISE, "err\n", "errors: 2\n", "\n", "déjà\n", "ask (y/n) "]
    ),
    max_size=6,
)
ENDS = st.sampled_from(
    ["", "error: it failed\n", "error: a\n  more\n", "\x1b[31merror: \x1b[0mred\n", "error: cut"]
)


@given(before=LINES, end=ENDS, cuts=st.lists(st.integers(0, 300), max_size=8))
def test_however_it_arrives_everything_but_last_errors_and_noise_is_shown(
    before: list[str], end: str, cuts: list[int]
) -> None:
    text = "".join(before)
    text = text if not text or text.endswith("\n") else f"{text}\n"
    whole = text + end
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    heard = LastWords()

    shown = "".join(heard.feed(whole[start:stop]) for start, stop in pairwise(places))

    assert shown == re.sub(f"^{re.escape(NOISE)}", "", text, flags=re.MULTILINE)
    assert heard.said == whole
    assert heard.release() == end


def test_a_question_without_a_line_end_is_shown_at_once() -> None:
    assert LastWords().feed("Do you want to perform this update? (yes/no) ") != ""


def test_a_command_that_goes_on_after_an_error_is_not_hushed(tmp_path: Path) -> None:
    shown: list[str] = []
    program = (
        "import os, sys, time; print('error: early', file=sys.stderr, flush=True)\n"
        f"for _ in range({GIVE_UP_S} * 50):\n"
        "    os.path.exists('seen') and sys.exit(3)\n"
        "    time.sleep(0.02)"
    )

    def show(text: str) -> None:
        shown.append(text)
        if "early" in text:
            (tmp_path / "seen").touch()

    code, heard = run([sys.executable, "-c", program], os.environ, tmp_path, show)

    assert code == 3, "the error was shown only after the command had given up waiting for that"
    assert heard.held == ""
    assert "error: early\n" in shown


def test_what_a_command_leaves_running_does_not_keep_its_starter_waiting(tmp_path: Path) -> None:
    child = "import subprocess, sys; p = subprocess.Popen(['sleep', '600']); print(p.pid, file=sys.stderr, flush=True)"
    shown: list[str] = []

    code, _ = run([sys.executable, "-c", child], os.environ, tmp_path, shown.append)

    pid = int("".join(shown))
    left = Process(pid, _started(pid))
    still_runs = left.started != "" and left.lives
    left.kill()
    assert code == 0
    assert still_runs


def test_the_last_words_of_a_command_are_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    program = "import sys; print('before', file=sys.stderr); sys.exit('error: no such thing')"

    code = LockWait(tell=told.append).run(
        "dev", "", lambda: run([sys.executable, "-c", program], os.environ, tmp_path, told.append)
    )

    assert code == 1
    assert [line.strip() for line in told if line] == ["before", "error: no such thing"]
