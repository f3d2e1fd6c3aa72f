"""Diagnostics as they may be shown: errors and warnings, without traces, machine paths and secret values."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fleet.report import names
from fleet.report.masking import mask
from fleet.report.read.steps import Message

_REFUSED, _REFUSED_END = re.compile(r"property (\S+) value \{"), "} has a problem"
_URN = re.compile(r"""["']urn:pulumi:[^"']*::([^"'\n]+)["']|\burn:pulumi:\S+?::([^\s"'`:,;)]+)""")
"""People know a resource by its name, which is the last part."""

_FILE_URL = re.compile(r"file://[^\s\"'<>]+")
_UNIX_PATH = re.compile(r"(?<![\w.:/])/(?:[^\s\"'<>`:,()/]+/)+([^\s\"'<>`:,()/]*)")
_WINDOWS_PATH = re.compile(r"\b[A-Za-z]:\\(?:[^\s\"'<>`:,()\\]+\\)*([^\s\"'<>`:,()\\]*)")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_TRACE = re.compile(r"Traceback \(most recent call last\):.*?(?=^\S[^\n]*: |\Z)", re.DOTALL | re.MULTILINE)


def read_diagnostic(
    severity: object, message: object, urn: object, secrets: Sequence[str] = ()
) -> Message | None:
    """None for what is not shown: information, debugging, and the pieces of a program's trace."""
    if severity not in ("error", "warning"):
        return None
    text = presentable(str(message or ""), secrets)
    text = text.removeprefix(f"{severity}: ")
    if not text:
        return None
    return Message(severity="error" if severity == "error" else "warning", text=text, urn=str(urn or ""))


def presentable(text: str, secrets: Sequence[str] = ()) -> str:
    """The text without secrets, escape codes, traces, URNs, paths of the machine and values of secret properties.

    Masked first: a secret may look like a path, of which a part would stay.
    """
    text = _TRACE.sub("", _ESCAPE.sub("", mask(text, secrets)))
    text = _URN.sub(lambda found: f"'{found[1] or found[2]}'", _without_refused_value(text))
    text = _FILE_URL.sub("file://(outside)", text)
    text = _UNIX_PATH.sub(r"(outside)/\1", text)
    return _WINDOWS_PATH.sub(r"(outside)/\1", text).strip()


def _without_refused_value(text: str) -> str:
    """From the first secret one up to the last end there is: the value may hold what looks like one."""
    end = text.rfind(_REFUSED_END)
    refused = _REFUSED.finditer(text, 0, max(end, 0))
    secret = next((match for match in refused if names.is_secret(match.group(1))), None)
    return f"{text[: secret.end()]}[secret]{text[end:]}" if secret else text
