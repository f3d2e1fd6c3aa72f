"""The deletes at the end of a run, and all of a destroy: in waves, dependants first.

Only what nothing needs any more goes; a wave runs in parallel and ends before the next begins. A protected
resource fails its own delete only, and holds what it needs.
Source: the real engine's ``step_generator.go`` (GenerateDeletes, ScheduleDeletes).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from emulators.engine import urns
from emulators.engine.events import Step, StepBegun, StepBroke
from emulators.engine.executor import Executor, RunStopped
from emulators.engine.state import Resource
from emulators.engine.steps import delete_waves

PROTECTED = (
    'resource "{urn}" cannot be deleted\n'
    "because it is protected. To unprotect the resource, either remove the `protect` flag from the resource "
    "in your Pulumi program and run `pulumi up`, or use the command:\n`pulumi state unprotect '{urn}'`"
)


def delete_all(executor: Executor, doomed: list[Resource], prepare: Callable[[Resource], None]) -> None:
    """Delete the doomed. Prepare makes a resource's provider known before the first call."""
    protected = [entry for entry in doomed if entry.protect and not entry.delete]
    free = [entry for entry in doomed if not (entry.protect and not entry.delete)]
    executor.deleted_here = {entry.urn for entry in free}
    for entry in protected:
        step = Step("delete", entry.urn, entry, None)
        executor.emit(StepBegun(step))
        text = PROTECTED.format(urn=entry.urn)
        executor.error(f"Preview failed: {text}" if executor.preview else text, entry.urn, stop=False)
        executor.step_errors = True
        executor.emit(StepBroke(step))
    for entry in free:
        prepare(entry)
    for wave in delete_waves(free, protected):
        if not _delete_wave(executor, wave):
            return


def _delete_wave(executor: Executor, wave: list[Resource]) -> bool:
    def delete(entry: Resource) -> bool:
        step = Step("delete-replaced" if entry.delete else "delete", entry.urn, entry, None)
        try:
            return executor.run_chain([step], stop_on_error=False)
        except RunStopped:
            return False

    loud = [entry for entry in wave if not urns.is_default_provider(entry.urn)]
    for entry in wave:
        if entry not in loud:
            executor.snapshot.end(drop=entry)
    if len(loud) == 1:
        return delete(loud[0])
    with ThreadPoolExecutor(max_workers=executor.parallel) as pool:
        return all(list(pool.map(delete, loud)))
