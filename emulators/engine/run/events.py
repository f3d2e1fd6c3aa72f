"""What a run tells of itself while it goes: steps, diagnostics, outputs; and secrets out of all that.

The displays listen.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from emulators.engine.plan.steps import Op, Step
from emulators.engine.protocol.monitor import Severity
from emulators.engine.values import Properties, Secret, Value, dump, leaves, mapped, unwrap


@dataclass(frozen=True)
class StepBegun:
    step: Step


@dataclass(frozen=True)
class StepEnded:
    """A step that is done; result is what a refresh turned out to be, else the step's own op."""

    step: Step
    result: Op
    seconds: float = 0.0


@dataclass(frozen=True)
class StepBroke:
    """A step that failed; status as the protocol has it: 0 nothing was done, 1 partly, 2 not known."""

    step: Step
    status: int = 0


@dataclass(frozen=True)
class Diagnostic:
    severity: Severity | Literal["info#err"]
    message: str
    urn: str = ""

    @property
    def prefix(self) -> str:
        return f"{self.severity}: " if self.severity in ("error", "warning") else ""


@dataclass(frozen=True)
class Progress:
    """How far something is: shown while it is under way, and kept nowhere."""

    message: str
    urn: str = ""


@dataclass(frozen=True)
class OutputsSet:
    """A component's outputs arrived, some time after the step that registered it."""

    step: Step


@dataclass(frozen=True)
class StackOutputs:
    """The stack's outputs at the end; with its step, if the program came so far as to give them."""

    old: Properties
    new: Properties
    step: Step | None = None


Event = StepBegun | StepEnded | StepBroke | Diagnostic | Progress | OutputsSet | StackOutputs
Sink = Callable[[Event], None]

SHORTEST = 3  # shorter ones would turn ordinary text into noise
MARK = "[secret]"


class Redactor:
    """Knows secret texts and takes them out of what is shown. Safe to use from many threads."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._lock = threading.Lock()

    def learn(self, value: Value) -> None:
        """Remember every text in a secret, at any depth of the value, also as JSON has it."""
        secrets = [leaf for leaf in leaves(value, but="__provider") if isinstance(leaf, Secret)]
        leaf_texts = (leaf for leaf in leaves(unwrap(secrets), but="__provider") if isinstance(leaf, str))
        texts = {text for text in leaf_texts if len(text) >= SHORTEST}
        with self._lock:
            self._texts |= texts.union(*({dump(text)[1:-1], json.dumps(text)[1:-1]} for text in texts))

    def redact(self, text: str) -> str:
        with self._lock:
            known = [secret for secret in self._texts if secret in text]
        for secret in sorted(known, key=len, reverse=True):
            text = text.replace(secret, MARK)
        return text

    def redact_value(self, value: Value) -> Value:
        """A plain JSON value with the texts taken out of all of its strings."""
        return mapped(value, lambda leaf: self.redact(leaf) if isinstance(leaf, str) else leaf)
