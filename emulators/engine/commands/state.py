"""``state delete`` and ``state unprotect``: entries taken out of the state, or freed, without their provider.

Source: the real command line's ``pkg/cmd/pulumi/state``; its messages as recorded.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from emulators.engine import urns
from emulators.engine.commands.workspace import Workspace
from emulators.engine.errors import EngineError
from emulators.engine.state import lock
from emulators.engine.state.checkpoint import Checkpoint, Resource


def without(resources: list[Resource], wanted: list[str], *, force: bool, dependents: bool) -> list[Resource]:
    """Pure: the entries that are left when the wanted ones go. Raises EngineError."""
    gone = {id(_one(resources, urn)) for urn in wanted}
    names = set(wanted)
    while True:
        needing = [entry for entry in resources if id(entry) not in gone and entry.all_dependencies() & names]
        if not needing:
            break
        if not dependents:
            raise EngineError(_needed(wanted, needing))
        gone |= {id(entry) for entry in needing}
        names |= {entry.urn for entry in needing}
    for entry in resources:
        if id(entry) in gone and entry.protect and not force:
            raise EngineError(
                f"{entry.urn} can't be safely deleted because it is protected. Re-run this command with "
                "--force to force deletion"
            )
    return [entry for entry in resources if id(entry) not in gone]


def _one(resources: list[Resource], urn: str) -> Resource:
    found = [entry for entry in resources if entry.urn == urn]
    if not found:
        alike = sorted(e.urn for e in resources if urns.is_urn(urn) and e.type == urns.type_of(urn))
        hint = "".join(f"\n  {name}" for name in alike)
        raise EngineError(
            f'No such resource "{urn}" exists in the current state'
            + (f"\nDid you mean:{hint}" if hint else "")
            + "\nTo list the resource URNs in the stack, run `stack --show-urns`; to inspect the full state, run "
            "`stack export`."
        )
    if len(found) > 1:
        raise EngineError(
            f"'{urn}' names several entries, as after a replacement whose delete failed. Next: run `up`, which "
            "deletes the old one"
        )
    return found[0]


def _needed(wanted: list[str], needing: list[Resource]) -> str:
    lines = "".join(f'\n * "{entry.name}" ({entry.urn})' for entry in needing)
    return (
        f"{', '.join(wanted)} can't be safely deleted because the following resources depend on it:{lines}\n\n"
        "Delete those resources first or pass --target-dependents."
    )


def _edit(args: argparse.Namespace, change: Callable[[Checkpoint], str]) -> None:
    """Read, change and write the state while nobody else does."""
    workspace = Workspace(args)
    stack = workspace.open()
    if workspace.can_ask():
        workspace.confirm("This will edit your stack's state directly. Proceed?")
    with lock.locked(stack.files):
        checkpoint = stack.read()
        done = change(checkpoint)
        stack.write_all(checkpoint)
    print(done)


def delete(args: argparse.Namespace) -> None:
    wanted: list[str] = args.urn

    def change(checkpoint: Checkpoint) -> str:
        checkpoint.resources = without(
            checkpoint.resources, wanted, force=args.force, dependents=args.target_dependents
        )
        return "Resource deleted" if len(wanted) == 1 else f"{len(wanted)} resources deleted"

    _edit(args, change)


def unprotect(args: argparse.Namespace) -> None:
    if bool(args.urn) == args.all:
        raise EngineError("must provide at least one URN corresponding to a resource, or --all")

    def change(checkpoint: Checkpoint) -> str:
        chosen = checkpoint.resources if args.all else [_one(checkpoint.resources, urn) for urn in args.urn]
        for entry in chosen:
            entry.protect = False
        return "All resources unprotected" if args.all else f"{len(chosen)} resources unprotected"

    _edit(args, change)
