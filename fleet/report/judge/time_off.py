"""How long a server is off for a change in place, read from the line that our provider has for it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fleet.report.model import Change
from fleet.report.read.files import SecondsOff
from fleet.report.read.steps import State

KEY = "planned"
"""The provider's input with one line on what it will do: "resize in place from a to b, about 5 min off"."""

_MINUTES = re.compile(r"\babout (\d{1,3}) min off\b")
_COPYING = "off while its disks are copied"


def off_for(state: State | None) -> str:
    """`about 5 min off`, or empty where nothing is said of it. The line itself is not shown: anybody may write it."""
    line = state.inputs.get(KEY) if state else None
    if not isinstance(line, str):
        return ""
    minutes = sum(int(found) for found in _MINUTES.findall(line))
    if _COPYING in line:
        return f"{_COPYING} and about {minutes} min more" if minutes else _COPYING
    return f"about {minutes} min off" if minutes else ""


def told(changes: Iterable[Change]) -> str:
    """Of several servers: each time once, in the order of the servers."""
    found = [_words(change.seconds_off) if change.seconds_off else change.off_for for change in changes]
    return " or ".join(dict.fromkeys(text for text in found if text))


def _words(seconds: SecondsOff) -> str:
    """`off for 3 to 5 min`, `off for 20 to 60 s`."""
    least, most = seconds
    if most <= 90:
        return f"off for {least} to {most} s" if least != most else f"off for about {most} s"
    low, high = max(1, round(least / 60)), round(most / 60)
    return f"off for {low} to {high} min" if low != high else f"off for about {high} min"
