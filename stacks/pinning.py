"""A stack without its program: what its files say, where its pins are, whom to ask, and pinning what is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from providers.linode.api.connection import LOCAL_STACK, Connection, connect, connect_for_lookups
from providers.linode.core import runtime as sessions
from providers.linode.pins import PinFile, Pinned, default_path
from providers.linode.project import PROJECT, local_folder
from stacks import sources
from stacks.layers import PROJECT_SPACE, Layer
from stacks.picking import pick_all
from stacks.settings import Settings, parse


@dataclass(frozen=True)
class StackFiles:
    """A stack's settings as its files have them; encrypted values are "[secret]"."""

    stack: str
    layer: Layer
    settings: Settings

    @classmethod
    def read(cls, stack: str) -> StackFiles:
        """Raises BadSettings."""
        layer = _layer(stack)
        return cls(stack, layer, parse(layer, stack))

    def pins(self) -> PinFile:
        """Raises BadPins."""
        return pins_of(self.settings, self.stack)

    def linode_values(self) -> dict[str, str]:
        """The provider's settings; of the secrets only the token of the local API, for stack `local`."""
        known = sources.linode_values(self.layer)
        if self.stack == LOCAL_STACK and (file := local_folder(os.environ) / "token").exists():
            known["linode:token"] = file.read_text(encoding="utf-8").strip()
        return known

    def connection(self, env: Mapping[str, str] = os.environ) -> Connection:
        """Whom to ask for the catalogs without an engine, which alone decrypts a token in the settings.

        LINODE_TOKEN, and that of the local API for stack `local`; without one only the account's own images are
        missing. Raises BadConnection.
        """
        known = self.linode_values()
        if self.stack == LOCAL_STACK:
            return connect(self.stack, known)
        return connect_for_lookups({"LINODE_URL": known.get("linode:url", ""), **env})


def _layer(stack: str) -> Layer:
    made = local_folder(os.environ) / f"Pulumi.{stack}.yaml" if stack == LOCAL_STACK else None
    return sources.of_files(stack, own=made)


def pins_path(settings: Settings, stack: str) -> Path:
    return _at(settings.pins, stack)


def pins_file(stack: str) -> Path:
    """The same by the files alone, for what need not wait until all that they say is judged. Raises BadSettings."""
    return _at(_layer(stack).values.get(f"{PROJECT_SPACE}pins"), stack)


def _at(given: object, stack: str) -> Path:
    return PROJECT / given if given and isinstance(given, str) else default_path(stack)


def pins_of(settings: Settings, stack: str, halves: Mapping[str, str] | None = None) -> PinFile:
    """The stack's pins, also under the names that its groups have now. Raises BadPins.

    `halves`: groups whose renaming broke off and that the file may not know of. See `renaming.halves`.
    """
    file = PinFile.read(pins_path(settings, stack))
    file = replace(file, begun={**(halves or {}), **file.begun})
    return file.renamed(settings.renamed, settings.servers)


def pinned_of(
    settings: Settings, stack: str, *, locked: bool = False, halves: Mapping[str, str] | None = None
) -> Pinned:
    """The pins of a stack's run, over the connection of what was learnt. Raises BadPins, BadConnection."""
    session = sessions.of_stack(stack)
    file, now = pins_of(settings, stack, halves), datetime.now(timezone.utc)
    return Pinned(file, session.catalogs, now, stack=stack, locked=locked, account=lambda: session.account_id)


def pin(stack: str) -> list[str]:
    """Pin what the settings ask for without deploying it, so that a change of criteria can be reviewed.

    Picks what is not pinned, or pinned for other criteria, and writes the file; a line for each change.
    Raises LinodeError, BadSettings.
    """
    files = StackFiles.read(stack)
    sessions.learn(files.linode_values())
    file, pinned = files.pins(), pinned_of(files.settings, stack)
    pick_all(files.settings, pinned, files.layer)
    pinned.note_strays(files.settings.servers)
    after = pinned.save()
    after = after if pinned.is_renaming else pinned.finish(files.settings.servers)
    changed = sorted(key for key in {*file.pins, *after.pins} if file.pins.get(key) != after.pins.get(key))
    lines = [f"{key}: {after.pins[key].why}" if key in after.pins else f"{key}: removed" for key in changed]
    lines += [str(note) for note in pinned.notes if note.key not in changed or note.key not in after.pins]
    return [*lines, f"{file.name}: {len(after.pins)} pins, {len(changed)} changed"]
