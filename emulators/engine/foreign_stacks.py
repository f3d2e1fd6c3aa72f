"""The outputs of other stacks of the same backend, for StackReference."""

from __future__ import annotations

from emulators.engine import passphrase
from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.project import plain_name
from emulators.engine.stack import Stack, ask_passphrase, read_latest, read_state, stack_outputs
from emulators.engine.state import Deployment, check_secrets_provider
from emulators.engine.values import Properties


def read_outputs(stack: Stack, name: str) -> Properties:
    """The outputs of the stack of that name, whole or of this project. Raises EngineError."""
    parts = name.split("/")
    if len(parts) == 3 and parts[0] == "organization":
        project, other = parts[1], parts[2]
    elif len(parts) == 1:
        project, other = stack.project.name, plain_name(name, stack.project)
    else:
        raise EngineError(f"stack reference '{name}': give it as organization/<project>/<stack>")
    if not stack.backend.exists(project, other):
        raise EngineError(f"unknown stack '{name}'")
    return stack_outputs(read_foreign(stack, project, other))


def read_foreign(stack: Stack, project: str, name: str) -> Deployment:
    """The state of another stack of the backend, opened with the same passphrase."""
    salt = check_secrets_provider(read_latest(stack.backend, project, name))
    crypter = stack.crypter
    if salt and salt != stack.salt:
        try:
            crypter = passphrase.open_stack(salt, ask_passphrase(interactive=False))
        except passphrase.WrongPassphrase as error:
            raise NotSupported(f"stack 'organization/{project}/{name}' has another passphrase") from error
    return read_state(stack.backend, project, name, crypter)
