"""``Pulumi.<stack>.yaml`` edited line by line, so that comments and order stay."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from emulators.engine.backend import write_atomically
from emulators.engine.errors import EngineError
from emulators.engine.passphrase import Crypter


def write_salt(file: Path, salt: str) -> None:
    """Add ``encryptionsalt`` to the stack's file, first as the real command line does; all else stays."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    write_atomically(file, f"encryptionsalt: {salt}\n{text}".encode())


def set_value(file: Path, key: str, value: str, crypter: Crypter | None) -> None:
    """Set one value (a secret, if a crypter is given), touching only that value's lines."""
    entry = {"secure": crypter.encrypt(value)} if crypter else value
    _write(file, key, _with_entry(_lines(file), key, entry))


def remove_value(file: Path, key: str, project_name: str) -> None:
    """Remove one value, written with or without the project's namespace; other lines stay."""
    lines = _lines(file)
    for name in (key, key.removeprefix(f"{project_name}:")):
        section = _section(lines)
        if section is not None and (place := _place(lines, section, name)):
            lines = [*lines[: place.start], *lines[place.stop :]]
            _write(file, key, lines)


class _Span(NamedTuple):
    start: int
    stop: int


class _Section(NamedTuple):
    """The lines of ``config:``, the line of the word first; the indent of its keys and where they are."""

    start: int
    stop: int
    indent: str
    keyed: list[int]


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _write(file: Path, key: str, lines: list[str]) -> None:
    edited = "\n".join(lines) + "\n"
    if not isinstance(yaml.safe_load(edited), dict):
        raise EngineError(f"{file}: cannot set '{key}' without rewriting the file. Next: edit it by hand")
    write_atomically(file, edited.encode())


def _section(lines: list[str]) -> _Section | None:
    start = next((i for i, line in enumerate(lines) if re.match(r"config:\s*(\{\}\s*)?(#.*)?$", line)), None)
    if start is None:
        return None
    stop = next((i for i in range(start + 1, len(lines)) if re.match(r"[^\s#]", lines[i])), len(lines))
    keyed = [i for i in range(start + 1, stop) if re.match(r"\s+[^\s#-]", lines[i])]
    indent = re.match(r"\s+", lines[keyed[0]]).group() if keyed else "  "  # type: ignore[union-attr] # matched above
    return _Section(start, stop, indent, keyed)


def _place(lines: list[str], section: _Section, key: str) -> _Span | None:
    """The lines of a key and of what is under it."""
    indent = section.indent
    names = re.compile(rf"{indent}(['\"]?){re.escape(key)}\1\s*:(\s|$)")
    index = next((i for i in section.keyed if names.match(lines[i])), None)
    if index is None:
        return None
    stop = index + 1
    while stop < section.stop and re.match(rf"{indent}(\s|-\s)", lines[stop]) and lines[stop].strip():
        stop += 1
    return _Span(index, stop)


def _with_entry(lines: list[str], key: str, entry: Any) -> list[str]:
    section = _section(lines)
    if section is None:
        return [*lines, "config:", *_entry_lines(key, entry, "  ")]
    start = section.start
    lines = [*lines[:start], re.sub(r"\{\}\s*", "", lines[start]).rstrip(), *lines[start + 1 :]]
    new = _entry_lines(key, entry, section.indent)
    if place := _place(lines, section, key):
        return [*lines[: place.start], *new, *lines[place.stop :]]
    inside = range(start + 1, section.stop)
    last = max([start, *(i for i in inside if lines[i].strip() and lines[i][0].isspace())])
    return [*lines[: last + 1], *new, *lines[last + 1 :]]


def _entry_lines(key: str, entry: Any, indent: str) -> list[str]:
    text = yaml.safe_dump({key: entry}, default_flow_style=False, width=2**31, allow_unicode=True)
    return [indent + line for line in text.rstrip("\n").splitlines()]
