"""What the token's user may not do, said at preview: a restricted user is refused only when something is sent.

GET /profile tells whether the user is restricted; GET /profile/grants, asked for such a one alone, what it may do.
Both once a session, and only when there is something to do. A token's scopes are not judged: nobody tells a check
whether an `up` comes after it, and previews of pull requests are made with a token that may only read.
Source: POST /linode/instances (the grant add_linodes; tags are for unrestricted users only).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from providers.linode.api.cache import is_offline
from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused
from providers.linode.api.records import Numbered
from providers.linode.core.problems import Problem
from providers.linode.core.spec import Checking, Spec

NEXT = "Next: use a token of an unrestricted user"


@dataclass(frozen=True)
class Restricted:
    """A restricted user. `may`: what it may add, by grant; what isn't there is not known.

    `read_only`: what it may see and not change, by kind of thing.
    """

    username: str
    may: Mapping[str, bool] = field(default_factory=dict)
    read_only: Mapping[str, frozenset[int]] = field(default_factory=dict)


def problems(spec: Spec[Any, Any], check: Checking[Any]) -> Iterator[Problem]:
    """What would be refused for this resource."""
    changed = [*check.takes, *(("tags",) if check.is_renamed and spec.identity.tagged else ())]
    if is_offline() or (check.old is not None and not changed):
        return
    client = check.session.client
    user = check.session.asked(Restricted, lambda: restricted_user(client))
    if user is not None:
        own = check.mine.id if check.mine is not None else None
        mine = next(iter(spec.known.values()), own)
        is_made = check.replaces or not (check.old or mine)
        yield from refusals(spec, user, changed, mine, is_made=is_made)


def refusals(
    spec: Spec[Any, Any], user: Restricted, changed: Collection[str], mine: int | None, *, is_made: bool
) -> Iterator[Problem]:
    """Pure. `changed` are inputs; `mine` is the resource's record, or its parent; `is_made`: a new one would have to be
    made.
    """
    thing = spec.scope.partition(":")[0].removesuffix("s")
    grant = f"add_{thing}s" if spec.grant is None else spec.grant
    lacks = user.may.get(grant) is False and not spec.parents
    noun = spec.parents.noun if spec.parents else spec.name
    if is_made and spec.identity.tagged:
        also = f"; it lacks the grant {grant}, too" if lacks else ""
        yield Problem(
            "",
            f"can't be made by {_who(user)} and may not set tags: the tag in the create request is what shows whose a "
            f"{spec.name} is{also}. {NEXT}.",
        )
    elif is_made and lacks:
        yield Problem(
            "", f"can't be made by {_who(user)} and lacks the grant {grant}. {NEXT}, or give it that."
        )
    elif mine in user.read_only.get(noun.casefold(), ()) and (changed or is_made):
        yield Problem("", f"{noun} {mine} may only be read by {_who(user)}. {NEXT}, or grant it read_write.")
    elif "tags" in changed:
        yield Problem("tags", f"can't be changed by {_who(user)}. {NEXT}, or leave them as they are.")


def _who(user: Restricted) -> str:
    return f"the token's user '{user.username}', who is restricted" if user.username else "a restricted user"


def restricted_user(client: LinodeClient) -> Restricted | None:
    """The token's user with what it may do, as far as the token may ask; None where the user is not restricted."""
    user = None
    with suppress(ApiRefused):
        profile = client.profile()
        if profile.restricted:
            user = Restricted(profile.username)
            user = parsed(profile.username, client.get("/profile/grants"))
    return user


def parsed(username: str, body: Mapping[str, object]) -> Restricted:
    """The answer of GET /profile/grants as far as it matters here."""
    everywhere = body.get("global")
    may = everywhere.items() if isinstance(everywhere, Mapping) else ()
    return Restricted(
        username,
        {str(grant): given for grant, given in may if isinstance(given, bool)},
        {thing: ids for thing, rows in body.items() if (ids := frozenset(_read_only(rows)))},
    )


def _read_only(rows: object) -> Iterator[int]:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and row.get("permissions") == "read_only":
            yield Numbered.read(row).id
