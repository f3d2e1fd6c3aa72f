"""What the token's user may not do, said at preview: a restricted user is refused only when something is sent.

GET /profile tells whether a user is restricted; GET /profile/grants, asked for such a one alone, what it may do. Both
once a process, and only when there is something to do. Source: POST /linode/instances (the grant add_linodes; tags
are for unrestricted users only).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from providers.linode.api.cache import is_offline
from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused
from providers.linode.core.owner import Owner
from providers.linode.core.per_client import PerClient
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.resources.instance.changes import Changes

NEXT = "Next: use a token of an unrestricted user"
TAGGED = frozenset({"tags", "owner"})


@dataclass(frozen=True)
class Restricted:
    """A restricted user. `read_only`: Linodes that it may see and not change; `may_add` None: not known."""

    username: str
    may_add: bool | None = None
    read_only: frozenset[int] = frozenset()


def problems(session: Session, props: Mapping[str, object], old: object, found: Changes) -> list[Problem]:
    """What the user would be refused for this resource; `old` is empty for a new one, `found` what differs."""
    if is_offline() or (old and not found):
        return []
    user = of(session.client)
    if user is None:
        return []
    owner = Owner.from_props(props)
    mine = next((linode.id for linode in session.linodes if owner.tag() in linode.tags), None)
    return list(refusals(user, found, mine, is_made=bool(found.replaces) or not (old or mine)))


def refusals(user: Restricted, found: Changes, mine: int | None, *, is_made: bool) -> Iterator[Problem]:
    """Pure. `mine` is the resource's Linode; `is_made`: a new one would have to be made."""
    if is_made:
        also = "; it lacks the grant add_linodes, too" if user.may_add is False else ""
        yield Problem(
            "",
            f"can't be made by {_who(user)} and may not set tags: the tag in the create request is what shows whose a "
            f"Linode is{also}. {NEXT}.",
        )
    elif mine in user.read_only and found:
        yield Problem("", f"Linode {mine} may only be read by {_who(user)}. {NEXT}, or grant it read_write.")
    elif TAGGED & set(found.outcomes):
        yield Problem("tags", f"can't be changed by {_who(user)}. {NEXT}, or leave them as they are.")


def _who(user: Restricted) -> str:
    return f"the token's user '{user.username}', who is restricted" if user.username else "a restricted user"


def _look(client: LinodeClient) -> Restricted | None:
    profile = client.profile()
    return _granted(client, profile.username) if profile.restricted else None


of = PerClient(_look)
"""The token's user if it is restricted, else None; asked once. Raises what GET /profile raises."""


def _granted(client: LinodeClient, username: str) -> Restricted:
    with suppress(ApiRefused):  # that the user is restricted is enough for the line
        return parsed(username, client.transport.request("GET", "/profile/grants").body)
    return Restricted(username)


def parsed(username: str, body: Mapping[str, object]) -> Restricted:
    """The answer of GET /profile/grants as far as it matters here."""
    everywhere, linodes = body.get("global"), body.get("linode")
    add = everywhere.get("add_linodes") if isinstance(everywhere, Mapping) else None
    rows = [row for row in linodes if isinstance(row, Mapping)] if isinstance(linodes, list) else []
    read_only = frozenset(int(str(row["id"])) for row in rows if row.get("permissions") == "read_only")
    return Restricted(username, add if isinstance(add, bool) else None, read_only)
