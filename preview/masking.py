"""The last pass over a finished text: what looks like a credential, or is one by value, does not leave.

The report is built without secrets; this is the second wall.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MASK = "[secret]"
SHORTEST = 6
"""Characters that a named value must have: shorter ones would damage innocent text."""

NAMED = (
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITLAB_TOKEN",
    "LINODE_TOKEN",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
"""Environment variables whose values never appear."""

PATTERNS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        (r"\bgh[pousr]_[A-Za-z0-9]{20,}", 0),
        (r"\bgithub_pat_[A-Za-z0-9_]{20,}", 0),
        (r"\bgl(?:pat|dt|rt|ptt|ft|soat)-[A-Za-z0-9_-]{15,}", 0),
        (r"\bpul-[0-9a-f]{30,}\b", 0),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", 0),
        (r"\bxox[abprs]-[A-Za-z0-9-]{10,}", 0),
        (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}", 0),
        (r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", 0),
        (r"\bAGE-SECRET-KEY-1[0-9A-Z]{20,}", 0),
        (r"(?<=://)[^\s/:@\"'<>]+:[^\s/@\"'<>]+(?=@)", 0),
        (r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{8,}", 0),
    )
)
"""Credentials by their shape: private keys, tokens of code hosts, clouds and the API, passwords in URLs."""


def named_values(environment: Mapping[str, str], more: Iterable[str] = ()) -> tuple[str, ...]:
    """The values to hide, longest first, so that none is left of another one that it holds."""
    found = {environment.get(name, "").strip() for name in (*NAMED, *more)}
    return tuple(
        sorted((value for value in found if len(value) >= SHORTEST), key=lambda item: (-len(item), item))
    )


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with every secret value and everything of a credential's shape as [secret]."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    for pattern in PATTERNS:
        text = pattern.sub(MASK, text)
    return text
