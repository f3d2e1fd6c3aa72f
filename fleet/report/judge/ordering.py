"""The order of promotion: stacks as they are named, else by what their names usually mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

USUAL = ("local", "dev", "test", "qa", "staging", "prod")
_MIDDLE = 3.5


def position(stack: str, expected: Sequence[str]) -> tuple[float, str]:
    """A key to sort stacks by: expected ones first, in that order; `prod-eu` goes with `prod`."""
    if stack in expected:
        return (-len(expected) + expected.index(stack), "")
    family = re.split(r"[-_.]", stack, maxsplit=1)[0]
    return (USUAL.index(family) if family in USUAL else _MIDDLE, stack)
