"""Pin what a stack's settings ask for without deploying it, so that a change of criteria can be reviewed."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from providers.linode.api.connection import LOCAL_STACK
from providers.linode.core import runtime as sessions
from providers.linode.pins import PinFile, Pinned, default_path
from stacks import settings as stack_settings
from stacks import sources
from stacks.picking import pick_all
from stacks.sources import PROJECT


def pin(stack: str, env: Mapping[str, str]) -> list[str]:
    """Pick what is not pinned, or pinned for other criteria, and write the file; a line for each change.

    Raises LinodeError, BadSettings.
    """
    layer = sources.of_files(stack, own=sources.file_of(stack, env))
    settings = stack_settings.parse(layer, stack)
    known = sources.linode_values(layer)
    if stack == LOCAL_STACK:
        known["linode:token"] = (sources.local_folder(env) / "token").read_text().strip()
    sessions.learn(known)
    session = sessions.of_stack(stack)
    file = PinFile.read(PROJECT / settings.pins if settings.pins else default_path(stack, env))
    now = datetime.datetime.now(datetime.timezone.utc)
    pinned = Pinned(file, session.catalogs, now, stack=stack, account=lambda: session.account_id)
    pick_all(settings, pinned)
    pinned.note_strays(settings.servers)
    after = pinned.save(settings.servers)
    changed = sorted(key for key in {*file.pins, *after.pins} if file.pins.get(key) != after.pins.get(key))
    lines = [f"{key}: {after.pins[key].why}" if key in after.pins else f"{key}: removed" for key in changed]
    lines += [str(note) for note in pinned.notes if note.key not in changed or note.key not in after.pins]
    return [*lines, f"{file.name}: {len(after.pins)} pins, {len(changed)} changed"]
