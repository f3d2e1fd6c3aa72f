"""A question is asked once, however many threads want to know, and also when asking fails."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest

from providers.linode.api import once as module
from providers.linode.api.once import FAILS_FOR_S, Once, OnceEach, once
from tests.interpreters import interpreters


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Asked:
    """A question that counts how often it is asked, and fails as long as it is told to."""

    def __init__(self, *, fails: bool = False) -> None:
        self.times, self.fails, self._lock = 0, fails, Lock()

    def __call__(self, *_: object) -> int:
        with self._lock:
            self.times += 1
        if self.fails:
            raise OSError("no route")
        return self.times


def test_the_answer_is_kept() -> None:
    asked = Asked()
    question = Once(asked)

    assert (question(), question(), asked.times) == (1, 1, 1)


def test_after_it_is_forgotten_it_is_asked_again() -> None:
    question = Once(Asked())
    question()
    question.forget()

    assert question() == 2


def test_a_failure_is_the_answer_for_five_seconds_and_then_it_is_asked_again() -> None:
    asked, clock = Asked(fails=True), Clock()
    question = Once(asked, clock)
    for _ in range(6):
        with pytest.raises(OSError, match="no route"):
            question()
        clock.seconds += FAILS_FOR_S / 6 - 0.01
    told = asked.times

    clock.seconds += 0.1
    asked.fails = False

    assert (told, question(), asked.times) == (1, 2, 2)


def test_six_that_wait_for_a_failing_answer_are_told_by_one_request() -> None:
    asked, all_there = Asked(fails=True), Barrier(6)
    question = Once(asked, Clock())

    def ask(_: int) -> str:
        all_there.wait()
        with pytest.raises(OSError, match="no route") as caught:
            question()
        return str(caught.value)

    with ThreadPoolExecutor(6) as pool:
        told = set(pool.map(ask, range(6)))

    assert (told, asked.times) == ({"no route"}, 1)


def test_a_property_is_asked_for_once_an_object() -> None:
    class Thing:
        def __init__(self) -> None:
            self.asked = Asked()

        @once
        def answer(self) -> int:
            return self.asked()

    first, second = Thing(), Thing()

    assert (first.answer, first.answer, second.answer) == (1, 1, 1)


def test_each_key_has_its_answer() -> None:
    asked = Asked()
    questions = OnceEach[int](asked)

    assert (questions("a"), questions("b"), questions("a"), asked.times) == (1, 2, 1, 2)


def test_what_is_asked_with_need_not_be_the_key() -> None:
    questions = OnceEach[object](lambda about: about)

    assert questions("key", "about") == "about"


CROWD = """
import importlib.util, json, sys, threading, time
spec = importlib.util.spec_from_file_location("once", sys.argv[1])
once = importlib.util.module_from_spec(spec)
spec.loader.exec_module(once)
count = {"once": 0, "property": 0, "each": 0}

def slowly(name):
    count[name] += 1
    time.sleep(0.05)
    return name

class Thing:
    @once.once
    def answer(self):
        return slowly("property")

question, each, thing = once.Once(lambda: slowly("once")), once.OnceEach(slowly), Thing()
ready = threading.Barrier(32)

def ask():
    ready.wait()
    assert (question(), thing.answer, each("each")) == ("once", "property", "each")

threads = [threading.Thread(target=ask) for _ in range(32)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps(count))
"""


def test_thirty_two_threads_ask_once_under_every_python_that_is_here() -> None:
    for python in interpreters():
        done = subprocess.run(
            [python, "-c", CROWD, module.__file__], capture_output=True, text=True, timeout=600, check=False
        )

        assert done.returncode == 0, (python, done.stderr)
        assert json.loads(done.stdout) == {"once": 1, "property": 1, "each": 1}, python
