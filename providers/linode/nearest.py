"""The known names that a misspelt one probably meant: for every "did you mean" in the project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

ALIKE = 0.5
"""Below this likeness (0 to 1) a name is no help, only noise."""

MOST_LISTED = 5


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Up to `count` of the known names that look most like `name`, the best first.

    Case does not matter; equal likeness is settled by the alphabet, so the answer does not depend on the
    order of `known`. Empty when nothing comes close.
    """
    wanted = name.casefold()
    scored = sorted((-_likeness(wanted, each.casefold()), each) for each in set(known))
    return [each for score, each in scored[:count] if -score >= ALIKE]


def did_you_mean(name: str, known: Iterable[str], count: int = 3) -> str:
    """` (did you mean a, b or c?)`, to be put behind a sentence; empty when nothing comes close."""
    found = nearest(name, known, count)
    return f" (did you mean {listed(found, 'or')}?)" if found else ""


def listed(words: Sequence[str], joint: str = "and") -> str:
    """`a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} {joint} {last}" if first else last


def nearest_of_unknown(names: Iterable[str], known: Iterable[str]) -> str:
    """`did_you_mean` for the first of the names that is not known; empty when all are."""
    known = set(known)
    return next((did_you_mean(name, known) for name in names if name not in known), "")


def there_are(things: Iterable[tuple[object, str]]) -> str:
    """` (there are 12 web, 13 db)`, ids and labels to be put behind a sentence where no name comes close."""
    found = sorted(f"{id_} {label}".strip() for id_, label in things)
    more = f" and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
    return f" (there are {', '.join(found[:MOST_LISTED]) or 'none'}{more})"


def _likeness(wanted: str, known: str) -> float:
    matcher = SequenceMatcher(None, wanted, known, autojunk=False)
    if matcher.quick_ratio() < ALIKE:
        return 0.0
    return matcher.ratio()
