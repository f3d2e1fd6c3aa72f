"""What an engine says on its way out, as one line for people: what failed, why, what to do next. Pure.

Source: messages of the real command line (3.260) on folders and on S3, seen and kept in the tests; the embedded
engine says most of them in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from fleet.engine.locks import Lock, is_dead, moment
from providers.linode.api.advice import TOOL, typed

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LOCKED = re.compile(r"^error: the stack is currently locked by \d+ lock\(s\)", re.MULTILINE)
_HOLDER = re.compile(
    r"^\s+(?P<file>\S+): created by (?P<user>[^@\n]*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<at>[^;\s]+)",
    re.MULTILINE,
)
NOBODY_TO_ASK = (
    "there is no terminal to ask at. Nothing was done. "
    f"Next: {'--yes' if TOOL == 'fleet' else 'ARGS=--yes'} if that is meant."
)
_PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105 - names of variables


def holders(said: str) -> list[Lock] | None:
    """Who holds the stack, from the message of a locked one; None if that is not why the command failed."""
    plain = COLOURS.sub("", said)
    if not _LOCKED.search(plain):
        return None
    return [_lock(found) for found in _HOLDER.finditer(plain)]


def _lock(found: re.Match[str]) -> Lock:
    try:
        since = moment(found["at"])
    except ValueError:
        since = None
    return Lock(Path(found["file"]), int(found["pid"]), found["host"], found["user"], since)


def named(held: list[Lock]) -> str:
    return "; ".join(lock.holder() for lock in held) or "another run"


def locked_line(
    stack: str, held: list[Lock], dead: Callable[[Lock], bool] = is_dead, *, waited: bool = False
) -> str:
    """The line for a locked stack: who holds it, and whether to wait or to unlock. `waited`: it has been tried."""
    who = named(held)
    if held and all(dead(lock) for lock in held):
        return (
            f"stack '{stack}' is locked by {who}, and that process is dead. Nothing was done. "
            f"Next: {typed('unlock', stack)}."
        )
    let_wait = "" if waited else ", or let this command wait: --lock-wait 5m"
    return f"stack '{stack}' is locked by {who}. Nothing was done. Next: wait until that run has ended{let_wait}."


def explain(said: str, stack: str, url: str = "") -> str | None:
    """The line for what an engine said before it failed; None if it speaks for itself. `url`: the backend's."""
    plain = COLOURS.sub("", said)
    held = holders(plain)
    if held is not None:
        return locked_line(stack, held)
    for pattern, line in _LINES.items():
        if re.search(pattern, plain, re.DOTALL):
            return line.format(stack=stack, **_places(url))
    return None


_LINES: Mapping[str, str] = {
    r"incorrect passphrase": (
        f"the passphrase is not the one that stack '{{stack}}' was made with. Next: set {_PASSPHRASE} to that one."
    ),
    r"passphrase must be set": f"stack '{{stack}}' needs its passphrase. Next: set {_PASSPHRASE}.",
    r"NoSuchBucket": (
        "the bucket '{bucket}' does not exist. Next: create it, or correct PULUMI_BACKEND_URL."
    ),
    r"operation error S3.*(get credentials|no EC2 IMDS role|static credentials are empty)": (
        "there are no credentials for the bucket '{bucket}'. "
        "Next: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
    ),
    r"operation error S3.*(StatusCode: 403|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch)": (
        "the bucket '{bucket}' refuses these credentials. "
        "Next: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what that key may do."
    ),
    r"operation error S3.*(no such host|server misbehaving)": (
        "the bucket's host can't be found at {endpoint}. Next: correct the endpoint in PULUMI_BACKEND_URL, "
        "and add s3ForcePathStyle=true for stores that take the bucket in the path."
    ),
    r"operation error S3.*(connection refused|i/o timeout|network is unreachable)": (
        "no store of buckets answers at {endpoint}. Next: correct the endpoint in PULUMI_BACKEND_URL, "
        "or try again later."
    ),
    r"Missing Region|missing AWS region|an AWS region is required": (
        "the bucket '{bucket}' has no region. Next: add region=… to PULUMI_BACKEND_URL, or set AWS_REGION."
    ),
    r"unable to open state directory|backend's folder does not exist": (
        "the folder of the states, {folder}, does not exist. Next: mkdir -p {folder}, or correct PULUMI_BACKEND_URL."
    ),
    r"(?i)\.pulumi[^\n]*(permission denied|read-only file)|(permission denied|read-only file)[^\n]*\.pulumi": (
        "the folder of the states, {folder}, can't be written. Next: see to its permissions, "
        "or set PULUMI_BACKEND_URL to another."
    ),
    r"failed to load checkpoint|loading (stack )?snapshot.*(JSON|unexpected end)": (
        "the state of stack '{stack}' is corrupt, and was left as it is. Next: restore its file in "
        "{folder}/.pulumi/stacks from the .bak beside it, or from the history in .pulumi/backups."
    ),
    r"no stack named '[^']+' found": (
        "stack '{stack}' was never made there ({where}). Next: pulumi stack init {stack} "
        "(without pulumi: python -m emulators.engine stack init {stack})."
    ),
    r"must be passed in to proceed when running in non-interactive mode": (
        f"stack '{{stack}}': {NOBODY_TO_ASK}"
    ),
    r"PULUMI_ACCESS_TOKEN must be set|not logged in": (
        "no backend keeps the states. Next: set PULUMI_BACKEND_URL=file://FOLDER, or s3://BUCKET?region=…"
    ),
}


def _places(url: str) -> dict[str, str]:
    """The names that lines give of a backend's address; never its credentials."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "bucket": parts.hostname or "?",
        "where": f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
        if parts.scheme
        else "no backend is set",
        "folder": unquote(url.removeprefix("file://").partition("?")[0]) or "?",
        "endpoint": query.get("endpoint", ["its address"])[0],
    }
