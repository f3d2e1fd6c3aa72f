"""The headers of an answer. Source: recordings of 2026 and API page "API access" (names it strips: same page)."""

from __future__ import annotations

from email.utils import formatdate

from emulators.linode_api.account import Identity

SPEC_VERSION = "4.208.1"

ALWAYS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "HEAD, GET, OPTIONS, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Origin, X-Requested-With, Content-Type, Accept, X-Filter",
    "Access-Control-Allow-Credentials": "true",
    "Cache-Control": "max-age=0, no-cache, no-store",
    "Pragma": "no-cache",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Spec-Version": SPEC_VERSION,
}
ON_SUCCESS = {
    "Access-Control-Expose-Headers": "X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Status",
    "Vary": "Authorization, X-Filter",
}


def answer_headers(status: int, who: Identity | None, needed: str, now: float) -> dict[str, str]:
    """`X-OAuth-Scopes` is `unknown` without a valid token; errors leave some headers out."""
    headers = {
        **ALWAYS,
        **(ON_SUCCESS if status < 400 else {}),
        "Expires": formatdate(now, usegmt=True),
        "X-OAuth-Scopes": who.scopes if who else "unknown",
        "X-Accepted-OAuth-Scopes": needed,
    }
    if who:
        headers["X-Customer-UUID"] = who.account.euuid
    return headers
