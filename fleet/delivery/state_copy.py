"""A copy of a stack's state without its secrets: previews of a branch's code, which nobody has read yet, run on it.

It is a stack of the same name in another backend. In place of each secret stands a fingerprint that tells whether a
value is the same, so a preview by the copy shows the changes that one by the state does. Its passphrase is no secret.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from fleet.delivery.offline import without_secrets as settings_without_secrets
from fleet.engine.engine import UNLESS_SET, Engine
from fleet.engine.local_stack import new_stack, scratch_project
from fleet.engine.run import SECRET_KEY, Run
from providers.linode.api.cache import PLACEHOLDER
from providers.linode.core import fingerprints
from providers.linode.core.state_files import TYPE_TOKENS
from providers.linode.provider import SPECS
from stacks import sources
from stacks.errors import BadSettings
from stacks.layers import PROJECT_SPACE

Json = dict[str, Any]
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's signature of a secret, public
PROVIDERS = "pulumi:providers:"
COPY_OF = "copy-of"
"""The tag of a stack that is a copy: no other one is written over."""


def copy(run: Run, url: str) -> None:
    """Make the copy in that backend, or bring it up to date. Raises BadSettings, EngineFailed."""
    if url.rstrip("/") == run.backend_url.rstrip("/"):
        raise BadSettings(f"{url} is where the state itself is. Next: name another backend for the copy.")
    target = Run(run.stack, run.engine, of_copies(run.env, url))
    is_new = run.stack not in target.stacks()
    if not is_new and target.tags().get(COPY_OF) != run.stack:
        raise BadSettings(
            f"stack '{run.stack}' in {url} is no copy, and was left alone. Next: name another backend for the copy."
        )
    exported = json.loads(run.ask("stack", "export", "--show-secrets"))
    if is_new:
        new_stack(run.stack, run.engine, target.env)
        target.ask("stack", "tag", "set", COPY_OF, run.stack)
    salt = _salt(run.stack, run.engine, target.env)
    cleaned = {**exported, "deployment": without_secrets(exported.get("deployment") or {}, salt)}
    with scratch_project() as scratch:
        (scratch / f"Pulumi.{run.stack}.yaml").write_text(
            yaml.safe_dump({"encryptionsalt": salt}), encoding="utf-8"
        )
        target.ask("stack", "import", "--cwd", str(scratch), stdin=json.dumps(cleaned))


def of_copies(env: Mapping[str, str], url: str) -> dict[str, str]:
    """The environment of commands about copies in a backend."""
    kept = {key: value for key, value in env.items() if key != "PULUMI_CONFIG_PASSPHRASE_FILE"}
    return {**kept, "PULUMI_BACKEND_URL": url, "PULUMI_CONFIG_PASSPHRASE": PLACEHOLDER}


def _salt(stack: str, engine: Engine, env: Mapping[str, str]) -> str:
    """A fresh one for the passphrase of copies: any will do, for nothing is encrypted with it."""
    with TemporaryDirectory(prefix="salt-") as folder:
        return new_stack(stack, engine, {**env, "PULUMI_BACKEND_URL": f"file://{folder}"})


def without_secrets(deployment: Mapping[str, Any], salt: str) -> Json:
    """The deployment of an export with its secrets in the clear, without them; `salt`: of the copy's stack.

    Source: apitype.DeploymentV3 of the engine. What an earlier run left open is not in it: no import takes that.
    """
    own = secrets.token_hex(8)
    return {
        **{key: value for key, value in deployment.items() if key != "pending_operations"},
        "secrets_providers": {"type": "passphrase", "state": {"salt": salt}},
        "resources": [_resource(entry, own) for entry in deployment.get("resources") or ()],
    }


def _resource(entry: Mapping[str, Any], salt: str) -> Json:
    """A resource with what the engine or its kind says is secret replaced; of a provider, whose inputs are the stack's
    settings, all that is not ours.
    """
    type_ = str(entry.get("type", ""))
    spec = SPECS.get(type_.removeprefix(TYPE_TOKENS))
    keys = {name: spec.fields[name].secret_keys for name in spec.secrets()} if spec else {}

    def hidden(name: str, value: Any) -> Any:
        if name in keys or (
            type_.startswith(PROVIDERS) and ":" in name and not name.startswith(PROJECT_SPACE)
        ):
            return fingerprints.instead(_opened(value), salt, keys.get(name, ()))
        return _hidden(value, salt)

    def side(values: Mapping[str, Any]) -> Json:
        return {name: hidden(name, value) for name, value in values.items()}

    return {key: side(part) if key in ("inputs", "outputs") and part else part for key, part in entry.items()}


def _is_secret(value: Mapping[str, Any]) -> bool:
    return value.get(SECRET_KEY) == SECRET_SIGNATURE


def _opened(value: Any) -> Any:
    """The value with its secrets in the clear. Raises KeyError where they are not told."""
    if isinstance(value, Mapping):
        if _is_secret(value):
            return _opened(json.loads(value["plaintext"]))
        return {key: _opened(part) for key, part in value.items()}
    return [_opened(part) for part in value] if isinstance(value, list) else value


def _hidden(value: Any, salt: str) -> Any:
    if isinstance(value, Mapping):
        if _is_secret(value):
            return fingerprints.instead(_opened(value), salt)
        return {key: _hidden(part, salt) for key, part in value.items()}
    return [_hidden(part, salt) for part in value] if isinstance(value, list) else value


@contextmanager
def copied_run(run: Run) -> Iterator[Run]:
    """The run of the stack's copy, in the backend of the environment: no secret of it is needed. Raises BadSettings,
    EngineFailed.
    """
    env = {**UNLESS_SET, **of_copies(run.env, run.backend_url)}
    own = Path(run.config_file) if run.config_file else sources.file_of(run.stack)
    with TemporaryDirectory(prefix="copy-") as folder:
        settings = Path(folder) / own.name
        copied = replace(run, env=env, config_file=str(settings))
        if run.stack not in copied.stacks() or copied.tags().get(COPY_OF) != run.stack:
            raise BadSettings(
                f"there is no copy of stack '{run.stack}' in {run.backend_url}. "
                f"Next: fleet copy-state --stack {run.stack} --to {run.backend_url}, where its secrets are."
            )
        salt = _salt(run.stack, run.engine, env)
        settings.write_text(settings_without_secrets(own.read_text(encoding="utf-8"), salt), encoding="utf-8")
        yield copied
