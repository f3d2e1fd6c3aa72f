"""One stack opened for work: its project, backend, configuration, secrets and state."""

from __future__ import annotations

import getpass
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulators.engine import config as stack_config
from emulators.engine import passphrase, urns
from emulators.engine.backend import FileBackend, corrupt
from emulators.engine.config import StackConfig
from emulators.engine.config_file import write_salt
from emulators.engine.errors import EngineError, StackNotFound, StateCorrupt
from emulators.engine.passphrase import Crypter
from emulators.engine.performing import now
from emulators.engine.project import Project
from emulators.engine.state import Deployment, check_secrets_provider, check_version, manifest_now, parse
from emulators.engine.values import Properties, Secret

Json = dict[str, Any]


@dataclass
class Stack:
    """A stack of a project in a backend."""

    project: Project
    backend: FileBackend
    name: str
    config_file: Path
    salt: str
    crypter: Crypter

    @property
    def full_name(self) -> str:
        return f"organization/{self.project.name}/{self.name}"

    def config(self) -> StackConfig:
        return stack_config.load(self.project, self.name, self.crypter, self.config_file)

    def config_properties(self) -> Properties:
        """The configuration as the default provider's inputs."""
        config = self.config()
        return {
            key: Secret(value) if key in config.secret_keys else value
            for key, value in sorted(config.values.items())
        }

    def read(self) -> Deployment:
        """The checked state. Raises StateCorrupt with the file's name."""
        return read_state(self.backend, self.project.name, self.name, self.crypter)

    def write(self, body: bytes) -> None:
        """Put a deployment (the members after the secrets provider) on disk as a whole checkpoint."""
        head = {
            "manifest": manifest_now(now()),
            "secrets_providers": {"type": "passphrase", "state": {"salt": self.salt}},
        }
        latest = json.dumps(head, separators=(",", ":")).encode()[:-1] + b"," + body + b"}"
        name = json.dumps(self.full_name).encode()
        self.backend.write(
            self.project.name,
            self.name,
            b'{"version":3,"checkpoint":{"stack":' + name + b',"latest":' + latest + b"}}",
        )


def read_latest(backend: FileBackend, project: str, stack: str) -> Json:
    """The deployment in the state file as JSON. Raises StackNotFound, StateCorrupt, NotSupported."""
    document = backend.read(project, stack)
    check_version(document)
    latest = document["checkpoint"].get("latest")
    if latest is not None and not isinstance(latest, dict):
        raise corrupt(backend.state_file(project, stack), "not a deployment")
    return latest or {}


def read_state(backend: FileBackend, project: str, stack: str, crypter: Crypter) -> Deployment:
    latest = read_latest(backend, project, stack)
    try:
        return parse(latest, crypter)
    except StateCorrupt as error:
        raise corrupt(backend.state_file(project, stack), str(error)) from error


def open_stack(
    project: Project,
    backend: FileBackend,
    name: str,
    config_file: Path | None,
    interactive: bool,
    *,
    save_salt: bool = True,
) -> Stack:
    """Open an existing stack: find its passphrase, check it, and write a missing salt to the stack's file."""
    if not backend.exists(project.name, name):
        raise StackNotFound(f"no stack named '{name}' found")
    file = config_file or project.stack_file(name)
    in_state = check_secrets_provider(read_latest(backend, project.name, name))
    in_file = stack_config.encryption_salt(file)
    secret = ask_passphrase(interactive)
    salt = in_file or in_state
    if salt:
        crypter = passphrase.open_stack(salt, secret)
        if in_state and in_file and in_state != in_file:
            crypter = _open_with_state_salt(in_state, secret, crypter, file)
    else:
        salt, crypter = passphrase.new_stack(secret)
    if save_salt and not in_file:
        write_salt(file, salt)
    return Stack(project, backend, name, file, salt, crypter)


def _open_with_state_salt(in_state: str, secret: str, crypter: Crypter, file: Path) -> Crypter:
    """A crypter that encrypts with the file's key and decrypts with both: the state still has the old one."""
    try:
        old = passphrase.open_stack(in_state, secret)
    except passphrase.WrongPassphrase as error:
        raise EngineError(
            f"the state was encrypted with another passphrase than {file.name}. Next: restore the encryptionsalt "
            "that belongs to it, or export and import the state"
        ) from error
    return passphrase.TwoKeys(crypter, old)


def create_stack(
    project: Project, backend: FileBackend, name: str, config_file: Path | None, interactive: bool
) -> Stack:
    """``stack init``: an empty state, and a salt in the stack's file."""
    if backend.exists(project.name, name):
        raise EngineError(f"stack 'organization/{project.name}/{name}' already exists")
    file = config_file or project.stack_file(name)
    salt = stack_config.encryption_salt(file)
    secret = ask_passphrase(interactive)
    if salt:
        crypter = passphrase.open_stack(salt, secret)
    else:
        salt, crypter = passphrase.new_stack(secret)
        write_salt(file, salt)
    stack = Stack(project, backend, name, file, salt, crypter)
    stack.write(b'"metadata":{}')
    return stack


def ask_passphrase(interactive: bool) -> str:
    """The passphrase from the environment, else from the terminal. Raises EngineError without either."""
    found = passphrase.passphrase_from_environment()
    if found is not None:
        return found
    if interactive and sys.stdin.isatty():
        return getpass.getpass("Enter your passphrase to unlock config/secrets: ")
    raise EngineError(
        "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE "
        "environment variables"
    )


def stack_outputs(deployment: Deployment) -> Properties:
    for resource in deployment.resources:
        if resource.type == urns.STACK_TYPE and not resource.delete:
            return resource.outputs
    return {}
