"""Addresses, written down beside the functions that answer them.

    api = Routes("volumes")  # GET asks for the scope volumes:read_only, the rest for volumes:read_write

    @api.post("/volumes/{volume}/attach")
    def attach(call: Call, volume: Record) -> Record: ...

A function gets the call, then what each word in braces stands for: the thing of that kind (404 when there is none), a
name where the word is one of TEXTS, else a number. It gives JSON, a thing to be shown, or None for an empty object.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from emulators.linode_api.core import Body, Json, grants
from emulators.linode_api.core.accounts import ANY_SCOPE, Account
from emulators.linode_api.core.errors import bad_method, not_found
from emulators.linode_api.core.limits import COLLECTION, Budget
from emulators.linode_api.core.lists import EVERYTHING, Attributes, envelope, parse_filter
from emulators.linode_api.core.records import KINDS, Kind, Thing, find, stored
from emulators.linode_api.core.stored import Stored

TEXTS = {
    "name": ".+", "address": "[^/]+", "region": "[^/]+", "reserved": "[^/]+", "user": "[^/]+", "oauth_client": "[^/]+",
    "ipv6_range": "[^/]+", "uuid": "[^/]+", "image_id": "(?!sharegroups(?:/|$))[^/]+(?:/[^/]+)?",
}  # fmt: skip
"""Words that stand for text; a name may hold slashes (ids of kernels, tags), that of an image at most one."""

NOT_HERE = {"X-Local-API": "this address is not part of the local API"}
"""A header of the 404 for what is not served at all."""

LOOKED_AT: list[str] = []
"""Beginnings of addresses that take GET alone, and more in the real API."""

Finder = Callable[[Account, Any, Any], Any]
FINDERS: dict[str, Finder] = {}
"""By word, for things that are no records: from the account, the id or text, and the thing before it in the path."""

Work = TypeVar("Work", bound=Callable[..., Any])


@dataclass(frozen=True)
class Call:
    """One request. `who` is None on public addresses without a valid token."""

    who: Account | None
    query: Mapping[str, str]
    filter: str | None
    body: Body
    base: str = ""
    """Where this API is served, as the request had it."""

    @property
    def account(self) -> Account:
        if self.who is None:
            raise not_found()
        return self.who

    def page(
        self, rows: Sequence[Json | Thing], attributes: Attributes, *, zero_when_empty: bool = False
    ) -> Json:
        """One page of what the filter leaves; rows are built as they are needed."""
        selection = parse_filter(self.filter, attributes)
        if isinstance(rows, Stored):
            rows, selection = rows.narrowed(selection)
        if selection != EVERYTHING:
            rows = selection.apply([self.shown(row) for row in rows])
        page = envelope(rows, self.query, zero_when_empty=zero_when_empty and self.filter is not None)
        if self.who:
            who, now = self.who, self.who.now
            page["data"] = [row.listed(who, now) if isinstance(row, Thing) else row for row in page["data"]]
        return page

    def shown(self, row: Json | Thing) -> Json:
        return row.shown(self.account) if isinstance(row, Thing) else row


UNRESTRICTED = ""
NO_CONTENT = object()
"""The answer 204, which has no body."""


@dataclass(frozen=True)
class Endpoint:
    """`beta`: under /v4beta only. `grant`: what a restricted user needs; None: nothing, UNRESTRICTED: never allowed."""

    method: str
    path: str
    pattern: re.Pattern[str]
    work: Callable[..., Any]
    budgets: tuple[Budget, ...]
    scope: str
    public: bool
    grant: str | None
    beta: bool

    def answer(self, call: Call, named: Mapping[str, str]) -> Any:
        """What the function gives, not yet shown. Raises ApiError."""
        things: list[Any] = []
        for word, text in named.items():
            parent = things[-1] if things else None
            thing: Any = text if word in TEXTS else int(text)
            if word in FINDERS:
                thing = FINDERS[word](call.account, thing, parent)
            elif word in KINDS:
                thing = find(call.account, word, thing, parent.id if parent else None)
            if word in grants.GRANTED:
                grants.require(call.account, word, thing.id, changes=self.changes)
            things.append(thing)
        return self.work(call, *things)

    @property
    def changes(self) -> bool:
        """Whether it changes the things that its path names, and does not only read or copy them."""
        return self.method != "GET" and self.grant is None


ENDPOINTS: defaultdict[str, list[Endpoint]] = defaultdict(list)
"""By the first segment of the path, so that a look-up tries few patterns."""


def endpoints_at(path: str, *, beta: bool) -> list[tuple[Endpoint, dict[str, str]]]:
    """The endpoints at a path (without version), with the words in it; a slash at its end is none. Raises ApiError 404.

    Clients of the real API send such paths (linode_api4 posts to `/networking/ips/`).
    """
    path, found = path.removesuffix("/"), []
    for candidate in ENDPOINTS.get(path.split("/")[1] if "/" in path else "", ()):
        match = candidate.pattern.fullmatch(path)
        if match and (beta or not candidate.beta):
            found.append((candidate, match.groupdict()))
    if not found:
        raise not_found(NOT_HERE)
    return found


def endpoint_for(method: str, path: str, *, beta: bool) -> tuple[Endpoint, dict[str, str]]:
    """Raises ApiError: 404 when there is no such address, or it takes this method elsewhere, 405 when nowhere."""
    found = endpoints_at(path, beta=beta)
    for candidate, named in found:
        if candidate.method == method:
            return candidate, named
    if path.startswith(tuple(LOOKED_AT)):
        raise not_found(NOT_HERE)
    raise bad_method(sorted({candidate.method for candidate, _ in found}))


class Routes:
    """The addresses of one family of scopes; None: public ones, which need no token.

    `reads` is another scope for reading, `grant` what a restricted user needs for writing.
    """

    def __init__(
        self, family: str | None, *, reads: str | None = None, grant: str | None = None, beta: bool = False
    ) -> None:
        self.public = family is None
        self.reads = reads or (f"{family}:read_only" if family else ANY_SCOPE)
        self.writes = f"{family}:read_write"
        self.grant = grant
        self.beta = beta

    def on(
        self, method: str, path: str, *budgets: Budget, scope: str | None = None, grant: str | None = None
    ) -> Callable[[Work], Work]:
        words = re.split(r"\{(\w+)\}", path)
        parts = [
            f"(?P<{word}>{TEXTS.get(word, '[0-9]{1,18}')})" if place % 2 else re.escape(word)
            for place, word in enumerate(words)
        ]
        reads = method == "GET"
        scope = scope or (self.reads if reads else self.writes)
        grant = grant if reads or grant is not None else self.grant

        def register(work: Work) -> Work:
            pattern = re.compile("".join(parts))
            made = Endpoint(method, path, pattern, work, budgets, scope, self.public, grant, self.beta)
            ENDPOINTS[path.split("/")[1]].append(made)
            return work

        return register

    def get(self, path: str, *budgets: Budget, **access: str) -> Callable[[Work], Work]:
        return self.on("GET", path, *budgets, **access)

    def post(self, path: str, *budgets: Budget, **access: str) -> Callable[[Work], Work]:
        return self.on("POST", path, *budgets, **access)

    def put(self, path: str, *budgets: Budget, **access: str) -> Callable[[Work], Work]:
        return self.on("PUT", path, *budgets, **access)

    def delete(self, path: str, *budgets: Budget, **access: str) -> Callable[[Work], Work]:
        return self.on("DELETE", path, *budgets, **access)

    def rows(
        self,
        path: str,
        *filterable: str,
        unsortable: tuple[str, ...] = (),
        ignored: tuple[str, ...] = (),
        zero_when_empty: bool = False,
        budgets: tuple[Budget, ...] = (COLLECTION,),
        **access: str,
    ) -> Callable[[Work], Work]:
        """GET of a list: the function gives all rows, the caller gets the page it asked for."""
        attributes = Attributes(frozenset(filterable), frozenset(unsortable), frozenset(ignored))

        def register(work: Work) -> Work:
            def answer(call: Call, *things: Any) -> Json:
                return call.page(work(call, *things), attributes, zero_when_empty=zero_when_empty)

            self.get(path, *budgets, **access)(answer)
            return work

        return register

    def shows(self, path: str, *budgets: Budget, **access: str) -> None:
        """GET of the thing that the path ends with."""

        @self.get(path, *budgets, **access)
        def last(_: Call, *things: Any) -> Any:
            return things[-1]

    def reads_of(self, kind: Kind, *filterable: str, **access: Any) -> None:
        """GET of all things of a kind, or all within a parent, and GET of one."""
        self.shows(kind.url)

        @self.rows(kind.url.rpartition("/")[0], *filterable, **access)
        def listed(call: Call, *parents: Any) -> Sequence[Thing]:
            found = stored(call.account, kind.name, parents[-1].id if parents else None)
            return grants.visible(call.account, kind.name, found)
