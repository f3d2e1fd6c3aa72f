"""A finding before it is put in order among those of all stacks."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.report.model import Verdict
from fleet.report.phrases import Phrase


@dataclass(frozen=True)
class Point:
    """A finding before it is put in order. short: for the stack's row and the heading."""

    verdict: Verdict
    title: Phrase
    text: Phrase
    short: Phrase
