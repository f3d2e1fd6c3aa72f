"""One stack opened for work: its project, files, configuration, secrets and state."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from emulators.engine import urns
from emulators.engine.errors import EngineError, StateCorrupt
from emulators.engine.state import checkpoint as states, config as stack_config, secrets
from emulators.engine.state.checkpoint import Checkpoint, members, now, resource_to_json
from emulators.engine.state.config import StackConfig, write_salt
from emulators.engine.state.files import StackFiles, corrupt
from emulators.engine.state.project import Project, plain_name
from emulators.engine.state.secrets import Crypter, ask_passphrase
from emulators.engine.values import Properties, dump


@dataclass
class Stack:
    """A stack of a project in a backend."""

    project: Project
    files: StackFiles
    config_file: Path
    salt: str
    crypter: Crypter

    @property
    def name(self) -> str:
        return self.files.name

    def config(self) -> StackConfig:
        return stack_config.load(self.project, self.crypter, self.config_file)

    def read(self) -> Checkpoint:
        """The checked state. Raises StateCorrupt with the file's name."""
        return read_state(self.files, self.crypter)

    def write(self, body: bytes) -> None:
        """Put a deployment (the members after the secrets provider) on disk as a whole checkpoint.

        The manifest has no engine version, as a build without one writes it.
        """
        head = {
            "manifest": {"time": now(), "magic": "", "version": ""},
            "secrets_providers": {"type": "passphrase", "state": {"salt": self.salt}},
        }
        name, latest = dump(self.files.full_name), dump(head)[:-1]
        start = f'{{"version":3,"checkpoint":{{"stack":{name},"latest":{latest},'
        self.files.write(start.encode() + body + b"}}}")

    def write_all(self, checkpoint: Checkpoint) -> None:
        """Put a checked deployment in the place of the stack's; the caller holds the lock."""
        states.check_integrity(checkpoint)
        entries = [dump(resource_to_json(resource, self.crypter)) for resource in checkpoint.resources]
        self.write(members(entries, checkpoint.pending_operations, checkpoint.metadata, self.crypter))

    def outputs_of(self, name: str) -> Properties:
        """The outputs of the stack of that name, whole or of this project. Raises EngineError."""
        parts = name.split("/")
        if len(parts) == 3 and parts[0] == "organization":
            other = dataclasses.replace(self.files, project=parts[1], name=parts[2])
        elif len(parts) == 1:
            other = dataclasses.replace(self.files, name=plain_name(name, self.project))
        else:
            raise EngineError(f"stack reference '{name}': give it as organization/<project>/<stack>")
        if not other.exists():
            raise EngineError(f"unknown stack '{name}'")
        salt, crypter = states.check_secrets_provider(other.latest()), self.crypter
        if salt and salt != self.salt:
            try:
                crypter = secrets.open_stack(salt, ask_passphrase(interactive=False))
            except secrets.WrongPassphrase as error:
                raise EngineError(f"stack '{other.full_name}' has another passphrase") from error
        return stack_outputs(read_state(other, crypter))


def read_state(files: StackFiles, crypter: Crypter) -> Checkpoint:
    latest = files.latest()
    try:
        return states.parse(latest, crypter)
    except StateCorrupt as error:
        raise corrupt(files.state, str(error)) from error


def stack_outputs(checkpoint: Checkpoint) -> Properties:
    stacks = (r for r in checkpoint.resources if r.type == urns.STACK_TYPE and not r.delete)
    return next((stack.outputs for stack in stacks), {})


def open_stack(
    project: Project,
    files: StackFiles,
    config_file: Path | None,
    interactive: bool,
    *,
    create: bool = False,
    save_salt: bool = True,
) -> Stack:
    """A stack, with the salt of its file, else the one in its state, else a new one.

    create: with an empty state, as ``stack init`` leaves it. save_salt: a salt that its file lacks is written there.
    """
    if create and files.exists():
        raise EngineError(f"stack '{files.full_name}' already exists")
    in_state = "" if create else states.check_secrets_provider(files.latest())
    file = config_file or project.stack_file(files.name)
    in_file = stack_config.encryption_salt(file)
    passphrase = ask_passphrase(interactive)
    if salt := in_file or in_state:
        crypter = secrets.open_stack(salt, passphrase)
        if in_state not in ("", salt):
            crypter = _with_the_states_key(in_state, passphrase, crypter, file)
    else:
        salt, crypter = secrets.new_stack(passphrase)
    if save_salt and not in_file:
        write_salt(file, salt)
    stack = Stack(project, files, file, salt, crypter)
    if create:
        stack.write(b'"metadata":{}')
    return stack


def _with_the_states_key(in_state: str, passphrase: str, crypter: Crypter, file: Path) -> Crypter:
    """A crypter that encrypts with the file's key and decrypts with both: the state still has the old one."""
    try:
        return Crypter(crypter.key, secrets.open_stack(in_state, passphrase))
    except secrets.WrongPassphrase as error:
        raise EngineError(
            f"the state was encrypted with another passphrase than {file.name}. Next: restore the encryptionsalt "
            "that belongs to it, or export and import the state"
        ) from error
