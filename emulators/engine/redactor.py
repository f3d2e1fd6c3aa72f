"""Secrets out of every text: the values that must not be shown, and their replacement."""

from __future__ import annotations

import threading

from emulators.engine.values import Secret, Value, leaves, mapped, unwrap

SHORTEST = 3  # shorter ones would turn ordinary text into noise
MARK = "[secret]"


class Redactor:
    """Knows secret texts and takes them out of what is shown. Safe to use from many threads."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._lock = threading.Lock()

    def learn(self, value: Value) -> None:
        """Remember every text in a secret, at any depth of the value."""
        secrets = [leaf for leaf in leaves(value, but="__provider") if isinstance(leaf, Secret)]
        texts = leaves(unwrap(secrets), but="__provider")
        with self._lock:
            self._texts |= {text for text in texts if isinstance(text, str) and len(text) >= SHORTEST}

    def redact(self, text: str) -> str:
        with self._lock:
            known = [secret for secret in self._texts if secret in text]
        for secret in sorted(known, key=len, reverse=True):
            text = text.replace(secret, MARK)
        return text

    def redact_value(self, value: Value) -> Value:
        """A plain JSON value with the texts taken out of all of its strings."""
        return mapped(value, lambda leaf: self.redact(leaf) if isinstance(leaf, str) else leaf)
