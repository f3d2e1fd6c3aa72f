"""Sessions for tests: real ones, of which only the wire is ours.

`over` asks a scripted server. `prepared` has the answers at hand: what it was not given, the token may not ask.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.linode.api.connection import Connection
from providers.linode.api.errors import NotAuthorized, NotFound
from providers.linode.api.transport import Reply, Transport
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Spec
from tests.wire import ScriptedServer

OWNER = Owner("A", "p", "s", "web-1")
NOWHERE = Connection("http://127.0.0.1:9/v4", "planted-token", "LINODE_TOKEN")
ALWAYS_THERE = (
    "/linode/types", "/regions", "/regions/availability", "/images", "/linode/kernels", "/linode/instances",
)  # fmt: skip
PART = re.compile(r"/(vpcs|domains)/\d+/\w+")
"""Of what isn't there, unless it is among the answers."""

UNRESTRICTED = {"/profile": {"username": "deploy", "restricted": False}}

Rows = list[dict[str, Any]]
Answers = Mapping[str, Rows | Mapping[str, Any] | None]
"""By path: the rows of a list, an object, or None for what is not there."""


class Prepared(Transport):
    """Answers without a wire; keeps what it was asked."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(NOWHERE)
        self.answers = answers
        self.asked: list[str] = []

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,  # noqa: ARG002 - the base's
        x_filter: Mapping[str, object] | None = None,  # noqa: ARG002
        body: Mapping[str, object] | None = None,  # noqa: ARG002
    ) -> Reply:
        self.asked.append(f"{method} {path}")
        if path not in self.answers and PART.fullmatch(path):
            raise NotFound(f"{method} {path}: 404", status=404)
        if path not in self.answers or method != "GET":
            raise NotAuthorized(f"{method} {path}: 401", status=401)
        if (found := self.answers[path]) is None:
            raise NotFound(f"{method} {path}: 404", status=404)
        return Reply({"data": found} if isinstance(found, list) else dict(found), {})


def prepared(answers: Answers | None = None) -> Session:
    """A session with these answers; its catalogs and the list of its Linodes are empty where they are not given."""
    session = Session(NOWHERE)
    empty: dict[str, Rows] = {path: [] for path in ALWAYS_THERE}
    session.client.transport = Prepared({**empty, **UNRESTRICTED, **(answers or {})})
    return session


def over(server: ScriptedServer, most_tries: int = 5) -> Session:
    """A session that asks the server, and sleeps for nothing."""
    session = Session(server.transport().connection)
    session.client.transport = server.transport(most_tries=most_tries)
    return session


def checking(spec: Spec[Any, Any], news: Mapping[str, object], session: Session) -> Checking[Any]:
    """The check of a new one, as rules get it."""
    return Checking(session, spec.args.read(news), {**news, **spec.args.normal(news)}, None, OWNER, {})
