"""Commands in advice, as whoever reads it types them."""

from __future__ import annotations

import os
import shlex

TOOL = os.environ.get("CALLED_AS", "fleet")
"""What people call: the Makefile says that it is `make`."""


def typed(verb: str, stack: str = "", *words: str) -> str:
    """A command of the tool, as people who came in that way type it: `make up STACK=dev`, `fleet up --stack dev`."""
    if TOOL == "fleet":
        return " ".join([TOOL, verb, *(["--stack", stack] if stack else []), *words])
    more = [f"ARGS={shlex.quote(' '.join(words))}"] if words else []
    return " ".join([TOOL, verb, *([f"STACK={stack}"] if stack else []), *more])
