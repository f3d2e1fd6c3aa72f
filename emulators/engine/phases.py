"""The phases of one run: refresh, program, deletes, imports; which of them, and in which order."""

from __future__ import annotations

import threading
from dataclasses import replace

from emulators.engine.children import Child
from emulators.engine.deletes import delete_entries
from emulators.engine.deployment import Deployment, warn_of_pending
from emulators.engine.executor import Executor
from emulators.engine.foreign_stacks import read_outputs
from emulators.engine.importing import run_imports
from emulators.engine.monitor import Monitor, MonitorServer
from emulators.engine.program import SHOWN_TO_USER, RunInfo, start_program
from emulators.engine.refresh import refresh
from emulators.engine.registry import RunSettings
from emulators.engine.run_options import UpdateOptions
from emulators.engine.stack import Stack
from emulators.engine.targets import TargetOptions, Targets


class Phases:
    """Carries out one run. Failures are reported to the executor, not raised."""

    def __init__(
        self,
        stack: Stack,
        options: UpdateOptions,
        executor: Executor,
        settings: RunSettings,
        info: RunInfo,
        server: MonitorServer,
        pending: list[tuple[str, str]],
    ) -> None:
        self._stack, self._options, self._executor, self._settings = stack, options, executor, settings
        self._info, self._server, self._pending = info, server, pending
        self._program_ended = threading.Event()
        self._child: Child | None = None
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True
        self._executor.error("update canceled")
        self._program_ended.set()

    def close(self) -> None:
        """Let no child outlive the run, however it ended."""
        if self._child is not None:
            self._child.stop(1.0)

    def run(self) -> None:
        executor, options = self._executor, self._options
        executor.on_stop = self._program_ended.set
        targets = Targets(options.targets)
        runs_program = options.kind == "update" or options.run_program
        if runs_program:
            executor.providers.warm_up()
            self._child = start_program(self._info, self._server.address)
        self._look_for_targets(targets)
        if options.run_program and options.kind != "update":
            self._bring_up_providers()
        if options.kind == "refresh" or options.refresh:
            self._refresh(targets)
        if not executor.stopping.is_set():
            self._main_phase(targets)
        if executor.step_errors and not self.cancelled:
            executor.error("preview failed" if options.preview else "update failed", stop=False)

    def _main_phase(self, targets: Targets) -> None:
        executor, options = self._executor, self._options
        if options.kind == "update":
            self._run_program(Deployment(executor, self._settings, targets))
        elif options.kind == "destroy":
            deployment = Deployment(executor, self._settings)
            warn_of_pending(executor.emit, self._pending)
            delete_entries(executor, executor.snapshot.resources(), targets, deployment.references.ensure)
        elif options.kind == "resource-import":
            deployment = Deployment(executor, self._settings)
            run_imports(deployment.registry, deployment.references, options.imports, options.protect)

    def _look_for_targets(self, targets: Targets) -> None:
        """What is to be replaced has to be in the state; so have targets, unless a program may bring them."""
        known = [entry.urn for entry in self._executor.snapshot.base]
        missing = targets.missing_replacements(known)
        if self._options.kind != "update":
            missing += targets.missing(known)
        self._executor.report_missing(missing)

    def _refresh(self, targets: Targets) -> None:
        executor, options = self._executor, self._options
        if executor.stopping.is_set():
            return
        deployment = Deployment(executor, self._settings)
        refresh(executor, targets, deployment.references.ensure, options.clear_pending_creates)
        if options.kind != "refresh":
            executor.counts.clear()

    # the program

    def _bring_up_providers(self) -> None:
        """Run the program only for the providers it declares and the configuration of the default one."""
        nothing = Targets(replace(TargetOptions(), nothing=True))
        self._run_program(Deployment(self._executor, self._settings, nothing), only_providers=True)
        self._executor.counts.clear()

    def _run_program(self, deployment: Deployment, *, only_providers: bool = False) -> None:
        executor, child = self._executor, self._child
        if child is None or executor.stopping.is_set():
            return
        if not self._options.preview and not only_providers:
            warn_of_pending(executor.emit, self._pending)
        child.hand_on_lines(executor.hand_on_line)
        self._server.serve(Monitor(self._info, deployment, lambda name: read_outputs(self._stack, name)))
        succeeded = self._wait_for(child)
        if only_providers:
            executor.wait_idle()
        else:
            deployment.finish(succeeded)

    def _wait_for(self, child: Child) -> bool:
        """Whether the program ended well; it is stopped when the run fails."""
        executor = self._executor
        code: list[int | None] = []

        def wait() -> None:
            code.append(child.wait())
            self._program_ended.set()

        waiter = threading.Thread(target=wait, daemon=True)
        waiter.start()
        self._program_ended.wait()
        if executor.stopping.is_set():
            child.stop(1.0)
        waiter.join()
        child.stop(0)
        succeeded = code == [0]
        if not succeeded and not executor.stopping.is_set():
            if code != [SHOWN_TO_USER]:
                executor.error(
                    f"an unhandled error occurred: program exited with non-zero exit code: {code[0]}"
                )
            executor.stopping.set()
        return succeeded
