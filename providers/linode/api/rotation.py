"""Which token to use when there are several, and one of them is refused.

`refresh` and `destroy` hand the provider the configuration as it was at the last `up`, so a token in it may have
been revoked since. Order: LINODE_TOKEN, linode:token, LINODE_CLI_TOKEN. After a 401 for a token that the API
doesn't know, the next one is taken if it belongs to the same account, and a line says so. Stack `local` has one
token and never another.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from providers.linode.api.connection import LOCAL_STACK, Connection, clean_token, connect
from providers.linode.api.errors import NotAuthorized

log = logging.getLogger("linode.account")

SPARE = "LINODE_CLI_TOKEN"
"""Where linode-cli keeps its token: used only where the stack's account is known, so that it can be compared."""

AccountOf = Callable[[Connection], str]
"""The account that a connection's token belongs to. Raises NotAuthorized and what GET /profile raises."""


def candidates(
    stack: str, config: Mapping[str, str], account: str | None, environment: Mapping[str, str] = os.environ
) -> list[Connection]:
    """The connections to try, best first; at least one. Raises BadConnection."""
    first = connect(stack, config, environment)
    if stack == LOCAL_STACK:
        return [first]
    spare = [("linode:token", config.get("linode:token"))]
    if account:
        spare.append((SPARE, environment.get(SPARE)))
    found = [first]
    for source, token in spare:
        if token and source != first.token_source:
            other = replace(first, token=clean_token(token, source), token_source=source)
            if other.token not in {known.token for known in found}:
                found.append(other)
    return found


def choose(found: list[Connection], account: str | None, account_of: AccountOf) -> Connection:
    """The first connection whose token the API knows, and whose account is the one that is wanted.

    With one candidate nothing is asked. If none will do it is the first, whose use then tells what is wrong.
    """
    if len(found) == 1:
        return found[0]
    first = found[0]
    for connection, owner in _usable(found, account_of):
        if connection == first:
            return first
        if account and owner != account:
            log.warning("the token from %s is another account's, and is not used", connection.token_source)
            continue
        log.warning(
            "the token from %s is not valid any more; using the one from %s, of account %s. "
            "Next: replace the old one.", first.token_source, connection.token_source, owner,
        )  # fmt: skip
        return connection
    return first


def _usable(found: list[Connection], account_of: AccountOf) -> Iterator[tuple[Connection, str]]:
    for connection in found:
        try:
            yield connection, account_of(connection)
        except NotAuthorized as error:  # noqa: PERF203 - three candidates, each a request
            log.info("the token from %s is refused: %s", connection.token_source, error)
