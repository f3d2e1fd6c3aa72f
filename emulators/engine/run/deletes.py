"""The deletes at the end of a run, and all of a destroy: in waves, dependants first.

Only what nothing needs any more goes; a wave runs in parallel and ends before the next begins. A protected
resource fails its own delete only, and holds what it needs.
Source: the real engine's ``step_generator.go`` (GenerateDeletes, ScheduleDeletes).
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from emulators.engine.errors import RunStopped
from emulators.engine.plan.deletes import delete_waves
from emulators.engine.plan.steps import Step
from emulators.engine.plan.targets import NOT_TARGETED_DELETE, Targets
from emulators.engine.run.events import StepBegun, StepBroke
from emulators.engine.run.executor import Executor
from emulators.engine.run.registry import Registry
from emulators.engine.state.checkpoint import Resource

PROTECTED = (
    'resource "{urn}" cannot be deleted\n'
    "because it is protected. To unprotect the resource, either remove the `protect` flag from the resource "
    "in your Pulumi program and run `pulumi up`, or use the command:\n`pulumi state unprotect '{urn}'`"
)


def delete_entries(
    registry: Registry, candidates: list[Resource], targets: Targets, kept: Iterable[Resource] = ()
) -> None:
    """Delete those of the candidates that the run is about, and that nothing kept needs; the others stay.

    A target takes along what needs it, which has to be a target too, or be asked for with the dependents.
    """
    executor, doomed = registry.executor, candidates
    if targets.constrained:
        closure = targets.closure(executor.snapshot.resources())
        doomed = [entry for entry in candidates if entry.urn in closure]
        if not _are_asked_for(executor, doomed, targets):
            return
        for entry in candidates:
            if entry.urn not in closure and not entry.delete:
                executor.run_chain([Step("same", entry.urn, entry, entry.changed())])
    _delete_all(registry, doomed, kept)


def _are_asked_for(executor: Executor, doomed: list[Resource], targets: Targets) -> bool:
    """Report what may not be deleted. A preview goes on, to tell of everything."""
    unnamed = [entry.urn for entry in doomed if not targets.names(entry.urn)]
    if targets.dependents or not unnamed:
        return True
    for urn in unnamed:
        executor.step_error(NOT_TARGETED_DELETE.format(urn=urn), urn, stop=not executor.preview)
    return executor.preview


def _delete_all(registry: Registry, doomed: list[Resource], kept: Iterable[Resource]) -> None:
    executor = registry.executor
    protected = [entry for entry in doomed if entry.protect and not entry.delete]
    free = [entry for entry in doomed if entry.delete or not entry.protect]
    executor.performer.deleted_here.update(entry.urn for entry in free)
    for entry in protected:
        step = Step("delete", entry.urn, entry, None)
        executor.emit(StepBegun(step))
        text = PROTECTED.format(urn=entry.urn)
        executor.step_error(f"Preview failed: {text}" if executor.preview else text, entry.urn, stop=False)
        executor.emit(StepBroke(step))
    for entry in free:
        registry.ensure_provider(entry)
    _delete_in_waves(executor, free, [*kept, *protected])


def _delete_in_waves(executor: Executor, doomed: list[Resource], kept: list[Resource]) -> None:
    """Up to the first failures; a run that continues on errors goes on with what they do not need."""
    begun: set[int] = set()
    for wave in delete_waves(doomed, kept):
        begun.update(map(id, wave))
        if failed := _delete_wave(executor, wave):
            if executor.info.options.continue_on_error and not executor.stopping.is_set():
                rest = [entry for entry in doomed if id(entry) not in begun]
                _delete_in_waves(executor, rest, [*kept, *failed])
            return


def _delete_wave(executor: Executor, wave: list[Resource]) -> list[Resource]:
    """Those whose delete failed."""

    def delete(entry: Resource) -> bool:
        step = Step("delete-replaced" if entry.delete else "delete", entry.urn, entry, None)
        try:
            return executor.run_chain([step], stop_on_error=False)
        except RunStopped:
            return False

    with ThreadPoolExecutor(max_workers=executor.parallel) as pool:
        gone = list(pool.map(delete, wave))
    return [entry for entry, is_gone in zip(wave, gone, strict=True) if not is_gone]
