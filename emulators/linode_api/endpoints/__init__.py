"""Every address of the API. One file per family of paths; each line names method, path, scope, answer and limits.

Scopes are those that the real API names in `X-Accepted-OAuth-Scopes`.
"""

from __future__ import annotations

from collections import defaultdict

from emulators.linode_api.calls import Endpoint
from emulators.linode_api.endpoints import account, catalog, hardware, instances, networking, vpc

ENDPOINTS = (
    *catalog.ENDPOINTS,
    *instances.ENDPOINTS,
    *hardware.ENDPOINTS,
    *networking.ENDPOINTS,
    *vpc.ENDPOINTS,
    *account.ENDPOINTS,
)
NEEDS_A_TOKEN = ("profile", "vpcs")  # any token will do: the scope reads `*`, yet they are not public


def first_words() -> dict[str, list[Endpoint]]:
    """By the first segment of the path, so that a look-up tries few patterns."""
    found = defaultdict(list)
    for one in ENDPOINTS:
        found[one.pattern.pattern.replace("\\", "").split("/")[1].partition("(")[0]].append(one)
    return dict(found)


BY_FIRST_WORD = first_words()


def find(path: str, *, beta: bool = True) -> list[tuple[Endpoint, dict[str, str]]]:
    """The endpoints at a path (without version), with the ids in it; none when there is no such address."""
    found = []
    for candidate in BY_FIRST_WORD.get(path.split("/")[1] if "/" in path else "", ()):
        match = candidate.pattern.fullmatch(path)
        if match and (beta or not candidate.beta):
            found.append((candidate, match.groupdict()))
    return found
