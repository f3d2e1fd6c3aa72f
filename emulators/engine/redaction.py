"""Secrets out of every text: the values that must not be shown, and their replacement."""

from __future__ import annotations

import threading

from emulators.engine.values import Secret, Value

SHORTEST = 3  # shorter ones would turn ordinary text into noise
MARK = "[secret]"


class Redactor:
    """Knows secret texts and takes them out of what is shown. Safe to use from many threads."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._lock = threading.Lock()

    def learn(self, value: Value, *, inside: bool = False) -> None:
        """Remember every text in a secret, at any depth of the value."""
        if isinstance(value, Secret):
            self.learn(value.value, inside=True)
        elif isinstance(value, dict):
            for key, item in value.items():
                if key != "__provider":
                    self.learn(item, inside=inside)
        elif isinstance(value, list):
            for item in value:
                self.learn(item, inside=inside)
        elif inside and isinstance(value, str) and len(value) >= SHORTEST:
            with self._lock:
                self._texts.add(value)

    def redact(self, text: str) -> str:
        with self._lock:
            known = [secret for secret in self._texts if secret in text]
        for secret in sorted(known, key=len, reverse=True):
            text = text.replace(secret, MARK)
        return text

    def redact_value(self, value: Value) -> Value:
        """A plain JSON value with the texts taken out of all of its strings."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, list):
            return [self.redact_value(item) for item in value]
        if isinstance(value, dict):
            return {key: self.redact_value(item) for key, item in value.items()}
        return value
