"""The stack's configuration: ``Pulumi.<stack>.yaml`` read.

Values are texts; objects travel as JSON; ``{secure: <ciphertext>}`` is a secret. Keys without a namespace
belong to the project. Pulumi.yaml gives defaults.
Source: Pulumi's configuration reference and recorded files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.passphrase import Crypter
from emulators.engine.project import Project, read_yaml


@dataclass(frozen=True)
class StackConfig:
    """Plain texts by ``namespace:key``, and which of them are secret."""

    values: dict[str, str] = field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()


def encryption_salt(file: Path) -> str:
    document = read_yaml(file) if file.exists() else {}
    for other in ("secretsprovider", "encryptedkey"):
        if document.get(other) and document[other] != "passphrase":
            raise NotSupported(
                f"{file}: secrets provider '{document[other]}' is not supported by the embedded engine "
                "(only passphrase); use pulumi"
            )
    return str(document.get("encryptionsalt") or "")


def load(project: Project, stack: str, crypter: Crypter, file: Path | None = None) -> StackConfig:
    """The stack's values over the project's defaults, decrypted."""
    file = file or project.stack_file(stack)
    document = read_yaml(file) if file.exists() else {}
    if document.get("environment"):
        raise NotSupported(f"{file}: 'environment' is not supported by the embedded engine; use pulumi")
    raw: dict[str, Any] = dict(_project_defaults(project))
    as_written = _as_written(file)
    raw.update(
        {full_key(str(key), project.name): value for key, value in (document.get("config") or {}).items()}
    )
    for key, text in as_written.items():
        if isinstance(raw.get(full_key(key, project.name)), bool):
            raw[full_key(key, project.name)] = text if text.lower() not in ("true", "false") else text.lower()
    values = {key: _text(_decrypted(value, crypter)) for key, value in raw.items()}
    return StackConfig(values, frozenset(key for key, value in raw.items() if holds_secure(value)))


def _as_written(file: Path) -> dict[str, str]:
    """The plain values as texts: YAML 1.1 reads ``yes`` as a truth value, Pulumi's YAML 1.2 does not."""
    if not file.exists():
        return {}
    document = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - only texts
    values = (document or {}).get("config") or {}
    return {key: value for key, value in values.items() if isinstance(value, str)}


def _project_defaults(project: Project) -> dict[str, Any]:
    defaults: dict[str, Any] = {}
    for key, schema in project.config.items():
        value = schema
        if isinstance(schema, dict):
            value = schema["value"] if "value" in schema else schema.get("default")
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
    if _is_secure(value):
        return True
    if isinstance(value, dict):
        return any(map(holds_secure, value.values()))
    return isinstance(value, list) and any(map(holds_secure, value))


def _decrypted(value: Any, crypter: Crypter) -> Any:
    if _is_secure(value):
        return crypter.decrypt(value["secure"])
    if isinstance(value, dict):
        return {key: _decrypted(item, crypter) for key, item in value.items()}
    return [_decrypted(item, crypter) for item in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, separators=(",", ":")) if isinstance(value, (dict, list)) else str(value)
