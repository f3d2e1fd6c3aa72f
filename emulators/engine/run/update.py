"""A whole preview, up, refresh, destroy or import: processes started, the run driven, state and history kept.

The phases: refresh, then the program and the deletes that follow from it, or a destroy, or imports.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from emulators.engine.plan.options import Result, RunInfo
from emulators.engine.plan.targets import Targets
from emulators.engine.protocol.child import SHOWN_TO_USER
from emulators.engine.protocol.monitor import Monitor, MonitorServer
from emulators.engine.protocol.processes import Child, start_program, start_provider
from emulators.engine.protocol.provider import Providers
from emulators.engine.run.deletes import delete_entries
from emulators.engine.run.deployment import Deployment
from emulators.engine.run.events import Diagnostic, Redactor, Sink
from emulators.engine.run.executor import Executor
from emulators.engine.run.imports import run_imports
from emulators.engine.run.refresh import refresh
from emulators.engine.run.registry import Registry
from emulators.engine.state import lock
from emulators.engine.state.checkpoint import Operation
from emulators.engine.state.project import read_yaml
from emulators.engine.state.snapshot import Snapshot


def run_update(info: RunInfo, sink: Sink, redactor: Redactor) -> Result:
    """Do it. Raises EngineError before anything began; afterwards errors are counted in the result."""
    started, stack, preview = time.time(), info.stack, info.options.preview
    with ExitStack() as cleanup:
        if not preview:
            cleanup.enter_context(lock.locked(stack.files))
        base = stack.read()
        redactor.learn(info.config.properties())
        for resource in base.resources:
            redactor.learn([resource.inputs, resource.outputs])
        server = MonitorServer()
        cleanup.callback(server.stop)
        providers = Providers(lambda: start_provider(stack.project, server.engine_address))
        cleanup.callback(providers.close)
        snapshot = Snapshot(base, stack.crypter, None if preview else stack.write)
        executor = Executor(info, snapshot, providers, sink, redactor)
        providers.on_line, server.log, server.progress = (
            executor.hand_on_line,
            executor.log,
            executor.progress,
        )
        run = _Run(executor, server, base.pending_operations)
        cleanup.callback(run.close)
        with _interrupts(run.cancel, lambda: lock.release_own(stack.files)):
            run.run()
        snapshot.save()
        result = Result(dict(executor.counts), executor.errors, time.time() - started, run.cancelled)
        if not preview:
            _keep_history(info, result, started)
    return result


AT_ONCE = (
    "\nerror: ended at once, so what was under way may be there or not. "
    "Next: the same command again, which tells what was left open.\n"
)


class _Run:
    """The phases of one run. Failures are reported to the executor, not raised."""

    def __init__(self, executor: Executor, server: MonitorServer, pending: list[Operation]) -> None:
        self._executor, self._info, self._options = executor, executor.info, executor.info.options
        self._server, self._pending = server, pending
        self._program_ended = threading.Event()
        self._child: Child | None = None
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True
        self._executor.progress(
            "interrupted: what is under way ends first. Ctrl-C again ends at once, and leaves it to the next run",
            "",
        )
        self._executor.error("update canceled")
        self._program_ended.set()
        self._executor.providers.cancel()

    def close(self) -> None:
        """Let no child outlive the run, however it ended."""
        if self._child is not None:
            self._child.stop(1.0)

    def run(self) -> None:
        executor, options = self._executor, self._options
        executor.on_stop = self._program_ended.set
        if options.kind == "update" or options.run_program:
            executor.providers.warm_up()
            self._child = start_program(self._info, self._server.monitor_address, self._server.engine_address)
        self._look_for_targets()
        if options.run_program and options.kind != "update":  # for what providers are configured with
            self._run_program(Targets(nothing=True))
            executor.counts.clear()
        if (options.kind == "refresh" or options.refresh) and not executor.stopping.is_set():
            refresh(Registry(executor), options.targets, options.clear_pending_creates)
            if options.kind != "refresh":
                executor.counts.clear()
        if not executor.stopping.is_set() and not executor.step_errors:
            self._main_phase()
        if (executor.step_errors or executor.refused) and not self.cancelled:
            executor.error("preview failed" if options.preview else "update failed", stop=False)

    def _main_phase(self) -> None:
        executor, options = self._executor, self._options
        if options.kind == "update":
            self._run_program(options.targets)
        elif options.kind == "destroy":
            self._warn_of_pending()
            delete_entries(Registry(executor), executor.snapshot.resources(), options.targets)
        elif options.kind == "resource-import":
            run_imports(Registry(executor), options.imports, options.protect)

    def _look_for_targets(self) -> None:
        """What is to be replaced has to be in the state; so have targets, unless a program may bring them."""
        known = [entry.urn for entry in self._executor.snapshot.base]
        targets = self._options.targets
        missing = targets.missing_replacements(known)
        if self._options.kind != "update":
            missing += targets.missing(known)
        for message in missing:
            self._executor.step_error(message)

    def _warn_of_pending(self) -> None:
        """Say that an earlier run was cut off."""
        if self._pending:
            lines = "".join(f"\n  * {op.resource.urn}, interrupted while {op.type}" for op in self._pending)
            text = (
                f"Attempting to deploy or update resources with {len(self._pending)} pending operations from "
                f"previous deployment.{lines}\nThese resources are in an unknown state because the engine was "
                "interrupted while waiting for changes to these resources to complete. Check with the provider "
                "whether they exist, then run `refresh --clear-pending-creates`."
            )
            self._executor.emit(Diagnostic("warning", text))

    # the program

    def _run_program(self, targets: Targets) -> None:
        executor, child = self._executor, self._child
        if child is None or executor.stopping.is_set():
            return
        if not self._options.preview and not targets.nothing:
            self._warn_of_pending()
        child.hand_on_lines(executor.hand_on_line)
        deployment = Deployment(executor, targets)
        self._server.serve(Monitor(self._info, deployment))
        succeeded = self._wait_for(child)
        if targets.nothing:
            deployment.wait_idle()
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


@contextmanager
def _interrupts(on_first: Callable[[], None], on_second: Callable[[], None]) -> Iterator[None]:
    """A block in which Ctrl-C first lets running steps end, and the second time ends everything at once."""
    count = 0

    def handle(_number: int, _frame: object) -> None:
        nonlocal count
        count += 1
        if count == 1:
            threading.Thread(target=on_first, daemon=True).start()  # it takes locks
        else:
            on_second()
            os.write(2, AT_ONCE.encode())
            os._exit(1)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _keep_history(info: RunInfo, result: Result, started: float) -> None:
    info.stack.files.keep_history(
        {
            "kind": info.options.kind,
            "startTime": int(started),
            "message": info.options.message,
            "environment": {"exec.kind": "embedded", "runtime.name": "python"},
            "config": read_yaml(info.stack.config_file).get("config") or {},
            "version": 0,
            "result": "failed" if result.errors else "succeeded",
            "endTime": int(time.time()),
            "resourceChanges": result.counts,
        }
    )
