"""The stack's configuration: ``Pulumi.<stack>.yaml``, read, and edited line by line: comments and order stay.

Values are texts; objects travel as JSON; ``{secure: <ciphertext>}`` is a secret. Keys without a namespace
belong to the project. Pulumi.yaml gives defaults.
Source: Pulumi's configuration reference and recorded files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.state.files import write_atomically
from emulators.engine.state.project import Project, read_yaml
from emulators.engine.state.secrets import Crypter
from emulators.engine.values import Json, Properties, Secret


@dataclass(frozen=True)
class StackConfig:
    """Plain texts by ``namespace:key``, and which of them are secret."""

    values: dict[str, str] = field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()

    def properties(self) -> Properties:
        """The configuration as the default provider's inputs."""
        return {
            key: Secret(value) if key in self.secret_keys else value
            for key, value in sorted(self.values.items())
        }


def encryption_salt(file: Path) -> str:
    document = read_yaml(file)
    for other in ("secretsprovider", "encryptedkey"):
        if document.get(other) and document[other] != "passphrase":
            raise NotSupported(f"{file}: secrets provider '{document[other]}'", "passphrase")
    return str(document.get("encryptionsalt") or "")


def holds_settings(file: Path) -> bool:
    """Whether a stack's file has more than what engines write there when they make a stack."""
    return bool(read_yaml(file).get("config"))


def load(project: Project, crypter: Crypter, file: Path) -> StackConfig:
    """The stack's values over the project's defaults, decrypted."""
    document = read_yaml(file)
    if document.get("environment"):
        raise NotSupported(f"{file}: 'environment'")
    raw = _project_defaults(project)
    for key, value in (document.get("config") or {}).items():
        raw[full_key(str(key), project.name)] = value
    values = {key: _text(_decrypted(value, crypter)) for key, value in raw.items()}
    return StackConfig(values, frozenset(key for key, value in raw.items() if holds_secure(value)))


def _project_defaults(project: Project) -> Json:
    defaults: Json = {}
    for key, schema in project.config.items():
        value = schema.get("value", schema.get("default")) if isinstance(schema, dict) else schema
        if value is not None:
            defaults[full_key(str(key), project.name)] = value
    return defaults


def full_key(key: str, project_name: str) -> str:
    """``namespace:key``, with the project's name for a key that has none."""
    if key.count(":") == 2 and ":config:" in key:
        return key.replace(":config:", ":")
    if key.count(":") > 1 or not key:
        raise EngineError(f"invalid configuration key '{key}': it should be <namespace>:<key>")
    return key if ":" in key else f"{project_name}:{key}"


def _is_secure(value: Any) -> bool:
    return isinstance(value, dict) and list(value) == ["secure"] and isinstance(value["secure"], str)


def holds_secure(value: Any) -> bool:
    """Whether a value of the file is a secret or has one in it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return _is_secure(value) or any(map(holds_secure, inner))


def _decrypted(value: Any, crypter: Crypter) -> Any:
    if _is_secure(value):
        return crypter.decrypt(value["secure"])
    if isinstance(value, dict):
        return {key: _decrypted(item, crypter) for key, item in value.items()}
    return [_decrypted(item, crypter) for item in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    """As Go writes it: a whole number without a fraction."""
    if isinstance(value, (dict, list)):
        return json.dumps(_go_numbers(value), separators=(",", ":"))
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return str(_go_numbers(value)).replace("e-0", "e-") if isinstance(value, float) else str(value)


def _go_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            "<nil>" if key is None else _go_numbers(key): _go_numbers(part) for key, part in value.items()
        }
    if isinstance(value, list):
        return [_go_numbers(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e21 else value


# edited


def write_salt(file: Path, salt: str) -> None:
    """Add ``encryptionsalt`` to the stack's file, first as the real command line does; all else stays."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    write_atomically(file, f"encryptionsalt: {salt}\n{text}".encode())


