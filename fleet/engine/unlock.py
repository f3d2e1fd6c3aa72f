"""`fleet unlock`: what to type after a crash, once, before the next `up`.

Frees the stack's lock only if the process that held it was one of this machine and is dead; then settles what
that run left open (`cut_off`). In a folder the dead locks are removed; in a bucket the engine tells who holds the
stack, and its `cancel` frees it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from fleet.engine import accounts, locks
from fleet.engine.cut_off import AnySpec, settle
from fleet.engine.local_stack import scratch_project
from fleet.engine.messages import holders, named
from fleet.engine.run import Run
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.api.errors import LinodeError, NotFound
from providers.linode.api.records import Owned
from providers.linode.core import runtime as sessions, state_files as state_folder
from providers.linode.core.owner import Owner
from stacks.errors import BadSettings

LOOKS_AT_A_LOCK = 3
AFTERLIFE_S = 4.0
"""A provider notices within about two seconds that its engine is gone; its last request may take as long."""


class Unlock:
    """One stack, and the engine that reads and writes its state."""

    def __init__(self, run: Run) -> None:
        self.stack, self.engine, self.env = run.stack, run.engine, run.env
        self._run = run
        self._folder = state_folder.folder(run.env, run.engine.project)
        self._learnt = self._waited = False

    def run(self) -> list[str]:
        """What was done, a line each. Raises BadSettings, EngineFailed; then nothing was changed."""
        dead = self._dead_locks()
        mended = mend(self._folder, self._run.project_name, self.stack) if self._folder else []
        exported = json.loads(self._run.ask("stack", "export"))
        pending = (exported.get("deployment") or {}).get("pending_operations")
        deployment, said = settle(exported["deployment"], self) if pending else ({}, [])
        self._free(dead)
        if pending:
            self._import(json.dumps({**exported, "deployment": deployment}))
        freed = [f"the lock of {lock.holder()} is gone: that process is dead" for lock in dead]
        return [*freed, *mended, *said] or [f"stack '{self.stack}' is not locked, and nothing was left open"]

    def _import(self, text: str) -> None:
        """Write the state. `stack import` writes a missing salt beside Pulumi.yaml, and `local` keeps its elsewhere."""
        if self.stack != LOCAL_STACK:
            self._run.ask("stack", "import", stdin=text)
            return
        with scratch_project() as scratch:
            self._run.ask("stack", "import", "--cwd", str(scratch), stdin=text)

    def _free(self, dead: list[locks.Lock]) -> None:
        if dead and self._folder is None:
            self._run.ask("cancel", "--yes")
            return
        for lock in dead:
            lock.file.unlink(missing_ok=True)
            Path(f"{lock.file}.attrs").unlink(missing_ok=True)

    def _dead_locks(self) -> list[locks.Lock]:
        """All of the stack's locks, if every one is dead. Raises BadSettings."""
        for look in range(LOOKS_AT_A_LOCK + 1):
            if look:
                time.sleep(1.0)  # a process that was killed a moment ago may take that long to end
            found = self._locks()
            held = [lock for lock in found if not locks.is_dead(lock)]
            if not held:
                return found
        raise BadSettings(
            f"stack '{self.stack}' is locked by {named(held)}. Nothing was changed. "
            "Next: wait until that run has ended; if it can't end any more, `pulumi cancel`, then unlock."
        )

    def _locks(self) -> list[locks.Lock]:
        if self._folder is None:
            return self._told_by_engine()
        return locks.of_stack(self._folder, self._run.project_name, self.stack)

    def _told_by_engine(self) -> list[locks.Lock]:
        """The locks, from the refusal of a command that takes the lock and can't do anything: a stack can't be
        renamed to a name that is taken, and its own is.
        """
        said = self.engine.complaint("stack", "rename", self.stack, "--stack", self.stack, env=self.env)
        return holders(said) or []

    def made(self, spec: AnySpec, inputs: Mapping[str, object], in_state: frozenset[str]) -> Owned | None:
        """By what the create request said, in the account that the stack belongs to; nothing that another stack has.

        Raises BadSettings.
        """
        owner = Owner.from_props(inputs)
        try:
            found = spec.alike(self._session(owner), inputs)
        except LinodeError as error:
            raise BadSettings(f"whether {spec.name} {owner.name} was made can't be told: {error}") from None
        if not spec.identity.tagged:
            in_state |= state_folder.ids_in_all_states(spec.kind, self.env)
        for record in found:
            ours = not spec.identity.tagged or owner.tag() in {tag.casefold() for tag in record.tags}
            if ours and spec.identity.matches(record, inputs) and str(record.id) not in in_state:
                return None if spec.is_leaving(record) else record
        return None

    def stays(self, spec: AnySpec, inputs: Mapping[str, object], id_: str) -> bool:
        """Asked some seconds after the crash: a provider outlives its engine that long. Raises BadSettings."""
        if not self._waited:
            self._waited = True
            time.sleep(AFTERLIFE_S)
        try:
            return not spec.is_leaving(spec.get(self._session(Owner.from_props(inputs)), id_))
        except NotFound:
            return False
        except LinodeError as error:
            raise BadSettings(f"whether {spec.name} {id_} is deleted can't be told: {error}") from None

    def _session(self, owner: Owner) -> sessions.Session:
        if not self._learnt:
            accounts.learn(self._run)
            self._learnt = True
        return sessions.of_owner(owner)


def mend(folder: Path, project: str, stack: str) -> list[str]:
    """Remove a stack's files that a killed engine left torn in that `.pulumi` folder; a line if there were any.

    The real engine replaces a state as a whole, but writes the `.attrs` file beside it (content type and checksum)
    in place: killed in between, it leaves an empty one, and every later command ends with "failed to load
    checkpoint: EOF" (seen with CLI 3.260). A state is read without that file as well as with it.
    """
    places = (
        (folder / "stacks" / project, f"{stack}.json*.attrs"),
        (folder / "history" / project / stack, "*.attrs"),
        (folder / "backups" / project / stack, "*.attrs"),
    )
    torn = [file for place, pattern in places for file in place.glob(pattern) if is_torn(file)]
    for file in torn:
        file.unlink(missing_ok=True)
    return [f"removed {', '.join(file.name for file in torn)}: cut off while being written"] if torn else []


def is_torn(file: Path) -> bool:
    """Whether it is no JSON. False if it can't be read at all: then it isn't ours to judge."""
    try:
        json.loads(file.read_bytes())
    except OSError:
        return False
    except ValueError:
        return True
    return False
