"""An API that understands X-Filter, and reads what its documents leave open so as to lose rows.

It shares no code with the filters that it is there to test.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.catalog_rows import Row


@dataclass(frozen=True)
class Reading:
    """One way in which the API may understand what its documents leave open."""

    ignores_case: bool = False
    trims: bool = False
    ignores_accents: bool = False
    null_is_unequal: bool = True
    words_match: str = "word"  # or a part of one, or the words as one text
    second: str = "whole"  # or a fraction is kept, and is cut or rounded off when the time is shown
    cuts_numbers: bool = False
    backslash_quotes: bool = False
    garbles: bool = (
        False  # what is asked, not what is stored, loses blanks at its ends and letters beyond ASCII
    )


READINGS = (
    Reading(),
    Reading(ignores_case=True),
    Reading(trims=True),
    Reading(ignores_accents=True, ignores_case=True),
    Reading(null_is_unequal=False),
    Reading(words_match="part"),
    Reading(words_match="text"),
    Reading(second="cut"),
    Reading(second="rounded"),
    Reading(cuts_numbers=True),
    Reading(backslash_quotes=True),
    Reading(garbles=True),
    Reading(True, True, True, False, "text", "cut", True, True),
    Reading(True, True, True, False, "part", "rounded", True, True),
)


SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "+eq": operator.eq,
    "+neq": operator.ne,
    "+lt": operator.lt,
    "+lte": operator.le,
    "+gt": operator.gt,
    "+gte": operator.ge,
    "+contains": operator.contains,
}


def api_holds(node: Mapping[str, Any], row: Row, reading: Reading) -> bool:
    """The API's side: an interpreter of X-Filter that knows nothing of ours."""
    return all(_entry_holds(key, wanted, row, reading) for key, wanted in node.items())


def _entry_holds(key: str, wanted: Any, row: Row, reading: Reading) -> bool:
    if key in ("+order", "+order_by"):
        return True
    if key == "+and":
        return all(api_holds(each, row, reading) for each in wanted)
    if key == "+or":
        return any(api_holds(each, row, reading) for each in wanted)
    found: Any = row
    for step in key.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    if not isinstance(wanted, Mapping):
        return _is(found, "+eq", wanted, reading)
    return all(_is(found, sign, value, reading) for sign, value in wanted.items())


def _is(found: Any, sign: str, wanted: Any, reading: Reading) -> bool:
    if found is None:
        return sign == "+neq" and reading.null_is_unequal
    if isinstance(found, list):
        return _in_words([_text(each, reading) for each in found], sign, _text(wanted, reading), reading)
    if isinstance(found, str) and found[:2] == "20":
        found, wanted = _moment(found, reading), _moment(wanted, None)
    elif isinstance(found, str):
        found, wanted = _text(found, reading), _text(_unquoted(wanted, reading), reading)
    elif reading.cuts_numbers and not isinstance(wanted, bool):
        wanted = int(wanted)
    return SIGNS[sign](found, wanted)


def _in_words(words: list[str], sign: str, wanted: str, reading: Reading) -> bool:
    whole = ",".join(words)
    if reading.words_match == "text":
        return wanted in whole if sign == "+contains" else wanted == whole
    if reading.words_match == "part":
        return any(wanted in word for word in words)
    return wanted in words


def _text(value: str, reading: Reading) -> str:
    value = value.lower() if reading.ignores_case else value
    value = value.strip() if reading.trims else value
    return value.replace("Ü", "U").replace("ü", "u") if reading.ignores_accents else value


def _unquoted(value: str, reading: Reading) -> str:
    value = value.replace("\\", "") if reading.backslash_quotes else value
    return value.strip().encode("ascii", "replace").decode() if reading.garbles else value


def _moment(shown: str, reading: Reading | None) -> datetime:
    """What the API keeps behind the time it shows, at its worst."""
    moment = datetime.fromisoformat(shown)
    if reading is None or reading.second == "whole":
        return moment
    return moment + timedelta(milliseconds=900 if reading.second == "cut" else -400)
