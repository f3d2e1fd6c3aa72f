"""``cancel``, and ``stack init|ls|rm|select|export|import|tag``: stacks, and what lies beside their states."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from emulators.engine import urns
from emulators.engine.commands.workspace import Workspace, show
from emulators.engine.errors import EngineError, NotSupported, StackNotFound
from emulators.engine.state import checkpoint, lock
from emulators.engine.state.checkpoint import resource_to_json
from emulators.engine.state.files import StackFiles, write_atomically
from emulators.engine.state.project import select_stack, selected_stack
from emulators.engine.state.secrets import Crypter, Sealed
from emulators.engine.state.stack import read_state
from emulators.engine.values import Json, Value


def init(args: argparse.Namespace) -> None:
    if args.secrets_provider not in ("passphrase", "default"):
        raise NotSupported(f"secrets provider '{args.secrets_provider}'", "passphrase")
    _create(Workspace(args), args.name, select=not args.no_select)


def _create(workspace: Workspace, given: str | None, *, select: bool) -> None:
    stack = workspace.create(given)
    if select:
        select_stack(workspace.project, workspace.url, stack.name)
    print(f"Created stack '{stack.name}'")


def ls(args: argparse.Namespace) -> None:
    workspace = Workspace(args)
    own = workspace.project.name
    selected = selected_stack(workspace.project, workspace.url)
    rows: list[Json] = []
    for files in workspace.backend.stacks(None if args.all else own):
        if args.tag and not _has_tag(files, args.tag):
            continue
        latest = files.latest()
        rows.append(
            {
                "name": files.full_name if args.all else files.name,
                "current": (files.project, files.name) == (own, selected),
                "lastUpdate": (latest.get("manifest") or {}).get("time"),
                "resourceCount": len(latest.get("resources") or []),
            }
        )
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    width = max([len("NAME"), *(len(row["name"]) + 1 for row in rows)])
    print(f"{'NAME':{width}}  {'LAST UPDATE':30}  RESOURCE COUNT")
    for row in rows:
        name = row["name"] + ("*" if row["current"] else "")
        print(f"{name:{width}}  {row['lastUpdate'] or 'n/a':30}  {row['resourceCount']}")


def select(args: argparse.Namespace) -> None:
    workspace = Workspace(args)
    files = workspace.files(args.name)
    if files.exists():
        select_stack(workspace.project, workspace.url, files.name)
    elif args.create:
        _create(workspace, args.name, select=True)
    else:
        raise StackNotFound(files.name)


def rm(args: argparse.Namespace) -> None:
    workspace = Workspace(args)
    files = workspace.files(args.name)
    name = files.name
    if files.latest().get("resources") and not args.force:
        raise EngineError(
            f"'{name}' still has resources; removal rejected. Possible actions:\n"
            f"- Make sure that '{name}' is the stack that you want to destroy\n"
            "- Run `destroy` to delete the resources, then run `stack rm`\n"
            "- Run `stack rm --force` to override this error"
        )
    if not args.yes and not workspace.can_ask():
        raise EngineError("--yes must be passed in to proceed when running in non-interactive mode")
    workspace.confirm(f"This will permanently remove the '{name}' stack. Proceed?")
    remove(workspace, files, keep_settings=bool(args.preserve_config))
    print(f"Stack '{name}' has been removed!")


def remove(workspace: Workspace, files: StackFiles, *, keep_settings: bool) -> None:
    """Forget a stack: its state, its history, that it is selected, and its own file unless that is to stay."""
    with lock.locked(files):
        files.remove()
    if not keep_settings:
        (workspace.config_file or workspace.project.stack_file(files.name)).unlink(missing_ok=True)
    if selected_stack(workspace.project, workspace.url) == files.name:
        select_stack(workspace.project, workspace.url, None)


def cancel(args: argparse.Namespace) -> None:
    files = Workspace(args).existing(args.name)
    lock.release_all(files)
    print(f"The currently running update for '{files.name}' has been canceled!", file=sys.stderr)


# a whole deployment as JSON


def export(args: argparse.Namespace) -> None:
    """The deployment as ``stack import`` takes it: ciphertexts as they are, or plain texts with a flag."""
    workspace = Workspace(args)
    latest = workspace.files().latest()
    if args.show_secrets:
        stack = workspace.open(only_to_read=True)
        entries = (resource_to_json(resource, stack.crypter) for resource in stack.read().resources)
        latest["resources"] = [_with_plaintexts(entry, stack.crypter) for entry in entries]
    else:
        read_state(workspace.files(), Sealed())
    text = json.dumps({"version": 3, "deployment": latest}, indent=4, ensure_ascii=False)
    if args.file:
        write_atomically(Path(args.file), f"{text}\n".encode())
    else:
        print(text)


def _with_plaintexts(value: Value, crypter: Crypter) -> Value:
    if isinstance(value, dict):
        opened = {key: _with_plaintexts(item, crypter) for key, item in value.items()}
        if "ciphertext" in value and len(value) == 2:
            opened["plaintext"] = crypter.decrypt(opened.pop("ciphertext"))
        return opened
    return [_with_plaintexts(item, crypter) for item in value] if isinstance(value, list) else value


def import_(args: argparse.Namespace) -> None:
    stack = Workspace(args).open()
    text = Path(args.file).read_text(encoding="utf-8") if args.file else sys.stdin.read()
    try:
        document = json.loads(text)
        checkpoint.check_version(document)
        checkpoint.check_secrets_provider(document["deployment"])
        deployment = checkpoint.checkpoint_from_json(document["deployment"], stack.crypter)
        checkpoint.check_integrity(deployment)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(f"could not import: not an exported deployment ({error})") from error
    foreign = {resource.urn for resource in deployment.resources if urns.parts(resource.urn)[0] != stack.name}
    if foreign and not args.force:
        raise EngineError(
            f"resource '{min(foreign)}' is of another stack than '{stack.name}'. Next: import it with --force "
            "if that is meant"
        )
    with lock.locked(stack.files):
        stack.write_all(deployment)
    print("Import complete.")


# tags


def _has_tag(files: StackFiles, wanted: str) -> bool:
    """Whether a stack has a tag: ``name``, or ``name=value``."""
    name, equals, value = wanted.partition("=")
    found = files.tags().get(name)
    return found is not None and (not equals or found == value)


def tag_set(args: argparse.Namespace) -> None:
    if not args.name or "=" in args.name:
        raise EngineError(f"invalid stack tag name '{args.name}'")
    files = Workspace(args).existing()
    files.write_tags({**files.tags(), args.name: args.value})


def tag_get(args: argparse.Namespace) -> None:
    files = Workspace(args).existing()
    found = files.tags().get(args.name)
    if found is None:
        raise EngineError(f"stack tag '{args.name}' not found for stack '{files.name}'")
    print(found)


def tag_ls(args: argparse.Namespace) -> None:
    show(Workspace(args).existing().tags(), ("NAME", "VALUE"), as_json=args.json)


def tag_rm(args: argparse.Namespace) -> None:
    files = Workspace(args).existing()
    tags = files.tags()
    if tags.pop(args.name, None) is not None:
        files.write_tags(tags)
