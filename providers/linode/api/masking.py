"""What nobody else may see, hidden in whatever form it comes back: in an answer of the API, in an address.

A secret is known again as a whole, by its lines, and by every run of it that tells something.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from providers.linode.api.escapes import levels

MASK = "[secret]"
SECRET_KEYS = frozenset({"root_pass", "metadata", "stackscript_data", "ssl_cert", "ssl_key"})
"""The keys of requests that hold what nobody else may see: secret inputs, as they are sent."""

LEAST_SECRET = 4
"""Characters of a whole secret: what is shorter stands in every other sentence."""

LEAST_PART = 8
"""Characters of a part of one: the API takes no password that is not longer, and cloud-init's words (`runcmd:`) are
shorter or a plain word."""

LEAST_PROSE, LEAST_WORD = 16, 20
"""Characters of a part with a blank in it, and of a plain word: an error has the shorter ones by itself."""

SMALL_GAP = 2
"""Characters between two hidden pieces that are hidden with them: a blank, the end of a line."""

LONGEST_TEXT = 4_000
WORDS = re.compile(r"[^\s\"'`=,;()\[\]{}<>|]+")
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:)?//")
PLAIN = "-_./:#!"
"""Marks that a word may have and be plain: `#cloud-config`, `#!/bin/sh`, `192.0.2.1:80`."""


def masked(text: str, secrets: Iterable[str], known: Iterable[str] = ()) -> str:
    """A text in one line, and without any of the secrets. What stands in a `known` text tells nothing by itself."""
    text, known, secrets = _in_line(text)[:LONGEST_TEXT], tuple(known), tuple(secrets)
    forms = forms_of(secrets)
    whole = forms | forms_of(line for secret in secrets for line in _short_lines(secret))
    found = [
        level.where(*place)
        for level in levels(text)
        for place in (
            *_places(level.text, whole),
            *(run for run in _runs(level.text, forms) if _tells(level.text[slice(*run)], known)),
        )
    ]
    return _hidden(text, found, SMALL_GAP)


def without(text: str, secrets: Iterable[str]) -> str:
    """A text of any size without the secrets as a whole."""
    forms = forms_of(secrets)
    found = (level.where(*place) for level in levels(text) for place in _places(level.text, forms))
    return _hidden(text, found, gap=0)


def forms_of(secrets: Iterable[str]) -> set[str]:
    """What is looked for in a text whose escapes are undone: the secrets in one line, and their Base64."""
    found = set()
    for secret in secrets:
        encoded = base64.b64encode(secret.encode(errors="replace")).decode().rstrip("=")
        for form in (_in_line(secret), encoded, encoded.translate(str.maketrans("+/", "-_"))):
            found |= {level.text.strip() for level in levels(form)}
    return {form for form in found if len(form) >= LEAST_SECRET}


def _hidden(text: str, places: Iterable[tuple[int, int]], gap: int) -> str:
    """The text with MASK for these places, and for what is between two of them, if that is no longer than the gap."""
    shown: list[str] = []
    end = 0
    for start, stop in sorted(places):
        if start - end > gap or not shown:
            shown += [text[end:start], MASK]
        end = max(end, stop)
    return "".join([*shown, text[end:]])


def secrets_in(body: object, *, inside: bool = False) -> Iterator[str]:
    """The secret texts of a request, as they read: what was encoded for the API is among their forms."""
    for key, part in _parts(body):
        yield from secrets_in(part, inside=inside or key in SECRET_KEYS)
    if inside and isinstance(body, str) and len(body) >= LEAST_SECRET:
        yield body
        with suppress(ValueError):
            if len(plain := base64.b64decode(body, validate=True).decode()) >= LEAST_SECRET:
                yield plain


def open_texts(body: object) -> Iterator[str]:
    """The texts of a request that are no secrets."""
    for key, part in _parts(body):
        if key not in SECRET_KEYS:
            yield from open_texts(part)
    if isinstance(body, str):
        yield body


def without_password(address: str) -> str:
    """An address without what stands before its last @, as a password may have any mark in it, and without a query."""
    address = address.strip()
    scheme = SCHEME.match(address)
    rest = address[scheme.end() :] if scheme else address
    return (scheme[0] if scheme else "") + rest.rpartition("@")[2].partition("?")[0]


def _parts(body: object) -> Iterable[tuple[object, object]]:
    if isinstance(body, Mapping):
        return body.items()
    return enumerate(body) if isinstance(body, (list, tuple)) else ()


def _in_line(text: str) -> str:
    return " ".join(text.split())


def _short_lines(secret: str) -> Iterator[str]:
    """The lines that are too short to be known as a run, and say something: a word alone may be anybody's."""
    for line in map(str.strip, secret.splitlines()):
        if LEAST_PART <= len(line) < LEAST_PROSE and " " in line:
            yield line


def _places(text: str, forms: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where one of them begins and ends in the text."""
    for form in forms:
        start = text.find(form)
        while start >= 0:
            yield start, start + len(form)
            start = text.find(form, start + 1)


def _runs(text: str, forms: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where the text has something in common with a form, each as long as it goes on."""
    size = LEAST_PART
    pieces = {text[at : at + size] for at in range(len(text) - size + 1)}
    common = {
        piece
        for form in forms
        for at in range(len(form) - size + 1)
        if (piece := form[at : at + size]) in pieces
    }
    end = 0
    for start in range(len(text)):
        if start < end:
            continue
        at = start
        while text[at : at + size] in common:
            at += 1
        if at > start:
            end = at + size - 1
            run = text[start:end]
            yield end - len(run.lstrip()), start + len(run.rstrip())


def _tells(run: str, known: tuple[str, ...]) -> bool:
    """Whether somebody learns something by it."""
    if " " in run.strip() and len(run) >= LEAST_PROSE:
        return True
    words = (word for word in WORDS.findall(run) if not any(word in each for each in known))
    return any(len(word) >= (LEAST_PART if _is_mixed(word) else LEAST_WORD) for word in words)


def _is_mixed(word: str) -> bool:
    """Whether it has letters, digits and other marks, two of the three at the least, as words seldom have."""
    kinds = {
        "letter" if each.isalpha() else "digit" if each.isdigit() else "mark"
        for each in word
        if each not in PLAIN
    }
    return len(kinds) > 1