def set_value(
    file: Path, key: str, value: str, crypter: Crypter | None, path: Sequence[str | int] = ()
) -> None:
    """Set one value (a secret, if a crypter is given), touching only that value's lines. With a path it is what stands
    there in the value, where `true` and whole numbers are what they look like.
    """
    entry: Any = {"secure": crypter.encrypt(value)} if crypter else _read_as(value) if path else value
    if path:
        entry = _put_into((read_yaml(file).get("config") or {}).get(key), path, entry, key)
    section = _Section(_lines(file))
    section.put(key, entry)
    _write(file, key, section.lines)


def _read_as(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d*)", text) else text


def _put_into(there: Any, path: Sequence[str | int], entry: Any, shown: str) -> Any:
    """What is there with the entry at the path; maps and lists on the way are made. Raises EngineError."""
    if not path:
        return entry
    head, rest = path[0], path[1:]
    there = there if there is not None else [] if isinstance(head, int) else {}
    if isinstance(head, int) and isinstance(there, list):
        if head > len(there):
            raise EngineError(f"{shown} has {len(there)} entries, so the next one is [{len(there)}]")
        before = there[head] if head < len(there) else None
        return [*there[:head], _put_into(before, rest, entry, f"{shown}[{head}]"), *there[head + 1 :]]
    if isinstance(head, str) and isinstance(there, dict) and not _is_secure(there):
        return {**there, head: _put_into(there.get(head), rest, entry, f"{shown}.{head}")}
    kind = "list" if isinstance(head, int) else "map"
    raise EngineError(f"{shown} is no {kind}, so nothing can be set in it")


def remove_value(file: Path, key: str, project_name: str) -> None:
    """Remove one value, written with or without the project's namespace; other lines stay."""
    for name in (key, key.removeprefix(f"{project_name}:")):
        section = _Section(_lines(file))
        if place := section.place(name):
            del section.lines[place]
            _write(file, key, section.lines)


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _write(file: Path, key: str, lines: list[str]) -> None:
    edited = "\n".join(lines) + "\n"
    if not isinstance(yaml.safe_load(edited), dict):
        raise EngineError(f"{file}: cannot set '{key}' without rewriting the file. Next: edit it by hand")
    write_atomically(file, edited.encode())


class _Section:
    """The lines of a stack's file, and where ``config:`` is in them: its own line, then those of its keys."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        heads = (i for i, line in enumerate(lines) if re.match(r"config:\s*(\{\}\s*)?(#.*)?$", line))
        self._start = next(heads, len(lines))
        inside = range(self._start + 1, len(lines))
        self._stop = next((i for i in inside if re.match(r"[^\s#]", lines[i])), len(lines))
        self._keyed = [i for i in range(self._start + 1, self._stop) if re.match(r"\s+[^\s#-]", lines[i])]
        first = lines[self._keyed[0]] if self._keyed else "  "
        self._indent = first[: len(first) - len(first.lstrip())]

    def place(self, key: str) -> slice | None:
        """The lines of a key and of what is under it."""
        names = re.compile(rf"{self._indent}(['\"]?){re.escape(key)}\1\s*:(\s|$)")
        index = next((i for i in self._keyed if names.match(self.lines[i])), None)
        if index is None:
            return None
        stop = index + 1
        below = re.compile(rf"{self._indent}(\s|-\s)")
        while stop < self._stop and below.match(self.lines[stop]) and self.lines[stop].strip():
            stop += 1
        return slice(index, stop)

    def put(self, key: str, entry: Any) -> None:
        """In the place of the key's lines, else at the end of the section, which is made if there is none."""
        if self._start == len(self.lines):
            self.lines.append("config:")
        self.lines[self._start] = re.sub(r"\{\}\s*", "", self.lines[self._start]).rstrip()
        text = yaml.safe_dump({key: entry}, default_flow_style=False, width=2**31, allow_unicode=True)
        new = [self._indent + line for line in text.rstrip("\n").splitlines()]
        inside = range(self._start + 1, self._stop)
        last = max(
            [self._start, *(i for i in inside if self.lines[i].strip() and self.lines[i][0].isspace())]
        )
        self.lines[self.place(key) or slice(last + 1, last + 1)] = new
