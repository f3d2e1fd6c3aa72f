"""Asked once, however many threads want to know: also when asking fails.

`functools.cached_property` has no lock since Python 3.12, so that threads that arrive together all ask. Here the first
asks and the others wait for its answer. A failure is remembered for a few seconds: whoever comes while the API can't be
reached is told so at once instead of running into the same time limits again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")

FAILS_FOR_S = 5.0
"""Seconds for which a failure is the answer for everybody."""


class Once(Generic[T]):
    """One question and its answer. Safe between threads."""

    def __init__(self, ask: Callable[[], T], now: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._now = ask, now
        self._lock = threading.Lock()
        self._answer: list[T] = []
        self._failure: Exception | None = None
        self._failed_at = 0.0

    def __call__(self) -> T:
        """The answer. Raises what asking raises, and the same again for whoever comes within `FAILS_FOR_S`."""
        if self._answer:
            return self._answer[0]
        with self._lock:
            if self._answer:
                return self._answer[0]
            if self._failure is not None and self._now() - self._failed_at < FAILS_FOR_S:
                raise self._failure
            try:
                self._answer.append(self._ask())
            except Exception as error:
                self._failure, self._failed_at = error, self._now()
                raise
            self._failure = None
            return self._answer[0]

    def forget(self) -> None:
        """Have it asked again."""
        with self._lock:
            self._answer.clear()
            self._failure = None


class once(Generic[T]):  # noqa: N801 - used as a decorator, as `property` is
    """A property whose value is asked for once an object, by `Once`."""

    def __init__(self, ask: Callable[[Any], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self.__doc__ = ask.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._key = f"_once_{name}"

    @staticmethod
    def forget(instance: object, name: str) -> None:
        """Have the property of that name asked for again."""
        vars(instance).pop(f"_once_{name}", None)

    @overload
    def __get__(self, instance: None, owner: type) -> once[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object, owner: type) -> once[T] | T:
        if instance is None:
            return self
        values = vars(instance)
        question: Once[T] | None = values.get(self._key)
        if question is None:
            with self._lock:
                question = values.setdefault(self._key, Once(lambda: self._ask(instance)))
        return question()


class OnceEach(Generic[T]):
    """One answer a key. `ask` gets what is asked with, the key alone if there is nothing else."""

    def __init__(self, ask: Callable[[Any], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._questions: dict[object, Once[T]] = {}

    def __call__(self, key: object, about: object = None) -> T:
        with self._lock:
            question = self._questions.setdefault(
                key, Once(lambda: self._ask(key if about is None else about))
            )
        return question()

    def forget(self, key: object) -> None:
        """Have it asked again."""
        with self._lock:
            self._questions.pop(key, None)
