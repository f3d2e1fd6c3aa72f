"""`page` and `page_size`, and the envelope that lists come in.

Source: API page "Pagination"; recordings ExampleListKernels_all, ExampleListImages_notfound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from emulators.linode_api.errors import ApiError, Problem

DEFAULT_PAGE_SIZE = 100
SMALLEST_PAGE_SIZE = 25
LARGEST_PAGE_SIZE = 500


def envelope(
    rows: Sequence[Any], query: Mapping[str, str], *, zero_when_empty: bool = False
) -> dict[str, Any]:
    """One page of `rows`.

    An empty list says page 1 of 1; with `zero_when_empty` (/images under a filter) page 0 of 0.
    A page past the last one is empty (the real answer to that is not known).
    Raises ApiError 400 on `page` or `page_size`.
    """
    page, page_size = page_numbers(query)
    if not rows and zero_when_empty:
        return {"data": [], "page": 0, "pages": 0, "results": 0}
    pages = max(1, -(-len(rows) // page_size))
    if page > 2**64 // page_size:
        page = pages
    first = (page - 1) * page_size
    return {"data": list(rows[first : first + page_size]), "page": page, "pages": pages, "results": len(rows)}


def page_numbers(query: Mapping[str, str]) -> tuple[int, int]:
    problems: list[Problem] = []
    page = whole_number(query.get("page", "1"))
    if page is None or page < 1:
        problems.append(("page", "Must be 1 or greater"))
    page_size = whole_number(query.get("page_size", str(DEFAULT_PAGE_SIZE)))
    if page_size is None or not SMALLEST_PAGE_SIZE <= page_size <= LARGEST_PAGE_SIZE:
        problems.append(("page_size", f"Must be {SMALLEST_PAGE_SIZE}-{LARGEST_PAGE_SIZE}"))
    if problems or page is None or page_size is None:
        raise ApiError(400, problems)
    return page, page_size


def whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 40 else None
