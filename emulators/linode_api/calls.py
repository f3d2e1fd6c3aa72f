"""A request as an endpoint sees it, and how an endpoint is written down: method, path, scope, answer, limits.

In a path {id} and other words are numbers, {name} is a name that may hold slashes (image and kernel ids),
{address} anything without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulators.linode_api import linodes
from emulators.linode_api.account import Account
from emulators.linode_api.errors import not_found
from emulators.linode_api.filters import Attributes, parse_filter
from emulators.linode_api.limits import Budget
from emulators.linode_api.paging import envelope

Json = dict[str, Any]

NAMED = {"name": ".+", "address": "[^/]+"}


@dataclass(frozen=True)
class Call:
    """One request. `who` is None on public addresses without a valid token; `named` holds the path's ids.

    `scopes` are those of the token, "" without one.
    """

    who: Account | None
    named: Mapping[str, str]
    query: Mapping[str, str]
    filter: str | None
    body: Mapping[str, Any]
    scopes: str = ""

    @property
    def account(self) -> Account:
        if self.who is None:
            raise not_found()
        return self.who

    @property
    def id(self) -> int:
        return int(self.named["id"])

    def number(self, word: str) -> int:
        return int(self.named[word])

    @property
    def name(self) -> str:
        return self.named.get("name") or self.named["address"]

    @property
    def linode(self) -> linodes.Linode:
        return linodes.find_linode(self.account, self.id)

    def page(self, rows: Sequence[Json], attributes: Attributes, *, zero_when_empty: bool = False) -> Json:
        chosen = parse_filter(self.filter, attributes).apply(rows)
        return envelope(chosen, self.query, zero_when_empty=zero_when_empty and self.filter is not None)


Answer = Callable[[Call], Any]


@dataclass(frozen=True)
class Endpoint:
    """`beta`: under /v4beta only. `grant`: what a restricted user needs; None: nothing, "": never allowed."""

    method: str
    pattern: re.Pattern[str]
    scope: str
    answer: Answer
    budgets: tuple[Budget, ...]
    beta: bool = False
    grant: str | None = None


def endpoint(
    method: str,
    path: str,
    scope: str,
    answer: Answer,
    *budgets: Budget,
    beta: bool = False,
    grant: str | None = None,
) -> Endpoint:
    words = re.split(r"\{(\w+)\}", path)
    parts = [
        f"(?P<{word}>{NAMED.get(word, r'[0-9]{1,18}')})" if place % 2 else re.escape(word)
        for place, word in enumerate(words)
    ]
    return Endpoint(method, re.compile("".join(parts)), scope, answer, budgets, beta, grant)


def one_of(rows: Mapping[str, Json], wanted: str) -> Json:
    if wanted not in rows:
        raise not_found()
    return rows[wanted]


def nothing(work: Callable[[Call], object]) -> Answer:
    """An answer that is an empty object, whatever the work gives."""

    def answer(call: Call) -> Json:
        work(call)
        return {}

    return answer
