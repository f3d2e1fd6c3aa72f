"""The provider processes of one run: one for each provider reference, started when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from emulators.engine.children import Child, OnLine
from emulators.engine.provider_process import Provider
from emulators.engine.values import Properties, same


@dataclass
class Providers:
    """The provider processes of one run, by provider reference."""

    start: Callable[[], Child]
    on_line: OnLine = lambda _line, _is_error: None
    _spare: Child | None = None
    _running: dict[str, Provider] = field(default_factory=dict)
    _configs: dict[str, Properties] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def warm_up(self) -> None:
        """Start a process before it is known for which provider."""
        self._spare = self.start()

    def declare(self, reference: str, config: Properties) -> None:
        """How the provider of that reference is configured when it is first needed."""
        with self._lock:
            running = self._running.get(reference)
            if running is not None and not same(self._configs.get(reference, {}), config):
                running.close()
                del self._running[reference]
            self._configs[reference] = config

    def knows(self, reference: str) -> bool:
        return reference in self._configs

    def get(self, reference: str) -> Provider:
        with self._lock:
            if reference not in self._running:
                child, self._spare = self._spare or self.start(), None
                config = self._configs.get(reference, {})
                self._running[reference] = Provider(child, reference, config, self.on_line)
            return self._running[reference]

    def close(self) -> None:
        with self._lock:
            for provider in self._running.values():
                provider.close()
            if self._spare is not None:
                self._spare.stop(0.2)
            self._running.clear()
            self._spare = None


def start_provider(python: str, folder: Path, engine_address: str, extra: dict[str, str]) -> Child:
    return Child(python, ["provider", engine_address], folder, extra)
