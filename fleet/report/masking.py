"""What looks like a credential, or is one by value, does not leave.

`mask` takes one value or one piece of a sentence, before it is cut, escaped or joined to others: a match never
reaches from one into the next. `swept` is the net over a finished text; it leaves the frame of the text alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from fleet.report.escaping import html_text, plain_text, table_pipes, visible

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
    "PLAN_KEY",
    "NOTICE_URL",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
"""Environment variables whose values never appear."""

_START = r"(?:(?<![A-Za-z0-9_])|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4}))"
"""Where a word begins, also after an escaped character in JSON."""

_WORDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (tuple(f"gh{kind}_" for kind in "pousr"), r"[A-Za-z0-9]{20,}"),
    (("github_pat_",), r"[A-Za-z0-9_]{20,}"),
    (tuple(f"gl{kind}-" for kind in ("pat", "dt", "rt", "ptt", "ft", "soat")), r"[A-Za-z0-9_-]{15,}"),
    (("pul-",), r"[0-9a-f]{30,}\b"),
    (("AKIA", "ASIA"), r"[A-Z0-9]{16}\b"),
    (tuple(f"xox{kind}-" for kind in "abprs"), r"[A-Za-z0-9-]{10,}"),
    (("eyJ",), r"(?:(?!-eyJ)[A-Za-z0-9_-]){8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    (("AGE-SECRET-KEY-1",), r"[0-9A-Z]{20,}"),
)
"""Tokens of code hosts, clouds and the API, each by how it begins and how it goes on; one word, which no frame of a
text is part of.

No place is looked at from more than a few beginnings, so that the time goes with a text's length: the first part of
eyJ….….… ends before the next beginning of one.
"""


def _word(beginnings: Iterable[str], rest: str) -> str:
    return f"(?:{'|'.join(beginnings)}){rest}"


_BEGINNINGS = tuple(beginning for beginnings, _ in _WORDS for beginning in beginnings)
_DIGITS = re.compile("[0-9a-f]{64}")
_TOKENS = re.compile(f"{_START}(?:{'|'.join(_word(*each) for each in _WORDS)}|[0-9a-f]{{64}}(?![0-9a-f]))")


def _may_hold_token(text: str) -> bool:
    """What no beginning stands in holds none: far faster told than by looking for tokens at every place."""
    return any(beginning in text for beginning in _BEGINNINGS) or _DIGITS.search(text) is not None


_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^\"]*?(?:-----END [A-Z ]*PRIVATE KEY-----|(?=\\?\")|\Z)"
)
"""A private key. One without an end reaches to the next quote, that of its element in a list."""

_IN_ADDRESS = re.compile(r"(?<=://)[^\s/:\"'<>]{1,200}:(?!\d{1,5}[/?#])[^\s\"'<>]{1,500}(?=@)")
"""Name and password in an address, up to the last @: a password may have any mark. A port and a path are none."""

_BEARER = re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{8,}")

_SHAPES: tuple[tuple[Callable[[str], bool], re.Pattern[str]], ...] = (
    (lambda text: "-----BEGIN " in text, _KEY),
    (_may_hold_token, _TOKENS),
    (lambda text: "://" in text, _IN_ADDRESS),
    (lambda text: "bearer " in text.lower(), _BEARER),
)
"""Credentials by their shape: private keys, tokens, passwords in addresses; each with what excludes it fast."""

_TAG = re.compile(r"(<[^<>\n]*>)")


def named_values(environment: Mapping[str, str], more: Iterable[str] = ()) -> tuple[str, ...]:
    """The values to hide, longest first, so that none is left of another one that it holds."""
    found = {environment.get(name, "").strip() for name in (*NAMED, *more)}
    return tuple(
        sorted((value for value in found if len(value) >= SHORTEST), key=lambda item: (-len(item), item))
    )


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """One value with every secret and everything of a credential's shape as [secret]."""
    for secret in secrets:
        for form in _inner_forms(secret):
            text = text.replace(form, MASK)
    for may_hold, pattern in _SHAPES:
        text = pattern.sub(MASK, text) if may_hold(text) else text
    return text


def _inner_forms(secret: str) -> tuple[str, ...]:
    """A secret as it is, inside a list or map that is shown as JSON, and as a quoted key of a path."""
    as_key = secret.replace("\\", "\\\\").replace('"', '\\"')
    return tuple(dict.fromkeys((secret, _in_json(secret), as_key)))


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def holds_any(document: str, secrets: Iterable[str]) -> bool:
    """Whether there may be anything to mask in one of the values of a JSON document, or of its texts."""
    forms = (_in_json(form) for secret in secrets for form in _inner_forms(secret))
    shaped = (may_hold(document) and pattern.search(document) for may_hold, pattern in _SHAPES)
    return any(shaped) or any(form in document for form in forms)


def swept(text: str, secrets: Iterable[str] = ()) -> str:
    """A finished text of Markdown or HTML, masked once more, without a change to its frame.

    Looks for secrets as they are escaped there and for tokens; nothing in a tag, nothing over two lines.
    """
    forms = {form for secret in secrets for form in _outer_forms(secret)}
    there = sorted((form for form in forms if form in text), key=lambda form: (-len(form), form))
    if not there and not (_may_hold_token(text) and _TOKENS.search(text)):
        return text
    parts = _TAG.split(text)
    return "".join(part if index % 2 else _swept(part, there) for index, part in enumerate(parts))


def _swept(text: str, forms: Iterable[str]) -> str:
    for form in forms:
        text = text.replace(form, MASK)
    return _TOKENS.sub(MASK, text)


def _outer_forms(secret: str) -> Iterator[str]:
    """Those that can't hold a piece of the frame: a fence, the border of a cell, a line end."""
    shown = visible(secret)
    for form in (secret, shown, table_pipes(shown), plain_text(secret), html_text(secret)):
        if len(form) >= SHORTEST and not re.search(r"[`\n]|(?<!\\)\|", form):
            yield form
