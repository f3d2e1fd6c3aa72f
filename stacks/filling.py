"""Values of the stack in labels and user data: `{n}` in the one, `${fleet.n}` in the other, which has other braces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from providers.linode.nearest import did_you_mean

IN_LABELS = re.compile(r"\{(\w*)\}")
IN_USER_DATA = re.compile(r"\$\{fleet\.([\w.]*)\}")
NAMES = ("project", "stack", "group", "n", "name", "region", "type")
"""`n`: a server's number in its group, or what it is adopted by; `name`: `<group>-<n>`; ids of region and type."""


def unknown(text: str, form: re.Pattern[str]) -> Iterator[str]:
    """What is wrong with a text's places: those that have no value, each with the nearest that has one."""
    for match in form.finditer(text):
        if match.group(1) not in NAMES:
            near = did_you_mean(match.group(1), NAMES) or f": known are {', '.join(NAMES)}"
            yield f"{match.group()} has no value{near}"


def filled(text: str, form: re.Pattern[str], values: Mapping[str, object]) -> str:
    """The text with the values of one server. `values`: by NAMES."""
    return form.sub(lambda match: str(values[match.group(1)]), text)
