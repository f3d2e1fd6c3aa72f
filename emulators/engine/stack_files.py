"""``stack export`` and ``stack import``: a whole deployment as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulators.engine import lock, urns
from emulators.engine.backend import write_atomically
from emulators.engine.errors import EngineError
from emulators.engine.stack import Stack, read_latest
from emulators.engine.state import (
    Deployment,
    check_integrity,
    check_secrets_provider,
    check_version,
    deployment_from_json,
    resource_to_json,
)
from emulators.engine.values import Value
from emulators.engine.workspace import Workspace

Json = dict[str, Any]


def write_deployment(stack: Stack, deployment: Deployment) -> None:
    """Put a checked deployment in the place of the stack's; the caller holds the lock."""
    check_integrity(deployment)
    body = {
        "resources": [resource_to_json(resource, stack.crypter) for resource in deployment.resources],
        "pending_operations": [
            {"resource": resource_to_json(op.resource, stack.crypter), "type": op.type}
            for op in deployment.pending_operations
        ],
        "metadata": deployment.metadata,
    }
    members = {key: value for key, value in body.items() if value or key == "metadata"}
    stack.write(json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()[1:-1])


def _export(workspace: Workspace, args: argparse.Namespace) -> None:
    """The deployment as ``stack import`` takes it: ciphertexts as they are, or plain texts with a flag."""
    stack = workspace.open(only_to_read=True)
    deployment = stack.read()
    latest = read_latest(workspace.backend, workspace.project.name, stack.name)
    if getattr(args, "show_secrets", False):
        latest = {**latest, **_with_plaintexts(deployment, stack)}
    text = json.dumps({"version": 3, "deployment": latest}, indent=4, ensure_ascii=False)
    if args.file:
        write_atomically(Path(args.file), f"{text}\n".encode())
    else:
        print(text)


def _with_plaintexts(deployment: Deployment, stack: Stack) -> Json:
    def shown(value: Value) -> Value:
        if isinstance(value, dict):
            if "ciphertext" in value and len(value) == 2:
                plain = {**value, "plaintext": stack.crypter.decrypt(value["ciphertext"])}
                del plain["ciphertext"]
                return plain
            return {key: shown(item) for key, item in value.items()}
        return [shown(item) for item in value] if isinstance(value, list) else value

    return {
        "resources": [shown(resource_to_json(resource, stack.crypter)) for resource in deployment.resources]
    }


def _import(workspace: Workspace, args: argparse.Namespace) -> None:
    stack = workspace.open()
    text = Path(args.file).read_text(encoding="utf-8") if args.file else sys.stdin.read()
    try:
        document = json.loads(text)
        inner = document["deployment"]
        check_version(document)
        check_secrets_provider(inner)
        deployment = deployment_from_json(inner, stack.crypter)
        check_integrity(deployment)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(f"could not import: not an exported deployment ({error})") from error
    foreign = {resource.urn for resource in deployment.resources if urns.parts(resource.urn)[0] != stack.name}
    if foreign and not args.force:
        raise EngineError(
            f"resource '{min(foreign)}' is of another stack than '{stack.name}'. Next: import it with --force "
            "if that is meant"
        )
    with lock.locked(workspace.backend, workspace.project.name, stack.name):
        write_deployment(stack, deployment)
    print("Import complete.")


COMMANDS: dict[str, Callable[[Workspace, argparse.Namespace], None]] = {
    "stack export": _export,
    "stack import": _import,
}
