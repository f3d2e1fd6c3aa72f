"""What the token's user may not do, said at preview: a restricted user is refused only when something is sent.

GET /profile tells whether a user is restricted; GET /profile/grants, asked for such a one alone, what it may do. Both
once a session, and only when there is something to do. Source: POST /linode/instances (the grant add_linodes; tags
are for unrestricted users only).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from providers.linode.api.cache import is_offline
from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused
from providers.linode.api.records import Numbered
from providers.linode.core.problems import Problem
from providers.linode.core.spec import Checking
from providers.linode.resources.instance.args import InstanceArgs

NEXT = "Next: use a token of an unrestricted user"


@dataclass(frozen=True)
class Restricted:
    """A restricted user. `read_only`: Linodes that it may see and not change; `may_add` None: not known."""

    username: str
    may_add: bool | None = None
    read_only: frozenset[int] = frozenset()


def problems(check: Checking[InstanceArgs]) -> Iterator[Problem]:
    """What the user would be refused for this resource."""
    changed = [*check.takes, *(("tags",) if check.is_renamed else ())]
    if is_offline() or (check.old is not None and not changed):
        return
    client = check.session.client
    user = check.session.asked(Restricted, lambda: restricted_user(client))
    if user is None:
        return
    mine = check.mine.id if check.mine is not None else None
    yield from refusals(user, changed, mine, is_made=check.replaces or not (check.old or mine))


def refusals(
    user: Restricted, changed: Collection[str], mine: int | None, *, is_made: bool
) -> Iterator[Problem]:
    """Pure. `changed` are inputs; `mine` is the resource's Linode; `is_made`: a new one would have to be made."""
    if is_made:
        also = "; it lacks the grant add_linodes, too" if user.may_add is False else ""
        yield Problem(
            "",
            f"can't be made by {_who(user)} and may not set tags: the tag in the create request is what shows whose a "
            f"Linode is{also}. {NEXT}.",
        )
    elif mine in user.read_only and changed:
        yield Problem("", f"Linode {mine} may only be read by {_who(user)}. {NEXT}, or grant it read_write.")
    elif "tags" in changed:
        yield Problem("tags", f"can't be changed by {_who(user)}. {NEXT}, or leave them as they are.")


def _who(user: Restricted) -> str:
    return f"the token's user '{user.username}', who is restricted" if user.username else "a restricted user"


def restricted_user(client: LinodeClient) -> Restricted | None:
    """The token's user if it is restricted, else None. Raises what GET /profile raises."""
    profile = client.profile()
    if not profile.restricted:
        return None
    with suppress(ApiRefused):  # that the user is restricted is enough for the line
        return parsed(profile.username, client.get("/profile/grants"))
    return Restricted(profile.username)


def parsed(username: str, body: Mapping[str, object]) -> Restricted:
    """The answer of GET /profile/grants as far as it matters here."""
    everywhere, linodes = body.get("global"), body.get("linode")
    add = everywhere.get("add_linodes") if isinstance(everywhere, Mapping) else None
    rows = [row for row in linodes if isinstance(row, Mapping)] if isinstance(linodes, list) else []
    read_only = frozenset(Numbered.read(row).id for row in rows if row.get("permissions") == "read_only")
    return Restricted(username, add if isinstance(add, bool) else None, read_only)
