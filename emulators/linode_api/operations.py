"""What is served, as the table in docs/local-api.md has it: made from the routes."""

from __future__ import annotations

from collections import defaultdict

from emulators.linode_api import resources
from emulators.linode_api.core.routes import ENDPOINTS

METHODS = ("GET", "POST", "PUT", "DELETE")
BETA = " (`/v4beta` alone)"


def table() -> str:
    """Markdown: each path once, with what it takes."""
    resources.register()
    taken: defaultdict[tuple[str, bool], set[str]] = defaultdict(set)
    for endpoints in ENDPOINTS.values():
        for one in endpoints:
            taken[one.path, one.beta].add(one.method)
    rows = [
        f"| `{path}`{BETA if beta else ''} | {' '.join(one for one in METHODS if one in methods)} |"
        for (path, beta), methods in sorted(taken.items())
    ]
    return "\n".join(["| path | methods |", "|---|---|", *rows])
